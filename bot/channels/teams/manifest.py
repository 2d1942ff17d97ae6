"""The app as Teams should take it: `countersign manifest teams` writes this as a package, to be uploaded."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from bot.channels.commands import COMMANDS
from bot.channels.teams.graph import MEMBERS, MESSAGES
from bot.channels.teams.icons import BLUE, colour_icon, outline_icon
from bot.phrases import say

# https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema
VERSION = "1.29"
SCHEMA = f"https://developer.microsoft.com/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json"
# What a team's owner agrees to by adding the app, and what each is for. Everything else the connector allows by itself.
# https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
PERMISSIONS = (
    MESSAGES,  # all messages of the team's channels, not only mentions; and looking for a reply whose answer was lost
    MEMBERS,  # who reads a channel: drafts are for our own staff, and replies for those they were written for
)
NAME, DEVELOPER, TITLE, ABOUT, MORE = 30, 32, 32, 128, 4000
# The earliest time that a zip file can hold: the same package is the same bytes on every day.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def manifest(app_id: str, version: str, name: str, developer: str, website: str) -> dict[str, Any]:
    """An app manifest. `website` is an https address of whoever runs the bot, as Teams shows it beside the app."""
    commands = [{"title": word[:TITLE], "description": say(f"command.help.{word}")[:ABOUT]} for word in COMMANDS]
    red, green, blue = BLUE
    return {
        "$schema": SCHEMA,
        "manifestVersion": VERSION,
        "version": version,
        "id": app_id,
        "developer": {
            "name": developer[:DEVELOPER],
            "websiteUrl": website,
            "privacyUrl": website,
            "termsOfUseUrl": website,
        },
        "name": {"short": name[:NAME], "full": name[:NAME]},
        "description": {"short": say("teams.manifest.about"), "full": say("teams.manifest.more")[:MORE]},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": f"#{red:02x}{green:02x}{blue:02x}",
        "bots": [{"botId": app_id, "scopes": ["team"], "commandLists": [{"scopes": ["team"], "commands": commands}]}],
        # The bot may be added to private and shared channels too.
        "supportsChannelFeatures": "tier1",
        "webApplicationInfo": {"id": app_id, "resource": f"api://{app_id}"},
        "authorization": {
            "permissions": {"resourceSpecific": [{"name": one, "type": "Application"} for one in PERMISSIONS]}
        },
    }


def package(made: dict[str, Any]) -> bytes:
    """The manifest with its pictures as a zip file, which Teams calls an app package."""
    files = {
        "manifest.json": json.dumps(made, indent=2, ensure_ascii=False).encode() + b"\n",
        "color.png": colour_icon(),
        "outline.png": outline_icon(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()
