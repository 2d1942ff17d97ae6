"""What the audit's pages and the day's figures ask. The only SQL outside `bot.store`; it reads and never writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, or_, select

from bot.channels.base import Speaker
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
from bot.store.audit import Entry, draft_of_text, entry_of
from bot.store.conversations import Conversation, clean
from bot.store.tables import audit, messages, releases, replies, texts
from bot.store.tables import conversations as threads
from bot.store.tables import reviews as standing
from bot.store.texts import ERASED, to_text

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
class AuditFilter:
    """What to look for; an empty part lets everything through.

    `conversation` is its id, its thread's reference or a part of the customer's name; `actor` a `channel:person`;
    `steps` the names of actions. `since` and `until` are unix seconds, the second excluded. `before` is the number of
    the audit line after which the page begins: lines are only ever added, so a page stays what it was.
    """

    conversation: str = ""
    actor: str = ""
    steps: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A line of the audit, with whose conversation it belongs to, and the words it released if it did."""

    entry: Entry
    conversation: str
    customer: str
    released: str | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Lines, the newest first. `older` is the `before` of the next page, None on the last."""

    found: tuple[Found, ...]
    older: int | None


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


_kept, _said = texts.alias("kept"), texts.alias("said")
_LINES = (
    select(
        audit,
        _kept.c.salt,
        _kept.c.body,
        releases.c.text.label("released"),
        _said.c.body.label("said"),
        standing.c.conversation,
        threads.c.customer_name,
    )
    .join(standing, standing.c.id == audit.c.review)
    .join(threads, threads.c.id == standing.c.conversation)
    .join(_kept, _kept.c.id == audit.c.text, isouter=True)
    .join(
        releases,
        and_(releases.c.review == audit.c.review, releases.c.version == audit.c.version),
        isouter=True,
    )
    .join(_said, _said.c.id == releases.c.text, isouter=True)
)
_OF_REVIEW = _LINES.where(audit.c.review == bindparam("review")).order_by(audit.c.version)
_TALK = (
    select(messages, texts.c.body)
    .join(texts, texts.c.id == messages.c.text, isouter=True)
    .where(messages.c.conversation == bindparam("conversation"))
    .order_by(messages.c.number)
)
_REPLY = select(replies).where(replies.c.review == bindparam("review"))


def audit_page(conn: Connection, wanted: AuditFilter) -> AuditPage:
    """A page of the audit."""
    rows = conn.execute(_narrowed(wanted).order_by(audit.c.number.desc()).limit(wanted.limit + 1)).all()
    found = tuple(_found(row) for row in rows[: wanted.limit])
    return AuditPage(found, found[-1].entry.number if len(rows) > wanted.limit else None)


def _narrowed(wanted: AuditFilter) -> Select[Any]:
    lines: Select[Any] = _LINES
    if wanted.conversation:
        words = clean(wanted.conversation)
        part = f"%{_literally(words)}%"
        lines = lines.where(
            or_(
                threads.c.id == words,
                threads.c.root == words,
                func.lower(threads.c.customer_name).like(part.lower(), escape="\\"),
            )
        )
    if wanted.actor:
        lines = lines.where(audit.c.actor == clean(wanted.actor))
    if wanted.steps:
        lines = lines.where(audit.c.action.in_(wanted.steps))
    if wanted.since is not None:
        lines = lines.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        lines = lines.where(audit.c.at < wanted.until)
    if wanted.before is not None:
        lines = lines.where(audit.c.number < wanted.before)
    return lines


def _literally(text: str) -> str:
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return text


def actors(conn: Connection) -> list[tuple[str, str]]:
    """Who has ever taken a step, as (id, the name they last had).

    Jumps from one to the next in `audit_by_actor`: DISTINCT would read the whole audit.
    """
    first = select(func.min(audit.c.actor).label("actor")).cte("people", recursive=True)
    later = select(select(func.min(audit.c.actor)).where(audit.c.actor > first.c.actor).scalar_subquery())
    people = first.union_all(later.where(first.c.actor.is_not(None)))
    name = (
        select(audit.c.actor_name)
        .where(audit.c.actor == people.c.actor)
        .order_by(audit.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return [(row[0], row[1]) for row in conn.execute(select(people.c.actor, name)) if row[0] is not None]


def story(conn: Connection, review_id: str) -> Story | None:
    """Everything about one review, or None when there is none of that id."""
    review = reviews.get(conn, clean(review_id))
    if review is None:
        return None
    conversation = conversations.get(conn, review.conversation)
    found = [_found(row) for row in conn.execute(_OF_REVIEW, {"review": review_id})]
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


def _found(row: Row[Any]) -> Found:
    released = None if row.released is None else ERASED if row.said is None else to_text(row.said)
    return Found(entry_of(row), row.conversation, row.customer_name, released)


def _utterance(row: Row[Any]) -> Utterance:
    text = "" if row.text is None else ERASED if row.body is None else to_text(row.body)
    return Utterance(row.number, row.ref, row.event, Speaker(row.speaker), row.person_name, row.at, text)


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
    .where(standing.c.closed_at.is_(None), standing.c.desk.in_(bindparam("desks", expanding=True)))
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
