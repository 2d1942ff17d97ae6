"""Erasing what people wrote: texts, salts and names go for good; who decided what and when stays, and still verifies.

A person's erasure takes what they wrote, and in every thread they wrote in whatever was written on our side: drafts,
edits, instructions, notes, replies. What other customers wrote there is theirs and stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    union,
    update,
)

from bot.channels.base import Person, Speaker
from bot.review.actions import Action, Amended, Change, Withdrawn
from bot.review.machine import decide, under_way
from bot.review.model import CUSTOMER, SYSTEM, Review
from bot.store import conversations, posts, proposals, reviews, thumbs, words
from bot.store.bell import Topic, ring_after
from bot.store.conversations import clean
from bot.store.tables import audit, erasures, evidence, exchanges, messages, releases, texts
from bot.store.tables import conversations as threads
from bot.store.tables import reviews as standing
from bot.store.texts import ERASED, alias

# Threads in one statement: SQLite takes no more than 32,766 values, PostgreSQL 65,535.
_MANY = 500
_OF_CUSTOMERS = messages.c.speaker == Speaker.CUSTOMER.value
_BEFORE: BindParameter[float] = bindparam("before")
_IDLE = (
    select(threads.c.id)
    .where(
        threads.c.desk == bindparam("desk"),
        threads.c.erased_at.is_(None),
        threads.c.opened_at < _BEFORE,
        ~exists().where(
            standing.c.conversation == threads.c.id,
            or_(standing.c.closed_at.is_(None), standing.c.closed_at >= _BEFORE),
        ),
        ~exists().where(messages.c.conversation == threads.c.id, messages.c.at >= _BEFORE),
    )
    .order_by(threads.c.opened_at)
    .limit(bindparam("limit"))
    # On PostgreSQL another replica takes others.
    .with_for_update(key_share=True, skip_locked=True)
)
_ON_RECORD = select(
    func.count().label("times"), func.coalesce(func.sum(erasures.c.texts), 0).label("texts")
).select_from(erasures)


class End(StrEnum):
    """What becomes of an open review when a person is erased."""

    NOTHING = "nothing"  # nobody waits for an answer any more
    ANEW = "anew"  # another customer does, so it begins again
    UNDER_WAY = "under_way"  # its reply may be out already; if it is not, it never will be


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took: so many threads, texts, and messages of the local workspace; and what came of open reviews."""

    threads: int
    texts: int
    posts: int = 0
    ends: Counter[End] = field(default_factory=Counter)


def erase(conn: Connection, who: Person, by: str, now: float) -> Erased | None:
    """Erase a customer; None when nothing is known of them. `by` is who asks for it.

    Raises `Conflict` when somebody took a step meanwhile: try again.
    """
    name, unnamed = clean(who.id), alias()
    # Held until the transaction ends: what is told of these threads now has to wait.
    found = list(conn.execute(_written_by(who).with_for_update(key_share=True)).scalars())
    hung = posts.forget(conn, name) if who.channel == "web" else 0
    if not thumbs.forget_who(conn, who) and not found and not hung:
        return None
    gone = sum(_clear(conn, some, name, unnamed, now) for some in _portions(found))
    words.compact(conn)
    ends = Counter(_end(conn, review, now) for some in _portions(found) for review in _open_in(conn, some))
    conn.execute(insert(erasures), _record(by, "", len(found), gone, now))
    ring_after(conn, Topic.CARDS, Topic.PAGES)
    return Erased(len(found), gone, hung, ends)


def expire(conn: Connection, desk: str, before: float, limit: int, now: float) -> Erased:
    """Erase a few of a desk's threads in which nothing is open, and nothing was said or decided since `before` (unix
    seconds)."""
    idle = conn.execute(_IDLE, {"desk": desk, "before": before, "limit": limit}).scalars().all()
    gone = sum(_clear(conn, [thread], None, alias(), now) for thread in idle)
    if idle:
        conn.execute(insert(erasures), _record(SYSTEM.id, desk, len(idle), gone, now))
        ring_after(conn, Topic.PAGES)
    return Erased(len(idle), gone)


def on_record(conn: Connection) -> tuple[int, int]:
    """How many erasures there were, and how many texts they took."""
    row = conn.execute(_ON_RECORD).one()
    return row.times, int(row.texts)


def threads_of(conn: Connection, who: Person) -> list[str]:
    """The threads in which somebody wrote as a customer."""
    return list(conn.execute(_written_by(who)).scalars())


def _written_by(who: Person) -> Select[Any]:
    name = clean(who.id)
    wrote = select(messages.c.conversation).where(_OF_CUSTOMERS, messages.c.person == name)
    known = or_(threads.c.customer == name, threads.c.id.in_(wrote))
    return select(threads.c.id).where(threads.c.channel == who.channel, known).order_by(threads.c.id)


def _clear(conn: Connection, ids: Sequence[str], name: str | None, unnamed: str, now: float) -> int:
    """Erase these threads, as far as customers go that of the one called so, or of all; how many texts that were."""
    here = messages.c.conversation.in_(ids)
    own = _OF_CUSTOMERS & (true() if name is None else messages.c.person == name)
    ours, kept = ~_OF_CUSTOMERS, messages.c.text.is_not(None)
    told = select(standing.c.id).where(standing.c.conversation.in_(ids))
    gone = union(
        select(messages.c.text).where(here, own | ours, kept),
        select(audit.c.text).where(audit.c.review.in_(told), audit.c.text.is_not(None)),
        select(releases.c.text).where(releases.c.review.in_(told)),
        select(evidence.c.text).where(evidence.c.review.in_(told)),
        select(exchanges.c.text).where(exchanges.c.review.in_(told)),
    )
    # The record of a step leads to the message it is about, and that may be another's.
    others = select(messages.c.text).where(here, _OF_CUSTOMERS, ~own, kept)
    count: int = conn.execute(delete(texts).where(texts.c.id.in_(gone), texts.c.id.not_in(others))).rowcount
    proposals.wane(conn, now)
    thumbs.forget_those_of(conn, ids)
    words.forget(conn, ids)
    conn.execute(update(messages).where(here, own).values(person=unnamed, person_name=ERASED, files="[]"))
    conn.execute(update(messages).where(here, ours).values(files="[]"))
    these = update(threads).where(threads.c.id.in_(ids))
    theirs = these if name is None else these.where(threads.c.customer == name)
    conn.execute(theirs.values(customer=unnamed, customer_name=ERASED, erased_at=now))
    _clear_wall(conn, ids, name)
    if name is not None:
        # The cards are drawn again, so that nothing of it stands in the chat where they are reviewed either.
        shown = update(standing).where(standing.c.id.in_(told), standing.c.card_version > 0)
        conn.execute(shown.values(card_due=now, card_tries=0))
    return count


def _clear_wall(conn: Connection, ids: Sequence[str], name: str | None) -> None:
    roots = select(threads.c.root).where(threads.c.id.in_(ids), threads.c.channel == "web")
    posts.clear(conn, [int(root) for root in conn.execute(roots).scalars()], name)


def _open_in(conn: Connection, ids: Sequence[str]) -> list[Review]:
    found = select(standing.c.id).where(standing.c.conversation.in_(ids), standing.c.closed_at.is_(None))
    return reviews.of_ids(conn, *conn.execute(found).scalars())


def _end(conn: Connection, review: Review, now: float) -> End:
    """Take the step to which the erasure leads. Raises `Conflict`."""
    conversation = conversations.get(conn, review.conversation)
    messages = conversations.as_it_reads(conn, conversation.id)[conversation.id]
    waiting = conversations.unanswered(messages, conversation.answered)
    action: Action = Withdrawn(by=CUSTOMER, at=now, change=Change.ERASED)
    if waiting or under_way(review):
        last = waiting[-1].number if waiting else review.covers
        action = Amended(by=CUSTOMER, at=now, change=Change.ERASED, message=last, due=now)
    reviews.record(conn, decide(review, action))
    return End.UNDER_WAY if under_way(review) else End.ANEW if waiting else End.NOTHING


def _record(by: str, desk: str, threads: int, texts: int, now: float) -> dict[str, Any]:
    return {"at": now, "person": clean(by), "desk": desk, "conversations": threads, "texts": texts}


def _portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _MANY] for start in range(0, len(ids), _MANY))
