"""One call of the connector, of Entra ID, of the key server or of Graph: what was asked, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.teams.faults import Fault
from tests.doubles.teams.wire import Json, Refused


@dataclass(eq=False)
class Call:
    """`method` is the door and what is done there, such as `connector.send`; `place` are the ids in the path.

    An answer of None is an empty body.
    """

    method: str
    place: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""
    body: bytes = b""
    url: str = ""
    status: int = 0
    answer: Any = None
    sent: dict[str, str] = field(default_factory=dict)  # headers of the answer
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def error(self) -> str:
        """The code of an error, wherever it stands in the body."""
        said = self.answer.get("error", "") if isinstance(self.answer, dict) else ""
        return str(said.get("code", "")) if isinstance(said, dict) else str(said)

    @property
    def conversation(self) -> str:
        """The id in the path; empty where there is none."""
        return self.place.get("conversation", "") or self.place.get("channel", "")

    @property
    def json(self) -> Json:
        """The body, or nothing; for tests that look at what was sent."""
        try:
            given = json.loads(self.body)
        except ValueError:
            return {}
        return given if isinstance(given, dict) else {}

    def read(self) -> Json:
        """The body, which has to be an object in JSON. Raises `Refused`."""
        if self.content_type != "application/json":
            why = f"The request entity's media type '{self.content_type}' is not supported for this resource."
            raise Refused(415, "UnsupportedMediaType", body={"message": why})
        try:
            given = json.loads(self.body)
        except ValueError:
            raise Refused(400, "BadSyntax", "The body is not JSON") from None
        if not isinstance(given, dict):
            raise Refused(400, "BadSyntax", "The body is not an object")
        return given
