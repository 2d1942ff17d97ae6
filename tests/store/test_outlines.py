"""Outlines keep up with the audit: however often they are made, by however many, and whatever was erased since."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from bot.insight.keeping import keep_up, prepare, write
from bot.review.actions import Approve
from bot.store import erasure
from bot.store.engine import Engine
from bot.store.outlines import of
from bot.store.tables import audit, marks, outlines
from tests.review.lives import NOW, WAYS
from tests.stage.databases import connected
from tests.store.records import MIA, led, open_review, put, step


def rows(conn: Connection) -> list[tuple[object, ...]]:
    """All outlines."""
    return [tuple(row) for row in conn.execute(select(outlines).order_by(outlines.c.review))]


def caught_up(conn: Connection, now: float, limit: int = 3) -> int:
    """Until nothing is behind; how many were made."""
    made = 0
    while some := keep_up(conn, now, limit):
        made += some
    return made


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@given(ways=st.lists(st.tuples(st.sampled_from(sorted(WAYS)), st.integers(0, 9)), min_size=1, max_size=5))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_kept_up_is_as_made_anew(kind: str, ways: list[tuple[str, int]], request: pytest.FixtureRequest) -> None:
    """However far each review had come whenever it was looked at, the outlines are those made from the whole audit."""
    with connected(request.getfixturevalue(kind)) as sql, sql.connect() as conn:
        trial = conn.begin()
        if kind == "sqlite":
            conn.exec_driver_sql("BEGIN")
        going = [(open_review(conn, str(number)), list(WAYS[way][1:])) for number, (way, _) in enumerate(ways)]
        for at in range(10):
            for number, (review, left) in enumerate(going):
                if left and ways[number][1] <= at:
                    going[number] = (step(conn, review, left[0]).review, left[1:])
            caught_up(conn, NOW)
        for standing, left in going:
            review = standing
            for kind_of_step in left:
                review = step(conn, review, kind_of_step).review
        caught_up(conn, NOW)
        kept = rows(conn)
        conn.execute(delete(outlines))
        conn.execute(delete(marks))
        assert caught_up(conn, NOW + 1000) == len(ways)
        assert rows(conn) == kept
        trial.rollback()


async def test_a_minute_is_looked_at_again(engine: Engine) -> None:
    """A line that became visible late is not passed over; what is older is never looked at again."""
    await put(engine, led, WAYS["in review"], "1")
    assert await engine.write(lambda conn: caught_up(conn, NOW + 30)) == 1
    # As on PostgreSQL, where a line with a lower number may be committed later.
    await engine.write(lambda conn: conn.execute(delete(outlines)))
    assert await engine.write(lambda conn: caught_up(conn, NOW + 40)) == 1
    top = await engine.read(lambda conn: conn.execute(select(audit.c.number)).scalars().all()[-1])
    assert await engine.write(lambda conn: caught_up(conn, NOW + 900)) == 0
    assert await engine.read(lambda conn: conn.execute(select(marks.c.number)).scalar_one()) == top
    assert await engine.read(lambda conn: prepare(conn, NOW + 901, 9)) is None


async def test_an_older_outline_never_replaces_a_newer_one(engine: Engine) -> None:
    """Two replicas make outlines of the same review: the one who read it first and writes it last changes nothing."""
    review = await put(engine, led, WAYS["in review"], "1")
    slow = await engine.read(lambda conn: prepare(conn, NOW, 9))
    assert slow is not None
    await put(engine, step, review, Approve)
    await engine.write(lambda conn: keep_up(conn, NOW, 9))
    await engine.write(lambda conn: write(conn, slow))
    found = await engine.read(lambda conn: of(conn, ["r1"]))
    assert found["r1"]["version"] == 4


async def test_the_figures_outlive_the_words(engine: Engine) -> None:
    """A customer is erased while a review of theirs is open: what was known of its draft stays, its words are nowhere."""
    await put(engine, led, WAYS["in review"], "1")
    await engine.write(lambda conn: caught_up(conn, NOW))
    await engine.write(lambda conn: erasure.erase(conn, MIA, "ana", NOW))
    await engine.write(lambda conn: caught_up(conn, NOW))
    found = (await engine.read(lambda conn: of(conn, ["r1"])))["r1"]
    assert (found["outcome"], found["intent"], found["template"]) == (
        "withdrawn",
        "change of address",
        "support_reply@2",
    )
