"""The questions asked all the time are answered from an index made for them, however long the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.review.model import State
from bot.store import cards, conversations, reviews
from bot.store.engine import open_postgresql, open_sqlite
from bot.store.tables import conversations as conversation_rows
from bot.store.tables import reviews as rows
from tests.review.lives import NOW

HISTORY, WAITING = 6_000, 40


@pytest.fixture
def crowded(database: sa.URL) -> Iterator[Connection]:
    """A long history, a few open reviews, and a database that knows how many of each there are."""
    sqlite = database.get_backend_name() == "sqlite"
    sql = open_sqlite(Path(database.database or "")) if sqlite else open_postgresql(database)
    with sql.connect() as conn, conn.begin():
        if sqlite:
            conn.exec_driver_sql("BEGIN")
        numbers = range(HISTORY + WAITING)
        conn.execute(sa.insert(conversation_rows), [_conversation(number) for number in numbers])
        conn.execute(sa.insert(rows), [_review(number) for number in numbers])
        conn.exec_driver_sql("ANALYZE")
        yield conn
    sql.dispose()


def _conversation(number: int) -> dict[str, Any]:
    known = {"desk": "support", "channel": "web", "place": "support", "customer": "mia", "customer_name": "Mia"}
    return known | {"id": f"c{number:08}", "root": str(number), "answered": 0, "opened_at": NOW}


def _review(number: int) -> dict[str, Any]:
    waits = number >= HISTORY
    values: dict[str, Any] = {column.name: 0 for column in rows.columns}
    values |= dict.fromkeys(("draft", "edited", "instruction")) | {"doubt": False, "escalated": False}
    values |= {"problem": "", "card_ref": "", "judged": "", "holder": "web:ana" if number % 3 == 0 else ""}
    values |= {"id": f"r{number:08}", "conversation": f"c{number:08}", "desk": "support", "opened_at": NOW}
    state = [State.IN_REVIEW, State.RECEIVED, State.RELEASED][number % 3] if waits else State.SENT
    values |= {"state": state.value, "closed_at": None if waits else NOW + number}
    return values | {
        "due": NOW + number if waits else None,
        "card_due": NOW + number if number % 4 == 0 and waits else None,
    }


def _plan(conn: Connection, ask: Callable[[Connection], object]) -> str:
    """How the database goes about the last question that is asked of it here."""
    asked: list[tuple[str, Any]] = []

    def listening(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(conn, "before_cursor_execute", listening)
    ask(conn)
    sa.event.remove(conn, "before_cursor_execute", listening)
    statement, parameters = asked[-1]
    prefix = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row[-1]) for row in conn.exec_driver_sql(prefix + statement, parameters))


SOON, DESKS = NOW + 10**6, ("support", "sales")
NAMES = ("Jonas Weber", "jonas weber", "Mia Lindqvist")
QUESTIONS: list[tuple[str, Callable[[Connection], object], str]] = [
    ("open_queue", lambda conn: reviews.open_page(conn, DESKS, 20), "the open queue"),
    ("open_queue", lambda conn: reviews.open_page(conn, DESKS, 20, before="r00006009"), "its next page"),
    ("recently_closed", lambda conn: reviews.closed_page(conn, DESKS, 20), "what was closed last"),
    ("one_open_review", lambda conn: reviews.open_of(conn, "c00006001"), "the open review of a conversation"),
    ("work_due", lambda conn: reviews.due(conn, DESKS, (State.RECEIVED,), SOON, 20), "what is due"),
    ("work_due", lambda conn: reviews.next_due(conn, DESKS, (State.RECEIVED,)), "when something falls due"),
    ("cards_due", lambda conn: cards.next_due(conn, DESKS), "when a card falls due"),
    ("cards_due", lambda conn: cards.take(conn, DESKS, NOW, 20, 1.0), "cards to be drawn"),
    ("customers_by_name", lambda conn: conversations.customers_named(conn, "support", NAMES), "customers by name"),
]


def test_every_question_is_answered_from_its_own_index(crowded: Connection) -> None:
    """From the partial index that is named for it, and never by reading the history."""
    plans = {question: (index, _plan(crowded, ask)) for index, ask, question in QUESTIONS}
    read_all = ("Seq Scan on reviews", "Seq Scan on conversations", "SCAN reviews\n", "SCAN conversations\n")
    wrong = [
        f"{question}: {plan}"
        for question, (index, plan) in plans.items()
        if index not in plan or any(reading in f"{plan}\n" for reading in read_all)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_open_queue_is_what_it_should_be(crowded: Connection) -> None:
    """The pages follow the index and show every waiting review once."""
    first = reviews.open_page(crowded, DESKS, 25)
    then = reviews.open_page(crowded, DESKS, 25, before=first[-1].id)
    ids = [review.id for review in first + then]
    assert ids == [f"r{number:08}" for number in reversed(range(HISTORY, HISTORY + WAITING))]
