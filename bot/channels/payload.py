"""Reading what a chat sent. Its shape is documented but not promised, so a value of another kind reads as missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Payload = Mapping[str, Any]
NOTHING: Payload = {}


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
