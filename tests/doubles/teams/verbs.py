"""What people do in Teams. Each verb returns once the bot has answered the first try, as a person sees it happen."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from tests.doubles.teams.core import Core
from tests.doubles.teams.courier import TIMEOUT, Attempt, Delivery
from tests.doubles.teams.wire import Json, NotOffered
from tests.doubles.teams.world import Channel, Message, User


class Verbs:
    """`await teams.act.write(town.kim, town.support, f"{town.bot} where is my parcel?")`.

    Raises `NotOffered` for the impossible.
    """

    def __init__(self, core: Core) -> None:
        self.core = core

    async def write(
        self, user: User, channel: Channel, words: str, *, thread: Message | None = None, html: str = ""
    ) -> Message:
        """A new thread, or a reply in one. A person within the words is a mention; `html` is richer than the words."""
        self._there(user, channel)
        root = thread.root if thread else ""
        message = self.core.happenings.say(channel, user, root=root, words=words, html=html)
        await self._heard(self.core.happenings.said(message))
        return message

    async def reply(self, user: User, message: Message, words: str, *, html: str = "") -> Message:
        """Write in the thread of this message."""
        return await self.write(user, message.channel, words, thread=message, html=html)

    async def edit(self, message: Message, words: str, *, html: str = "") -> None:
        """Its author changes a message."""
        await self._heard(self.core.happenings.edited(message, words, html))

    async def delete(self, message: Message) -> None:
        """Its author takes a message away; replies stay."""
        await self._heard(self.core.happenings.deleted(message))

    async def undelete(self, message: Message) -> None:
        """And puts it back."""
        if not message.deleted:
            raise NotOffered("the message is not deleted")
        await self._heard(self.core.happenings.undeleted(message))

    async def react(self, user: User, message: Message, kind: str = "like", *, added: bool = True) -> None:
        """Put a reaction on a message, or take it away."""
        self._there(user, message.channel)
        await self._heard(self.core.happenings.reacted(user, message, kind, added=added))

    async def press(
        self,
        user: User,
        on: Message,
        action: str,
        *,
        inputs: Mapping[str, str] | None = None,
        old_client: bool = False,
        data: Json | None = None,
    ) -> Delivery:
        """Press what has this verb, id or title, with fields filled in by their id.

        `on` may be a `snapshot` of how the card looked before it was redrawn. An `old_client` sends the fallback of
        an Action.Execute. With `data` exactly that is sent, whatever the card shows, as a forger would.
        """
        stands = on.channel.messages.get(on.id) is on
        shown = self.core.clicks.card(on, user) if stands else on.card
        if data is not None:
            pressed: Json = {"type": "Action.Execute", "verb": action}
        else:
            self._there(user, on.channel)
            if shown is None or on.deleted:
                raise NotOffered("there is no card on this message")
            if not on.channel.reachable:
                raise NotOffered(f"the app is no longer in {on.channel.name}")
            pressed, path = self.core.clicks.action(shown, action, old_client)
            data = self.core.clicks.data(shown, pressed, path, inputs or {})
        if pressed["type"] == "Action.Submit":
            submitted = self.core.activities.submitted(user, on, data)
            return await self._answered(self.core.courier.send("activity", submitted), user, action)
        if pressed["type"] != "Action.Execute":
            raise NotOffered(f"{pressed['type']} tells the bot nothing")
        told: Json = {name: pressed[name] for name in ("type", "title", "id", "verb") if name in pressed}
        invoke = self.core.activities.executed(user, on, {**told, "data": data})
        delivery = await self._answered(self.core.courier.send("invoke", invoke), user, action)
        if delivery.attempts and not delivery.attempts[0].problem:
            self.core.clicks.answered(user, on, delivery.answer)
        return delivery

    def snapshot(self, message: Message) -> Message:
        """How the card looks now, to be pressed when it has long changed."""
        return copy.copy(message)

    async def deliver(self, activity: Json) -> Delivery:
        """Any activity at all, rightly signed."""
        return await self.core.courier.tried(self.core.courier.send("activity", activity))

    async def deliver_raw(self, body: bytes) -> Delivery:
        """A body that need not even be JSON, rightly signed."""
        return await self.core.courier.tried(self.core.courier.send("raw", {}, body))

    async def intrude(self, caller: str, activity: Json) -> Attempt:
        """One of `callers.CALLERS` sends this activity."""
        return await self.core.courier.call(activity, self.core.forged(caller))

    def _there(self, user: User, channel: Channel) -> None:
        if user not in channel.people:
            raise NotOffered(f"{user.name} is not in {channel.name}")

    async def _answered(self, delivery: Delivery, user: User, action: str) -> Delivery:
        await self.core.courier.tried(delivery)
        if delivery.attempts and not delivery.attempts[0].problem:
            return delivery
        first = delivery.attempts[0] if delivery.attempts else None
        why = "Teams does not deliver" if first is None else f"status {first.status}"
        why = "no answer in time" if first and first.problem == TIMEOUT else why
        self.core.complaints.append(f"{user.name} pressed {action} and saw an error: {why}")
        return delivery

    async def _heard(self, delivery: Delivery | None) -> None:
        if delivery:
            await self.core.courier.tried(delivery)
