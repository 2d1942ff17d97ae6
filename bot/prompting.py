"""What the command line does with templates: list them, save and compare versions, put one into use, try one out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot import backtest, versions
from bot.backtest import Budget, Report
from bot.drafting import prompts
from bot.drafting.knowledge import BadKnowledge
from bot.drafting.knowledge.retriever import Fixed
from bot.drafting.prompts import BadTemplate, Template
from bot.records import Complaint
from bot.setting import Desk
from bot.settings import Settings
from bot.store import changes, schema, templates
from bot.store.bell import Bell
from bot.store.changes import Changed, What
from bot.store.engine import Connection, Engine, T, Work
from bot.store.proposals import NoProposal
from bot.store.templates import NoVersion, Version
from bot.versions import Unwanted
from bot.wiring import clock, database, desk, limits, read_knowledge, workshop
from bot.workshop import Unsaid, Workshop, named

_DONE = {
    What.SAVED: "saved",
    What.READ: "read from its file",
    What.ACTIVATED: "put into use",
    What.ROLLED_BACK: "put back into use",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """Who makes a change, and why."""

    person: str
    note: str


def check_prompts(settings: Settings) -> Iterator[str]:
    """Check every template's file. Raises `Complaint` with what is wrong with them."""
    problems: list[str] = []
    used = {settings.prompts / f"{desk.template}.md" for desk in settings.desks.values()}
    for path in sorted(used.union(settings.prompts.glob("*.md"))):
        found = prompts.check_file(path)
        problems += found
        if not found:
            yield f"{path}: fine."
    if problems:
        raise Complaint("\n".join(problems))


def list_templates(settings: Settings) -> Iterator[str]:
    """Every template with its versions and its history."""
    with opened(settings) as engine, engine.snapshot() as conn:
        for name in templates.names(conn):
            yield name
            for version in templates.versions(conn, name):
                by = f"{_time(version.at)}  {version.author}  {version.note}"
                yield f"  @{version.version}  {version.status:7}  {by}".rstrip()
            yield from (f"  {_told(line)}" for line in changes.of(conn, name))


def _told(line: Changed) -> str:
    details = line.details
    before = f" instead of @{details['before']}" if details.get("before") else ""
    note = f": {details['note']}" if details.get("note") else ""
    override = f" (against the backtest: {details['override']})" if details.get("override") else ""
    done = _DONE[What(line.what)]
    return f"{_time(line.at)}  {line.person}  @{details['version']} {done}{before}{note}{override}"


def show(settings: Settings, wanted: str) -> Iterator[str]:
    """A version as it would stand in a file."""
    with opened(settings) as engine, engine.snapshot() as conn:
        yield named(conn, wanted).text.removesuffix("\n")


def diff(settings: Settings, name: str, old: int, new: int) -> Iterator[str]:
    """What changed between two versions."""
    with opened(settings) as engine, engine.snapshot() as conn:
        yield from versions.diff(templates.get(conn, name, old), templates.get(conn, name, new))


def save(settings: Settings, name: str, file: Path, by: Signed) -> Iterator[str]:
    """Keep a file's text as a draft of this template."""
    with opened(settings) as engine:
        text = prompts.text_of(file)
        try:
            saved = _write(engine, lambda conn: versions.save(conn, name, text, by.person, by.note, clock()))
        except BadTemplate as bad:
            raise BadTemplate(str(file), bad.problems) from bad
    yield f"{saved} is saved. It is a draft until countersign prompts activate {saved}."


def activate(settings: Settings, wanted: str, by: Signed, override: str) -> Iterator[str]:
    """Put a version into use, if the desks' limits allow it."""
    with opened(settings) as engine:

        def work(conn: Connection) -> tuple[Version, list[str]]:
            version = named(conn, wanted)
            allowed = limits(settings, version.name)
            return version, backtest.activate(conn, version, allowed, by.person, by.note, clock(), override)

        version, overridden = _write(engine, work)
    yield from overridden
    yield f"{version} is in use."


def rollback(settings: Settings, name: str, by: Signed) -> Iterator[str]:
    """Put the version back into use that was before the present one."""
    with opened(settings) as engine:
        version = _write(engine, lambda conn: versions.rollback(conn, name, by.person, by.note, clock()))
    yield f"{version} is in use again."


def preview(settings: Settings, wanted: str, review: str) -> Iterator[str]:
    """Exactly what the model would see for one review."""
    with opened(settings) as engine:
        shop = _workshop(settings, engine)
        if "@" not in wanted:
            with engine.snapshot() as conn:
                wanted = str(named(conn, wanted))
        seen = asyncio.run(shop.preview(wanted, review, settings.desks))
    for role, words in seen:
        yield f"--- {role} ---\n{words}\n"


def run_backtest(
    settings: Settings, wanted: str, against: int | None, cases: int, budget: Budget, tell: Callable[[Report], None]
) -> Report:
    """Try a version out. `tell` hears how far it has come. Raises `Complaint`."""
    with opened(settings) as engine:
        shop = _workshop(settings, engine)
        shop.must_have_model()
        with engine.snapshot() as conn:
            plan = shop.plan(conn, wanted, against, cases)
        laboratory = shop.laboratory(plan.template)

        async def run() -> Report:
            try:
                begun = await engine.write(lambda conn: backtest.begin(conn, laboratory, plan))
                return await backtest.go_on(laboratory, begun, budget, tell)
            finally:
                await laboratory.drafter.close()

        return asyncio.run(run())


def _workshop(settings: Settings, engine: Engine) -> Workshop:
    """Where templates are tried out, with the articles as they read now."""
    return workshop(settings, engine, lambda: Fixed(read_knowledge(settings)), _desks(settings))


def _desks(settings: Settings) -> tuple[Desk, ...]:
    """The desks, each with nothing of its template but the name."""
    return tuple(desk(settings, key, Template(said.template, 0, "")) for key, said in settings.desks.items())


def _write(engine: Engine, work: Work[T]) -> T:
    return asyncio.run(engine.write(work))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """The store, while the block lasts. What is wrong with what was asked for becomes a `Complaint`."""
    url = database(settings)
    if (standing := schema.standing(url)) != schema.HEAD:
        raise Complaint(f"The database stands at migration {standing or '-'}. Run countersign migrate first.")
    engine = Engine(url, Bell())
    try:
        yield engine
    except BadTemplate as bad:
        raise Complaint("\n".join(prompts.sentence(bad.file, problem) for problem in bad.problems)) from bad
    except (BadKnowledge, NoProposal, NoVersion, Unsaid, Unwanted) as error:
        raise Complaint(str(error)) from error
    finally:
        engine.close()
