"""What goes over the wire: JSON, times, ids, and the way in which Microsoft says no."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

Json = dict[str, Any]

_OURS = uuid.UUID("6d1f3f0e-6b0e-4d53-9d1c-7c5b6f0c2a11")
_LOCAL = timezone(timedelta(hours=2))


class Refused(Exception):
    """The answer is an HTTP error; `body` is an ErrorResponse unless it is given."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        headers: dict[str, str] | None = None,
        body: Json | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}
        self.body: Json = {"error": {"code": code, "message": message}} if body is None else body


class NotOffered(Exception):
    """Teams' own client would not let a person do this."""


def guid(name: str) -> str:
    """The same GUID for the same name in every run."""
    return str(uuid.uuid5(_OURS, name))


def mri(name: str) -> str:
    """A person's id as the connector writes it, such as 29:1xJ..."""
    return "29:1" + base64.urlsafe_b64encode(hashlib.sha384(name.encode()).digest()).decode()


def thread_id(name: str) -> str:
    """The id of a team or a channel."""
    return f"19:{hashlib.md5(name.encode()).hexdigest()}@thread.tacv2"


def stamp(unix: float) -> str:
    """A time as the connector writes it: UTC, with ten-millionths of a second."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def local(unix: float) -> str:
    """The same on the clock of whoever wrote."""
    return f"{datetime.fromtimestamp(unix, _LOCAL):%Y-%m-%dT%H:%M:%S.%f}0+02:00"


def graph_time(unix: float) -> str:
    """A time as Graph writes it: UTC, with milliseconds."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def dumps(value: object) -> str:
    """JSON without spaces, in whatever letters people use."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def utf16(text: str) -> int:
    """How many bytes Teams counts for it."""
    return len(text.encode("utf-16-le", "surrogatepass"))
