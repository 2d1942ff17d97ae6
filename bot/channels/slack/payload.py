"""Reading what Slack sent. Its shape is documented but not promised, so a value of another kind reads as missing."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from bot.channels.payload import NOTHING, Payload, part, parts, text

__all__ = ["NOTHING", "Malformed", "Payload", "parse", "part", "parts", "seconds", "text"]


class Malformed(Exception):
    """The body is neither JSON nor a form that Slack sends."""


def parse(body: bytes, content_type: str) -> Payload:
    """The payload of a request. Raises `Malformed`.

    Events are JSON; buttons and forms are JSON in the form field `payload`; slash commands are plain forms. bolt
    looks for the word "payload" anywhere in a form and so drops a command in whose text somebody wrote it.
    """
    try:
        text = body.decode("utf-8")
        if content_type.partition(";")[0].strip().lower() == "application/json" or text.startswith("{"):
            return _object(text)
        form = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=100))
    except (ValueError, RecursionError) as error:
        raise Malformed from error
    if "payload" in form and "command" not in form:
        return _object(form["payload"])
    return form


def _object(text: str) -> Payload:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed from error
    if not isinstance(found, dict):
        raise Malformed
    return found


def seconds(ts: str) -> float:
    """The time in a message's `ts` (unix seconds); 0 when it is no time."""
    whole, _, rest = ts.partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(whole) <= 12):
        return 0.0
    return float(f"{whole}.{rest}") if rest.isascii() and rest.isdecimal() and len(rest) <= 9 else float(whole)
