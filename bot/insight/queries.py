"""What the audit's pages and the day's figures ask. SQL; it reads and never writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from bot.channels.base import Speaker
from bot.insight.searching import LINES, AuditFilter, AuditPage, Found, actors, audit_page
from bot.insight.searching import found as found_in
from bot.review.actions import (
    Approve,
    Correct,
    Delivered,
    Drafted,
    Edit,
    MarkSent,
    Received,
    Reject,
    Verdict,
    Withdrawn,
)
from bot.review.model import Draft, Feeling, Review, Role, State
from bot.store import conversations, reviews
from bot.store.audit import Entry, draft_of_text
from bot.store.conversations import Conversation, clean
from bot.store.tables import audit, messages, replies, texts
from bot.store.tables import reviews as standing
from bot.store.texts import read, to_text

__all__ = [
    "AuditFilter",
    "AuditPage",
    "Connection",
    "Found",
    "Moment",
    "Open",
    "Step",
    "Story",
    "Utterance",
    "actors",
    "audit_page",
    "moments",
    "open_now",
    "steps_since",
    "story",
]


@dataclass(frozen=True, slots=True)
class Utterance:
    """What happened to a message: `said`, `edited` or `deleted`. `text` is what it read from then on."""

    number: int
    ref: str
    event: str
    speaker: Speaker
    name: str
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that is on record about one review, oldest first.

    `earlier` are the conversation's messages from before the review was opened. `sent` are the words in force, None
    while nobody has released any; `drafted` is the draft they were released on. `delivered` is where and when they
    arrived.
    """

    review: Review
    conversation: Conversation
    earlier: tuple[Utterance, ...]
    messages: tuple[Utterance, ...]
    entries: tuple[Entry, ...]
    drafted: Draft | None
    sent: str | None
    decided: Entry | None
    delivered: tuple[str, float] | None


_OF_REVIEW = LINES.where(audit.c.review == bindparam("review")).order_by(audit.c.version)
_TALK = conversations.SAID.where(messages.c.conversation == bindparam("conversation"))
_REPLY = select(replies).where(replies.c.review == bindparam("review"))


def story(conn: Connection, review_id: str) -> Story | None:
    """Everything about one review, or None when there is none of that id."""
    review = reviews.get(conn, clean(review_id))
    if review is None:
        return None
    conversation = conversations.get(conn, review.conversation)
    found = [found_in(row) for row in conn.execute(_OF_REVIEW, {"review": review_id})]
    entries = tuple(one.entry for one in found)
    talk = [_utterance(row) for row in conn.execute(_TALK, {"conversation": review.conversation})]
    first, last = _stretch(review, entries)
    delivered = conn.execute(_REPLY, {"review": review_id}).one_or_none()
    in_force = next((one for one in found if one.entry.line.version == review.release), None)
    return Story(
        review=review,
        conversation=conversation,
        earlier=tuple(one for one in talk if one.number < first),
        messages=tuple(one for one in talk if one.number >= first and one.at <= last),
        entries=entries,
        drafted=_last_draft(entries, review.release),
        sent=in_force.released if in_force else None,
        decided=next((one for one in reversed(entries) if isinstance(one.line.action, Verdict)), None),
        delivered=None if delivered is None else (delivered.ref, delivered.at),
    )


def _stretch(review: Review, entries: tuple[Entry, ...]) -> tuple[int, float]:
    """The number of the message that opened the review, and the time after which messages belong to a later one."""
    first = next((entry.line.action.message for entry in entries if isinstance(entry.line.action, Received)), 0)
    return first, entries[-1].line.action.at if review.closed else float("inf")


def _last_draft(entries: Iterable[Entry], released: int) -> Draft | None:
    """The draft that lay on the table when words were released, or the last one when none were."""
    drafts = [
        entry.line.action.draft
        for entry in entries
        if isinstance(entry.line.action, Drafted) and (not released or entry.line.version < released)
    ]
    return drafts[-1] if drafts else None


def _utterance(row: Row[Any]) -> Utterance:
    words = read(row.text, row.body)
    return Utterance(row.number, row.ref, row.event, Speaker(row.speaker), row.person_name, row.at, words)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of a story: a step, what was said, or both when the step is about a message."""

    at: float
    entry: Entry | None
    utterance: Utterance | None


def moments(found: Story) -> tuple[Moment, ...]:
    """A story in the order of its times. A step stands with the message it is about."""
    said = {one.number: one for one in found.messages}
    told = [
        Moment(entry.line.action.at, entry, said.pop(getattr(entry.line.action, "message", 0), None))
        for entry in found.entries
    ]
    told += [Moment(one.at, None, one) for one in said.values()]
    return tuple(sorted(told, key=lambda moment: (moment.at, moment.entry is not None)))


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the audit as the day's figures need it. Times in unix seconds.

    `opened_at` is when its review was opened. `in_force` is whether this step's release is the one in force, and
    `edited` whether a person's words are.
    """

    desk: str
    action: str
    role: Role
    at: float
    opened_at: float
    in_force: bool
    edited: bool


@dataclass(frozen=True, slots=True)
class Open:
    """An open review as the figures need it. `angry` is what a person made of it, or else the drafter."""

    desk: str
    state: State
    opened_at: float
    angry: bool


_TOLD = tuple(step.__name__ for step in (Received, Approve, Edit, Reject, Withdrawn, Delivered, MarkSent, Correct))
_STEPS = (
    select(
        standing.c.desk,
        audit.c.action,
        audit.c.role,
        audit.c.at,
        standing.c.opened_at,
        (standing.c.release == audit.c.version).label("in_force"),
        standing.c.edited.is_not(None).label("edited"),
    )
    # Every line has its review. The outer join, and no condition on the review, leave SQLite only the way from the lines
    # of the day to their reviews: once it has counted its rows (ANALYZE) it would rather go through all reviews.
    .join_from(audit, standing, standing.c.id == audit.c.review, isouter=True)
    .where(audit.c.at >= bindparam("since"), audit.c.action.in_(_TOLD))
)
_OPEN_NOW: Select[Any] = (
    select(standing.c.desk, standing.c.state, standing.c.opened_at, standing.c.judged, texts.c.body)
    .join_from(standing, texts, texts.c.id == standing.c.draft, isouter=True)
    .where(reviews.OPEN_AT_DESKS)
    .execution_options(yield_per=1000)
)


def steps_since(conn: Connection, desks: Collection[str], since: float) -> list[Step]:
    """What the figures of a stretch of time are made of: the steps at these desks since then (unix seconds)."""
    return [
        Step(row.desk, row.action, Role(row.role), row.at, row.opened_at, bool(row.in_force), bool(row.edited))
        for row in conn.execute(_STEPS, {"since": since})
        if row.desk in desks
    ]


def open_now(conn: Connection, desks: Collection[str]) -> Iterator[Open]:
    """The open reviews of these desks. Read as they come, because there may be a great many."""
    for row in conn.execute(_OPEN_NOW, {"desks": list(desks)}):
        yield Open(row.desk, State(row.state), row.opened_at, _angry(row))


def _angry(row: Row[Any]) -> bool:
    if row.body is None or row.judged:
        return bool(row.judged == Feeling.ANGRY)
    try:
        return draft_of_text(to_text(row.body)).sentiment.angry
    except (ValueError, KeyError, TypeError):
        # Somebody tampered with this draft, which `audit verify` tells; the others are counted all the same.
        return False
