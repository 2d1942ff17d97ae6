"""The page of figures: what became of reviews, how long it took and what it is worth; for leads, and one's own for all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from bot.console.parts import Console
from bot.console.recent import Recent
from bot.console.render import Pages
from bot.console.sorry import Sorry
from bot.console.viewer import Lead, Staff, Viewer
from bot.insight import charts, worth
from bot.insight.cases import Case, Connection, cases, mark, names, openings, reactions, waiting
from bot.insight.contacts import FEELINGS, WEEK
from bot.insight.figures import DIMENSIONS, Figures, Group, Period, Team, figures, groups
from bot.insight.spread import Share
from bot.phrases import say

DAYS = (7, 28, 90, 365)
USUAL = 28
# Of a breakdown so many groups are shown, the largest.
GROUPS = 40
# Longer periods would have to be read row by row.
_LONGEST = 1_100


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page's address asks for: a number of days or two dates of one's own, a desk, and a breakdown."""

    days: str = ""
    since: str = ""
    until: str = ""
    desk: str = ""
    by: str = DIMENSIONS[0]

    def period(self, today: date) -> Period:
        """The days that are asked for. Raises `Sorry` for what is no day, or for too many."""
        if self.since or self.until:
            last = _day(self.until) or today
            first = _day(self.since) or last - timedelta(min(USUAL - 1, last.toordinal() - 1))
            if first > last or (last - first).days >= _LONGEST:
                raise Sorry(400, say("page.refused.period", days=_LONGEST))
            return Period(first, last)
        if self.days not in ("", *map(str, DAYS)):
            raise Sorry(400, say("page.refused.malformed"))
        return Period(today - timedelta(int(self.days or USUAL) - 1), today)

    @property
    def chosen(self) -> int:
        """The number of days, 0 for dates of one's own."""
        return 0 if self.since or self.until else int(self.days or USUAL)

    def query(self, **changes: str) -> str:
        """The address's query with some of it changed."""
        asked = replace(self, **changes)
        parts = {name: getattr(asked, name) for name in self.__slots__}
        plain = {"by": DIMENSIONS[0], "days": str(USUAL)}
        return urlencode({name: value for name, value in parts.items() if value and value != plain.get(name)})

    def address(self, page: str = "/insight", **changes: str) -> str:
        """The page's address."""
        query = self.query(**changes)
        return f"{page}?{query}" if query else page


@dataclass(frozen=True, slots=True)
class Drawn:
    """Figures, and their charts as SVG by name."""

    figures: Figures
    charts: Mapping[str, Markup]


Rows = tuple[tuple[Group, ...], dict[str, str]]


class Insight:
    """Reads, computes and keeps figures."""

    def __init__(self, parts: Console) -> None:
        self._parts = parts
        self._drawn: Recent[Drawn] = Recent(parts.clock)
        self._groups: Recent[Rows] = Recent(parts.clock)
        self._reading: dict[tuple[tuple[str, ...], Period, str], asyncio.Task[list[Case]]] = {}

    def today(self) -> date:
        return datetime.fromtimestamp(self._parts.clock(), UTC).date()

    def teams(self, desks: tuple[str, ...]) -> dict[str, Team]:
        """What the figures know of these desks."""
        return {desk: self._parts.teams[desk] for desk in desks}

    async def drawn(self, desks: tuple[str, ...], period: Period, person: str = "") -> tuple[Drawn, float]:
        """The figures of a period with their charts, and as of when; of a whole team or of one person."""
        found = await self._drawn.get(
            (desks, period, person), await self._mark(), lambda: self._draw(desks, period, person)
        )
        return found.value, found.at

    async def groups(self, desks: tuple[str, ...], period: Period, by: str) -> Rows:
        """The figures broken down, the largest groups first, and the names of people in them."""
        found = await self._groups.get((desks, period, by), await self._mark(), lambda: self._group(desks, period, by))
        return found.value

    async def _mark(self) -> object:
        await self._parts.catch_up()
        return await self._parts.engine.read(mark)

    async def _draw(self, desks: tuple[str, ...], period: Period, person: str) -> Drawn:
        now, teams = self._parts.clock(), self.teams(desks)

        found = await self._cases(desks, period, person)

        def compute(conn: Connection) -> Figures:
            last = max((case.replied_at for case in found if case.replied_at is not None), default=0.0) + WEEK
            later = openings(conn, desks, period.until, last) if last > period.until and not person else []
            thumbs = reactions(conn, desks, period.since, period.until)
            return figures(found, later, thumbs, waiting(conn, desks), teams, period, now)

        made = await self._parts.engine.read(compute)
        return Drawn(made, {} if person else await asyncio.to_thread(_charts, made))

    async def _group(self, desks: tuple[str, ...], period: Period, by: str) -> Rows:
        found = await self._cases(desks, period)

        def compute(conn: Connection) -> Rows:
            made = groups(found, by, self.teams(desks))
            people = [group.name for group in made[:GROUPS]] if by == "reviewer" else []
            return made, names(conn, people)

        return await self._parts.engine.read(compute)

    async def _cases(self, desks: tuple[str, ...], period: Period, person: str = "") -> list[Case]:
        """The reviews, read once for all who need them at the same time: a page counts them and breaks them down."""
        key = (desks, period, person)
        reading = self._reading.get(key)
        if reading is None:
            read = self._parts.engine.read(lambda conn: cases(conn, desks, period.since, period.until, person))
            self._reading[key] = reading = asyncio.create_task(read)
            reading.add_done_callback(lambda _: self._reading.pop(key))
        return await asyncio.shield(reading)


def _charts(made: Figures) -> dict[str, Markup]:
    """The charts, drawn. Only our own words and figures stand in them, and Vega escapes what it writes."""
    specs = {name: charts.spec(name, made) for name in charts.CHARTS}
    return {name: Markup(charts.svg(spec)) for name, spec in specs.items() if spec}  # noqa: S704


def insight(parts: Console, pages: Pages, source: Insight) -> APIRouter:
    """The team's figures, their charts as pictures, and one's own figures."""
    router = APIRouter(prefix="/insight", default_response_class=HTMLResponse)
    pages.env.filters |= {"percent": percent, "amount": amount, "span": span}

    @router.get("")
    async def team(
        viewer: Lead, days: str = "", since: str = "", until: str = "", desk: str = "", by: str = DIMENSIONS[0]
    ) -> str:
        asked = Asked(days, since, until, desk, by)
        if by not in DIMENSIONS:
            raise Sorry(400, say("page.refused.malformed"))
        period, desks = asked.period(source.today()), _desks(viewer, desk)
        (drawn, at), (rows, people) = await asyncio.gather(
            source.drawn(desks, period), source.groups(desks, period, by)
        )
        return pages.draw(
            "insight.html",
            here="insight",
            viewer=viewer,
            asked=asked,
            period=period,
            presets=DAYS,
            desks={one: parts.teams[one].name for one in viewer.leads},
            dimensions=DIMENSIONS,
            found=drawn.figures,
            charts=drawn.charts,
            told=_told(drawn.figures),
            at=at,
            groups=[(_named(group.name, by, parts.teams, people), group) for group in rows[:GROUPS]],
            hidden_groups=max(len(rows) - GROUPS, 0),
            private=not any(team.shows_individuals for team in source.teams(desks).values()),
            teams=parts.teams,
            feelings=FEELINGS,
            enough=worth.ENOUGH_HELD,
        )

    @router.get("/chart/{name}.png")
    async def picture(
        name: str, viewer: Lead, days: str = "", since: str = "", until: str = "", desk: str = ""
    ) -> Response:
        if name not in charts.CHARTS:
            raise Sorry(404, say("page.refused.missing"))
        period = Asked(days, since, until, desk).period(source.today())
        drawn, _ = await source.drawn(_desks(viewer, desk), period)
        spec = charts.spec(name, drawn.figures, charts.PAPER)
        if spec is None:
            raise Sorry(404, say("page.refused.missing"))
        return Response(await asyncio.to_thread(charts.png, spec), media_type="image/png")

    @router.get("/me")
    async def mine(
        viewer: Staff,
        days: str = "",
        since: str = "",
        until: str = "",
        person: Annotated[str, Query(max_length=200)] = "",
    ) -> str:
        asked = Asked(days, since, until)
        period = asked.period(source.today())
        # Without sign-in one says who one is, among those the settings name.
        people = {str(one): one.name for one in parts.people} if viewer.local else {}
        if person and person not in people:
            raise Sorry(400, say("page.refused.reviewer"))
        who = (person or next(iter(people), "")) if viewer.local else str(viewer.person)
        drawn, at = await source.drawn(viewer.desks, period, who or str(viewer.person))
        return pages.draw(
            "insight_mine.html",
            here="mine",
            viewer=viewer,
            asked=asked,
            period=period,
            presets=DAYS,
            people=people,
            person=who,
            found=drawn.figures,
            at=at,
        )

    return router


def percent(share: Share | float | None) -> str:
    """A share as `42 %`; a dash of nothing. Below 10 % one more digit tells."""
    rate = share.rate if isinstance(share, Share) else share
    if rate is None:
        return say("page.insight.none")
    return f"{rate * 100:.0f} %" if rate >= 0.0995 or rate == 0 else f"{rate * 100:.1f} %"


def amount(value: float | None) -> str:
    """A price, with as many digits as a small one needs; a dash for none."""
    if value is None:
        return say("page.insight.none")
    return f"{value:,.2f}" if abs(value) >= 1 or value == 0 else f"{value:.4f}"


def span(seconds: float | None) -> str:
    """How long something took, with one digit more than in a sentence; a dash for nothing."""
    if seconds is None:
        return say("page.insight.none")
    size = abs(seconds)
    if size >= 86_400.0:
        return say("page.span.days", count=f"{size / 86_400.0:.1f}")
    if size >= 3_600.0:
        return say("page.span.hours", count=f"{size / 3_600.0:.1f}")
    return (
        say("page.span.minutes", count=f"{size / 60.0:.1f}")
        if size >= 60.0
        else say("page.span.seconds", count=f"{size:.0f}")
    )


def _desks(viewer: Viewer, desk: str) -> tuple[str, ...]:
    """The desk that was asked for, or all that this person leads. Raises `Sorry` for one they do not."""
    if desk and desk not in viewer.leads:
        raise Sorry(404, say("page.refused.desk"))
    return (desk,) if desk else tuple(sorted(viewer.leads))


def _named(name: str, by: str, teams: Mapping[str, Team], people: Mapping[str, str]) -> str:
    if by == "desk":
        return teams[name].name
    if by == "reviewer":
        return people.get(name, name)
    return name


def _told(made: Figures) -> dict[str, str]:
    """What each chart shows, in words for those who do not see it."""
    accepted, reply, moved = made.accepted, made.times.reply, made.shift
    return {
        "outcomes": say(
            "page.told.outcomes",
            opened=accepted.opened,
            as_is=accepted.as_is.part,
            edited=accepted.edited.part,
            unanswered=accepted.unanswered.part,
        ),
        "acceptance": say("page.told.acceptance", accepted=percent(accepted.accepted)),
        "times": say("page.told.times", p50=span(reply.p50), p90=span(reply.p90)),
        "moods": say(
            "page.told.moods",
            angry=made.feelings["angry"],
            negative=made.feelings["negative"],
            neutral=made.feelings["neutral"],
            positive=made.feelings["positive"],
        ),
        "shift": say("page.told.shift", pairs=moved.pairs, better=moved.better, worse=moved.worse, same=moved.same),
        "costs": say("page.told.costs", price=amount(made.cost.price)),
    }


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Sorry(400, say("page.refused.day")) from None
    if not 2000 <= day.year < 3000:
        raise Sorry(400, say("page.refused.day"))
    return day
