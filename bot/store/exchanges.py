"""What a model was sent for a draft and what it answered, letter by letter: compressed, as a text that can be erased."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, bindparam, insert, select

from bot.review.model import Call
from bot.store.tables import exchanges, texts
from bot.store.texts import put_bytes

_PUT = insert(exchanges)
_OF_REVIEW = (
    select(exchanges.c.version, texts.c.body)
    .join_from(exchanges, texts, texts.c.id == exchanges.c.text, isouter=True)
    .where(exchanges.c.review == bindparam("review"))
    .order_by(exchanges.c.version)
)


def pack(calls: Sequence[Call]) -> bytes:
    """The calls as they are kept; nothing when no model was asked."""
    return zlib.compress(json.dumps([asdict(call) for call in calls]).encode()) if calls else b""


def mark(packed: bytes) -> str:
    """The digest by which a draft knows its exchange, empty without one."""
    return hashlib.sha256(packed).hexdigest()[:32] if packed else ""


def keep(conn: Connection, review: str, version: int, packed: bytes) -> None:
    """Keep what was said for the draft of this version, if anything was."""
    if packed:
        conn.execute(_PUT, {"review": review, "version": version, "text": put_bytes(conn, packed).id})


def of(conn: Connection, review: str) -> Mapping[int, tuple[Call, ...] | None]:
    """What was said for the drafts of a review, by their versions; None for what was erased or cannot be read."""
    return {row.version: unpack(row.body) for row in conn.execute(_OF_REVIEW, {"review": review})}


def unpack(body: bytes | None) -> tuple[Call, ...] | None:
    """The reverse of `pack`; None for what is not there or cannot be read."""
    if body is None:
        return None
    try:
        told = json.loads(zlib.decompress(bytes(body)))
        return tuple(Call(**one | {"sent": tuple((role, words) for role, words in one["sent"])}) for one in told)
    except (zlib.error, ValueError, TypeError, LookupError):
        return None
