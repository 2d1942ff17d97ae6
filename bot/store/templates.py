"""Prompt templates by version. A version's text never changes; one version of a template is active, and drafts name it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from bot.store import changes
from bot.store.bell import Topic, ring_after
from bot.store.changes import What
from bot.store.conversations import clean
from bot.store.statements import insert_once
from bot.store.tables import templates

_OF = select(templates).where(templates.c.name == bindparam("name"))
_VERSIONS = _OF.order_by(templates.c.version)
_NEWEST = _OF.order_by(templates.c.version.desc()).limit(1)
_ONE = _OF.where(templates.c.version == bindparam("version"))
_NAMES = select(templates.c.name).distinct().order_by(templates.c.name)
_ACTIVE = select(templates.c.version).where(templates.c.name == bindparam("name"), templates.c.status == "active")
# Two changes of one template are made one after the other.
_HELD = _VERSIONS.with_for_update()
_ROW = update(templates).where(templates.c.name == bindparam("the_name"))
_RETIRE = _ROW.where(templates.c.status == "active").values(status="retired")
_ACTIVATE = _ROW.where(templates.c.version == bindparam("the_version")).values(status="active")


class Status(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"  # activated -> active
    ACTIVE = "active"  # another is activated -> retired
    RETIRED = "retired"  # activated again -> active


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a template: the whole file as `text`, who wrote it and why (`note`), and when (unix seconds)."""

    name: str
    version: int
    text: str
    status: Status
    author: str
    note: str
    at: float

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class NoVersion(LookupError):
    """There is no such version."""

    def __init__(self, name: str, version: int | None = None) -> None:
        super().__init__(f"There is no {name}@{version}." if version else f"There is no template {name}.")


def names(conn: Connection) -> list[str]:
    """The templates there are."""
    return list(conn.execute(_NAMES).scalars())


def versions(conn: Connection, name: str) -> list[Version]:
    """All versions of a template, the oldest first."""
    return [_version(row) for row in conn.execute(_VERSIONS, {"name": name})]


def get(conn: Connection, name: str, version: int) -> Version:
    """One version. Raises `NoVersion`."""
    row = conn.execute(_ONE, {"name": name, "version": version}).one_or_none()
    if row is None:
        raise NoVersion(name, version)
    return _version(row)


def active(conn: Connection, name: str) -> int | None:
    """The number of the active version; None before there is one."""
    found: int | None = conn.execute(_ACTIVE, {"name": name}).scalar()
    return found


def hold(conn: Connection, name: str) -> None:
    """Let nobody else change this template until the transaction ends."""
    conn.execute(_HELD, {"name": name}).all()


def add(conn: Connection, name: str, text: str, author: str, note: str, at: float) -> int:
    """Keep a text as a draft; its version. That of the newest one, if that reads the same."""
    once = insert_once(templates, conn.dialect.name).returning(templates.c.version)
    while True:
        newest = conn.execute(_NEWEST, {"name": name}).one_or_none()
        if newest is not None and newest.body == text:
            return int(newest.version)
        version = newest.version + 1 if newest is not None else 1
        values = {"name": name, "version": version, "body": text, "author": clean(author), "note": clean(note)}
        # Another process that started at the same time may have been first: then look again.
        if conn.execute(once, values | {"at": at, "status": Status.DRAFT.value}).scalar() is not None:
            return version


def activate(conn: Connection, name: str, version: int, what: What, person: str, at: float, **details: Any) -> None:
    """From now on drafts are made with this version. Raises `NoVersion`.

    Every activation goes on record, with the version that was active before and whatever `details` say.
    """
    found = {row.version: row.status for row in conn.execute(_HELD, {"name": name})}
    if version not in found:
        raise NoVersion(name, version)
    if found[version] == Status.ACTIVE:
        return
    before = next((number for number, status in found.items() if status == Status.ACTIVE), None)
    conn.execute(_RETIRE, {"the_name": name})
    conn.execute(_ACTIVATE, {"the_name": name, "the_version": version})
    changes.add(conn, what, name, person, at, {"version": version, "before": before, **details})
    ring_after(conn, Topic.PAGES)


def _version(row: Row[Any]) -> Version:
    return Version(row.name, row.version, row.body, Status(row.status), row.author, row.note, row.at)
