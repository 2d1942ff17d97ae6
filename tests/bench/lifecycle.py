"""One full lifecycle: received, drafted, shown, approved, delivered, on record. What it costs, and how long it takes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tests.bench.databases import KINDS, NAMES, Databases
from tests.bench.figures import Figure
from tests.bench.meter import Meter, median, percentile, rss
from tests.bench.shop import Life, make_desk, make_engine, opened
from tests.bench.worker import Result, ask

LIMITS = {"sqlite": 2.0, "postgresql": 3.0}
PART = "lifecycle"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    busy: int = 2500  # lifecycles at 32 at once
    alone: int = 250  # one at a time
    times: int = 3


def measure(url: str, server: int | None, count: int, at_once: int, drafter: str = "scripted") -> Result:
    """So many lifecycles, after a few that warm everything up; milliseconds per lifecycle."""

    async def work() -> Result:
        async with opened(make_desk(make_engine(url), drafter)) as shop:
            first = int(time.time() * 1000)
            await shop.many(range(first, first + 3 * at_once), at_once)
            meter = Meter(server)
            lives = await shop.many(range(first + 1_000_000, first + 1_000_000 + count), at_once)
            own, theirs, wall = (spent / count for spent in meter.read())
            return {"own": own, "server": theirs, "wall": wall, "rss": rss()} | waits(lives)

    return asyncio.run(work())


def waits(lives: list[Life]) -> dict[str, float]:
    """The usual and the longest waits of these lifecycles (milliseconds)."""
    to_card, to_reply = [life.to_card for life in lives], [life.to_reply for life in lives]
    return {
        "card p50": percentile(to_card, 0.5),
        "card p99": percentile(to_card, 0.99),
        "reply p50": percentile(to_reply, 0.5),
        "reply p99": percentile(to_reply, 0.99),
    }


def split(url: str, count: int, at_once: int) -> Result:
    """The same by stage: CPU (milliseconds), jobs, commits and statements per lifecycle."""
    from tests.bench import stages

    async def work(*, counted: bool) -> Result:
        engine = stages.staged_engine(url)
        counts = stages.Counts(engine.sql) if counted else None
        async with opened(make_desk(engine, "scripted", stages.StagedDesk, stages.StagedWall)) as shop:
            first = int(time.time() * 1000)
            await shop.many(range(first, first + 3 * at_once), at_once)
            stages.LEDGER.totals.clear()
            engine.jobs.clear()
            if counts is not None:
                counts.clear()
            await shop.many(range(first + 1_000_000, first + 1_000_000 + count), at_once)
            if counts is None:
                return {stage: stages.LEDGER.totals[stage] / 1e6 / count for stage in stages.STAGES}
            return {
                "jobs": engine.jobs.total() / count,
                "commits": counts.commits / count,
                "statements": {stage: number / count for stage, number in counts.statements.items()},
            }

    return {"cpu": asyncio.run(work(counted=False))} | asyncio.run(work(counted=True))


def run(databases: Databases, size: Size) -> tuple[list[Figure], Result]:
    """Both databases, 32 at once and one at a time, and where the time goes."""
    figures: list[Figure] = []
    raw: Result = {}
    for kind in KINDS:
        url, server, name = databases.fresh(kind), databases.server(kind), NAMES[kind]
        busy = [ask(measure, url=url, server=server, count=size.busy, at_once=32) for _ in range(size.times)]
        alone = [ask(measure, url=url, server=server, count=size.alone, at_once=1) for _ in range(size.times)]
        read = [ask(measure, url=url, server=server, count=size.busy // 3, at_once=32, drafter="real")]
        parts = ask(split, url=url, count=size.busy // 3, at_once=32)
        raw[kind] = {"busy": busy, "alone": alone, "read": read, "split": parts}
        figures += [
            _figure(f"{name}: our CPU, 32 at once", busy, "own", LIMITS[kind]),
            _figure(f"{name}: the same with language, rules and articles read", read, "own"),
            _figure(f"{name}: our CPU, one at a time", alone, "own"),
        ]
        if server:
            figures += [
                _figure(f"{name}: the server's CPU, 32 at once", busy, "server"),
                _figure(f"{name}: the server's CPU, one at a time", alone, "server"),
            ]
        figures += [
            Figure(PART, f"{name}: lifecycles, 32 at once", 1000 / _middle(busy, "wall"), "/s"),
            *(_figure(f"{name}: stored to card drawn, {p}", busy, f"card {p}") for p in ("p50", "p99")),
            *(_figure(f"{name}: click to reply sent, {p}", busy, f"reply {p}") for p in ("p50", "p99")),
            *(Figure(PART, f"{name}: of it in {stage}", cpu, "ms") for stage, cpu in parts["cpu"].items()),
            Figure(PART, f"{name}: transactions, grouped into commits", parts["jobs"], ""),
            Figure(PART, f"{name}: commits", parts["commits"], ""),
            Figure(PART, f"{name}: statements", sum(parts["statements"].values()), ""),
        ]
    return figures, raw


def _figure(name: str, results: list[Result], key: str, target: float | None = None) -> Figure:
    return Figure(PART, name, _middle(results, key), "ms", target)


def _middle(results: list[Result], key: str) -> float:
    return median([result[key] for result in results])
