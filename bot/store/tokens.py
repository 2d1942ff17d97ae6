"""Tokens by which programs read the API. A token is shown once; only its digest is kept."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from bot.store.conversations import clean
from bot.store.sessions import digest
from bot.store.tables import tokens

# So that a token in a log or a repository is recognised for what it is.
PREFIX = "cst_"
# Nobody remembers what a token was for after a year (seconds).
LONGEST = 366 * 86_400.0
# How often it is written down that a token was used (seconds).
NOTED = 60.0

_FIND = select(tokens).where(
    tokens.c.digest == bindparam("the_digest"),
    tokens.c.revoked_at.is_(None),
    tokens.c.ends_at > bindparam("now"),
)
_ALL = select(tokens).order_by(tokens.c.number)
_REVOKE = (
    update(tokens)
    .where(tokens.c.number == bindparam("which"), tokens.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)
_USED = (
    update(tokens)
    .where(
        tokens.c.number == bindparam("which"),
        or_(tokens.c.used_at.is_(None), tokens.c.used_at <= bindparam("before")),
    )
    .values(used_at=bindparam("now"))
)


class Scope(StrEnum):
    """What a token may read."""

    REVIEWS = "reviews"
    AUDIT = "audit"
    FIGURES = "figures"


class TooLong(Exception):
    """A token may be good for a year at most."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token. Times are in unix seconds."""

    number: int
    name: str
    scopes: frozenset[Scope]
    desks: tuple[str, ...]
    made_by: str
    at: float
    ends: float
    revoked: float | None
    used: float | None


def make(
    conn: Connection, name: str, scopes: Collection[Scope], desks: Collection[str], by: str, now: float, ends: float
) -> str:
    """Make a token and return it, for the only time. Raises `TooLong`."""
    if ends - now > LONGEST:
        raise TooLong
    token = PREFIX + secrets.token_urlsafe(32)
    row = {
        "digest": digest(token),
        "name": clean(name),
        "scopes": json.dumps(sorted(scopes)),
        "desks": json.dumps(sorted(desks)),
        "made_by": clean(by),
        "at": now,
        "ends_at": ends,
    }
    conn.execute(insert(tokens), row)
    return token


def find(conn: Connection, token: str, now: float) -> Token | None:
    """What this token may; None for one that is unknown, over or revoked."""
    row = conn.execute(_FIND, {"the_digest": digest(token), "now": now}).one_or_none()
    return _token(row) if row else None


def used(conn: Connection, number: int, now: float) -> None:
    """Write down that a token was used, unless that was done a moment ago."""
    conn.execute(_USED, {"which": number, "now": now, "before": now - NOTED})


def all_of(conn: Connection) -> Iterator[Token]:
    """Every token, the oldest first."""
    return map(_token, conn.execute(_ALL))


def revoke(conn: Connection, number: int, now: float) -> bool:
    """From now on the token is good for nothing; whether it was good for something before."""
    return conn.execute(_REVOKE, {"which": number, "now": now}).rowcount == 1


def _token(row: Row[tuple[object, ...]]) -> Token:
    scopes = frozenset(map(Scope, json.loads(row.scopes)))
    return Token(
        row.number,
        row.name,
        scopes,
        tuple(json.loads(row.desks)),
        row.made_by,
        row.at,
        row.ends_at,
        row.revoked_at,
        row.used_at,
    )
