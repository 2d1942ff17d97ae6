"""A chat service in memory. What hangs there is the truth about what a customer has seen."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from bot.channels.base import CannotLook, Note, Place, Refusal, Silence, Thread
from bot.channels.card import Card
from bot.review.model import Release

NAME = "stage"
SUPPORT = Place(NAME, "support")
OFFICE = Place(NAME, "office")


class Gate:
    """Holds a call until the test lets it go on."""

    def __init__(self) -> None:
        self._reached = asyncio.Event()
        self._open = asyncio.Event()

    async def hold(self) -> None:
        """What the call does."""
        self._reached.set()
        await self._open.wait()

    async def reached(self) -> None:
        """Until a call stands before the gate."""
        await self._reached.wait()

    def open(self) -> None:
        """Let it go on, and all that come after."""
        self._open.set()


@dataclass(frozen=True)
class Reaction:
    """How one call is answered: landing or not, then returning or raising. It is held at `gate` before it lands, or with
    `after` when it has."""

    lands: bool = True
    raises: Exception | None = None
    gate: Gate | None = None
    after: bool = False


def delivers(gate: Gate | None = None, *, after: bool = False) -> Reaction:
    """It lands, and the answer arrives."""
    return Reaction(gate=gate, after=after)


def refuses(
    reason: str = "The channel is busy.", *, final: bool = False, wait: float = 0.0, gate: Gate | None = None
) -> Reaction:
    """It certainly does not land."""
    return Reaction(lands=False, raises=Refusal(reason, final=final, wait=wait), gate=gate)


def silent(*, landed: bool) -> Reaction:
    """The answer is lost."""
    return Reaction(lands=landed, raises=Silence())


def blind(reason: str = "This channel cannot be searched.") -> Reaction:
    """Nobody can look."""
    return Reaction(lands=False, raises=CannotLook(reason))


@dataclass(frozen=True)
class Reply:
    """Words of the bot that a customer can read."""

    ref: str
    thread: Thread
    key: str
    words: str


@dataclass
class World:
    """What the people of the chat service see. Several channels, of several processes, may stand in one world.

    `wrongs` are calls that no channel need put up with. A worker survives whatever is raised, so they are kept.
    """

    replies: list[Reply] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    cards: dict[str, list[Card]] = field(default_factory=dict)
    notes: dict[str, tuple[Place, Note]] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note it when it does not hold."""
        if not holds:
            self.wrongs.append(otherwise)

    def ref(self, kind: str) -> str:
        """A reference that nothing else has."""
        return f"{kind}{next(self.numbers)}"


class ScriptedChannel:
    """Answers each call as it was told, in order, and properly when it was told nothing.

    `sending`, `looking`, `showing`, `noting` and `asking` take one `Reaction` for each call to come; `readers` is who reads along.
    It is strict: what a channel may rely on and does not get is noted in its world, and whoever has a stage checks that
    at the end.
    """

    name = NAME
    limit = 300

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.sending: deque[Reaction] = deque()
        self.looking: deque[Reaction] = deque()
        self.showing: deque[Reaction] = deque()
        self.noting: deque[Reaction] = deque()
        self.asking: deque[Reaction] = deque()
        self.readers = "private"
        self.looks: list[str] = []

    async def run(self) -> None:
        """There is nothing to listen to: the test calls."""
        await asyncio.Event().wait()

    async def show_card(self, place: Place, card: Card, ref: str, look: bool) -> str:
        """See `Channel.show_card`."""
        self.world.expect(place == OFFICE, f"a card was drawn at {place}")
        self.world.expect(not (look and ref), "a card was looked for although its place was known")
        self.world.expect(not ref or ref in self.world.cards, f"a card was drawn at {ref}, which was never given")
        reaction = await _next(self.showing)
        if look and not ref:
            ref = next((ref for ref, drawn in self.world.cards.items() if drawn[-1].review == card.review), "")
        if reaction.lands:
            ref = ref or self.world.ref("card")
            self.world.cards.setdefault(ref, []).append(card)
        await _end(reaction)
        return ref

    async def post_note(self, place: Place, key: str, note: Note, look: bool) -> str:
        """See `Channel.post_note`."""
        reaction = await _next(self.noting)
        if look and key in self.world.notes:
            return key
        if reaction.lands:
            self.world.expect(key not in self.world.notes, f"the note {key} hangs there twice")
            self.world.notes[key] = (place, note)
        await _end(reaction)
        return key

    async def audience(self, place: Place) -> str:
        """See `Channel.audience`."""
        self.world.expect(place == SUPPORT, f"somebody asked who reads {place}")
        await _end(await _next(self.asking))
        return self.readers

    async def send_reply(self, thread: Thread, release: Release) -> str:
        """See `Channel.send_reply`."""
        self.world.expect(thread.place == SUPPORT, f"a reply was sent to {thread.place}")
        self.world.expect(bool(release.words.strip()), "a reply without words was sent")
        self.world.expect(len(release.words) <= self.limit, "a reply was sent that is too long")
        reaction = await _next(self.sending)
        ref = ""
        if reaction.lands:
            assert not [reply for reply in self.world.replies if reply.key == release.key], (
                "the customer reads it twice"
            )
            ref = self.world.ref("reply")
            self.world.replies.append(Reply(ref, thread, release.key, release.words))
        await _end(reaction)
        return ref

    async def find_reply(self, thread: Thread, release: Release) -> str | None:
        """See `Channel.find_reply`."""
        self.looks.append(release.key)
        await _end(await _next(self.looking))
        return next((r.ref for r in self.world.replies if r.thread == thread and r.key == release.key), None)


async def _next(script: deque[Reaction]) -> Reaction:
    reaction = script.popleft() if script else Reaction()
    if reaction.gate is not None and not reaction.after:
        await reaction.gate.hold()
    return reaction


async def _end(reaction: Reaction) -> None:
    if reaction.gate is not None and reaction.after:
        await reaction.gate.hold()
    if reaction.raises is not None:
        raise reaction.raises
