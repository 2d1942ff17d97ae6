"""What an app may do at a response_url: five times, within half an hour of what a person did."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.doubles.slack.core import Core
from tests.doubles.slack.envelopes import ResponseUrls
from tests.doubles.slack.kit.blocks import message_blocks
from tests.doubles.slack.wire import Json, Refused
from tests.doubles.slack.world import Message


async def serve(core: Core, request: web.Request) -> web.Response:
    """Post, replace or delete; `ok` in plain text when it worked."""
    entry = core.envelopes.urls.known.get(request.match_info["key"])
    error = _refusal(core, entry)
    if entry is None or error:
        return web.json_response({"ok": False, "error": error}, status=404)
    try:
        said: Any = json.loads(await request.read())
    except ValueError:
        return web.Response(status=400, text="invalid_payload")
    entry["uses"] += 1
    try:
        _do(core, entry, said)
    except Refused as refused:
        return web.Response(status=400, text=refused.error)
    core.pulse.beat()
    return web.Response(text="ok")


def _refusal(core: Core, entry: Json | None) -> str:
    if entry is None:
        return "invalid_url"
    if entry["uses"] >= ResponseUrls.USES:
        return "used_url"
    return "expired_url" if core.clock.since(entry["at"]) > ResponseUrls.SECONDS else ""


def _do(core: Core, entry: Json, said: Json) -> None:
    blocks = message_blocks(said["blocks"]) if said.get("blocks") else []
    original: Message | None = entry["message"]
    if said.get("delete_original"):
        if original:
            core.happenings.deleted(original)
        return
    if not said.get("text") and not blocks:
        raise Refused("no_text")
    if said.get("replace_original") and original:
        core.happenings.edited(original, said.get("text", ""), blocks=blocks)
    elif said.get("response_type") == "in_channel":
        channel, thread = entry["channel"], said.get("thread_ts", "")
        posted = core.happenings.say(channel, core.app.bot, said.get("text", ""), blocks=blocks, thread_ts=thread)
        core.happenings.said(posted)
    else:
        whisper = Message(entry["channel"], core.clock.ts(), core.app.bot, said.get("text", ""), blocks=blocks)
        whisper.more = {"to": entry["user"].id}
        core.world.ephemerals.append(whisper)
