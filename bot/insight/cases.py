"""What the figures are made of: reviews in outline, lean enough to read a year of them. SQL; it reads and never writes."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, case, func, select

from bot.insight.outlines import SENT
from bot.store.audit import last, name_of
from bot.store.reviews import OPEN_AT_DESKS
from bot.store.tables import conversations as threads
from bot.store.tables import outlines, reviews, thumbs

__all__ = [
    "Case",
    "Connection",
    "Opening",
    "Thumbs",
    "Waiting",
    "cases",
    "mark",
    "names",
    "openings",
    "reactions",
    "waiting",
]

# So many rows at a time, so that whoever waits for the interpreter meanwhile gets it.
_AT_ONCE = 500


class Case(NamedTuple):
    """A review as the figures need it: the columns of its outline (`bot.insight.outlines.Outline`), with all its tokens
    together and whose conversation it is (`channel:customer`)."""

    desk: str
    template: str
    model: str
    language: str
    intent: str
    risks: str
    feeling: str
    outcome: str
    reviewer: str
    held: bool
    opened_at: float
    carded_at: float | None
    decided_at: float | None
    replied_at: float | None
    closed_at: float | None
    distance: float | None
    material: bool
    price: float
    tokens: int
    conversation: str
    customer: str

    @property
    def proposed(self) -> bool:
        """Whether a person had the words of a draft before them."""
        return bool(self.model) and not self.held and not (self.outcome in SENT and self.distance is None)


class Opening(NamedTuple):
    """That somebody wrote again: a review that was opened, and how they sounded."""

    opened_at: float
    feeling: str
    conversation: str
    customer: str


class Waiting(NamedTuple):
    """An open review."""

    desk: str
    opened_at: float


class Thumbs(NamedTuple):
    """How many reactions of customers to replies were good, and how many were bad."""

    up: int
    down: int


CUSTOMER = threads.c.channel + ":" + threads.c.customer
_SAME = threads.c.id == outlines.c.conversation
OPENED_THEN = and_(outlines.c.opened_at >= bindparam("since"), outlines.c.opened_at < bindparam("until"))
_HERE = and_(outlines.c.desk.in_(bindparam("desks", expanding=True)), OPENED_THEN)
_TOKENS = outlines.c.tokens_in + outlines.c.tokens_out
_OWN = {"tokens": _TOKENS, "customer": CUSTOMER}
_CASES: Select[tuple[object, ...]] = (
    select(*(_OWN[name].label(name) if name in _OWN else outlines.c[name] for name in Case._fields))
    .join_from(outlines, threads, _SAME)
    .where(_HERE)
    .order_by(outlines.c.opened_at)
    .execution_options(yield_per=_AT_ONCE)
)
_OPENINGS: Select[tuple[object, ...]] = (
    select(outlines.c.opened_at, outlines.c.feeling, outlines.c.conversation, CUSTOMER.label("customer"))
    .join_from(outlines, threads, _SAME)
    .where(_HERE)
    .order_by(outlines.c.opened_at)
    .execution_options(yield_per=_AT_ONCE)
)
_THUMBS = (
    select(
        func.coalesce(func.sum(case((thumbs.c.thumb > 0, 1), else_=0)), 0),
        func.coalesce(func.sum(case((thumbs.c.thumb < 0, 1), else_=0)), 0),
    )
    .join_from(thumbs, outlines, outlines.c.review == thumbs.c.review)
    .where(_HERE)
)
_WAITING = select(reviews.c.desk, reviews.c.opened_at).where(OPEN_AT_DESKS)


def cases(conn: Connection, desks: Collection[str], since: float, until: float, reviewer: str = "") -> list[Case]:
    """The reviews of these desks that were opened in this time (unix seconds, `until` excluded), the oldest first; all
    of them or those of one reviewer."""
    wanted = _CASES.where(outlines.c.reviewer == bindparam("reviewer")) if reviewer else _CASES
    asked = {"desks": list(desks), "since": since, "until": until} | ({"reviewer": reviewer} if reviewer else {})
    return [Case._make(row) for row in conn.execute(wanted, asked)]


def openings(conn: Connection, desks: Collection[str], since: float, until: float) -> list[Opening]:
    """What else was opened in this time, the oldest first."""
    found = conn.execute(_OPENINGS, {"desks": list(desks), "since": since, "until": until})
    return [Opening._make(row) for row in found]


def reactions(conn: Connection, desks: Collection[str], since: float, until: float) -> Thumbs:
    """What customers made of the replies to the reviews that were opened in this time."""
    return Thumbs._make(conn.execute(_THUMBS, {"desks": list(desks), "since": since, "until": until}).one())


def waiting(conn: Connection, desks: Collection[str]) -> list[Waiting]:
    """What is open now."""
    return [Waiting._make(row) for row in conn.execute(_WAITING, {"desks": list(desks)})]


def names(conn: Connection, people: Collection[str]) -> dict[str, str]:
    """What these people (`channel:person`) were last called."""
    found = {person: name_of(conn, person) for person in people if person}
    return {person: name for person, name in found.items() if name}


def mark(conn: Connection) -> int:
    """The number of the audit's last line, 0 without any: while it stays the same, so do the outlines."""
    return last(conn)
