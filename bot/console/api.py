"""What programs may read: reviews, the audit and the figures, as JSON with a cursor. Nothing is decided here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field

from bot.console.insight import Asked, Insight
from bot.console.parts import Console
from bot.console.sorry import Sorry
from bot.console.viewer import OPEN, AuditCaller, FiguresCaller, ReviewsCaller
from bot.insight import listing
from bot.insight.figures import Figures
from bot.insight.listing import Wanted
from bot.insight.outlines import Outline
from bot.insight.searching import AuditFilter, Found, audit_page
from bot.phrases import say

BASE = "/api/v1"
MOST = 200
_ID = r"[0-9A-Za-z_-]{1,40}"
_NUMBER = r"[0-9]{1,18}"
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Desk = Annotated[str, Query(max_length=200, description="Only this desk, by its id.")]
Since = Annotated[AwareDatetime | None, Query(description="From then on (RFC 3339).")]
Until = Annotated[AwareDatetime | None, Query(description="Before then (RFC 3339).")]


class Review(BaseModel):
    """A review in outline. Times are RFC 3339 in UTC; `distance` is the share of characters a person changed."""

    review: str
    version: int
    desk: str
    conversation: str
    template: str = Field(description="name@version")
    model: str
    language: str
    intent: str
    risks: list[str]
    feeling: str
    outcome: str = Field(description="open, as_is, edited, rejected, by_hand or withdrawn")
    reviewer: str
    held: bool = Field(description="Whether the draft was held back for comparison.")
    opened_at: datetime
    carded_at: datetime | None
    decided_at: datetime | None
    replied_at: datetime | None
    closed_at: datetime | None
    distance: float | None
    material: bool
    tokens_in: int
    tokens_out: int
    price: float
    seconds: float


class Reviews(BaseModel):
    """A page of reviews, the newest first. `next` is the cursor of the next page, null on the last."""

    items: list[Review]
    next: str | None


class Line(BaseModel):
    """A step on record. `text` is null where there is none, and says so where it was erased."""

    number: int
    review: str
    version: int
    conversation: str
    at: datetime
    actor: str
    actor_name: str
    role: str
    step: str
    before: str | None
    after: str
    text: str | None
    intact: bool = Field(description="False when the text is not the one that was recorded.")


class Audit(BaseModel):
    """A page of the audit, the newest first. `next` is the cursor of the next page, null on the last."""

    items: list[Line]
    next: str | None


def api(parts: Console, source: Insight) -> APIRouter:
    """The routes, with their description at /api/v1/openapi.json. `source` has the figures."""
    router = APIRouter(prefix=BASE)

    @router.get("/reviews", summary="Reviews, the newest first")
    async def reviews(
        caller: ReviewsCaller,
        desk: Desk = "",
        outcome: Annotated[str, Query(max_length=20)] = "",
        template: Annotated[str, Query(max_length=200, description="name@version")] = "",
        model: Annotated[str, Query(max_length=200)] = "",
        since: Since = None,
        until: Until = None,
        cursor: Annotated[str, Query(pattern=rf"^({_ID})?$")] = "",
        limit: Limit = 50,
    ) -> Reviews:
        wanted = Wanted(
            _among(caller.desks, desk), outcome, template, model, _seconds(since), _seconds(until), cursor, limit + 1
        )
        await parts.catch_up()
        found = await parts.engine.read(lambda conn: listing.listed(conn, wanted))
        shown = [_review(one) for one in found[:limit]]
        return Reviews(items=shown, next=shown[-1].review if len(found) > limit else None)

    @router.get("/audit", summary="Every step on record, the newest first")
    async def audit(
        caller: AuditCaller,
        desk: Desk = "",
        conversation: Annotated[str, Query(max_length=400)] = "",
        actor: Annotated[str, Query(max_length=400, description="channel:person")] = "",
        step: Annotated[str, Query(max_length=40, description="As in Approve, Edit, Delivered.")] = "",
        since: Since = None,
        until: Until = None,
        cursor: Annotated[str, Query(pattern=rf"^({_NUMBER})?$")] = "",
        limit: Limit = 50,
    ) -> Audit:
        wanted = AuditFilter(
            desks=_among(caller.desks, desk),
            conversation=conversation,
            actor=actor,
            steps=(step,) if step else (),
            since=_seconds(since),
            until=_seconds(until),
            before=int(cursor) if cursor else None,
            limit=limit,
        )
        await parts.catch_up()
        page = await parts.engine.read(lambda conn: audit_page(conn, wanted))
        following = None if page.older is None else str(page.older)
        return Audit(items=[_line(one) for one in page.found], next=following)

    @router.get("/figures", summary="A period in figures")
    async def figures(
        caller: FiguresCaller,
        desk: Desk = "",
        since: Annotated[date | None, Query(description="The first day (UTC); 28 days ago without it.")] = None,
        until: Annotated[date | None, Query(description="The last day (UTC); today without it.")] = None,
    ) -> Figures:
        days = {name: day.isoformat() for name, day in (("since", since), ("until", until)) if day}
        period = Asked(**days).period(source.today())
        drawn, _ = await source.drawn(_among(caller.desks, desk), period)
        return drawn.figures

    @router.get("/openapi.json", include_in_schema=False, dependencies=[OPEN])
    async def described() -> JSONResponse:
        return JSONResponse(_description(router, parts.version))

    return router


def _description(router: APIRouter, version: str) -> dict[str, Any]:
    told = get_openapi(title=say("api.title"), version=version, description=say("api.about"), routes=router.routes)
    told.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    told["security"] = [{"token": []}]
    return told


def _among(theirs: Iterable[str], wanted: str) -> tuple[str, ...]:
    """The desks to look at. Raises `Sorry` for one that is not theirs, whether it exists or not."""
    desks = tuple(theirs)
    if wanted and wanted not in desks:
        raise Sorry(403, say("api.desk"))
    return (wanted,) if wanted else desks


def _review(one: Outline) -> Review:
    values = {name: getattr(one, name) for name in Review.model_fields}
    times = {name: _when(values[name]) for name in values if name.endswith("_at")}
    return Review(**values | times | {"risks": [risk for risk in one.risks.split("|") if risk]})


def _line(found: Found) -> Line:
    entry = found.entry
    line, action = entry.line, entry.line.action
    return Line(
        number=entry.number,
        review=line.review,
        version=line.version,
        conversation=found.conversation,
        at=_when(action.at),
        actor=action.by.id,
        actor_name=action.by.name,
        role=action.by.role.value,
        step=type(action).__name__,
        before=line.before.value if line.before else None,
        after=line.after.value,
        text=_whole(entry.text),
        intact=entry.intact,
    )


def _whole(text: str | None) -> str | None:
    """JSON carries halves of surrogate pairs, but most readers do not."""
    return None if text is None else re.sub("[\ud800-\udfff]", "\ufffd", text)


def _when(at: float | None) -> Any:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
