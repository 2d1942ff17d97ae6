"""Files that the app brings: files.getUploadURLExternal, the address that it gives, and files.completeUploadExternal."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.doubles.slack import shapes
from tests.doubles.slack.api.methods import joined, method
from tests.doubles.slack.call import Call
from tests.doubles.slack.core import Core
from tests.doubles.slack.wire import Json, Refused

PATH = "/upload/v1/{file}"
_DESCRIBED = 1000


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/files.getUploadURLExternal"""
    name, length = call.text("filename", needed=True), call.text("length", needed=True)
    if not length.isdecimal() or length == "0":
        raise Refused("invalid_arguments")
    words = call.text("alt_txt")
    if len(words) > _DESCRIBED:
        raise Refused("alt_txt_too_large")
    file = core.world.file(name, core.app.bot)
    file.size, file.words = int(length), words
    return {"upload_url": f"{core.base}{PATH.format(file=file.id)}", "file_id": file.id}


async def receive(core: Core, request: web.Request) -> web.Response:
    """The bytes, as many as were announced."""
    file = core.world.files.get(request.match_info["file"])
    content = await request.read()
    if file is None or file.content or len(content) != file.size:
        return web.Response(status=400, text="unexpected upload")
    file.content = content
    return web.Response(text=f"OK - {len(content)}")


@method("files.completeUploadExternal", "files:write", post_only=True)
def complete_upload(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/files.completeUploadExternal: without a channel it stays ours alone."""
    named: Any = call.structure("files", "invalid_arguments") if call.given("files") else None
    if not isinstance(named, list) or not named or not all(isinstance(one, dict) and "id" in one for one in named):
        raise Refused("invalid_arguments")
    files = [core.world.files.get(str(one["id"])) for one in named]
    if any(file is None or not file.content for file in files):
        raise Refused("file_not_found")
    found = [file for file in files if file]
    for file, said in zip(found, named, strict=True):
        file.title = str(said.get("title") or file.name)
    if call.given("channel_id"):
        call.args["channel"] = call.text("channel_id")
        channel = joined(core, call)
        posted = core.happenings.say(channel, core.app.bot, call.text("initial_comment"), files=found)
        core.happenings.said(posted)
    return {"files": [shapes.file(core.world, file) for file in found]}
