"""The local workspace: write as a customer on the left, decide as a reviewer on the right."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, PlainValidator

from bot.channels import wording
from bot.channels.base import Click, Person, Receipt
from bot.console.parts import Console
from bot.console.render import Pages
from bot.console.sorry import Sorry
from bot.console.viewer import LOCAL, Local
from bot.phrases import say
from bot.review.actions import BY_VERB
from bot.review.model import CLOSED

THREADS = 30
CARDS = 50
# One letter each, on the card that has the focus. Verbs without one are reached by their buttons.
KEYS = {"approve": "a", "edit": "e", "reject": "r", "redraft": "d", "claim": "c"}
SCRIPT_WORDS = ("away", "failed", "fresh", "kept", "live", "nothing", "returns")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - Pydantic turns only a ValueError into a refusal
    return value


# Pydantic's own str refuses half a surrogate pair, which JSON may carry; what customers send is stored whole.
Text = Annotated[str, PlainValidator(_text)]
# What the id of a review looks like. PostgreSQL takes offence at some of what an address can carry instead.
SHAPE = r"[0-9A-Za-z_-]{1,40}"
# Where in the queue a page begins: after the review with this id.
Place = Annotated[str, Query(pattern=rf"^({SHAPE})?$")]


class Speech(BaseModel):
    """Something to say in a thread, or in a new one when `root` is empty. A repeated `nonce` says it once."""

    by: Text
    root: Text = ""
    text: Text
    nonce: Text = Field(min_length=8, max_length=100)


class Rewording(BaseModel):
    """A message is to read so from now on."""

    by: Text
    ref: Text
    text: Text


class Removal(BaseModel):
    """A message is to go."""

    by: Text
    ref: Text


class Decision(BaseModel):
    """A button was pressed on a card that showed `version`."""

    by: Text
    version: int = Field(ge=0, lt=2**53)
    fields: dict[Text, Text] = {}


class Outcome(BaseModel):
    """What came of it, with the sentence to show."""

    done: bool
    sentence: str


def workspace(parts: Console, pages: Pages) -> APIRouter:
    """The page, the two columns it fetches again when something changed, and what can be done on it."""
    router = APIRouter(dependencies=[LOCAL])
    router.include_router(_columns(parts, pages))
    router.include_router(_channel(parts))

    @router.post("/reviews/{review}/{verb}")
    async def decide(review: str, verb: str, decision: Decision) -> Outcome:
        if verb not in BY_VERB:
            raise Sorry(400, say("page.refused.verb"))
        reviewer = _person(parts.people, decision.by, "page.refused.reviewer")
        if not re.fullmatch(SHAPE, review):
            raise Sorry(404, say("page.refused.review"))
        answer = await parts.front.act(Click(review, decision.version, verb, reviewer, decision.fields))
        if not answer.done and await parts.front.card(review) is None:
            raise Sorry(404, say("page.refused.review"))
        return Outcome(done=answer.done, sentence=answer.sentence)

    return router


def _columns(parts: Console, pages: Pages) -> APIRouter:
    router = APIRouter(default_response_class=HTMLResponse)

    async def channel(speaker: str) -> dict[str, object]:
        customer = next((person for person in parts.customers if str(person) == speaker), parts.customers[0])
        return {"threads": await parts.web.threads(THREADS), "customer": customer}

    async def reviews(before: str) -> dict[str, object]:
        """One more than is shown is asked for: it tells whether there are older ones."""
        cards, paused = await asyncio.gather(parts.front.board(CARDS + 1, before or None), parts.front.paused())
        waiting = [card for card in cards if card.state not in CLOSED]
        older = waiting[CARDS - 1].review if len(waiting) > CARDS else ""
        closed = [card for card in cards if card.state in CLOSED]
        lists: dict[str, object] = {
            "waiting": waiting[:CARDS],
            "older": older,
            "before": before,
            "closed": closed,
            "keys": KEYS,
        }
        now = parts.clock()
        return lists | {"paused": [wording.resting(desk, pause, now) for desk, pause in paused]}

    @router.get("/")
    async def page(viewer: Local, before: Place = "") -> str:
        left, right = await asyncio.gather(channel(""), reviews(before))
        words = {key: say(f"page.script.{key}") for key in SCRIPT_WORDS}
        languages = dict.fromkeys(sample.language for sample in parts.samples)
        samples = [(code, [sample for sample in parts.samples if sample.language == code]) for code in languages]
        return pages.draw(
            "workspace.html",
            here="workspace",
            viewer=viewer,
            parts=parts,
            samples=samples,
            words=words,
            **left,
            **right,
        )

    @router.get("/columns/channel")
    async def left(speaker: str = "") -> str:
        return pages.draw("channel.html", **await channel(speaker))

    @router.get("/columns/reviews")
    async def right(before: Place = "") -> str:
        return pages.draw("reviews.html", **await reviews(before))

    return router


def _channel(parts: Console) -> APIRouter:
    router = APIRouter(prefix="/messages")

    @router.post("/say")
    async def speak(speech: Speech) -> Outcome:
        customer = _person(parts.customers, speech.by, "page.refused.customer")
        receipt = await parts.web.say(customer, speech.root, speech.text, speech.nonce)
        if receipt is Receipt.IGNORED:
            return Outcome(done=False, sentence=say("page.refused.nothing"))
        return Outcome(done=True, sentence="")

    @router.post("/answer")
    async def answer(speech: Speech) -> Outcome:
        if not speech.text.strip():
            return Outcome(done=False, sentence=say("page.refused.nothing"))
        colleague = _person(parts.people, speech.by, "page.refused.reviewer")
        if not parts.may_answer(colleague):
            return Outcome(done=False, sentence=say("refused.forbidden"))
        await parts.web.answer(colleague, speech.root, speech.text, speech.nonce)
        return Outcome(done=True, sentence=say("page.channel.answered"))

    @router.post("/edit")
    async def edit(rewording: Rewording) -> Outcome:
        if not rewording.text.strip():
            return Outcome(done=False, sentence=say("page.refused.emptied"))
        customer = _person(parts.customers, rewording.by, "page.refused.customer")
        await parts.web.edit(customer, rewording.ref, rewording.text)
        return Outcome(done=True, sentence=say("page.channel.reworded"))

    @router.post("/delete")
    async def delete(removal: Removal) -> Outcome:
        customer = _person(parts.customers, removal.by, "page.refused.customer")
        await parts.web.delete(customer, removal.ref)
        return Outcome(done=True, sentence=say("page.channel.removed"))

    return router


def _person(known: Iterable[Person], name: str, unknown: str) -> Person:
    """Without sign-in a page says who it is, among those the settings name. Raises a 400 for anybody else."""
    for person in known:
        if str(person) == name:
            return person
    raise Sorry(400, say(unknown))
