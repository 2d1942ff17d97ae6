"""Where the time of a lifecycle goes: every thread's CPU, charged to the stage it is at work for."""

from __future__ import annotations

import functools
import threading
import time
import types
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, ParamSpec, TypeVar

import sqlalchemy as sa

from bot.desk import FrontDesk
from bot.store.bell import Bell
from bot.store.engine import Connection, Engine, T, Work
from bot.store.posts import PostWall

P = ParamSpec("P")
R = TypeVar("R")
STAGES = ("wall", "receive", "draft", "card", "act", "deliver", "commit", "loop")
_stage: ContextVar[str] = ContextVar("_stage", default="loop")


class Ledger(threading.local):
    """One thread's account; `totals` is everybody's."""

    totals: ClassVar[Counter[str]] = Counter()
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        self.stage = "commit" if threading.current_thread().name.startswith("store") else "loop"
        self.since = time.thread_time()

    @contextmanager
    def at(self, stage: str) -> Iterator[None]:
        """Charge this thread's CPU to the stage, and to the one before again afterwards."""
        before = self.switch(stage)
        try:
            yield
        finally:
            self.switch(before)

    def switch(self, stage: str) -> str:
        """Close the account of the stage before; returns that one."""
        now = time.thread_time()
        before = self.stage
        with self._lock:
            self.totals[before] += int((now - self.since) * 1e9)
        self.stage, self.since = stage, now
        return before


LEDGER = Ledger()


class Counts:
    """Commits of a store, and statements by stage."""

    def __init__(self, engine: sa.Engine) -> None:
        self.statements: Counter[str] = Counter()
        self.commits = 0
        sa.event.listen(engine, "before_cursor_execute", self._said)
        sa.event.listen(engine, "commit", self._committed)

    def clear(self) -> None:
        """Count from here."""
        self.statements.clear()
        self.commits = 0

    def _said(self, conn: Connection, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            self.statements[LEDGER.stage] += 1

    def _committed(self, conn: Connection) -> None:
        self.commits += 1


class StagedEngine(Engine):
    """A store whose jobs are charged to the stage that asked for them."""

    jobs: ClassVar[Counter[str]] = Counter()

    async def write(self, work: Work[T]) -> T:
        self.jobs[_stage.get()] += 1
        return await super().write(_charged(work))

    async def read(self, work: Work[T]) -> T:
        self.jobs[_stage.get()] += 1
        return await super().read(_charged(work))


def _charged(work: Work[T]) -> Work[T]:
    stage = _stage.get()

    def charged(conn: Connection) -> T:
        with LEDGER.at(stage):
            return work(conn)

    return charged


@types.coroutine
def _driven(coroutine: Coroutine[Any, Any, R], stage: str) -> Generator[Any, Any, R]:
    """Run the coroutine step by step, and charge the steps only."""
    value: Any = None
    error: BaseException | None = None
    while True:
        try:
            with LEDGER.at(stage):
                waits_for = coroutine.send(value) if error is None else coroutine.throw(error)
        except StopIteration as end:
            result: R = end.value
            return result
        value = error = None
        try:
            value = yield waits_for
        except BaseException as thrown:  # noqa: BLE001 - whatever it is, it is the coroutine's to handle
            error = thrown


def _at(stage: str, verb: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    @functools.wraps(verb)
    async def staged(*args: P.args, **kwargs: P.kwargs) -> R:
        before = _stage.set(stage)
        try:
            return await _driven(verb(*args, **kwargs), stage)
        finally:
            _stage.reset(before)

    return staged


class StagedWall(PostWall):
    """The workspace's own messages: the outside world, which here lives in the same database."""

    post = _at("wall", PostWall.post)


class StagedDesk(FrontDesk):
    """A front desk whose verbs are stages."""

    receive = _at("receive", FrontDesk.receive)
    take_drafts = _at("draft", FrontDesk.take_drafts)
    draft = _at("draft", FrontDesk.draft)
    take_cards = _at("card", FrontDesk.take_cards)
    show = _at("card", FrontDesk.show)
    act = _at("act", FrontDesk.act)
    take_replies = _at("deliver", FrontDesk.take_replies)
    deliver = _at("deliver", FrontDesk.deliver)


def staged_engine(url: str) -> StagedEngine:
    """The store, charged by stage."""
    return StagedEngine(sa.make_url(url), Bell())
