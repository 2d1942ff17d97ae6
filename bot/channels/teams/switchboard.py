"""Sorts the activities whose sender is proved. Each has an answer: Teams stops telling a bot that often fails for hours.

https://github.com/microsoft/teams.py/issues/433
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bot.channels.base import NotStored
from bot.channels.payload import Payload, part, text
from bot.channels.teams import activities, reactions
from bot.channels.teams.activities import Odd, Spot
from bot.channels.teams.clicks import Clicks
from bot.channels.teams.commands import Commands
from bot.channels.teams.heard import own_names
from bot.channels.teams.listening import Listening
from bot.channels.teams.office import Office
from bot.channels.teams.outline import outline
from bot.log import log

_MESSAGES = frozenset({"message", "messageUpdate", "messageDelete"})
_NEWS = frozenset({"conversationUpdate", "installationUpdate"})
# Known, and nothing that a desk acts on.
_OTHERS = frozenset({"event", "typing", "endOfConversation"})


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an activity: an HTTP status and, to an invoke, an object."""

    status: int = 200
    body: dict[str, Any] | None = None


class Switchboard:
    """Takes activities. `odd` counts those that could not be read, by their kind."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._listening = Listening(office)
        self._clicks = Clicks(office)
        self._commands = Commands(office)
        self.odd: Counter[str] = Counter()

    async def take(self, activity: Payload) -> Reply:
        """The answer to an activity. Only one that could not be stored is asked for again."""
        kind = text(activity, "type")
        if text(activity, "channelId") != "msteams" or not self._is_for_us(activity):
            log.warning("teams_foreign", kind=kind[:40])
            return Reply(403)
        try:
            return await self._sorted(kind, activity)
        except NotStored:
            log.error("teams_not_stored", kind=kind[:40])
            return Reply(503)
        except Odd as odd:
            # It would not read better the second time.
            self.odd[kind[:40]] += 1
            told = {"lacks": str(odd), "where": activities.trace(activity), "count": self.odd.total()}
            log.warning("teams_odd", kind=kind[:40], **told, activity=outline(activity))
            return Reply()

    def _is_for_us(self, activity: Payload) -> bool:
        """Whether it happened in our tenant. The token does not say: the connector's is the same for everybody."""
        found, ours = activities.tenant_of(activity), self._office.setup.tenant
        return not (found and ours) or found == ours

    async def _sorted(self, kind: str, activity: Payload) -> Reply:
        if kind == "invoke":
            at = activities.spot(activity)
            if at is not None and self._office.reviews_in(at.channel):
                self._office.errands.run("note", self._listening.note(activity, at.place))
            return Reply(200, await self._clicks.invoked(activity))
        if kind in _NEWS:
            await self._listening.news(activity)
        elif kind in _MESSAGES:
            at = activities.spot(activity)
            if at is not None:
                await self._message(kind, activity, at)
        elif kind == "messageReaction":
            at = activities.spot(activity)
            if at is not None and self._office.desk_of(at.channel) is not None:
                await reactions.take(self._office, activity, at)
        elif kind in _OTHERS:
            log.debug("teams_activity", kind=kind)
        else:
            raise Odd("type")
        return Reply()

    async def _message(self, kind: str, activity: Payload, at: Spot) -> None:
        if self._office.desk_of(at.channel) is not None:
            await self._listening.message(activity, at)
        elif kind == "message" and self._office.reviews_in(at.channel):
            await self._listening.note(activity, at.place)
            if part(activity, "value"):
                await self._clicks.submitted(activity, at)
            elif own_names(activity, self._office.setup.bot):
                self._commands.asked(activity, at)
