"""What messages and news of the channels come to. Whatever a customer writes is stored before this returns."""

from __future__ import annotations

from bot.channels.base import Place, Refusal, Silence
from bot.channels.payload import Payload, parts, text
from bot.channels.teams import activities
from bot.channels.teams.activities import Spot
from bot.channels.teams.office import NAME, Office
from bot.log import log
from bot.phrases import say

# What an administrator may have to know of: the settings name channels, and those of a team that is gone are gone too.
_GRAVE = frozenset({"channelDeleted", "teamDeleted", "teamHardDeleted", "teamArchived"})


class Listening:
    """The messages and the news that Teams tells."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def message(self, activity: Payload, at: Spot) -> None:
        """Take in a message of a channel that a desk listens to. Raises `NotStored`, `Odd`."""
        office = self._office
        told = activities.read(activity, office.setup.bot)
        await self.note(activity, at.place)
        if told is None or told.writer.bot:
            return
        await office.inbox.receive(told.event(*await office.writer(told)))

    async def note(self, activity: Payload, place: Place) -> None:
        """Remember how a place is reached. Raises `NotStored`."""
        address = activities.address_of(activity)
        if place.id in self._office.places and address.service_url and address.tenant:
            await self._office.book.note(place, address)
        # What comes from there says that the app is there again.
        self._office.back(address.team, place.id)

    async def news(self, activity: Payload) -> None:
        """Something became of a team, a channel, its members or the app in it. Raises `NotStored`, `Odd`."""
        address = activities.address_of(activity)
        event, action = text(activity, "channelData", "eventType"), text(activity, "action")
        channel = text(activity, "channelData", "channel", "id")
        if not channel:
            at = activities.spot(activity)
            channel = at.channel if at else ""
        place = Place(NAME, channel)
        self._office.look_again()
        # A private or shared channel has a list of apps of its own, and every channel its own fate.
        own = event.startswith("channel")
        what, name = (channel, address.name) if own else (address.team, text(activity, "channelData", "team", "name"))
        sentence = ""
        if self._lost(activity, action):
            log.error("teams_app_removed", channel=channel, team=address.team)
            sentence = say("teams.news.gone", name=name or what)
        elif event in _GRAVE:
            log.error("teams_channel_gone", kind=event, channel=channel, team=address.team)
            sentence = say("teams.news.deleted", name=name or what)
        if sentence:
            if channel in self._office.places if own else await self._may_hold_ours(address.team):
                self._office.gone[what] = sentence
            return
        log.info("teams_news", kind=(event or action)[:40], channel=channel, team=address.team)
        await self.note(activity, place)
        try:
            # The app is added only once, so that a program that dies before it wrote this down has to be told again.
            await self._office.whereabouts.learn(address, self._office.places)
        except (Refusal, Silence) as error:
            log.warning("teams_not_learnt", team=address.team, error=type(error).__name__, said=str(error))
        for lost in self._office.places & self._office.gone.keys():
            self._office.errands.run("look", self._office.visit(lost))

    async def _may_hold_ours(self, team: str) -> bool:
        """Whether a channel that a desk names is in this team, as far as anybody knows. Raises `NotStored`."""
        known = [await self._office.book.find(Place(NAME, channel)) for channel in self._office.places]
        return bool(team) and any(one is None or one.team in ("", team) for one in known)

    def _lost(self, activity: Payload, action: str) -> bool:
        """Whether the app was taken away."""
        ours = self._office.setup.bot.casefold()
        left = {text(one, "id").casefold() for one in parts(activity, "membersRemoved")}
        return action == "remove" or ours in left
