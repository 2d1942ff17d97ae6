"""One review on one page: from the first message to the delivery, with what the model was shown and who looked on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from bot.channels.card import compare
from bot.channels.checks import Span
from bot.channels.wording import headline, outcome, told
from bot.console.parts import Console
from bot.console.render import Pages
from bot.console.sorry import Sorry
from bot.console.viewer import Lead, Viewer
from bot.insight.queries import Connection, Moment, Story, moments, story
from bot.phrases import say
from bot.review.actions import Delivered, Depart, Lost, MarkSent, NotSent, Resend, Undeliverable
from bot.review.model import Call
from bot.store import exchanges, looks, reviews
from bot.store.looks import Look

# Looks that are shown; the others are in the record.
_LOOKS = 50
_DELIVERY = (Depart, NotSent, Undeliverable, Lost, Delivered, MarkSent, Resend)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A review with what was said with models, by the draft's version, and who looked at it."""

    story: Story
    exchanges: Mapping[int, tuple[Call, ...] | None]
    looks: tuple[Look, ...]


def one_review(parts: Console, pages: Pages) -> APIRouter:
    """The story of one review."""
    router = APIRouter(prefix="/audit", default_response_class=HTMLResponse)

    @router.get("/{review}")
    async def one(review: str, viewer: Lead) -> str:
        opened = await _opened(parts, viewer, review)
        return pages.draw("story.html", here="audit", viewer=viewer, **_told(opened))

    return router


async def _opened(parts: Console, viewer: Viewer, review: str) -> _Opened:
    """Everything about a review; that it was opened is on record first, where its desk asks for that.

    Raises `Sorry`, for one of another desk as for one that is none.
    """

    def whose(conn: Connection) -> str:
        found = reviews.get(conn, review)
        return found.desk if found else ""

    desk = await parts.engine.read(whose)
    if desk not in viewer.leads:
        raise Sorry(404, say("page.refused.review"))
    if desk in parts.record.looks:
        now = parts.clock()
        await parts.engine.write(lambda conn: looks.add(conn, viewer.person, review, "story", now))

    def look(conn: Connection) -> _Opened | None:
        found = story(conn, review)
        if found is None:
            return None
        return _Opened(found, exchanges.of(conn, review), tuple(looks.of(conn, review, _LOOKS)))

    opened = await parts.engine.read(look)
    if opened is None:
        raise Sorry(404, say("page.refused.review"))
    return opened


def _told(opened: _Opened) -> dict[str, object]:
    found = opened.story
    entries, review = found.entries, found.review
    drafted = found.drafted.reply if found.drafted else ""
    began = entries[0].line.action.at
    spans = compare(drafted, found.sent) if found.sent is not None else ()
    course = [_moment(moment) for moment in moments(found)]
    return {
        "story": found,
        "headline": headline(review),
        "outcome": outcome([entry.line for entry in entries]) if review.closed or review.release else "",
        "spans": spans,
        "added": _words(spans, "added"),
        "removed": _words(spans, "removed"),
        "opened": began,
        "thinking": None if found.decided is None else found.decided.line.action.at - began,
        "whole": None if found.delivered is None else found.delivered[1] - began,
        "moments": course,
        "attempts": [one for one in course if isinstance(one["action"], _DELIVERY)],
        "exchanges": opened.exchanges,
        "looks": opened.looks,
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
