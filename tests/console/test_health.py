"""The health page: what works, what does not and since when, in words; and it still answers when the store does not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.channels.base import Place, Refusal, Unconnected
from bot.channels.card import Card
from bot.phrases import say
from tests.console.conftest import House, running, settings

PARTS = "/health/parts"


def part(page: str, name: str) -> str:
    """What a page says of a part."""
    found = re.search(rf"<h3><bdi>{re.escape(name)}</bdi></h3>.*?</li>", page, re.DOTALL)
    assert found, name
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


class Shut(Unconnected):
    """A channel in which nobody may post any more."""

    async def show_card(self, place: Place, card: Card, ref: str, look: bool) -> str:
        """Refused."""
        raise Refusal("The <review> channel is archived.", wait=0.01)


async def test_everything_works(either: House) -> None:
    """A message went all the way: each part says so, with when."""
    await either.say("How do I return a jacket that does not fit?")
    await either.decide(await either.card(), "approve")
    async with _until(either, "Last post"):
        page = await either.page("/health")
    assert "Everything works. " in page
    assert re.search(r"Works .*Last message in .*Last post", part(page, "Workspace"))
    assert re.search(r"Works .*Last look .*Last work", part(page, "Drafts"))
    assert "Not needed yet No model is configured" in part(page, "No model")
    assert "Not working" not in page
    assert re.search(r"Works Migration \d{4} Size [\d,.]+ MB", part(page, "Database"))
    assert "0 of " in part(page, "Seals")
    assert "How do I return" not in page


def _until(house: House, _: str) -> _Shown:
    return _Shown(house)


class _Shown:
    """Waits until the card was drawn."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __aenter__(self) -> None:
        with self._house.program.engine.bell.listen() as ear:
            while not self._house.program.watch.fare("out", "web").good:
                await ear.wait(0.02)

    async def __aexit__(self, *_: object) -> None:
        """Nothing to let go."""


async def test_a_channel_that_refuses(house: House) -> None:
    """Its sentence stands there as text, with since when and how often; and goes when it works again."""
    good = house.program.web
    house.program.desk.connect(Shut("web"))
    await house.say("Where is my parcel?")
    with house.program.engine.bell.listen() as ear:
        while house.program.watch.fare("out", "web").row < 2:
            await ear.wait(0.02)
    page = await house.page(PARTS)
    assert "The &lt;review&gt; channel is archived." in page
    assert re.search(r"Look at it The <review> channel is archived. Since .*Last trouble", part(page, "Workspace"))
    assert "1 to look at" in page
    house.program.desk.connect(good)
    with house.program.engine.bell.listen() as ear:
        while house.program.watch.fare("out", "web").row:
            await ear.wait(0.02)
    assert "Look at it" not in await house.page(PARTS)


@pytest.fixture
async def modelled(root: Path, tmp_path: Path, sqlite: sa.URL) -> AsyncIterator[House]:
    """A program whose model cannot be reached, and is asked once a message."""
    wanted = settings(root, tmp_path, sqlite)
    model = wanted.model.model_copy(update={"attempts": 1, "name": "far-away", "fallback_model": ""})
    async with running(wanted.model_copy(update={"openai_base_url": "http://127.0.0.1:9/v1", "model": model})) as here:
        yield here


async def test_a_model_that_is_down_is_left_alone(modelled: House) -> None:
    """After one failure it is something to look at; after three it rests, and the page says why and since when."""
    page = await modelled.page(PARTS)
    assert "Not needed yet" in part(page, "Model far-away")
    for number in range(3):
        await modelled.say(f"Where is parcel {number}?")
        await modelled.card(text=f"parcel {number}?")
        told = part(await modelled.page(PARTS), "Model far-away")
        assert told.startswith("Model far-away Not working" if number == 2 else "Model far-away Look at it")
    assert say("model.unreachable") in told
    assert "It is left alone for a while" in told
    assert "Failures in a row" not in told or "3" in told


async def test_the_store_is_gone(house: House, tmp_path: Path) -> None:
    """The page still comes, and says so; and all is well again when it is back."""
    path = Path(house.program.engine.url.database or "")
    await asyncio.to_thread(path.rename, tmp_path / "elsewhere.db")
    page = await house.page(PARTS)
    assert part(page, "Database").startswith("Database Not working The database cannot be used now.")
    assert "not working." in page
    await asyncio.to_thread((tmp_path / "elsewhere.db").rename, path)
    assert "Works" in part(await house.page(PARTS), "Database")


async def test_another_migration(either: House) -> None:
    """What the program needs is said."""
    url = either.program.engine
    await url.write(lambda conn: conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'") and None)
    told = part(await either.page(PARTS), "Database")
    assert "Not working The program needs migration " in told
    assert "Run countersign migrate." in told
