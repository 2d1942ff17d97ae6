"""The forms behind the buttons that ask for something: made from the card's fields, and kept when the review moved on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.card import Card
from bot.channels.form import Button, Field
from bot.channels.slack.blocks import Block
from bot.channels.slack.buttons import carried, plain_text, pressed
from bot.channels.slack.payload import Payload, part, text
from bot.channels.slack.richtext import plain
from bot.channels.words import clean, cut
from bot.phrases import say

# https://docs.slack.dev/surfaces/modals and the reference of plain_text_input
TITLE, LABEL, OPTION, INPUT = 24, 2000, 75, 3000
FORM = "decide"
# The customer's last message stands above the box, so that nobody answers from memory.
_QUOTED = 700


def form(card: Card, button: Button, typed: Mapping[str, str], notice: str = "") -> dict[str, Any]:
    """The modal that asks for a button's fields. `typed` are values that replace the fields' own.

    Nothing but ids and a version goes into `private_metadata`: it comes back from a browser.
    """
    blocks: list[Block] = []
    if notice:
        blocks.append(_said([notice, *card.changes[-5:]]))
    if last := next((message.text for message in reversed(card.messages) if message.text.strip()), ""):
        quote = {"type": "rich_text_quote", "elements": plain(cut(clean(last).strip(), _QUOTED))}
        blocks.append({"type": "rich_text", "elements": [quote]})
    fields = [_input(field, typed.get(field.name, field.value)) for field in button.fields]
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": _plain(button.label, TITLE),
        "submit": _plain(button.label, TITLE),
        "close": _plain(say("slack.modal.close"), TITLE),
        "private_metadata": f"{button.verb} {carried(card.review, card.version)}",
        "blocks": [*blocks, *fields],
    }


def too_late(title: str, sentence: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """The modal after somebody else decided: why, and what was typed, to copy."""
    kept = [value for value in typed.values() if value.strip()]
    blocks = [_said([sentence])]
    for value in kept:
        element = {"type": "rich_text_preformatted", "elements": plain(cut(value, INPUT))}
        blocks.append({"type": "rich_text", "elements": [element]})
    return {
        "type": "modal",
        "title": _plain(title, TITLE),
        "close": _plain(say("slack.modal.close"), TITLE),
        "blocks": blocks,
    }


def fits(button: Button) -> bool:
    """Whether Slack's boxes can hold the fields' own values; a longer `initial_value` would be refused."""
    return all(len(field.value) <= min(field.limit or INPUT, INPUT) for field in button.fields)


def submitted(view: Payload) -> tuple[str, str, int] | None:
    """The verb, review and version a form was opened for; None when it is none of ours."""
    verb, _, value = text(view, "private_metadata").partition(" ")
    found = pressed(value)
    return (verb, *found) if found and verb and text(view, "callback_id") == FORM else None


def typed(view: Payload) -> dict[str, str]:
    """What was typed and chosen, by the field's name."""
    values: dict[str, str] = {}
    for name, inputs in part(view, "state", "values").items():
        if isinstance(inputs, dict):
            chosen = part(inputs, name)
            values[name] = text(chosen, "value") or text(chosen, "selected_option", "value")
    return values


def _input(field: Field, value: str) -> Block:
    return {
        "type": "input",
        "block_id": field.name,
        "label": _plain(field.label, LABEL),
        "optional": not field.required,
        "element": _choice(field, value) if field.choices else _box(field, value),
    }


def _box(field: Field, value: str) -> Block:
    limit = min(field.limit or INPUT, INPUT)
    box = {"type": "plain_text_input", "action_id": field.name, "multiline": field.lines > 1, "max_length": limit}
    return box | ({"initial_value": value[:limit]} if value else {})


def _choice(field: Field, value: str) -> Block:
    options = [{"text": _plain(label, OPTION), "value": key} for key, label in field.choices[:100]]
    chosen = [option for option in options if option["value"] == value]
    select = {"type": "static_select", "action_id": field.name, "options": options}
    return select | ({"initial_option": chosen[0]} if chosen else {})


def _said(sentences: list[str]) -> Block:
    text = "\n".join(clean(sentence) for sentence in sentences if sentence.strip())
    element = {"type": "text", "text": cut(text, 2000) or " "}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def _plain(label: str, limit: int) -> dict[str, Any]:
    return plain_text(cut(label, limit))
