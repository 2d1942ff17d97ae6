"""What the schema itself refuses: changing or removing a line of the audit, a release, a reply, a seal, a change, an erasure or a look.

A guard rail, since whoever owns the database can drop a trigger; the seals are the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

# table -> the columns that name a row, as a condition on the row about to be inserted
_APPEND_ONLY = {
    "audit": ("number = NEW.number", "review = NEW.review AND version = NEW.version"),
    "releases": ("review = NEW.review AND version = NEW.version",),
    "replies": ("review = NEW.review",),
    "seals": ("number = NEW.number", "upto = NEW.upto"),
    "changes": ("number = NEW.number",),
    "erasures": ("number = NEW.number",),
    "looks": ("number = NEW.number",),
}


def install(conn: Connection, *tables: str) -> None:
    """Create the triggers of these tables on SQLite or PostgreSQL."""
    statements = _sqlite(tables) if conn.dialect.name == "sqlite" else _postgresql(tables)
    for statement in statements:
        conn.exec_driver_sql(statement)


def _sqlite(tables: Iterable[str]) -> list[str]:
    statements = []
    for table in tables:
        for verb in ("UPDATE", "DELETE"):
            statements.append(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        # REPLACE deletes without firing a DELETE trigger unless the connection asks for it (recursive_triggers).
        taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in _APPEND_ONLY[table])
        statements.append(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    return statements


def _postgresql(tables: Iterable[str]) -> list[str]:
    statements = [
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$"
    ]
    for table in tables:
        statements.append(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
    return statements
