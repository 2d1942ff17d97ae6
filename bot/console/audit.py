"""The audit's pages: what was decided, by whom, on what; and one review from its first message to its delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from bot.console.parts import Console
from bot.console.render import Pages, apart
from bot.console.sorry import Sorry
from bot.console.viewer import Lead
from bot.insight.outlines import Outcome
from bot.insight.queries import (
    AuditFilter,
    AuditPage,
    Connection,
    Found,
    audit_page,
)
from bot.insight.searching import Choices, choices
from bot.phrases import say
from bot.review.actions import ACTS, BY_VERB, Verdict
from bot.store import searches

PAGE = 50
EVERYTHING = "all"
# How long what is offered for a search is good for (seconds).
_OFFERED = 60.0
_DECISIONS = tuple(act.__name__ for act in ACTS if issubclass(act, Verdict))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form asked for, as it was typed."""

    words: str = ""
    conversation: str = ""
    reviewer: str = ""
    decision: str = ""
    desk: str = ""
    outcome: str = ""
    template: str = ""
    model: str = ""
    risk: str = ""
    language: str = ""
    intent: str = ""
    since: str = ""
    until: str = ""

    def filter(self, before: int | None, desks: tuple[str, ...] | None = None) -> AuditFilter:
        """What to look for at these desks. Raises `Sorry` for a day that is none, or a decision nobody can take."""
        if self.decision not in ("", EVERYTHING, *BY_VERB):
            raise Sorry(400, say("page.refused.verb"))
        steps = (
            _DECISIONS if not self.decision else (BY_VERB[self.decision].__name__,) if self.decision in BY_VERB else ()
        )
        since, until = _day(self.since), _day(self.until)
        if self.desk:
            desks = (self.desk,) if desks is None or self.desk in desks else ()
        return AuditFilter(
            conversation=self.conversation.strip(),
            actor=self.reviewer,
            steps=steps,
            since=None if since is None else _start(since),
            until=None if until is None or until == date.max else _start(until + timedelta(days=1)),
            **{name: getattr(self, name) for name in _OUTLINED},
            desks=desks,
            before=before,
            limit=PAGE,
        )

    def query(self, before: int | None = None) -> str:
        """What was asked, as the query of an address."""
        parts = {name: getattr(self, name) for name in self.__slots__} | {"before": before or ""}
        return urlencode({name: value for name, value in parts.items() if value}, errors="replace")

    def address(self, before: int | None = None) -> str:
        """The page's address, so that it can be kept and sent to a colleague."""
        query = self.query(before)
        return f"/audit?{query}" if query else "/audit"

    @property
    def closely(self) -> int:
        """How many of the fields that are not always in sight are in use."""
        return sum(bool(getattr(self, name)) for name in ("desk", "outcome", *_OUTLINED[:-1]))


# What is asked of reviews by the names of their outlines' columns, and by their words.
_OUTLINED = ("outcome", "template", "model", "risk", "language", "intent", "words")


class Saving(BaseModel):
    """A search to be kept: its name, and the query of its address."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    query: Annotated[str, Field(max_length=4_000)] = ""


class Saved(BaseModel):
    """What came of it."""

    done: bool = True
    sentence: str = ""


def audit(parts: Console, pages: Pages) -> APIRouter:
    """The list with its filters and the searches that are kept, and the story of one review."""
    router = APIRouter(prefix="/audit", default_response_class=HTMLResponse)
    offers = Offers(parts)

    @router.get("")
    async def lines(
        viewer: Lead, asked: Annotated[Asked, Depends()], before: Annotated[str, Query(max_length=20)] = ""
    ) -> str:
        wanted = asked.filter(_number(before), viewer.leads)
        await parts.catch_up()

        def look(conn: Connection) -> tuple[AuditPage, list[tuple[str, str]]]:
            return audit_page(conn, wanted), searches.of(conn, str(viewer.person))

        page, kept = await parts.engine.read(look)
        return pages.draw(
            "audit.html",
            here="audit",
            viewer=viewer,
            asked=asked,
            page=page,
            rows=[_row(found) for found in page.found],
            verbs=tuple(BY_VERB),
            outcomes=tuple(Outcome),
            offered=await offers.at(viewer.leads),
            kept=kept,
            first=before == "",
        )

    @router.post("/searches", response_class=JSONResponse)
    async def keep(saving: Saving, viewer: Lead) -> Saved:
        name = " ".join(saving.name.split())
        if not name:
            raise Sorry(400, say("page.searches.nameless"))
        given = dict(parse_qsl(saving.query, errors="replace"))
        query = Asked(**{name: given[name] for name in Asked.__slots__ if name in given}).query()
        try:
            await parts.engine.write(lambda conn: searches.keep(conn, str(viewer.person), name, query, parts.clock()))
        except searches.TooMany:
            raise Sorry(400, say("page.searches.many", most=searches.MOST)) from None
        return Saved(sentence=say("page.searches.kept", name=apart(name)))

    @router.post("/searches/delete", response_class=JSONResponse)
    async def delete(saving: Saving, viewer: Lead) -> Saved:
        await parts.engine.write(lambda conn: searches.forget(conn, str(viewer.person), saving.name))
        return Saved(sentence=say("page.searches.gone", name=apart(saving.name)))

    return router


class Offers:
    """What a search can be narrowed down to. To know it every outline is read, so it is asked for once a minute."""

    def __init__(self, parts: Console) -> None:
        self._parts = parts
        self._known: dict[tuple[str, ...], tuple[float, Choices]] = {}

    async def at(self, desks: tuple[str, ...]) -> Choices:
        """What there is at these desks."""
        now = self._parts.clock()
        at, known = self._known.get(desks, (0.0, None))
        if known is None or not at <= now < at + _OFFERED:
            known = await self._parts.engine.read(lambda conn: choices(conn, desks))
            self._known[desks] = (now, known)
        return known


def _row(found: Found) -> dict[str, object]:
    action = found.entry.line.action
    return {
        "entry": found.entry,
        "step": type(action).__name__,
        "customer": found.customer,
        "conversation": found.conversation,
        "words": found.released or found.entry.text or "",
    }


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Sorry(400, say("page.refused.day")) from None


def _start(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _number(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or int(text) >= 2**63:
        raise Sorry(400, say("page.refused.malformed"))
    return int(text)
