"""Backtests the program runs by itself: what each may still use, and which process is at it. A lease is the only lock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, text, update

from bot.store.conversations import clean
from bot.store.tables import backtest_results, backtests, trials


class State(StrEnum):
    """How a trial stands."""

    OPEN = "open"  # a process is at it, or will be
    DONE = "done"  # every review has had its turn
    SPENT = "spent"  # what it may use is used up
    FAILED = "failed"  # the model gave no answer, or the version cannot be used
    STOPPED = "stopped"  # by a person


@dataclass(frozen=True, slots=True)
class Trial:
    """A backtest on behalf of `person`, who gave it so many calls and so much money (None: any); what is left of both."""

    backtest: int
    person: str
    at: float
    calls: int
    money: float | None
    state: State


_ONE = select(trials).where(trials.c.backtest == bindparam("backtest"))
_OPEN_OF = (
    select(trials)
    .join(backtests, backtests.c.number == trials.c.backtest)
    .where(trials.c.state == State.OPEN, backtests.c.template == bindparam("template"))
    .limit(1)
)
# The word stands in the statement itself, so that the partial index may be used.
_WAITING = (
    select(trials.c.backtest)
    .where(text("state = 'open'"), trials.c.busy_until < bindparam("now"))
    .order_by(trials.c.busy_until)
    .limit(1)
)
_DUE = _WAITING.with_for_update(skip_locked=True)
_HELD = update(trials).where(trials.c.backtest == bindparam("the_backtest"), trials.c.state == State.OPEN)
_TAKE = _HELD.values(holder=bindparam("the_holder"), busy_until=bindparam("the_end"))
_MINE = _HELD.where(trials.c.holder == bindparam("the_holder"))
_GO_ON = _MINE.values(busy_until=bindparam("the_end"), calls=bindparam("the_calls"), money=bindparam("the_money"))
_END = _MINE.values(state=bindparam("the_state"), holder="", busy_until=0.0)
_STOP = _HELD.values(state=State.STOPPED.value, holder="", busy_until=0.0)
_COUNT = select(func.count()).where(backtest_results.c.backtest == bindparam("backtest"))


def order(conn: Connection, backtest: int, person: str, calls: int, money: float | None, at: float) -> None:
    """Let the program go on with a backtest, with this much more to use."""
    conn.execute(delete(trials).where(trials.c.backtest == backtest))
    values = {"person": clean(person), "at": at, "calls": calls, "money": money, "state": State.OPEN.value}
    conn.execute(insert(trials), values | {"backtest": backtest, "holder": "", "busy_until": 0.0})


def get(conn: Connection, backtest: int) -> Trial | None:
    """What was asked for; None for a backtest that somebody runs by hand."""
    return _trial(conn.execute(_ONE, {"backtest": backtest}).one_or_none())


def open_of(conn: Connection, template: str) -> Trial | None:
    """The one that is under way for a template."""
    return _trial(conn.execute(_OPEN_OF, {"template": template}).one_or_none())


def is_due(conn: Connection, now: float) -> bool:
    """Whether there is one that nobody is at."""
    return conn.execute(_WAITING, {"now": now}).scalar() is not None


def take(conn: Connection, holder: str, now: float, end: float) -> Trial | None:
    """One that nobody is at, for this process until `end`; None when there is none."""
    due = conn.execute(_DUE, {"now": now}).scalar()
    if due is None:
        return None
    conn.execute(_TAKE, {"the_backtest": due, "the_holder": holder, "the_end": end})
    return get(conn, due)


def go_on(conn: Connection, backtest: int, holder: str, end: float, calls: int, money: float | None) -> bool:
    """Keep it until `end`, with what is left to use; False when it is no longer this process's."""
    values = {"the_backtest": backtest, "the_holder": holder, "the_end": end, "the_calls": calls, "the_money": money}
    return conn.execute(_GO_ON, values).rowcount > 0


def end(conn: Connection, backtest: int, holder: str, state: State) -> None:
    """This process is no longer at it, and this is how it stands."""
    conn.execute(_END, {"the_backtest": backtest, "the_holder": holder, "the_state": state.value})


def stop(conn: Connection, backtest: int) -> None:
    """A person has seen enough. Whoever is at it notices when they go on."""
    conn.execute(_STOP, {"the_backtest": backtest})


def tried(conn: Connection, backtest: int) -> int:
    """How many reviews have had their turn."""
    return conn.execute(_COUNT, {"backtest": backtest}).scalar_one()


def _trial(row: Row[Any] | None) -> Trial | None:
    if row is None:
        return None
    return Trial(row.backtest, row.person, row.at, row.calls, row.money, State(row.state))
