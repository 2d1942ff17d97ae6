"""Fifty people with an open inbox: what they cost while nothing happens, and when all of them look again at once."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx2

from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.meter import median
from tests.bench.program import Program, running
from tests.bench.worker import Result

PART = "watchers"
IDLE, LOOK = 5.0, 25.0
_HEADERS = {"x-countersign": "page", "content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Size:
    """How many watch, for how long (seconds), what waits for them, and how often something happens."""

    pages: int = 50
    watched: float = 60.0
    waiting: int = 30
    changes: int = 20


def run(databases: Databases, much: Size) -> tuple[list[Figure], Result]:
    """On SQLite, with the pages' own questions."""
    with running(databases.empty("sqlite"), databases.folder) as program:
        idle, looks = asyncio.run(_watch(program, much))
    many = f"{much.pages} live pages"
    figures = [
        Figure(PART, f"CPU of {many} over {much.watched:g} s in which nothing happens", idle, "%", IDLE),
        Figure(PART, f"CPU of a change that {many} look at, for each", median(looks), "ms", LOOK),
    ]
    return figures, {"idle": idle, "looks": looks}


async def _watch(program: Program, much: Size) -> tuple[float, list[float]]:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with (
        httpx2.AsyncClient(base_url=program.address, timeout=30, limits=limits) as client,
        AsyncExitStack() as all_,
    ):
        for number in range(much.waiting):
            await _say(client, f"How do I return a jacket? ({number})")
        streams = [await all_.enter_async_context(client.stream("GET", "/live")) for _ in range(much.pages)]
        lines = [stream.aiter_lines() for stream in streams]
        await asyncio.sleep(6.0)  # until the drafts are made and the cards drawn
        listening = [asyncio.create_task(_listen(one)) for one in lines]
        before, began = program.cpu(), time.perf_counter()
        await asyncio.sleep(much.watched)
        idle = (program.cpu() - before) / (time.perf_counter() - began) * 100
        tags = [""] * much.pages
        looks = []
        for number in range(much.changes):
            await _say(client, f"And how do I get my money back? ({number})")
            await asyncio.sleep(0.5)
            before = program.cpu()
            tags = await asyncio.gather(*(_look(client, tag) for tag in tags))
            looks.append((program.cpu() - before) / much.pages * 1000)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return idle, looks


async def _say(client: httpx2.AsyncClient, text: str) -> None:
    body = {"by": "web:customer-0", "root": "", "text": text, "nonce": f"watchers-{text}"}
    (await client.post("/messages/say", content=json.dumps(body), headers=_HEADERS)).raise_for_status()


async def _listen(lines: object) -> None:
    async for _ in lines:  # type: ignore[attr-defined]
        continue


async def _look(client: httpx2.AsyncClient, tag: str) -> str:
    """What a page does when it hears of a change."""
    headers = {"if-none-match": tag} if tag else {}
    cards, _ = await asyncio.gather(
        client.get("/inbox/cards?by=web:ana", headers=headers), client.get("/inbox/here?by=web:ana")
    )
    return cards.headers["etag"]
