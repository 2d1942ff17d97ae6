"""What `countersign doctor` looks at in Slack: tokens, scopes, channels, clock. It changes and posts nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from bot.channels.base import Refusal, Silence
from bot.channels.slack.client import SlackClient
from bot.channels.slack.directory import name_of
from bot.channels.slack.manifest import OPTIONAL, SCOPES
from bot.channels.slack.office import Setup, SlackDesk
from bot.channels.slack.payload import part, text
from bot.channels.slack.rooms import Room, room_of
from bot.channels.slack.signature import WINDOW
from bot.phrases import say

# The signing secret is 32 hexadecimal digits; another value from the same page is the usual mistake.
_SECRET = re.compile(r"[0-9a-f]{32}")
# So many of those who read too much are named.
_NAMED = 3


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
            async for finding in _channels(client, desk, text(who, "user_id")):
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


async def _channels(client: SlackClient, desk: SlackDesk, us: str) -> AsyncIterator[Finding]:
    """The desk's channels, and whether the reviewers may know what customers write. `us` is our own user id."""
    support = [await _room(client, channel) for channel in sorted(desk.listens)]
    for room in support:
        yield _judged(room) if isinstance(room, Room) else room
    if not desk.reviews:
        return
    reviews = await _room(client, desk.reviews)
    yield _judged(reviews, review=True) if isinstance(reviews, Room) else reviews
    if isinstance(reviews, Room):
        for room in support:
            # Whoever belongs to the workspace may read a public channel.
            if isinstance(room, Room) and room.private:
                async for finding in _outsiders(client, reviews, room, us):
                    yield finding


async def _room(client: SlackClient, channel: str) -> Room | Finding:
    try:
        return room_of(part(await client.ask("conversations.info", channel=channel), "channel"))
    except (Refusal, Silence) as error:
        return Finding(False, f"{channel}: {_why(error)}", say("slack.doctor.channel_mend"))


def _judged(room: Room, *, review: bool = False) -> Finding:
    name = _name(room)
    if room.archived:
        return Finding(False, say("slack.doctor.archived", name=name), say("slack.doctor.archived_mend"))
    if not room.member:
        return Finding(False, say("slack.doctor.outside", name=name), say("slack.doctor.outside_mend", name=name))
    if review and room.shared:
        return Finding(False, say("slack.doctor.shared", name=name), say("slack.doctor.shared_mend"))
    if review and not room.private:
        return Finding(True, say("slack.doctor.public", name=name), say("slack.doctor.public_mend"))
    return Finding(True, say("slack.doctor.reviews" if review else "slack.doctor.listens", name=name))


async def _outsiders(client: SlackClient, reviews: Room, support: Room, us: str) -> AsyncIterator[Finding]:
    """Members of the review channel who are not let into a support channel, and read there what it says.

    An app is not to show messages to people who could not read them in Slack:
    https://docs.slack.dev/slack-marketplace/slack-marketplace-app-guidelines-and-requirements
    """
    try:
        outside = sorted(await _members(client, reviews.id) - await _members(client, support.id) - {us})
        names = [await _called(client, user) for user in outside[:_NAMED]]
    except (Refusal, Silence) as error:
        yield Finding(True, f"{_name(reviews)}: {_why(error)}", say("slack.doctor.channel_mend"))
        return
    if outside:
        people = ", ".join(names)
        if len(outside) > _NAMED:
            people = say("slack.doctor.more", people=people, count=len(outside) - _NAMED)
        here, there = _name(reviews), _name(support)
        said = say("slack.doctor.outsiders", people=people, reviews=here, support=there)
        yield Finding(True, said, say("slack.doctor.outsiders_mend", reviews=here, support=there))


async def _members(client: SlackClient, channel: str) -> set[str]:
    """The ids of everybody in a channel. Raises `Refusal` or `Silence`."""
    found: set[str] = set()
    cursor: str | None = None
    while cursor != "":
        page = await client.ask("conversations.members", channel=channel, limit=1000, cursor=cursor)
        users = page.get("members")
        found.update(one for one in users or () if isinstance(one, str))
        cursor = text(page, "response_metadata", "next_cursor")
    return found


async def _called(client: SlackClient, user: str) -> str:
    """Somebody's name. Raises `Refusal` or `Silence`."""
    return name_of(part(await client.ask("users.info", user=user), "user")) or user


def _name(room: Room) -> str:
    return f"#{room.name}" if room.name else room.id


def _why(error: Refusal | Silence) -> str:
    return str(error) or say("slack.doctor.silent")
