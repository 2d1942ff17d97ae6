"""How the statements stay the same few: an INSERT for either database, and lists of ids in few lengths."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Insert, Table

T = TypeVar("T")


@cache
def insert_once(table: Table, dialect: str) -> Insert:
    """An INSERT that does nothing when the row is there already; its `rowcount` says which it was."""
    # Imported when needed: the dialect for the other database takes longer to load than the rest of the store.
    upsert: Any
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert
    # Without being asked to, SQLAlchemy does not keep the count of an INSERT on PostgreSQL.
    statement: Insert = upsert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return statement


def few_lengths(ids: Sequence[T]) -> list[T]:
    """The ids, the last one repeated up to the next power of two; none for none.

    `IN (?, ?, ?)` is another statement for every number of ids, and the databases keep only so many prepared.
    """
    if not ids:
        return []
    return [*ids, *[ids[-1]] * ((1 << (len(ids) - 1).bit_length()) - len(ids))]
