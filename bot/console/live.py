"""The line on which an open page hears that something was stored. It carries no content: the page asks for that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bot.console.parts import Console
from bot.console.viewer import Staff
from bot.store.bell import Ear, Topic

# A dead connection shows only when something is written to it, and fastapi.sse writes a comment every 15 s. This is how
# long a page may lag behind when a ring was missed, as a NOTIFY is while PostgreSQL restarts.
LISTEN = 30.0
RETRY = 2_000  # milliseconds until the browser asks again after the program was stopped


def line(parts: Console) -> APIRouter:
    """The stream. It ends when the program stops: uvicorn waits for open streams."""
    router = APIRouter()

    @router.get("/live", response_class=EventSourceResponse)
    async def live(_: Staff) -> AsyncIterator[ServerSentEvent]:
        with parts.bell.listen(Topic.PAGES) as ear:
            yield ServerSentEvent(event="hello", data=parts.version, retry=RETRY)
            while not parts.stopping.is_set():
                if await _rung(ear, parts.stopping):
                    yield ServerSentEvent(event="changed", data=parts.version)

    return router


async def _rung(ear: Ear, stopping: asyncio.Event) -> bool:
    """Whether something was stored, as soon as it was, or as soon as the program stops."""
    heard = asyncio.create_task(ear.wait(LISTEN))
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({heard, stop}, return_when=asyncio.FIRST_COMPLETED)
        return heard.done() and heard.result()
    finally:
        heard.cancel()
        stop.cancel()
