"""Trying a version of a template out on pages: what the model would see for a review, and backtests that run by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from bot import backtest
from bot.console.parts import Console
from bot.console.render import Pages
from bot.console.sorry import Sorry
from bot.console.templates import Done, Wanted, chosen_of, known, looked, refusing
from bot.console.viewer import Admin
from bot.drafting.prompts import BadTemplate
from bot.insight.replays import Outcome, mean_distance, summed
from bot.phrases import say
from bot.store import backtests, trials
from bot.store.engine import Connection
from bot.workshop import Standing, Unsaid

_REVIEWS = 30
_CASES, _MOST_CASES, _MOST_CALLS = 20, 500, 2_000


class Order(BaseModel):
    """A version is to be tried out on so many decided reviews, with so many drafts and so much money at most."""

    version: int = Field(ge=1, lt=2**31)
    against: int = Field(ge=1, lt=2**31)
    cases: int = Field(ge=1, le=_MOST_CASES)
    calls: int = Field(ge=1, le=_MOST_CALLS)
    money: float | None = Field(None, ge=0, le=1_000_000, allow_inf_nan=False)


def trying(parts: Console, pages: Pages) -> APIRouter:
    """The preview and the backtests of a template."""
    router = APIRouter()
    router.include_router(_preview(parts, pages))
    router.include_router(_tests(parts, pages))
    router.include_router(_orders(parts))
    return router


def _preview(parts: Console, pages: Pages) -> APIRouter:
    router = APIRouter(prefix="/templates/{name}", default_response_class=HTMLResponse)

    @router.get("/preview")
    async def preview(name: str, viewer: Admin, version: Wanted = 0, review: str = "") -> str:
        known(parts, viewer, name)
        shop = parts.templates
        desks = [desk.id for desk in shop.using(name) if desk.id in viewer.admins]

        def look(conn: Connection) -> tuple[Standing, list[backtests.Decided]]:
            return shop.standing(conn, name), backtests.choices(conn, desks, _REVIEWS)

        standing, choices = await looked(parts, look)
        chosen = chosen_of(standing, version)
        review = review.strip() or (choices[0].review if choices else "")
        trouble, messages = "", []
        if review:
            try:
                messages = await shop.preview(str(chosen), review, desks)
            except Unsaid as gone:
                trouble = str(gone)
            except BadTemplate as bad:
                trouble = str(bad)
        return pages.draw(
            "template_preview.html",
            here="templates",
            viewer=viewer,
            tab="preview",
            standing=standing,
            chosen=chosen,
            choices=choices,
            review=review,
            messages=messages,
            trouble=trouble,
        )

    return router


def _tests(parts: Console, pages: Pages) -> APIRouter:
    router = APIRouter(prefix="/templates/{name}/tests", default_response_class=HTMLResponse)
    shop = parts.templates

    @router.get("")
    async def tests(name: str, viewer: Admin, version: Wanted = 0) -> str:
        known(parts, viewer, name)

        def look(conn: Connection) -> tuple[Standing, list[tuple[backtests.Run, trials.Trial | None, int]]]:
            return shop.standing(conn, name), list(shop.tests(conn, name))

        standing, found = await looked(parts, look)
        return pages.draw(
            "template_tests.html",
            here="templates",
            viewer=viewer,
            tab="tests",
            standing=standing,
            chosen=chosen_of(standing, version),
            tests=found,
            model=shop.model,
            cases=_CASES,
            most_cases=_MOST_CASES,
            most_calls=_MOST_CALLS,
        )

    async def drawn(page: str, name: str, number: int, viewer: Admin) -> str:
        known(parts, viewer, name)

        def look(conn: Connection) -> tuple[Standing, backtest.Report, trials.Trial | None] | None:
            run = backtests.get(conn, number) if number < 2**31 else None
            if run is None or run.plan.template != name:
                return None
            return shop.standing(conn, name), backtest.report_of(conn, run), trials.get(conn, number)

        found = await looked(parts, look)
        if found is None:
            raise Sorry(404, say("page.templates.no_test"))
        standing, report, trial = found
        return pages.draw(
            page,
            here="templates",
            viewer=viewer,
            tab="tests",
            standing=standing,
            report=report,
            trial=trial,
            total=summed(report.replays),
            outcomes=list(_by_outcome(report)),
        )

    @router.get("/{number}")
    async def test(name: str, number: int, viewer: Admin) -> str:
        return await drawn("template_test.html", name, number, viewer)

    @router.get("/{number}/now")
    async def now(name: str, number: int, viewer: Admin) -> str:
        """What of the page changes while it is tried out."""
        return await drawn("template_result.html", name, number, viewer)

    return router


def _orders(parts: Console) -> APIRouter:
    router = APIRouter(prefix="/templates/{name}/tests")
    shop = parts.templates

    @router.post("")
    async def order(name: str, order: Order, viewer: Admin) -> Done:
        known(parts, viewer, name)
        wanted = f"{name}@{order.version}"
        try:
            with refusing():
                number = await shop.order(wanted, order.against, order.cases, order.calls, order.money, viewer.person)
        except BadTemplate as bad:
            raise Sorry(400, str(bad)) from bad
        return Done(done=True, go=f"/templates/{name}/tests/{number}")

    @router.post("/{number}/stop")
    async def stop(name: str, number: int, viewer: Admin) -> Done:
        known(parts, viewer, name)
        run = await parts.engine.read(lambda conn: backtests.get(conn, number) if number < 2**31 else None)
        if run is None or run.plan.template != name:
            raise Sorry(404, say("page.templates.no_test"))
        await shop.stop(number)
        return Done(done=True, go=f"/templates/{name}/tests/{number}")

    return router


def _by_outcome(report: backtest.Report) -> Iterator[tuple[str, int, float | None, float | None]]:
    """How far the drafts are from what was sent, by what a person had made of the review."""
    for outcome in (Outcome.APPROVED, Outcome.EDITED):
        of_it = [one for one in report.replays if one.outcome is outcome]
        if of_it:
            old, new = (mean_distance([getattr(one, side) for one in of_it]) for side in ("old", "new"))
            yield outcome.value, len(of_it), old, new
