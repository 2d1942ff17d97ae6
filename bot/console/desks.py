"""The desks with their settings in force and where each was said, and the button that pauses drafting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel

from bot.channels.base import Person
from bot.channels.standing import LEADING, Pause
from bot.console.parts import Console
from bot.console.render import Pages
from bot.console.sorry import Sorry
from bot.console.viewer import Lead, Viewer
from bot.inforce import Row
from bot.phrases import say
from bot.store import pauses


class Pausing(BaseModel):
    """Drafting is to rest or to go on; `by` is who wants it, where nobody signs in."""

    paused: bool
    by: str = ""


class Outcome(BaseModel):
    """What came of it, with the sentence to show."""

    done: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class About:
    """A desk in the list. `people` is how many are named, `pause` that nobody drafts."""

    id: str
    name: str
    listens: tuple[str, ...]
    reviews: tuple[str, ...]
    people: int
    pause: Pause | None


def desks(parts: Console, pages: Pages) -> APIRouter:
    """The list, a desk's page, the program's settings, and the button."""
    router = APIRouter(prefix="/desks", default_response_class=HTMLResponse)
    known = {row.loc[1] for row in parts.in_force if row.loc[0] == "desks"}

    @router.get("")
    async def listed(viewer: Lead) -> str:
        on = await parts.engine.read(lambda conn: pauses.standing(conn, viewer.leads))
        program = _grouped(row for row in parts.in_force if row.loc[0] != "desks") if viewer.admins else []
        return pages.draw(
            "desks.html",
            here="desks",
            viewer=viewer,
            desks=[_about(parts.in_force, desk, on.get(desk)) for desk in viewer.leads if desk in known],
            program=program,
        )

    @router.get("/{desk}")
    async def one(desk: str, viewer: Lead) -> str:
        _theirs(viewer, desk)
        on = await parts.engine.read(lambda conn: pauses.standing(conn, (desk,)))
        return pages.draw(
            "desk.html",
            here="desks",
            viewer=viewer,
            desk=_about(parts.in_force, desk, on.get(desk)),
            groups=_grouped(row for row in parts.in_force if row.loc[:2] == ("desks", desk)),
            people=await _leading(parts, desk) if viewer.local else [],
        )

    @router.post("/{desk}/pause", response_class=JSONResponse)
    async def pause(desk: str, pausing: Pausing, viewer: Lead) -> Outcome:
        _theirs(viewer, desk)
        by = viewer.person
        if viewer.local:
            by = next((person for person in parts.people if str(person) == pausing.by), by)
        answer = await parts.front.pause(by, desk, paused=pausing.paused)
        return Outcome(done=answer.done, sentence=answer.sentence)

    return router


def _theirs(viewer: Viewer, desk: str) -> None:
    """Raises `Sorry` for a desk that is none of theirs, as for one that is not there."""
    if desk not in viewer.leads:
        raise Sorry(404, say("page.desks.unknown"))


async def _leading(parts: Console, desk: str) -> list[Person]:
    """Those of the workspace's reviewers who lead there."""
    found = []
    for person in parts.people:
        standings = await parts.front.desks(person)
        if any(standing.desk == desk and standing.role in LEADING for standing in standings):
            found.append(person)
    return found


def _about(rows: Iterable[Row], desk: str, pause: Pause | None) -> About:
    said = {row.loc[2:]: row.lines for row in rows if row.loc[:2] == ("desks", desk)}
    name = " ".join(said[("name",)]) or desk
    return About(desk, name, said[("listens",)], said[("reviews",)], len(said[("people",)]), pause)


def _grouped(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """The rows under headings: what comes from the environment last, the rest by what stands before their keys."""
    return [(name, list(some)) for name, some in groupby(_sorted(rows), _group)]


def _sorted(rows: Iterable[Row]) -> Iterator[Row]:
    there = list(rows)
    order = {name: at for at, name in enumerate(dict.fromkeys(_group(row) for row in there))}
    return iter(sorted(there, key=lambda row: order[_group(row)] + 1000 * (row.loc[0].isupper())))


def _group(row: Row) -> str:
    if row.loc[0].isupper():
        return "environment"
    if row.loc[0] == "desks":
        return row.loc[2] if len(row.loc) > 3 else "desk"
    return row.loc[0] if len(row.loc) > 1 else "program"
