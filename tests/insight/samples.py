"""Reviews in outline, as figures are made of them, for tests that work examples out by hand."""

from __future__ import annotations

from bot.insight.cases import Case

# Midnight of a Monday in UTC (2026-11-02).
MONDAY = 1_793_577_600.0
HOUR, DAY = 3_600.0, 86_400.0
_CASE = Case(
    desk="support",
    template="reply@1",
    model="model-1",
    language="en",
    intent="return",
    risks="",
    feeling="neutral",
    outcome="as_is",
    reviewer="slack:U0ANA",
    held=False,
    opened_at=MONDAY,
    carded_at=None,
    decided_at=None,
    replied_at=None,
    closed_at=None,
    distance=None,
    material=False,
    price=0.0,
    tokens=0,
    conversation="c1",
    customer="web:jonas",
)


def case(**changes: object) -> Case:
    """A review that was sent as drafted, with some of it otherwise."""
    made = _CASE._replace(**changes)  # type: ignore[arg-type]
    sent = made.outcome in ("as_is", "edited") and "distance" not in changes and not made.held
    return made._replace(distance=0.0) if sent else made


def handled(seconds: float, **changes: object) -> Case:
    """A review that a person decided on so long after its card."""
    return case(carded_at=MONDAY + 5, decided_at=MONDAY + 5 + seconds, **changes)
