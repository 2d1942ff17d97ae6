"""The audit's pages: what was decided, by whom, on what; and one review from its first message to its delivery."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from bot.channels.card import compare
from bot.channels.checks import Span
from bot.channels.wording import headline, outcome, told
from bot.console.parts import Console
from bot.console.render import Pages
from bot.console.sorry import Sorry
from bot.console.viewer import Lead
from bot.insight.queries import (
    AuditFilter,
    AuditPage,
    Connection,
    Found,
    Moment,
    Story,
    actors,
    audit_page,
    moments,
    story,
)
from bot.phrases import say
from bot.review.actions import ACTS, BY_VERB, Verdict

PAGE = 50
EVERYTHING = "all"
_DECISIONS = tuple(act.__name__ for act in ACTS if issubclass(act, Verdict))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form asked for, as it was typed."""

    conversation: str = ""
    reviewer: str = ""
    decision: str = ""
    since: str = ""
    until: str = ""

    def filter(self, before: int | None) -> AuditFilter:
        """What to look for. Raises `Sorry` for a day that is none, or a decision nobody can take."""
        if self.decision not in ("", EVERYTHING, *BY_VERB):
            raise Sorry(400, say("page.refused.verb"))
        steps = (
            _DECISIONS if not self.decision else (BY_VERB[self.decision].__name__,) if self.decision in BY_VERB else ()
        )
        since, until = _day(self.since), _day(self.until)
        return AuditFilter(
            conversation=self.conversation.strip(),
            actor=self.reviewer,
            steps=steps,
            since=None if since is None else _start(since),
            until=None if until is None or until == date.max else _start(until + timedelta(days=1)),
            before=before,
            limit=PAGE,
        )

    def address(self, before: int | None = None) -> str:
        """The page's address, so that it can be kept and sent to a colleague."""
        parts = {name: getattr(self, name) for name in self.__slots__} | {"before": before or ""}
        query = urlencode({name: value for name, value in parts.items() if value}, errors="replace")
        return f"/audit?{query}" if query else "/audit"


def audit(parts: Console, pages: Pages) -> APIRouter:
    """The list with its filters, and the story of one review."""
    router = APIRouter(prefix="/audit", default_response_class=HTMLResponse)

    @router.get("")
    async def lines(
        viewer: Lead,
        conversation: str = "",
        reviewer: str = "",
        decision: str = "",
        since: str = "",
        until: str = "",
        before: Annotated[str, Query(max_length=20)] = "",
    ) -> str:
        asked = Asked(conversation, reviewer, decision, since, until)
        wanted = asked.filter(_number(before))

        def look(conn: Connection) -> tuple[AuditPage, list[tuple[str, str]]]:
            return audit_page(conn, wanted), actors(conn)

        page, people = await parts.engine.read(look)
        return pages.draw(
            "audit.html",
            here="audit",
            viewer=viewer,
            asked=asked,
            page=page,
            rows=[_row(found) for found in page.found],
            verbs=tuple(BY_VERB),
            people=people,
            first=before == "",
        )

    @router.get("/{review}")
    async def one(review: str, viewer: Lead) -> str:
        found = await parts.engine.read(lambda conn: story(conn, review))
        if found is None:
            raise Sorry(404, say("page.refused.review"))
        return pages.draw("story.html", here="audit", viewer=viewer, story=found, **_told(found))

    return router


def _row(found: Found) -> dict[str, object]:
    action = found.entry.line.action
    return {
        "entry": found.entry,
        "step": type(action).__name__,
        "customer": found.customer,
        "conversation": found.conversation,
        "words": found.released or found.entry.text or "",
    }


def _told(found: Story) -> dict[str, object]:
    entries, review = found.entries, found.review
    drafted = found.drafted.reply if found.drafted else ""
    opened = entries[0].line.action.at
    spans = compare(drafted, found.sent) if found.sent is not None else ()
    return {
        "headline": headline(review),
        "outcome": outcome([entry.line for entry in entries]) if review.closed or review.release else "",
        "spans": spans,
        "added": _words(spans, "added"),
        "removed": _words(spans, "removed"),
        "opened": opened,
        "thinking": None if found.decided is None else found.decided.line.action.at - opened,
        "whole": None if found.delivered is None else found.delivered[1] - opened,
        "moments": [_moment(moment) for moment in moments(found)],
    }


def _moment(moment: Moment) -> dict[str, object]:
    entry = moment.entry
    return {
        "at": moment.at,
        "utterance": moment.utterance,
        "entry": entry,
        "action": entry.line.action if entry else None,
        "step": type(entry.line.action).__name__ if entry else "",
        "sentence": told(entry.line) if entry else "",
    }


def _words(spans: Iterable[Span], kind: str) -> int:
    return sum(len(span.text.split()) for span in spans if span.kind == kind)


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
