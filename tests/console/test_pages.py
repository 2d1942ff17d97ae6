"""What customers, models and colleagues wrote is shown and never acted on."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.card import Card
from bot.channels.wording import lasting
from bot.console.assets import Assets
from bot.console.render import Pages, apart, cued, harmless, initials, iso, tint
from bot.review.model import CLOSED
from tests.console import samples

PAGES = Pages(Assets())
KEYS = {"approve": "a", "edit": "e", "redraft": "d", "reject": "r", "claim": "c"}
# Pieces that have broken pages before, beside whatever hypothesis thinks of.
NASTY = st.sampled_from(
    [samples.HOSTILE, "</textarea><script>", "' onfocus=x ", '" data-post="/x', "\x00", "\ud800", "\u202e", "{{ 7*7 }}"]
)
TEXT = st.lists(st.one_of(st.text(max_size=30), NASTY, st.characters(codec=None)), max_size=6).map("".join)
ALLOWED = {
    "a", "article", "bdi", "button", "circle", "code", "dd", "del", "details", "div", "dl", "dt", "fieldset", "form",
    "h2", "h3", "h4", "header", "input", "ins", "kbd", "label", "legend", "li", "mark", "ol", "p", "path", "q", "rect",
    "section", "span", "strong", "summary", "svg", "textarea", "time", "ul",
}  # fmt: skip


class Reader(HTMLParser):
    """Reads a page as a browser would: which elements stand in it, with which attributes, and what text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _reviews(*cards: Card) -> str:
    waiting = [card for card in cards if card.state not in CLOSED]
    closed = [card for card in cards if card.state in CLOSED]
    return PAGES.draw("reviews.html", waiting=waiting, older="", before="", closed=closed, keys=KEYS, paused=[])


def _channel(text: str, name: str) -> str:
    thread = samples.THREADS[0]
    customer = replace(samples.DANA, name=name)
    posts = tuple(replace(post, text=text, by=replace(post.by, name=name)) for post in thread.posts)
    return PAGES.draw("channel.html", threads=[replace(thread, posts=posts)], customer=customer, thumbs={})


def _check(page: str) -> Reader:
    page.encode("utf-8")
    found = Reader(page)
    for tag, attributes in found.elements:
        assert tag in ALLOWED
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc", "formaction")]
        assert (attributes.get("href") or "/").startswith("/")
        assert attributes.get("data-post", "/").startswith(("/reviews/", "/messages/", "/"))  # type: ignore[union-attr]
    return found


@pytest.mark.parametrize("card", samples.CARDS, ids=lambda card: card.review)
def test_every_card_is_drawn(card: Card) -> None:
    """There is no state and no gap in a draft that a page could not show."""
    found = _check(_reviews(card))
    shown = [attributes for tag, attributes in found.elements if tag == "article"]
    assert [(one["data-review"], one["data-version"]) for one in shown] == [(card.review, str(card.version))]
    assert card.headline in found.text
    verbs = {attributes.get("data-verb") for tag, attributes in found.elements if tag == "button"} - {None}
    assert verbs == {button.verb for button in card.buttons}


def test_a_card_says_who_has_it_and_who_is_to_decide() -> None:
    """Whoever is on it, and why it was handed to the leads; nothing of it where nobody is and nothing was."""
    assert f"{apart(samples.ADA.name)} is on it" in Reader(_reviews(samples.CLAIMED)).text
    assert "They threaten with a lawyer." in Reader(_reviews(samples.ESCALATED)).text
    assert "corrected by a person" in Reader(_reviews(samples.CORRECTED)).text
    calm = Reader(_reviews(samples.CALM)).text
    assert not [words for words in ("is on it", "Escalated", "corrected by", "Reply due", "Overdue") if words in calm]


def test_a_promise_stands_on_the_card() -> None:
    """With its time, from which the page tells by itself whether it has passed; what the server knows stands first."""
    for card, late in ((samples.CLAIMED, False), (samples.ESCALATED, True)):
        (due,) = [a for _, a in _check(_reviews(card)).elements if "data-due" in a]
        assert due["data-due"] == iso(card.deadline or 0.0)
        assert ("data-late" in due) is late


def test_what_to_look_at_stands_under_one_heading() -> None:
    """The first six, the others folded away, each with its own click; none without anything to look at."""
    page = _reviews(replace(samples.CALM, checks=samples.MONSTER.checks, marked=samples.MONSTER.marked))
    shown, folded = page[page.index('<div class="checks"') :].split("<details", 1)
    assert shown.count("<li>") == 6
    assert "And 44 more." in Reader(folded).text
    values = [a["value"] for tag, a in _check(page).elements if tag == "input" and a.get("name") == "sentence"]
    assert values == [str(number) for number in range(50)]
    assert Reader(page).text.count("Look at this before it goes out") == 1
    assert '<div class="checks"' not in _reviews(samples.CALM)


def test_what_is_needed_less_often_stands_in_a_menu() -> None:
    """The decisions and who is on it stand beside it; the menu is shut."""
    page = _reviews(samples.CALM)
    menu = page[page.index('<details class="menu"') : page.index("</details>", page.index('<details class="menu"'))]
    assert re.findall(r'data-verb="(\w+)"', menu) == ["escalate", "snooze", "correct"]
    shown = page[page.index('<div class="buttons"') : page.index('<details class="menu"')]
    assert re.findall(r'data-verb="(\w+)"', shown) == ["approve", "edit", "reject", "redraft", "claim"]
    assert " open" not in menu.split(">")[0]
    assert '<details class="menu"' not in _reviews(samples.SNOOZED)


def test_an_approval_that_asks_back_asks_on_the_page() -> None:
    """The button opens a question instead of deciding; only its yes does."""
    found = _check(_reviews(samples.ASKING))
    (approve,) = [a for tag, a in found.elements if tag == "button" and a.get("data-verb") == "approve"]
    assert "data-post" not in approve
    (form,) = [a for tag, a in found.elements if tag == "form" and "data-ask" in a]
    assert (form["data-key"], form["data-post"]) == (approve["data-open"], "/reviews/r-asking/approve")
    assert "The customer is angry. Read it once more." in found.text
    assert "Yes, send it" in found.text
    assert "data-ask" not in _reviews(samples.ANGRY)


def test_a_snoozed_card_is_folded_away() -> None:
    """Why it rests and how to bring it back stand there; the rest can be unfolded."""
    page = _reviews(samples.SNOOZED)
    before, _, folded = page.partition('<details class="more"')
    assert "Snoozed by Ada Lindqvist until 16:02." in before
    assert samples.CALM.messages[0].text[:30] not in before
    assert samples.CALM.messages[0].text[:30] in folded


@given(TEXT, TEXT, TEXT)
def test_nothing_written_becomes_markup(customer: str, model: str, name: str) -> None:
    """Whatever a customer or a model writes, the page has the elements it has for calm words, and no others."""
    calm = _check(_reviews(replace(samples.CALM, holder="x", escalation="x"))).elements
    message = replace(samples.CALM.messages[0], text=customer)
    buttons = samples.buttons(model or "x")
    card = replace(
        samples.CALM, messages=(message,), reply=model or "x", customer=name, buttons=buttons, intent=name or "x",
        holder=name or "x", escalation=customer or "x",
    )  # fmt: skip
    drawn = _check(_reviews(card)).elements
    assert [tag for tag, _ in drawn] == [tag for tag, _ in calm]
    assert [sorted(attributes) for _, attributes in drawn if "data-post" in attributes] == [
        sorted(attributes) for _, attributes in calm if "data-post" in attributes
    ]


@given(TEXT, TEXT)
def test_nothing_said_in_a_thread_becomes_markup(text: str, name: str) -> None:
    """The support channel shows what was said, too."""
    drawn, calm = _check(_channel(text, name)).elements, _check(_channel("calm words", "Dana")).elements
    assert [tag for tag, _ in drawn] == [tag for tag, _ in calm]


@given(TEXT)
def test_no_character_is_lost(text: str) -> None:
    """A text reads on the page as it was written, save for what HTML cannot carry, which shows as a mark."""
    page = _reviews(replace(samples.CALM, messages=(replace(samples.CALM.messages[0], text=text),)))
    expected = str(harmless(text)).replace("\r\n", "\n").replace("\r", "\n")
    assert expected in Reader(page).text.replace("\r\n", "\n").replace("\r", "\n")


@given(TEXT, st.lists(TEXT, max_size=3))
def test_marking_cues_changes_no_word(text: str, cues: list[str]) -> None:
    """The words that show a mood are marked in place; the text itself stays."""
    marked = Reader(str(cued(text, cues)))
    assert {tag for tag, _ in marked.elements} <= {"mark"}
    assert marked.text == str(harmless(text))


def test_cues_are_found_whatever_their_case() -> None:
    """A cue is the customer's own word, however a model spelled it."""
    assert cued("This is RIDICULOUS & sad", ["ridiculous", " ", ""]) == "This is <mark>RIDICULOUS</mark> &amp; sad"


@given(TEXT)
def test_a_name_cannot_turn_a_sentence_around(name: str) -> None:
    """A name inside a sentence is isolated, and carries nothing that could end the isolation."""
    isolated = apart(name)
    assert isolated[0] == "\u2068"
    assert isolated[-1] == "\u2069"
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(isolated[1:-1])


def test_customer_text_stands_in_a_box_of_its_own_direction() -> None:
    """A right-to-left override ends with its message: every such text has `dir=auto` or stands in `<bdi>`."""
    page = _reviews(replace(samples.MONSTER, customer="UNIQUE-NAME", reply="UNIQUE-REPLY", marked=()))
    assert "<bdi>UNIQUE-NAME</bdi>" in page
    assert '<div class="words" dir="auto">UNIQUE-REPLY</div>' in page


def test_a_first_line_break_survives_editing() -> None:
    """HTML drops the first line break of a textarea; the words to edit are the words drafted."""
    page = _reviews(replace(samples.CALM, reply="\nx", buttons=samples.buttons("\nx")))
    assert ">\n\nx</textarea>" in page


def test_a_long_message_can_be_reached_by_keyboard() -> None:
    """What scrolls by itself can be focused and has a name."""
    found = _check(_reviews(samples.MONSTER))
    scrolling = [attributes for _, attributes in found.elements if "long" in (attributes.get("class") or "").split()]
    assert [(one["tabindex"], bool(one["aria-label"])) for one in scrolling] == [("0", True)]


def test_only_the_author_gets_the_tools() -> None:
    """A customer sees edit and delete on their own messages and nowhere else."""
    page = PAGES.draw("channel.html", threads=samples.THREADS, customer=samples.MIKKEL, thumbs={})
    found = Reader(page)
    deletable = [a["data-ref"] for _, a in found.elements if a.get("data-post") == "/messages/delete"]
    assert sorted(filter(None, deletable)) == ["m4", "m9"]


@given(st.text())
def test_any_name_has_a_face(name: str) -> None:
    """Initials and colour exist for every name there can be."""
    assert 1 <= len(initials(name)) <= 6
    assert 1 <= tint(name) <= 6


def test_durations_read_as_one_would_say_them() -> None:
    """Seconds, minutes, hours and days, each rounded."""
    assert [lasting(s) for s in (-1, 5, 90, 7_300, 200_000)] == ["0 s", "5 s", "2 min", "2 h", "2 days"]
