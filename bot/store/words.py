"""The words by which reviews are found: those of the customer's messages and of the reply that was sent.

A text is taken apart here and not by the database, so that both find the same: lower case, without accents and points,
letters and digits only. A word is found by its beginning. Chinese and Japanese are written without spaces: there every two
neighbouring signs are a word, so that any stretch is found. Thai, Lao, Khmer and Burmese are found by the beginning of a
stretch only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    cast,
    column,
    delete,
    exists,
    false,
    func,
    literal_column,
    select,
    table,
    union_all,
    update,
)
from sqlalchemy.types import UserDefinedType

from bot.channels.base import Speaker
from bot.review.model import State
from bot.store.statements import few_lengths, insert_once
from bot.store.tables import conversations, marks, messages, releases, reviews, texts, words
from bot.store.texts import to_text

# PostgreSQL takes no word of more than 2,046 bytes, and no more than a megabyte of them for one review.
_LONGEST = 64
_MOST = 150_000
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"(?P<unspaced>[{_UNSPACED}]+)|(?P<spaced>(?:(?![{_UNSPACED}])[^\W_])+)")


class _Query(UserDefinedType[str]):
    """PostgreSQL's type for a search: its own dialect would take longer to load than the rest of the store."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "tsquery"


_INDEX = "array_to_tsvector(string_to_array(tokens, ' '))"
# FTS5 is asked through a column that is named like its table.
_FOUND = table("words_found", column("rowid"), column("words_found"))
# What so many reviews have is not collected on PostgreSQL.
_COMMON = 20_000
# In `marks`: whether the index on SQLite may still hold words that were taken out of it.
_TAINTED = "words"

_earlier = reviews.alias("earlier")
# What an earlier review of the conversation was about is no part of this one.
_BEFORE = (
    select(func.coalesce(func.max(_earlier.c.covers), 0))
    .where(_earlier.c.conversation == reviews.c.conversation, _earlier.c.id < reviews.c.id)
    .scalar_subquery()
)
_THESE = reviews.c.id.in_(bindparam("ids", expanding=True))
_ASKED = (
    select(reviews.c.id, texts.c.body)
    .join_from(reviews, messages, messages.c.conversation == reviews.c.conversation)
    .join(texts, texts.c.id == messages.c.text)
    .where(
        _THESE,
        messages.c.speaker == Speaker.CUSTOMER.value,
        messages.c.number > _BEFORE,
        messages.c.number <= case((reviews.c.moved > reviews.c.covers, reviews.c.moved), else_=reviews.c.covers),
    )
)
_ANSWERED = (
    select(reviews.c.id, texts.c.body)
    .join_from(reviews, releases, (releases.c.review == reviews.c.id) & (releases.c.version == reviews.c.release))
    .join(texts, texts.c.id == releases.c.text)
    .where(_THESE, reviews.c.state == State.SENT.value)
)
_SAID = union_all(_ASKED, _ANSWERED)
_HELD = select(words.c.review, words.c.tokens).where(words.c.review.in_(bindparam("ids", expanding=True)))
_THREADS = (
    select(conversations.c.id)
    .where(conversations.c.id.in_(select(reviews.c.conversation).where(_THESE)))
    .order_by(conversations.c.id)
    .with_for_update(read=True)
)
_CHANGE = update(words).where(words.c.review == bindparam("the_review")).values(tokens=bindparam("the_tokens"))
_DROP = delete(words).where(words.c.review.in_(bindparam("ids", expanding=True)))
_OF_THREADS = (
    select(words.c.review)
    .join_from(words, reviews, reviews.c.id == words.c.review)
    .where(reviews.c.conversation.in_(bindparam("threads", expanding=True)))
)


def tokens(text: str, *, whole: bool = True) -> Iterator[str]:
    """The words of a text, in their order. Of one that is searched for (not `whole`) the last sign of an unspaced stretch
    is no word by itself."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(sign for sign in plain if unicodedata.category(sign)[0] != "M")
    for run in _RUNS.finditer(unicodedata.normalize("NFC", bare)):
        found = run.group()
        if run.lastgroup == "spaced":
            yield found[:_LONGEST]
            continue
        yield from (found[at : at + 2] for at in range(len(found) - 1))
        if whole or len(found) == 1:
            yield found[-1]


def install(conn: Connection) -> None:
    """Make the index by which words are found: on SQLite a full-text index that follows the table by triggers."""
    statements = (
        _SQLITE if conn.dialect.name == "sqlite" else (f"CREATE INDEX words_found ON words USING gin ({_INDEX})",)
    )
    for statement in statements:
        conn.exec_driver_sql(statement)


_GONE = "INSERT INTO words_found (words_found, rowid, tokens) VALUES ('delete', OLD.number, OLD.tokens);"
_COME = "INSERT INTO words_found (rowid, tokens) VALUES (NEW.number, NEW.tokens);"
_SQLITE = (
    # `ascii` parts at spaces and leaves the rest alone: it was all done before.
    "CREATE VIRTUAL TABLE words_found USING fts5"
    " (tokens, content='words', content_rowid='number', tokenize='ascii', detail='none', columnsize=0)",
    f"CREATE TRIGGER words_come AFTER INSERT ON words BEGIN {_COME} END",
    f"CREATE TRIGGER words_gone AFTER DELETE ON words BEGIN {_GONE} END",
    f"CREATE TRIGGER words_changed AFTER UPDATE ON words BEGIN {_GONE} {_COME} END",
)


def found(dialect: str, text: str) -> Select[Any] | None:
    """The ids of the reviews in which every word of a text occurs, by its beginning; None for a text without words."""
    matching = _matching(dialect, text)
    if matching is None:
        return None
    ids: Select[Any] = select(words.c.review)
    # So that SQLite goes from the full-text index to the rows, and stops when it has enough.
    found_in = ids.join_from(_FOUND, words, words.c.number == _FOUND.c.rowid) if dialect == "sqlite" else ids
    return found_in.where(matching)


def among(conn: Connection, text: str, review: Column[str]) -> ColumnElement[bool]:
    """Whether a review is among those that are `found` by a text with words, where these are many."""
    matching = _matching(conn.dialect.name, text)
    ids: Select[Any] = select(words.c.review)
    if matching is None:
        return false()
    if conn.dialect.name == "sqlite":
        # The numbers are collected once; the rows themselves, with all their words, need not be read.
        numbers = select(_FOUND.c.rowid).where(matching)
        return exists(ids.where(words.c.review == review, words.c.number.in_(numbers)))
    some = ids.where(matching).limit(_COMMON).subquery()
    if conn.execute(select(func.count()).select_from(some)).scalar_one() < _COMMON:
        return review.in_(select(ids.where(matching).cte("having").prefix_with("MATERIALIZED").c.review))
    # The words of review after review are looked into, which soon finds enough of what is so common.
    return exists(ids.where(matching, words.c.review == review))


def _matching(dialect: str, text: str) -> ColumnElement[bool] | None:
    wanted = dict.fromkeys(tokens(text, whole=False))
    if not wanted:
        return None
    # Letters and digits between quotes: nothing that anybody types is an operator.
    if dialect == "sqlite":
        return _FOUND.c.words_found.op("MATCH")(" AND ".join(f'"{word}"*' for word in wanted))
    return literal_column(_INDEX).op("@@")(cast(" & ".join(f"'{word}':*" for word in wanted), _Query))


def keep(conn: Connection, ids: Collection[str]) -> None:
    """Put down the words of these reviews as they are now, without what was erased."""
    if not ids:
        return
    wanted = {"ids": few_lengths(sorted(ids))}
    # On PostgreSQL nobody erases these threads until this is written.
    conn.execute(_THREADS, wanted).all()
    said: dict[str, dict[str, None]] = {review: {} for review in ids}
    for row in conn.execute(_SAID, wanted):
        said[row.id].update(dict.fromkeys(tokens(to_text(row.body))))
    held = {row.review: row.tokens for row in conn.execute(_HELD, wanted)}
    new = {review: " ".join(sorted(those))[:_MOST] for review, those in said.items()}
    once = insert_once(words, conn.dialect.name)
    for review in sorted(new):
        if review in held and held[review] != new[review]:
            conn.execute(_CHANGE, {"the_review": review, "the_tokens": new[review]})
        elif review not in held and new[review]:
            conn.execute(once, {"review": review, "tokens": new[review]})


def forget(conn: Connection, threads: Sequence[str]) -> None:
    """Take out the words of these threads, once their texts were erased; those of other people there are put down again."""
    ids = conn.execute(_OF_THREADS, {"threads": few_lengths(threads)}).scalars().all()
    if not ids:
        return
    conn.execute(_DROP, {"ids": few_lengths(ids)})
    keep(conn, ids)
    conn.execute(insert_once(marks, conn.dialect.name), {"name": _TAINTED, "number": 1})


def compact(conn: Connection) -> bool:
    """Write the index on SQLite anew where words were taken out, since until then it holds them; whether any were.

    It takes 0.2 s for 100,000 reviews, in which nobody can write.
    """
    tainted = conn.execute(delete(marks).where(marks.c.name == _TAINTED)).rowcount > 0
    if tainted and conn.dialect.name == "sqlite":
        conn.exec_driver_sql("INSERT INTO words_found (words_found) VALUES ('optimize')")
    return tainted
