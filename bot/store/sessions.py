"""Who is signed in to the pages, and who is on the way to the provider and back. Only digests of cookies are kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.channels.base import Person
from bot.store.conversations import clean
from bot.store.tables import arrivals, sessions

_HERE = sessions.c.id == bindparam("the_id")
_FIND = select(sessions).where(
    _HERE,
    sessions.c.revoked_at.is_(None),
    sessions.c.ends_at > bindparam("now"),
    sessions.c.seen_at > bindparam("unseen"),
)
_STILL = update(sessions).where(_HERE, sessions.c.revoked_at.is_(None))
_SEEN = _STILL.values(seen_at=bindparam("now"))
_END = _STILL.values(revoked_at=bindparam("now"))
_END_ALL = (
    update(sessions)
    .where(
        sessions.c.person == bindparam("who"),
        sessions.c.revoked_at.is_(None),
        sessions.c.ends_at > bindparam("now"),
    )
    .values(revoked_at=bindparam("now"))
)
_OVER = delete(sessions).where(sessions.c.ends_at <= bindparam("now"))
_TAKE = (
    delete(arrivals)
    .where(arrivals.c.id == bindparam("the_id"), arrivals.c.ends_at > bindparam("now"))
    .returning(arrivals.c.state, arrivals.c.nonce, arrivals.c.verifier, arrivals.c.next)
)
_MISSED = delete(arrivals).where(arrivals.c.ends_at <= bindparam("now"))


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in, and when they were last seen (unix seconds)."""

    person: Person
    seen: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """What has to fit when somebody comes back from the provider, and the path they wanted."""

    state: str
    nonce: str
    verifier: str
    next: str


def digest(held: str) -> bytes:
    """The digest of what a browser or a program holds: 256 random bits, so nothing has to slow guessing down."""
    return hashlib.sha256(held.encode("utf-8", "replace")).digest()


def begin(conn: Connection, held: str, person: Person, now: float, ends: float) -> None:
    """Sign a person in to the browser that holds this. What is over is forgotten on the occasion."""
    conn.execute(_OVER, {"now": now})
    channel, id_ = clean(person.channel), clean(person.id)
    row = {
        "id": digest(held),
        "person": f"{channel}:{id_}",
        "person_name": clean(person.name),
        "groups": json.dumps(sorted(person.groups)),
        "began_at": now,
        "seen_at": now,
        "ends_at": ends,
        "revoked_at": None,
    }
    conn.execute(insert(sessions), row)


def find(conn: Connection, held: str, now: float, idle: float) -> Session | None:
    """Who is signed in to the browser that holds this; None when nobody is any more."""
    row = conn.execute(_FIND, {"the_id": digest(held), "now": now, "unseen": now - idle}).one_or_none()
    if row is None:
        return None
    channel, _, id_ = row.person.partition(":")
    return Session(Person(channel, id_, row.person_name, frozenset(json.loads(row.groups))), row.seen_at)


def seen(conn: Connection, held: str, now: float) -> None:
    """They are still there."""
    conn.execute(_SEEN, {"the_id": digest(held), "now": now})


def end(conn: Connection, held: str, now: float) -> None:
    """Sign them out of the browser that holds this."""
    conn.execute(_END, {"the_id": digest(held), "now": now})


def end_all(conn: Connection, person: str, now: float) -> int:
    """Sign a person (`channel:person`) out everywhere; of how many browsers."""
    return conn.execute(_END_ALL, {"who": clean(person), "now": now}).rowcount


def leave(conn: Connection, held: str, arrival: Arrival, now: float, ends: float) -> None:
    """Remember, for the browser that holds this, what has to fit when it comes back."""
    conn.execute(_MISSED, {"now": now})
    conn.execute(insert(arrivals), asdict(arrival) | {"id": digest(held), "ends_at": ends})


def take(conn: Connection, held: str, now: float) -> Arrival | None:
    """What was remembered, for once: nobody comes back twice."""
    row = conn.execute(_TAKE, {"the_id": digest(held), "now": now}).one_or_none()
    return Arrival(row.state, row.nonce, row.verifier, row.next) if row else None
