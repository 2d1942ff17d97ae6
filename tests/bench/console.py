"""Searches of the audit with a long history: as the page asks them, in the database alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.insight.keeping import keep_up
from bot.insight.searching import AuditFilter, audit_page, choices, desks
from bot.review.actions import ACTS, Verdict
from tests.bench.databases import KINDS, NAMES, Databases
from tests.bench.figures import Figure
from tests.bench.fill import fill, opened_database
from tests.bench.meter import percentile
from tests.bench.worker import Result, ask

PART = "console"
SEARCH = 500.0
DECISIONS = tuple(act.__name__ for act in ACTS if issubclass(act, Verdict))
_N = "CAST(SUBSTR(review, 16) AS INTEGER)"
# So that there is something to tell apart: a copy's number stands at the end of its id.
_VARIED = (
    f"UPDATE words SET tokens = tokens || ' order' || {_N} || ' lot' || ({_N} / 1000) WHERE review LIKE '00000000000000%'",
    f"UPDATE outlines SET template = 'support_reply@' || ({_N} / 20000), risks = CASE {_N} % 50 WHEN 0 THEN '|refund|'"
    f" ELSE '' END, language = CASE {_N} % 4 WHEN 0 THEN 'de' ELSE 'en' END, intent = 'intent ' || ({_N} % 40)"
    " WHERE review LIKE '00000000000000%'",
    "UPDATE conversations SET customer_name = 'Customer ' || SUBSTR(id, 16) WHERE id LIKE '00000000000000%'",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many lines the audit has, how many of its reviews are open, and how often each search is asked."""

    lines: int = 1_000_000
    waiting: int = 10_000
    times: int = 20


def searches(theirs: tuple[str, ...]) -> dict[str, AuditFilter]:
    """What people look for at their desks."""
    mine = AuditFilter(steps=DECISIONS, desks=theirs)
    year = 365 * 86_400.0
    return {
        "decisions, no filter": mine,
        "every step, no filter": replace(mine, steps=()),
        "a rare word": replace(mine, words="order4711", steps=()),
        "a common word": replace(mine, words="parc"),
        "two common words": replace(mine, words="parc ord"),
        "a word of an old stretch": replace(mine, words="lot3"),
        "a word that nobody wrote": replace(mine, words="xyzzy"),
        "template and risk, all time": replace(mine, template="support_reply@1", risk="refund"),
        "a template no longer used": replace(mine, template="support_reply@0", steps=()),
        "intent and language": replace(mine, intent="intent 3", language="en"),
        "a customer's name": replace(mine, conversation="customer 0004711"),
        "half of all names": replace(mine, conversation="customer"),
        "reviewer and decision": replace(mine, actor="web:ana", steps=("Approve",)),
        "reviewer and a decision never taken": replace(mine, actor="web:ana", steps=("Recall",)),
        "reviewer, template and decision": replace(
            mine, actor="web:ana", template="support_reply@0", steps=("Recall",)
        ),
        "a decision never taken": replace(mine, steps=("MarkSent",)),
        "outcome": replace(mine, outcome="rejected"),
        "until a year ago": replace(mine, until=time.time() - year, steps=()),
        "of the last day": replace(mine, since=time.time() - 86_400.0),
        "a page deep down": replace(mine, before=300_000, steps=()),
        "a deep page of a common word": replace(mine, before=300_000, words="parc"),
    }


def measure(url: str, times: int) -> Result:
    """Every search so many times, each on a snapshot of its own (milliseconds)."""
    engine = opened_database(url)
    took: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[Connection], Any]) -> None:
        begun = time.perf_counter()
        with engine.connect() as conn:
            work(conn)
        took.setdefault(name, []).append((time.perf_counter() - begun) * 1000)

    with engine.connect() as conn:
        theirs = tuple(desks(conn))
    for _ in range(times):
        for name, wanted in searches(theirs).items():
            timed(name, lambda conn, wanted=wanted: audit_page(conn, wanted))  # type: ignore[misc]
        timed("what can be chosen, once a minute", lambda conn: choices(conn, theirs))
        timed("nothing new for the outlines", lambda conn: keep_up(conn, time.time(), 50))
    engine.dispose()
    return {name: {"p50": percentile(found, 0.5), "p95": percentile(found, 0.95)} for name, found in took.items()}


def vary(url: str) -> Result:
    """Make the copies differ in what is searched for."""
    engine = opened_database(url)
    begun = time.perf_counter()
    with engine.begin() as conn:
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql("BEGIN IMMEDIATE")
        for statement in _VARIED:
            conn.execute(sa.text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    return {"seconds": time.perf_counter() - begun}


def run(databases: Databases, much: Size) -> tuple[list[Figure], Result]:
    """Searches on both databases."""
    figures: list[Figure] = []
    raw: Result = {}
    for kind in KINDS:
        url = databases.fresh(kind)
        there = ask(fill, url=url, waiting=much.waiting, lines=much.lines)
        varied = ask(vary, url=url)
        found = ask(measure, url=url, times=much.times)
        raw[kind] = {"there": there, "varied": varied, "found": found}
        for name, value in found.items():
            figures += [
                Figure(PART, f"{NAMES[kind]}: {name}, p50", value["p50"], "ms"),
                Figure(PART, f"{NAMES[kind]}: {name}, p95", value["p95"], "ms", SEARCH),
            ]
    return figures, raw
