"""A whole desk at work on a database: its customers write without pause, and its reviewer approves whatever is shown."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from ulid import ULID

from bot import loops, wiring
from bot.channels.base import Click, Person, Place, Thread
from bot.channels.card import Card, Policy
from bot.channels.wall import Wall
from bot.channels.web import WebChannel
from bot.desk import FrontDesk
from bot.discretion import Secrets
from bot.drafting import prompts
from bot.drafting.drafter import Case, Drafter
from bot.drafting.knowledge import Knowledge
from bot.drafting.knowledge.retriever import Fixed
from bot.drafting.model import AS_SET, Answer, Answered, Fault, Manner, Messages, S
from bot.review.model import Call, Draft, Mood, Release, Role, Sentiment, Source, State
from bot.setting import Desk, Patience
from bot.store.bell import Bell, Topic
from bot.store.engine import Engine
from bot.store.listener import listen
from bot.store.posts import PostWall

ROOT = Path(__file__).parents[2]
SLOTS = 32  # the default of `slots` in the settings
_SUPPORT = Place("web", "support")
_MIA, _ANA = Person("web", "customer-0", "Mia Lindqvist"), Person("web", "ana", "Ana")
# As long as such messages are; the number makes each its own.
_QUESTION = (
    "Hello, I ordered a lamp from you eleven days ago and it still has not arrived. Could you tell me where my parcel"
    " is, please? The order number is {number}."
)
_REPLY = (
    "Dear Mia,\n\nthank you for your message, and I am sorry that you are still waiting. Your parcel left our warehouse"
    " on Monday and should be with you within two days. If it has not arrived by then, write to us again and we will send"
    " a new lamp at once, free of charge.\n\nKind regards\nNordlys support (case {number})"
)


def question(number: int) -> str:
    """What a customer writes."""
    return _QUESTION.format(number=number)


class ScriptedModel:
    """A language model that answers at once, each time with a reply of its own and of the usual length."""

    name = "scripted"

    def __init__(self) -> None:
        self._number = itertools.count()

    def say(self) -> Answer:
        """What it answers."""
        return Answer(
            reply=_REPLY.format(number=next(self._number)),
            language="en",
            mood="neutral",
            angry=False,
            cues=[],
            intent="ask for a parcel",
            risks=[],
            sources=["delivery.en"],
        )

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        """See `bot.drafting.model.Model`."""
        answer = shape.model_validate(self.say().model_dump())
        if found := fault(answer):
            raise AssertionError(found.reason)
        return Answered(answer, self.name)

    def back(self) -> int:
        """It is never away."""
        return 0

    async def close(self) -> None:
        """There is nothing to let go of."""


class ScriptedDrafter(Drafter):
    """Takes the model's words as they are. The real one reads the message first, which is drafting and not the desk."""

    async def draft(self, case: Case, calls: list[Call] | None = None) -> Draft:
        """The model's answer as a draft."""
        answer = MODEL.say()
        sentiment = Sentiment(Mood(answer.mood), answer.angry, tuple(answer.cues), "model")
        source = Source("delivery.en", "Delivery times", public=True)
        return Draft(
            answer.reply, answer.language, sentiment, answer.intent, (), (source,), str(case.template), MODEL.name
        )


MODEL = ScriptedModel()


@dataclass(frozen=True, slots=True)
class Life:
    """How long a customer waited for a card, and for the reply after the click (milliseconds)."""

    to_card: float
    to_reply: float


class WatchedChannel(WebChannel):
    """The local channel, telling when a card was drawn and a reply sent."""

    def __init__(self, wall: Wall, place: Place, inbox: FrontDesk) -> None:
        super().__init__(wall, place, inbox)
        self.first: dict[str, asyncio.Future[Card]] = {}  # by the customer's words
        self.last: dict[str, asyncio.Future[Card]] = {}
        self.sent: dict[str, float] = {}  # by review: when the reply was there

    async def show_card(self, place: Place, card: Card, ref: str, look: bool) -> str:
        """Draw, and tell who waits for it."""
        drawn = await super().show_card(place, card, ref, look)
        waiting = {State.IN_REVIEW: self.first, State.SENT: self.last}.get(card.state, {})
        future = waiting.pop(card.messages[0].text, None)
        if future is not None and not future.done():
            future.set_result(card)
        return drawn

    async def send_reply(self, thread: Thread, release: Release) -> str:
        """Send, and note when."""
        ref = await super().send_reply(thread, release)
        self.sent[release.review] = time.perf_counter()
        return ref


@dataclass(frozen=True, slots=True)
class Shop:
    """The desk, open for business."""

    engine: Engine
    desk: FrontDesk
    channel: WatchedChannel

    async def ask(self, number: int) -> tuple[Card, float]:
        """A customer writes and waits for the card; also returns for how long (milliseconds)."""
        words = question(number)
        shown = self.channel.first[words] = asyncio.get_running_loop().create_future()
        await self.channel.say(_MIA, "", words, f"{number:08}")
        stored = time.perf_counter()
        card = await shown
        return card, (time.perf_counter() - stored) * 1000

    async def live(self, number: int) -> Life:
        """One full lifecycle: written, drafted, shown, approved, sent, and shown as sent."""
        card, to_card = await self.ask(number)
        ended = self.channel.last[card.messages[0].text] = asyncio.get_running_loop().create_future()
        pressed = time.perf_counter()
        answer = await self.desk.act(Click(card.review, card.version, "approve", _ANA))
        if not answer.done:
            raise AssertionError(answer.sentence)
        await ended
        return Life(to_card, (self.channel.sent.pop(card.review) - pressed) * 1000)

    async def many(self, numbers: range, at_once: int) -> list[Life]:
        """So many lifecycles, a few at once."""
        left = iter(numbers)

        async def customer() -> list[Life]:
            return [await self.live(number) for number in left]

        lives = await asyncio.gather(*(customer() for _ in range(at_once)))
        return [life for each in lives for life in each]

    async def open_loop(self, numbers: range, each_second: float) -> list[Life]:
        """So many lifecycles, begun at a steady rate however long each takes."""
        started = []
        begin = time.perf_counter()
        for nth, number in enumerate(numbers):
            await asyncio.sleep(max(begin + nth / each_second - time.perf_counter(), 0))
            started.append(asyncio.create_task(self.live(number)))
        return await asyncio.gather(*started)


def make_engine(url: str) -> Engine:
    """The store as the program uses it."""
    return Engine(sa.make_url(url), Bell())


def make_desk(
    engine: Engine, drafter: str, front: type[FrontDesk] = FrontDesk, wall: type[PostWall] = PostWall
) -> Shop:
    """A desk on the real store. `drafter` is `scripted`, or `real` for one that reads rules and articles first."""
    desk = Desk(
        id="nordlys",
        name="Nordlys support",
        listens=(_SUPPORT,),
        reviews=Place("web", "review"),
        people={str(_ANA): Role.AGENT},
        template=prompts.load(ROOT / "prompts" / "support_reply.md"),
        tone="friendly and brief",
        languages=("en", "fr", "da", "sv", "no"),
        settle=0.0,
        hold=0.0,
        policy=Policy(),
    )
    knowledge = Knowledge.read(ROOT / "config" / "knowledge")
    drafts = (Drafter if drafter == "real" else ScriptedDrafter)(Fixed(knowledge), MODEL)
    inbox = front((desk,), engine, drafts, time.time, lambda: str(ULID()), Patience(), Secrets(knowledge))
    channel = WatchedChannel(wall(engine, _SUPPORT.id, time.time), _SUPPORT, inbox)
    inbox.connect(channel)
    return Shop(engine, inbox, channel)


@asynccontextmanager
async def opened(shop: Shop) -> AsyncIterator[Shop]:
    """Its workers run while the block lasts."""
    wiring.collect_rarely()  # as the program does before it serves
    stopping = asyncio.Event()
    workers = [
        asyncio.create_task(loops.work(line, shop.engine.bell, time.time, stopping))
        for line in loops.lines(shop.desk, SLOTS)
    ]
    listening = []
    if shop.engine.url.get_backend_name() == "postgresql":
        listening.append(asyncio.create_task(listen(shop.engine.url, shop.engine.bell)))
    try:
        yield shop
    finally:
        stopping.set()
        for task in listening:
            task.cancel()
        shop.engine.bell.ring(Topic)
        await asyncio.gather(*workers)
        await asyncio.gather(*listening, return_exceptions=True)
        await asyncio.to_thread(shop.engine.close)
