"""Houses to type commands in: an empty one, and one with a record of three reviews."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.review.actions import DraftFailed, Edit, Start
from bot.store import seals
from bot.store.bell import Bell
from bot.store.engine import Connection, Engine
from tests.cli.house import House
from tests.review.lives import NOW, WAYS
from tests.store.records import led, open_review, put, step

FORMULA = '=HYPERLINK("http://evil.example";"Click")'
# What JSON may carry and neither UTF-8 nor a C string can.
ODD = "@nul\0lone\ud800end"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A folder with settings and nothing else."""
    return House(tmp_path / "house")


@pytest.fixture(scope="session")
def _record(tmp_path_factory: pytest.TempPathFactory, sqlites: object) -> Path:
    folder = tmp_path_factory.mktemp("record")
    url = sqlites.fresh(folder / "countersign.db")  # type: ignore[attr-defined]
    asyncio.run(_write(url, folder))
    return folder


async def _write(url: sa.URL, folder: Path) -> None:
    """Three reviews: one sent and sealed, one whose words are a formula, one whose words are hard to write down."""
    engine = Engine(url, Bell())
    key = seals.load_key(folder / "seal.key")
    await put(engine, led, WAYS["sent"], "1")
    await put(engine, seals.seal, key, NOW)
    await put(engine, _worded, "2", FORMULA)
    await put(engine, _worded, "3", ODD)
    await asyncio.to_thread(engine.close)


def _worded(conn: Connection, root: str, words: str) -> None:
    review = open_review(conn, root)
    for kind in (Start, DraftFailed):
        review = step(conn, review, kind).review
    step(conn, review, Edit, words=words)


@pytest.fixture
def archive(house: House, _record: Path) -> House:
    """A house with a record of its own."""
    house.database.parent.mkdir()
    for path in _record.iterdir():
        shutil.copy(path, house.database.parent)
    return house
