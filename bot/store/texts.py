"""What people wrote, each under a salt of its own: without the salt a digest in the audit says nothing."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from bot.store.tables import texts

ERASED = "[erased]"
CHANGED = "[changed]"

_PUT = insert(texts).returning(texts.c.id)
_GET = select(texts.c.salt, texts.c.body).where(texts.c.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a text is kept, and the digest that goes into the record in its stead."""

    id: int
    digest: bytes


def put(conn: Connection, body: str) -> Kept:
    """Keep a text."""
    return put_bytes(conn, to_bytes(body))


def put_bytes(conn: Connection, data: bytes) -> Kept:
    """Keep what is a text in another shape."""
    salt = os.urandom(16)
    kept = conn.execute(_PUT, {"salt": salt, "body": data}).scalar_one()
    return Kept(kept, digest(salt, data))


def get(conn: Connection, kept: int) -> tuple[str, bytes] | None:
    """A text and its digest, or None when it was erased."""
    row = conn.execute(_GET, {"id": kept}).one_or_none()
    return None if row is None else (to_text(row.body), digest(row.salt, row.body))


def read(kept: int | None, body: bytes | None) -> str:
    """A text that was joined to the row which names it: empty where it names none, `[erased]` where it is gone."""
    if kept is None:
        return ""
    return ERASED if body is None else to_text(body)


def alias() -> str:
    """What an erased name becomes: it says nothing, but whose things belong together can still be counted."""
    return f"erased-{secrets.token_hex(8)}"


def digest(salt: bytes, body: bytes) -> bytes:
    """SHA-256 over salt and text."""
    return hashlib.sha256(bytes(salt) + bytes(body)).digest()


def to_bytes(text: str) -> bytes:
    """UTF-8 that also carries the lone surrogates which JSON lets customers send."""
    return text.encode("utf-8", "surrogatepass")


def to_text(data: bytes) -> str:
    """The reverse of `to_bytes`. What is no text, because somebody tampered with it, reads as question marks."""
    try:
        return bytes(data).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return bytes(data).decode("utf-8", "replace")
