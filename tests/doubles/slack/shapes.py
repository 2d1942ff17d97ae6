"""How the things of the world look in answers and events."""

from __future__ import annotations

import hashlib

from tests.doubles.slack.wire import Json
from tests.doubles.slack.world import Channel, File, Message, User, Workspace, World

CREATED = 1_700_000_000


def user(world: World, someone: User, locale: bool = False) -> Json:
    """A user object. Of another company's people Slack shows no email, no locale and no time zone."""
    ours = someone.team.same_company(world.app.team)
    names = {"real_name": someone.real_name, "display_name": someone.name}
    profile: Json = {
        **names,
        **{f"{key}_normalized": value for key, value in names.items()},
        "team": someone.team.id,
        "avatar_hash": hashlib.sha1(someone.id.encode()).hexdigest()[:12],
        "image_72": "https://avatars.slack-edge.com/72.png",
    }
    if ours and "users:read.email" in world.app.scopes and not someone.bot_id:
        profile["email"] = someone.email
    if someone.bot_id:
        profile |= {"bot_id": someone.bot_id, "api_app_id": someone.app_id}
    shape: Json = {
        "id": someone.id,
        "team_id": someone.team.id,
        "name": someone.name,
        "deleted": someone.deleted,
        "real_name": someone.real_name,
        "profile": profile,
        "is_admin": someone.admin,
        "is_owner": False,
        "is_restricted": bool(someone.guest),
        "is_ultra_restricted": someone.guest == "single",
        "is_bot": bool(someone.bot_id),
        "is_app_user": False,
        "updated": CREATED,
    }
    if ours:
        shape |= {"tz": someone.tz, "tz_label": "Central European Time", "tz_offset": 3600}
        if locale:
            shape["locale"] = someone.locale
    else:
        shape |= {"is_stranger": world.is_stranger(someone)}
    if someone.team.enterprise:
        org = someone.team.enterprise
        shape["enterprise_user"] = {"id": someone.id, "enterprise_id": org.id, "enterprise_name": org.name}
        shape["enterprise_user"]["teams"] = [someone.team.id]
    return shape


def channel(world: World, place: Channel, members: bool = False) -> Json:
    """A conversation object."""
    if place.kind == "im":
        other = next(member for member in place.members if member is not world.app.bot)
        return {"id": place.id, "created": CREATED, "is_im": True, "user": other.id, "is_archived": False}
    connected = [team.id for team in place.connected]
    shape: Json = {
        "id": place.id,
        "name": place.name,
        "name_normalized": place.name,
        "is_channel": not place.private,
        "is_group": place.private,
        "is_im": False,
        "is_mpim": False,
        "is_private": place.private,
        "created": CREATED,
        "is_archived": place.archived,
        "is_general": False,
        "is_shared": bool(connected),
        "is_org_shared": place.org_shared,
        "is_ext_shared": place.ext_shared,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": world.app.team.id,
        "shared_team_ids": [place.home.id, *connected],
        "creator": place.members[0].id if place.members else world.app.bot.id,
        "is_member": world.app.bot in place.members,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }
    if place.ext_shared:
        shape["connected_team_ids"] = connected
    if members:
        shape["num_members"] = len(place.members)
    return shape


def file(world: World, attached: File, hidden: bool = False) -> Json:
    """A file object. In a Connect channel it says only that `files.info` knows more."""
    if hidden:
        return {
            "id": attached.id,
            "created": CREATED,
            "timestamp": CREATED,
            "user": attached.user.id,
            "mode": "file_access",
            "file_access": "check_file_info",
        }
    where = f"https://files.slack.com/files-pri/{attached.user.team.id}-{attached.id}/{attached.name}"
    return {
        "id": attached.id,
        "created": CREATED,
        "timestamp": CREATED,
        "name": attached.name,
        "title": attached.title or attached.name,
        "mimetype": attached.mimetype,
        "filetype": attached.name.rpartition(".")[2],
        "user": attached.user.id,
        "user_team": attached.user.team.id,
        "mode": "hosted",
        "size": attached.size,
        "is_external": False,
        "url_private": where,
        "permalink": f"https://{world.app.team.domain}.slack.com/files/{attached.user.id}/{attached.id}",
    }


def message(world: World, said: Message, metadata: bool = False, summary: bool = False) -> Json:
    """A message. Its metadata is whole only when asked for; `summary` adds what a parent knows of its replies."""
    if said.deleted:
        return {**_tombstone(said), **_summary(said)}
    shape: Json = {"type": "message", "user": said.user.id, "ts": said.ts, "text": said.text, **said.more}
    if said.user.bot_id:
        shape |= {
            "bot_id": said.user.bot_id,
            "app_id": said.user.app_id,
            "bot_profile": {
                "id": said.user.bot_id,
                "app_id": said.user.app_id,
                "name": said.user.real_name,
                "deleted": False,
                "updated": CREATED,
                "team_id": said.user.team.id,
            },
        }
    else:
        shape["client_msg_id"] = said.client_msg_id
    shape["team"] = said.user.team.id
    optional = {"subtype": said.subtype, "blocks": said.blocks, "attachments": said.attachments, "edited": said.edited}
    shape |= {name: value for name, value in optional.items() if value}
    if said.thread_ts:
        shape["thread_ts"] = said.thread_ts
        parent = said.channel.messages.get(said.thread_ts)
        if said.is_reply and parent:
            shape["parent_user_id"] = parent.user.id
    if said.files:
        foreign = said.channel.ext_shared and not said.user.team.same_company(world.app.team)
        shape["files"] = [file(world, attached, hidden=foreign) for attached in said.files]
        shape["upload"] = False
    if said.metadata:
        whole = said.metadata
        shape["metadata"] = whole if metadata else {"event_type": whole["event_type"]}
    if said.reactions:
        shape["reactions"] = [
            {"name": name, "users": [who.id for who in users], "count": len(users)}
            for name, users in said.reactions.items()
        ]
    if summary:
        shape |= _summary(said)
    return shape


def team(world: World, workspace: Workspace) -> Json:
    """A team object."""
    shape: Json = {
        "id": workspace.id,
        "name": workspace.name,
        "domain": workspace.domain,
        "url": f"https://{workspace.domain}.slack.com/",
        "email_domain": "",
        "icon": {"image_default": True},
        "is_verified": False,
    }
    if workspace.enterprise:
        shape |= {"enterprise_id": workspace.enterprise.id, "enterprise_name": workspace.enterprise.name}
    return shape


def permalink(world: World, said: Message) -> str:
    """Where a browser finds the message."""
    digits = said.ts.replace(".", "")
    below = f"?thread_ts={said.thread_ts}&cid={said.channel.id}" if said.is_reply else ""
    return f"https://{world.app.team.domain}.slack.com/archives/{said.channel.id}/p{digits}{below}"


def _tombstone(said: Message) -> Json:
    """A deleted parent stays, because its replies hang from it."""
    gone = {"type": "message", "subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
    return {**gone, "hidden": True, "ts": said.ts, "thread_ts": said.ts}


def _summary(said: Message) -> Json:
    replies = said.replies
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user.id for reply in replies))
    return {
        "thread_ts": said.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users[:5],
        "is_locked": said.locked,
        "subscribed": False,
    }
