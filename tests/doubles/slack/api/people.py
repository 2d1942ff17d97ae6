"""Who is who: auth.test, users.info, bots.info, team.info, usergroups.users.list, files.info; and the socket's door."""

from __future__ import annotations

from tests.doubles.slack import shapes
from tests.doubles.slack.api.methods import method
from tests.doubles.slack.call import Call
from tests.doubles.slack.core import Core
from tests.doubles.slack.wire import Json, Refused


@method("api.test", tokens=())
def api_test(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/api.test"""
    if error := call.text("error"):
        raise Refused(error)
    return {"args": call.args}


@method("auth.test", tokens=("bot", "app"))
def auth_test(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/auth.test"""
    app = core.app
    if call.token == app.app_token:
        return {"app_name": app.name, "app_id": app.id}
    org = app.team.enterprise
    return {
        "url": f"https://{app.team.domain}.slack.com/",
        "team": app.team.name,
        "user": app.bot.name,
        "team_id": app.team.id,
        "user_id": app.bot.id,
        "bot_id": app.bot.bot_id,
        "is_enterprise_install": False,
        **({"enterprise_id": org.id} if org else {}),
    }


@method("users.info", "users:read")
def users_info(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/users.info"""
    found = core.world.users.get(call.text("user", needed=True))
    if found is None:
        raise Refused("user_not_found")
    return {"user": shapes.user(core.world, found, bool(call.flag("include_locale")))}


@method("bots.info", "users:read")
def bots_info(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/bots.info"""
    for user in core.world.users.values():
        if user.bot_id and user.bot_id == call.text("bot", needed=True):
            shape = {"id": user.bot_id, "app_id": user.app_id, "user_id": user.id, "name": user.real_name}
            return {"bot": {**shape, "deleted": user.deleted, "updated": shapes.CREATED}}
    raise Refused("bot_not_found")


@method("team.info", "team:read")
def team_info(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/team.info"""
    found = core.world.workspaces.get(call.text("team") or core.app.team.id)
    if found is None:
        raise Refused("team_not_found")
    return {"team": shapes.team(core.world, found)}


@method("usergroups.users.list", "usergroups:read")
def usergroup_users(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/usergroups.users.list"""
    if not core.app.team.paid:
        raise Refused("plan_upgrade_required")
    group = core.world.groups.get(call.text("usergroup", needed=True))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": [member.id for member in group.members if not member.deleted]}


@method("files.info", "files:read")
def files_info(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/files.info"""
    found = core.world.files.get(call.text("file", needed=True))
    if found is None:
        raise Refused("file_not_found")
    return {"file": shapes.file(core.world, found), "comments": [], "response_metadata": {"next_cursor": ""}}


@method("apps.connections.open", tokens=("app",), post_only=True)
def connections_open(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/apps.connections.open"""
    return {"url": core.sockets.ticket(core.base)}
