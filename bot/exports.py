"""The record as a file to take elsewhere: JSON lines, CSV and XLSX, written as it is read, in constant memory."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

from bot.store.audit import EXPORTED

Rows = Iterable[Sequence[tuple[Any, ...]]]
# OWASP, CSV injection: these first characters start a formula, the wide ones too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
_CELL, SHEET = 32_767, 1_048_576
_CHUNK = 1 << 18
_HALVES = re.compile("[\ud800-\udfff]")


class Shape(StrEnum):
    """What an export looks like."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def kind(self) -> str:
        """The media type."""
        return _KINDS[self]


_KINDS = {
    Shape.JSONL: "application/x-ndjson",
    Shape.CSV: "text/csv; charset=utf-8",
    Shape.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(slots=True)
class Progress:
    """How many lines were read so far, and of how many, as soon as that is known."""

    done: int = 0
    total: int | None = None


def written(shape: Shape, rows: Rows, progress: Progress) -> Iterator[bytes]:
    """The file, part by part. `rows` come some at a time, each with the values of `EXPORTED`.

    A workbook is written to a temporary file first, because its parts are packed at the end; meanwhile the parts are
    empty, so that whoever waits can tell that it goes on.
    """
    return _WRITERS[shape](_counted(rows, progress))


def _counted(rows: Rows, progress: Progress) -> Rows:
    for some in rows:
        yield some
        progress.done += len(some)


def _jsonl(rows: Rows) -> Iterator[bytes]:
    encode = json.JSONEncoder(check_circular=False).encode
    for some in rows:
        yield "".join(f"{encode(dict(zip(EXPORTED, row, strict=True)))}\n" for row in some).encode()


def _csv(rows: Rows) -> Iterator[bytes]:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(EXPORTED)
    for some in rows:
        writer.writerows([harmless(value) for value in row] for row in some)
        yield file.getvalue().encode()
        file.seek(0)
        file.truncate()
    yield file.getvalue().encode()


def harmless(value: object) -> object:
    """What a spreadsheet shows as text, and never runs as a formula. Halves of surrogate pairs become question marks."""
    if not isinstance(value, str):
        return value
    text = _HALVES.sub("?", value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def workbook(rows: Rows, most: int = SHEET) -> Iterator[bytes]:
    """A workbook with at most so many rows a sheet, the heads among them."""
    with tempfile.TemporaryFile() as file:
        yield from _filled(file, rows, most)
        file.seek(0)
        while part := file.read(_CHUNK):
            yield part


def _filled(file: IO[bytes], rows: Rows, most: int) -> Iterator[bytes]:
    from xlsxwriter import Workbook

    # Text stays text: no formulas, links or numbers are made of it.
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, {"constant_memory": True, **safe}) as book:
        line = most
        for some in rows:
            for row in some:
                if line == most:
                    sheet = book.add_worksheet()
                    sheet.freeze_panes(1, 0)
                    sheet.write_row(0, 0, EXPORTED)
                    line = 1
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(line, column, _cell(value))
                    elif value is not None:
                        sheet.write_number(line, column, value)
                line += 1
            yield b""
        if line == most:
            book.add_worksheet().write_row(0, 0, EXPORTED)


def _cell(text: str) -> str:
    if not text.isascii():  # most is, and asking costs a tenth of looking for halves
        text = _HALVES.sub("?", text)
    return text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"


_WRITERS = {Shape.JSONL: _jsonl, Shape.CSV: _csv, Shape.XLSX: workbook}
