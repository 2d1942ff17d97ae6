"""The charts that chats are shown: the same pictures as on the pages, of the desks that review where one asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta

from bot.channels.base import NotStored, Person, Place
from bot.channels.pictures import Picture
from bot.channels.standing import LEADING
from bot.insight import charts
from bot.insight.cases import Connection, Thumbs, cases
from bot.insight.figures import Figures, Period, Team, figures
from bot.phrases import say
from bot.setting import Desk
from bot.store.engine import Engine, StoreDown

DAYS = 28


class Picturing:
    """The `Pictures` of the desks. `catch_up` brings what figures are made of up to the audit."""

    def __init__(
        self,
        desks: tuple[Desk, ...],
        teams: Mapping[str, Team],
        engine: Engine,
        catch_up: Callable[[], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._desks = desks
        self._teams = teams
        self._engine = engine
        self._catch_up = catch_up
        self._clock = clock

    async def chart(self, by: Person, place: Place) -> Picture | None:
        """See `Pictures`."""
        desks = [desk for desk in self._desks if desk.reviews == place and desk.role_of(by) in LEADING]
        if not desks:
            return None
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        try:
            await self._catch_up()
            made = await self._engine.read(lambda conn: self._figures(conn, [desk.id for desk in desks], today))
        except StoreDown as down:
            raise NotStored from down
        spec = charts.spec("outcomes", made, charts.PAPER)
        if spec is None:
            return None
        title = say("stats.chart", desks=", ".join(desk.name for desk in desks), days=DAYS)
        accepted = made.accepted
        words = say(
            "stats.chart_words",
            opened=accepted.opened,
            as_is=accepted.as_is.part,
            edited=accepted.edited.part,
            written=accepted.written.part,
            rejected=accepted.rejected.part,
            by_hand=accepted.by_hand.part,
            unanswered=accepted.unanswered.part,
        )
        return Picture(await asyncio.to_thread(charts.png, spec), title, words)

    def _figures(self, conn: Connection, desks: list[str], today: date) -> Figures:
        period = Period(today - timedelta(DAYS - 1), today)
        found = cases(conn, desks, period.since, period.until)
        return figures(found, [], Thumbs(0, 0), [], self._teams, period, self._clock())
