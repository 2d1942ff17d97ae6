"""What each event comes to. Whatever a customer's message says is stored before this returns."""

from __future__ import annotations

from bot.channels.base import Person, Speaker
from bot.channels.slack import attachments, events, home, reactions
from bot.channels.slack.events import Told
from bot.channels.slack.office import Office
from bot.channels.slack.payload import Payload, part, text
from bot.log import log

# What an administrator has to know of: the app was taken away, or its settings name a channel that is no more.
_GRAVE = frozenset({"app_uninstalled", "tokens_revoked"})
_SHARING = frozenset({"channel_shared", "channel_unshared"})
# What may have changed who reads a channel, or whether we do.
_AUDIENCE = _SHARING | {"channel_id_changed", "member_joined_channel", "member_left_channel"}


class Listening:
    """The events Slack tells."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def event(self, body: Payload) -> None:
        """Take in an event. Raises `NotStored`; then it must not be acknowledged."""
        event = part(body, "event")
        kind, channel = text(event, "type"), text(event, "channel")
        if kind in _AUDIENCE or self._is_news(body, channel):
            self._look_again(text(event, "old_channel_id") or channel)
        if kind == "message":
            told = events.read(body)
            if told is not None:
                await self._message(told, body)
        elif kind in reactions.KINDS:
            await self._reaction(body)
        elif kind == "app_home_opened" and text(event, "tab") in ("", "home"):
            self._office.errands.run("home", home.opened(self._office, body))
        elif kind in _SHARING:
            log.warning("slack_channel_sharing", kind=kind, channel=channel)
        elif kind == "channel_id_changed":
            log.error("slack_channel_renamed", old=text(event, "old_channel_id"), new=text(event, "new_channel_id"))
        elif kind in _GRAVE:
            log.error("slack_app_removed", kind=kind)
            # Slack's own answer says whether it is our token that no longer counts.
            self._office.errands.run("introduce", self._office.introduce())
        else:
            log.debug("slack_event", kind=kind, channel=channel)

    def _is_news(self, body: Payload, channel: str) -> bool:
        """Whether a review channel is shared: every envelope says it, also when the event that told of it was lost."""
        shared = body.get("is_ext_shared_channel") is True
        return shared and self._office.reviews_in(channel) and not self._office.rooms.shared([channel])

    def _look_again(self, channel: str) -> None:
        """Whoever reads a channel may be others now. It is looked at at once: `/readyz` says what is wrong with it, also
        when no card is due."""
        self._office.rooms.changed(channel)
        if self._office.reviews_in(channel) or self._office.desk_of(channel):
            self._office.errands.run("look", self._office.rooms.look(channel))

    async def _reaction(self, body: Payload) -> None:
        found, office = reactions.read(body), self._office
        if found is not None and office.desk_of(found.told.channel) is not None:
            await office.inbox.receive(found.event(*await office.writer(found.told, body)))

    async def _message(self, told: Told, body: Payload) -> None:
        office = self._office
        if office.desk_of(told.channel) is None:
            # The review channel, where people may chat, and channels that nobody listens to.
            return
        if told.kind == "seen":
            us = Person(events.NAME, told.writer.id, told.writer.name)
            receipt = await office.inbox.receive(told.event(us, Speaker.BOT))
            log.debug("slack_witness", key=told.key, receipt=receipt.value)
        else:
            told = await attachments.named(office.client, told, part(body, "event"))
            await office.inbox.receive(told.event(*await office.writer(told, body)))
