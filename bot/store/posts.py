"""The local workspace's own messages: an outside world like Slack or Teams that happens to live in the same file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    literal,
    or_,
    select,
    true,
    update,
)

from bot.channels.base import NotStored, Person, Speaker
from bot.channels.wall import NoSuchMessage, Post, WebThread
from bot.store.bell import Topic, ring_after
from bot.store.conversations import clean
from bot.store.engine import Engine, StoreDown, T
from bot.store.statements import few_lengths, insert_once
from bot.store.tables import posts, told
from bot.store.texts import to_bytes, to_text

_OF_CUSTOMERS = posts.c.speaker == Speaker.CUSTOMER.value
_BY_KEY = select(posts).where(posts.c.key == bindparam("key"))
_BY_NUMBER = select(posts).where(posts.c.number == bindparam("number"))
_ROW = update(posts).where(posts.c.number == bindparam("the_number"))
_CHANGE = _ROW.values(body=bindparam("text"), edits=posts.c.edits + 1)
_REMOVE = _ROW.values(body=b"", deleted=True)
_ROOTS = (
    select(posts)
    .where(posts.c.place == bindparam("place"), posts.c.root == 0)
    .order_by(posts.c.number.desc())
    .limit(bindparam("limit"))
)
_ANSWERS = (
    select(posts)
    .where(posts.c.place == bindparam("place"), posts.c.root.in_(bindparam("roots", expanding=True)))
    .order_by(posts.c.number)
)


# Between hanging up a message and telling the desk of it lies one moment: what is older was told.
_RECENT = 1000
_LATEST = (
    select(posts)
    .where(posts.c.place == bindparam("place"))
    .order_by(posts.c.number.desc())
    .limit(bindparam("limit"))
    .subquery()
)
_UNTOLD = (
    select(_LATEST)
    .where(
        _LATEST.c.speaker != Speaker.BOT.value,
        ~_LATEST.c.deleted,
        ~exists().where(told.c.key == literal("web:") + cast(_LATEST.c.number, Text)),
    )
    .order_by(_LATEST.c.number)
)


def notes_at(conn: Connection, places: Sequence[str], limit: int) -> list[Post]:
    """What was told to colleagues at these places, the newest first."""
    found = select(posts).where(posts.c.place.in_(places), posts.c.root == 0, posts.c.speaker == Speaker.BOT.value)
    return [_post(row) for row in conn.execute(found.order_by(posts.c.number.desc()).limit(limit))]


def forget(conn: Connection, person: str) -> int:
    """Take away whatever this customer hung up, told or not; how many messages that were."""
    return conn.execute(delete(posts).where(_OF_CUSTOMERS, posts.c.person == person)).rowcount


def clear(conn: Connection, roots: Sequence[int], person: str | None) -> None:
    """Take away the messages of these threads that this customer wrote, or any, and the words of ours.

    A reply of ours stays findable by its key, so that it is known that it was there. A thread without its first message
    can be answered no more.
    """
    here = or_(posts.c.number.in_(roots), posts.c.root.in_(roots))
    theirs = _OF_CUSTOMERS & (true() if person is None else posts.c.person == person)
    conn.execute(delete(posts).where(here, theirs))
    conn.execute(update(posts).where(here, ~_OF_CUSTOMERS).values(body=b"", deleted=True))


class PostWall:
    """The wall of one place, in the store."""

    def __init__(self, engine: Engine, place: str, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._place = place
        self._clock = clock

    async def post(self, key: str, root: str, speaker: Speaker, by: Person, text: str) -> Post | None:
        """Hang up a message once: the same key again gives what already hangs there. None without such a thread."""
        values = self._values(self._place, key, _number(root) or 0, speaker, by, text)

        def hang_up(conn: Connection) -> Post | None:
            return None if root and _by_ref(conn, root) is None else _hung(conn, values)

        return await _reach(self._engine.write(hang_up))

    async def note(self, place: str, key: str, by: Person, text: str) -> Post:
        """Hang something up for colleagues at another place, once: the same key again gives what already hangs there."""
        values = self._values(place, key, 0, Speaker.BOT, by, text)
        return await _reach(self._engine.write(lambda conn: _hung(conn, values)))

    def _values(self, place: str, key: str, root: int, speaker: Speaker, by: Person, text: str) -> dict[str, Any]:
        return {
            "key": clean(key),
            "place": place,
            "root": root,
            "speaker": speaker.value,
            "person": clean(by.id),
            "person_name": clean(by.name),
            "body": to_bytes(text),
            "at": self._clock(),
            "edits": 0,
            "deleted": False,
        }

    async def find(self, key: str) -> Post | None:
        """The message that was hung up with this key."""
        return await _reach(self._engine.read(lambda conn: _one(conn, _BY_KEY, {"key": clean(key)})))

    async def get(self, ref: str) -> Post | None:
        """The message with this reference."""
        return await _reach(self._engine.read(lambda conn: _by_ref(conn, ref)))

    async def change(self, ref: str, text: str) -> Post:
        """The message now reads so; `at` is when it was changed."""
        return await self._alter(ref, lambda conn, key: conn.execute(_CHANGE, key | {"text": to_bytes(text)}))

    async def remove(self, ref: str) -> Post:
        """The message is gone, and so are its words; `at` is when it went."""
        return await self._alter(ref, lambda conn, key: conn.execute(_REMOVE, key))

    async def threads(self, limit: int) -> list[WebThread]:
        """The latest threads, newest first."""
        return await _reach(self._engine.read(lambda conn: _threads(conn, self._place, limit)))

    async def untold(self) -> list[Post]:
        """Recent messages of people that the desk was never told of."""
        values = {"place": self._place, "limit": _RECENT}
        return await _reach(self._engine.read(lambda conn: [_post(row) for row in conn.execute(_UNTOLD, values)]))

    async def _alter(self, ref: str, statement: Callable[[Connection, dict[str, int]], object]) -> Post:
        def work(conn: Connection) -> Post:
            statement(conn, {"the_number": int(ref)})
            ring_after(conn, Topic.PAGES)
            post = _by_ref(conn, ref)
            if post is None:
                raise NoSuchMessage
            return replace(post, at=self._clock())

        return await _reach(self._engine.write(work))


def _hung(conn: Connection, values: dict[str, Any]) -> Post:
    """The message that hangs there by this key, now or already."""
    if conn.execute(insert_once(posts, conn.dialect.name), values).rowcount:
        ring_after(conn, Topic.PAGES)
    return _post(conn.execute(_BY_KEY, {"key": values["key"]}).one())


async def _reach(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except StoreDown as error:
        raise NotStored from error


def _number(ref: str) -> int | None:
    """The number of a message; None for what never was one. No database takes a longer one."""
    return int(ref) if ref.isdecimal() and len(ref) < 19 else None


def _by_ref(conn: Connection, ref: str) -> Post | None:
    number = _number(ref)
    return None if number is None else _one(conn, _BY_NUMBER, {"number": number})


def _one(conn: Connection, statement: Select[Any], key: dict[str, Any]) -> Post | None:
    row = conn.execute(statement, key).one_or_none()
    return None if row is None else _post(row)


def _threads(conn: Connection, place: str, limit: int) -> list[WebThread]:
    roots = [_post(row) for row in conn.execute(_ROOTS, {"place": place, "limit": limit})]
    found: dict[str, list[Post]] = {root.ref: [root] for root in roots}
    for row in conn.execute(_ANSWERS, {"place": place, "roots": few_lengths([int(ref) for ref in found])}):
        found[str(row.root)].append(_post(row))
    return [WebThread(ref, tuple(thread)) for ref, thread in found.items()]


def _post(row: Row[Any]) -> Post:
    return Post(
        ref=str(row.number),
        root=str(row.root or ""),
        by=Person("web", row.person, row.person_name),
        speaker=Speaker(row.speaker),
        text=to_text(row.body),
        at=row.at,
        edits=row.edits,
        deleted=bool(row.deleted),
    )
