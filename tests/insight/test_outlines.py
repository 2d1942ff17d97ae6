"""A review in one row: each figure as one would work it out by hand, and the same whenever it is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.insight.outlines import Outline, outline
from bot.review.actions import Amended, Approve, Correct, Drafted, Edit, Recall, Received, Reject, Start, Withdrawn
from bot.review.model import CUSTOMER, Usage
from bot.store.audit import Entry
from tests.review.lives import ANA, DRAFT, WAYS, a, life, lines

OUTCOMES = {
    "sent": "as_is",
    "sent, noted by hand": "as_is",
    "escalated, sent": "as_is",
    "rejected": "rejected",
    "retired": "withdrawn",
}


def told(*kinds: object) -> Outline:
    """The outline of a review that went this way."""
    made = life(*kinds)  # type: ignore[arg-type]
    entries = [Entry(number, line, None, True) for number, line in enumerate(lines(made), 11)]
    return outline(made[-1].review, entries)


@pytest.mark.parametrize("way", WAYS)
def test_what_became_of_it(way: str) -> None:
    """Sent, rejected or ended; whatever is not over is open, also while words are on their way."""
    found = told(*WAYS[way])
    assert found.outcome == OUTCOMES.get(way, "open")
    assert (found.closed_at is None) == (found.outcome == "open")
    assert (found.replied_at is None) == (found.outcome != "as_is")
    assert found.version == len(WAYS[way]) == found.last - found.first + 1


def test_a_reply_as_it_was_drafted() -> None:
    """All of the draft's own values, the times of its steps, and no distance between draft and reply."""
    made = life(*WAYS["sent"])
    times = [decision.line.action.at for decision in made]
    found = told(*WAYS["sent"])
    assert (found.template, found.model, found.language) == ("support_reply@2", "scripted", "en")
    assert (found.intent, found.risks, found.feeling) == ("change of address", "|refund|", "angry")
    assert (found.opened_at, found.carded_at, found.decided_at) == (times[0], times[2], times[3])
    assert (found.replied_at, found.closed_at) == (times[-1], times[-1])
    assert (found.reviewer, found.distance, found.material) == ("web:ana", 0.0, False)
    assert (found.first, found.last) == (11, 16)


@pytest.mark.parametrize(
    ("words", "distance", "material"),
    [
        # 80 characters of which the three of `Hi,` take the place of the five of `Hello`
        (DRAFT.reply.replace("Hello", "Hi,"), 3, False),
        (DRAFT.reply.replace("It costs nothing.", "It costs 12 EUR."), None, True),
        (DRAFT.reply, 0, False),
    ],
)
def test_an_edit(words: str, distance: float | None, material: bool) -> None:
    """Another greeting does not matter, another price does; a person's own words are an edit whatever they say."""
    made = life(*WAYS["in review"])
    edit = a(Edit, made[-1].review, words=words)
    sent = life(*WAYS["in review"], edit, *WAYS["sent"][4:])
    entries = [Entry(number, line, None, True) for number, line in enumerate(lines(sent), 1)]
    found = outline(sent[-1].review, entries)
    assert (found.outcome, found.material) == ("edited", material)
    assert found.distance is not None
    if distance is None:
        assert 0 < found.distance < 1
    else:
        # `Hello` becomes `Hi,`: H stays, two signs go and two are others.
        assert found.distance == round((4 if distance else 0) / len(DRAFT.reply), 4)


def test_only_the_draft_in_force_counts() -> None:
    """Of two drafts the one that was approved; but what they took is what both took."""
    dear = replace(DRAFT, intent="first", usage=Usage("m", 100, 10, 0.5, 2.0))
    cheap = replace(DRAFT, intent="second", usage=Usage("m", 50, 5, 0.25, 1.0))
    review = life(Received, Start)[-1].review
    first = life(Received, Start, a(Drafted, review, draft=dear), *WAYS["in review after redraft"][3:5])
    again = a(Drafted, first[-1].review, draft=cheap)
    found = told(Received, Start, a(Drafted, review, draft=dear), *WAYS["in review after redraft"][3:5], again, Approve)
    assert (found.intent, found.outcome) == ("second", "open")
    assert (found.tokens_in, found.tokens_out, found.price, found.seconds) == (150, 15, 0.75, 3.0)


def test_a_release_that_was_taken_back_decided_nothing() -> None:
    """Nobody has decided, until somebody does."""
    assert told(*WAYS["released"]).reviewer == "web:ana"
    back = told(*WAYS["released"], Recall)
    assert (back.reviewer, back.decided_at) == ("", None)
    assert told(*WAYS["released"], Recall, Reject).reviewer == "web:ana"


def test_a_person_knows_better_how_somebody_sounds() -> None:
    """The corrected sentiment stands, until the customer writes more."""
    assert told(*WAYS["corrected"]).feeling == "positive"
    assert told(*WAYS["in review"], Correct, Amended, Start, Drafted).feeling == "angry"


def test_answered_by_hand() -> None:
    """Ended by a colleague it is theirs; ended by the customer it is nobody's."""
    made = life(*WAYS["in review"])
    by_hand = told(*WAYS["in review"], a(Withdrawn, made[-1].review, by=ANA))
    assert (by_hand.outcome, by_hand.reviewer, by_hand.decided_at) == ("by_hand", "web:ana", None)
    taken_back = told(*WAYS["in review"], a(Withdrawn, made[-1].review, by=CUSTOMER))
    assert (taken_back.outcome, taken_back.reviewer) == ("withdrawn", "")


def test_without_a_draft_there_is_nothing_to_change() -> None:
    """A reply that a person wrote alone is edited, at no distance from anything."""
    found = told(*WAYS["in review without words"], Edit, *WAYS["sent"][4:])
    assert (found.outcome, found.distance, found.material) == ("edited", None, False)
