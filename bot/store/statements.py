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
    made = _inserting(table, dialect).on_conflict_do_nothing()
    # Without being asked to, SQLAlchemy does not keep the count of an INSERT on PostgreSQL.
    statement: Insert = made.execution_options(preserve_rowcount=True)
    return statement


@cache
def insert_or_change(table: Table, dialect: str, growing: str = "") -> Insert:
    """An INSERT that takes the place of the row with the same primary key; only where the column `growing` grows by it,
    if one is named."""
    made = _inserting(table, dialect)
    values = {column.name: made.excluded[column.name] for column in table.columns if not column.primary_key}
    where = table.c[growing] < made.excluded[growing] if growing else None
    key = [column.name for column in table.primary_key]
    statement: Insert = made.on_conflict_do_update(index_elements=key, set_=values, where=where)
    return statement


def _inserting(table: Table, dialect: str) -> Any:
    # Imported when needed: the dialect for the other database takes longer to load than the rest of the store.
    insert: Any
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    return insert(table)


def few_lengths(ids: Sequence[T]) -> list[T]:
    """The ids, the last one repeated up to the next power of two; none for none.

    `IN (?, ?, ?)` is another statement for every number of ids, and the databases keep only so many prepared.
    """
    if not ids:
        return []
    return [*ids, *[ids[-1]] * ((1 << (len(ids) - 1).bit_length()) - len(ids))]
