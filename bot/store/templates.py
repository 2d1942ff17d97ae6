"""Prompt templates by version: a file whose content changed is a new version, and a draft names the one that made it."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from bot.store.statements import insert_once
from bot.store.tables import templates

_NEWEST = select(templates).where(templates.c.name == bindparam("name")).order_by(templates.c.version.desc()).limit(1)


def register(conn: Connection, name: str, body: str, author: str, at: float) -> int:
    """The version of this text: the newest one's if that reads the same, else a new one."""
    add = insert_once(templates, conn.dialect.name).returning(templates.c.version)
    while True:
        newest = conn.execute(_NEWEST, {"name": name}).one_or_none()
        if newest is not None and newest.body == body:
            return int(newest.version)
        version = newest.version + 1 if newest is not None else 1
        values = {"name": name, "version": version, "body": body, "author": author, "at": at}
        # Another process that started at the same time may have been first: then look again.
        if conn.execute(add, values).scalar() is not None:
            return version
