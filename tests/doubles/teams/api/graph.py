"""Microsoft Graph: the reads that recovery and `doctor` need, with resource-specific consent.

https://learn.microsoft.com/graph/api/chatmessage-list-replies, channel-get, channel-list-allmembers,
team-list-installedapps
"""

from __future__ import annotations

import base64
import uuid
from typing import Any
from urllib.parse import quote

from tests.doubles.teams import jwt, markup
from tests.doubles.teams.api.operations import operation
from tests.doubles.teams.call import Call
from tests.doubles.teams.core import Core
from tests.doubles.teams.entra import GRAPH
from tests.doubles.teams.wire import Json, Refused, graph_time
from tests.doubles.teams.world import APPS, MEMBERS, MESSAGES, SETTINGS, Channel, Message, Team, User

TEAM = "/graph/v1.0/teams/{group}"
CHANNEL = f"{TEAM}/channels/{{channel}}"
PAGE, MOST = 20, 50
WIDER = {MESSAGES: "ChannelMessage.Read.All", MEMBERS: "ChannelMember.Read.All"}


def _no(core: Core, status: int, code: str, message: str) -> Refused:
    own = {"request-id": str(uuid.uuid4()), "client-request-id": str(uuid.uuid4())}
    inner = {"date": graph_time(core.clock.wall())[:19], **own}
    return Refused(status, code, message, body={"error": {"code": code, "message": message, "innerError": inner}})


def _admitted(core: Core, call: Call, permission: str) -> Team:
    """The team, if the token is good and its owner has agreed. Raises `Refused`."""
    try:
        core.entra.read(call.headers.get("authorization", ""), GRAPH)
    except jwt.Unreadable as unreadable:
        why = {
            "empty": "Access token is empty.",
            "another audience": "Access token validation failure. Invalid audience.",
            "expired": "Lifetime validation failed, the token is expired.",
        }.get(str(unreadable), "CompactToken parsing failed with error code: 80049217")
        raise _no(core, 401, "InvalidAuthenticationToken", why) from None
    team = next((team for team in core.world.teams.values() if team.group == call.place["group"]), None)
    if team is None:
        raise _no(core, 404, "NotFound", f"No team found with Group Id {call.place['group']}")
    given = team.consent if team.installed else set()
    if permission not in given:
        told = f"Missing role permissions on the request. API requires one of '{permission}"
        told += f", {WIDER[permission]}'." if permission in WIDER else "'."
        grants = ", ".join(sorted(given))
        told += f" Roles on the request ''. Resource specific consent grants on the request '{grants}'."
        raise _no(core, 403, "Forbidden", told)
    return team


def _channel(core: Core, call: Call, team: Team) -> Channel:
    for channel in team.channels:
        if channel.id == call.place["channel"]:
            if not channel.enabled:
                kind = channel.kind.capitalize()
                why = f"Caller isn't enabled for requesting the lwg channel of {kind} channel type"
                raise _no(core, 403, "Forbidden", why)
            return channel
    raise _no(core, 404, "NotFound", "No channel found")


def _message(core: Core, channel: Channel, own: str) -> Message:
    message = channel.messages.get(own)
    if message is None or message.is_reply or not core.readable(message):
        raise _no(core, 404, "NotFound", "NotFound")
    return message


def _top(core: Core, call: Call) -> tuple[int, int]:
    """How many to show, and after how many."""
    for name in call.query:
        if name not in ("$top", "$skiptoken"):
            raise _no(core, 400, "BadRequest", f"Query option '{name}' is not allowed.")
    try:
        top = int(call.query.get("$top", PAGE))
        start = int(base64.urlsafe_b64decode(call.query.get("$skiptoken", "")) or 0)
    except ValueError:
        raise _no(core, 400, "BadRequest", "Invalid value for a query option.") from None
    if not 1 <= top <= MOST:
        why = f"The limit of '{MOST}' for Top query has been exceeded. The value from the incoming request is '{top}'."
        raise _no(core, 400, "BadRequest", why)
    return top, start


def _listed(core: Core, call: Call, messages: list[Message], context: str) -> Json:
    """A page, the last changed first."""
    top, start = _top(core, call)
    seen = sorted(
        (one for one in messages if core.readable(one)), key=lambda one: (one.changed_at, int(one.id)), reverse=True
    )
    page = [_shape(core, one) for one in seen[start : start + top]]
    answer: Json = {"@odata.context": context, "@odata.count": len(page), "value": page}
    if start + top < len(seen):
        token = base64.urlsafe_b64encode(str(start + top).encode()).decode()
        answer["@odata.nextLink"] = f"{core.base}{call.url}?$top={top}&$skiptoken={quote(token)}"
    return answer


@operation("graph.replies", "GET", f"{CHANNEL}/messages/{{message}}/replies")
def replies(core: Core, call: Call) -> Any:
    """The replies to a message, the last changed first; deleted ones without their words."""
    channel = _channel(core, call, _admitted(core, call, MESSAGES))
    root = _message(core, channel, call.place["message"])
    return _listed(core, call, root.replies, f"{GRAPH}/v1.0/$metadata#replies")


@operation("graph.messages", "GET", f"{CHANNEL}/messages")
def messages(core: Core, call: Call) -> Any:
    """The first messages of all threads, the last changed first."""
    channel = _channel(core, call, _admitted(core, call, MESSAGES))
    roots = [one for one in channel.messages.values() if not one.is_reply]
    return _listed(core, call, roots, f"{GRAPH}/v1.0/$metadata#messages")


@operation("graph.message", "GET", f"{CHANNEL}/messages/{{message}}")
def message(core: Core, call: Call) -> Any:
    """One message."""
    channel = _channel(core, call, _admitted(core, call, MESSAGES))
    return _shape(core, _message(core, channel, call.place["message"]))


@operation("graph.reply", "GET", f"{CHANNEL}/messages/{{message}}/replies/{{reply}}")
def reply(core: Core, call: Call) -> Any:
    """One reply."""
    channel = _channel(core, call, _admitted(core, call, MESSAGES))
    root = _message(core, channel, call.place["message"])
    for one in root.replies:
        if one.id == call.place["reply"] and core.readable(one):
            return _shape(core, one)
    raise _no(core, 404, "NotFound", "NotFound")


@operation("graph.channel", "GET", CHANNEL)
def channel_details(core: Core, call: Call) -> Any:
    """A channel."""
    channel = _channel(core, call, _admitted(core, call, SETTINGS))
    shape = {"id": channel.id, "createdDateTime": "2024-01-01T00:00:00Z", "displayName": channel.name}
    return {**shape, "description": None, "membershipType": channel.kind, "tenantId": channel.team.tenant.id}


@operation("graph.members", "GET", f"{CHANNEL}/allMembers")
def all_members(core: Core, call: Call) -> Any:
    """Who is in a channel, those of other tenants too."""
    team = _admitted(core, call, MEMBERS)
    people = [user for user in _channel(core, call, team).people if not user.app_id]
    return {"@odata.count": len(people), "value": [member(team, user) for user in people]}


@operation("graph.apps", "GET", f"{TEAM}/installedApps")
def installed_apps(core: Core, call: Call) -> Any:
    """The apps of a team; what was agreed to comes only with $select=consentedPermissionSet."""
    team = _admitted(core, call, APPS)
    app = core.app
    shape: Json = {"id": base64.b64encode(f"{team.group}##{app.manifest_id}".encode()).decode()}
    if "consentedPermissionSet" in call.query.get("$select", ""):
        told = [{"permissionValue": one, "permissionType": "application"} for one in sorted(team.consent)]
        shape["consentedPermissionSet"] = {"resourceSpecificPermissions": told}
    if "teamsApp" in call.query.get("$expand", "").split(","):
        own = {"id": app.manifest_id, "externalId": app.manifest_id, "displayName": app.bot.real_name}
        shape["teamsApp"] = {**own, "distributionMethod": "organization"}
    if "teamsAppDefinition" in call.query.get("$expand", ""):
        own = {"teamsAppId": app.manifest_id, "azureADAppId": app.id, "displayName": app.bot.real_name}
        shape["teamsAppDefinition"] = {**own, "version": app.version}
    return {"@odata.count": 1, "value": [shape]}


def _shape(core: Core, one: Message) -> Json:
    """A chatMessage."""
    changed = one.changed_at
    deleted, edited = one.deleted_at, one.edited_at
    return {
        "id": one.id,
        "replyToId": one.root if one.is_reply else None,
        "etag": str(int(changed * 1000)),
        "messageType": "message",
        "createdDateTime": graph_time(one.at),
        "lastModifiedDateTime": graph_time(changed),
        "lastEditedDateTime": graph_time(edited) if edited else None,
        "deletedDateTime": graph_time(deleted) if deleted else None,
        "subject": None,
        "summary": None,
        "chatId": None,
        "importance": "normal",
        "locale": "en-us",
        "policyViolation": None,
        "eventDetail": None,
        "from": _sender(one.user),
        "body": markup.body(core.world, one, core.html_only),
        "channelIdentity": {"teamId": one.channel.team.group, "channelId": one.channel.id},
        "attachments": markup.attachments(one),
        "mentions": [],
        "reactions": [],
    }


def _sender(user: User) -> Json:
    empty = {"application": None, "device": None, "user": None}
    if user.app_id:
        kind = {"applicationIdentityType": "bot", "displayName": user.real_name}
        return {**empty, "application": {"id": user.app_id, **kind}}
    kind = {"userIdentityType": "aadUser", "displayName": user.real_name}
    return {**empty, "user": {"id": user.aad, **kind, "tenantId": user.tenant.id}}


def member(team: Team, user: User) -> Json:
    """Somebody of a team or channel, as `allMembers` lists them."""
    roles = ["owner"] if user in team.owners else ["guest"] if user.guest else []
    own = base64.b64encode(f"{team.group}##{user.aad}".encode()).decode()
    return {
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "id": own,
        "roles": roles,
        "displayName": user.real_name,
        "userId": user.aad,
        "email": user.email,
        "tenantId": team.tenant.id if user.guest else user.tenant.id,
    }
