"""Walks through a card: what stands in it, and in which of the cards nested in one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.doubles.teams.wire import Json

Path = tuple[int, ...]  # which cards one is in: () is the outermost
_BELOW = (
    "body", "items", "columns", "rows", "cells", "inlines", "images", "actions", "selectAction", "inlineAction",
)  # fmt: skip


def everything(card: Json) -> Iterator[tuple[Json, Path]]:
    """Everything that has a type, outermost first; what an action carries as `data` is not looked at."""
    count = 0

    def below(thing: Any, path: Path) -> Iterator[tuple[Json, Path]]:
        nonlocal count
        if isinstance(thing, list):
            for one in thing:
                yield from below(one, path)
        elif isinstance(thing, dict):
            if "type" in thing and thing["type"] != "AdaptiveCard":
                yield thing, path
            for name in _BELOW:
                if name in thing:
                    yield from below(thing[name], path)
            if "card" in thing:
                count += 1
                yield from below(thing["card"], (*path, count))

    yield from below(card, ())


def inputs(card: Json) -> Iterator[tuple[Json, Path]]:
    """What can be filled in."""
    return ((one, path) for one, path in everything(card) if one["type"].startswith("Input."))


def actions(card: Json) -> Iterator[tuple[Json, Path]]:
    """What can be pressed."""
    return ((one, path) for one, path in everything(card) if one["type"].startswith("Action."))


def rows(card: Json) -> Iterator[list[Json]]:
    """Buttons that stand side by side."""
    yield card.get("actions", [])
    for one, _ in everything(card):
        if one["type"] == "ActionSet":
            yield one["actions"]
        elif "card" in one:
            yield one["card"].get("actions", [])


def texts(card: Json) -> Iterator[tuple[str, str]]:
    """All that can be read, with the type of what shows it: ("TextRun", "Dear Kim")."""
    for one, _ in everything(card):
        for name in ("text", "title", "label", "value", "placeholder"):
            if isinstance(one.get(name), str):
                yield one["type"], one[name]
        for fact in one.get("facts", ()):
            yield "FactSet", f"{fact['title']}: {fact['value']}"
        for run in one.get("inlines", ()):
            if isinstance(run, str):
                yield "TextRun", run
        for choice in one.get("choices", ()):
            yield "Input.Choice", choice["title"]
