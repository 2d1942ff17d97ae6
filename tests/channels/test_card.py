"""The neutral card: a view of a review at one version, with a form for every button that asks for something."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels import card, form, wording
from bot.channels.base import Click, Person, Place
from bot.channels.card import Card, Policy
from bot.channels.form import Unreadable
from bot.phrases import say
from bot.review.actions import ACTS, BY_VERB, Edit, Reason, Redraft, Reject, Releasing
from bot.review.machine import Empty, Forbidden, Held, OutOfTurn, Stale, TooLong, allowed, decide
from bot.review.model import Decision, Role, State
from tests.review.lives import ANA, DRAFT, KINDS, LIMIT, NOW, STANDING, WAYS, a, life, lines

BY = Person("web", "ana", "Ana")
POLICY = Policy(leads=("web:lea",))


def build(made: list[Decision], policy: Policy = POLICY, now: float = NOW, shown: int = 0) -> Card:
    """The card of a review after these decisions."""
    place = Place("web", "x")
    return card.build(made[-1].review, "Support", place, "Mia", (), lines(made), LIMIT, policy, now, shown)


def drawn(way: str) -> Card:
    """The card of a review that went this way."""
    made = life(*WAYS[way])
    return build(made)


@pytest.mark.parametrize("way", WAYS)
def test_a_card_can_be_drawn_of_every_review(way: str) -> None:
    """Wherever it stands: its version, its headline, and the buttons that count."""
    review, view = STANDING[way], drawn(way)
    assert (view.review, view.version, view.state) == (review.id, review.version, review.state)
    assert view.headline == say(f"state.{review.state.value}")
    assert [button.verb for button in view.buttons] == [act.verb for act in allowed(review, Role.AGENT)]
    assert view.opened_at == NOW
    assert view.history[0].text == "The customer wrote."
    assert view.problem == review.problem


@pytest.mark.parametrize("way", WAYS)
def test_every_button_on_a_card_can_be_pressed(way: str) -> None:
    """Filled in as its form asks, a click is a decision that the law takes."""
    review = STANDING[way]
    for button in drawn(way).buttons:
        fields = {f.name: f.value or (f.choices[0][0] if f.choices else "words") for f in button.fields}
        click = Click(review.id, review.version, button.verb, BY, fields)
        action = form.action_of(click, ANA, NOW + 10**6, LIMIT, 0.0)
        assert type(action) is BY_VERB[button.verb]
        assert decide(review, action).review.version == review.version + 1


@pytest.mark.parametrize("act", ACTS)
def test_a_button_asks_for_what_its_decision_needs(act: type[Any]) -> None:
    """An edit for the words, a redraft for an instruction, a rejection for a reason and a note; nothing else asks."""
    button = form.button(act, STANDING["in review"], LIMIT)
    asked = {Edit: ["words"], Redraft: ["instruction"], Reject: ["reason", "note"]}.get(act, [])
    assert [field.name for field in button.fields] == asked
    if act is Edit:
        assert (button.fields[0].value, button.fields[0].limit) == (DRAFT.reply, LIMIT)
    if act is Reject:
        assert [value for value, _ in button.fields[0].choices] == [reason.value for reason in Reason]
        assert (button.fields[0].required, button.fields[1].required) == (True, False)


def test_a_release_is_held_to_the_channel_and_the_desk() -> None:
    """The limit and the hold come from the settings, never from the click."""
    click = Click("r1", 3, "approve", BY, {"limit": "999999", "hold": "0"})
    action = form.action_of(click, ANA, NOW, 17, 5.0)
    assert isinstance(action, Releasing)
    assert (action.limit, action.hold, action.seen, action.by) == (17, 5.0, 3, ANA)


@pytest.mark.parametrize("verb", ["", "Approve", "received", "depart", "delivered", "\x00", "approve "])
def test_a_step_that_is_no_decision_cannot_be_clicked(verb: str) -> None:
    """A forged click names a worker's or a customer's step: there is no such decision."""
    with pytest.raises(Unreadable, match="There is no decision called"):
        form.action_of(Click("r1", 3, verb, BY), ANA, NOW, LIMIT, 0.0)


# --- what changed


@given(st.text(max_size=200), st.text(max_size=200))
@example("", "")
@example("one two", "one  two")
def test_a_comparison_gives_both_texts_back(before: str, after: str) -> None:
    """Nothing is lost or invented between two texts, and what is kept stands in both."""
    spans = card.compare(before, after)
    assert "".join(span.text for span in spans if span.kind != "added") == before
    assert "".join(span.text for span in spans if span.kind != "removed") == after
    assert {span.kind for span in spans} <= {"kept", "added", "removed"}
    assert all(span.text for span in spans)


def test_a_card_compares_what_was_released_with_what_was_drafted() -> None:
    """Only when a person changed it."""
    assert drawn("released").comparison == ()
    spans = drawn("released with edited words").comparison
    assert "".join(span.text for span in spans if span.kind != "added") == DRAFT.reply


def test_an_old_draft_is_no_measure() -> None:
    """An edit is compared with the draft it replaced, not with one before it."""
    way = (*WAYS["in review without words"], Edit)
    made = life(*way)
    view = build(made)
    assert view.comparison == ()


# --- sentences


@pytest.mark.parametrize("way", WAYS)
def test_every_step_has_its_sentence_or_none(way: str) -> None:
    """No template is left unfilled, whatever the step."""
    for line in lines(life(*WAYS[way])):
        told = wording.told(line)
        assert "{" not in told
        assert told == "" or told.endswith(".")


def test_a_name_is_never_a_template() -> None:
    """Somebody called {why} or %s is called that."""
    review = STANDING["in review"]
    odd = a(Reject, review, by=type(ANA)("web:x", "{reason} {0.__class__} %s", Role.AGENT))
    line = decide(review, odd).line
    assert wording.told(line) == "Rejected by {reason} {0.__class__} %s: tone."


def test_every_refusal_has_its_sentence() -> None:
    """Each says what to do now; none shows the name of an exception."""
    review, click = STANDING["in review"], Click("r1", 1, "approve", BY)
    history = lines(life(*WAYS["sent"]))
    said = {
        kind.__name__: wording.refused(kind(review), click, history)
        for kind in (Forbidden, Empty, Held, OutOfTurn, Stale)
    } | {"TooLong": wording.refused(TooLong(review, 9, 5), click, history)}
    assert said["TooLong"] == "The reply has 9 characters; this channel takes 5. Shorten it by editing."
    assert said["Stale"].startswith("Approved by Ana. That was at ")
    assert said["Held"] == "Not yet. Try again in a moment."
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in said.values())


def test_a_refusal_without_news_says_only_that_it_is_too_late() -> None:
    """Nothing happened after the card was drawn: there is nobody to name."""
    review = STANDING["in review"]
    history = lines(life(*WAYS["in review"]))
    assert wording.refused(OutOfTurn(review), Click("r1", 3, "recall", BY), history) == (
        "That is not possible any more. Look at the card again."
    )


@given(st.floats(0, 4e9))
def test_times_read_as_people_write_them(at: float) -> None:
    """A time of day for cards, an ISO date in UTC for the drafter."""
    assert len(wording.time(at)) == 5
    assert wording.date(at) == datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


@pytest.mark.parametrize("way", [way for way, review in STANDING.items() if review.closed])
def test_a_closed_card_tells_what_came_of_it(way: str) -> None:
    """Who decided, and that it was sent or why not."""
    view = drawn(way)
    assert view.outcome
    assert view.changes == ()
    assert "Ana" in view.outcome or STANDING[way].state is State.RETIRED


def test_every_kind_of_step_was_told() -> None:
    """The ways these tests go contain every step there is."""
    taken = {kind for way in WAYS.values() for kind in way}
    assert {kind.__name__ for kind in set(KINDS) - taken} == {"Recall", "Yielded"}
