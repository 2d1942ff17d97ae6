"""Incoming text reads as its writer saw it; outgoing text can address nobody and hides no link."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.slack.richtext import flat, rich
from bot.channels.slack.words import cut_escaped, escaped, heard
from bot.channels.words import clean, cut, disclosure
from tests.channels.slack.cards import HOSTILE
from tests.doubles.slack.kit.blocks import message_blocks

HEARD = [
    ("Hello", "Hello"),
    ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
    ("&amp;lt;", "&lt;"),  # somebody who wrote an entity reads it again
    ("<@U0ANA> help", "@U0ANA help"),
    ("<@U0ANA|ana> help", "@ana help"),
    ("<#C1|general> and <#C2>", "#general and #C2"),
    ("<!channel> <!here|here> <!everyone>", "@channel @here @everyone"),
    ("<!subteam^S1|@agents> <!subteam^S1>", "@agents @subteam"),
    ("<!date^1790000000^{date}|today>", "today"),
    ("<https://nordlys.example/a?b=1&amp;c=2>", "https://nordlys.example/a?b=1&c=2"),
    ("<https://nordlys.example|nordlys.example>", "nordlys.example"),
    ("<https://evil.example|our shop>", "our shop (https://evil.example)"),
    ("<mailto:mia@x.example|mia@x.example> <tel:+4512|12>", "mia@x.example 12"),
    ("1 &lt; 2 <> 3", "1 < 2  3"),
]


@pytest.mark.parametrize(("raw", "read"), HEARD)
def test_references_are_read_by_their_names(raw: str, read: str) -> None:
    """The model and the reviewer see what the customer saw, not Slack's control sequences."""
    assert heard(raw) == read


@given(st.text())
def test_what_was_typed_comes_back_as_it_was_typed(typed: str) -> None:
    """Slack escapes what people type; reading undoes exactly that, once."""
    escaped_by_slack = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert heard(escaped_by_slack) == typed


@given(st.text() | st.just(HOSTILE))
def test_escaped_text_addresses_nobody(text: str) -> None:
    """Without a bracket there is no mention, no channel and no masked link."""
    made = escaped(text)
    assert "<" not in made
    assert ">" not in made
    assert heard(made) == clean(text)


@given(st.text(alphabet="&<>ab…\u202e", max_size=300), st.integers(1, 100))
def test_a_cut_never_splits_an_entity(text: str, limit: int) -> None:
    """Cut text is still within its limit and still unescapes to the beginning of what it was."""
    made = cut_escaped(text, limit)
    assert len(made) <= limit
    assert clean(text).startswith(heard(made).removesuffix("…").rstrip()) or len(made) == limit == 1
    assert len(cut(text, limit)) <= limit


def elements(words: str) -> list[dict[str, Any]]:
    """The inline elements of words that make one section."""
    (section,) = rich(words)
    found: list[dict[str, Any]] = section["elements"]
    return found


@settings(max_examples=500, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("ab *_~`[]()<>@!#|:/.-1>\n\thttps"), max_size=200) | st.text() | st.just(HOSTILE)
)
def test_any_words_become_rich_text_that_marks_nobody(words: str) -> None:
    """Whatever a model writes, the reply holds text and links that show where they lead, and Slack takes it."""
    made = rich(words)
    message_blocks([{"type": "rich_text", "elements": made}])

    def inline(parts: list[dict[str, Any]]) -> None:
        for one in parts:
            if one["type"].startswith("rich_text"):
                inline(one["elements"])
            else:
                assert one["type"] in ("text", "link")
                assert one.get("text") or one["type"] == "link"
                assert "text" not in one or one["type"] == "text"  # a link without a label shows its address

    inline(made)
    assert "<" not in escaped(flat(made))


@given(st.text(alphabet="abc æøå .,!?\n", min_size=1).filter(lambda text: text.strip("\n").strip()))
def test_plain_words_arrive_letter_by_letter(words: str) -> None:
    """What holds no markup is sent exactly as it was approved."""
    assert flat(rich(words)) == words.strip("\n")


@pytest.mark.parametrize(
    ("words", "shown", "style"),
    [
        ("a **b** c", "b", {"bold": True}),
        ("a __b__ c", "b", {"bold": True}),
        ("a *b* c", "b", {"bold": True}),
        ("a ~b~ c", "b", {"strike": True}),
        ("a _b c_ d", "b c", {"italic": True}),
        ("a ~~b~~ c", "b", {"strike": True}),
        ("a `b*c*` d", "b*c*", {"code": True}),
        ("# Title", "Title", {"bold": True}),
    ],
)
def test_markdown_becomes_what_slack_shows(words: str, shown: str, style: dict[str, bool]) -> None:
    """Bold is bold and not two stars."""
    assert {"type": "text", "text": shown, "style": style} in elements(words)


@pytest.mark.parametrize(
    "words", ["2 * 3 * 4", "snake_case_name", "a*b*c", "** not bold **", "5_000_000", "{0.__class__}", "a.*b*"]
)
def test_what_only_looks_like_markup_stays(words: str) -> None:
    """Stars and underscores of other meanings are left alone."""
    assert elements(words) == [{"type": "text", "text": words}]


def test_lists_quotes_and_code_have_their_shapes() -> None:
    """Lists are lists, numbered as they were, also across blank lines; code is code."""
    made = rich("Do this:\n\n1. one\n\n2. two\n- a\n  - b\n> said\n```\nx = 1\n```\n3. three")
    kinds = [(one["type"], one.get("style"), one.get("indent"), one.get("offset")) for one in made]
    assert kinds == [
        ("rich_text_section", None, None, None),
        ("rich_text_list", "ordered", 0, None),
        ("rich_text_list", "bullet", 0, None),
        ("rich_text_list", "bullet", 1, None),
        ("rich_text_quote", None, None, None),
        ("rich_text_preformatted", None, None, None),
        ("rich_text_list", "ordered", 0, 2),
    ]
    assert flat(made) == "Do this:\n\n1. one\n2. two\n• a\n• b\nsaid\nx = 1\n3. three".replace("\n\n", "\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("[our shop](https://evil.example/x)", "our shop (https://evil.example/x)"),
        ("[nordlys.example](https://evil.example)", "nordlys.example (https://evil.example)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("[a.example/](https://a.example)", "https://a.example"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("See https://a.example/b.", "See https://a.example/b."),
        ("(https://a.example/b)", "(https://a.example/b)"),
        ("[mail](mailto:a@b.example)", "mail (a@b.example)"),
    ],
)
def test_a_link_shows_where_it_leads(words: str, said: str) -> None:
    """A label that is not the address does not hide it."""
    assert flat(rich(words)) == said


@pytest.mark.parametrize(
    ("kind", "signer", "line"),
    [
        ("none", "Ana", ""),
        ("ai", "Ana", "Drafted with AI."),
        ("team", "Ana", "Drafted with AI, approved by Nordlys."),
        ("name", "Ana", "Drafted with AI, approved by Ana."),
        ("name", "", "Drafted with AI, approved by Nordlys."),
    ],
)
def test_the_disclosure_says_what_the_desk_chose(kind: str, signer: str, line: str) -> None:
    """Nothing, that a machine drafted it, or also who answers for it."""
    assert disclosure(kind, "Nordlys", signer) == line


@pytest.mark.parametrize(
    "words",
    [
        "Please run:\n```systemctl restart foo```\nThen wait two days.",
        "~~~keep this~~~\nand this",
        "# 2*3 is 6",
        "## A *starred* heading",
        "```python\nx = 1\n```\nafter",
    ],
)
def test_no_word_is_lost_on_the_way(words: str) -> None:
    """What was approved is what the customer reads; only the name of a fence's language goes."""
    said = flat(rich(words))
    assert [word for word in re.findall(r"\w+", words) if word != "python"] == re.findall(r"\w+", said)
