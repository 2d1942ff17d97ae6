"""How work reaches the database: one writer thread with group commit on SQLite, a small pool on PostgreSQL.

The work itself is plain synchronous code on a `Connection`. Measured beforehand, that costs a tenth of an async
driver's CPU, because a thread that owns the database does not pay for waiting (docs/decisions/0002).
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from bot.log import log
from bot.store.bell import Bell, Topic, rung_by
from bot.store.opening import POSTGRES_WRITERS, connections

__all__ = [
    "CHANNEL",
    "URL",
    "Connection",
    "Engine",
    "StoreDown",
    "T",
    "Work",
    "said",
]

T = TypeVar("T")
Work = Callable[[Connection], T]

# Every job that waits when the writer is free shares one commit; more at once would only make the first wait longer.
_BATCH = 64
# PostgreSQL's names for a deadlock and for a transaction that could not be put in line with others.
_IN_THE_WAY = ("40P01", "40001")
# Under this name processes on one PostgreSQL tell each other that there is something to do.
CHANNEL = "countersign"


class StoreDown(Exception):
    """The database cannot be used now. Nothing was written; what was refused may be tried again."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"{type(self).__doc__} It said: {cause}")
        self.cause = cause


class Engine:
    """The database. `await write(work)` returns when the work is durable; `await read(work)` never waits for it."""

    def __init__(self, url: URL, bell: Bell) -> None:
        self.url = url
        self.bell = bell
        self._writer: _Writer
        self._path: Path | None = None
        self._inode: tuple[int, int] | None = None
        self._cause = ""
        self.sql = connections(url)
        if url.get_backend_name() == "sqlite":
            self._path = Path(url.database or "").resolve()
            self._writer = _SqliteWriter(self.sql, self._path)
        else:
            self._writer = _PostgresWriter(self.sql)
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="store-reader")

    async def write(self, work: Work[T]) -> T:
        """Run the work in a transaction of its own and return its result once that is committed.

        Raises what the work raises (and then nothing of it was written), or `StoreDown`.
        """
        loop = asyncio.get_running_loop()
        job: _Job = _Job(work, loop, loop.create_future())
        self._writer.put(job)
        try:
            done: _Done = await job.future
        except StoreDown as down:
            self._note(down.cause)
            raise
        self._note("")
        self.bell.ring(done.topics)
        return done.result  # type: ignore[no-any-return]

    def _note(self, cause: str) -> None:
        """Say in the log when writing begins to fail, and when it works again."""
        if cause and not self._cause:
            log.error("store_down", cause=cause)
        elif self._cause and not cause:
            log.info("store_back")
        self._cause = cause

    async def read(self, work: Work[T]) -> T:
        """Run the work on a snapshot. Raises what the work raises, or `StoreDown`."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def time(self) -> float | None:
        """The database's own time in unix seconds; None where it is this machine's. Raises `StoreDown`."""
        if self._path is not None:
            return None
        told = sa.select(sa.extract("epoch", sa.func.clock_timestamp()))
        return float(await self.read(lambda conn: conn.execute(told).scalar_one()))

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees one state of the database. Raises `StoreDown`."""
        try:
            with self._seeing() as conn, conn.begin():
                if conn.dialect.name == "sqlite":
                    conn.exec_driver_sql("BEGIN")
                yield conn
        except DBAPIError as error:
            raise StoreDown(said(error)) from error

    def _seeing(self) -> Connection:
        """A connection that will see one state of the database at its address."""
        if self._path is None:
            # Without being asked to, PostgreSQL shows every statement what was committed meanwhile.
            return self.sql.connect().execution_options(isolation_level="REPEATABLE READ")
        try:
            inode = _inode(self._path)
        except OSError as error:
            raise StoreDown(said(error)) from error
        if inode != self._inode:
            self.sql.dispose()
            self._inode = inode
        return self.sql.connect()

    def _read(self, work: Work[T]) -> T:
        with self.snapshot() as conn:
            return work(conn)

    def close(self) -> None:
        """Finish what was begun, then let go of the database."""
        self._writer.close()
        self._readers.shutdown()
        self.sql.dispose()


@dataclass(slots=True)
class _Done:
    result: Any
    topics: set[Topic]


@dataclass(slots=True)
class _Job:
    """Work on its way through a writer thread, and the future that waits for it on its loop."""

    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[_Done]
    outcome: _Done | Exception | None = None


def _tell(jobs: list[_Job]) -> None:
    """Hand the outcomes back, in one visit to the loop."""

    def settle() -> None:
        for job in jobs:
            if job.future.done():
                continue  # whoever waited has gone
            if isinstance(job.outcome, _Done):
                job.future.set_result(job.outcome)
            elif job.outcome is not None:
                job.future.set_exception(job.outcome)

    with contextlib.suppress(RuntimeError):  # the loop has gone: nobody waits any more
        jobs[0].loop.call_soon_threadsafe(settle)


_Queue: TypeAlias = "queue.SimpleQueue[_Job | None]"


def _waiting(jobs: _Queue) -> list[_Job]:
    """The next job and those that queued up behind it; none once the writer is told to stop."""
    batch: list[_Job] = []
    while not batch or (len(batch) < _BATCH and not jobs.empty()):
        job = jobs.get()
        if job is None:
            jobs.put(None)  # the next one to look, which may be another thread, stops too
            break
        batch.append(job)
    return batch


class _Writer(Protocol):
    def put(self, job: _Job) -> None: ...
    def close(self) -> None: ...


def _inode(path: Path) -> tuple[int, int]:
    """Which file is at this path. Raises `FileNotFoundError`.

    SQLite goes on with a file that was deleted or moved away: what is written would be lost at the end of the process,
    and what is read is not what others see.
    """
    stat = path.stat()
    return stat.st_dev, stat.st_ino


class _SqliteWriter:
    """One thread, one connection. Whatever is queued when it is free is committed together."""

    def __init__(self, sql: sa.Engine, path: Path) -> None:
        self._sql = sql
        self._path = path
        self._inode: tuple[int, int] | None = None
        self._conn: Connection | None = None
        self._queue: _Queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, job: _Job) -> None:
        self._queue.put(job)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while batch := _waiting(self._queue):
            self._commit(batch)
            _tell(batch)
        self._forget()

    def _commit(self, batch: list[_Job]) -> None:
        try:
            conn = self._connection()
            with conn.begin():
                # A transaction that read first and wrote later could find its snapshot outdated.
                conn.exec_driver_sql("BEGIN IMMEDIATE")
                for job in batch:
                    try:
                        job.outcome = self._apart(conn, job.work)
                    except (OperationalError, sqlite3.OperationalError):
                        raise
                    except Exception as error:
                        job.outcome = error
        except (DBAPIError, sqlite3.Error, OSError) as error:
            self._forget()
            for job in batch:
                job.outcome = StoreDown(said(error))

    @staticmethod
    def _apart(conn: Connection, work: Work[Any]) -> _Done:
        """Do one job so that, if it fails, the others in the same commit do not notice."""
        rung_by(conn)
        # Straight to sqlite3: three statements around every job would cost as much as the job.
        plain: sqlite3.Connection = conn.connection.driver_connection  # type: ignore[assignment]
        plain.execute("SAVEPOINT job")
        try:
            result = work(conn)
        except BaseException as error:
            if not plain.in_transaction:
                # A full disk undoes the whole transaction, and so the work of the others too.
                raise sqlite3.OperationalError(said(error)) from error
            plain.execute("ROLLBACK TO job")
            plain.execute("RELEASE job")
            raise
        plain.execute("RELEASE job")
        return _Done(result, rung_by(conn))

    def _connection(self) -> Connection:
        """The connection, opened anew when the file it belonged to is no longer the one at its path.

        Raises `FileNotFoundError`.
        """
        inode = _inode(self._path)
        if self._conn is None or inode != self._inode:
            self._forget()
            self._conn = self._sql.connect()
            self._inode = inode
        return self._conn

    def _forget(self) -> None:
        if self._conn is not None:
            self._conn.invalidate()
            self._conn.close()
            self._conn = None


def _can_go_again(error: Exception) -> bool:
    """Whether PostgreSQL only refused it for the sake of another that stood in its way."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") in _IN_THE_WAY


class _PostgresWriter:
    """A few threads, each with a connection of the pool. Whatever is queued when one is free is committed together;
    the version check decides who won."""

    def __init__(self, sql: sa.Engine) -> None:
        self._sql = sql
        self._queue: _Queue = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"store-writer-{number}", daemon=True)
            for number in range(POSTGRES_WRITERS)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, job: _Job) -> None:
        self._queue.put(job)

    def close(self) -> None:
        self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while batch := _waiting(self._queue):
            self._commit(batch)
            _tell(batch)

    def _commit(self, batch: list[_Job]) -> None:
        try:
            outcomes = self._together(batch)
        except Exception as error:
            gone = isinstance(error, DBAPIError) and error.connection_invalidated
            if (len(batch) > 1 and not gone) or _can_go_again(error):
                # One failed and nothing of the others is written: each for itself, so that they do not notice.
                for job in batch:
                    self._commit([job])
                return
            down = isinstance(error, DBAPIError) and not isinstance(error, IntegrityError)
            for job in batch:
                job.outcome = StoreDown(said(error)) if down else error
        else:
            for job, outcome in zip(batch, outcomes, strict=True):
                job.outcome = outcome

    def _together(self, batch: list[_Job]) -> list[_Done]:
        """Do the jobs in one transaction."""
        with self._sql.connect() as conn, conn.begin():
            rung_by(conn)
            outcomes = [_Done(job.work(conn), rung_by(conn)) for job in batch]
            topics = set().union(*(outcome.topics for outcome in outcomes))
            if topics:
                conn.exec_driver_sql("SELECT pg_notify(%s, %s)", (CHANNEL, ",".join(sorted(topics))))
            return outcomes


def said(error: BaseException) -> str:
    """What the database said, in its first line and without the statement or its values."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(origin).strip().split("\n")[0]
