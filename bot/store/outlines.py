"""Outlines of reviews as rows, and how far the audit was read for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, or_, select

from bot.store.statements import few_lengths, insert_or_change
from bot.store.tables import audit, marks, outlines, reviews

_MARK = "outlines"
# Lines of the audit that are looked through at once.
_WINDOW = 5_000
# On PostgreSQL a line may become visible after one with a higher number. For so long (seconds) it is looked for again.
_LATE = 60.0

_TOP = select(
    select(func.max(audit.c.number)).scalar_subquery().label("top"),
    select(marks.c.number).where(marks.c.name == _MARK).scalar_subquery().label("mark"),
)
_IN_WINDOW = (audit.c.number > bindparam("mark"), audit.c.number <= bindparam("upto"))
_BEHIND: Select[Any] = (
    select(audit.c.review)
    .distinct()
    .join_from(audit, reviews, reviews.c.id == audit.c.review)
    .join(outlines, outlines.c.review == audit.c.review, isouter=True)
    .where(*_IN_WINDOW, or_(outlines.c.version.is_(None), outlines.c.version < reviews.c.version))
    .order_by(audit.c.review)
    .limit(bindparam("limit"))
)
_FRESH = select(func.min(audit.c.number)).where(*_IN_WINDOW, audit.c.at >= bindparam("since"))
_OF = select(outlines).where(outlines.c.review.in_(bindparam("ids", expanding=True)))


def behind(conn: Connection, now: float, limit: int) -> tuple[list[str], int]:
    """Reviews whose outline is behind them, a few, and up to which line of the audit it will have been seen to once theirs
    are made; 0 when it cannot be said yet, or has been already."""
    row = conn.execute(_TOP).one()
    top, mark = row.top or 0, row.mark or 0
    if mark >= top:
        return [], 0
    window = {"mark": mark, "upto": min(top, mark + _WINDOW)}
    found = list(conn.execute(_BEHIND, window | {"limit": limit}).scalars())
    if len(found) == limit:
        return found, 0
    fresh = conn.execute(_FRESH, window | {"since": now - _LATE}).scalar()
    seen = window["upto"] if fresh is None else fresh - 1
    return found, seen if seen > mark else 0


def of(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The outlines of these reviews, as far as there are any."""
    rows = conn.execute(_OF, {"ids": few_lengths(ids)}).mappings() if ids else ()
    return {row["review"]: dict(row) for row in rows}


def keep(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write outlines, each unless a newer one is there; whose were written."""
    if not rows:
        return []
    ordered = sorted(rows, key=lambda row: str(row["review"]))
    newer = insert_or_change(outlines, conn.dialect.name, growing="version").returning(outlines.c.review)
    return list(conn.execute(newer, ordered).scalars())


def advance(conn: Connection, upto: int) -> None:
    """The audit is seen to up to this line. It never goes back."""
    conn.execute(insert_or_change(marks, conn.dialect.name, growing="number"), {"name": _MARK, "number": upto})
