"""Conversations and reviews written to a store the way the desk writes them, without a desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.channels.base import Deleted, Edited, Event, Person, Place, Said, Speaker, Thread
from bot.review.actions import Action, Received
from bot.review.machine import decide
from bot.review.model import Decision, Review
from bot.store import conversations, reviews
from bot.store.conversations import Conversation
from bot.store.engine import Engine
from bot.store.tables import metadata
from tests.review.lives import NOW, a

P = ParamSpec("P")
T = TypeVar("T")

MIA = Person("web", "mia", "Mia Lindqvist")
ANA = Person("web", "ana", "Ana")
SUPPORT = Place("web", "support")
# texts, messages, audit and the rest: whatever a step could write to.
WRITTEN = ("conversations", "messages", "reviews", "audit", "texts", "releases", "replies")


def thread(root: str = "1") -> Thread:
    """A thread in the support channel."""
    return Thread(SUPPORT, root)


def said(text: str = "Where is my parcel?", ref: str = "1", root: str = "1", **more: Any) -> Said:
    """A customer's message, unless it is said otherwise."""
    values: dict[str, Any] = {"by": MIA, "speaker": Speaker.CUSTOMER, "at": NOW, "keys": (f"web:{root}:{ref}",)}
    return Said(thread=thread(root), ref=ref, text=text, **(values | more))


def edited(text: str, ref: str = "1", root: str = "1") -> Edited:
    """The message now reads so."""
    keys = (f"edit:{root}:{ref}:{text}",)
    return Edited(thread=thread(root), ref=ref, by=MIA, speaker=Speaker.CUSTOMER, at=NOW, keys=keys, text=text)


def deleted(ref: str = "1", root: str = "1") -> Deleted:
    """The message is gone."""
    keys = (f"delete:{root}:{ref}",)
    return Deleted(thread=thread(root), ref=ref, by=MIA, speaker=Speaker.CUSTOMER, at=NOW, keys=keys)


def talk(conn: Connection, *events: Event, root: str = "1") -> str:
    """A conversation in which this happened; returns its id."""
    conversation = f"c{root}"
    conversations.start(conn, Conversation(conversation, "support", thread(root), MIA), NOW)
    for event in events or (said(root=root),):
        conversations.add(conn, conversation, event)
    return conversation


def open_review(conn: Connection, /, root: str = "1", text: str = "Where is my parcel?", **values: Any) -> Review:
    """A conversation with one message and its review."""
    conversation = f"c{root}"
    conversations.start(conn, Conversation(conversation, "support", thread(root), MIA), NOW)
    number, kept = conversations.add(conn, conversation, said(text, root=root))
    known = {"review": f"r{root}", "conversation": conversation, "message": number, "due": NOW}
    decision = decide(None, a(Received, None, **(known | values)))
    reviews.record(conn, decision, kept)
    return decision.review


def step(conn: Connection, /, review: Review, action: type[Action] | Action, **values: Any) -> Decision:
    """Take a step and record it."""
    decision = decide(review, action if isinstance(action, Action) else a(action, review, **values))
    reviews.record(conn, decision)
    return decision


def led(conn: Connection, way: Sequence[type[Action]], root: str = "1") -> Review:
    """A review that went this way, `Received` first."""
    review = open_review(conn, root)
    for kind in way[1:]:
        review = step(conn, review, kind).review
    return review


async def put(engine: Engine, work: Callable[Concatenate[Connection, P], T], *args: P.args, **values: P.kwargs) -> T:
    """Do this in a transaction of its own."""
    return await engine.write(lambda conn: work(conn, *args, **values))


async def somebody_waits(engine: Engine, task: asyncio.Task[Any]) -> None:
    """Until PostgreSQL says that somebody waits for a lock; `task` is who is meant to."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while not await engine.read(lambda conn: conn.execute(waiting).scalar()):
        assert not task.done(), "it did not wait"


def contents(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a step could have written, to compare before and after."""
    return {
        name: sorted((tuple(row) for row in conn.execute(sa.select(metadata.tables[name]))), key=repr)
        for name in WRITTEN
    }
