"""The local workspace: write as a customer on the left, decide as a reviewer on the right."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from bot.channels import wording
from bot.channels.base import Receipt, Speaker
from bot.console.deciding import KEYS, SCRIPT_WORDS, Outcome, Place, Text, known
from bot.console.parts import Console
from bot.console.render import Pages
from bot.console.viewer import LOCAL, Staff
from bot.phrases import say
from bot.review.model import CLOSED
from bot.store import thumbs

THREADS = 30
CARDS = 50


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


def workspace(parts: Console, pages: Pages) -> APIRouter:
    """The page, the two columns it fetches again when something changed, and what can be done on it."""
    router = APIRouter()
    router.include_router(_columns(parts, pages))
    router.include_router(_channel(parts), dependencies=[LOCAL])
    return router


def _columns(parts: Console, pages: Pages) -> APIRouter:
    router = APIRouter(default_response_class=HTMLResponse)

    async def channel(speaker: str) -> dict[str, object]:
        customer = next((person for person in parts.customers if str(person) == speaker), parts.customers[0])
        threads = await parts.web.threads(THREADS)
        refs = [post.ref for thread in threads for post in thread.posts if post.speaker is Speaker.BOT]
        mine = await parts.engine.read(lambda conn: thumbs.given(conn, customer, refs))
        return {"threads": threads, "customer": customer, "thumbs": mine}

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

    @router.get("/", response_model=None)
    async def page(viewer: Staff, before: Place = "") -> str | RedirectResponse:
        if not viewer.local:
            return RedirectResponse("/inbox", 303)
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

    @router.get("/columns/channel", dependencies=[LOCAL])
    async def left(speaker: str = "") -> str:
        return pages.draw("channel.html", **await channel(speaker))

    @router.get("/columns/reviews", dependencies=[LOCAL])
    async def right(before: Place = "") -> str:
        return pages.draw("reviews.html", **await reviews(before))

    return router


def _channel(parts: Console) -> APIRouter:
    router = APIRouter(prefix="/messages")

    @router.post("/say")
    async def speak(speech: Speech) -> Outcome:
        customer = known(parts.customers, speech.by, "page.refused.customer")
        receipt = await parts.web.say(customer, speech.root, speech.text, speech.nonce)
        if receipt is Receipt.IGNORED:
            return Outcome(done=False, sentence=say("page.refused.nothing"))
        return Outcome(done=True, sentence="")

    @router.post("/answer")
    async def answer(speech: Speech) -> Outcome:
        if not speech.text.strip():
            return Outcome(done=False, sentence=say("page.refused.nothing"))
        colleague = known(parts.people, speech.by, "page.refused.reviewer")
        if not parts.may_answer(colleague):
            return Outcome(done=False, sentence=say("refused.forbidden"))
        await parts.web.answer(colleague, speech.root, speech.text, speech.nonce)
        return Outcome(done=True, sentence=say("page.channel.answered"))

    @router.post("/edit")
    async def edit(rewording: Rewording) -> Outcome:
        if not rewording.text.strip():
            return Outcome(done=False, sentence=say("page.refused.emptied"))
        customer = known(parts.customers, rewording.by, "page.refused.customer")
        await parts.web.edit(customer, rewording.ref, rewording.text)
        return Outcome(done=True, sentence=say("page.channel.reworded"))

    @router.post("/thumbs/{thumb}/{wish}")
    async def rate(thumb: Literal["up", "down"], wish: Literal["add", "remove"], reply: Removal) -> Outcome:
        customer = known(parts.customers, reply.by, "page.refused.customer")
        await parts.web.rate(customer, reply.ref, 1 if thumb == "up" else -1, added=wish == "add")
        return Outcome(done=True, sentence=say(f"page.thumbs.{wish}"))

    @router.post("/delete")
    async def delete(removal: Removal) -> Outcome:
        customer = known(parts.customers, removal.by, "page.refused.customer")
        await parts.web.delete(customer, removal.ref)
        return Outcome(done=True, sentence=say("page.channel.removed"))

    return router
