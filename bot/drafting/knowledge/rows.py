"""Articles in CSV and JSON Lines: a row each, with the columns that spreadsheets and help centres give them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.drafting.knowledge.article import TOO_LONG, About, BadArticle, Part

# Our name for a column, and others' names for it. What is called otherwise is passed over.
COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id",),
    "title": ("title", "question"),
    "text": ("text", "answer", "body"),
    "heading": ("heading",),
    "asked": ("asked",),
    "language": ("language", "lang"),
    "audience": ("audience",),
}
_NAMES = {other: name for name, others in COLUMNS.items() for other in others}


@dataclass(frozen=True, slots=True)
class Row:
    """A row and the line on which it begins; or what is wrong there, as a sentence's end."""

    line: int
    values: Mapping[str, str]
    problem: str = ""

    @property
    def about(self) -> About:
        values = self.values
        return About(values.get("title", ""), values.get("language", ""), values.get("audience", ""))

    @property
    def part(self) -> Part:
        return Part(self.values.get("heading", ""), self.values.get("text", ""), self.values.get("asked", ""))


def read_csv(text: str) -> Iterator[Row]:
    """The rows below the head, which parts its columns by commas, semicolons or tabs. Raises `BadArticle`."""
    first = text.removeprefix("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(TOO_LONG * 2)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    try:
        head = [_NAMES.get(name.strip().lower(), "") for name in next(reader, [])]
        if missing := [name for name in ("title", "text") if name not in head]:
            names = " or ".join(COLUMNS[missing[0]])
            raise BadArticle(f"its first line names no column {names}")
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(head):
                yield Row(line, {}, f"it has {len(cells)} cells under {len(head)} columns")
            else:
                pairs = zip(head, cells, strict=False)
                yield Row(line, {name: cell.strip() for name, cell in pairs if name and cell.strip()})
    except csv.Error as error:
        yield Row(reader.line_num, {}, f"it is not valid CSV ({error})")


def read_jsonl(text: str) -> Iterator[Row]:
    """The lines, each of them an object."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip():
            yield _of_object(number, line)


def _of_object(number: int, line: str) -> Row:
    try:
        value = json.loads(line)
    except RecursionError:
        return Row(number, {}, "it is nested too deeply")
    except ValueError:
        return Row(number, {}, "it is not valid JSON")
    if not isinstance(value, dict):
        return Row(number, {}, "it is not an object in braces")
    values: dict[str, str] = {}
    for key, said in value.items():
        if name := _NAMES.get(key.lower(), ""):
            if isinstance(said, bool | list | dict):
                return Row(number, {}, f"{key} has to be text")
            if said is not None and str(said).strip():
                values.setdefault(name, str(said).strip())
    return Row(number, values)
