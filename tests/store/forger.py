"""Somebody who owns the database and wants the record to say something else."""

from __future__ import annotations

import sqlite3

import psycopg

from bot.store.engine import Engine
from tests.stage.databases import APPEND_ONLY, address


def forge(engine: Engine, *statements: str) -> None:
    """Change what the schema refuses to change: the guard rails are taken down for it and put up again."""
    if engine.url.get_backend_name() == "sqlite":
        _on_sqlite(engine.url.database or "", statements)
    else:
        _on_postgresql(address(engine.url), statements)


def _on_sqlite(path: str, statements: tuple[str, ...]) -> None:
    conn = sqlite3.connect(path)
    triggers = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        conn.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        conn.execute(statement)
    for _, sql in triggers:
        conn.execute(sql)
    conn.commit()
    conn.close()


def _on_postgresql(url: str, statements: tuple[str, ...]) -> None:
    with psycopg.connect(url) as conn:
        for verb in ("DISABLE", "ENABLE"):
            for table in APPEND_ONLY:
                conn.execute(f"ALTER TABLE {table} {verb} TRIGGER USER".encode())
            if verb == "DISABLE":
                for statement in statements:
                    conn.execute(statement.encode())
