"""Kills a life at each of its points, lets another finish the story, and has the coroner look."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import sqlalchemy as sa

from bot.store import verify
from bot.store.tables import reviews
from tests.killing import child
from tests.killing.child import Plan
from tests.killing.coroner import faults
from tests.killing.wrong import RIGHT
from tests.stage.databases import connected

# On a busy machine a call may run out of time, and then its later points are not reached.
_ATTEMPTS = 3
_names = itertools.count(1)


class Nursery:
    """A process that has imported everything and forks a life for each plan."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", child.__name__]
        self._process = subprocess.Popen(command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def life(self, plan: Plan) -> int:
        """Live it, and say how it ended: 0, or minus the signal that ended it."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(plan.line() + "\n")
        stdin.flush()
        return int(stdout.readline())

    def close(self) -> None:
        """No more lives."""
        self._process.communicate()


@dataclass
class Result:
    """What came of killing: where, which points were not reached again, what was wrong afterwards, and the states of
    the reviews at the end."""

    killed: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    ends: set[str] = field(default_factory=set)

    def add(self, other: Result) -> None:
        """Take in what came of another share."""
        self.killed += other.killed
        self.missed += other.missed
        self.faults += other.faults
        self.ends |= other.ends


class Executioner:
    """Works on one database, one life at a time: nobody else may finish what the dead began."""

    def __init__(self, nursery: Nursery, url: sa.URL, folder: Path) -> None:
        self._nursery = nursery
        self._url = url
        self._folder = folder

    def plan(self, story: str, trouble: str, desk: str = RIGHT, dies: str = "") -> Plan:
        """A life with a conversation of its own."""
        database = self._url.render_as_string(hide_password=False)
        return Plan(database, str(self._folder), f"c{next(_names)}", story, trouble, desk, dies)

    def points(self, plan: Plan) -> list[str]:
        """The points a life passes that nobody ends."""
        ended = self._nursery.life(plan)
        assert ended == 0, f"{plan} ended with {ended}: {self._log()}"
        return plan.points.read_text("utf-8").splitlines()

    def kill(self, story: str, trouble: str, desk: str, points: Sequence[str]) -> Result:
        """End a life at each of these points, let another finish the story, and look at what is there."""
        result = Result()
        with connected(self._url) as engine:
            for point in points:
                self._kill(engine, story, trouble, desk, point, result)
            with engine.connect() as conn:
                result.ends |= set(conn.execute(sa.select(reviews.c.state)).scalars())
                try:
                    verify.verify(conn)
                except verify.Broken as broken:
                    result.faults.append(f"the audit does not hold: {broken.what}")
        return result

    def _kill(self, engine: sa.Engine, story: str, trouble: str, desk: str, point: str, result: Result) -> None:
        for _ in range(_ATTEMPTS):
            plan = self.plan(story, trouble, desk, point)
            killed = self.end(plan, result)
            with engine.connect() as conn:
                result.faults += [f"{point}: {fault}" for fault in faults(plan, conn)]
            if killed:
                result.killed.append(point)
                return
        result.missed.append(point)

    def end(self, plan: Plan, result: Result) -> bool:
        """End a life where its plan says, and let another finish what it began; whether it came to that."""
        first = self._nursery.life(plan)
        if first not in (0, -signal.SIGKILL):
            result.faults.append(f"{plan.dies}: the first life ended with {first}: {self._log()}")
        second = self._nursery.life(replace(plan, dies="", life=1))
        if second != 0:
            result.faults.append(f"{plan.dies}: the second life ended with {second}: {self._log()}")
        return first == -signal.SIGKILL

    def _log(self) -> str:
        log = self._folder / "log"
        return log.read_text("utf-8")[-2000:] if log.exists() else ""


def everywhere(
    executioners: Sequence[Executioner],
    story: str,
    trouble: str,
    desk: str = RIGHT,
    only: Callable[[str], bool] = lambda _: True,
) -> Result:
    """Kill at every point of this story, shared out among databases."""
    points = [point for point in executioners[0].points(executioners[0].plan(story, trouble, desk)) if only(point)]

    def share(number: int) -> Result:
        mine = points[number :: len(executioners)]
        return executioners[number].kill(story, trouble, desk, mine)

    result = Result()
    with ThreadPoolExecutor(len(executioners)) as threads:
        for part in threads.map(share, range(len(executioners))):
            result.add(part)
    return result
