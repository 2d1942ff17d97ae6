"""How the store itself stands: its size, what is sealed, which reviews wait and which cards are not drawn yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select, text

from bot.store import schema
from bot.store.audit import last
from bot.store.engine import CHANNEL
from bot.store.tables import audit, reviews, seals
from bot.watching import Waiting

_OPEN = (
    select(reviews.c.desk, reviews.c.state, func.count().label("many"), func.min(reviews.c.opened_at).label("oldest"))
    .where(reviews.c.closed_at.is_(None))
    .group_by(reviews.c.desk, reviews.c.state)
)
_UNDRAWN = select(func.count()).select_from(reviews).where(reviews.c.card_due <= bindparam("now"))
_SEALED = select(seals.c.upto, seals.c.at).order_by(seals.c.number.desc()).limit(1)
_UNSEALED = select(audit.c.at).where(audit.c.number > bindparam("upto")).order_by(audit.c.number).limit(1)
# Every copy of the program listens for the others' bells on a connection of its own.
_LISTENERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = :listen"
).bindparams(listen=f"LISTEN {CHANNEL}")


@dataclass(frozen=True, slots=True)
class Vitals:
    """`size` in bytes. `sealed` is the number of the last sealed line of the audit, `lines` of the last one there is;
    `unsealed` is when the oldest line was written that is not sealed (unix seconds). `undrawn` are cards that are due.
    `replicas` is how many copies of the program listen, None where there is but one."""

    migration: str
    size: int
    lines: int
    sealed: int
    sealed_at: float | None
    unsealed: float | None
    undrawn: int
    replicas: int | None


def waiting(conn: Connection) -> Sequence[Waiting]:
    """The open reviews by desk and state. It reads the open ones only, however many were closed."""
    return [Waiting(row.desk, row.state, row.many, row.oldest) for row in conn.execute(_OPEN)]


def vitals(conn: Connection, now: float) -> Vitals:
    """How the store stands."""
    seal = conn.execute(_SEALED).one_or_none()
    upto = seal.upto if seal else 0
    return Vitals(
        migration=schema.version(conn) or "",
        size=_size(conn),
        lines=last(conn),
        sealed=upto,
        sealed_at=seal.at if seal else None,
        unsealed=conn.execute(_UNSEALED, {"upto": upto}).scalar(),
        undrawn=conn.execute(_UNDRAWN, {"now": now}).scalar_one(),
        replicas=None if conn.dialect.name == "sqlite" else conn.execute(_LISTENERS).scalar_one(),
    )


def _size(conn: Connection) -> int:
    if conn.dialect.name == "sqlite":
        told = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    else:
        told = "SELECT pg_database_size(current_database())"
    size: int = conn.exec_driver_sql(told).scalar_one()
    return size
