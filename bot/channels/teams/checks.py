"""What `countersign doctor` looks at in Teams: token, clock, channels, consent. It posts only when it is asked to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from bot.channels.base import NotStored, Place, Refusal, Silence
from bot.channels.payload import text
from bot.channels.teams.address import AddressBook, Notes
from bot.channels.teams.connector import Connector
from bot.channels.teams.graph import Graph
from bot.channels.teams.rooms import Room, Rooms
from bot.channels.teams.setup import NAME, Setup, TeamsDesk
from bot.channels.teams.tokens import Tokens
from bot.channels.teams.whereabouts import Whereabouts
from bot.channels.teams.wire import Wire
from bot.phrases import say

# Tokens are good for five minutes longer or earlier than they say (seconds).
_WINDOW = 300.0
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` says what to do, and is empty when nothing is to be done."""

    ok: bool
    said: str
    mend: str = ""


class Nothing:
    """Stands in for a database that is not there yet: nothing was heard of any place."""

    async def note(self, place: Place, value: str) -> None:
        """Forgotten at once."""

    async def find(self, place: Place) -> str | None:
        """Nothing."""
        return None


async def examine(setup: Setup, notes: Notes, *, post: bool = False) -> AsyncIterator[Finding]:
    """Look at everything, in the order in which it is needed. With `post`, a test message is posted where reviews go, and
    deleted."""
    wire = Wire()
    tokens = Tokens(wire, setup.app_id, setup.password, setup.tenant, setup.login_url)
    try:
        if setup.allow_unsigned:
            yield Finding(True, say("teams.doctor.unsigned"), say("teams.doctor.unsigned_mend"))
        if setup.password:
            try:
                answer = await tokens.introduced()
            except Refusal as no:
                yield Finding(False, no.reason, say("teams.doctor.token_mend"))
                return
            yield Finding(True, say("teams.doctor.token"))
            yield _clock(answer.headers.get("Date", ""), setup)
        visit = _Visit(setup, wire, tokens, notes)
        for desk in setup.desks:
            async for finding in visit.desk(desk, post=post):
                yield finding
    finally:
        await tokens.close()
        await wire.close()


def _clock(date: str, setup: Setup) -> Finding:
    """A token that seems to be from another time is not taken: the connector's by us, and ours by nobody."""
    try:
        skew = abs(parsedate_to_datetime(date).timestamp() - setup.clock())
    except ValueError:
        skew = 0.0
    if skew < _WINDOW / 5:
        return Finding(True, say("teams.doctor.clock"))
    return Finding(False, say("teams.doctor.clock_off", seconds=round(skew)), say("teams.doctor.clock_mend"))


class _Visit:
    """Goes from channel to channel."""

    def __init__(self, setup: Setup, wire: Wire, tokens: Tokens, notes: Notes) -> None:
        self._setup = setup
        self._book = AddressBook(notes)
        self._connector = Connector(wire, tokens, setup.app_id)
        self._graph = Graph(wire, tokens, setup.graph_url)
        self._whereabouts = Whereabouts(setup, self._book, self._connector)
        self._rooms = Rooms(self._connector, self._graph, self._whereabouts)

    async def desk(self, desk: TeamsDesk, *, post: bool) -> AsyncIterator[Finding]:
        """The desk's channels."""
        for channel in sorted(desk.listens):
            yield await self._listens(channel)
        if desk.reviews:
            yield await self._reviews(desk)
            if post:
                yield await self._posted(desk.reviews)

    async def _listens(self, channel: str) -> Finding:
        name = await self._name(channel)
        room = await self._room(channel, name)
        if isinstance(room, Finding):
            return room
        missing = await self._unread(channel)
        if missing:
            said = say("teams.doctor.mentions", name=name, why=missing)
            return Finding(True, said, say("teams.doctor.consent_mend"))
        return Finding(True, say("teams.doctor.listens", name=name))

    async def _reviews(self, desk: TeamsDesk) -> Finding:
        name = await self._name(desk.reviews)
        room = await self._room(desk.reviews, name)
        if isinstance(room, Finding):
            return room
        strangers = [one.person.name or one.home for one in room.strangers(self._setup.tenant, desk.staff)]
        if strangers:
            people = ", ".join(strangers[:_NAMED])
            return Finding(False, say("teams.doctor.shared", name=name, people=people), say("teams.doctor.shared_mend"))
        missing = await self._unread(desk.reviews)
        if missing:
            return Finding(True, say("teams.doctor.reviews", name=name), say("teams.doctor.review_consent_mend"))
        return Finding(True, say("teams.doctor.reviews", name=name))

    async def _posted(self, channel: str) -> Finding:
        """A post that stays for a moment."""
        name = await self._name(channel)
        try:
            address = await self._whereabouts.of(channel)
            message = {"text": say("teams.doctor.test"), "textFormat": "plain"}
            ref = await self._connector.post(address, channel, message)
            await self._connector.remove(address, channel, ref)
        except (Refusal, Silence) as error:
            return Finding(False, f"{name}: {_why(error)}", say("teams.doctor.channel_mend"))
        return Finding(True, say("teams.doctor.posted", name=name))

    async def _room(self, channel: str, name: str) -> Room | Finding:
        """Who is there, which only whoever is there may know."""
        try:
            heard = await self._book.find(Place(NAME, channel))
            room = await self._rooms.look(channel)
        except (Refusal, Silence, NotStored) as error:
            return Finding(False, f"{name}: {_why(error)}", say("teams.doctor.channel_mend"))
        if heard is None:
            return Finding(True, say("teams.doctor.unheard", name=name), say("teams.doctor.unheard_mend"))
        return room

    async def _unread(self, channel: str) -> str:
        """Why Graph does not let us read the channel's messages; empty when it does."""
        try:
            address = await self._whereabouts.in_graph(channel)
            async for _ in self._graph.posts(address, channel):
                break
        except (Refusal, Silence) as error:
            return _why(error)
        return ""

    async def _name(self, channel: str) -> str:
        """The channel's name, which activities mostly leave out; its id as long as that is all there is."""
        try:
            address = await self._whereabouts.of(channel)
            if address.name or not address.team:
                return address.name or channel
            named = {text(one, "id"): text(one, "name") for one in await self._connector.channels(address)}
            return named.get(channel) or channel
        except (Refusal, Silence):
            return channel


def _why(error: Refusal | Silence | NotStored) -> str:
    return str(error) or say("teams.doctor.silent")
