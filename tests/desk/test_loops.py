"""The workers themselves: woken by bells and by time, unharmed by whatever breaks, and gone when they are told to go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import sqlalchemy as sa

from bot import loops
from bot.review.model import State
from bot.setting import Desk
from bot.store.bell import Topic
from tests.stage.channel import Gate, delivers, refuses
from tests.stage.play import Stage, desk, staged

AT_ONCE: Desk = desk(settle=0.0)


@asynccontextmanager
async def running(url: sa.URL, slots: int = 8) -> AsyncIterator[tuple[Stage, asyncio.Event]]:
    """A desk whose three workers run by themselves."""
    stopping = asyncio.Event()
    async with staged(url, desk=AT_ONCE) as stage:
        workers = [
            asyncio.create_task(loops.work(replace(line, slots=slots), stage.engine.bell, stage.clock, stopping))
            for line in (stage.drafting, stage.showing, stage.delivering)
        ]
        try:
            yield stage, stopping
        finally:
            stopping.set()
            stage.engine.bell.ring(Topic)
            await asyncio.gather(*workers)


async def until(stage: Stage, holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again whenever something was committed."""
    with stage.engine.bell.listen(*Topic) as ear:
        async with asyncio.timeout(10):
            while not await holds():
                await ear.wait(0.05)


async def test_from_the_message_to_the_reply_by_themselves(database: sa.URL) -> None:
    """Nobody calls a worker: a message is drafted and shown, an approval is delivered, each at once."""
    async with running(database) as (stage, _):
        await stage.says("Where is my parcel?", ref="1")
        await until(stage, lambda: _true(bool(stage.shown())))
        assert (await stage.presses("approve")).done
        await until(stage, lambda: _true(bool(stage.replies())))
        await until(stage, lambda: _is(stage, State.SENT))
        assert stage.replies() == ["You wrote: Where is my parcel?"]


async def _true(value: bool) -> bool:
    return value


async def _is(stage: Stage, state: State) -> bool:
    return (await stage.review()).state is state


async def test_whatever_breaks_the_next_is_done(sqlite: sa.URL) -> None:
    """A drafter that raises and a review place that refuses stop neither the worker nor the other reviews."""
    async with running(sqlite, slots=1) as (stage, _):
        stage.drafter.script += [RuntimeError("broken"), RuntimeError("broken")]
        stage.channel.showing.append(refuses())
        for root in "123":
            await stage.says("Hello", root, ref=root)
        await until(stage, lambda: _all(stage, "123", State.IN_REVIEW))
        problems = [(await stage.card(root)).problem for root in "123"]
        assert sorted(problems) == ["", *["Drafting failed with an unexpected error. The log has the details."] * 2]


async def _all(stage: Stage, roots: str, state: State) -> bool:
    return all([await _is_at(stage, root, state) for root in roots])


async def _is_at(stage: Stage, root: str, state: State) -> bool:
    return (await stage.review(root)).state is state


async def test_no_more_is_done_at_once_than_there_are_slots(sqlite: sa.URL) -> None:
    """Ten reviews, three slots: three are being drafted, and as one is finished the next begins."""
    async with running(sqlite, slots=3) as (stage, _):
        gates = [Gate() for _ in range(10)]
        stage.drafter.script += gates
        for number in range(10):
            await stage.says("Hello", str(number), ref=str(number))
        for gate in gates[:3]:
            await gate.reached()
        assert len(stage.drafter.cases) == 3
        gates[1].open()
        await gates[3].reached()
        assert len(stage.drafter.cases) == 4
        for gate in gates:
            gate.open()
        await until(stage, lambda: _all(stage, "0123456789", State.IN_REVIEW))


async def test_told_to_stop_they_finish_what_is_at_hand(sqlite: sa.URL) -> None:
    """A reply that is on its way is recorded as delivered before the worker goes."""
    gate = Gate()
    async with running(sqlite) as (stage, stopping):
        stage.channel.sending.append(delivers(gate))
        await stage.says("Hello", ref="1")
        await until(stage, lambda: _true(bool(stage.shown())))
        await stage.presses("approve")
        await gate.reached()
        stopping.set()
        stage.engine.bell.ring(Topic)
        gate.open()
    async with staged(sqlite) as again:
        assert (await again.review()).state is State.SENT


async def test_told_to_stop_a_draft_that_takes_too_long_is_given_back(sqlite: sa.URL) -> None:
    """After three seconds of grace; whoever starts next begins it at once."""
    gate = Gate()
    async with running(sqlite) as (stage, _):
        stage.drafter.script.append(gate)
        await stage.says("Hello", ref="1")
        await gate.reached()
    async with staged(sqlite) as again:
        assert (await again.steps())[-1] == "Yielded"
        await again.works()
        assert len(again.shown()) == 1


async def test_a_database_that_went_away_does_not_end_the_workers(sqlite: sa.URL) -> None:
    """They say so, wait, and take up the work when it is back."""
    async with running(sqlite) as (stage, _):
        with stage.gone():
            stage.engine.bell.ring(Topic)
            await asyncio.sleep(0.1)
        await stage.says("Hello", ref="1")
        await until(stage, lambda: _true(bool(stage.shown())))


async def test_with_nothing_to_do_they_sleep(sqlite: sa.URL) -> None:
    """An idle program asks its database a few times a second at most."""
    async with running(sqlite) as (stage, _):
        asked = 0

        def count(*_: object) -> None:
            nonlocal asked
            asked += 1

        await asyncio.sleep(0.3)
        sa.event.listen(stage.engine.sql, "before_cursor_execute", count)
        await asyncio.sleep(1.0)
        sa.event.remove(stage.engine.sql, "before_cursor_execute", count)
        assert asked < 30
