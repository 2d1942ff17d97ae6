"""A record longer than what is read from the database at once: nothing is lost or doubled where one stretch ends."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store import seals
from bot.store.bell import Bell
from bot.store.engine import Connection, Engine
from tests.cli.house import House
from tests.review.lives import NOW, WAYS
from tests.store.records import led, put


async def _write(url: sa.URL, lines: int, key: Path) -> None:
    """A record of so many lines, half of it sealed."""
    engine = Engine(url, Bell())
    ways = [WAYS["released"]] * (lines // 4) + [WAYS["received"]] * (lines % 4)
    assert sum(len(way) for way in ways) == lines

    def some(conn: Connection, start: int, end: int) -> None:
        for number, way in list(enumerate(ways))[start:end]:
            led(conn, way, str(number))

    half = len(ways) // 2
    await put(engine, some, 0, half)
    await put(engine, seals.seal, seals.load_key(key), NOW)
    await put(engine, some, half, len(ways))
    await asyncio.to_thread(engine.close)


@pytest.mark.parametrize("lines", [1000, 1001])
def test_a_round_number_of_lines(lines: int, database: sa.URL, tmp_path: Path) -> None:
    """Exported as often as there are lines, in order, and verified, on both databases."""
    asyncio.run(_write(database, lines, tmp_path / "seal.key"))
    house = House(tmp_path / "house", {"DATABASE_URL": database.render_as_string(hide_password=False)})
    answer = house.command("audit", "export")
    assert (answer.returncode, answer.stderr) == (0, f"{lines} lines written.\n")
    numbers = [json.loads(line)["number"] for line in answer.stdout.splitlines()]
    answer = house.command("audit", "export", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.stdout, newline="")))
    assert [int(row["number"]) for row in rows] == numbers == list(range(1, lines + 1))
    assert {float(row["at"]) >= NOW for row in rows} == {True}
    assert house.command("audit", "verify").stderr.startswith(f"The audit holds: {lines} lines of ")
