"""What follows from a message: is it news, whose conversation is it, and what does it do to the open review?"""

from __future__ import annotations

from collections.abc import Callable

from bot.channels.base import Deleted, Edited, Event, Person, Receipt, Said, Seen, Speaker
from bot.review.actions import Action, Amended, Change, Delivered, Received, Withdrawn
from bot.review.machine import decide, under_way
from bot.review.model import CUSTOMER, SYSTEM, Actor, Review, Role, State
from bot.review.rights import STAFF
from bot.setting import Desk
from bot.store import conversations, reviews
from bot.store.conversations import Conversation
from bot.store.engine import Connection

_CHANGES = {Said: Change.WROTE_MORE, Edited: Change.EDITED, Deleted: Change.DELETED}
# A customer who goes on writing is waited for this many times as long as one who pauses.
_MOST_SETTLES = 6


def receive(conn: Connection, desk: Desk, event: Event, now: float, new_id: Callable[[], str]) -> Receipt:
    """Store an event of a place the desk listens to, and what follows from it."""
    if not conversations.is_new(conn, event.keys, now):
        return Receipt.DUPLICATE
    known = conversations.of_thread(conn, event.thread)
    if known and not conversations.changes(conn, known.id, event):
        return Receipt.IGNORED
    conversation = _conversation(conn, desk, event, known, now, new_id)
    number, kept = conversations.add(conn, conversation.id, event)
    review = reviews.open_of(conn, conversation.id) if known else None
    if review is not None and review.desk != desk.id and not under_way(review):
        # The desk was renamed, or gave the place to another: that one begins anew.
        reviews.record(conn, decide(review, Withdrawn(by=SYSTEM, at=now, change=Change.ANSWERED)))
        review = None
    if review is not None:
        reviews.record(conn, decide(review, _amendment(conn, desk, conversation, review, event, number, now)), kept)
    elif _asks(conn, conversation, event):
        reviews.record(conn, decide(None, opening(desk, conversation, number, now, new_id())), kept)
    if event.speaker is Speaker.STAFF and isinstance(event, Said):
        conversations.settle(conn, conversation.id, _answered(conn, conversation, event))
    return Receipt.STORED


def _asks(conn: Connection, conversation: Conversation, event: Event) -> bool:
    """Whether something now waits for an answer although no review was open.

    A customer's words do, changed ones too; and so does a question whose answer a colleague took back.
    """
    if event.speaker is Speaker.CUSTOMER:
        return not isinstance(event, Deleted)
    if not isinstance(event, Deleted):
        return False
    messages = conversations.as_it_reads(conn, conversation.id)[conversation.id]
    gone = next((m.number for m in messages if m.ref == event.ref), 0)
    answers = [m.number for m in messages if m.speaker is not Speaker.CUSTOMER and not m.deleted]
    before = max((number for number in answers if number < gone), default=0)
    if any(number > gone for number in answers) or not conversations.unanswered(messages, before):
        return False
    conversations.reopen(conn, conversation.id, before)
    return True


def _answered(conn: Connection, conversation: Conversation, event: Event) -> int:
    """Up to which message a colleague's answer answers: what was written after it, it cannot have known.

    Channels promise no order, so an answer may be told after a question that came later.
    """
    messages = conversations.as_it_reads(conn, conversation.id)[conversation.id]
    return max((m.number for m in messages if m.speaker is Speaker.CUSTOMER and m.at <= event.at), default=0)


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
    elif found.erased or (customer.id and not found.customer.id):
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
    due = now + desk.settle
    if not under_way(review):
        messages = conversations.as_it_reads(conn, conversation.id)[conversation.id]
        answered = conversation.answered
        if change is Change.ANSWERED:
            answered = max(answered, _answered(conn, conversation, event))
        waiting = conversations.unanswered(messages, answered)
        if not waiting:
            return Withdrawn(by=by, at=now, change=change)
        if review.state is State.RECEIVED:
            # Somebody who never stops writing gets an answer all the same.
            due = min(due, max(now, waiting[0].at + _MOST_SETTLES * desk.settle))
    return Amended(by=by, at=now, change=change, message=number, due=due)
