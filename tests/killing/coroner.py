"""What is found after the restart: in the world, in the database, and whether the two agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from bot.channels.base import Speaker
from bot.review.model import State
from bot.store import tables
from bot.store.texts import to_text
from tests.killing.child import Plan
from tests.killing.stories import STORIES
from tests.killing.troubles import Trouble
from tests.killing.world import World

# Only where nobody can look may the program be at a loss.
_MAY_BE_STUCK = {Trouble.BLIND}


def faults(plan: Plan, conn: sa.Connection) -> Iterator[str]:
    """Everything that is not as it should be, once the story has come to its end."""
    story, world = STORIES[plan.story], World(plan.world)
    conversation = _conversation(conn, plan.root)
    if conversation is None:
        yield "the conversation was never stored"
        return
    yield from _messages(conn, conversation, story.texts)
    reviews = conn.execute(
        sa.select(tables.reviews).where(tables.reviews.c.conversation == conversation.id).order_by(tables.reviews.c.id)
    ).all()
    stuck = {State.STUCK.value} if Trouble(plan.trouble) in _MAY_BE_STUCK else set()
    for review in reviews:
        if review.state not in {story.end.value} | stuck:
            yield f"{review.id} is {review.state}"
        yield from _replies(conn, review, world)
        yield from _card(review, world)
    if not stuck and conversation.answered < _last_question(conn, conversation.id):
        yield "a message is left without an answer"
    keys = [reply["key"].rpartition("-")[0] for reply in world.all("reply")]
    yield from (f"a reply belongs to no review: {key}" for key in keys if key not in {row.id for row in reviews})
    world.close()


def _conversation(conn: sa.Connection, root: str) -> sa.Row[Any] | None:
    found = conn.execute(sa.select(tables.conversations).where(tables.conversations.c.root == root))
    return found.one_or_none()


def _messages(conn: sa.Connection, conversation: Any, expected: list[str]) -> Iterator[str]:
    said = conn.execute(
        sa.select(tables.texts.c.body)
        .join_from(tables.messages, tables.texts, tables.texts.c.id == tables.messages.c.text)
        .where(
            tables.messages.c.conversation == conversation.id,
            tables.messages.c.event == "said",
            tables.messages.c.speaker != Speaker.BOT.value,
        )
        .order_by(tables.messages.c.number)
    )
    stored = [to_text(row.body) for row in said]
    if stored != expected:
        yield f"people wrote {expected}, stored is {stored}"


def _last_question(conn: sa.Connection, conversation: str) -> int:
    """The number of the customer's last message that they did not take back."""
    rows = conn.execute(sa.select(tables.messages).where(tables.messages.c.conversation == conversation)).all()
    taken_back = {row.ref for row in rows if row.event == "deleted"}
    asked = [row.number for row in rows if row.speaker == Speaker.CUSTOMER.value and row.ref not in taken_back]
    return max(asked, default=0)


def _replies(conn: sa.Connection, review: sa.Row[Any], world: World) -> Iterator[str]:
    """Exactly one reply for what was sent, none for what was not, and at most one when nobody can tell."""
    spoken = [reply for reply in world.all("reply") if reply["key"].rpartition("-")[0] == review.id]
    if len(spoken) > 1:
        yield f"{review.id} was answered {len(spoken)} times"
    if not spoken and review.state == State.SENT.value:
        yield f"{review.id} counts as sent, and nothing was"
    if spoken and review.state not in (State.SENT.value, State.STUCK.value):
        yield f"{review.id} is {review.state}, and was answered all the same"
    for reply in spoken:
        words = conn.execute(
            sa.select(tables.texts.c.body)
            .join_from(tables.releases, tables.texts, tables.texts.c.id == tables.releases.c.text)
            .where(tables.releases.c.review == review.id, tables.releases.c.version == int(reply["key"].split("-")[-1]))
        ).scalar_one_or_none()
        if words is None or to_text(words) != reply["words"]:
            yield f"{review.id} was answered with words nobody released"


def _card(review: sa.Row[Any], world: World) -> Iterator[str]:
    """One card, and it shows where the review stands."""
    drawings = list(world.all("card", review=review.id))
    posts = [drawing for drawing in drawings if not drawing["message"]]
    if len(posts) > 1:
        yield f"{review.id} has {len(posts)} cards"
    if not drawings or (drawings[-1]["version"], drawings[-1]["state"]) != (review.version, review.state):
        shown = f"version {drawings[-1]['version']} as {drawings[-1]['state']}" if drawings else "nothing"
        yield f"{review.id} is at version {review.version} as {review.state}, its card shows {shown}"
