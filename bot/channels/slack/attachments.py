"""The names of files in a channel shared with another organisation: Slack leaves them out until they are asked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.channels.base import Refusal, Silence
from bot.channels.slack.client import SlackClient
from bot.channels.slack.events import Told
from bot.channels.slack.payload import Payload, part, parts, text
from bot.channels.words import clean
from bot.log import log

# How long a message may wait for the names (seconds): Slack wants its answer within three.
_PATIENCE = 1.0


async def named(client: SlackClient, told: Told, message: Payload) -> Told:
    """The message with the names of its files; a file that Slack does not name in time keeps its id."""
    hidden = [text(file, "id") for file in parts(message, "files") if text(file, "file_access") == "check_file_info"]
    if told.kind != "said" or not hidden:
        return told
    try:
        async with asyncio.timeout(_PATIENCE):
            names = dict(zip(hidden, await asyncio.gather(*(_name(client, file) for file in hidden)), strict=True))
    except TimeoutError:
        return told
    return replace(told, files=tuple(names.get(file, file) for file in told.files))


async def _name(client: SlackClient, file: str) -> str:
    """https://docs.slack.dev/apis/slack-connect/#files"""
    try:
        found = part(await client.ask("files.info", file=file), "file")
    except (Refusal, Silence) as error:
        log.warning("slack_file_unnamed", file=file, said=str(error))
        return file
    return clean(text(found, "name") or text(found, "title")) or file
