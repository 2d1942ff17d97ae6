"""The whole record, sealed: what it takes to check it and to write it out, for a line of the audit."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from bot.exports import Progress, Shape, written
from bot.store import audit, seals
from bot.store.verify import verify
from tests.bench.databases import KINDS, NAMES, Databases
from tests.bench.figures import Figure
from tests.bench.fill import fill, opened_database
from tests.bench.meter import Meter, rss
from tests.bench.worker import Result, ask

PART, VERIFY = "record", "verify"
# At least 50,000 lines a second are checked and 20,000 written out (microseconds for a line).
CHECKED, WRITTEN = 20.0, 50.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many lines the audit has, and how many of its reviews are open."""

    lines: int = 1_000_000
    waiting: int = 10_000


def seal(url: str) -> Result:
    """Every line under a seal, in the longest stretches there are."""
    engine = opened_database(url)
    with tempfile.TemporaryDirectory() as folder, engine.begin() as conn:
        key = seals.load_key(Path(folder) / "seal.key")
        made = 0
        while seals.seal(conn, key, time.time()) is not None:
            made += 1
    engine.dispose()
    return {"seals": made}


def measure(url: str, work: str) -> Result:
    """Our CPU and the time that passed for a line (microseconds), and the memory it took besides (MB).

    `work` is `verify` or the shape of an export.
    """
    engine = opened_database(url)
    with engine.connect() as conn:
        many = audit.count(conn)
        before, meter = rss(), Meter()
        done = _verify(conn) if work == VERIFY else _export(conn, Shape(work))
        own, _, wall = meter.read()
        found = {"cpu": own * 1000 / many, "wall": wall * 1000 / many, "rss": rss() - before}
    if done != many:
        raise RuntimeError(f"{work} read {done} of {many} lines")
    engine.dispose()
    return found


def _verify(conn: Connection) -> int:
    found = verify(conn)
    return min(found.lines, found.sealed)


def _export(conn: Connection, shape: Shape) -> int:
    progress = Progress()
    for _ in written(shape, audit.export(conn), progress):
        pass
    return progress.done


def run(databases: Databases, much: Size) -> tuple[list[Figure], Result]:
    """Both databases, each kind of work in a process of its own."""
    figures: list[Figure] = []
    raw: Result = {}
    for kind in KINDS:
        url = databases.fresh(kind)
        raw[kind] = {"there": ask(fill, url=url, waiting=much.waiting, lines=much.lines), "sealed": ask(seal, url=url)}
        for work in (VERIFY, *Shape):
            found = raw[kind][work] = ask(measure, url=url, work=work)
            most = CHECKED if work == VERIFY else WRITTEN
            figures += [
                Figure(PART, f"{NAMES[kind]}: {work}, our CPU for a line", found["cpu"], "µs", most),
                Figure(PART, f"{NAMES[kind]}: {work}, time for a line", found["wall"], "µs"),
                Figure(PART, f"{NAMES[kind]}: {work}, memory more", found["rss"], "MB"),
            ]
    return figures, raw
