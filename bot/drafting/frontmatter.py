"""The few `key: value` lines between `---` on top of a prompt or an article, read with line numbers for the errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_FENCE = "---"


class BadFrontMatter(ValueError):
    """The lines on top of the file cannot be read. `line` is where, counted from 1; `reason` is a sentence's end."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Page:
    """A file's fields and the lines they stand on, its text below them, and the line on which that text starts."""

    fields: Mapping[str, str]
    lines: Mapping[str, int]
    body: str
    first_line: int


def split(text: str, allowed: frozenset[str], required: frozenset[str]) -> Page:
    """Part a file into its fields and its text. Raises `BadFrontMatter` naming the first line that is wrong."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].strip() != _FENCE:
        raise BadFrontMatter(1, f"it has to start with a line {_FENCE} and the fields {_listed(required)}")
    fields: dict[str, str] = {}
    places: dict[str, int] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() == _FENCE:
            if missing := sorted(required - fields.keys()):
                raise BadFrontMatter(number, f"the field {missing[0]} is missing")
            return Page(fields, places, "\n".join(lines[number:]), number + 1)
        if not line.strip():
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            raise BadFrontMatter(number, "a field is written as `name: value`")
        if key not in allowed:
            raise BadFrontMatter(number, f"there is no field {key[:40]!r}; the allowed ones are {_listed(allowed)}")
        if key in fields:
            raise BadFrontMatter(number, f"the field {key} stands there twice")
        if not value:
            raise BadFrontMatter(number, f"the field {key} is empty")
        fields[key], places[key] = value, number
    raise BadFrontMatter(len(lines), f"the line {_FENCE} that ends the fields is missing")


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
