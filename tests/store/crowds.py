"""Long histories written in one go, and how a database goes about a question over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from bot.review.model import State
from bot.store.tables import reviews
from tests.review.lives import NOW
from tests.stage.databases import connected

Row = dict[str, Any]


@contextmanager
def crowd(database: sa.URL, *filled: tuple[Table, Iterable[Row]]) -> Iterator[Connection]:
    """A connection to a database with these rows, which knows how many there are of each."""
    with connected(database) as engine, engine.connect() as conn, conn.begin():
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql("BEGIN")
        for table, rows in filled:
            conn.execute(sa.insert(table), list(rows))
        conn.exec_driver_sql("ANALYZE")
        yield conn


def conversation(number: int) -> Row:
    """A conversation of its own for the review with this number."""
    known = {"desk": "support", "channel": "web", "place": "support", "customer": "mia", "customer_name": "Mia"}
    return known | {"id": f"c{number:08}", "root": str(number), "answered": 0, "opened_at": NOW}


def review(number: int, *, waits: bool) -> Row:
    """A review that was sent, or waits for somebody or something."""
    values: Row = {column.name: 0 for column in reviews.columns}
    values |= dict.fromkeys(("draft", "edited", "instruction")) | {"doubt": False, "escalated": False}
    values |= {"problem": "", "card_ref": "", "judged": "", "holder": "web:ana" if number % 3 == 0 else ""}
    values |= {"id": f"r{number:08}", "conversation": f"c{number:08}", "desk": "support", "opened_at": NOW}
    state = [State.IN_REVIEW, State.RECEIVED, State.RELEASED][number % 3] if waits else State.SENT
    values |= {"state": state.value, "closed_at": None if waits else NOW + number}
    return values | {
        "due": NOW + number if waits else None,
        "card_due": NOW + number if number % 4 == 0 and waits else None,
    }


def plans(conn: Connection, ask: Callable[[Connection], object], last: int = 1) -> list[str]:
    """How the database goes about the last questions that are asked of it here."""
    asked: list[tuple[str, Any]] = []

    def listening(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(conn, "before_cursor_execute", listening)
    ask(conn)
    sa.event.remove(conn, "before_cursor_execute", listening)
    prefix = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
    return [
        "\n".join(str(row[-1]) for row in conn.exec_driver_sql(prefix + statement, parameters))
        for statement, parameters in asked[-last:]
    ]
