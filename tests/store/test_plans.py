"""The questions asked all the time are answered from an index made for them, however long the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.review.model import State
from bot.store import cards, conversations, reviews, vitals
from bot.store.tables import conversations as conversation_rows
from bot.store.tables import reviews as rows
from tests.review.lives import NOW
from tests.store.crowds import conversation, crowd, plans, review

HISTORY, WAITING = 6_000, 40


@pytest.fixture
def crowded(database: sa.URL) -> Iterator[Connection]:
    """A long history, a few open reviews, and a database that knows how many of each there are."""
    numbers = range(HISTORY + WAITING)
    conversed = (conversation_rows, map(conversation, numbers))
    with crowd(database, conversed, (rows, (review(number, waits=number >= HISTORY) for number in numbers))) as conn:
        yield conn


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
    ("open_queue", vitals.waiting, "how many reviews wait"),
    ("cards_due", lambda conn: vitals.vitals(conn, SOON), "how the store stands"),
    ("customers_by_name", lambda conn: conversations.customers_named(conn, "support", NAMES), "customers by name"),
]


def test_every_question_is_answered_from_its_own_index(crowded: Connection) -> None:
    """From the partial index that is named for it, and never by reading the history."""
    told = {question: (index, "\n".join(plans(crowded, ask, 20))) for index, ask, question in QUESTIONS}
    read_all = ("Seq Scan on reviews", "Seq Scan on conversations", "SCAN reviews\n", "SCAN conversations\n")
    wrong = [
        f"{question}: {plan}"
        for question, (index, plan) in told.items()
        if index not in plan or any(reading in f"{plan}\n" for reading in read_all)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_open_queue_is_what_it_should_be(crowded: Connection) -> None:
    """The pages follow the index and show every waiting review once."""
    first = reviews.open_page(crowded, DESKS, 25)
    then = reviews.open_page(crowded, DESKS, 25, before=first[-1].id)
    ids = [review.id for review in first + then]
    assert ids == [f"r{number:08}" for number in reversed(range(HISTORY, HISTORY + WAITING))]
