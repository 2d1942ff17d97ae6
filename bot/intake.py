"""What follows from a message: is it news, whose conversation is it, and what does it do to the open review?"""

from __future__ import annotations

from collections.abc import Callable

from bot.channels.base import Deleted, Edited, Event, Person, Receipt, Said, Seen, Speaker
from bot.review.actions import Action, Amended, Change, Delivered, Received, Withdrawn
from bot.review.machine import decide
from bot.review.model import CUSTOMER, SYSTEM, Actor, Review, Role, State
from bot.review.rights import STAFF
from bot.setting import Desk
from bot.store import conversations, reviews
from bot.store.conversations import Conversation
from bot.store.engine import Connection

_CHANGES = {Said: Change.WROTE_MORE, Edited: Change.EDITED, Deleted: Change.DELETED}
_UNDER_WAY = frozenset({State.SENDING, State.STUCK})


def receive(conn: Connection, desk: Desk, event: Event, now: float, new_id: Callable[[], str]) -> Receipt:
    """Store an event of a place the desk listens to, and what follows from it."""
    if not conversations.is_new(conn, event.keys, now):
        return Receipt.DUPLICATE
    known = conversations.of_thread(conn, event.thread)
    conversation = _conversation(conn, desk, event, known, now, new_id)
    if not conversations.changes(conn, conversation.id, event):
        return Receipt.IGNORED
    number, kept = conversations.add(conn, conversation.id, event)
    review = reviews.open_of(conn, conversation.id) if known else None
    if review is not None:
        reviews.record(conn, decide(review, _amendment(conn, desk, conversation, review, event, number, now)), kept)
    elif isinstance(event, Said) and event.speaker is Speaker.CUSTOMER:
        reviews.record(conn, decide(None, opening(desk, conversation, number, now, new_id())), kept)
    if isinstance(event, Said) and event.speaker is Speaker.STAFF:
        conversations.settle(conn, conversation.id, number)
    return Receipt.STORED


def witness(conn: Connection, event: Seen, now: float) -> Review | None:
    """The channel told of our own post: whatever became of its answer, it is there. Returns the review now sent."""
    review_id, _, version = event.key.rpartition("-")
    review = reviews.get(conn, review_id)
    if review is None or review.closed or str(review.release) != version:
        return None
    decision = decide(review, Delivered(by=SYSTEM, at=now, ref=event.ref))
    reviews.record(conn, decision)
    return decision.review


def opening(desk: Desk, conversation: Conversation, message: int, now: float, new_id: str) -> Received:
    """The first step of a review of this message."""
    return Received(
        by=CUSTOMER,
        at=now,
        review=new_id,
        conversation=conversation.id,
        desk=desk.id,
        message=message,
        due=now + desk.settle,
    )


def acting(by: Person, role: Role) -> Actor:
    """Somebody as the record can hold them."""
    return Actor(conversations.clean(str(by)), conversations.clean(by.name), role)


def _conversation(
    conn: Connection, desk: Desk, event: Event, found: Conversation | None, now: float, new_id: Callable[[], str]
) -> Conversation:
    customer = event.by if event.speaker is Speaker.CUSTOMER else Person(event.by.channel, "", "")
    if found is None:
        found = Conversation(new_id(), desk.id, event.thread, customer)
        conversations.start(conn, found, now)
    elif customer.id and not found.customer.id:
        conversations.meet(conn, found.id, customer)
    return found


def _amendment(
    conn: Connection,
    desk: Desk,
    conversation: Conversation,
    review: Review,
    event: Event,
    number: int,
    now: float,
) -> Action:
    """What the event does to the open review: it either has to be drafted anew or has nothing left to answer."""
    by, change = CUSTOMER, _CHANGES[type(event)]
    if event.speaker is Speaker.STAFF:
        role = desk.role_of(event.by)
        by = acting(event.by, role if role in STAFF else Role.AGENT)
        change = Change.ANSWERED if isinstance(event, Said) else change
    if review.state not in _UNDER_WAY:
        messages = conversations.as_it_reads(conn, conversation.id)[conversation.id]
        if change is Change.ANSWERED or not conversations.unanswered(messages, conversation.answered):
            return Withdrawn(by=by, at=now, change=change)
    return Amended(by=by, at=now, change=change, message=number, due=now + desk.settle)
