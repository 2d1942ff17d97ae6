"""What the command line does with what is on record: verify it, take it elsewhere, erase a customer."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from typing import BinaryIO, TextIO

from bot.channels import wording
from bot.channels.base import Person
from bot.exports import Progress, Shape, written
from bot.log import configure
from bot.phrases import say
from bot.settings import CHANNELS, Settings
from bot.store import audit, costs, dossier, erasure, seals, verify
from bot.store.bell import Bell
from bot.store.conflict import Conflict
from bot.store.engine import Connection, Engine, StoreDown
from bot.store.erasure import End, Erased
from bot.store.overwriting import overwrite
from bot.wiring import clock, database, seal_key

# Opened once the record can be read, so that an export in vain leaves the file of the last one alone.
Opener = Callable[[], AbstractContextManager[BinaryIO]]
TextOpener = Callable[[], AbstractContextManager[TextIO]]


class Complaint(Exception):
    """Something is wrong; the message says what."""


def verify_audit(settings: Settings) -> Iterator[str]:
    """Check the whole record. Raises `Complaint` naming the first thing that does not fit, or `StoreDown`."""
    with _reading(settings) as conn:
        try:
            found = verify.verify(conn)
        except verify.Broken as broken:
            raise Complaint(f"The audit does not hold: {broken.what}.") from None
    yield f"The audit holds: {found.lines} lines of {found.reviews} reviews follow from one another."
    yield f"{found.sealed} lines are sealed by {found.seals} seals; {found.erased} texts were erased."
    if found.erasures:
        yield say("erase.on_record", times=found.erasures, texts=found.taken)
    path = seal_key(settings, database(settings))
    own = seals.public_key(seals.load_key(path)).hex() if path.exists() else ""
    for key in sorted(found.keys):
        whose = "this installation's" if key == own else "NOT this installation's: know whose it is before you trust it"
        yield f"Sealed with the key {key} ({whose})."


def export_audit(settings: Settings, shape: Shape, opened: Opener) -> Iterator[str]:
    """Write the audit, oldest first. A cell that a spreadsheet would run as a formula is made harmless."""
    progress = Progress()
    with _reading(settings) as conn, opened() as file:
        for part in written(shape, audit.export(conn), progress):
            file.write(part)
    yield f"{progress.done} lines written."


def export_customer(settings: Settings, customer: str, opened: TextOpener) -> Iterator[str]:
    """Write all that is kept of a customer (`channel:person`) as one JSON document."""
    who = _customer(customer)
    with _reading(settings) as conn:
        found = dossier.of(conn, who, clock())
        if found is None:
            raise Complaint(say("erase.unknown", customer=who))
        with opened() as file:
            json.dump(asdict(found), file, ensure_ascii=True, indent=2)
            file.write("\n")
    yield say("erase.exported", threads=len(found.conversations), customer=who)


def erase_customer(settings: Settings, customer: str, *, sure: bool) -> Iterator[str]:
    """Erase a customer (`channel:person`), or say what that would take unless one is `sure`."""
    who = _customer(customer)
    configure("critical")  # what goes wrong is told in a sentence
    with _engine(settings) as engine:
        erased = asyncio.run(_erased(engine, who, sure=sure))
        if erased is None:
            raise Complaint(say("erase.unknown", customer=who))
        yield say("erase.done" if sure else "erase.will", **_counts(erased))
        for end in End:
            if count := erased.ends[end]:
                yield say(f"erase.{'did' if sure else 'would'}.{end.value}", count=count)
        yield _overwritten(engine) if sure else say("erase.not_sure")


def _counts(erased: Erased) -> dict[str, int]:
    return {"texts": erased.texts, "threads": erased.threads, "posts": erased.posts}


class _Rehearsed(Exception):
    """It was done, and is undone."""

    def __init__(self, erased: Erased) -> None:
        super().__init__(type(self).__doc__)
        self.erased = erased


async def _erased(engine: Engine, who: Person, *, sure: bool) -> Erased | None:
    def work(conn: Connection) -> Erased | None:
        erased = erasure.erase(conn, who, _account(), clock())
        if erased and not sure:
            raise _Rehearsed(erased)
        return erased

    while True:
        try:
            return await engine.write(work)
        except _Rehearsed as rehearsed:
            return rehearsed.erased
        except Conflict:
            continue  # somebody took a step meanwhile


def _overwritten(engine: Engine) -> str:
    """What has become of the bytes. Raises `Complaint`."""
    if engine.url.get_backend_name() != "sqlite":
        return say("erase.bytes_postgresql")
    try:
        clean = overwrite(engine.sql)
    except StoreDown:
        clean = False
    if not clean:
        raise Complaint(say("erase.bytes_left", file=engine.url.database))
    return say("erase.bytes_gone", file=engine.url.database)


def _account() -> str:
    """Who types this, as the machine knows them."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as somebody who is in no list
        return f"uid {os.getuid()}"


def _customer(name: str) -> Person:
    channel, _, person = name.partition(":")
    if channel not in CHANNELS or not person:
        raise Complaint(say("erase.name", name=name, channels=", ".join(CHANNELS)))
    # Entra's ids are the same in capitals, and Teams writes them small.
    return Person(channel, person.lower() if channel == "teams" else person, "")


def tell_costs(settings: Settings) -> Iterator[str]:
    """What drafts cost, by month, desk and model, and how that stands against the desks' budgets."""
    now = wording.month(clock())
    with _reading(settings) as conn:
        rows = costs.of_all(conn)
        spent = costs.spent(conn, settings.desks, now)
    for row in rows:
        yield say(
            "costs.row",
            month=row.month,
            desk=row.desk,
            model=row.model,
            drafts=row.drafts,
            sent=row.tokens_in,
            received=row.tokens_out,
            price=f"{row.price:.2f}",
            seconds=f"{row.seconds / row.drafts:.1f}",
        )
    if not rows:
        yield say("costs.none")
    for name, desk in settings.desks.items():
        if desk.monthly_budget is not None:
            told = f"{spent.get(name, 0.0):.2f}"
            yield say("costs.budget", desk=name, budget=f"{desk.monthly_budget:.2f}", month=now, spent=told)


@contextmanager
def _reading(settings: Settings) -> Iterator[Connection]:
    with _engine(settings) as engine, engine.snapshot() as conn:
        yield conn


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    engine = Engine(database(settings), Bell())
    try:
        yield engine
    finally:
        engine.close()
