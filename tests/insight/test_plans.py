"""What is asked by typing is answered from an index, however long the history: Slack waits for three seconds, and whoever
searches the audit for half a one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.insight import queries
from bot.insight.searching import AuditFilter, audit_page, choices
from bot.review.model import State
from bot.store import pauses, queues
from bot.store.tables import audit, conversations, outlines, reviews
from bot.store.tables import pauses as pause_rows
from tests.review.lives import NOW
from tests.store.crowds import conversation, crowd, plans, review

DAYS, EACH, WAITING = 150, 40, 400
DESKS = ("support", "sales")
_LINES = ("Received", "Start", "Drafted", "Approve", "Depart", "Delivered")


@pytest.fixture
def crowded(database: sa.URL) -> Iterator[Connection]:
    """Most of a year of reviews, some of them open, and a database that knows how many there are."""
    numbers = range(DAYS * EACH + WAITING)
    with crowd(
        database,
        (conversations, map(conversation, numbers)),
        (reviews, map(_row, numbers)),
        (audit, (line for number in numbers for line in _audit(number))),
        (outlines, map(_outline, numbers)),
        (pause_rows, map(_pause, range(5_000))),
    ) as conn:
        if conn.dialect.name == "postgresql":
            # It looks at a sample, and by that reads a table as small as this one from end to end now and then.
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        yield conn


def _at(number: int) -> float:
    return NOW + 86_400.0 * (number // EACH)


def _row(number: int) -> dict[str, object]:
    waits = number >= DAYS * EACH
    standing = {
        "state": State.IN_REVIEW.value if waits else State.SENT.value,
        "closed_at": None if waits else _at(number),
    }
    held = "slack:U0ANA" if number % 40 == 0 else "slack:U0BEN" if number % 3 == 0 else ""
    return (
        review(number, waits=waits)
        | standing
        | {"holder": held, "opened_at": _at(number), "due": None, "card_due": None}
    )


def _audit(number: int) -> Iterator[dict[str, object]]:
    for version, action in enumerate(_LINES, 1):
        at = {"review": f"r{number:08}", "version": version, "at": _at(number) + version, "action": action}
        by = {"actor": "system", "actor_name": "Countersign", "role": "system"}
        details = '{"seen": 3, "limit": 4000}' if action == "Approve" else "{}"
        yield at | by | {"before": "in_review", "after": "released", "details": details}


def _outline(number: int) -> dict[str, object]:
    values: dict[str, object] = {column.name: 0 for column in outlines.columns}
    values |= {column.name: "" for column in outlines.columns if isinstance(column.type, sa.Text)}
    values |= {"review": f"r{number:08}", "conversation": f"c{number:08}", "desk": "support", "opened_at": _at(number)}
    last = len(_LINES) * (number + 1)
    values |= {"model": "gpt" if number % 50 == 0 else "offline", "intent": f"intent {number % 60}", "held": False}
    return values | {"material": False, "first": last - len(_LINES) + 1, "last": last}


def _pause(number: int) -> dict[str, object]:
    by = {"person": "slack:U0LEA", "person_name": "Lea", "at": float(number)}
    return by | {"desk": f"desk{number % 100}", "paused": number % 3 == 0}


WHOLE = re.compile(r"(Seq Scan on|SCAN|BLOOM FILTER ON) (audit|reviews|pauses)(?! USING)")
TODAY = _at(DAYS * EACH + WAITING - 1)
QUESTIONS: dict[str, tuple[str, Callable[[Connection], object]]] = {
    "the day": ("audit_by_time", lambda conn: queries.steps_since(conn, DESKS, TODAY)),
    "what waits": ("open_queue", lambda conn: list(queries.open_now(conn, DESKS))),
    "the queue": ("open_queue", lambda conn: queues.waiting(conn, DESKS, 10)),
    "what somebody is on": ("held_by", lambda conn: queues.held(conn, DESKS, "slack:U0ANA", 10)),
    "the pauses": ("pauses_of_desk", lambda conn: pauses.standing(conn, ("desk7",))),
}


def test_every_question_is_answered_from_its_own_index(crowded: Connection) -> None:
    """And none reads the whole history for it."""
    told = {question: (index, plans(crowded, ask)[0]) for question, (index, ask) in QUESTIONS.items()}
    wrong = [
        f"{question}: {plan}" for question, (index, plan) in told.items() if index not in plan or WHOLE.search(plan)
    ]
    assert not wrong, "\n".join(wrong)


# An index that is read from end to end is no better.
FROM_END = re.compile(r"(Seq Scan on|SCAN|BLOOM FILTER ON) (audit|reviews|conversations|texts)\b")
_BY_HAND = ("Approve", "Edit")
SEARCHES: dict[str, tuple[str, Callable[[Connection], object]]] = {
    "the newest decisions": (
        "audit_by_action", lambda conn: audit_page(conn, AuditFilter(steps=_BY_HAND, desks=DESKS))
    ),
    "the next page of rare ones": (
        "audit_by_action", lambda conn: audit_page(conn, AuditFilter(steps=("Edit",), desks=DESKS, before=9_000))
    ),
    "somebody's decisions": (
        "audit_by_actor", lambda conn: audit_page(conn, AuditFilter(actor="slack:U0ANA", desks=DESKS))
    ),
    "what one model drafted": (
        "outlines_by_last", lambda conn: audit_page(conn, AuditFilter(model="gpt", steps=_BY_HAND, desks=DESKS))
    ),
    "the same at one of two desks": (
        "outlines_by_last", lambda conn: audit_page(conn, AuditFilter(model="gpt", steps=_BY_HAND, desks=("support",)))
    ),
    "what there is to choose from": ("audit_by_actor", lambda conn: choices(conn, DESKS)),
}  # fmt: skip


def test_no_search_reads_the_whole_history(crowded: Connection) -> None:
    """None of its questions, and one of them is asked of the index that is meant for it."""
    told = {search: (index, "\n".join(plans(crowded, ask, 100))) for search, (index, ask) in SEARCHES.items()}
    wrong = [
        f"{search}: {plan}" for search, (index, plan) in told.items() if index not in plan or FROM_END.search(plan)
    ]
    assert not wrong, "\n\n".join(wrong)


def test_the_answers_are_what_they_should_be(crowded: Connection) -> None:
    """Today's lines, the open reviews, the newest pauses."""
    assert len(queries.steps_since(crowded, DESKS, TODAY)) == EACH * 3  # received, approved and delivered count
    assert queries.steps_since(crowded, ("other",), 0.0) == []
    assert len(list(queries.open_now(crowded, DESKS))) == WAITING
    page, count = queues.waiting(crowded, DESKS, 10)
    assert ([review.id for review in page[:2]], len(page), count) == (["r00006399", "r00006398"], 10, WAITING)
    held, count = queues.held(crowded, DESKS, "slack:U0ANA", 2)
    assert ([review.id for review in held], count) == (["r00006360", "r00006320"], 10)
    assert queues.held(crowded, DESKS, "", 2) == ([], 0)
    assert set(pauses.standing(crowded, [f"desk{n}" for n in range(100)])) == {
        f"desk{n % 100}" for n in range(4_900, 5_000) if n % 3 == 0
    }
