"""A button on a card, pressed in the inbox or in the workspace; and what the two say alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, PlainValidator

from bot.channels.base import Click, Person
from bot.console.parts import Console
from bot.console.sorry import Sorry
from bot.console.viewer import Staff, Viewer
from bot.phrases import say
from bot.review.actions import BY_VERB
from bot.store.inbox import desk_of

# One letter each, on the card that has the focus. Verbs without one are reached by their buttons.
KEYS = {"approve": "a", "edit": "e", "reject": "r", "redraft": "d", "claim": "c"}
SCRIPT_WORDS = ("away", "fresh", "kept", "live", "nothing", "returns")


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


class Decision(BaseModel):
    """A button was pressed on a card that showed `version`. `by` says who it is where nobody signs in."""

    by: Text = ""
    version: int = Field(ge=0, lt=2**53)
    fields: dict[Text, Text] = {}


class Outcome(BaseModel):
    """What came of it, with the sentence to show."""

    done: bool
    sentence: str


def deciding(parts: Console) -> APIRouter:
    """The route of every button."""
    router = APIRouter()

    @router.post("/reviews/{review}/{verb}")
    async def decide(review: str, verb: str, decision: Decision, viewer: Staff) -> Outcome:
        if verb not in BY_VERB:
            raise Sorry(400, say("page.refused.verb"))
        reviewer = acting(parts, viewer, decision.by)
        if not re.fullmatch(SHAPE, review):
            raise Sorry(404, say("page.refused.review"))
        # A refusal tells what became of a review, which is for its desk alone.
        if await parts.engine.read(lambda conn: desk_of(conn, review)) not in viewer.desks:
            raise Sorry(404, say("page.refused.review"))
        answer = await parts.front.act(Click(review, decision.version, verb, reviewer, decision.fields))
        return Outcome(done=answer.done, sentence=answer.sentence)

    return router


def acting(parts: Console, viewer: Viewer, name: str) -> Person:
    """Who does it: whoever is signed in, or without sign-in the reviewer that the page names. Raises `Sorry`."""
    return known(parts.people, name, "page.refused.reviewer") if viewer.local else viewer.person


def known(people: Iterable[Person], name: str, unknown: str) -> Person:
    """Without sign-in a page says who it is, among those the settings name. Raises a 400 for anybody else."""
    for person in people:
        if str(person) == name:
            return person
    raise Sorry(400, say(unknown))
