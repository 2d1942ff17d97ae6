"""The app as Slack should make it: `countersign manifest slack` prints this, with the least that the channel needs."""

from __future__ import annotations

from typing import Any

from bot.channels.commands import COMMANDS
from bot.channels.slack.commands import COMMAND
from bot.channels.slack.door import PATH
from bot.phrases import say

# What each is for stands behind it; none is asked for that nothing uses. `countersign doctor` compares the token's.
SCOPES = (
    "chat:write",  # cards, replies, and words to one person
    "channels:history",  # messages in public support channels, and looking for a reply whose answer was lost
    "channels:read",  # who shares a channel
    "groups:history",  # the same for private channels
    "groups:read",
    "users:read",  # names, guests, and whose organisation somebody belongs to
    "usergroups:read",  # user groups that count as staff
    "files:write",  # the chart of the desk's figures
    "files:read",  # the names of files in channels shared with another organisation
    "reactions:read",  # what customers think of a reply
    "commands",  # the slash command and the message shortcut
)
# Without these the rest still works.
OPTIONAL = frozenset({"usergroups:read", "files:read", "files:write", "reactions:read"})
EVENTS = (
    "app_home_opened",
    "app_uninstalled",
    "channel_id_changed",
    "channel_shared",
    "channel_unshared",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
)
SHORTCUT = "draft_reply"


def manifest(name: str, address: str) -> dict[str, Any]:
    """An app manifest: https://docs.slack.dev/reference/app-manifest

    `address` is where Slack reaches this program, as in `https://support.example.org`; without one the app speaks
    through Socket Mode.
    """
    url = f"{address.rstrip('/')}{PATH}" if address else ""
    reached = {"request_url": url} if url else {}
    command = {
        "command": COMMAND,
        "description": say("slack.manifest.command"),
        "usage_hint": " | ".join(COMMANDS),
        "should_escape": True,
    }
    shortcut = {
        "name": say("slack.manifest.shortcut"),
        "type": "message",
        "callback_id": SHORTCUT,
        "description": say("slack.manifest.shortcut_about"),
    }
    return {
        "display_information": {
            "name": name,
            "description": say("slack.manifest.about"),
            "background_color": "#1d3557",
        },
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": False},
            "bot_user": {"display_name": name, "always_online": True},
            "shortcuts": [shortcut],
            "slash_commands": [command | ({"url": url} if url else {})],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)} | reached,
            "interactivity": {"is_enabled": True} | reached,
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }
