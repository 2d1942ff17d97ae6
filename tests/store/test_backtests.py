"""Backtests on record: the newest one of a plan that was interrupted goes on, and the last finished one counts."""

from __future__ import annotations

from bot.store import backtests
from bot.store.backtests import Plan
from bot.store.engine import Engine
from tests.review.lives import WAYS
from tests.store.records import led, put

PLAN = Plan("support_reply", 2, 1, "gpt", 50)


async def test_reviews_that_a_person_decided_on_are_found(engine: Engine) -> None:
    """Sent and rejected ones of these desks, the last decided first, and no others."""
    for number, way in enumerate(("sent", "in review", "rejected", "retired", "released"), start=1):
        await put(engine, led, WAYS[way], str(number))
    assert sorted(await put(engine, backtests.decided, ["support"], 10)) == ["r1", "r3"]
    assert len(await put(engine, backtests.decided, ["support"], 1)) == 1
    assert await put(engine, backtests.decided, ["other"], 10) == []


async def test_an_interrupted_backtest_goes_on(engine: Engine) -> None:
    """With the reviews it began with and what came of them, until it is finished."""
    assert await put(engine, backtests.interrupted, PLAN) is None
    run = await put(engine, backtests.start, PLAN, ["r1", "r2"], 1.0)
    await put(engine, backtests.keep, run, "r1", {"new": 0.5})
    await put(engine, backtests.keep, run, "r1", {"new": 0.9})
    again = await put(engine, backtests.interrupted, PLAN)
    assert again == run
    assert await put(engine, backtests.results, run) == {"r1": {"new": 0.5}}
    await put(engine, backtests.finish, run, 2.0)
    assert await put(engine, backtests.interrupted, PLAN) is None


async def test_another_plan_is_another_backtest(engine: Engine) -> None:
    """Another version, number of reviews or model is not what was begun."""
    await put(engine, backtests.start, PLAN, ["r1"], 1.0)
    for other in (
        Plan("other", 2, 1, "gpt", 50),
        Plan("support_reply", 3, 1, "gpt", 50),
        Plan("support_reply", 2, 3, "gpt", 50),
        Plan("support_reply", 2, 1, "llama", 50),
        Plan("support_reply", 2, 1, "gpt", 20),
    ):
        assert await put(engine, backtests.interrupted, other) is None


async def test_the_last_finished_one_counts(engine: Engine) -> None:
    """One that is under way says nothing yet."""
    first = await put(engine, backtests.start, PLAN, ["r1"], 1.0)
    assert await put(engine, backtests.finished, "support_reply", 2, 1) is None
    await put(engine, backtests.finish, first, 2.0)
    second = await put(engine, backtests.start, PLAN, ["r2"], 3.0)
    found = await put(engine, backtests.finished, "support_reply", 2, 1)
    assert found is not None
    assert (found.number, found.finished, found.reviews) == (first.number, True, ("r1",))
    await put(engine, backtests.finish, second, 4.0)
    found = await put(engine, backtests.finished, "support_reply", 2, 1)
    assert found is not None
    assert found.number == second.number
    assert await put(engine, backtests.finished, "support_reply", 2, 7) is None
