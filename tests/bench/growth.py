"""The same lifecycle where a great deal has happened already: a million lines of audit, a hundred thousand open reviews."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bot.store import reviews
from tests.bench import lifecycle
from tests.bench.databases import KINDS, NAMES, Databases, size
from tests.bench.figures import Figure
from tests.bench.fill import fill
from tests.bench.meter import median, rss
from tests.bench.shop import make_desk, make_engine
from tests.bench.worker import Result, ask

PART = "growth"
RATIO, MEMORY, PAGE = 1.2, 20.0, 5.0
_FIRST = 50  # cards on the first page


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is, and how much is measured on it."""

    lines: int = 1_000_000
    waiting: int = 100_000
    count: int = 1500
    times: int = 3


def first_page(url: str) -> Result:
    """The first page of the open queue, and the cards on it (milliseconds, memory in MB)."""

    async def work() -> Result:
        engine = make_engine(url)
        shop = make_desk(engine, "scripted")
        before = rss()
        rows, cards = [], []
        for _ in range(40):
            begun = time.perf_counter()
            await engine.read(lambda conn: reviews.open_page(conn, ("nordlys",), _FIRST))
            rows.append((time.perf_counter() - begun) * 1000)
            begun = time.perf_counter()
            await shop.desk.board(_FIRST)
            cards.append((time.perf_counter() - begun) * 1000)
        await asyncio.to_thread(engine.close)
        return {"rows": median(rows), "cards": median(cards), "rss": rss() - before}

    return asyncio.run(work())


def run(databases: Databases, much: Size) -> tuple[list[Figure], Result]:
    """Empty and full in turn, so that whatever else the machine does weighs on both alike."""
    figures: list[Figure] = []
    raw: Result = {}
    for kind in KINDS:
        name, server = NAMES[kind], databases.server(kind)
        empty, full = databases.fresh(kind), databases.fresh(kind)
        there = ask(fill, url=full, waiting=much.waiting, lines=much.lines)
        pairs = [
            [ask(lifecycle.measure, url=url, server=server, count=much.count, at_once=32) for url in (empty, full)]
            for _ in range(much.times)
        ]
        page = ask(first_page, url=full)
        raw[kind] = {"there": there, "bytes": size(full), "pairs": pairs, "page": page}
        ours = [after["own"] / before["own"] for before, after in pairs]
        figures += [
            Figure(PART, f"{name}: audit lines / open reviews", there["audit"], f"/ {much.waiting:,}"),
            Figure(PART, f"{name}: our CPU there", median([after["own"] for _, after in pairs]), "ms"),
            Figure(PART, f"{name}: against the empty database", median(ours), "times", RATIO),
        ]
        if server:
            theirs = [after["server"] / before["server"] for before, after in pairs]
            figures.append(Figure(PART, f"{name}: the server's CPU, likewise", median(theirs), "times"))
        grown = [after["rss"] - before["rss"] for before, after in pairs]
        figures += [
            Figure(PART, f"{name}: memory more", median(grown), "MB", MEMORY),
            Figure(PART, f"{name}: first page of the open queue", page["rows"], "ms", PAGE),
            Figure(PART, f"{name}: its {_FIRST} cards, with the 20 closed last", page["cards"], "ms"),
        ]
    return figures, raw
