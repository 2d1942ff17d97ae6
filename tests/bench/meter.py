"""Readings of CPU and memory, of this process and of a database server, in the units of the table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import psutil


class Meter:
    """CPU used since it was started: by a process, and by a server and all it ever began (milliseconds)."""

    def __init__(self, server: int | None = None, pid: int | None = None) -> None:
        """`server` is the process id of a PostgreSQL postmaster; without a `pid` the process is this one."""
        self._server = psutil.Process(server) if server else None
        self._other = psutil.Process(pid) if pid else None
        self._own = self._theirs = self._wall = 0.0
        self.start()

    def start(self) -> None:
        """Count from here."""
        self._theirs = self._spent()
        self._own, self._wall = self._used(), time.perf_counter()

    def read(self) -> tuple[float, float, float]:
        """The process's CPU, the server's, and the time that passed, in milliseconds."""
        own, wall = self._used() - self._own, time.perf_counter() - self._wall
        return own * 1000, (self._spent() - self._theirs) * 1000, wall * 1000

    def _used(self) -> float:
        return time.process_time() if self._other is None else sum(self._other.cpu_times()[:2])

    def _spent(self) -> float:
        if self._server is None:
            return 0.0
        times = self._server.cpu_times()
        # Those that have ended are in the postmaster's own account.
        spent = times.user + times.system + times.children_user + times.children_system
        for child in self._server.children(recursive=True):
            try:
                spent += sum(child.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue
        return spent


def rss(pid: int | None = None) -> float:
    """Resident memory in MB (10^6 bytes)."""
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)
