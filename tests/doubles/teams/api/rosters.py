"""Asking: members of a conversation, the team and its channels.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from tests.doubles.teams.api.conversations import BASE
from tests.doubles.teams.api.operations import admitted, entered, forbidden, operation
from tests.doubles.teams.call import Call
from tests.doubles.teams.core import Core
from tests.doubles.teams.wire import Json, Refused
from tests.doubles.teams.world import Team, User

TEAMS = "/connector/{region}/{tenant}/v3/teams/{channel}"
DEFAULT, LEAST, MOST = 200, 50, 500


def _account(core: Core, user: User) -> Json:
    """A member as the page shows one: the directory object is `objectId` here. A guest's tenant is the host's."""
    given, _, family = user.real_name.partition(" ")
    return {
        "id": user.id,
        "objectId": user.aad,
        "name": user.real_name,
        "givenName": given,
        "surname": family,
        "email": user.email,
        "userPrincipalName": user.upn(core.app.tenant),
        "tenantId": core.app.tenant.id if user.guest else user.tenant.id,
        "userRole": "guest" if user.guest else "user",
    }


def _people(core: Core, call: Call) -> list[User]:
    channel, _ = entered(core, call.conversation)
    return [user for user in channel.people if not user.app_id]


@operation("connector.members", "GET", f"{BASE}/{{conversation}}/members")
def members(core: Core, call: Call) -> Any:
    """Everybody at once, which is throttled hard."""
    admitted(core, call)
    return [_account(core, user) for user in _people(core, call)]


@operation("connector.pagedmembers", "GET", f"{BASE}/{{conversation}}/pagedmembers")
def paged_members(core: Core, call: Call) -> Any:
    """So many at a time; a page never holds fewer than fifty."""
    admitted(core, call)
    try:
        size = int(call.query.get("pageSize") or DEFAULT)
        start = int(base64.b64decode(call.query.get("continuationToken", "")) or 0)
    except (ValueError, binascii.Error):
        raise Refused(400, "BadArgument", "Invalid page") from None
    size = min(max(size, LEAST), MOST)
    people = _people(core, call)
    page: Json = {"members": [_account(core, user) for user in people[start : start + size]]}
    if start + size < len(people):
        page["continuationToken"] = base64.b64encode(str(start + size).encode()).decode()
    return page


@operation("connector.member", "GET", f"{BASE}/{{conversation}}/members/{{member}}")
def member(core: Core, call: Call) -> Any:
    """One person, by id, directory object or sign-in name."""
    admitted(core, call)
    user = core.world.person(call.place["member"])
    if user is None or user not in _people(core, call):
        raise Refused(404, "MemberNotFoundInConversation", "Member not found in the conversation.")
    return _account(core, user)


def _team(core: Core, call: Call) -> Team:
    team = core.world.teams.get(call.place["channel"])
    if team is None:
        raise Refused(404, "ConversationNotFound", "Conversation not found.")
    if not team.installed:
        raise forbidden("BotNotInConversationRoster")
    return team


@operation("connector.team", "GET", TEAMS)
def team_details(core: Core, call: Call) -> Any:
    """The team, and the group behind it, by which Graph knows it."""
    admitted(core, call)
    team = _team(core, call)
    counts = {"channelCount": len(team.channels), "memberCount": len(team.members)}
    return {"id": team.id, "name": team.name, "aadGroupId": team.group, "tenantId": team.tenant.id, **counts}


@operation("connector.channels", "GET", f"{TEAMS}/conversations")
def channels(core: Core, call: Call) -> Any:
    """Its channels; General has the team's id and no name."""
    admitted(core, call)
    team = _team(core, call)
    return {
        "conversations": [
            {"id": channel.id, "name": None if channel.id == team.id else channel.name}
            for channel in team.channels
            if channel.enabled
        ]
    }
