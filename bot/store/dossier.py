"""All that is kept of one customer, as plain values, for whoever asks what that is.

Nothing in it names a colleague or quotes another customer: it tells who did what by their role.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from bot.channels.base import Person, Speaker
from bot.review.model import Call
from bot.store import exchanges
from bot.store.audit import ENTRIES
from bot.store.conversations import SAID, clean
from bot.store.erasure import threads_of
from bot.store.tables import audit, messages, releases, replies, texts
from bot.store.tables import conversations as threads
from bot.store.tables import reviews as standing
from bot.store.texts import ERASED, read

_THREAD = select(threads).where(threads.c.id == bindparam("thread"))
_SAID = SAID.where(messages.c.conversation == bindparam("thread"))
_REVIEWS = select(standing).where(standing.c.conversation == bindparam("thread")).order_by(standing.c.opened_at)
_STEPS = ENTRIES.where(audit.c.review == bindparam("review")).order_by(audit.c.version)
_SENT: Select[Any] = (
    select(replies.c.at, releases.c.text, texts.c.body)
    .join_from(replies, releases, (releases.c.review == replies.c.review) & (releases.c.version == replies.c.version))
    .join(texts, texts.c.id == releases.c.text, isouter=True)
    .where(replies.c.review == bindparam("review"))
)
# The message a step is about stands among the messages.
_ABOUT_MESSAGES = ("Received", "Amended")
_DRAFTS = ("Drafted", "DraftFailed")
_OUTCOMES = ("reason", "feeling", "change")


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was said in a thread, or what became of it."""

    at: str
    by: str
    event: str
    ref: str
    text: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a review. `asked` is what a model was shown for it and what it answered."""

    at: str
    by: str
    action: str
    outcome: str
    text: str
    draft: Mapping[str, Any] | None
    asked: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A reply that reached its thread."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """A review of a reply to this customer."""

    id: str
    state: str
    opened_at: str
    closed_at: str | None
    steps: tuple[Step, ...]
    reply: Sent | None


@dataclass(frozen=True, slots=True)
class Talk:
    """A thread in which they wrote. Of another customer's thread, only their own messages."""

    id: str
    desk: str
    place: str
    root: str
    opened_at: str
    messages: tuple[Told, ...]
    reviews: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything of one customer."""

    customer: str
    names: tuple[str, ...]
    made_at: str
    conversations: tuple[Talk, ...]
    erased: int


def of(conn: Connection, who: Person, now: float) -> Dossier | None:
    """What is kept of this customer; None when nothing is."""
    ids = threads_of(conn, who)
    if not ids:
        return None
    names: dict[str, None] = {}
    talks = tuple(_talk(conn, thread, clean(who.id), names) for thread in ids)
    return Dossier(str(who), tuple(names), _when(now), talks, sum(_erased(talk) for talk in talks))


def _talk(conn: Connection, thread: str, who: str, names: dict[str, None]) -> Talk:
    row = conn.execute(_THREAD, {"thread": thread}).one()
    theirs = row.customer == who
    said = [one for one in conn.execute(_SAID, {"thread": thread}) if _may_be_told(one, who, theirs=theirs)]
    heard = (row.customer_name if theirs else "", *(one.person_name for one in said if one.person == who))
    names.update(dict.fromkeys(name for name in heard if name))
    asked = conn.execute(_REVIEWS, {"thread": thread}).all() if theirs else []
    return Talk(
        row.id,
        row.desk,
        f"{row.channel}:{row.place}",
        row.root,
        _when(row.opened_at),
        tuple(_told(one) for one in said),
        tuple(_case(conn, review) for review in asked),
    )


def _may_be_told(said: Row[Any], who: str, *, theirs: bool) -> bool:
    own = said.speaker == Speaker.CUSTOMER.value and said.person == who
    return own or (theirs and said.speaker != Speaker.CUSTOMER.value)


def _told(said: Row[Any]) -> Told:
    return Told(
        _when(said.at), said.speaker, said.event, said.ref, read(said.text, said.body), tuple(json.loads(said.files))
    )


def _case(conn: Connection, review: Row[Any]) -> Case:
    asked = {"review": review.id}
    sent = conn.execute(_SENT, asked).one_or_none()
    said = exchanges.of(conn, review.id)
    return Case(
        review.id,
        review.state,
        _when(review.opened_at),
        None if review.closed_at is None else _when(review.closed_at),
        tuple(_step(line, said.get(line.version) or ()) for line in conn.execute(_STEPS, asked)),
        None if sent is None else Sent(_when(sent.at), read(sent.text, sent.body)),
    )


def _step(line: Row[Any], asked: tuple[Call, ...]) -> Step:
    details = json.loads(line.details)
    outcome = next((str(details[name]) for name in _OUTCOMES if name in details), "")
    text = "" if line.action in _ABOUT_MESSAGES else read(line.text, line.body)
    drafted = line.action in _DRAFTS and text != ERASED
    draft = json.loads(text) if drafted else None
    return Step(_when(line.at), line.role, line.action, outcome, "" if drafted else text, draft, asked)


def _erased(talk: Talk) -> int:
    steps = (step.text for case in talk.reviews for step in case.steps)
    return sum(text == ERASED for text in (*(said.text for said in talk.messages), *steps))


def _when(at: float) -> str:
    """ISO 8601, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
