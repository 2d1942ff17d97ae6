"""The radar's page: what rises today and rose lately, how much is usual, and the conversations behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from bot.console.parts import Console
from bot.console.render import Pages
from bot.console.viewer import Lead
from bot.insight.days import DAY, Connection, Opening, openings
from bot.lookout import day_named, days_before, sentence
from bot.store import alerts
from bot.store.alerts import Alert

# How long it looks back (days), how many alerts it shows, and how many conversations of each.
_BACK, _MOST, _BEHIND = 14, 100, 12


@dataclass(frozen=True, slots=True)
class Blip:
    """An alert as it is shown. `widths` are the lengths of its two bars in percent, `more` how many reviews are left
    out."""

    alert: Alert
    sentence: str
    desk: str
    widths: tuple[float, float]
    openings: tuple[Opening, ...]
    more: int


def radar(parts: Console, pages: Pages) -> APIRouter:
    """What rises at the desks that somebody leads."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/radar")
    async def page(viewer: Lead) -> str:
        today = day_named(int(parts.clock() // DAY))
        since = days_before(today, _BACK)

        def look(conn: Connection) -> tuple[list[Alert], dict[str, Opening]]:
            found = alerts.lately(conn, viewer.leads, since, _MOST)
            behind = dict.fromkeys(review for one in found for review in one.reviews[:_BEHIND])
            return found, openings(conn, list(behind))

        found, behind = await parts.engine.read(look)
        names = parts.front.names(viewer.leads)
        blips = [_blip(one, names.get(one.desk, one.desk), behind) for one in found]
        return pages.draw(
            "radar.html",
            here="radar",
            viewer=viewer,
            rising=[one for one in blips if one.alert.day == today],
            lately=[one for one in blips if one.alert.day != today],
            several=len(names) > 1,
        )

    return router


def _blip(alert: Alert, desk: str, behind: dict[str, Opening]) -> Blip:
    shown = [behind[review] for review in alert.reviews[:_BEHIND] if review in behind]
    return Blip(
        alert, sentence(alert), desk, _widths((alert.count, alert.usual)), tuple(shown), len(alert.reviews) - len(shown)
    )


def _widths(values: Sequence[float]) -> tuple[float, float]:
    most = max(*values, 1.0)
    first, second = (round(100.0 * value / most, 1) for value in values)
    return first, second
