"""Our own work around one model call: retrieve, mask, render, parse, check the evidence, unmask; beside langchain's own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bot.channels.base import Message, Person, Speaker
from bot.drafting import prompts
from bot.drafting.case import Case
from bot.drafting.drafter import Drafter
from bot.drafting.knowledge import Knowledge, Section
from bot.drafting.knowledge.retriever import Fixed
from bot.drafting.model import (
    AS_SET,
    Answer,
    Answered,
    Fault,
    LateModel,
    Manner,
    Messages,
    Model,
    ModelSettings,
    S,
    Tokens,
)
from bot.drafting.warm import warm
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.knowledge import Language
from tests.bench.meter import median
from tests.bench.worker import Result, ask
from tests.doubles.openai_server import OpenAIServer

PART = "drafting"
OWN = 4.0
# So many conversations are open at a time.
_OPEN = 40
ROOT = Path(__file__).parents[2]
MIA, ANA = Person("web", "mia", "Mia Lindqvist"), Person("web", "ana", "Ana Berg")
_PERSONAL = "Write to mia@lindqvist.example or call +46 70 123 45 67, order 10245, 499 kr."
_REPLY = (
    "Hi [NAME_1],\n\nthank you for your message. You can send the goods back within 30 days of delivery, and the money is"
    " back on your account within 5 working days. Shipping back costs 49 kr, which we take off the amount. We write to"
    " [EMAIL_1] as soon as parcel {parcel} is here.\n\nKind regards\nNordlys support"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many articles, messages in a thread, and drafts."""

    articles: int = 2_000
    messages: int = 20
    drafts: int = 300


class Instant:
    """A model that answers at once, and never twice the same."""

    name = "instant"

    def __init__(self) -> None:
        self._parcel = 0

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        """See `bot.drafting.model.Model`."""
        self._parcel += 1
        reply = _REPLY.format(parcel=self._parcel)
        said = Answer(
            reply=reply, language="en", mood="neutral", angry=False, cues=[], intent="a return", risks=[], sources=[]
        )
        answer = shape.model_validate_json(said.model_dump_json())
        if found := fault(answer):
            raise AssertionError(found.reason)
        return Answered(answer, self.name, Tokens(2_000, 200))

    def back(self) -> int:
        """It is never away."""
        return 0

    async def close(self) -> None:
        """Nothing is open."""


def cases(much: int, messages: int) -> list[Case]:
    """So many threads, each with a question of its own at the end of what was said before."""
    # Customers of one shop share most of their words; a message is never the same.
    words, draw = Language(1).say(30_000).split()[:1_500], random.Random(3)
    template = prompts.load(ROOT / "prompts" / "support_reply.md", version=1)
    return [_case(words, draw, template, number, messages) for number in range(much)]


def _case(words: list[str], draw: random.Random, template: prompts.Template, number: int, messages: int) -> Case:
    said = [f"{' '.join(draw.choices(words, k=20))}. {_PERSONAL if at % 5 == 0 else ''}" for at in range(messages - 1)]
    said.append(
        f"Hello, I would like to return the jacket that I bought, no. {number}. {' '.join(draw.choices(words, k=12))}?"
    )
    thread = tuple(_message(at, text, at == messages or at % 3 > 0) for at, text in enumerate(said, start=1))
    return Case("Nordlys support", "friendly", ("en",), template, MIA.name, thread, messages, "", 4_000, "2026-11-23")


def _message(number: int, text: str, by_customer: bool) -> Message:
    speaker, by = (Speaker.CUSTOMER, MIA) if by_customer else (Speaker.STAFF, ANA)
    return Message(number, f"m{number}", speaker, by, text, 1_790_000_000.0 + number)


def shelf(articles: int) -> Fixed:
    """So many articles of a hundred words, and the shipped ones among them."""
    language = Language(1)
    made = [
        Section(f"a{number}", f"a{number}", language.say(5), "", "en", True, language.say(100))
        for number in range(articles)
    ]
    return Fixed(Knowledge([*made, *Knowledge.read(ROOT / "config" / "knowledge")]))


def own(articles: int, messages: int, drafts: int) -> Result:
    """Milliseconds of CPU for one draft, everything but the model: for threads whose earlier messages the process has
    seen when it answered them, as those of an open conversation, and for threads it has never seen."""
    warm()
    drafter, asked = Drafter(shelf(articles), Instant()), cases(drafts * 2, messages)
    return asyncio.run(_both(drafter, asked[:drafts], asked[drafts:]))


def langchain(drafts: int) -> Result:
    """Milliseconds of CPU for one call through langchain and openai, the fake server's share included."""
    return {"took": asyncio.run(_called(drafts))}


async def _both(drafter: Drafter, seen: list[Case], unseen: list[Case]) -> Result:
    took: list[float] = []
    for first in range(0, len(seen), _OPEN):
        now = seen[first : first + _OPEN]
        await _timed(drafter, [_before(case) for case in now])
        took += await _timed(drafter, now)
    return {"seen": took, "unseen": await _timed(drafter, unseen)}


def _before(case: Case) -> Case:
    """The conversation when the customer's previous message was answered."""
    customers = [at for at, message in enumerate(case.thread[:-1]) if message.speaker is Speaker.CUSTOMER]
    return replace(case, thread=case.thread[: customers[-1] + 1], covers=customers[-1] + 1)


async def _timed(drafter: Drafter, asked: list[Case]) -> list[float]:
    took = []
    for case in asked:
        begun = time.process_time()
        await drafter.draft(case)
        took.append((time.process_time() - begun) * 1000)
    return took


async def _called(drafts: int) -> list[float]:
    async with OpenAIServer() as server:
        model: Model = await LateModel(ModelSettings("m", "k", server.url)).load()
        took = []
        for _ in range(drafts):
            begun = time.process_time()
            await model.answer([("system", "x" * 4_000), ("human", "y" * 4_000)], Answer, lambda _: None)
            took.append((time.process_time() - begun) * 1000)
        await model.close()
        return took


def run(_: Databases, much: Size) -> tuple[list[Figure], Result]:
    """Each in a process of its own."""
    ours = ask(own, articles=much.articles, messages=much.messages, drafts=much.drafts)
    theirs = ask(langchain, drafts=much.drafts)
    figures = [
        Figure(PART, f"our own around a call, {much.articles:,} articles, CPU", median(ours["seen"]), "ms", OWN),
        Figure(PART, f"the same, {much.messages} messages never seen before", median(ours["unseen"]), "ms"),
        Figure(PART, "langchain, openai and the fake server, CPU", median(theirs["took"]), "ms"),
    ]
    return figures, {"own": ours, "langchain": theirs}
