"""What the pages are handed: values and the few verbs they may use. `wiring` fills it in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.channels.base import Person, Receipt
from bot.channels.wall import WebThread
from bot.console.signin import SignIn
from bot.console.viewer import Doorman
from bot.desk import FrontDesk
from bot.inforce import Row
from bot.insight.figures import Team
from bot.store.bell import Bell
from bot.store.engine import Engine
from bot.watching import Watch
from bot.workshop import Workshop


@dataclass(frozen=True, slots=True)
class System:
    """A part of the program that reaches something outside. `kind` is channel, model, articles or lookup; `trouble` is
    what keeps it from working, `notes` what somebody has to see to all the same, in sentences."""

    kind: str
    name: str
    trouble: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A customer's message to try the workspace with. `language` is ISO 639-1."""

    id: str
    language: str
    label: str
    text: str


class SupportChannel(Protocol):
    """The local channel. `bot.channels.web` stands beside the console, so it is known here by its verbs.

    What changes something raises `NotStored`, and `NotYours` or `NoSuchMessage` where they can happen.
    """

    async def say(self, by: Person, root: str, text: str, nonce: str) -> Receipt: ...
    async def answer(self, by: Person, root: str, text: str, nonce: str) -> Receipt: ...
    async def edit(self, by: Person, ref: str, text: str) -> Receipt: ...
    async def delete(self, by: Person, ref: str) -> Receipt: ...
    async def rate(self, by: Person, ref: str, thumb: int, *, added: bool) -> Receipt: ...
    async def threads(self, limit: int = 30) -> list[WebThread]: ...


@dataclass(frozen=True, slots=True)
class Record:
    """How the record is kept: which desks want to know who opened a customer's words, the places of the workspace where
    their leads are told things, by the desks' ids, and the public key, as hex, with which this installation seals."""

    looks: frozenset[str] = frozenset()
    told_at: Mapping[str, str] = field(default_factory=dict)
    own_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Everything the pages need. `people` are the reviewers one can be, `customers` the two invented ones.

    `may_answer` says who may answer a customer by hand. `ready` lists what keeps the program from working, empty when
    nothing does; `notes` what somebody has to see to although it works. `model` names the model, or is `offline`.
    `doorman` knows who asks, `signin` how they become known where nobody sits at this machine. `catch_up` brings what is
    searched up to the audit; `templates` is where people handle theirs. `stopping` ends the live streams, which would
    otherwise keep the server from stopping.
    """

    front: FrontDesk
    web: SupportChannel
    engine: Engine
    bell: Bell
    people: tuple[Person, ...]
    customers: tuple[Person, ...]
    samples: tuple[Sample, ...]
    may_answer: Callable[[Person], bool]
    ready: Callable[[], Awaitable[list[str]]]
    notes: Callable[[], list[str]] = list
    version: str
    stopping: asyncio.Event
    clock: Callable[[], float]
    model: str
    doorman: Doorman
    teams: Mapping[str, Team]
    record: Record = Record()
    signin: SignIn | None = None
    catch_up: Callable[[], Awaitable[None]]
    # How the program fares, the parts that reach outside, and the settings in force.
    watch: Watch
    systems: Callable[[], list[System]]
    in_force: tuple[Row, ...]
    templates: Workshop
