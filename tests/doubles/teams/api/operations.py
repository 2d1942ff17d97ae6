"""The table of operations, and what those of the connector ask first: whose token, which conversation, is the bot there?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.doubles.teams import jwt
from tests.doubles.teams.call import Call
from tests.doubles.teams.core import Core
from tests.doubles.teams.entra import CONNECTOR
from tests.doubles.teams.wire import Refused
from tests.doubles.teams.world import Channel, Message

Run = Callable[[Core, Call], Any]
FORBIDDEN = {
    "BotNotInConversationRoster": "The bot is not part of the conversation roster.",
    "BotDisabledByAdmin": "The tenant admin disabled this bot",
    "ConversationBlockedByUser": "User blocked the conversation with the bot.",
    "NotEnoughPermissions": "The bot may not do this here.",
}
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages, word for word
WRITES_BLOCKED = (
    '{\r\n  "subCode": "MessageWritesBlocked",\r\n  "details": "Thread is blocked from message writes.",\r\n'
    '  "errorCode": null,\r\n  "errorSubCode": null\r\n}'
)


@dataclass(frozen=True)
class Operation:
    """Where it is and how to run it. `run` returns the body of the answer, None for an empty one."""

    verb: str
    path: str
    run: Run
    status: int = 200


OPERATIONS: dict[str, Operation] = {}


def operation(name: str, verb: str, path: str, status: int = 200) -> Callable[[Run], Run]:
    """Enter it in the table, as `door.what`."""

    def enter(run: Run) -> Run:
        OPERATIONS[name] = Operation(verb, path, run, status)
        return run

    return enter


def admitted(core: Core, call: Call) -> None:
    """Raises `Refused` unless the token is good, the bot registered, the address current, and the pace bearable."""
    try:
        core.entra.read(call.headers.get("authorization", ""), CONNECTOR)
    except jwt.Unreadable as unreadable:
        why = {"message": "Authorization has been denied for this request."}
        raise Refused(401, "Unauthorized", str(unreadable), body=why) from None
    if not core.app.registered:
        raise Refused(401, "BotNotRegistered", "No registration found for this bot.")
    region, tenant = call.place["region"], call.place["tenant"]
    if (region, tenant) != (core.activities.region, core.app.tenant.id):
        raise Refused(403, "InvalidBotApiHost", "Invalid bot api host.")
    if call.conversation:
        core.meter.call(call.method, call.conversation.partition(";")[0])


def found(core: Core, conversation: str) -> tuple[Channel, str]:
    """The channel and the root of the thread, if it is one. Raises `Refused`."""
    place = core.happenings.place(conversation)
    if place is None:
        raise Refused(404, "ConversationNotFound", "Conversation not found.")
    return place


def entered(core: Core, conversation: str) -> tuple[Channel, str]:
    """The same, if the bot is there. Raises `Refused`."""
    channel, root = found(core, conversation)
    if not channel.team.installed:
        raise forbidden("BotNotInConversationRoster")
    if not channel.enabled:
        raise Refused(403, "BotNotInConversationRoster", "The app is not enabled in this channel.")
    return channel, root


def writable(core: Core, conversation: str) -> tuple[Channel, str]:
    """The same, if the bot may write there. Raises `Refused`."""
    channel, root = entered(core, conversation)
    if channel.refuses:
        raise forbidden(channel.refuses)
    return channel, root


def own(core: Core, channel: Channel, root: str, activity: str) -> Message:
    """A message of the bot's that stands in this thread, or anywhere in this channel. Raises `Refused`."""
    message = channel.messages.get(activity)
    if message is None or message.deleted or root not in ("", message.root):
        raise Refused(404, "ActivityNotFoundInConversation", "Message does not exist in the thread.")
    if message.user is not core.app.bot:
        raise forbidden("NotEnoughPermissions")
    return message


def forbidden(code: str) -> Refused:
    """Status 403, in the words that Teams has for it."""
    if code == "MessageWritesBlocked":
        return Refused(403, code, body={"errorCode": 209, "message": WRITES_BLOCKED})
    return Refused(403, code, FORBIDDEN.get(code, code))
