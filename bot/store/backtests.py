"""Backtests: which decided reviews a template was tried out on, and what came of each, so that one can be gone on with."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, bindparam, insert, select, update

from bot.review.model import State
from bot.store.reviews import OF_DESKS
from bot.store.statements import insert_once
from bot.store.tables import backtest_results, backtests, conversations, reviews

_DECIDED = (
    select(reviews.c.id)
    .where(
        reviews.c.closed_at.is_not(None),
        reviews.c.state.in_((State.SENT.value, State.REJECTED.value)),
        OF_DESKS,
    )
    .order_by(reviews.c.closed_at.desc(), reviews.c.id.desc())
    .limit(bindparam("limit"))
)
_CHOICES = _DECIDED.add_columns(reviews.c.state, reviews.c.closed_at, conversations.c.customer_name).join_from(
    reviews, conversations, conversations.c.id == reviews.c.conversation
)
_START = insert(backtests).returning(backtests.c.number)
_FINISH = (
    update(backtests).where(backtests.c.number == bindparam("the_number")).values(finished_at=bindparam("the_time"))
)
_OF = select(backtests).where(
    backtests.c.template == bindparam("template"), backtests.c.version == bindparam("version")
)
_NEWEST = _OF.order_by(backtests.c.number.desc()).limit(1)
_OPEN = _NEWEST.where(
    backtests.c.finished_at.is_(None),
    backtests.c.against == bindparam("against"),
    backtests.c.model == bindparam("model"),
    backtests.c.wanted == bindparam("wanted"),
)
_NUMBERED = select(backtests).where(backtests.c.number == bindparam("number"))
_OF_TEMPLATE = (
    select(backtests)
    .where(backtests.c.template == bindparam("template"))
    .order_by(backtests.c.number.desc())
    .limit(bindparam("limit"))
)
_DONE = _NEWEST.where(backtests.c.finished_at.is_not(None), backtests.c.against == bindparam("against"))
_RESULTS = (
    select(backtest_results.c.review, backtest_results.c.result)
    .where(backtest_results.c.backtest == bindparam("backtest"))
    .order_by(backtest_results.c.review)
)

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decided:
    """A review that a person decided on, to choose from: whose it was, and when it was decided (unix seconds)."""

    review: str
    customer: str
    state: State
    at: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be compared: two versions of a template with one model, on so many decided reviews."""

    template: str
    version: int
    against: int
    model: str
    wanted: int


@dataclass(frozen=True, slots=True)
class Run:
    """A backtest on these reviews, finished or not."""

    number: int
    plan: Plan
    reviews: tuple[str, ...]
    finished: bool


def decided(conn: Connection, desks: Collection[str], limit: int) -> list[str]:
    """Reviews of these desks that a person decided on, the last decided first."""
    return list(conn.execute(_DECIDED, {"desks": list(desks), "limit": limit}).scalars())


def choices(conn: Connection, desks: Collection[str], limit: int) -> list[Decided]:
    """Reviews of these desks that a person decided on, the last decided first."""
    found = conn.execute(_CHOICES, {"desks": list(desks), "limit": limit})
    return [Decided(row.id, row.customer_name, State(row.state), row.closed_at) for row in found]


def start(conn: Connection, plan: Plan, chosen: Collection[str], at: float) -> Run:
    """Begin a backtest."""
    number = conn.execute(_START, asdict(plan) | {"reviews": json.dumps(list(chosen)), "at": at}).scalar_one()
    return Run(number, plan, tuple(chosen), finished=False)


def interrupted(conn: Connection, plan: Plan) -> Run | None:
    """The newest backtest of this plan that did not come to its end."""
    return _only(conn.execute(_OPEN, asdict(plan)))


def finished(conn: Connection, template: str, version: int, against: int) -> Run | None:
    """The newest finished backtest of a version against another."""
    return _only(conn.execute(_DONE, {"template": template, "version": version, "against": against}))


def get(conn: Connection, number: int) -> Run | None:
    """The backtest with this number."""
    return _only(conn.execute(_NUMBERED, {"number": number}))


def of_template(conn: Connection, template: str, limit: int) -> list[Run]:
    """The newest backtests of a template's versions, the newest first."""
    return [_run(row) for row in conn.execute(_OF_TEMPLATE, {"template": template, "limit": limit})]


def keep(conn: Connection, run: Run, review: str, result: Result) -> None:
    """Keep what came of one review. Figures only: it must hold no words of anybody."""
    values = {"backtest": run.number, "review": review, "result": json.dumps(result)}
    conn.execute(insert_once(backtest_results, conn.dialect.name), values)


def results(conn: Connection, run: Run) -> dict[str, Result]:
    """What has come of it so far, by review."""
    return {row.review: json.loads(row.result) for row in conn.execute(_RESULTS, {"backtest": run.number})}


def finish(conn: Connection, run: Run, at: float) -> None:
    """Every review has had its turn."""
    conn.execute(_FINISH, {"the_number": run.number, "the_time": at})


def _only(found: CursorResult[Any]) -> Run | None:
    row = found.one_or_none()
    return None if row is None else _run(row)


def _run(row: Row[Any]) -> Run:
    plan = Plan(row.template, row.version, row.against, row.model, row.wanted)
    return Run(row.number, plan, tuple(json.loads(row.reviews)), row.finished_at is not None)
