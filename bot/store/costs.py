"""What drafts cost: one row for each desk, month and model, counted up with every draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select, update

from bot.review.model import Usage
from bot.store.statements import few_lengths, insert_once
from bot.store.tables import costs

_COUNTED = ("drafts", "tokens_in", "tokens_out", "price", "seconds")
_ROW = (
    costs.c.desk == bindparam("the_desk"),
    costs.c.month == bindparam("the_month"),
    costs.c.model == bindparam("the_model"),
)
_ADD = update(costs).where(*_ROW).values({name: costs.c[name] + bindparam(f"more_{name}") for name in _COUNTED})
_SPENT = (
    select(costs.c.desk, func.sum(costs.c.price).label("price"))
    .where(costs.c.month == bindparam("month"), costs.c.desk.in_(bindparam("desks", expanding=True)))
    .group_by(costs.c.desk)
)
_ALL = select(costs).order_by(costs.c.month, costs.c.desk, costs.c.model)


@dataclass(frozen=True, slots=True)
class Cost:
    """What the drafts of a desk cost in a month (`2026-11`, UTC) with one model; `price` in the settings' currency."""

    desk: str
    month: str
    model: str
    drafts: int
    tokens_in: int
    tokens_out: int
    price: float
    seconds: float


def add(conn: Connection, desk: str, month: str, usage: Usage) -> None:
    """Count one draft."""
    more: dict[str, float] = {"drafts": 1, "tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out}
    more |= {"price": usage.price, "seconds": usage.seconds}
    key = {"desk": desk, "month": month, "model": usage.model}
    if conn.execute(insert_once(costs, conn.dialect.name), key | more).rowcount != 1:
        where = {f"the_{name}": value for name, value in key.items()}
        conn.execute(_ADD, where | {f"more_{name}": value for name, value in more.items()})


def spent(conn: Connection, desks: Iterable[str], month: str) -> dict[str, float]:
    """What these desks spent in a month; those that spent nothing are not in it."""
    found = conn.execute(_SPENT, {"month": month, "desks": few_lengths(sorted(desks))})
    return {row.desk: row.price for row in found}


def of_all(conn: Connection) -> list[Cost]:
    """Every row, oldest month first."""
    return [Cost(**row) for row in conn.execute(_ALL).mappings()]
