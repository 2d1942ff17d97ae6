"""Slack as a `Channel`: draws cards, sends replies once, and looks for those whose answer was lost."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.channels.base import CannotLook, Inbox, Note, NotStored, Place, Refusal, Silence, Thread
from bot.channels.card import Card
from bot.channels.slack import blocks, calling, notes
from bot.channels.slack.client import SlackRefusal
from bot.channels.slack.door import Door
from bot.channels.slack.events import CARD, NAME, REPLY, own_key
from bot.channels.slack.messages import Posts
from bot.channels.slack.office import Office, Setup
from bot.channels.slack.payload import Payload
from bot.channels.slack.richtext import flat, rich
from bot.channels.slack.socket import Socket
from bot.channels.slack.switchboard import Switchboard
from bot.channels.slack.words import escaped
from bot.channels.words import disclosure
from bot.log import log
from bot.phrases import say
from bot.review.model import Release

# A longer draft would not fit into the box of the Edit form, which takes 3,000 characters.
LIMIT = 2900
# What Slack says when it does not like the blocks of a message. It certainly did not take the message then.
_BLOCKS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_metadata"}
)
# A card that is gone, or too old to change, is posted anew.
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"})
# How often who we are and who is in the named groups is asked again (seconds).
_REFRESH, _SOON = 300.0, 5.0
# A card that could not be shown is tried again within five minutes, by this replica or another. What is older than this
# was cured elsewhere (seconds).
_NOTED = 900.0
# chat.update takes so much text, in UTF-8 and with entities written out; posting takes ten times as much.
_TEXT = 4000


class SlackChannel:
    """One Slack app in one workspace. Events come in through `door`, or over a socket when an app token is there."""

    name = NAME
    limit = LIMIT

    def __init__(self, setup: Setup, inbox: Inbox) -> None:
        self._office = Office(setup, inbox)
        self._posts = Posts(self._office)
        self._switchboard: Switchboard | None = None
        self._socket: Socket | None = None
        self._unshown: dict[str, tuple[float, str]] = {}

    def door(self) -> Door:
        """The application for `/slack/events`. Made inside the running loop."""
        setup = self._office.setup
        return Door(setup.signing_secret, self._connected(), setup.clock)

    def trouble(self) -> str:
        """What keeps Slack from working with us at all, in a sentence; empty when nothing does."""
        return self._office.client.locked_out or (self._socket.trouble() if self._socket else "")

    def groups_of(self, user: str) -> frozenset[str]:
        """The user groups that desks name and this user is in, written as in the settings."""
        return self._office.groups_of(user)

    def notes(self) -> list[str]:
        """What somebody has to see to although Slack works with us: cards that cannot be shown, channels not heard."""
        now = self._office.setup.clock()
        self._unshown = {review: noted for review, noted in self._unshown.items() if noted[0] > now}
        exposed = self._office.rooms.shared(self._office.reviews)
        told = {_nowhere(channel, say("slack.room.shared")) for channel in exposed}
        told |= {
            say("slack.room.unheard", channel=channel) for channel in self._office.rooms.lost(self._office.listens)
        }
        return sorted(told.union(sentence for _, sentence in self._unshown.values()))

    async def run(self) -> None:
        """Learn who we are, see that nobody else reads the reviews, and listen on the socket if there is to be one."""
        setup = self._office.setup
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_fresh())
            if setup.app_token:
                self._socket = Socket(self._office.client, setup.app_token, self._connected())
                tasks.create_task(self._socket.run())

    async def close(self) -> None:
        """Finish what is under way and let the connections go."""
        await self._office.close()

    async def show_card(self, place: Place, card: Card, ref: str, look: bool) -> str:
        """Draw the card as a message of the review channel; its reference is the message's `ts`.

        Raises `Refusal` or `Silence`. The channel is looked at first: drafts are for our own organisation.
        """
        try:
            await self._office.rooms.for_cards(place.id)
            if look and not ref:
                ref = await self._posts.find_card(place.id, card)
            drawn = await self._drawn(place, card, ref)
        except Refusal as no:
            self._note(place, card, no)
            raise
        self._unshown.pop(card.review, None)
        await calling.call(self._office, place.id, card, drawn)
        return drawn

    async def post_note(self, place: Place, key: str, note: Note, look: bool) -> str:
        """Post it into a channel where nobody from elsewhere reads along. Raises `Refusal` or `Silence`."""
        await self._office.rooms.for_cards(place.id)
        if look and (ref := await self._posts.find_note(place.id, key, self._office.setup.clock())):
            return ref
        async with self._office.pace.turn(place.id):
            return await self._posts.post(notes.message(place.id, key, note))

    async def audience(self, place: Place) -> str:
        """Whether the channel is private or public, and the organisations it is shared with; at most a minute old.

        Raises `Refusal` or `Silence`.
        """
        return (await self._office.rooms.look(place.id)).audience

    async def send_reply(self, thread: Thread, release: Release) -> str:
        """Post the words into the thread, marked with the release's key. Raises `Refusal` or `Silence`."""
        if len(release.words) > self.limit:
            raise Refusal(say("channel.too_long", limit=self.limit), final=True)
        message = await self._reply(thread, release)
        async with self._office.pace.turn(thread.place.id, thread.root):
            try:
                return await self._posts.post(message)
            except SlackRefusal as no:
                if no.code not in _BLOCKS:
                    raise
                # It did not take the message for its shape: the same words, as plain text.
                log.error("slack_reply_refused", review=release.review, code=no.code)
                return await self._posts.post(
                    {name: part for name, part in message.items() if name != "blocks"} | {"mrkdwn": False}
                )

    async def find_reply(self, thread: Thread, release: Release) -> str | None:
        """The `ts` of the post that carries the release's key; None when it was absent twice.

        Raises `CannotLook` when Slack will not let us read the thread, `Silence` when it may later.
        """
        try:
            since = await self._posts.opened_at(release.review)
            for pause in (self._office.setup.look_again, 0.0):
                if ref := await self._posts.find(thread, since, lambda post: self._is(post, release)):
                    return ref
                await asyncio.sleep(pause)
        except Refusal as no:
            if no.final:
                raise CannotLook(say("slack.look.refused", why=no.reason)) from no
            raise Silence from no
        return None

    def _is(self, post: Payload, release: Release) -> bool:
        return own_key(post, self._office.us) == release.key

    async def _reply(self, thread: Thread, release: Release) -> dict[str, Any]:
        elements = rich(release.words)
        note = await self._disclosure(thread, release)
        layout: list[dict[str, Any]] = [{"type": "rich_text", "elements": elements}]
        if note:
            small = {"type": "mrkdwn", "text": escaped(note), "verbatim": True}
            layout.append({"type": "context", "elements": [small]})
        return {
            "channel": thread.place.id,
            "thread_ts": thread.root,
            "text": escaped("\n".join(part for part in (flat(elements), note) if part)),
            "blocks": layout,
            "metadata": {"event_type": REPLY, "event_payload": {"key": release.key}},
        }

    async def _disclosure(self, thread: Thread, release: Release) -> str:
        desk = self._office.desk_of(thread.place.id)
        if desk is None:
            return ""
        signer = ""
        if desk.disclosure == "name":
            try:
                card = await self._office.inbox.card(release.review)
            except NotStored as error:
                raise Refusal(say("slack.click.not_stored")) from error
            signer = card.signer if card else ""
        return disclosure(desk.disclosure, desk.name, signer)

    def _message(self, card: Card, layout: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "text": _shortened(blocks.summary(card)) or "-",
            "blocks": layout,
            "metadata": {"event_type": CARD, "event_payload": {"review": card.review}},
        }

    async def _drawn(self, place: Place, card: Card, ref: str) -> str:
        """The reference of the largest drawing that Slack takes. Raises `Refusal` or `Silence`."""
        drawings = (blocks.blocks, blocks.small, blocks.bare)
        for drawing in drawings:
            message = self._message(card, drawing(card, self._office.setup.link(card.review)))
            try:
                return await self._draw(place.id, ref, message)
            except SlackRefusal as no:
                if no.code not in _BLOCKS or drawing is drawings[-1]:
                    raise
                log.error("slack_card_refused", review=card.review, code=no.code, drawing=drawing.__name__)
        raise AssertionError("the last drawing returns or raises")

    def _note(self, place: Place, card: Card, no: Refusal) -> None:
        """Keep in mind what will not pass by itself; it would be seen nowhere else but on the card."""
        sentence = ""
        if isinstance(no, SlackRefusal) and no.code in _BLOCKS:
            link = self._office.setup.link(card.review)
            sentence = say("slack.card.refused", why=no.reason, link=link)
        elif no.final and not self._office.client.locked_out:
            sentence = _nowhere(place.id, no.reason)
        if sentence:
            self._unshown[card.review] = (self._office.setup.clock() + _NOTED, sentence)

    async def _draw(self, channel: str, ref: str, message: dict[str, Any]) -> str:
        if ref:
            try:
                await self._office.client.tell("chat.update", channel=channel, ts=ref, **message)
                return ref
            except SlackRefusal as no:
                if no.code not in _GONE:
                    raise
        async with self._office.pace.turn(channel):
            return await self._posts.post(message | {"channel": channel})

    def _connected(self) -> Switchboard:
        if self._switchboard is None:
            self._switchboard = Switchboard(self._office)
        return self._switchboard

    async def _keep_fresh(self) -> None:
        """Until cancelled. That Slack cannot be reached now stops nothing that is here to be stored or decided."""
        while True:
            pause = _REFRESH
            try:
                await self._office.introduce()
                for channel in (*self._office.reviews, *self._office.listens):
                    self._office.errands.run("look", self._office.rooms.look(channel))
                await self._office.directory.refresh_groups()
            except (Refusal, Silence) as error:
                log.error("slack_unreachable", said=str(error) or type(error).__name__)
                pause = _REFRESH if self._office.client.locked_out else _SOON
            await asyncio.sleep(pause)


def _nowhere(channel: str, why: str) -> str:
    return say("slack.card.nowhere", channel=channel, why=why)


def _shortened(text: str) -> str:
    """As much of an escaped text as Slack takes; an entity that would be cut in two goes as a whole."""
    kept = text.encode()[:_TEXT].decode(errors="ignore")
    before, mark, after = kept.rpartition("&")
    return before if mark and ";" not in after else kept
