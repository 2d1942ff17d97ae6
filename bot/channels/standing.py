"""How a desk stands, as its people read it: what waits, who paused its drafting, and what its day was like."""

from __future__ import annotations

from dataclasses import dataclass

from bot.review.model import Role

LEADING = frozenset({Role.LEAD, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Pause:
    """No drafts are made: since when (unix seconds), and who stopped it, by name."""

    name: str
    at: float


@dataclass(frozen=True, slots=True)
class Day:
    """A desk's day since midnight, and what waits there now. `bot.insight.measures` has the formula of each figure.

    `to_decision` and `to_reply` are in seconds, None when there was none today.
    """

    came_in: int = 0
    as_drafted: int = 0
    edited: int = 0
    rejected: int = 0
    by_hand: int = 0
    withdrawn: int = 0
    corrected: int = 0
    waiting: int = 0
    angry: int = 0
    overdue: int = 0
    stuck: int = 0
    to_decision: float | None = None
    to_reply: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A desk as one of its people sees it. `desk` is its id; `day` is None unless it was asked for."""

    desk: str
    name: str
    role: Role
    pause: Pause | None
    day: Day | None = None

    @property
    def leads(self) -> bool:
        """Whether this person may pause drafting here, and is called when a review is escalated."""
        return self.role in LEADING
