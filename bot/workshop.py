"""What people do with templates, wherever they do it: at the command line, on pages, in a chat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from bot import backtest, versions
from bot.backtest import Gone, Laboratory, Listener
from bot.channels.base import Person
from bot.drafting.drafter import Case, Drafter
from bot.drafting.model import Model
from bot.insight.replays import Limit
from bot.phrases import say
from bot.setting import Desk
from bot.store import backtests, changes, reviews, templates, trials
from bot.store.backtests import Plan
from bot.store.changes import Changed
from bot.store.engine import Connection, Engine
from bot.store.templates import NoVersion, Status, Version
from bot.store.trials import Trial
from bot.versions import Unwanted


class Moved(Unwanted):
    """Somebody else changed the template meanwhile. The message says who did what."""


class Unsaid(LookupError):
    """There is no such review at these desks, or its words are gone. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A template as it stands: all its versions, oldest first, the one in use, and the last change of it."""

    name: str
    desks: tuple[Desk, ...]
    versions: tuple[Version, ...]
    active: Version | None
    last: Changed | None

    @property
    def drafts(self) -> int:
        """How many versions were saved since the one in use, and never used."""
        since = self.active.version if self.active else 0
        return sum(one.status is Status.DRAFT and one.version > since for one in self.versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """`drafter` makes what drafts, perhaps with somebody else in the model's place; `limits` are what the desks that use a
    template put up with, by the desks' names; `longest` the longest replies by channel, in characters. `model` is the
    configured model's name, empty without one; `clock` gives unix seconds."""

    engine: Engine
    desks: tuple[Desk, ...]
    drafter: Callable[[Model | None], Drafter]
    limits: Callable[[str], Mapping[str, Limit]]
    longest: Mapping[str, int]
    model: str
    clock: Callable[[], float]

    def using(self, name: str) -> tuple[Desk, ...]:
        """The desks that use a template."""
        return tuple(desk for desk in self.desks if desk.template.name == name)

    def of_desks(self, desks: Collection[str]) -> list[str]:
        """The templates that these desks use, by name."""
        return sorted({desk.template.name for desk in self.desks if desk.id in desks})

    def laboratory(self, name: str, model: Model | None = None) -> Laboratory:
        """Where a template is tried out. Whoever asks for one closes its drafter."""
        desks = {desk.id: desk for desk in self.using(name)}
        return Laboratory(self.engine, self.drafter(model), desks, self.longest, self.clock)

    # --- looking

    def standing(self, conn: Connection, name: str) -> Standing:
        """How a template stands. Raises `NoVersion`."""
        past = tuple(templates.versions(conn, name))
        if not past:
            raise NoVersion(name)
        active = next((one for one in past if one.status is Status.ACTIVE), None)
        history = changes.of(conn, name)
        return Standing(name, self.using(name), past, active, history[-1] if history else None)

    async def preview(self, version: str, review: str, desks: Collection[str]) -> list[tuple[str, str]]:
        """Exactly what the model would see for one review of these desks: messages, each with its role.

        Raises `Unsaid`, `NoVersion`, `BadTemplate`.
        """
        listener = Listener()
        name = version.partition("@")[0]
        laboratory = self.laboratory(name, listener)

        def look(conn: Connection) -> Case:
            template = versions.parsed(named(conn, version))
            found = reviews.get(conn, review)
            if found is None or found.desk not in laboratory.desks or found.desk not in desks:
                raise Unsaid(say("template.no_review", review=review, name=name))
            try:
                return backtest.case_of(conn, laboratory, found, template)
            except Gone:
                raise Unsaid(say("template.words_gone")) from None

        try:
            await laboratory.drafter.draft(await self.engine.read(look))
        finally:
            await laboratory.drafter.close()
        return [(role, str(words)) for role, words in listener.heard[0]]

    # --- changing

    async def save(self, name: str, text: str, note: str, by: Person, base: int) -> Version:
        """Keep a text that was made from version `base` as a draft. Raises `BadTemplate`, `Unwanted`."""

        def work(conn: Connection) -> Version:
            templates.hold(conn, name)
            past = templates.versions(conn, name)
            if past and past[-1].version != base:
                raise Moved(say("template.moved", who=past[-1].author, template=past[-1]))
            return versions.save(conn, name, text, signature(by), note, self.clock())

        return await self.engine.write(work)

    async def activate(
        self, name: str, version: int, by: Person, note: str, base: int, override: str = ""
    ) -> tuple[Version, list[str]]:
        """Put a version into use where `base` is; what was overridden, in sentences. Raises `Unwanted`, `NoVersion`."""

        def work(conn: Connection) -> tuple[Version, list[str]]:
            self._still(conn, name, base)
            chosen = templates.get(conn, name, version)
            limits = self.limits(name)
            return chosen, backtest.activate(conn, chosen, limits, signature(by), note, self.clock(), override)

        return await self.engine.write(work)

    async def rollback(self, name: str, by: Person, note: str, base: int | None = None) -> Version:
        """Put the version back into use that was before `base`, or before the one in use. Raises `Unwanted`."""

        def work(conn: Connection) -> Version:
            if base is not None:
                self._still(conn, name, base)
            return versions.rollback(conn, name, signature(by), note, self.clock())

        return await self.engine.write(work)

    def _still(self, conn: Connection, name: str, base: int) -> None:
        templates.hold(conn, name)
        active = templates.active(conn, name) or 0
        if active != base:
            done = [line for line in changes.of(conn, name) if line.details.get("version") == active]
            who = done[-1].person if done else ""
            raise Moved(say("template.used_other", who=who, template=f"{name}@{active}"))

    # --- trying out

    def plan(self, conn: Connection, wanted: str, against: int | None, cases: int) -> Plan:
        """What to compare: a version (without a number the newest) to another (without one the version in use).

        Raises `NoVersion`, `Unwanted`, `BadTemplate`.
        """
        name, _, number = wanted.partition("@")
        past = templates.versions(conn, name)
        if not past:
            raise NoVersion(name)
        if not self.using(name):
            raise Unwanted(say("backtest.unused", name=name))
        version = named(conn, wanted) if number else past[-1]
        other = templates.get(conn, name, against or templates.active(conn, name) or version.version)
        if other.version == version.version:
            raise Unwanted(say("backtest.same", template=version))
        return Plan(name, version.version, other.version, versions.parsed(version).model or self.model, cases)

    def must_have_model(self) -> None:
        """Raises `Unwanted` where nothing can be tried out."""
        if not self.model:
            raise Unwanted(say("backtest.no_model"))

    async def order(
        self, wanted: str, against: int | None, cases: int, calls: int, money: float | None, by: Person
    ) -> int:
        """Have a version tried out, or go on with what was interrupted; the backtest's number.

        Raises `Unwanted`, `NoVersion`, `BadTemplate`.
        """
        name = wanted.partition("@")[0]
        self.must_have_model()
        laboratory = self.laboratory(name)

        def work(conn: Connection) -> int:
            templates.hold(conn, name)
            if under_way := trials.open_of(conn, name):
                raise Unwanted(say("backtest.under_way", who=under_way.person, number=under_way.backtest))
            run = backtest.begin(conn, laboratory, self.plan(conn, wanted, against, cases))
            trials.order(conn, run.number, signature(by), calls, money, self.clock())
            return run.number

        try:
            return await self.engine.write(work)
        finally:
            await laboratory.drafter.close()

    async def stop(self, number: int) -> None:
        """Go no further with a backtest for now."""
        await self.engine.write(lambda conn: trials.stop(conn, number))

    def tests(self, conn: Connection, name: str) -> Iterator[tuple[backtests.Run, Trial | None, int]]:
        """The newest backtests of a template, each with how many reviews have had their turn."""
        for run in backtests.of_template(conn, name, 10):
            yield run, trials.get(conn, run.number), trials.tried(conn, run.number)


def named(conn: Connection, wanted: str) -> Version:
    """The version that is meant by `name@version`, or the one in use by `name`. Raises `NoVersion`."""
    name, _, number = wanted.partition("@")
    few = number.isascii() and number.isdecimal() and len(number) < 10
    version = int(number) if few else None if number else templates.active(conn, name)
    if version is None:
        raise NoVersion(wanted)
    return templates.get(conn, name, version)


def signature(person: Person) -> str:
    """Somebody as they stand on record: by name, and by what nobody can choose for themselves."""
    return f"{person.name} ({person})"
