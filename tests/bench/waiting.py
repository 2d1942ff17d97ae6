"""Ten thousand reviews that wait for a decision: what that costs while nothing happens, after a kill, and at work."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.store import seals
from tests.bench import lifecycle
from tests.bench.databases import KINDS, NAMES, Databases, size
from tests.bench.figures import Figure
from tests.bench.fill import fill
from tests.bench.meter import median
from tests.bench.program import running
from tests.bench.shop import Shop, make_desk, make_engine, opened
from tests.bench.worker import Result, ask

PART = "waiting"
MEMORY, IDLE, AGAIN, REPLY, BYTES = 1.0, 1.0, 1.0, 20.0, 8000.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many wait, how often the program is started, and for how long it is watched and worked with (seconds)."""

    waiting: int = 10_000
    starts: int = 3
    watched: float = 10.0
    lives: int = 300
    rate: float = 10.0
    finished: int = 1000


def steady(url: str, count: int, rate: float) -> Result:
    """Lifecycles begun at a steady rate, whatever became of those before (milliseconds)."""

    async def work() -> Result:
        async with opened(make_desk(make_engine(url), "scripted")) as shop:
            first = int(time.time() * 1000)
            await shop.many(range(first, first + 20), 1)
            return lifecycle.waits(await shop.open_loop(range(first + 1_000_000, first + 1_000_000 + count), rate))

    return asyncio.run(work())


def grown(url: str, count: int) -> Result:
    """What the database grows by with each finished lifecycle, once it has its first pages (bytes)."""

    key = Ed25519PrivateKey.generate()

    async def sealed(shop: Shop) -> int:
        while await shop.engine.write(lambda conn: seals.seal(conn, key, time.time())):
            continue
        return await asyncio.to_thread(size, url)

    async def work() -> Result:
        async with opened(make_desk(make_engine(url), "scripted")) as shop:
            await shop.many(range(100), 32)
            before = await sealed(shop)
            await shop.many(range(1000, 1000 + count), 32)
            return {"bytes": (await sealed(shop) - before) / count}

    return asyncio.run(work())


def run(databases: Databases, much: Size) -> tuple[list[Figure], Result]:
    """On both databases: nothing but waiting, the kill, the clicks, and the bytes of what is finished."""
    figures: list[Figure] = []
    raw: Result = {}
    for kind in KINDS:
        name = NAMES[kind]
        none, many = databases.fresh(kind), databases.fresh(kind)
        there = ask(fill, url=many, waiting=much.waiting, lines=0)
        idle = [_idle(none, many, much.watched, databases.folder) for _ in range(much.starts)]
        again = [_again(many, databases.folder) for _ in range(much.starts)]
        clicks = ask(steady, url=many, count=much.lives, rate=much.rate)
        each = ask(grown, url=databases.fresh(kind), count=much.finished)["bytes"]
        raw[kind] = {"there": there, "idle": idle, "again": again, "clicks": clicks, "bytes": each}
        figures += [
            Figure(
                PART, f"{name}: memory, {much.waiting:,} waiting more than none", _middle(idle, "rss"), "MB", MEMORY
            ),
            Figure(PART, f"{name}: idle CPU, likewise", _middle(idle, "cpu"), "%", IDLE),
            Figure(PART, f"{name}: killed and started again, to its page", median(again), "s", AGAIN),
            Figure(PART, f"{name}: click to reply sent at {much.rate:g}/s, p50", clicks["reply p50"], "ms"),
            Figure(PART, f"{name}: click to reply sent at {much.rate:g}/s, p99", clicks["reply p99"], "ms", REPLY),
            Figure(PART, f"{name}: stored to card drawn at {much.rate:g}/s, p99", clicks["card p99"], "ms"),
            Figure(PART, f"{name}: database for a finished lifecycle", each, "bytes", BYTES),
        ]
    return figures, raw


def _idle(none: str, many: str, watched: float, folder: Path) -> Result:
    """Both programs side by side: how much more memory (MB) and CPU (% of a core) the one with many uses."""
    with ExitStack() as stack:
        # Nobody looks at the page: the memory its cards take is the page's.
        programs = [stack.enter_context(running(url, folder, "/readyz")) for url in (none, many)]
        time.sleep(2.0)
        before = [program.cpu() for program in programs]
        time.sleep(watched)
        spent = [program.cpu() - start for program, start in zip(programs, before, strict=True)]
        memory = [program.rss() for program in programs]
    return {
        "rss": memory[1] - memory[0],
        "cpu": (spent[1] - spent[0]) / watched * 100,
        "each rss": memory,
        "each cpu": spent,
    }


def _again(url: str, folder: Path) -> float:
    """Killed while it serves; seconds until its successor serves."""
    with running(url, folder) as first:
        first.kill()
    with running(url, folder) as second:
        return second.ready


def _middle(results: list[Result], key: str) -> float:
    return median([result[key] for result in results])
