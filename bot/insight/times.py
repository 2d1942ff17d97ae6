"""How long things take. Pure; in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.insight.cases import Case, Waiting
from bot.insight.outlines import Outcome
from bot.insight.spread import Spread, spread


@dataclass(frozen=True, slots=True)
class Times:
    """From opening a review until its draft could be decided on, until it was, and until the reply arrived."""

    card: Spread
    decision: Spread
    reply: Spread


def times(cases: Sequence[Case]) -> Times:
    """How long these reviews took, of those that came so far."""
    return Times(
        card=spread(case.carded_at - case.opened_at for case in cases if case.carded_at is not None),
        decision=spread(case.decided_at - case.opened_at for case in cases if case.decided_at is not None),
        reply=spread(case.replied_at - case.opened_at for case in cases if case.replied_at is not None),
    )


def handling(case: Case) -> float | None:
    """How long a person took: from the card until the decision, or until a colleague's own answer ended it. None for a
    review that no person ended, or not after there was a card."""
    ended = (
        case.decided_at if case.decided_at is not None else case.closed_at if case.outcome == Outcome.BY_HAND else None
    )
    return ended - case.carded_at if ended is not None and case.carded_at is not None else None


def queue_age(waiting: Iterable[Waiting], now: float) -> Spread:
    """How long what is open now has been open."""
    return spread(max(now - one.opened_at, 0.0) for one in waiting)
