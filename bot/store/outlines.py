"""Outlines of reviews as rows, and how far the audit was read for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, or_, select, update
from sqlalchemy.sql.dml import ReturningInsert

from bot.store.statements import few_lengths, insert_once
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
_ADVANCE = (
    update(marks).where(marks.c.name == _MARK, marks.c.number < bindparam("upto")).values(number=bindparam("upto"))
)


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
    return list(conn.execute(_newer(conn.dialect.name), ordered).scalars())


def advance(conn: Connection, upto: int) -> None:
    """The audit is seen to up to this line. It never goes back."""
    if conn.execute(insert_once(marks, conn.dialect.name), {"name": _MARK, "number": upto}).rowcount != 1:
        conn.execute(_ADVANCE, {"upto": upto})


@cache
def _newer(dialect: str) -> ReturningInsert[Any]:
    """An INSERT that replaces an older row of the review."""
    upsert: Any
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert
    made = upsert(outlines)
    values = {column.name: made.excluded[column.name] for column in outlines.columns if not column.primary_key}
    newer = outlines.c.version < made.excluded.version
    statement: ReturningInsert[Any] = made.on_conflict_do_update(
        index_elements=["review"], set_=values, where=newer
    ).returning(outlines.c.review)
    return statement
