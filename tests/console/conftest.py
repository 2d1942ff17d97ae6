"""The real program on a free port with an empty SQLite file, and a client that speaks to it as its own page does."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import httpx2
import pytest
import sqlalchemy as sa
import yaml

from bot import wiring
from bot.channels.card import Card
from bot.console.guard import PROOF
from bot.review.model import State
from bot.settings import Settings
from bot.store.bell import Topic

# Far beyond what anything here takes; only a failing test waits so long (seconds).
PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class House:
    """A running Countersign."""

    program: wiring.Program
    client: httpx2.AsyncClient
    address: str

    async def post(self, path: str, body: object, more: Mapping[str, str] = MappingProxyType({})) -> httpx2.Response:
        """Post as the page does, with `more` headers."""
        # Escaped, because JSON may carry what UTF-8 cannot.
        headers = {PROOF: "page", "content-type": "application/json", **more}
        address = quote(path.encode("utf-8", "surrogatepass"))
        return await self.client.post(address, content=json.dumps(body), headers=headers)

    async def say(self, text: str, by: str = "web:customer-0", root: str = "", nonce: str = "") -> None:
        """A customer writes."""
        nonce = nonce or f"nonce-{hash((text, by, root))}"
        answer = await self.post("/messages/say", {"by": by, "root": root, "text": text, "nonce": nonce})
        assert answer.json() == {"done": True, "sentence": ""}

    async def decide(self, card: Card, verb: str, by: str = "web:ana", **fields: str) -> httpx2.Response:
        """Press a button on a card as it was seen."""
        return await self.post(f"/reviews/{card.review}/{verb}", {"by": by, "version": card.version, "fields": fields})

    async def card(self, state: State = State.IN_REVIEW, text: str = "") -> Card:
        """The first card in this state whose conversation holds the text, as soon as there is one."""

        with self.program.engine.bell.listen(Topic.PAGES) as ear:
            async with asyncio.timeout(PATIENCE):
                while True:
                    for card in await self.program.desk.board():
                        if card.state is state and any(text in message.text for message in card.messages):
                            return card
                    await ear.wait(1.0)

    async def page(self, path: str) -> str:
        """A page that is there."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text


def settings(root: Path, folder: Path, database: sa.URL) -> Settings:
    """The settings as they are shipped, with a database of their own and customers who finish at once."""
    values = yaml.safe_load((root / "config" / "countersign.yaml").read_text("utf-8"))
    for desk in values["desks"].values():
        desk["settle_seconds"] = 0
    values |= {name: root / values[name] for name in ("prompts", "knowledge", "samples")}
    return Settings(
        _env_file=None,
        DATABASE_URL=database.render_as_string(hide_password=False),
        seal_key=folder / "seal.key",
        **values,
    )


@asynccontextmanager
async def running(wanted: Settings) -> AsyncIterator[House]:
    """Run the program while the block lasts."""
    program = await wiring.build(wanted)
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    served = asyncio.create_task(wiring.run(program, listening))
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        try:
            yield House(program, client, address)
        finally:
            program.stopping.set()
            await served
            # uvicorn leaves it open when it is stopped before it has begun.
            listening.close()


@pytest.fixture
async def house(root: Path, tmp_path: Path, sqlite: sa.URL) -> AsyncIterator[House]:
    """A running Countersign with nothing in it."""
    async with running(settings(root, tmp_path, sqlite)) as here:
        yield here


@pytest.fixture
async def either(root: Path, tmp_path: Path, database: sa.URL) -> AsyncIterator[House]:
    """A running Countersign with nothing in it, on either kind of database."""
    async with running(settings(root, tmp_path, database)) as here:
        yield here
