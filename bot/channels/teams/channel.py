"""Teams as a `Channel`: draws cards, sends replies once, and looks for those whose answer was lost."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.channels.base import CannotLook, Inbox, Note, NotStored, Place, Refusal, Silence, Thread
from bot.channels.card import Card
from bot.channels.teams import calling, cards, notes
from bot.channels.teams.address import AddressBook
from bot.channels.teams.cards import AdaptiveCard
from bot.channels.teams.connector import GONE, TeamsRefusal, conversation
from bot.channels.teams.door import Door, door
from bot.channels.teams.graph import Forbidden, TooLong
from bot.channels.teams.office import Office
from bot.channels.teams.posts import Posts
from bot.channels.teams.setup import NAME, Setup
from bot.channels.words import clean, disclosure
from bot.log import log
from bot.phrases import say
from bot.review.model import Release

# A draft stands twice on its card, to be read and in the box of Edit, and a card holds 25 KB: 3,000 characters of two
# UTF-16 units each leave room for the rest.
LIMIT = 3000
# Statuses with which the connector answers to a card whose shape or size it does not like.
_UNFIT = frozenset({400, 413})
# A card that is there can be "not found" at random: so often it is looked for again before it is posted anew.
_MISSES = 3
# How often the review channels are looked at (seconds).
_REFRESH = 300.0
# A card that could not be shown is tried again within five minutes, by this replica or another. What is older than this
# was cured elsewhere (seconds).
_NOTED = 900.0
# A note that landed unseen is looked for again within so many seconds, or not at all.
_NOTE = 86_400.0


class TeamsChannel:
    """One bot in one tenant. Activities come in through `door`."""

    name = NAME
    limit = LIMIT

    def __init__(self, setup: Setup, inbox: Inbox, book: AddressBook) -> None:
        self._office = Office(setup, inbox, book)
        self._posts = Posts(self._office)
        self._unshown: dict[str, tuple[float, str]] = {}
        self._missed: dict[str, int] = {}

    def door(self) -> Door:
        """The application for `/api/messages`. Made inside the running loop."""
        return door(self._office)

    def trouble(self) -> str:
        """What keeps Teams from working with us at all, in a sentence; empty when nothing does."""
        return self._office.tokens.locked_out

    def notes(self) -> list[str]:
        """What somebody has to see to although customers' messages are taken in."""
        now = self._office.setup.clock()
        self._unshown = {review: noted for review, noted in self._unshown.items() if noted[0] > now}
        return sorted({*self._office.gone.values(), *(sentence for _, sentence in self._unshown.values())})

    async def run(self) -> None:
        """Keep a token ready, and look at the channels: whether the app is there, and who reads the reviews. That
        Microsoft cannot be reached stops nothing else."""
        if not self._office.setup.allow_unsigned:
            self._office.errands.run("keys", self._office.keys.warm())
        while True:
            for channel in sorted(self._office.places):
                self._office.errands.run("look", self._office.visit(channel))
                if self._office.reviews_in(channel):
                    self._office.errands.run("people", self._office.directory.roster(Place(NAME, channel)))
            await asyncio.sleep(_REFRESH)

    async def close(self) -> None:
        """Finish what is under way and let the connections go."""
        await self._office.close()

    async def show_card(self, place: Place, card: Card, ref: str, look: bool) -> str:
        """Draw the card as a message of the review channel; its reference is the message's id.

        Raises `Refusal` or `Silence`. The channel is looked at first: drafts are for our own staff.
        """
        try:
            await self._for_staff(place)
            if look and not ref:
                ref = await self._found(place, card)
            drawn = await self._drawn(place, card, ref)
        except Refusal as no:
            self._note(place, card, no)
            raise
        self._unshown.pop(card.review, None)
        await calling.call(self._office, place, card, drawn)
        return drawn

    async def post_note(self, place: Place, key: str, note: Note, look: bool) -> str:
        """Post it into a channel in which none but our own staff are. Raises `Refusal` or `Silence`."""
        await self._for_staff(place)
        if look and (ref := await self._noted(place, key)):
            return ref
        address = await self._office.whereabouts.of(place.id)
        async with self._office.pace.turn(place.id):
            return await self._office.connector.post(address, place.id, notes.message(key, note))

    async def _noted(self, place: Place, key: str) -> str:
        try:
            return await self._posts.find_mark(place.id, key, self._office.setup.clock() - _NOTE)
        except (Forbidden, TooLong):
            return ""  # two notes are better than none

    async def audience(self, place: Place) -> str:
        """The organisations whose people are in the channel beside ours, as they were at most a minute ago.

        Raises `Refusal` or `Silence`.
        """
        return (await self._office.rooms.look(place.id)).audience

    async def send_reply(self, thread: Thread, release: Release) -> str:
        """Post the words into the thread, as plain text and alone. Raises `Refusal` or `Silence`."""
        if len(release.words) > self.limit:
            raise Refusal(say("channel.too_long", limit=self.limit), final=True)
        activity = await self._reply(thread, release)
        address = await self._office.whereabouts.of(thread.place.id)
        async with self._office.pace.turn(thread.place.id, thread.root):
            return await self._office.connector.post(address, conversation(thread.place.id, thread.root), activity)

    async def find_reply(self, thread: Thread, release: Release) -> str | None:
        """The id of the post with the release's words; None when it was absent twice.

        Raises `CannotLook` when Graph will not let us read the thread, `Silence` when it may later.
        """
        try:
            wanted = await self._posts.wanted(release)
            for pause in (self._office.setup.look_again, 0.0):
                if ref := await self._posts.find(thread, wanted):
                    return ref
                await asyncio.sleep(pause)
        except Refusal as no:
            if no.final:
                raise CannotLook(say("teams.look.refused", why=no.reason)) from no
            raise Silence from no
        return None

    async def _reply(self, thread: Thread, release: Release) -> dict[str, Any]:
        note = await self._disclosure(thread, release)
        words = "\n\n".join(part for part in (clean(release.words), note) if part)
        # Teams makes nothing of plain text, and mentions nobody without an entity.
        return {"text": words, "textFormat": "plain"}

    async def _disclosure(self, thread: Thread, release: Release) -> str:
        desk = self._office.desk_of(thread.place.id)
        if desk is None:
            return ""
        signer = ""
        if desk.disclosure == "name":
            try:
                card = await self._office.inbox.card(release.review)
            except NotStored as error:
                raise Refusal(say("teams.trouble.not_stored")) from error
            signer = card.signer if card else ""
        return disclosure(desk.disclosure, desk.name, signer)

    # --- cards

    async def _for_staff(self, place: Place) -> None:
        setup = self._office.setup
        room = await self._office.rooms.look(place.id)
        if any(
            room.strangers(setup.tenant, desk.staff) for desk in setup.desks if place.id in (desk.reviews, desk.leads)
        ):
            raise Refusal(say("teams.room.shared"), final=True)

    async def _found(self, place: Place, card: Card) -> str:
        try:
            return await self._posts.find_card(place.id, card)
        except (Forbidden, TooLong):
            return ""  # two cards are better than none

    async def _drawn(self, place: Place, card: Card, ref: str) -> str:
        """The reference of the largest drawing that Teams takes. Raises `Refusal` or `Silence`."""
        drawings = (cards.drawn, cards.small, cards.bare)
        for drawing in drawings:
            message = _message(card, drawing(card, self._office.setup.link(card.review)))
            try:
                return await self._draw(place.id, ref, message)
            except TeamsRefusal as no:
                if no.status not in _UNFIT or drawing is drawings[-1]:
                    raise
                log.error("teams_card_refused", review=card.review, code=no.code, drawing=drawing.__name__)
        raise AssertionError("the last drawing returns or raises")

    async def _draw(self, channel: str, ref: str, activity: dict[str, Any]) -> str:
        address = await self._office.whereabouts.of(channel)
        if ref:
            try:
                await self._office.connector.replace(address, channel, ref, activity)
                self._missed.pop(ref, None)
                return ref
            except TeamsRefusal as no:
                if no.code != GONE or not self._missed_often(ref):
                    raise
        async with self._office.pace.turn(channel):
            return await self._office.connector.post(address, channel, activity)

    def _missed_often(self, ref: str) -> bool:
        misses = self._missed[ref] = self._missed.get(ref, 0) + 1
        if misses < _MISSES:
            return False
        del self._missed[ref]
        return True

    def _note(self, place: Place, card: Card, no: Refusal) -> None:
        """Keep in mind what will not pass by itself; it would be seen nowhere else but on the card."""
        if not no.final or self._office.tokens.locked_out:
            return
        unfit = isinstance(no, TeamsRefusal) and no.status in _UNFIT
        link = self._office.setup.link(card.review)
        where = say("teams.card.nowhere", channel=place.id, why=no.reason)
        sentence = say("teams.card.refused", why=no.reason, link=link) if unfit else where
        self._unshown[card.review] = (self._office.setup.clock() + _NOTED, sentence)


def _message(card: Card, drawing: AdaptiveCard) -> dict[str, Any]:
    """A card stands alone: an activity with text and a card is split, and its answer names neither.

    https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages
    """
    return {"summary": cards.summary(card), "attachments": [{"contentType": cards.TYPE, "content": drawing}]}
