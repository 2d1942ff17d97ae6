"""Small rules for JSON and how they are put together; each complaint is worded as Slack words it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Findings:
    """What is wrong, each with a JSON pointer, and what was seen on the way."""

    problems: list[str] = field(default_factory=list)
    block_ids: set[str] = field(default_factory=set)
    action_ids: set[str] = field(default_factory=set)  # within the block at hand
    focused: int = 0

    def add(self, at: str, why: str) -> None:
        self.problems.append(f"{why} [json-pointer:{at or '/'}]")


Rule = Callable[[Findings, str, Any], None]


@dataclass(frozen=True)
class Need:
    """A field that may not be missing."""

    rule: Rule


Fields = Mapping[str, Rule | Need]


def anything(found: Findings, at: str, value: Any) -> None:
    """No rule."""


def string(most: int = 255, least: int = 1) -> Rule:
    """Text of a length in characters."""

    def rule(found: Findings, at: str, value: Any) -> None:
        if not isinstance(value, str):
            found.add(at, "must be a string")
        elif len(value) < least:
            found.add(at, f"must be more than {least - 1} characters")
        elif len(value) > most:
            found.add(at, f"must be less than {most + 1} characters")

    return rule


def boolean(found: Findings, at: str, value: Any) -> None:
    """True or false, and not a word for it."""
    if not isinstance(value, bool):
        found.add(at, "must be a boolean")


def whole(least: int, most: int) -> Rule:
    """A whole number."""

    def rule(found: Findings, at: str, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            found.add(at, "must be an integer")
        elif not least <= value <= most:
            found.add(at, f"must be between {least} and {most}")

    return rule


def one_of(*allowed: str) -> Rule:
    """One of these words."""

    def rule(found: Findings, at: str, value: Any) -> None:
        if value not in allowed:
            found.add(at, f"must be a valid enum value ({', '.join(allowed)})")

    return rule


def url(found: Findings, at: str, value: Any) -> None:
    """An address of at most 3,000 characters."""
    before = len(found.problems)
    string(3000)(found, at, value)
    if len(found.problems) == before and (not urlsplit(value).scheme or not urlsplit(value).netloc):
        found.add(at, "must be a valid URL")


def listing(rule: Rule, most: int, least: int = 1) -> Rule:
    """A list of so many items that each keep the rule."""

    def check(found: Findings, at: str, value: Any) -> None:
        if not isinstance(value, list):
            found.add(at, "must be an array")
            return
        if len(value) > most:
            found.add(at, f"no more than {most} items allowed")
        if len(value) < least:
            found.add(at, f"no fewer than {least} items allowed")
        for number, item in enumerate(value):
            rule(found, f"{at}/{number}", item)

    return check


def record(fields: Fields, *also: Rule) -> Rule:
    """An object with these fields and no others; then the further rules, if the fields were right."""

    def check(found: Findings, at: str, value: Any) -> None:
        if not isinstance(value, dict):
            found.add(at, "must be an object")
            return
        before = len(found.problems)
        for name, rule in fields.items():
            if isinstance(rule, Need) and value.get(name) is None:
                found.add(at, f"missing required field: {name}")
            elif value.get(name) is not None:
                (rule.rule if isinstance(rule, Need) else rule)(found, f"{at}/{name}", value[name])
            elif name in value:
                found.add(f"{at}/{name}", "must not be null")
        for name in value.keys() - fields.keys():
            found.add(at, f"invalid additional property: {name}")
        if len(found.problems) == before:
            for rule in also:
                rule(found, at, value)

    return check


def by_type(kinds: Mapping[str, Rule], what: str = "type") -> Rule:
    """An object whose `type` says which rule it keeps."""

    def check(found: Findings, at: str, value: Any) -> None:
        if not isinstance(value, dict):
            found.add(at, "must be an object")
        elif not isinstance(value.get("type"), str):
            found.add(at, "missing required field: type")
        elif value["type"] not in kinds:
            found.add(f"{at}/type", f"unsupported {what}: {value['type']}")
        else:
            kinds[value["type"]](found, at, value)

    return check


def exactly_one(*names: str) -> Rule:
    """One of these fields, and only one."""

    def check(found: Findings, at: str, value: Any) -> None:
        if sum(name in value for name in names) != 1:
            found.add(at, f"must have exactly one of {', '.join(names)}")

    return check


def at_least_one(*names: str) -> Rule:
    """One of these fields or more."""

    def check(found: Findings, at: str, value: Any) -> None:
        if not any(name in value for name in names):
            found.add(at, f"missing required field: one of {', '.join(names)}")

    return check


def plain(most: int) -> Rule:
    """A text object that takes no formatting."""
    fields: Fields = {"type": Need(anything), "text": Need(string(most)), "emoji": boolean}
    return by_type({"plain_text": record(fields)}, "text type")


def text(most: int) -> Rule:
    """A text object of either kind."""
    fields: Fields = {"type": Need(anything), "text": Need(string(most))}
    kinds = {
        "plain_text": record({**fields, "emoji": boolean}),
        "mrkdwn": record({**fields, "verbatim": boolean}),
    }
    return by_type(kinds, "text type")
