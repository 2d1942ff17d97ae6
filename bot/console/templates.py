"""Templates on pages: the list, the editor with its checks, two versions side by side, putting one into use and back."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from bot import backtest
from bot.console.parts import Console
from bot.console.render import Pages
from bot.console.sorry import Sorry
from bot.console.viewer import Admin, Viewer
from bot.drafting import prompts
from bot.drafting.prompts import DATA, NAMES, REQUIRED, BadTemplate, Problem
from bot.phrases import say
from bot.store import changes
from bot.store.engine import Connection, T, Work
from bot.store.templates import NoVersion, Status, Version
from bot.versions import Unwanted
from bot.workshop import Moved, Standing

# Twice what a template may have, so that somebody who pasted too much is told so and not shown an error.
_MOST = 2 * prompts.MOST_CHARACTERS
Wanted = Annotated[int, Query(ge=0, lt=2**31)]


class Written(BaseModel):
    """A template's text as it stands in the editor."""

    text: str = Field(max_length=_MOST)


class Saving(Written):
    """To be kept as a draft; `base` is the newest version there was when the editor was opened."""

    note: str = Field(max_length=2_000)
    base: int = Field(ge=0, lt=2**31)


class Using(BaseModel):
    """A version is to be put into use where `base` is."""

    version: int = Field(ge=1, lt=2**31)
    note: str = Field(max_length=2_000)
    override: str = Field("", max_length=2_000)
    base: int = Field(ge=0, lt=2**31)


class Undoing(BaseModel):
    """What was in use before `base` is to be in use again."""

    note: str = Field(max_length=2_000)
    base: int = Field(ge=0, lt=2**31)


class Fault(BaseModel):
    """What is wrong in a line, counted from 1; 0 is the whole template."""

    line: int
    reason: str


class Checked(BaseModel):
    """What is wrong with a text, and a sentence about all of it."""

    problems: list[Fault]
    sentence: str


class Done(BaseModel):
    """What came of it, with the sentence to show or the page to go to."""

    done: bool
    sentence: str = ""
    go: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: `same`, `added`, `removed` or `gap`, with its numbers in the two versions."""

    kind: str
    old: int | None
    new: int | None
    text: str


def templates(parts: Console, pages: Pages) -> APIRouter:
    """The pages of an admin's templates, and what can be done on them."""
    router = APIRouter()
    router.include_router(_looking(parts, pages))
    router.include_router(_changing(parts))
    return router


def _looking(parts: Console, pages: Pages) -> APIRouter:
    router = APIRouter(prefix="/templates", default_response_class=HTMLResponse)

    @router.get("")
    async def every(viewer: Admin) -> str:
        shop = parts.templates

        def look(conn: Connection) -> list[Standing]:
            return [shop.standing(conn, name) for name in shop.of_desks(viewer.admins)]

        standing = await parts.engine.read(look)
        return pages.draw("templates.html", here="templates", viewer=viewer, standing=standing)

    @router.get("/{name}")
    async def editor(name: str, viewer: Admin, version: Wanted = 0) -> str:
        known(parts, viewer, name)
        shop = parts.templates

        def look(conn: Connection) -> tuple[Standing, Version, list[str]]:
            standing = shop.standing(conn, name)
            chosen = chosen_of(standing, version)
            objections = list(backtest.objections(conn, chosen, shop.limits(name)))
            return standing, chosen, objections

        standing, chosen, objections = await looked(parts, look)
        return pages.draw(
            "template.html",
            here="templates",
            viewer=viewer,
            tab="edit",
            standing=standing,
            chosen=chosen,
            problems=prompts.check(chosen.text),
            objections=objections if chosen.status is not Status.ACTIVE else [],
            variables=[(one, one in DATA, one == REQUIRED) for one in NAMES],
            most=prompts.MOST_CHARACTERS,
        )

    @router.get("/{name}/compare")
    async def compare(name: str, viewer: Admin, old: Wanted = 0, new: Wanted = 0) -> str:
        known(parts, viewer, name)
        standing = await looked(parts, lambda conn: parts.templates.standing(conn, name))
        right = chosen_of(standing, new)
        left = chosen_of(standing, old or _before(standing, right))
        lines = list(compared(left.text, right.text))
        return pages.draw(
            "template_compare.html",
            here="templates",
            viewer=viewer,
            tab="compare",
            standing=standing,
            old=left,
            new=right,
            lines=lines,
            added=sum(line.kind == "added" for line in lines),
            removed=sum(line.kind == "removed" for line in lines),
        )

    @router.get("/{name}/history")
    async def history(name: str, viewer: Admin) -> str:
        known(parts, viewer, name)

        def look(conn: Connection) -> tuple[Standing, list[changes.Changed]]:
            return parts.templates.standing(conn, name), changes.of(conn, name)

        standing, lines = await looked(parts, look)
        used = [line for line in lines if line.details.get("before") is not None]
        return pages.draw(
            "template_history.html",
            here="templates",
            viewer=viewer,
            tab="history",
            standing=standing,
            lines=lines[::-1],
            before=used[-1].details["before"] if used else None,
        )

    return router


def _changing(parts: Console) -> APIRouter:
    router = APIRouter(prefix="/templates/{name}")
    shop = parts.templates

    @router.post("/check")
    async def check(name: str, written: Written, viewer: Admin) -> Checked:
        known(parts, viewer, name)
        return _checked(_problems(name, _plain(written.text)))

    @router.post("/save")
    async def save(name: str, saving: Saving, viewer: Admin) -> Done:
        known(parts, viewer, name)
        try:
            with refusing():
                version = await shop.save(name, _plain(saving.text), saving.note, viewer.person, saving.base)
        except BadTemplate as bad:
            raise Sorry(400, prompts.sentence(bad.file, bad.problems[0])) from bad
        return Done(done=True, go=f"/templates/{name}?version={version.version}")

    @router.post("/activate")
    async def activate(name: str, using: Using, viewer: Admin) -> Done:
        known(parts, viewer, name)
        with refusing():
            await shop.activate(name, using.version, viewer.person, using.note, using.base, using.override)
        return Done(done=True, go=f"/templates/{name}?version={using.version}")

    @router.post("/rollback")
    async def rollback(name: str, undoing: Undoing, viewer: Admin) -> Done:
        known(parts, viewer, name)
        with refusing():
            version = await shop.rollback(name, viewer.person, undoing.note, undoing.base)
        return Done(done=True, go=f"/templates/{name}?version={version.version}")

    return router


def known(parts: Console, viewer: Viewer, name: str) -> None:
    """Raises a 404 for a template that no desk of theirs uses: whether there is one is not theirs to know."""
    if name not in parts.templates.of_desks(viewer.admins):
        raise Sorry(404, say("page.templates.unknown"))


async def looked(parts: Console, look: Work[T]) -> T:
    """What is asked of the store. Raises a 404 for a version that is not there."""
    with refusing():
        return await parts.engine.read(look)


@contextmanager
def refusing() -> Iterator[None]:
    """Answers what cannot be done: 404 for a version that is not there, 409 where somebody else was first, else 400."""
    try:
        yield
    except NoVersion as missing:
        raise Sorry(404, str(missing)) from missing
    except Unwanted as error:
        raise Sorry(409 if isinstance(error, Moved) else 400, str(error)) from error


def chosen_of(standing: Standing, number: int) -> Version:
    """The version with this number, or the newest. Raises a 404."""
    if not number:
        return standing.versions[-1]
    found = next((one for one in standing.versions if one.version == number), None)
    if found is None:
        raise Sorry(404, str(NoVersion(standing.name, number)))
    return found


def compared(old: str, new: str, around: int = 3) -> Iterator[Line]:
    """Two texts line by line, with a few lines around what changed, and a gap for what is left out."""
    before, after = old.splitlines(), new.splitlines()
    end = 0
    for group in difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(around):
        if group[0][1] > end:
            yield Line("gap", None, None, "")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (Line("same", i + 1, j1 + i - i1 + 1, before[i]) for i in range(i1, i2))
                continue
            yield from (Line("removed", i + 1, None, before[i]) for i in range(i1, i2))
            yield from (Line("added", None, j + 1, after[j]) for j in range(j1, j2))
        end = group[-1][2]
    if end and end < len(before):
        yield Line("gap", None, None, "")


def _before(standing: Standing, version: Version) -> int:
    """What a version is compared to by itself: the one in use, or the one before it."""
    active = standing.active.version if standing.active else version.version
    return active if active != version.version else max(version.version - 1, 1)


def _problems(name: str, text: str) -> list[Problem]:
    try:
        prompts.read(text, name)
    except BadTemplate as bad:
        return bad.problems
    return []


def _checked(problems: list[Problem]) -> Checked:
    faults = [Fault(line=problem.line, reason=problem.reason) for problem in problems]
    return Checked(
        problems=faults,
        sentence=say("page.templates.faults", count=len(faults)) if faults else say("page.templates.fine"),
    )


def _plain(text: str) -> str:
    """With the line ends that files have; a browser's form has others."""
    return text.replace("\r\n", "\n")
