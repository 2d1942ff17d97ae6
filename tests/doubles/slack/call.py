"""One call of a Web API method: what was asked, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from tests.doubles.slack.faults import Fault
from tests.doubles.slack.wire import Json, Refused

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(eq=False)
class Call:
    """`args` are the arguments as they came: strings from a form or a query, anything from JSON."""

    method: str
    token: str
    args: Json
    style: Literal["GET", "form", "json"]
    notes: list[str] = field(default_factory=list)  # warnings that go back with the answer
    status: int = 0
    answer: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        return self.answer.get("ok") is True

    @property
    def error(self) -> str:
        return str(self.answer.get("error", ""))

    def text(self, name: str, needed: bool = False) -> str:
        """An argument in words; empty when it was not given."""
        value = self.args.get(name)
        if value is None or value == "":
            if needed:
                raise missing(name)
            return ""
        if isinstance(value, bool | dict | list):
            raise Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] invalid {name}"]})
        return str(value)

    def flag(self, name: str) -> bool | None:
        """True or false; None when it was not given."""
        value = self.args.get(name)
        return None if value in (None, "") else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        """A count between 1 and `most`."""
        try:
            value = int(self.text(name) or default)
        except ValueError:
            raise Refused("invalid_limit") from None
        if value < 1:
            raise Refused("invalid_limit")
        return min(value, most)

    def given(self, name: str) -> bool:
        """Whether it was given at all, be it empty."""
        return self.args.get(name) is not None

    def structure(self, name: str, error: str) -> Any:
        """JSON, in a string or as it is."""
        value = self.args[name]
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(error) from None


def missing(name: str) -> Refused:
    """An argument without which the method makes no sense."""
    lines = [f"[ERROR] missing required field: {name}"]
    return Refused("invalid_arguments", response_metadata={"messages": lines})


def read(method: str, verb: str, query: str, content_type: str, charset: str, body: bytes, bearer: str) -> Call:
    """The call in an HTTP request. Raises `Refused` for a request that Slack cannot read."""
    asked: Json = dict(parse_qsl(query, keep_blank_values=True))
    token = bearer
    if verb == "GET":
        return Call(method, token or asked.pop("token", ""), asked, "GET")
    if not body:
        return Call(method, token or asked.pop("token", ""), asked, "form")
    if not content_type or content_type == "application/octet-stream":
        raise Refused("missing_post_type")
    if content_type == "application/json":
        try:
            given = json.loads(body)
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(given, dict):
            raise Refused("json_not_object")
        # In a JSON body Slack does not look for a token.
        call = Call(method, token, {**asked, **given}, "json")
        if not charset:
            call.notes.append("missing_charset")
        return call
    if content_type not in FORMS:
        raise Refused("invalid_post_type")
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Call(method, token or fields.pop("token", ""), {**asked, **fields}, "form")
