"""Rules beyond those that Block Kit needs: words in any case, numbers, and rules that name each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.slack.kit.rules import Findings, Rule, string

text = string(10**6, 0)


def word(*allowed: str) -> Rule:
    """One of these words; the schema does not mind capitals."""
    known = {one.lower() for one in allowed}

    def rule(found: Findings, at: str, value: Any) -> None:
        if not isinstance(value, str) or value.lower() not in known:
            found.add(at, f"must be one of {', '.join(allowed)}")

    return rule


def number(found: Findings, at: str, value: Any) -> None:
    """A number, whole or not."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        found.add(at, "must be a number")


def either(*rules: Rule) -> Rule:
    """One of these rules is kept."""

    def check(found: Findings, at: str, value: Any) -> None:
        tries: list[list[str]] = []
        for rule in rules:
            attempt = Findings()
            rule(attempt, at, value)
            if not attempt.problems:
                return
            tries.append(attempt.problems)
        nearest = min(tries, key=len)
        found.problems += nearest

    return check


def later(name: Callable[[], Rule]) -> Rule:
    """A rule that is not written yet."""

    def check(found: Findings, at: str, value: Any) -> None:
        name()(found, at, value)

    return check


def address(found: Findings, at: str, value: Any) -> None:
    """Something to fetch or open: https, or a picture in the card itself."""
    if not isinstance(value, str) or urlsplit(value).scheme not in ("https", "http", "data", "mailto"):
        found.add(at, "must be a URL")


def pixels(found: Findings, at: str, value: Any) -> None:
    """Such as 50px."""
    if not isinstance(value, str) or not value.removesuffix("px").isdecimal() or not value.endswith("px"):
        found.add(at, "must be a number of pixels such as 50px")


def features(found: Findings, at: str, value: Any) -> None:
    """`requires`: names and versions."""
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        found.add(at, "must be an object of strings")


def data(found: Findings, at: str, value: Any) -> None:
    """What an action carries."""
    if not isinstance(value, dict | str):
        found.add(at, "must be an object or a string")
