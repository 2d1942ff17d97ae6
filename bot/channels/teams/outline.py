"""What an activity looked like, for the log: everything that was there, without anybody's words, names or ids."""

from __future__ import annotations

from typing import Any

# What Microsoft's own vocabulary stands in; the rest of the texts are people's.
_OURS_TO_TELL = frozenset({"type", "channelId", "eventType", "action", "conversationType", "contentType", "textFormat"})
_LONGEST, _MANY, _DEEP = 60, 40, 6


def outline(value: Any, name: str = "", deep: int = 0) -> Any:
    """The value with each text replaced by its length, `<12>`; and what is many, long or deep cut short."""
    if isinstance(value, str):
        return value[:_LONGEST] if name in _OURS_TO_TELL else f"<{len(value)}>"
    if deep >= _DEEP and isinstance(value, dict | list):
        return "…"
    if isinstance(value, dict):
        return {key[:_LONGEST]: outline(inner, key, deep + 1) for key, inner in list(value.items())[:_MANY]}
    if isinstance(value, list):
        return [outline(inner, name, deep + 1) for inner in value[:_MANY]]
    return value if value is None or isinstance(value, bool) else "<number>"
