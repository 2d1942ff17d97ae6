"""What the command line does with proposals: look for new ones, show them, accept and dismiss them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bot import accepting, learning
from bot.accepting import Offer
from bot.drafting.prompts import Template
from bot.learning import Adviser
from bot.phrases import say
from bot.prompting import Signed, opened
from bot.records import Complaint
from bot.setting import Desk
from bot.settings import Settings
from bot.store import changes, proposals
from bot.store.engine import Connection, Engine
from bot.store.proposals import Form, Proposal, Status
from bot.wiring import clock, desk, model, origins, prices

_NEXT = {
    Form.EXAMPLE: "learning.is_example",
    Form.TEMPLATE: "learning.is_draft",
    Form.ARTICLE: "learning.is_article",
}


def learn(settings: Settings, calls: int) -> Iterator[str]:
    """Look at the last edits of every desk; the model may be asked so often about those that no rule fits."""
    with opened(settings) as engine:
        made = asyncio.run(_learned(settings, engine, calls))
        with engine.snapshot() as conn:
            for number in made:
                yield say("learning.made", proposal=_line(conn, proposals.get(conn, number)), number=number)
    if not made:
        yield say("learning.nothing_new", enough=proposals.ENOUGH)


async def _learned(settings: Settings, engine: Engine, calls: int) -> list[int]:
    asked = model(settings)
    adviser = Adviser(asked, prices(settings), calls) if asked else None
    try:
        return [
            number for one in _desks(settings).values() for number in await learning.learn(engine, one, clock, adviser)
        ]
    finally:
        if asked:
            await asked.close()


def list_all(settings: Settings) -> Iterator[str]:
    """A line for every proposal there was, the oldest first."""
    with opened(settings) as engine, engine.snapshot() as conn:
        for proposal in proposals.all_of(conn):
            yield f"{proposal.status.value:9}  {_line(conn, proposal)}"


def show(settings: Settings, number: int) -> Iterator[str]:
    """A proposal with its evidence and what accepting it would do."""
    desks = _desks(settings)
    with opened(settings) as engine, engine.snapshot() as conn:
        offered = accepting.offer(conn, number, desks)
        yield f"{offered.proposal.status.value:9}  {_line(conn, offered.proposal)}"
        for one in offered.evidence:
            yield f"\n{one.review}" if one.pairs is not None else f"\n{one.review}  {say('learning.erased')}"
            for before, after in one.pairs or ():
                yield from (f"  {sign} {text}" for sign, text in (("-", before), ("+", after)) if text)
        if offered.proposal.status is Status.OPEN:
            yield f"\n{_would_do(conn, offered, desks)}"
        for line in changes.of(conn, f"proposal {number}"):
            made = f" ({line.details['made']})" if "made" in line.details else ""
            yield f"\n{_day(line.at)}  {line.person}  {offered.proposal.status.value}{made}: {line.details['note']}"


def accept(settings: Settings, number: int, by: Signed, *, public: bool) -> Iterator[str]:
    """Do what a proposal says."""
    desks, signed = _desks(settings), accepting.Signed(by.person, by.note, clock())
    with opened(settings) as engine:
        with engine.snapshot() as conn:
            offered = accepting.offer(conn, number, desks, public=public)
        accepting.check(offered, signed, public=public)
        with _written(settings, offered) as file:
            made = asyncio.run(engine.write(lambda conn: accepting.accept(conn, offered, desks, signed, public=public)))
    yield say(_NEXT[offered.proposal.form], made=file or made)


def dismiss(settings: Settings, number: int, by: Signed) -> Iterator[str]:
    """Say that nothing comes of it."""
    with opened(settings) as engine:
        signed = accepting.Signed(by.person, by.note, clock())
        asyncio.run(engine.write(lambda conn: accepting.dismiss(conn, number, signed)))
    yield say("learning.dismissed", number=number)


@contextmanager
def _written(settings: Settings, offered: Offer) -> Iterator[Path | None]:
    """The file of an article, which is gone again when the acceptance comes to nothing. Raises `Complaint`."""
    if offered.proposal.form is not Form.ARTICLE:
        yield None
        return
    folder = next((origin.path for origin in origins(settings) if origin.path.is_dir()), None)
    if folder is None:
        raise Complaint(say("learning.no_folder"))
    file = folder / offered.made
    try:
        with file.open("x", encoding="utf-8") as opened_file:
            opened_file.write(offered.text)
    except OSError as error:
        raise Complaint(f"{file} cannot be written: {error.strerror}.") from error
    try:
        yield file
    except BaseException:
        file.unlink()
        raise


def _would_do(conn: Connection, offered: Offer, desks: dict[str, Desk]) -> str:
    if not offered.text:
        return say("learning.nothing_left", number=offered.proposal.number)
    if offered.proposal.form is Form.TEMPLATE:
        return accepting.difference(conn, offered, desks[offered.proposal.lesson.desk])
    heading = {Form.ARTICLE: "learning.article", Form.EXAMPLE: "learning.example"}[offered.proposal.form]
    return f"{say(heading, made=offered.made)}\n\n{offered.text}"


def _line(conn: Connection, proposal: Proposal) -> str:
    lesson = proposal.lesson
    edits = sum(one.pairs is not None for one in proposals.evidence_of(conn, proposal.number))
    what = f"{proposal.form.value:8}  {lesson.desk}  {lesson.matter}  {lesson.kind} ({lesson.language})"
    return f"{proposal.number:>3}  {_day(proposal.at)}  {what}  {say('learning.edits', edits=edits)}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d")


def _desks(settings: Settings) -> dict[str, Desk]:
    return {name: desk(settings, name, Template(said.template, 0, "")) for name, said in settings.desks.items()}
