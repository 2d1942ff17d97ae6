"""Getting erased bytes out of SQLite's files. Elsewhere the database sees to that in its own time, or `VACUUM FULL` does."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.store.engine import StoreDown, said

# How long others may be in the way before it is given up (milliseconds).
_PATIENCE = 60_000


def overwrite(sql: Engine) -> bool:
    """Write the file anew, without what was erased; whether nothing of it is left in the journal beside it.

    What is deleted is overwritten as it goes (`secure_delete`), but where SQLite once moved a row to another page a copy
    may have stayed. Nobody can write meanwhile. Raises `StoreDown`.
    """
    return _apart(sql, _PATIENCE, _written_anew)


def tidy(sql: Engine) -> bool:
    """Empty the journal beside an SQLite file, unless somebody would have to wait for it; whether there is none to empty.

    Raises `StoreDown`.
    """
    if sql.dialect.name != "sqlite":
        return True
    return _apart(sql, 0, _journal_emptied)


def _apart(sql: Engine, patience: int, work: Callable[[Connection], bool]) -> bool:
    """Do this on a connection of its own, which waits so long for others (milliseconds)."""
    try:
        with sql.connect() as conn:
            conn.detach()
            conn.exec_driver_sql(f"PRAGMA busy_timeout = {patience}")
            return work(conn)
    except DBAPIError as error:
        raise StoreDown(said(error)) from error


def _written_anew(conn: Connection) -> bool:
    conn.exec_driver_sql("VACUUM")
    return _journal_emptied(conn)


def _journal_emptied(conn: Connection) -> bool:
    busy: int = conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    return busy == 0
