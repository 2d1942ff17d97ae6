"""What the parts of the Teams channel share: its settings, the ways to Microsoft, and who we and the others are."""

from __future__ import annotations

import base64

from bot.channels.base import Inbox, Person, Place, Speaker, Thread
from bot.channels.errands import Errands
from bot.channels.payload import Payload
from bot.channels.teams.activities import Told, writer_of
from bot.channels.teams.address import AddressBook
from bot.channels.teams.cards import TYPE
from bot.channels.teams.connector import ABSENT, Connector, TeamsRefusal, conversation
from bot.channels.teams.directory import Directory
from bot.channels.teams.graph import Graph
from bot.channels.teams.keys import Keys
from bot.channels.teams.pacing import Pace
from bot.channels.teams.people import Profile, Staff, is_outsider, names, speaker
from bot.channels.teams.rooms import Rooms
from bot.channels.teams.runs import Element
from bot.channels.teams.setup import NAME, Setup, TeamsDesk
from bot.channels.teams.tokens import Tokens
from bot.channels.teams.whereabouts import Whereabouts
from bot.channels.teams.wire import Wire
from bot.phrases import say

__all__ = ["NAME", "Office", "Setup", "TeamsDesk"]


class Stranger(Exception):
    """Whoever it was, they are none of ours. The argument is the sentence for them."""


class Office:
    """Everything the parts need, made once. `places` are the channels that desks name; `gone` says of the teams and
    channels that are lost to us what is wrong, by their ids."""

    def __init__(self, setup: Setup, inbox: Inbox, book: AddressBook) -> None:
        self.setup = setup
        self.inbox = inbox
        self.book = book
        self.wire = Wire()
        self.tokens = Tokens(self.wire, setup.app_id, setup.password, setup.tenant, setup.login_url)
        self.connector = Connector(self.wire, self.tokens, setup.app_id)
        self.graph = Graph(self.wire, self.tokens, setup.graph_url)
        self.pace = Pace() if setup.paced else Pace((), ())
        self.whereabouts = Whereabouts(setup, book, self.connector)
        self.rooms = Rooms(self.connector, self.graph, self.whereabouts)
        self.keys = Keys(self.wire, setup.openid_url)
        self.directory = Directory(self.connector, self.rooms, self.whereabouts)
        self.errands = Errands()
        self.gone: dict[str, str] = {}
        self._listening = {channel: desk for desk in setup.desks for channel in desk.listens}
        self._reviewing = {desk.reviews: desk for desk in setup.desks if desk.reviews}
        leads = {desk.leads for desk in setup.desks} - {""}
        self.places = frozenset({*self._listening, *self._reviewing, *leads})
        # Whoever is named at any desk belongs to us; what they may do is the law's to say.
        self._everybody = Staff(frozenset(one for desk in setup.desks for one in desk.staff.named))

    def desk_of(self, channel: str) -> TeamsDesk | None:
        """The desk that listens to this channel."""
        return self._listening.get(channel)

    def reviews_in(self, channel: str) -> bool:
        """Whether a desk reviews in this channel."""
        return channel in self._reviewing

    async def visit(self, channel: str) -> None:
        """See whether the app is in a channel: that it was taken out is told once, and to one replica.

        Raises `Refusal` or `Silence`.
        """
        address = await self.whereabouts.of(channel)
        try:
            await self.rooms.look(channel)
        except TeamsRefusal as no:
            if no.code in ABSENT and address.team not in self.gone:
                self.gone.setdefault(channel, say("teams.news.unheard", name=address.name or channel))
            raise
        self.back(address.team, channel)

    def back(self, team: str, channel: str) -> None:
        """The app is there again."""
        self.gone.pop(team, None)
        self.gone.pop(channel, None)

    def look_again(self) -> None:
        """Something became of a team: nobody who was in its channels need be there now."""
        self.rooms.changed()
        self.directory.changed()

    async def writer(self, told: Told) -> tuple[Person, Speaker]:
        """Who wrote a message, and whose side they are on.

        Of whom nobody says in time whether they are a guest or from elsewhere, they are a customer: a draft too many does
        no harm, and a question that is passed over does.
        """
        profile, tenant, place = told.writer, self.setup.tenant, told.spot.place
        desk = self.desk_of(place.id)
        staff = desk.staff if desk else Staff()
        person = Person(NAME, profile.id, profile.name or profile.id)
        if profile.bot or names(profile, staff) or profile.tenant not in ("", tenant):
            return person, speaker(profile, tenant, staff, outsiders=True)
        found = await self.directory.look(place, profile)
        if found is None:
            return person, Speaker.CUSTOMER
        roster = await self.directory.roster(place) or {}
        outsiders = any(is_outsider(one, tenant) for one in roster.values())
        return person, speaker(found, tenant, staff, outsiders=outsiders)

    async def presser(self, activity: Payload, place: Place) -> Person:
        """Who pressed or typed something. Raises `Odd`, and `Stranger` for a guest or somebody of another tenant who was
        not named: a card works for everybody in its channel."""
        told = writer_of(activity)
        if told.bot:
            raise Stranger(say("teams.click.foreign"))
        if not names(told, self._everybody):
            found = await self.directory.look(place, told)
            if found is None:
                raise Stranger(say("teams.click.unknown"))
            if not self._is_ours(found):
                raise Stranger(say("teams.click.foreign"))
        return Person(NAME, told.id, told.name or told.id)

    def _is_ours(self, profile: Profile) -> bool:
        return names(profile, self._everybody) or not is_outsider(profile, self.setup.tenant)

    async def tell(self, thread: Thread, body: list[Element], png: bytes = b"") -> None:
        """Post a card that says something into a thread, with a picture below it. Raises `Refusal` or `Silence`."""
        card = {"type": "AdaptiveCard", "version": "1.5", "body": body}
        channel = thread.place.id
        address = await self.whereabouts.of(channel)
        async with self.pace.turn(channel, thread.root):
            message = {"attachments": [{"contentType": TYPE, "content": card}, *_picture(png)]}
            await self.connector.post(address, conversation(channel, thread.root), message)

    async def close(self) -> None:
        """Finish what is under way and let the connections go."""
        await self.errands.close()
        await self.directory.close()
        await self.rooms.close()
        await self.keys.close()
        await self.tokens.close()
        await self.wire.close()


def _picture(png: bytes) -> list[dict[str, str]]:
    """The attachment of a picture, which does not count towards what a message may hold; of no picture none.

    https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
    """
    data = base64.b64encode(png).decode()
    return [{"contentType": "image/png", "contentUrl": f"data:image/png;base64,{data}"}] if png else []
