"""What an answer says, as words: picked by JMESPath, without control characters, and short."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from bot.phrases import say

MOST = 2_000  # characters of one fact
_MOST_TITLE = 60


class Unanswered(Exception):
    """A look-up came to nothing. `reason` is a clause that quotes nobody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def path_fault(path: str) -> str:
    """Why a path cannot be used; empty when it can."""
    try:
        jmespath.compile(path)
    except JMESPathError:
        return "must be a JMESPath expression, as in order.status or items[0].name"
    return ""


def picked(body: bytes, paths: Mapping[str, str]) -> str:
    """What stands at the paths in a JSON text, one line each behind its label. Raises `Unanswered`."""
    try:
        answer = json.loads(body)
        found = {label: jmespath.search(path, answer) for label, path in paths.items()}
        if all(value is None for value in found.values()):
            raise Unanswered(say("lookup.empty"))
        # A value with a line break in it could pass for a line with another label.
        lines = {label: " ".join(_words(value).split()) for label, value in found.items()}
    except (ValueError, RecursionError, JMESPathError):
        raise Unanswered(say("lookup.unreadable")) from None
    return "\n".join(f"{label}: {line}" if label else line for label, line in lines.items())


def _words(value: Any) -> str:
    if value is None:
        return say("lookup.not_given")
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(entry, str | int | float) for entry in value):
        return ", ".join(_words(entry) for entry in value)
    return json.dumps(value, ensure_ascii=False)


def plain(text: str, most: int = MOST) -> str:
    """Text without control characters, marks of direction and other letters that nobody sees, and not too long."""
    # Cutting first spares looking at every letter of a long answer.
    seen = "".join(letter for letter in text[: 4 * most] if letter in "\n\t" or unicodedata.category(letter)[0] != "C")
    seen = seen.strip()
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"


def titled(title: str, told: str) -> str:
    """The title of a fact: what was looked up, and for which of the customer's words."""
    told = " ".join(plain(told, _MOST_TITLE).split())
    return f"{title}: {told}" if told else title
