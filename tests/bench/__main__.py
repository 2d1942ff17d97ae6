"""`make bench`, or `python -m tests.bench`: measure everything, print one table, write tests/bench/results/."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import (
    console,
    drafting,
    growth,
    idle,
    knowledge,
    lifecycle,
    peers,
    record,
    slack,
    teams,
    waiting,
    watchers,
)
from tests.bench.databases import databases
from tests.bench.figures import Figure, machine, save, show
from tests.bench.worker import Result

PARTS = {
    lifecycle.PART: (lifecycle.run, lifecycle.Size(), lifecycle.Size(busy=300, alone=30, times=1)),
    growth.PART: (growth.run, growth.Size(), growth.Size(lines=15_000, waiting=2_000, count=200, times=1)),
    peers.PART: (peers.run, peers.Size(), peers.Size(count=40, ours=200, times=1)),
    slack.PART: (slack.run, slack.Size(), slack.Size(count=300, doors=400, told=400, peers=100, times=1)),
    teams.PART: (teams.run, teams.Size(), teams.Size(count=300, doors=400, times=1)),
    waiting.PART: (
        waiting.run,
        waiting.Size(),
        waiting.Size(waiting=1_000, starts=1, watched=1.0, lives=20, finished=200),
    ),
    console.PART: (console.run, console.Size(), console.Size(lines=20_000, waiting=500, times=3)),
    record.PART: (record.run, record.Size(), record.Size(lines=20_000, waiting=500)),
    drafting.PART: (drafting.run, drafting.Size(), drafting.Size(articles=500, drafts=60)),
    knowledge.PART: (knowledge.run, knowledge.Size(), knowledge.Size(articles=2_000, questions=200)),
    watchers.PART: (watchers.run, watchers.Size(), watchers.Size(watched=5.0, changes=5)),
    idle.PART: (idle.run, idle.Size(), idle.Size(watched=2.0, starts=2)),
}


def main() -> None:
    """Run the chosen parts one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short version of everything, in under a minute")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part only; may be given several times")
    asked = parser.parse_args()
    figures: list[Figure] = []
    raw: Result = {}
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder, databases(Path(folder)) as there:
        where = machine(Path(folder), there.version)
        for name in asked.only or PARTS:
            measure, full, quick = PARTS[name]
            begun = time.perf_counter()
            print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
            found, raw[name] = measure(there, quick if asked.quick else full)  # type: ignore[operator]
            figures += found
            print(f"{time.perf_counter() - begun:.0f} s", file=sys.stderr)
    show(figures)
    print(
        f"{where['cores']} cores {where['cpu']}, load {where['load']:.1f} before and {os.getloadavg()[0]:.1f} after;"
        f" a bare fsync takes {where['sync'][0]:.1f} ms, at most {where['sync'][1]:.0f};"
        f" Python {where['python']}, SQLite {where['sqlite']}, PostgreSQL {where['postgresql']}"
    )
    print(f"Written to {save(figures, raw, where, quick=asked.quick)}")


if __name__ == "__main__":
    main()
