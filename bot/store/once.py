"""An INSERT that does nothing when the row is there already. Both databases have one, each in words of its own."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Insert, Table


@cache
def insert_once(table: Table, dialect: str) -> Insert:
    """The statement; its `rowcount` says whether there was anything to do."""
    # Imported when needed: the dialect for the other database takes longer to load than the rest of the store.
    upsert: Any
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert
    # Without being asked to, SQLAlchemy does not keep the count of an INSERT on PostgreSQL.
    statement: Insert = upsert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return statement
