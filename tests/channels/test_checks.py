"""What stands on a card to be looked at, and when it goes away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels import card
from bot.channels.base import Click, Person, Place
from bot.channels.card import Card, Policy
from bot.channels.checks import hidden, marked
from bot.channels.form import action_of
from bot.drafting.sentences import without
from bot.review.actions import Approve, Drafted, Edit, Recall, Redraft, Snooze, Start
from bot.review.machine import decide
from bot.review.model import Decision, Draft, Masked, Review, Sign, Statement, Translation
from tests.review.lives import ANA, DRAFT, LIMIT, NOW, WAYS, a, life, lines

TRUE, FALSE, HALF = "It is free.", "You get 250 kr. back.", "It comes on 14 May by post."
DOUBTED = replace(
    DRAFT,
    reply=f"Hello Mia.\n\n{TRUE} {FALSE} {HALF}\n\nKind regards",
    statements=(
        Statement(TRUE, ("delivery.en",)),
        Statement(FALSE, (), ("250 kr.",)),
        Statement(HALF, ("delivery.en",), ("14 May",)),
    ),
    translation=Translation("en", "Where is it?", "It comes.", ("14. maj", "not")),
    masked=(Masked("email", 2), Masked("card", 1)),
)
STRUCK = {"text": f"No source says: “{FALSE}”", "strike": {"sentence": "1"}}


def drafted(draft: Draft) -> list[Decision]:
    """A review with this draft."""
    made = life(*WAYS["drafting"])
    return [*made, decide(made[-1].review, a(Drafted, made[-1].review, draft=draft))]


def shown(made: Sequence[Decision]) -> Card:
    """Its card."""
    place = Place("web", "x")
    return card.build(made[-1].review, "Support", place, "Mia", (), lines(list(made)), LIMIT, Policy(), NOW, 0)


def struck(made: list[Decision]) -> list[Decision]:
    """With the one sentence taken out that its card offers to take out."""
    review, view = made[-1].review, shown(made)
    (chosen,) = [check.strike for check in view.checks if check.strike]
    click = Click(review.id, review.version, "strike", Person("web", "ana", "Ana"), chosen)
    return [*made, decide(review, action_of(click, review, ANA, NOW, LIMIT, 0.0, without))]


def test_a_card_says_what_to_look_at() -> None:
    """What its translation lost, sentences and words that no source has; a sentence with a source is not among it."""
    view = shown(drafted(DOUBTED))
    assert [(check.text, check.strike) for check in view.checks] == [
        ("The draft and its translation differ: 14. maj, not", None),
        (STRUCK["text"], STRUCK["strike"]),
        (f"No source has 14 May, in “{HALF}”", None),
    ]
    assert view.hidden == "Not shown to the model: 2 × e-mail address, card number."
    assert [(span.kind, span.text) for span in view.marked if span.kind != "kept"] == [
        ("doubtful", "250 kr."),
        ("doubtful", "14 May"),
    ]


def test_a_plain_draft_leaves_nothing_to_look_at() -> None:
    """No heading over nothing."""
    view = shown(drafted(replace(DRAFT, statements=())))
    assert (view.checks, view.hidden, view.translation) == ((), "", None)


def test_what_was_taken_out_is_not_looked_at_any_more() -> None:
    """Nor is the translation of words that stand there no longer; that of the customer's message stays."""
    view = shown(struck(drafted(DOUBTED)))
    assert FALSE not in view.reply
    assert [check.text for check in view.checks] == [f"No source has 14 May, in “{HALF}”"]
    assert [span.text for span in view.marked if span.kind == "doubtful"] == ["14 May"]
    assert view.translation == Translation("en", "Where is it?", "", ())
    assert view.comparison == ()
    assert "strike" not in [button.verb for button in view.buttons]
    assert view.hidden


def test_once_the_words_are_out_of_hand_nothing_is_to_be_looked_at() -> None:
    """Approved, there is nothing to do; taken back, there is again; a snoozed one still waits."""
    made = drafted(DOUBTED)
    for steps, count in (((Approve,), 0), ((Approve, Recall), 3), ((Snooze,), 3), ((Edit, Recall), 0)):
        further = list(made)
        for kind in steps:
            further.append(decide(further[-1].review, a(kind, further[-1].review)))
        assert len(shown(further).checks) == count, steps


def test_signs_in_one_text_are_one_line() -> None:
    """However many there are; the first are named."""
    signs = [Sign(kind, "message", f"words {kind}") for kind in ("override", "role", "prompt", "secret")]
    view = shown(drafted(replace(DRAFT, statements=(), signs=(*signs, Sign("markup", "reply", "<b>")))))
    assert [check.text for check in view.checks] == [
        "The customer's message may be meant to steer the draft: asks for rules to be set aside (“words override”); plays"
        " another role, or asks for it (“words role”); asks for the instructions (“words prompt”); …",
        "The draft may have been steered: pictures or HTML (“<b>”)",
    ]


LINK = Sign("link", "reply", "https://x.example")


def test_a_link_in_a_sentence_that_no_source_has_is_told_once() -> None:
    """With the sentence, which can be taken out; where no sentence tells of it, it has a line of its own."""
    sentence = Statement("See https://x.example now.", (), ("https://x.example",))
    alone = replace(DRAFT, reply="See https://x.example now. It is free.", signs=(LINK,), statements=())
    assert [check.text for check in shown(drafted(alone)).checks] == [
        "The draft may have been steered: a link that no source has (“https://x.example”)"
    ]
    told = drafted(replace(alone, statements=(sentence,)))
    assert [check.text for check in shown(told).checks] == ["No source says: “See https://x.example now.”"]
    assert shown(struck(told)).checks == ()


def test_a_sign_in_words_that_were_taken_out_goes_with_them() -> None:
    """The one in the message stays, because it is still there."""
    signs = (Sign("mention", "reply", "@everyone"), Sign("override", "message", "ignore"))
    sentence = Statement("Hey @everyone look.")
    made = drafted(replace(DRAFT, reply="Hey @everyone look. It is free.", signs=signs, statements=(sentence,)))
    assert len(shown(made).checks) == 3
    (left,) = shown(struck(made)).checks
    assert left.text.startswith("The customer's message")


@pytest.mark.parametrize(("text", "told"), [("w" * 500, "w" * 159 + "…"), ("a\n\n b", "a b")])
def test_a_sentence_is_quoted_in_one_short_line(text: str, told: str) -> None:
    """Cards are read in seconds."""
    view = shown(drafted(replace(DRAFT, reply=f"{text} Bye", statements=(Statement(text),))))
    assert [check.text for check in view.checks] == [f"No source says: “{told}”"]


@given(
    st.lists(st.tuples(st.text(max_size=12), st.lists(st.text(max_size=4), max_size=3)), max_size=5),
    st.text(max_size=12),
)
@example([("abc", ["ab", "bc"])], "")
def test_marking_loses_no_letter(stated: list[tuple[str, list[str]]], more: str) -> None:
    """Whatever is doubted, also where doubts overlap or are nothing: the words stand there as they are."""
    statements = tuple(Statement(text, (), tuple(doubts)) for text, doubts in stated)
    reply = more.join(text for text, _ in stated)
    review: Review = drafted(replace(DRAFT, reply=reply or "x", statements=statements))[-1].review
    assert "".join(span.text for span in marked(review)) == review.words


def test_what_was_hidden_is_nothing_or_a_sentence() -> None:
    """One of a kind is not counted."""
    assert hidden(replace(DRAFT, masked=())) == ""
    assert hidden(replace(DRAFT, masked=(Masked("iban", 1),))) == "Not shown to the model: IBAN."


def test_a_redraft_is_looked_at_anew() -> None:
    """Of the draft before nothing is left."""
    made = struck(drafted(DOUBTED))
    for kind in (Redraft, Start, Drafted):
        values = {"draft": replace(DRAFT, statements=())} if kind is Drafted else {}
        made.append(decide(made[-1].review, a(kind, made[-1].review, **values)))
    assert shown(made).checks == ()
