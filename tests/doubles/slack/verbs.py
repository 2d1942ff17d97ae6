"""What people do in Slack. Each verb returns once the bot has answered the first try, as a person sees it happen."""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections.abc import Iterable, Mapping, Sequence

from tests.doubles.slack.core import Core
from tests.doubles.slack.courier import TIMEOUT, Delivery
from tests.doubles.slack.forms import filled, said_back
from tests.doubles.slack.kit.blocks import message_blocks
from tests.doubles.slack.modals import View
from tests.doubles.slack.wire import Json, NotOffered, Refused, escaped
from tests.doubles.slack.world import Channel, Message, User, pressable


class Verbs:
    """`await slack.act.write(town.kim, town.support, "Where is my parcel?")`. Raises `NotOffered` for the impossible."""

    def __init__(self, core: Core) -> None:
        self.core = core

    async def write(
        self,
        user: User,
        channel: Channel,
        text: str,
        *,
        thread: Message | None = None,
        files: Sequence[str] = (),
        broadcast: bool = False,
        subtype: str = "",
        raw: bool = False,
        twice: bool = False,
    ) -> Message:
        """A new message, or a reply in `thread`. What is typed gets escaped, unless it is `raw`.

        `twice` makes two messages of one gesture: different ts, one client_msg_id (typeclaw/typeclaw#49).
        """
        self._may_write(user, channel)
        if subtype == "" and (broadcast or files):
            subtype = "thread_broadcast" if broadcast else "file_share"
        below = (thread.thread_ts or thread.ts) if thread else ""
        attached = [self.core.world.file(name, user) for name in files]
        words, mark, posted = text if raw else escaped(text), str(uuid.uuid4()), []
        for _ in range(2 if twice else 1):
            message = self.core.happenings.say(
                channel, user, words, thread_ts=below, files=attached, broadcast=broadcast, subtype=subtype,
                client_msg_id=mark,
            )  # fmt: skip
            posted.append(message)
            await self._heard(self.core.happenings.said(message))
        return posted[0]

    async def reply(self, user: User, message: Message, text: str, *, broadcast: bool = False) -> Message:
        """Write in the thread of this message."""
        return await self.write(user, message.channel, text, thread=message, broadcast=broadcast)

    async def edit(self, message: Message, text: str, *, raw: bool = False) -> None:
        """Its author changes a message."""
        await self._heard(self.core.happenings.edited(message, text if raw else escaped(text)))

    async def delete(self, message: Message) -> None:
        """Its author takes a message away."""
        await self._heard(self.core.happenings.deleted(message))

    async def unfurl(self, message: Message) -> None:
        """Slack adds a preview: an edit that changes no words."""
        await self._heard(self.core.happenings.unfurled(message))

    async def react(self, user: User, message: Message, name: str = "thumbsup", *, added: bool = True) -> None:
        """Put an emoji on a message, or take one's own away."""
        if user not in message.channel.members:
            raise NotOffered(f"{user.name} does not see #{message.channel.name}")
        if (user in message.reactions.get(name, ())) == added:
            raise NotOffered(f"{user.name} has {'' if added else 'not '}reacted so")
        told = self.core.happenings.reacted(user, message, name, added=added)
        await self._heard([told] if told else [])

    async def press(
        self,
        user: User,
        on: Message | View,
        action: str,
        *,
        value: str | None = None,
        option: str | None = None,
        sure: bool = False,
        trusting: bool = False,
    ) -> Delivery:
        """Press the element with this action_id, or choose `option` of it by its value.

        What asks first (`confirm`) counts only for whoever is `sure`; nobody is asked by what does not.

        `on` may be a `snapshot` of how the message looked to this person before it was redrawn. `value` picks one of
        several with the same action_id; with `trusting` it is sent although nothing shows it, as a forger would.
        """
        block_id, element = self._element(on, action, value, trusting)
        if not trusting and sure != ("confirm" in element):
            raise NotOffered(f"{action} {'does not ask' if sure else 'asks'}: are you sure?")
        pressed: Json = {"action_id": action, "block_id": block_id, "type": element["type"]}
        if element["type"] == "button":
            pressed |= {name: element[name] for name in ("text", "value", "style") if name in element}
            if trusting and value is not None:
                pressed["value"] = value
        else:
            pressed |= filled(element, option or "")
        message, view = (on, None) if isinstance(on, Message) else (None, on)
        if message and user not in message.channel.members:
            raise NotOffered(f"{user.name} does not see #{message.channel.name}")
        delivery = self.core.courier.send("interactive", self.core.envelopes.pressed(user, pressed, message, view))
        return await self._answered(delivery, f"{user.name} pressed {action}")

    def snapshot(self, message: Message) -> Message:
        """How the message looks now, to be pressed when it has long changed."""
        seen = copy.copy(message)
        seen.blocks = copy.deepcopy(message.blocks)
        return seen

    async def submit(self, user: User, values: Mapping[str, str | Iterable[str]], view: View | None = None) -> Delivery:
        """Fill in the modal this person looks at, by action_id or block_id, and send it off.

        What the bot answers is done: errors keep it open, update and push show another, clear closes all.
        """
        shown = view or self.core.modals.top(user)
        if shown is None or shown.closed:
            raise NotOffered(f"{user.name} has no modal open")
        shown.values = said_back(shown, values)
        delivery = self.core.courier.send("interactive", self.core.envelopes.submitted(user, shown))
        await self._answered(delivery, f"{user.name} submitted {shown.title!r}")
        if delivery.acknowledged:
            try:
                self._respond(user, shown, delivery.answer)
            except Refused as refused:
                self._complain(f"the answer to {shown.title!r} was refused: {refused.body}")
        return delivery

    def fill(self, user: User, values: Mapping[str, str | Iterable[str]]) -> None:
        """Type and choose without sending it off; what is pressed next in the modal brings it along."""
        shown = self.core.modals.top(user)
        if shown is None:
            raise NotOffered(f"{user.name} has no modal open")
        shown.values = said_back(shown, values, sending=False)

    async def dismiss(self, user: User) -> Delivery | None:
        """Close the modal; the app is told when it asked for that."""
        shown = self.core.modals.top(user)
        if shown is None:
            raise NotOffered(f"{user.name} has no modal open")
        self.core.modals.close(user)
        if not shown.fields.get("notify_on_close"):
            return None
        payload = self.core.envelopes.submitted(user, shown, closed=True)
        return await self._answered(self.core.courier.send("interactive", payload), f"{user.name} closed a modal")

    async def command(self, user: User, channel: Channel, command: str, text: str = "") -> Delivery:
        """A slash command: never in a thread, and only for members of the workspace that installed the app."""
        if command not in self.core.app.commands or "commands" not in self.core.app.scopes:
            raise NotOffered(f"{command} is not a command here")
        self._at_home(user)
        payload = self.core.envelopes.command(user, channel, command, text)
        delivery = await self._answered(self.core.courier.send("command", payload), f"{user.name} typed {command}")
        said = delivery.answer or ({"text": delivery.attempts[-1].body} if delivery.attempts[-1].body else {})
        if delivery.acknowledged and said:
            whisper = Message(channel, self.core.clock.ts(), self.core.app.bot, str(said.get("text", "")))
            whisper.blocks, whisper.more = self._drawn(said.get("blocks", [])), {"to": user.id}
            self.core.world.ephemerals.append(whisper)
        return delivery

    async def shortcut(self, user: User, message: Message, callback_id: str) -> Delivery:
        """Choose our shortcut from a message's menu: only members of our workspace have it there."""
        self._at_home(user)
        payload = self.core.envelopes.shortcut(user, message, callback_id)
        return await self._answered(self.core.courier.send("interactive", payload), f"{user.name} chose {callback_id}")

    async def open_home(self, user: User) -> None:
        """Open the app's Home tab."""
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": self.core.world.dm(user).id,
            "tab": "home",
        }
        if home := self.core.modals.homes.get(user):
            event["view"] = self.core.modals.shape(home)
        await self._heard([self.core.happenings.tell(event)])

    def _may_write(self, user: User, channel: Channel) -> None:
        if user not in channel.members:
            raise NotOffered(f"{user.name} is not in #{channel.name}")
        if channel.archived:
            raise NotOffered(f"#{channel.name} is archived")

    def _at_home(self, user: User) -> None:
        if not user.team.same_company(self.core.app.team):
            raise NotOffered(f"{user.name} belongs to {user.team.name}, where the app is not installed")

    def _element(self, on: Message | View, action: str, value: str | None, trusting: bool) -> tuple[str, Json]:
        blocks = on.blocks if isinstance(on, Message) else on.fields["blocks"]
        for block_id, element in pressable(blocks):
            if element["action_id"] == action and (trusting or value is None or element.get("value") == value):
                return block_id, element
        offered = [element["action_id"] for _, element in pressable(blocks)]
        if trusting:
            return "forged", {"type": "button", "text": {"type": "plain_text", "text": action}}
        raise NotOffered(f"nothing with action_id {action!r} is shown, only {offered}")

    def _respond(self, user: User, shown: View, answer: Json) -> None:
        modals = self.core.modals
        match answer.get("response_action"):
            case None:
                modals.close(user)
            case "clear":
                modals.close(user, every=True)
            case "update":
                modals.update(shown, answer.get("view"))
            case "push":
                modals.onto(user, answer.get("view"))
            case "errors":
                known = {block["block_id"] for block in shown.inputs()}
                if not answer.get("errors") or not answer["errors"].keys() <= known:
                    raise Refused("errors for blocks that are not there")
            case other:
                raise Refused(f"unknown response_action {other}")

    def _drawn(self, given: object) -> list[Json]:
        try:
            return message_blocks(given)
        except Refused as refused:
            self._complain(f"the answer to a command was refused: {refused.body}")
            return []

    async def _answered(self, delivery: Delivery, what: str) -> Delivery:
        await self.core.courier.tried(delivery)
        if not delivery.acknowledged:
            why = "no answer within 3 s" if delivery.attempts[-1].problem == TIMEOUT else f"status {delivery.status}"
            self._complain(f"{what} and saw an error: {why}")
        return delivery

    def _complain(self, what: str) -> None:
        self.core.complaints.append(what)

    async def _heard(self, told: Sequence[Delivery | None]) -> None:
        await asyncio.gather(*(self.core.courier.tried(delivery) for delivery in told if delivery))
