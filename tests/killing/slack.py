"""The program with Slack as its channel, killed at a call it makes or at something it is told, and begun again.

Nothing of it is patched: it is the fake Slack that strikes, at the n-th call of a method, before or after the call took
effect, and before or after something was delivered.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.channels.base import Speaker
from bot.review.model import State
from bot.store import tables, verify
from bot.store.texts import to_text
from tests.channels.slack.house import QUESTION, House, actions, decidable, living, says
from tests.channels.slack.process import Stillborn
from tests.channels.slack.soon import soon
from tests.doubles.slack import Delivery, Fault, Limits, Message, NotSoon
from tests.doubles.slack.faults import Faults
from tests.stage.databases import connected

WORDS = "Dear Kim, it comes tomorrow."
MORE = "And where is my other parcel?"
# Whatever a dead process held is taken up again when its lease has ended (seconds).
_PATIENCE = {"draft_lease": 1.0, "send_lease": 1.0, "send": 0.3, "card_lease": 1.0, "again": 0.05}
# A life that has not come to its end by then hangs (seconds).
_LONGEST = 40.0


class Death(Faults):
    """The faults of a Slack in which the program dies at the point with this name, such as `chat.update, landed #2`."""

    def __init__(self, at: str, kill: Callable[[], None]) -> None:
        super().__init__()
        self._at, self._kill = at, kill
        self._passed: Counter[str] = Counter()
        self.points: list[str] = []

    @property
    def struck(self) -> bool:
        """Whether it came to that."""
        return self._at in self.points

    def take(self, method: str, channel: str) -> Fault | None:
        """The fault for this call: at its end the caller is no more, and the call took effect or not."""
        for landed in (False, True):
            if self._passes(f"{method}, {'landed' if landed else 'asked'}"):
                return Fault("lose", method, landed=landed)
        return super().take(method, channel)

    def told(self, delivery: Delivery, over: bool) -> None:
        """Something is about to be delivered, or was."""
        kind = delivery.event.get("subtype") or delivery.event.get("type") or delivery.payload.get("type")
        self._passes(f"{kind}, {'over' if over else 'sent'}")

    def _passes(self, point: str) -> bool:
        self._passed[point] += 1
        self.points.append(f"{point} #{self._passed[point]}")
        if self.points[-1] != self._at:
            return False
        self._kill()
        return True


@dataclass
class Life:
    """What became of a life, and of the one after it: the points it passed, and everything that was wrong at the end."""

    at: str
    points: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    struck: bool = False


async def live(folder: Path, story: str, at: str = "", *, socket_mode: bool, echoes: bool) -> Life:
    """Live a story to its end, with a death at this point. With `echoes` Slack tells the program of its own posts."""
    life, limits = Life(at), Limits.none()
    async with living(folder, socket_mode=socket_mode, limits=limits, patience=_PATIENCE, start=False) as house:
        slack, bot = house.slack, house.bot
        slack.happenings.own_events = echoes
        slack.courier.retries = [0.2] * 100
        death = Death(at, lambda: bot.send(signal.SIGKILL))
        slack.faults = death
        slack.courier.watchers.append(death.told)
        keeping = asyncio.create_task(_keep_alive(house))
        people = asyncio.create_task(_people(house, STORIES[story]))
        try:
            async with asyncio.timeout(_LONGEST):
                while not (people.done() and bot.alive and _is_over(house)):
                    if people.done():
                        people.result()
                    await asyncio.sleep(0.02)
                await slack.settled()
        except (TimeoutError, NotSoon) as error:
            life.faults.append(f"it hangs ({error}): {bot.log()[-3000:]}")
        finally:
            for task in (keeping, people):
                task.cancel()
            await asyncio.gather(keeping, people, return_exceptions=True)
        life.points, life.struck = death.points, death.struck
        if bot.lives > 2:
            life.faults.append(f"it was ready {bot.lives} times: {bot.log()[-3000:]}")
        life.faults += _found(house)
    return life


async def _keep_alive(house: House) -> None:
    """Begin the program, and begin it again whenever it dies."""
    while True:
        try:
            await house.bot.start()
        except Stillborn:
            continue
        house.slack.pulse.beat()
        await soon(lambda: not house.bot.alive, _LONGEST)


# --- what people do


Step = Callable[[House, Message], Awaitable[None]]


async def _people(house: House, steps: tuple[Step, ...]) -> None:
    """A customer asks, and everybody goes on until nothing asks for a decision any more."""
    await house.slack.until(lambda: house.bot.lives, _LONGEST)
    question = await house.slack.act.write(house.slack.town.kim, house.slack.town.support, QUESTION)
    for step in steps:
        await step(house, question)


async def _approve(house: House, _: Message) -> None:
    """Press until the card says that it is done. Whoever sees an error, or a program that was begun anew, looks again."""

    async def press(card: Message) -> None:
        await house.slack.act.press(house.slack.town.ana, card, "decide.approve")

    await _decide(house, press)


async def _edit(house: House, _: Message) -> None:
    """The same through the form, which may not open, or not go away."""
    slack, ana = house.slack, house.slack.town.ana

    async def press(card: Message) -> None:
        lives = house.bot.lives
        await slack.act.press(ana, card, "ask.edit")
        await slack.until(lambda: slack.modal(ana) or house.bot.lives > lives or not decidable(card), _LONGEST)
        if slack.modal(ana):
            await slack.act.submit(ana, {"words": WORDS})
            slack.modals.close(ana, every=True)

    await _decide(house, press)


async def _decide(house: House, press: Callable[[Message], Awaitable[None]]) -> None:
    while decidable(card := await house.card(lambda card: decidable(card) or says(card, "Delivered."))):
        seen = _Seen(house, card)
        await press(card)
        await house.slack.until(seen.changed, _LONGEST)


class _Seen:
    """How a card looked in which life of the program."""

    def __init__(self, house: House, card: Message) -> None:
        self._bot, self._card = house.bot, card
        self._lives, self._looks = house.bot.lives, json.dumps(card.blocks)

    def changed(self) -> bool:
        """Whether it is worth looking again."""
        return self._bot.lives > self._lives or json.dumps(self._card.blocks) != self._looks


async def _write_more(house: House, question: Message) -> None:
    """The customer goes on while a decision waits."""
    await house.card()
    await house.slack.act.reply(house.slack.town.kim, question, MORE)
    await house.card(lambda card: decidable(card) and says(card, MORE))


STORIES: dict[str, tuple[Step, ...]] = {
    "approve": (_approve,),
    "edit": (_edit,),
    "more": (_write_more, _approve),
}


# --- what is found afterwards


def _is_over(house: House) -> bool:
    """Whether nothing is left to do for anybody."""
    with connected(house.database) as engine, engine.connect() as conn:
        rows = conn.execute(sa.select(tables.reviews)).all()
        return bool(rows) and all(row.state == State.SENT.value and row.card_due is None for row in rows)


def _found(house: House) -> Iterator[str]:
    """Everything that is not as it should be."""
    slack = house.slack
    with connected(house.database) as engine, engine.connect() as conn:
        yield from _record(conn)
        yield from _heard(conn, [message for message in slack.town.support.messages.values() if message.client_msg_id])
        reviews = conn.execute(sa.select(tables.reviews)).all()
        sent = {
            f"{row.review}-{row.version}": to_text(row.body)
            for row in conn.execute(
                sa.select(tables.replies.c.review, tables.replies.c.version, tables.texts.c.body)
                .join_from(tables.replies, tables.releases, _SAME)
                .join(tables.texts, tables.texts.c.id == tables.releases.c.text)
            )
        }
    posts = [((post.metadata or {})["event_payload"]["key"], post.text) for post in slack.posts(slack.town.support)]
    if sorted(key for key, _ in posts) != sorted(sent):
        yield f"released and sent: {sorted(sent)}, in the thread: {sorted(key for key, _ in posts)}"
    yield from (f"{key} reads {text}" for key, text in posts if key in sent and sent[key] not in text)
    cards = Counter((post.metadata or {})["event_payload"]["review"] for post in house.cards())
    if cards != Counter(row.id for row in reviews):
        yield f"cards: {cards} of {len(reviews)} reviews"
    yield from (f"a card shows {card.text}" for card in house.cards() if actions(card) or not says(card, "Delivered."))


_SAME = sa.and_(
    tables.releases.c.review == tables.replies.c.review, tables.releases.c.version == tables.replies.c.version
)


def _record(conn: sa.Connection) -> Iterator[str]:
    try:
        verify.verify(conn)
    except verify.Broken as broken:
        yield f"the audit does not hold: {broken.what}"


def _heard(conn: sa.Connection, written: list[Message]) -> Iterator[str]:
    """What customers wrote is stored once, in order, and has its answer."""
    rows: list[Any] = list(
        conn.execute(
            sa.select(tables.messages.c.number, tables.texts.c.body, tables.conversations.c.answered)
            .join_from(tables.messages, tables.texts, tables.texts.c.id == tables.messages.c.text)
            .join(tables.conversations)
            .where(tables.messages.c.speaker == Speaker.CUSTOMER.value)
            .order_by(tables.messages.c.number)
        )
    )
    if [to_text(row.body) for row in rows] != [message.text for message in written]:
        yield f"customers wrote {len(written)} messages, stored are {len(rows)}"
    yield from ("a message is left without an answer" for row in rows if row.number > row.answered)
