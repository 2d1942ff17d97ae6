"""The line on which a page hears that something changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import sqlalchemy as sa

from bot.store.bell import Topic
from tests.console.conftest import PATIENCE, House, running, settings


async def test_a_page_hears_of_every_change(house: House) -> None:
    """First a greeting, then a ring when a customer writes, without the page asking."""
    async with asyncio.timeout(PATIENCE), house.client.stream("GET", "/live") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        assert await _next_event(lines) == "hello"
        await house.say("Hello?")
        assert await _next_event(lines) == "changed"


async def test_the_program_stops_while_pages_are_open(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """uvicorn waits for open streams, so they end by themselves as soon as the program is told to stop."""
    loop = asyncio.get_running_loop()
    async with running(settings(root, tmp_path, sqlite)) as house, asyncio.timeout(PATIENCE), AsyncExitStack() as open_:
        streams = [await open_.enter_async_context(house.client.stream("GET", "/live")) for _ in range(3)]
        lines = [stream.aiter_lines() for stream in streams]
        assert [await _next_event(one) for one in lines] == ["hello"] * 3
        began = loop.time()
        house.program.stopping.set()
        for one in lines:
            assert [line async for line in one if line.startswith("event")] == []
        # Its own grace period for open connections is three seconds.
        assert loop.time() - began < 2


async def test_a_page_that_left_is_forgotten(house: House) -> None:
    """A closed page costs nothing any more: nobody listens in its stead."""
    ears = house.program.engine.bell._ears
    before = len(ears)
    async with asyncio.timeout(PATIENCE):
        async with house.client.stream("GET", "/live") as stream:
            assert await _next_event(stream.aiter_lines()) == "hello"
            assert len([ear for ear in ears if Topic.PAGES in ear.topics]) == 1
        while len(ears) > before:  # noqa: ASYNC110 - nothing rings when a listener goes
            await asyncio.sleep(0.02)


async def _next_event(lines: AsyncIterator[str]) -> str:
    async for line in lines:
        if line.startswith("event: "):
            return line.removeprefix("event: ")
    raise AssertionError("the stream ended")
