"""What goes over the wire: JSON, signatures, and the way Slack says no."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import random
import string
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_letters = random.Random(20_180_914)  # the same "random" names in every run


class Refused(Exception):
    """Slack answers `{"ok": false, "error": ...}`, which is status 200 all the same."""

    def __init__(self, error: str, status: int = 200, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.headers = headers or {}
        self.body: Json = {"ok": False, "error": error, **more}


class NotOffered(Exception):
    """Slack's own client would not let a person do this."""


def sign(secret: str, body: bytes, at: int) -> dict[str, str]:
    """The two headers by which the bot knows that a request is Slack's."""
    digest = hmac.new(secret.encode(), b"v0:%d:" % at + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={digest}"}


def dumps(value: object) -> str:
    """JSON as Slack writes it: no spaces, slashes escaped, nothing but ASCII."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def scribble(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    """Something without a meaning, as in a block_id that Slack makes up."""
    return "".join(_letters.choices(letters, k=length))


def serial(prefix: str) -> Iterator[str]:
    """Ids of one kind: C0000000001, C0000000002, ..."""
    return (f"{prefix}{number:010d}" for number in itertools.count(1))


def escaped(text: str) -> str:
    """What a person types reaches apps like this."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
