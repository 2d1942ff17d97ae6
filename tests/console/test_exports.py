"""The record is taken elsewhere as a file, whatever stands in it, and checked from its page."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from xlsxwriter.worksheet import Worksheet

from bot.console.record import Exports
from bot.console.sorry import Sorry
from bot.exports import SHEET, Progress, Shape, workbook, written
from bot.insight.searching import AuditFilter
from bot.review.model import State
from bot.store.audit import EXPORTED
from bot.store.bell import Topic
from bot.store.engine import Connection
from bot.store.tables import audit
from tests.console.conftest import PATIENCE, House, running, settings
from tests.store.forger import forge

HOSTILE = {
    "formula": "=HYPERLINK('http://evil.example')",
    "wide formula": "＝1+1",
    "at": "@SUM(A1)",
    "NUL": "a\0b",
    "half a pair": "half \ud83d of one",
    "right to left": "שלום \u202eevil",
    "lines and quotes": 'one\r\n"two",\tthree',
    "markup": "<b>&amp;</b>_x0041_",
    "long": "ö" * 40_000,
}


def line(text: str) -> tuple[Any, ...]:
    """A line of the record with this text."""
    return (1, "r1", 1, 1.5, "web:ana", "Ana", "agent", "Edit", "in_review", "released", "{}", text, "00ff")


def made(shape: Shape, *lines: tuple[Any, ...]) -> bytes:
    """The file with these lines."""
    return b"".join(written(shape, [list(lines)], Progress()))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_json_lines_carry_every_text_as_it_is(text: str) -> None:
    """Letter by letter, halves of surrogate pairs and all."""
    assert json.loads(made(Shape.JSONL, line(text)))["text"] == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_csv_has_no_formulas(text: str) -> None:
    """What a spreadsheet would run begins with an apostrophe; everything else is as it was written."""
    head, row = csv.reader(io.StringIO(made(Shape.CSV, line(text)).decode(), newline=""))
    assert tuple(head) == EXPORTED
    shown = dict(zip(head, row, strict=True))["text"]
    assert shown.removeprefix("'") == text.replace("\ud83d", "?")
    assert shown[0] not in "=+-@\t\r\n＝＋－＠"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_workbook_holds_text_and_no_formulas(text: str) -> None:
    """Another library reads it back: texts are texts, numbers numbers, and what Excel cannot hold is cut."""
    book = openpyxl.load_workbook(io.BytesIO(made(Shape.XLSX, line(text))))
    head, row = book.worksheets[0].iter_rows()
    cells = dict(zip((cell.value for cell in head), row, strict=True))
    assert (cells["number"].value, cells["at"].value) == (1, 1.5)
    assert cells["text"].data_type == "s"
    wanted = text.replace("\ud83d", "?")
    shown = unescape(str(cells["text"].value))
    assert shown == (wanted if len(wanted) <= 32_767 else f"{wanted[:32_766]}…")


def test_a_workbook_goes_on_on_the_next_sheet() -> None:
    """Excel takes so many rows a sheet, and each has its heads."""
    assert Worksheet().xls_rowmax == SHEET
    rows = [[(number, *([None] * (len(EXPORTED) - 1))) for number in range(1, 8)]]
    book = openpyxl.load_workbook(io.BytesIO(b"".join(workbook(rows, most=6))), read_only=True)
    first, second = book.worksheets
    assert (first.max_row, second.max_row) == (6, 3)
    assert [row[0] for row in second.iter_rows(values_only=True)] == ["number", 6, 7]


async def _decided(house: House, text: str) -> str:
    await house.say(text)
    card = await house.card(text=text)
    await house.decide(card, "approve")
    await house.card(State.SENT, text)
    return card.review


async def _lines(house: House) -> int:
    def look(conn: Connection) -> int:
        return len(conn.execute(audit.select()).all())

    return await house.program.engine.read(look)


async def test_the_page_hands_out_the_record(either: House) -> None:
    """In every shape, as a download, narrowed as the list is; and it says how far it was."""
    review = await _decided(either, "Where is my parcel?")
    count = await _lines(either)
    page = await either.page("/audit/record")
    assert f"{count} lines" in page
    answer = await either.client.get("/audit/export?format=jsonl&watch=w1")
    found = [json.loads(one) for one in answer.text.splitlines()]
    assert [one["review"] for one in found] == [review] * count
    assert "attachment" in answer.headers["content-disposition"]
    progress = await either.client.get("/audit/export/progress?watch=w1")
    assert progress.json() == {"done": count, "total": count, "over": True, "failed": False}
    rows = list(csv.DictReader(io.StringIO((await either.client.get("/audit/export?decision=approve")).text)))
    assert [row["action"] for row in rows] == ["Approve"]
    book = await either.client.get("/audit/export?format=xlsx")
    assert openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0].max_row == count + 1
    assert (await either.client.get("/audit/export?format=pdf")).status_code == 400
    assert (await either.client.get("/audit/export/progress?watch=w2")).status_code == 404


async def test_no_more_than_two_exports_at_once(house: House) -> None:
    """The third is told to wait, and one that is broken off makes room for another."""
    await _decided(house, "Where is my parcel?")
    exports = Exports(house.program.engine)
    under_way = [exports.begin(AuditFilter(), Shape.CSV, str(number)) for number in range(2)]
    for one in under_way:
        await anext(one)
    with pytest.raises(Sorry):
        exports.begin(AuditFilter(), Shape.CSV, "third")
    await under_way[0].aclose()  # type: ignore[attr-defined]
    failed = exports.progress("0")
    assert failed is not None
    assert failed.failed
    assert b"number" in await anext(exports.begin(AuditFilter(), Shape.CSV, "fourth"))


async def _checked(house: House) -> dict[str, Any]:
    assert (await house.post("/audit/verify", {})).json()["done"]
    async with asyncio.timeout(PATIENCE):
        while True:
            standing: dict[str, Any] = (await house.client.get("/audit/verify")).json()
            if standing["state"] != "running":
                return standing
            await asyncio.sleep(0.01)


async def test_the_record_is_checked_from_its_page(house: House, tmp_path: Path) -> None:
    """It holds, with the keys of its seals; a line that was forged is named, here and when the page is opened again."""
    await _decided(house, "Where is my parcel?")
    standing = await _checked(house)
    assert (standing["state"], standing["done"], standing["total"]) == ("holds", *[await _lines(house)] * 2)
    assert "The record holds" in standing["sentences"][0]
    forge(house.program.engine, "UPDATE audit SET actor_name = '<b>Leo</b>' WHERE action = 'Approve'")
    forge(house.program.engine, "UPDATE audit SET after = 'rejected' WHERE action = 'Drafted'")
    standing = await _checked(house)
    assert standing["state"] == "broken"
    assert "does not follow from those before it" in standing["sentences"][0]
    assert "does not follow from those before it" in await house.page("/audit/record")
    answer = await house.client.post("/audit/verify")
    assert answer.status_code == 403


async def test_the_page_knows_its_own_seals(root: Path, tmp_path: Path, sqlite: Any) -> None:
    """Which seals were made here, and which were not; and what the leads were told in the workspace."""
    wanted = settings(root, tmp_path, sqlite)
    desks = {name: desk.model_copy(update={"leads_channel": "web:leads"}) for name, desk in wanted.desks.items()}
    async with running(wanted) as house:
        await _decided(house, "Where is my parcel?")
    async with running(wanted.model_copy(update={"desks": desks})) as house:
        with house.program.engine.bell.listen(Topic.PAGES) as ear:
            async with asyncio.timeout(PATIENCE):
                while "Seal of the audit" not in (page := await house.page("/audit/record")):
                    await ear.wait(1.0)
        assert "ours" in page
    async with running(wanted.model_copy(update={"desks": desks, "seal_key": tmp_path / "other.key"})) as house:
        assert "not ours" in await house.page("/audit/record")
