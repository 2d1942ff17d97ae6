"""Reading what Slack sent. Its shape is documented but not promised, so a value of another kind reads as missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

Payload = Mapping[str, Any]
NOTHING: Payload = {}


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


def part(payload: Payload, *path: str) -> Payload:
    """The object at this path, empty when there is none."""
    for name in path:
        found = payload.get(name)
        if not isinstance(found, dict):
            return NOTHING
        payload = found
    return payload


def text(payload: Payload, *path: str) -> str:
    """The text at this path, empty when there is none."""
    found = part(payload, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else ""


def parts(payload: Payload, *path: str) -> tuple[Payload, ...]:
    """The objects in the list at this path; what is no object is left out."""
    found = part(payload, *path[:-1]).get(path[-1])
    return tuple(one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def seconds(ts: str) -> float:
    """The time in a message's `ts` (unix seconds); 0 when it is no time."""
    whole, _, rest = ts.partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(whole) <= 12):
        return 0.0
    return float(f"{whole}.{rest}") if rest.isascii() and rest.isdecimal() and len(rest) <= 9 else float(whole)
