"""Drafts as figures, and what they come to: no store, no model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.insight.replays import Measured, Outcome, Replay, further, measure, more_faults, summed
from bot.review.model import Feeling, Statement, Usage
from tests.review.lives import DRAFT

PLAIN = measure(replace(DRAFT, statements=()), DRAFT.reply)


def replay(old: Measured = PLAIN, new: Measured = PLAIN, outcome: Outcome = Outcome.APPROVED) -> Replay:
    return Replay("r1", outcome, old, new)


@pytest.mark.parametrize(
    ("reply", "sent", "distance"),
    [
        ("Hello Mia", "Hello Mia", 0.0),
        ("Hello", "Hallo", 0.2),
        ("", "Hello", 1.0),
        ("abc", "xyz", 1.0),
        ("a", None, None),
    ],
)
def test_the_distance_is_the_share_of_characters_to_be_changed(reply: str, sent: str | None, distance: float) -> None:
    """From 0, word for word, to 1, nothing in common; none where nothing was sent."""
    assert measure(replace(DRAFT, reply=reply), sent).distance == distance


def test_what_else_is_measured() -> None:
    """Claims without a source, a wrong language, tokens of both ways, and how the customer sounds."""
    statements = (Statement("It is free.", ("thread",)), Statement("It takes a day."), Statement("Sure."))
    draft = replace(DRAFT, statements=statements, risks=("refund", "language"), usage=Usage("gpt", 100, 20, 0.003))
    assert measure(draft, None) == Measured(None, Feeling.ANGRY, ("language", "refund"), 2, True, 120, 0.003)


def test_a_sum_compares_the_sides() -> None:
    """Means of the distances there are, and counts of the rest."""
    calm = replace(
        PLAIN, feeling=Feeling.NEUTRAL, distance=0.5, unsupported=3, wrong_language=True, tokens=10, price=0.1
    )
    rejected = replace(PLAIN, distance=None)
    total = summed([replay(), replay(new=calm), replay(rejected, replace(rejected, risks=()), Outcome.REJECTED)])
    assert (total.cases, total.feels_other, total.risks_other) == (3, 1, 1)
    assert (total.old.distance, total.new.distance) == (0.0, 0.25)
    assert (total.new.unsupported, total.new.wrong_language, total.new.tokens, total.new.price) == (3, 1, 10, 0.1)
    assert (further(total), more_faults(total)) == (0.25, 4)


def test_nothing_to_go_by_is_neither_better_nor_worse() -> None:
    """Only rejected drafts have no distance at all."""
    total = summed([])
    assert (total.old.distance, further(total), more_faults(total)) == (None, 0.0, 0)
