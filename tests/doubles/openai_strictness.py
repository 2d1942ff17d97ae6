"""What the real server refuses, so that the stand-in refuses it as well."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_KNOWN = frozenset({"model", "messages", "response_format", "temperature", "stream", "max_completion_tokens", "n"})


def complaints(request: dict[str, Any], headers: dict[str, str]) -> Iterable[str]:
    """What the real server would refuse."""
    if not headers.get("content-type", "").startswith("application/json"):
        yield "content-type is not application/json"
    if unknown := request.keys() - _KNOWN:
        yield f"unknown fields {sorted(unknown)}"
    if not isinstance(request.get("model"), str) or not request["model"]:
        yield "model is missing"
    messages = request.get("messages")
    if not isinstance(messages, list) or [message.get("role") for message in messages] != ["system", "user"]:
        yield "messages are not one of the system and one of the user"
    else:
        for message in messages:
            if not isinstance(message.get("content"), str) or not message["content"].strip():
                yield f"the {message['role']} message has no content"
    form = request.get("response_format", {})
    named = form.get("json_schema", {})
    if form.get("type") != "json_schema" or not re.fullmatch(r"[\w-]{1,64}", named.get("name", "")):
        yield "response_format is no named json_schema"
    elif named.get("strict") is not True:
        yield "the schema is not strict"
    else:
        yield from _in_schema(named.get("schema", {}), "schema")


def _in_schema(schema: dict[str, Any], at: str) -> Iterable[str]:
    """What strict structured output demands of a schema."""
    if "$ref" in schema and len(schema) > 1:
        yield f"{at}: $ref cannot stand beside other keywords"
    if "$ref" in schema:
        return
    if "type" not in schema and "anyOf" not in schema:
        yield f"{at}: no type"
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            yield f"{at}: additionalProperties has to be false"
        if set(schema.get("required", ())) != set(schema.get("properties", {})):
            yield f"{at}: every property has to be required"
        for name, part in schema.get("properties", {}).items():
            yield from _in_schema(part, f"{at}.{name}")
    if schema.get("type") == "array":
        yield from _in_schema(schema.get("items", {}), f"{at}[]")
