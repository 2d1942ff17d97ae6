"""Conversations and what was said in them: stored as it came in, read as it now stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, insert, select, update

from bot.channels.base import Deleted, Edited, Event, Message, Person, Place, Said, Seen, Speaker, Thread
from bot.review.model import Review
from bot.store.conflict import Conflict
from bot.store.statements import few_lengths, insert_once
from bot.store.tables import conversations, messages, releases, texts, told
from bot.store.texts import Kept, put, to_text

# Of the thread with a `key_of`.
IN_THREAD = and_(
    conversations.c.channel == bindparam("channel"),
    conversations.c.place == bindparam("place"),
    conversations.c.root == bindparam("root"),
)
_OF_THREAD = (
    select(conversations)
    .where(IN_THREAD)
    # Two events of one conversation are taken one after the other; the reference a release holds to it is no obstacle.
    .with_for_update(key_share=True)
)
_BY_ID = select(conversations).where(conversations.c.id == bindparam("id"))
_BY_IDS = select(conversations).where(conversations.c.id.in_(bindparam("ids", expanding=True)))
_LAST_TEXT = (
    select(texts.c.body)
    .join_from(messages, texts, texts.c.id == messages.c.text, isouter=True)
    .where(
        messages.c.conversation == bindparam("conversation"),
        messages.c.ref == bindparam("ref"),
        messages.c.text.is_not(None),
    )
    .order_by(messages.c.number.desc())
    .limit(1)
)
# Answered from the index alone, however many conversations somebody has.
_NAMED = (
    select(conversations.c.channel, conversations.c.customer, conversations.c.customer_name)
    .where(
        conversations.c.desk == bindparam("desk"),
        conversations.c.customer_name.in_(bindparam("names", expanding=True)),
    )
    .distinct()
)
_ROW = update(conversations).where(conversations.c.id == bindparam("the_id"))
_SETTLE = _ROW.where(conversations.c.answered < bindparam("upto")).values(answered=bindparam("upto"))
_REOPEN = _ROW.values(answered=bindparam("upto"))
_SAY = insert(messages).returning(messages.c.number)
_REPLY = insert(messages).values(
    text=select(releases.c.text)
    .where(releases.c.review == bindparam("review"), releases.c.version == bindparam("release"))
    .scalar_subquery()
)
SAID = (
    select(messages, texts.c.body)
    .join_from(messages, texts, texts.c.id == messages.c.text, isouter=True)
    .order_by(messages.c.number)
)
_SAID_IN = SAID.where(messages.c.conversation.in_(bindparam("ids", expanding=True)))
_EVENTS: dict[type[Event], str] = {Said: "said", Edited: "edited", Deleted: "deleted", Seen: "seen"}
# When a message that was erased was last changed: before anything that could be told of it.
_ERASED = float("-inf")
# PostgreSQL's text cannot hold NUL, and no name needs one.
_NUL = str.maketrans({"\x00": "\ufffd"})


@dataclass(frozen=True, slots=True)
class Conversation:
    """A customer's thread at a desk."""

    id: str
    desk: str
    thread: Thread
    customer: Person
    answered: int = 0
    erased: bool = False


def is_new(conn: Connection, keys: Iterable[str], at: float) -> bool:
    """Remember these names of an event; False when one of them was told before."""
    once = insert_once(told, conn.dialect.name)
    # In one order, so that two processes that are told the same do not wait for each other.
    names = sorted({clean(key) for key in keys})
    fresh = [conn.execute(once, {"key": key, "at": at}).rowcount for key in names]
    return all(count == 1 for count in fresh)


def was_told(conn: Connection, key: str) -> bool:
    """Whether this name is remembered."""
    return conn.execute(select(told.c.key).where(told.c.key == clean(key))).scalar() is not None


def of_thread(conn: Connection, thread: Thread) -> Conversation | None:
    """The conversation of this thread, held until the transaction ends."""
    row = conn.execute(_OF_THREAD, key_of(thread)).one_or_none()
    return None if row is None else _conversation(row)


def get(conn: Connection, conversation: str) -> Conversation:
    """The conversation with this id."""
    return _conversation(conn.execute(_BY_ID, {"id": conversation}).one())


def of_ids(conn: Connection, *ids: str) -> dict[str, Conversation]:
    """These conversations by their ids."""
    return {row.id: _conversation(row) for row in conn.execute(_BY_IDS, {"ids": few_lengths(ids)})} if ids else {}


def customers_named(conn: Connection, desk: str, names: Sequence[str]) -> list[Person]:
    """The customers of a desk who have exactly one of these names."""
    found = conn.execute(_NAMED, {"desk": desk, "names": few_lengths(names)}) if names else ()
    return [Person(row.channel, row.customer, row.customer_name) for row in found]


def start(conn: Connection, conversation: Conversation, at: float) -> None:
    """Write down a new conversation. Raises `Conflict` when another process was first."""
    thread = conversation.thread
    done = conn.execute(
        insert_once(conversations, conn.dialect.name),
        {
            "id": conversation.id,
            "desk": conversation.desk,
            **key_of(thread),
            "customer": clean(conversation.customer.id),
            "customer_name": clean(conversation.customer.name),
            "answered": conversation.answered,
            "opened_at": at,
        },
    )
    if done.rowcount != 1:
        raise Conflict


def meet(conn: Connection, conversation: str, customer: Person) -> None:
    """A customer joined a thread that a colleague began, or one that was erased."""
    values = {"customer": clean(customer.id), "customer_name": clean(customer.name), "erased_at": None}
    conn.execute(_ROW, {"the_id": conversation} | values)


def settle(conn: Connection, conversation: str, upto: int) -> None:
    """The messages up to this number need no answer any more."""
    conn.execute(_SETTLE, {"the_id": conversation, "upto": upto})


def reopen(conn: Connection, conversation: str, upto: int) -> None:
    """An answer was taken back: only the messages up to this number are answered."""
    conn.execute(_REOPEN, {"the_id": conversation, "upto": upto})


def changes(conn: Connection, conversation: str, event: Event) -> bool:
    """Whether the event makes a difference: link previews arrive as edits that change no word (Slack), and of a message
    that was erased there is nothing left to delete."""
    if not isinstance(event, Edited | Deleted):
        return True
    known = conn.execute(_LAST_TEXT, {"conversation": conversation, "ref": clean(event.ref)}).one_or_none()
    if isinstance(event, Deleted):
        return known is None or known.body is not None
    return known is None or known.body is None or to_text(known.body) != event.text


def add(conn: Connection, conversation: str, event: Event) -> tuple[int, Kept | None]:
    """Write down what happened; returns its number and where its text is kept."""
    kept = put(conn, event.text) if isinstance(event, Said | Edited) else None
    files = event.files if isinstance(event, Said) else ()
    number = conn.execute(
        _SAY,
        {
            "conversation": conversation,
            "ref": clean(event.ref),
            "event": _EVENTS[type(event)],
            "speaker": event.speaker.value,
            "person": clean(event.by.id),
            "person_name": clean(event.by.name),
            "at": event.at,
            "text": kept.id if kept else None,
            "files": json.dumps([clean(name) for name in files]),
        },
    ).scalar_one()
    return number, kept


def add_reply(conn: Connection, sent: Review, ref: str, at: float) -> None:
    """The bot's own reply, now that it is in the thread: the words of the release in force."""
    conn.execute(
        _REPLY,
        {
            "review": sent.id,
            "release": sent.release,
            "conversation": sent.conversation,
            "ref": clean(ref),
            "event": "said",
            "speaker": Speaker.BOT.value,
            "person": "countersign",
            "person_name": "Countersign",
            "at": at,
            "files": "[]",
        },
    )


def unanswered(messages: Iterable[Message], answered: int) -> tuple[Message, ...]:
    """What customers wrote and still stands without an answer."""
    return tuple(m for m in messages if m.speaker is Speaker.CUSTOMER and not m.deleted and m.number > answered)


def as_it_reads(conn: Connection, *ids: str) -> dict[str, tuple[Message, ...]]:
    """The messages of these conversations as they now stand, edits and deletions applied, oldest first."""
    now: dict[str, dict[str, Message]] = {conversation: {} for conversation in ids}
    changed: dict[tuple[str, str], float] = {}
    for row in conn.execute(_SAID_IN, {"ids": few_lengths(ids)}) if ids else ():
        _apply(now[row.conversation], changed, row)
    return {conversation: tuple(messages.values()) for conversation, messages in now.items()}


def _apply(now: dict[str, Message], changed: dict[tuple[str, str], float], row: Row[Any]) -> None:
    """Fold one row in. Channels promise no order: an edit or a deletion may be told before the message itself, and an
    older edit after a newer one. A message that was edited waits for an answer like a new one, and so does one that was
    said again after it was deleted: in Teams a deletion can be taken back. An erased one reads as if it had been deleted;
    what is told of it afterwards is the first that is known of it."""
    key = (row.conversation, row.ref)
    if row.text is not None and row.body is None:
        now[row.ref] = replace(_message(row, ""), deleted=True)
        changed[key] = _ERASED
        return
    body = "" if row.text is None else to_text(row.body)
    earlier = now.get(row.ref)
    if changed.get(key) == _ERASED:
        earlier = None
        del changed[key]
    told = earlier or _message(row, body)
    if row.event == "edited" and row.at >= changed.get(key, row.at):
        changed[key] = row.at
        now[row.ref] = replace(told, number=row.number, text="" if told.deleted else body, edited=True)
    elif row.event == "deleted":
        changed[key] = max(row.at, changed.get(key, row.at))
        now[row.ref] = replace(told, text="", deleted=True)
    elif earlier is None:
        now[row.ref] = told
    elif earlier.deleted and row.event == "said" and row.at > changed[key]:
        now[row.ref] = replace(_message(row, body), edited=earlier.edited)


def key_of(thread: Thread) -> dict[str, str]:
    """The columns by which a thread's conversation is found."""
    return {"channel": thread.place.channel, "place": thread.place.id, "root": clean(thread.root)}


def clean(name: str) -> str:
    """A name or reference as the database can hold it."""
    return name.translate(_NUL).encode("utf-8", "replace").decode()


def _conversation(row: Row[Any]) -> Conversation:
    thread = Thread(Place(row.channel, row.place), row.root)
    customer = Person(row.channel, row.customer, row.customer_name)
    return Conversation(row.id, row.desk, thread, customer, row.answered, erased=row.erased_at is not None)


def _message(row: Row[Any], body: str) -> Message:
    by = Person("", row.person, row.person_name)
    return Message(row.number, row.ref, Speaker(row.speaker), by, body, row.at, files=tuple(json.loads(row.files)))
