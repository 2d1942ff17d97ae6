"""What people fill in on a card. `maxLength`, `min` and `max` are hints that clients may ignore."""

from __future__ import annotations

import re
from typing import Any

from tests.doubles.slack.kit.rules import Fields, Findings, Need, Rule, anything, boolean, listing, record, string
from tests.doubles.teams.kit.actions import select
from tests.doubles.teams.kit.rules import either, features, later, number, text, word


def _element() -> Rule:
    from tests.doubles.teams.kit.elements import element

    return element


def _pattern(found: Findings, at: str, value: Any) -> None:
    try:
        re.compile(value)
    except (re.error, TypeError):
        found.add(at, "must be a regular expression")


_ANY: Fields = {
    "type": Need(anything),
    "id": Need(string(10**4)),
    "errorMessage": text,
    "isRequired": boolean,
    "label": text,
    "fallback": either(word("drop"), later(_element)),
    "height": word("auto", "stretch"),
    "separator": boolean,
    "spacing": word("default", "none", "small", "medium", "large", "extraLarge", "padding"),
    "isVisible": boolean,
    "requires": features,
}
_choice = record({"type": word("Input.Choice"), "title": Need(text), "value": Need(text)})
_CLOCKED: Fields = {**_ANY, "max": text, "min": text, "placeholder": text, "value": text}


def _offered(found: Findings, at: str, value: Any) -> None:
    """What is chosen from the start has to be a choice."""
    values = [choice["value"] for choice in value.get("choices", ())]
    several = bool(value.get("isMultiSelect"))
    chosen = value.get("value", "").split(",") if several else [value.get("value", "")]
    if any(one and one not in values for one in chosen):
        found.add(f"{at}/value", "must be one of the choices")
    if len(set(values)) < len(values) or (several and any("," in one for one in values)):
        found.add(f"{at}/choices", "values must differ, and have no commas where several can be chosen")


INPUTS: dict[str, Rule] = {
    "Input.Text": record(
        {
            **_ANY,
            "isMultiline": boolean,
            "maxLength": number,
            "placeholder": text,
            "regex": _pattern,
            "style": word("text", "tel", "url", "email", "password"),
            "inlineAction": select,
            "value": text,
        },
    ),
    "Input.Number": record({**_ANY, "max": number, "min": number, "placeholder": text, "value": number}),
    "Input.Date": record(_CLOCKED),
    "Input.Time": record(_CLOCKED),
    "Input.Toggle": record(
        {**_ANY, "title": Need(text), "value": text, "valueOff": text, "valueOn": text, "wrap": boolean}
    ),
    "Input.ChoiceSet": record(
        {
            **_ANY,
            "choices": Need(listing(_choice, 1000)),
            "isMultiSelect": boolean,
            "style": word("compact", "expanded", "filtered"),
            "value": text,
            "placeholder": text,
            "wrap": boolean,
        },
        _offered,
    ),
}
