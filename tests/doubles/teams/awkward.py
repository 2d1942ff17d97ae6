"""Activities that broke other people's bots. Each comes rightly signed; a bot has to answer 2xx and do nothing.

From microsoft/teams.py#433, #520, #563 and from what three SDKs answered with 500.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

from tests.doubles.teams.wire import Json, dumps


def _changed(**fields: object) -> Callable[[Json], Json]:
    """With these fields; None takes one away."""

    def change(activity: Json) -> Json:
        changed = {**copy.deepcopy(activity), **fields}
        return {name: value for name, value in changed.items() if value is not None}

    return change


def _entity(entity: object) -> Callable[[Json], Json]:
    """With one more entity."""
    return lambda activity: {**activity, "entities": [*activity["entities"], entity]}


def _of(kind: str, **fields: object) -> Callable[[Json], Json]:
    """Of another type, without words."""
    return _changed(type=kind, text=None, attachments=None, **fields)


# Made from the activity of an ordinary message, which must not be taken for what it was.
AWKWARD: dict[str, Callable[[Json], Json]] = {
    "unknown activity type": _of("hologram"),
    "no type": _changed(type=None),
    "type is a number": _changed(type=7),
    "conversationUpdate without channelData": _of("conversationUpdate", channelData=None),
    "conversationUpdate with unknown eventType": _of("conversationUpdate", channelData={"eventType": "teamSang"}),
    "messageUpdate with unknown eventType": _changed(type="messageUpdate", channelData={"eventType": "hummed"}),
    "messageUpdate without channelData": _changed(type="messageUpdate", channelData=None),
    "messageDelete of something unknown": _of("messageDelete", id="1"),
    "installationUpdate add-upgrade": _of("installationUpdate", action="add-upgrade"),
    "installationUpdate with unknown action": _of("installationUpdate", action="sublimate"),
    "messageReaction to something unknown": _of("messageReaction", reactionsAdded=[{"type": "like"}], replyToId="1"),
    "read receipt": _of("event", name="application/vnd.microsoft.readReceipt", value={"lastReadMessageId": "1"}),
    "event without name": _of("event"),
    "typing": _of("typing"),
    "endOfConversation": _of("endOfConversation", code="completedSuccessfully"),
    "no from": _changed(**{"from": None}),
    "from without aadObjectId": _changed(**{"from": {"id": "29:1-nobody", "name": "Nobody"}}),
    "message without conversation": _changed(conversation=None),
    "conversation is a word": _changed(conversation="19:nowhere@thread.tacv2"),
    "message without words": _changed(text=None, attachments=None),
    "words are a number": _changed(text=7),
    "no id": _changed(id=None),
    "personal chat": _changed(conversation={"conversationType": "personal", "id": "a:1xyz"}, channelData={}),
    "tenant that is not ours": _changed(
        channelData={"tenant": {"id": "00000000-0000-0000-0000-000000000001"}},
        conversation={
            "id": "19:elsewhere@thread.tacv2;messageid=1", "conversationType": "channel",
            "tenantId": "00000000-0000-0000-0000-000000000001",
        },
    ),
}  # fmt: skip
# A message for all that, which has to be taken as the message it is.
ODD: dict[str, Callable[[Json], Json]] = {
    "unknown entity type": _entity({"type": "https://schema.org/Hologram", "@id": ""}),
    "mention entity without fields": _entity({"type": "mention"}),
    "entity is a word": _entity("mention"),
    "unknown property": _changed(hologram={"deep": [1]}),
    "attachments are null": lambda activity: {**activity, "attachments": None},
}
# Invokes nobody asked for; a bot answers, whatever it says, but not with 5xx.
INVOKES: dict[str, Callable[[Json], Json]] = {
    "unknown invoke name": _of("invoke", name="hologram/project", value={}),
    "invoke without name": _of("invoke", name=None),
    "adaptiveCard/action without value": _of("invoke", name="adaptiveCard/action", value=None),
    "adaptiveCard/action with a word for an action": _of(
        "invoke", name="adaptiveCard/action", value={"action": "approve"}
    ),
    "task/fetch": _of("invoke", name="task/fetch", value={"data": {}}),
    "message/submitAction": _of("invoke", name="message/submitAction", value={"actionName": "feedback"}),
}
# No activities at all; refusing them is as good as taking them, but not with 5xx.
BODIES: dict[str, bytes] = {
    "empty": b"",
    "not JSON": b"{",
    "a list": b"[]",
    "a word": b'"message"',
    "a number": b"7",
    "null": b"null",
    "not UTF-8": b'{"type":"message","text":"\xff"}',
    "nested without end": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "an empty object": dumps({}).encode(),
}
