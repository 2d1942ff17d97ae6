"""Speaking: v3/conversations and their activities.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

from __future__ import annotations

import math
from typing import Any

from tests.doubles.teams.api.operations import admitted, found, operation, own, writable
from tests.doubles.teams.call import Call
from tests.doubles.teams.core import Core
from tests.doubles.teams.kit import content
from tests.doubles.teams.wire import Json, Refused
from tests.doubles.teams.world import Channel, Message

BASE = "/connector/{region}/{tenant}/v3/conversations"


def _checked(core: Core, channel: Channel, given: Json) -> Json:
    return content.check(core.world, channel.people, given, core.warnings)


def _post(core: Core, call: Call, channel: Channel, root: str, given: Json) -> Message | None:
    """The message; None when there is none to name: for typing, and for text beside an attachment, which is split."""
    fields = _checked(core, channel, given)
    if given["type"] == "typing":
        return None
    parts = [fields]
    if fields["text"] and fields["attachments"]:
        parts = [{**fields, "attachments": []}, {**fields, "text": "", "entities": []}]
    posted = [core.happenings.say(channel, core.app.bot, root=root, **part) for part in parts]
    if call.fault and call.fault.kind == "unreadable":
        for one in posted:
            one.hidden_for, one.hidden_since = call.fault.seconds or math.inf, core.clock.mark()
    return posted[0] if len(posted) == 1 else None


@operation("connector.send", "POST", f"{BASE}/{{conversation}}/activities", 201)
def send(core: Core, call: Call) -> Any:
    """To a thread with `;messageid=`; without it, at the top of the channel."""
    admitted(core, call)
    given = call.read()
    channel, root = writable(core, call.conversation)
    message = _post(core, call, channel, root, given)
    return {"id": message.id} if message else None


@operation("connector.reply", "POST", f"{BASE}/{{conversation}}/activities/{{activity}}", 201)
def reply(core: Core, call: Call) -> Any:
    """To the thread in which that activity is."""
    admitted(core, call)
    given = call.read()
    channel, root = writable(core, call.conversation)
    before = channel.messages.get(call.place["activity"])
    if before is None or root not in ("", before.root):
        raise Refused(404, "ActivityNotFoundInConversation", "Message does not exist in the thread.")
    message = _post(core, call, channel, before.root, given)
    return {"id": message.id} if message else None


@operation("connector.update", "PUT", f"{BASE}/{{conversation}}/activities/{{activity}}")
def update(core: Core, call: Call) -> Any:
    """The bot's own message reads otherwise."""
    admitted(core, call)
    given = call.read()
    channel, root = writable(core, call.conversation)
    message = own(core, channel, root, call.place["activity"])
    if given.get("type") != "message":
        raise Refused(400, "BadArgument", "Unknown activity type")
    core.happenings.redrawn(message, **_checked(core, channel, given))
    core.clicks.redrawn(message)
    return {"id": message.id}


@operation("connector.delete", "DELETE", f"{BASE}/{{conversation}}/activities/{{activity}}")
def delete(core: Core, call: Call) -> Any:
    """The bot's own message is gone; the answer is empty."""
    admitted(core, call)
    channel, root = writable(core, call.conversation)
    message = own(core, channel, root, call.place["activity"])
    core.happenings.redrawn(message, deleted_at=core.clock.wall())


@operation("connector.create", "POST", BASE, 201)
def create(core: Core, call: Call) -> Any:
    """A new thread in a channel. A bot cannot create a group chat, and ours has no personal scope."""
    admitted(core, call)
    given = call.read()
    data = given.get("channelData")
    where = data.get("channel") if isinstance(data, dict) else None
    if given.get("isGroup") is False and given.get("members"):
        raise Refused(403, "BadArgument", "Bot is not installed in user's personal scope")
    if given.get("isGroup") is not True or not isinstance(where, dict) or not isinstance(given.get("activity"), dict):
        raise Refused(400, "BadSyntax", "Incorrect conversation creation parameters")
    if given.get("tenantId", core.app.tenant.id) != core.app.tenant.id:
        raise Refused(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
    channel, root = found(core, str(where.get("id", "")))
    core.meter.call(call.method, channel.id)
    writable(core, channel.id)
    if root:
        raise Refused(400, "BadSyntax", "Incorrect conversation creation parameters")
    message = _post(core, call, channel, "", given["activity"])
    return {"id": message.conversation, "activityId": message.id} if message else {"id": channel.id}
