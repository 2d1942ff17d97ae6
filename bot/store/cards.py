"""Which cards have to be drawn, and which drawing is on show. Never the truth about a review."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, case, select, update

from bot.store.bell import Topic, ring_after
from bot.store.reviews import OF_DESKS
from bot.store.tables import reviews

_DUE = (
    select(reviews.c.id, reviews.c.card_ref, reviews.c.card_version, reviews.c.card_due, reviews.c.card_tries)
    .where(reviews.c.card_due.is_not(None), reviews.c.card_due <= bindparam("now"), OF_DESKS)
    .order_by(reviews.c.card_due)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_NEXT_DUE = (
    select(reviews.c.card_due).where(reviews.c.card_due.is_not(None), OF_DESKS).order_by(reviews.c.card_due).limit(1)
)
_ROW = update(reviews).where(reviews.c.id == bindparam("the_id"))
_DRAWN = _ROW.values(
    card_ref=bindparam("ref"),
    card_version=bindparam("drawn"),
    card_tries=0,
    card_due=case((reviews.c.version == bindparam("drawn"), bindparam("again")), else_=bindparam("now")),
).returning(reviews.c.version)
_AGAIN = _ROW.values(card_due=bindparam("again"))
_LATER = _ROW.values(card_due=bindparam("again"), card_tries=reviews.c.card_tries + 1)


@dataclass(frozen=True, slots=True)
class Stale:
    """A card to be drawn.

    `ref` is where it stands, empty before the first time; `shown` is the version it shows, 0 then; `tries` counts
    attempts so far.
    """

    review: str
    ref: str
    shown: int
    tries: int


def take(conn: Connection, desks: tuple[str, ...], now: float, limit: int, lease: float) -> list[Stale]:
    """Cards of these desks to be drawn, kept from other workers until `now + lease` seconds."""
    found = conn.execute(_DUE, {"desks": desks, "now": now, "limit": limit}).all()
    if found:
        conn.execute(_LATER, [{"the_id": row.id, "again": now + lease} for row in found])
    return [Stale(row.id, row.card_ref, row.card_version, row.card_tries) for row in found]


def drawn(conn: Connection, review: str, version: int, ref: str, now: float, again: float | None) -> None:
    """The card now shows this version as message `ref`.

    If the review has moved on since, it is due again at once, else at `again` (unix seconds) or not before it moves.
    """
    values = {"the_id": review, "drawn": version, "ref": ref, "now": now, "again": again}
    if conn.execute(_DRAWN, values).scalar() != version:
        ring_after(conn, Topic.CARDS)


def later(conn: Connection, review: str, again: float) -> None:
    """The drawing failed; it is due again at `again` (unix seconds)."""
    conn.execute(_AGAIN, {"the_id": review, "again": again})


def next_due(conn: Connection, desks: tuple[str, ...]) -> float | None:
    """When the next card falls due (unix seconds)."""
    due: float | None = conn.execute(_NEXT_DUE, {"desks": desks}).scalar()
    return due
