"""Who is in a channel, asked of the connector and remembered. A message never waits long for it, and never fails for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Generic, TypeVar

from bot.channels.base import Place, Refusal, Silence
from bot.channels.teams.connector import Connector
from bot.channels.teams.people import Profile, account
from bot.channels.teams.rooms import Rooms
from bot.channels.teams.whereabouts import Whereabouts
from bot.log import log

# How long a message may wait for such an answer (seconds): Teams wants its own within fifteen, and a click in five.
_PATIENCE = 1.0
# How long an answer counts, and how long nobody waits again after a failure (seconds).
_FRESH, _SORE = 900.0, 60.0
_MOST = 20_000

K = TypeVar("K")
T = TypeVar("T")
Roster = Mapping[str, Profile]


class Directory:
    """The people of the channels."""

    def __init__(self, connector: Connector, rooms: Rooms, whereabouts: Whereabouts) -> None:
        self._connector, self._rooms, self._whereabouts = connector, rooms, whereabouts
        self._rosters: _Asked[Place, Roster] = _Asked(self._ask_all)
        self._newcomers: _Asked[tuple[Place, str], Profile] = _Asked(self._ask_one)

    async def look(self, place: Place, told: Profile) -> Profile | None:
        """What is known of somebody in a channel beside what the activity told; None when nobody says in time."""
        roster = await self.roster(place)
        found = roster.get(told.id) if roster else None
        if found is None:
            found = await self._newcomers.get((place, told.id))
        return found.over(told) if found else None

    async def roster(self, place: Place) -> Roster | None:
        """Everybody in a channel by their ids; None when nobody says in time."""
        return await self._rosters.get(place)

    def changed(self) -> None:
        """Somebody came or went in some team."""
        self._rosters.outdate()

    async def close(self) -> None:
        """Stop asking."""
        await self._rosters.close()
        await self._newcomers.close()

    async def _ask_all(self, place: Place) -> Roster:
        address = await self._whereabouts.in_graph(place.id)
        members = await self._rooms.members(address, place.id)
        return {profile.id: profile for profile in map(account, members)}

    async def _ask_one(self, who: tuple[Place, str]) -> Profile:
        place, person = who
        return account(await self._connector.member(await self._whereabouts.of(place.id), place.id, person))


class _Asked(Generic[K, T]):
    """Answers by what was asked. An old one serves until there is a newer; whoever asks the same shares the question."""

    def __init__(self, ask: Callable[[K], Awaitable[T]]) -> None:
        self._ask = ask
        self._known: dict[K, tuple[float, T | None]] = {}
        self._asking: dict[K, asyncio.Task[T]] = {}

    async def get(self, what: K) -> T | None:
        """The answer; None when there is none in time."""
        now = asyncio.get_running_loop().time()
        until, known = self._known.get(what, (0.0, None))
        if now < until:
            return known
        task = self._asking.get(what)
        if task is None:
            task = self._asking[what] = asyncio.create_task(self._fetch(what))
            task.add_done_callback(partial(self._came, what))
        if known is not None:
            return known
        done, _ = await asyncio.wait([task], timeout=_PATIENCE)
        if not done:
            self._keep(what, None, _SORE)
        return self._known.get(what, (0.0, None))[1]

    def outdate(self) -> None:
        """Ask anew next time."""
        self._known = {what: (0.0, answer) for what, (_, answer) in self._known.items()}

    async def close(self) -> None:
        """Stop asking."""
        left = list(self._asking.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _fetch(self, what: K) -> T:
        answer = await self._ask(what)
        self._keep(what, answer, _FRESH)
        return answer

    def _came(self, what: K, task: asyncio.Task[T]) -> None:
        del self._asking[what]
        if task.cancelled() or (error := task.exception()) is None:
            return
        if not isinstance(error, Refusal | Silence):
            log.error("teams_people_broke", exc_info=error)
        log.warning("teams_people_unknown", error=type(error).__name__, said=str(error))
        self._keep(what, self._known.get(what, (0.0, None))[1], _SORE)

    def _keep(self, what: K, answer: T | None, lasting: float) -> None:
        if len(self._known) >= _MOST:
            self._known.pop(next(iter(self._known)))
        self._known[what] = (asyncio.get_running_loop().time() + lasting, answer)
