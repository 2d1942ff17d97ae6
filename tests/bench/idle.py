"""The program with nothing to do and no model configured."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.meter import median
from tests.bench.program import running
from tests.bench.worker import Result

PART = "idle"
MEMORY, CPU, PAGE = 120.0, 1.0, 2.0


@dataclass(frozen=True, slots=True)
class Size:
    """How long it is watched (seconds), and how often it is started."""

    watched: float = 30.0
    starts: int = 5


def run(databases: Databases, much: Size) -> tuple[list[Figure], Result]:
    """On SQLite, as somebody who tries it would."""
    # The first start makes the database; those after it find one.
    url = databases.empty("sqlite")
    starts = []
    for _ in range(much.starts):
        with running(url, databases.folder) as program:
            starts.append(program.ready)
    with running(url, databases.folder) as program:
        for _ in range(3):
            program.page()
        time.sleep(2.0)
        before = program.cpu()
        time.sleep(much.watched)
        cpu, memory = (program.cpu() - before) / much.watched * 100, program.rss()
    figures = [
        Figure(PART, "memory", memory, "MB", MEMORY),
        Figure(PART, f"CPU over {much.watched:g} s", cpu, "%", CPU),
        Figure(PART, "first start to its first page, database made", starts[0], "s", PAGE),
        Figure(PART, "later starts to their first page", median(starts[1:]), "s", PAGE),
    ]
    return figures, {"starts": starts, "cpu": cpu, "rss": memory}
