"""Fills a database in bulk: reviews that the real desk made are copied in SQL, each copy with ids and numbers of its own."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.insight.keeping import keep_up
from bot.store import outlines, verify
from bot.store.opening import connections
from bot.store.tables import metadata
from tests.bench.shop import make_desk, make_engine, opened
from tests.bench.worker import Result

# Which columns a copy cannot share with its model, and what stands in them. The other columns are copied as they are.
_COLUMNS = {
    "texts": {"id": "texts"},
    "posts": {"number": "posts", "key": "key", "root": "posts"},
    "told": {"key": "told"},
    "conversations": {"id": "id", "root": "ref", "answered": "messages"},
    "messages": {"number": "messages", "conversation": "id", "ref": "ref", "text": "texts"},
    "reviews": {"id": "id", "conversation": "id", "covers": "messages", "draft": "texts", "card_ref": "id"},
    "audit": {"number": "audit", "review": "id", "details": "details", "text": "texts"},
    "releases": {"review": "id", "conversation": "id", "text": "texts"},
    "replies": {"review": "id", "ref": "ref"},
    "outlines": {"review": "id", "conversation": "id", "first": "audit", "last": "audit"},
    "words": {"number": "words", "review": "id"},
}
# Which rows belong to the model.
_ROWS = {
    "texts": "id BETWEEN :texts_from AND :texts_to",
    "posts": "number BETWEEN :posts_from AND :posts_to",
    "told": "key = 'web:' || CAST(:root AS TEXT)",
    "conversations": "id = :conversation",
    "messages": "conversation = :conversation",
    "reviews": "id = :review",
    "audit": "review = :review",
    "releases": "review = :review",
    "replies": "review = :review",
    "outlines": "review = :review",
    "words": "review = :review",
}
_NUMBERED = {"texts": "id", "posts": "number", "messages": "number", "audit": "number", "words": "number"}
# 26 characters as in a real id, with a letter that names the batch, and sorting before every real one.
_ID = "'00000000000000{letter}' || SUBSTR(CAST(100000000000 + n AS TEXT), 2)"
_NUMBER = "(CASE WHEN {column} = 0 THEN 0 ELSE {column} + :{kind}_shift + (n - 1) * :{kind}_span END)"
_SERIES = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :copies)"


def fill(url: str, waiting: int, lines: int) -> Result:
    """So many reviews that wait for a decision, and finished ones until the audit has so many lines.

    The first copies are verified against their audit before the others follow.
    """
    asyncio.run(_models(url))
    engine = opened_database(url)
    with engine.begin() as conn:
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql("BEGIN IMMEDIATE")
        keep_up(conn, time.time(), 10)
        waits, finished = _model(conn, "IS NULL"), _model(conn, "IS NOT NULL")
        _copy(conn, waits, "A", 2)
        _copy(conn, finished, "B", 2)
        verify.verify(conn)
        _copy(conn, waits, "C", waiting - 3)
        # Three lines for a review that waits, six for one that is finished.
        _copy(conn, finished, "D", (lines - 3 * waiting) // 6 - 3)
        outlines.advance(conn, conn.execute(sa.text("SELECT max(number) FROM audit")).scalar_one())
        counted = {
            name: conn.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar() for name in ("reviews", "audit")
        }
    if engine.dialect.name == "postgresql":
        # What autovacuum does by itself while a database grows slowly.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    return counted


async def _models(url: str) -> None:
    """One finished review and one that waits, made by the real desk one after the other."""
    async with opened(make_desk(make_engine(url), "scripted")) as shop:
        await shop.live(1)
        await shop.ask(2)


def opened_database(url: str) -> sa.Engine:
    """Connections to a database as the store makes them."""
    return connections(sa.make_url(url))


def _model(conn: Connection, closed_at: str) -> dict[str, Any]:
    """A review to copy, and from which number to which its rows go. Nobody else wrote while it was made."""
    found = conn.execute(
        sa.text(
            "SELECT reviews.id AS review, conversation, CAST(root AS BIGINT) AS root, covers, draft"
            f" FROM reviews JOIN conversations ON conversations.id = conversation WHERE closed_at {closed_at}"
        )
    ).one()
    model = dict(found._mapping)
    of_texts = "SELECT text FROM messages WHERE conversation = :conversation UNION SELECT text FROM audit WHERE review = :review"
    ranges = {
        "texts": f"SELECT min(text), max(text) FROM ({of_texts} UNION SELECT text FROM releases WHERE review = :review) AS t",
        "posts": "SELECT min(number), max(number) FROM posts WHERE number = :root OR root = :root",
        "messages": "SELECT min(number), max(number) FROM messages WHERE conversation = :conversation",
        "audit": "SELECT min(number), max(number) FROM audit WHERE review = :review",
        "words": "SELECT min(number), max(number) FROM words WHERE review = :review",
    }
    for kind, statement in ranges.items():
        first, last = conn.execute(sa.text(statement), model).one()
        model |= {f"{kind}_from": first, f"{kind}_to": last, f"{kind}_span": last - first + 1}
    return model


def _copy(conn: Connection, model: dict[str, Any], letter: str, copies: int) -> None:
    if copies < 1:
        return
    values = model | {"copies": copies}
    for kind, number in _NUMBERED.items():
        last = conn.execute(sa.text(f"SELECT max({number}) FROM {kind}")).scalar_one()
        values[f"{kind}_shift"] = last + 1 - model[f"{kind}_from"]
    for table in metadata.sorted_tables:
        if table.name in _COLUMNS:
            theirs = [_expression(column.name, _COLUMNS[table.name].get(column.name), letter) for column in table.c]
            conn.execute(
                sa.text(
                    f"INSERT INTO {table.name} ({', '.join(column.name for column in table.c)}) {_SERIES}"
                    f" SELECT {', '.join(theirs)} FROM series CROSS JOIN {table.name} WHERE {_ROWS[table.name]}"
                ),
                values,
            )
    if conn.dialect.name == "postgresql":
        for kind, number in _NUMBERED.items():
            conn.execute(
                sa.text(
                    f"SELECT setval(pg_get_serial_sequence('{kind}', '{number}'), (SELECT max({number}) FROM {kind}))"
                )
            )


def _expression(column: str, kind: str | None, letter: str) -> str:
    """What a copy has in a column."""
    new = _ID.format(letter=letter)
    post = "CAST({} AS TEXT)".format(_NUMBER.format(column="CAST({column} AS BIGINT)", kind="posts"))
    match kind:
        case None:
            return column
        case "id":
            return new
        case "key":
            return f"'{letter}' || CAST(n AS TEXT) || '-' || key"
        case "ref":
            return post.format(column=column)
        case "told":
            return "'web:' || " + post.format(column=":root")
        case "details":
            message = _NUMBER.format(column="CAST(:covers AS BIGINT)", kind="messages")
            ids = f"REPLACE(REPLACE(details, :review, {new}), :conversation, {new})"
            number = f"REPLACE({ids}, '\"message\":' || CAST(:covers AS TEXT) || ',', '\"message\":' || CAST({message} AS TEXT) || ',')"
            reply = post.format(column=":posts_to")
            return f'REPLACE({number}, \'"ref":"\' || CAST(:posts_to AS TEXT), \'"ref":"\' || {reply})'
    return _NUMBER.format(column=column, kind=kind)
