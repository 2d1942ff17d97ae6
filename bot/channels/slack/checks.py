"""What `countersign doctor` looks at in Slack: tokens, scopes, channels, clock. It changes and posts nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from bot.channels.base import Refusal, Silence
from bot.channels.slack.client import SlackClient
from bot.channels.slack.manifest import OPTIONAL, SCOPES
from bot.channels.slack.office import Setup, SlackDesk
from bot.channels.slack.payload import part, text
from bot.channels.slack.rooms import Room, room_of
from bot.channels.slack.signature import WINDOW
from bot.phrases import say

# The signing secret is 32 hexadecimal digits; another value from the same page is the usual mistake.
_SECRET = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` says what to do, and is empty when nothing is to be done."""

    ok: bool
    said: str
    mend: str = ""


async def examine(setup: Setup) -> AsyncIterator[Finding]:
    """Look at everything, in the order in which it is needed."""
    client = SlackClient(setup.token, setup.api_url)
    try:
        for finding in _secrets(setup):
            yield finding
        try:
            who, headers = await client.introduced()
        except (Refusal, Silence) as error:
            yield Finding(False, _why(error), say("slack.doctor.token_mend"))
            return
        yield Finding(True, say("slack.doctor.token", team=text(who, "team"), user=text(who, "user")))
        yield _scopes(headers.get("x-oauth-scopes", ""))
        yield _clock(headers.get("Date", ""), setup)
        if setup.app_token:
            yield await _socket(client, setup.app_token)
        for desk in setup.desks:
            async for finding in _channels(client, desk):
                yield finding
    finally:
        await client.close()


def _secrets(setup: Setup) -> list[Finding]:
    if setup.app_token:
        return []
    if not _SECRET.fullmatch(setup.signing_secret):
        return [Finding(False, say("slack.doctor.secret_odd"), say("slack.doctor.secret_mend"))]
    return []


def _scopes(granted: str) -> Finding:
    """Compare what the token may do with what the manifest asks for. Slack names it in a header of every answer."""
    have = {scope.strip() for scope in granted.split(",")} - {""}
    missing = [scope for scope in SCOPES if scope not in have]
    if not have or not missing:
        return Finding(True, say("slack.doctor.scopes"))
    needed = not set(missing) <= OPTIONAL
    return Finding(
        not needed, say("slack.doctor.scopes_missing", scopes=", ".join(missing)), say("slack.doctor.scopes_mend")
    )


def _clock(date: str, setup: Setup) -> Finding:
    """Slack's requests carry its time, and one that seems older than five minutes is taken for a replay."""
    try:
        skew = abs(parsedate_to_datetime(date).timestamp() - setup.clock())
    except ValueError:
        skew = 0.0
    if skew < WINDOW / 5:
        return Finding(True, say("slack.doctor.clock"))
    return Finding(False, say("slack.doctor.clock_off", seconds=round(skew)), say("slack.doctor.clock_mend"))


async def _socket(client: SlackClient, token: str) -> Finding:
    try:
        await client.tell("apps.connections.open", token=token)
    except (Refusal, Silence) as error:
        return Finding(False, _why(error), say("slack.doctor.socket_mend"))
    return Finding(True, say("slack.doctor.socket"))


async def _channels(client: SlackClient, desk: SlackDesk) -> AsyncIterator[Finding]:
    for channel in sorted(desk.listens):
        yield await _channel(client, channel, review=False)
    if desk.reviews:
        yield await _channel(client, desk.reviews, review=True)


async def _channel(client: SlackClient, channel: str, *, review: bool) -> Finding:
    try:
        room = room_of(part(await client.ask("conversations.info", channel=channel), "channel"))
    except (Refusal, Silence) as error:
        return Finding(False, f"{channel}: {_why(error)}", say("slack.doctor.channel_mend"))
    return _judged(room, review=review)


def _judged(room: Room, *, review: bool) -> Finding:
    name = f"#{room.name}" if room.name else room.id
    if room.archived:
        return Finding(False, say("slack.doctor.archived", name=name), say("slack.doctor.archived_mend"))
    if not room.member:
        return Finding(False, say("slack.doctor.outside", name=name), say("slack.doctor.outside_mend", name=name))
    if review and room.shared:
        return Finding(False, say("slack.doctor.shared", name=name), say("slack.doctor.shared_mend"))
    if review and not room.private:
        return Finding(False, say("slack.doctor.public", name=name), say("slack.doctor.public_mend"))
    return Finding(True, say("slack.doctor.reviews" if review else "slack.doctor.listens", name=name))


def _why(error: Refusal | Silence) -> str:
    return str(error) or say("slack.doctor.silent")
