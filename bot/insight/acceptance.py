"""What became of reviews, and how far replies are from their drafts. Pure; the formula stands beside each figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.insight.cases import Case
from bot.insight.outlines import SENT, Outcome
from bot.insight.spread import Share, Spread, spread


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Reviews by what became of them.

    The six shares are of the same whole, the reviews that needed an answer, and add up to it. `accepted` is of the drafts
    that a person decided on. `material` is of the drafts that were sent edited, and so is `distance`.
    """

    opened: int
    withdrawn: int
    as_is: Share
    edited: Share
    written: Share
    rejected: Share
    by_hand: Share
    unanswered: Share
    accepted: Share
    material: Share
    distance: Spread


def acceptance(cases: Sequence[Case]) -> Acceptance:
    """What became of these reviews."""
    told = Counter((case.outcome, case.proposed) for case in cases)

    def count(outcome: Outcome, proposed: bool | None = None) -> int:
        return sum(told[outcome.value, one] for one in (True, False) if proposed in (None, one))

    needed = len(cases) - count(Outcome.WITHDRAWN)  # opened, and somebody still wanted an answer
    decided = sum(count(one, True) for one in (*SENT, Outcome.REJECTED, Outcome.BY_HAND))
    edits = [case for case in cases if case.outcome == Outcome.EDITED.value and case.proposed]
    return Acceptance(
        opened=len(cases),
        withdrawn=count(Outcome.WITHDRAWN),
        as_is=Share(count(Outcome.AS_IS), needed),  # sent with the words of the draft
        edited=Share(count(Outcome.EDITED, True), needed),  # sent with a person's words in place of the draft's
        written=Share(count(Outcome.EDITED, False), needed),  # sent with a person's words where there was no draft
        rejected=Share(count(Outcome.REJECTED), needed),  # a person decided to send nothing
        by_hand=Share(count(Outcome.BY_HAND), needed),  # a colleague answered in the thread instead
        unanswered=Share(count(Outcome.OPEN), needed),  # nothing has reached the customer so far
        accepted=Share(count(Outcome.AS_IS), decided),  # of the drafts decided on, those sent as they were
        material=Share(sum(case.material for case in edits), len(edits)),
        distance=spread(case.distance for case in edits if case.distance is not None),
    )
