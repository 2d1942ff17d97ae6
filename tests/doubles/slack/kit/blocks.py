"""Blocks, messages and views: what Slack takes, and the error it answers with otherwise.

Limits: https://docs.slack.dev/reference/block-kit, agreed by slack_sdk and slackblocks.
"""

from __future__ import annotations

import json
from typing import Any

from tests.doubles.slack.kit import elements
from tests.doubles.slack.kit.rich_text import parts
from tests.doubles.slack.kit.rules import (
    Fields,
    Findings,
    Need,
    Rule,
    anything,
    at_least_one,
    boolean,
    by_type,
    exactly_one,
    listing,
    one_of,
    plain,
    record,
    string,
    text,
    url,
)  # fmt: skip
from tests.doubles.slack.wire import Json, Refused, escaped, scribble

MARKDOWN = 12_000
# The limit of a message as a whole is not documented. Others measured about 13,200 characters, of which a block takes
# some 125 (slackapi/bolt-js#2509, #2867); beyond it `msg_blocks_too_long` says nothing about how much is too much.
MESSAGE_CHARACTERS = 13_200
BLOCK_CHARACTERS = 125
VIEW_BYTES = 250_000


def _block_id(found: Findings, at: str, value: Any) -> None:
    string(255)(found, at, value)
    if value in found.block_ids:
        found.add(at, f"`block_id` {value} already exists")
    found.block_ids.add(str(value))


_ANY: Fields = {"type": Need(anything), "block_id": _block_id}


def _own_actions(rule: Rule) -> Rule:
    """action_ids are counted block by block."""

    def check(found: Findings, at: str, value: Any) -> None:
        found.action_ids = set()
        rule(found, at, value)

    return check


_context = by_type({"plain_text": plain(3000), "mrkdwn": text(3000), "image": elements.image}, "element in context")
_BOTH: dict[str, Rule] = {
    "section": record(
        {
            **_ANY,
            "text": text(3000),
            "fields": listing(text(2000), 10),
            "accessory": elements.in_section,
            "expand": boolean,
        },
        at_least_one("text", "fields"),
    ),
    "divider": record(_ANY),
    "header": record({**_ANY, "text": Need(plain(150))}),
    "context": record({**_ANY, "elements": Need(listing(_context, 10))}),
    "actions": record({**_ANY, "elements": Need(listing(elements.in_actions, 25))}),
    "image": record(
        {
            **_ANY,
            "alt_text": Need(string(2000)),
            "title": plain(2000),
            "image_url": url,
            "slack_file": record({"id": string(), "url": url}, exactly_one("id", "url")),
        },
        exactly_one("image_url", "slack_file"),
    ),
    "input": record(
        {
            **_ANY,
            "label": Need(plain(2000)),
            "element": Need(elements.in_input),
            "hint": plain(2000),
            "optional": boolean,
            "dispatch_action": boolean,
        }
    ),
    "rich_text": record({**_ANY, "elements": Need(listing(parts, 10**3))}),
}
_cell = by_type(
    {
        "raw_text": record({"type": Need(anything), "text": Need(string(10**4))}),
        "rich_text": record({"type": Need(anything), "elements": Need(listing(parts, 10**3))}),
    },
    "table cell",
)
_ONLY_MESSAGES: dict[str, Rule] = {
    "markdown": record({**_ANY, "text": Need(string(MARKDOWN))}),
    "table": record({**_ANY, "rows": Need(listing(listing(_cell, 20), 100)), "column_settings": listing(anything, 20)}),
}


def _blocks(kinds: dict[str, Rule]) -> Rule:
    return by_type({name: _own_actions(rule) for name, rule in kinds.items()}, "type")


_in_message = _blocks({**_BOTH, **_ONLY_MESSAGES})
_in_view = _blocks(_BOTH)
_VIEW: Fields = {
    "type": Need(one_of("modal", "home")),
    "blocks": Need(listing(_in_view, 100, 0)),
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_modal = record(
    {
        **_VIEW,
        "title": Need(plain(24)),
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    }
)


def message_blocks(given: Any) -> list[Json]:
    """The blocks of a message, each with a block_id. Raises `Refused`."""
    blocks = _parsed(given, "invalid_blocks_format")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refused("invalid_blocks_format")
    found = Findings()
    listing(_in_message, 50, 0)(found, "/blocks", blocks)
    written = sum(len(block["text"]) for block in blocks if block.get("type") == "markdown" and _says(block))
    if written > MARKDOWN:
        found.add("/blocks", f"markdown text must be less than {MARKDOWN + 1} characters in all")
    if found.problems:
        raise _refused("invalid_blocks", found)
    if len(blocks) * BLOCK_CHARACTERS + _characters(blocks) > MESSAGE_CHARACTERS:
        raise Refused("msg_blocks_too_long")
    return _named(blocks)


def view(given: Any, kind: str) -> Json:
    """A modal or a Home tab, its blocks named. Raises `Refused`."""
    shown = _parsed(given, "invalid_arguments")
    if not isinstance(shown, dict):
        raise Refused(
            "invalid_arguments", response_metadata={"messages": ["[ERROR] invalid view [json-pointer:/view]"]}
        )
    found = Findings()
    if shown.get("type") != kind:
        found.add("/view/type", f"must be {kind}")
    else:
        (_modal if kind == "modal" else record(_VIEW))(found, "/view", shown)
    lacks_submit = not found.problems and kind == "modal" and "submit" not in shown
    if lacks_submit and any(block["type"] == "input" for block in shown["blocks"]):
        found.add("/view/submit", "missing required field: submit is needed beside an input block")
    if found.problems:
        raise _refused("invalid_arguments", found)
    if len(json.dumps(shown)) > VIEW_BYTES:
        raise Refused("view_too_large")
    return {**shown, "blocks": _named(shown["blocks"])}


def _parsed(given: Any, error: str) -> Any:
    """Objects in a JSON body, or JSON in a string, as a form has it."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError:
        raise Refused(error) from None


def _refused(error: str, found: Findings) -> Refused:
    lines = [f"[ERROR] {problem}" for problem in found.problems]
    return Refused(error, errors=found.problems, response_metadata={"messages": lines})


def _says(block: Json) -> bool:
    return isinstance(block.get("text"), str)


def _characters(value: Any) -> int:
    """All that can be read in it, counted as Slack does: with `&`, `<` and `>` written as entities."""
    if isinstance(value, list):
        return sum(map(_characters, value))
    if not isinstance(value, dict):
        return 0
    return sum(
        len(escaped(inside)) if name == "text" and isinstance(inside, str) else _characters(inside)
        for name, inside in value.items()
    )


def _named(blocks: list[Json]) -> list[Json]:
    """Slack gives a name to every block and every element that has none."""
    return [_with_actions({"block_id": scribble(5), **block}) for block in blocks]


def _with_actions(block: Json) -> Json:
    if block["type"] == "actions":
        return {**block, "elements": [{"action_id": scribble(5), **element} for element in block["elements"]]}
    for name in ("accessory", "element"):
        if name in block and block[name]["type"] != "image":
            return {**block, name: {"action_id": scribble(5), **block[name]}}
    return block
