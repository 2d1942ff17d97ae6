"""The table of methods, and what most of them ask first: may this token, and is that channel within sight?"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.doubles.slack.call import Call
from tests.doubles.slack.core import Core
from tests.doubles.slack.wire import Json, Refused
from tests.doubles.slack.world import Channel, Message

Run = Callable[[Core, Call], Json]
TS = re.compile(r"\d{1,11}(\.\d{1,6})?")


@dataclass(frozen=True)
class Method:
    """How to run it; the scope it needs, if that does not depend on the channel; which tokens it takes."""

    run: Run
    scope: str = ""
    tokens: tuple[str, ...] = ("bot",)
    post_only: bool = False


METHODS: dict[str, Method] = {}


def method(
    name: str, scope: str = "", tokens: tuple[str, ...] = ("bot",), post_only: bool = False
) -> Callable[[Run], Run]:
    """Enter it in the table."""

    def enter(run: Run) -> Run:
        METHODS[name] = Method(run, scope, tokens, post_only)
        return run

    return enter


def require(core: Core, scope: str) -> None:
    """Raises `Refused` when the token has not been given this scope."""
    if scope and scope not in core.app.scopes:
        raise Refused("missing_scope", needed=scope, provided=",".join(sorted(core.app.scopes)))


def scoped(core: Core, channel: Channel, what: str) -> None:
    """channels:history or groups:history, channels:read or groups:read: it depends on the channel."""
    kind = "im" if channel.kind == "im" else "groups" if channel.private else "channels"
    require(core, f"{kind}:{what}")


def seen(core: Core, call: Call, name: str = "channel") -> Channel:
    """The channel, if the bot can see it at all."""
    channel = core.world.channels.get(call.text(name, needed=True))
    if channel is None or (channel.private and core.app.bot not in channel.members):
        raise Refused("channel_not_found")
    return channel


def joined(core: Core, call: Call) -> Channel:
    """The channel, if the bot is in it."""
    channel = seen(core, call)
    if core.app.bot not in channel.members:
        raise Refused("not_in_channel")
    return channel


def message(channel: Channel, ts: str) -> Message:
    """A message that stands. Raises `Refused`."""
    found = channel.messages.get(ts)
    if found is None or found.deleted:
        raise Refused("message_not_found")
    return found


def bound(call: Call, name: str) -> str:
    """`oldest` or `latest`, made comparable with a ts."""
    given = call.text(name)
    if not given:
        return ""
    if not TS.fullmatch(given):
        raise Refused(f"invalid_ts_{name}")
    seconds, _, fraction = given.partition(".")
    return f"{int(seconds):010d}.{fraction:0<6}"


def cursor(text: str) -> str:
    """A cursor, which nobody is meant to read."""
    return base64.b64encode(f"next:{text}".encode()).decode()


def uncursor(call: Call) -> str:
    """Where the last page ended; empty for the first. Raises `Refused`."""
    given = call.text("cursor")
    if not given:
        return ""
    try:
        text = base64.b64decode(given, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    if not text.startswith("next:"):
        raise Refused("invalid_cursor")
    return text.removeprefix("next:")
