"""Countersign as a process of its own beside the fake Slack: nothing of it is patched, and it can be killed."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.doubles.slack import FakeSlack, Limits, Message
from tests.doubles.slack.world import User

ROOT = Path(__file__).parents[3]
# Far beyond what anything here takes; only a failing test waits so long (seconds).
PATIENCE = 15.0
_START = "from bot.cli import main; import sys; sys.argv = ['countersign', 'run']; main()"


@dataclass
class House:
    """A Countersign at work, and the Slack it works in."""

    slack: FakeSlack
    address: str
    environment: dict[str, str]
    folder: Path
    process: asyncio.subprocess.Process

    async def card(self, fits: Callable[[Message], bool] = lambda _: True, number: int = 0) -> Message:
        """The card with this number among those that fit, once it is there."""

        def look() -> Message | None:
            found = [post for post in self.slack.posts(self.slack.town.review) if fits(post)]
            return found[number] if len(found) > number else None

        shown = await self.slack.until(look, PATIENCE, "no such card")
        assert shown
        return shown

    async def replies(self, thread: Message, count: int = 1) -> list[Message]:
        """Our posts in a thread, once there are so many."""
        found = await self.slack.until(
            lambda: posts if len(posts := self.slack.posts(thread=thread)) >= count else None, PATIENCE, "no such reply"
        )
        assert found
        return found

    async def whisper(self, user: User) -> str:
        """What this person alone reads, once there is something."""
        found = await self.slack.until(lambda: self.slack.whispers(user), PATIENCE, f"{user.name} is told nothing")
        return found[-1].text

    async def kill(self) -> None:
        """As a machine dies: without a word."""
        self.process.kill()
        await self.process.wait()

    async def start(self) -> None:
        """Begin, or begin again; returns when it is ready."""
        log = (self.folder / "log.txt").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _START, cwd=self.folder, env=self.environment, stdout=log, stderr=log
        )
        log.close()
        async with aiohttp.ClientSession() as client, asyncio.timeout(PATIENCE * 2):
            while not await self._ready(client):
                assert self.process.returncode is None, self.log()
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """As Ctrl-C does."""
        if self.process.returncode is None:
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), PATIENCE)

    def log(self) -> str:
        """What it wrote."""
        return (self.folder / "log.txt").read_text("utf-8")

    async def _ready(self, client: aiohttp.ClientSession) -> bool:
        try:
            async with client.get(f"{self.address}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def living(
    folder: Path, *, socket_mode: bool = False, limits: Limits | None = None, **desk: Any
) -> AsyncIterator[House]:
    """The house, while the block lasts. `desk` changes the desk's settings."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    async with FakeSlack(f"{address}/slack/events", scale=1.0, limits=limits, socket_mode=socket_mode) as slack:
        slack.app.signing_secret = "0123456789abcdef0123456789abcdef"  # as long as a real one
        environment = _environment(folder, slack, port, socket_mode=socket_mode, **desk)
        house = House(slack, address, environment, folder, None)  # type: ignore[arg-type]
        await house.start()
        try:
            yield house
        finally:
            await house.stop()


def _environment(folder: Path, slack: FakeSlack, port: int, *, socket_mode: bool, **desk: Any) -> dict[str, str]:
    town = slack.town
    values = yaml.safe_load((ROOT / "config" / "countersign.yaml").read_text("utf-8"))
    values["desks"]["nordlys"] |= {
        "listens": [f"slack:{channel.id}" for channel in (town.support, town.internal, town.grid_support)],
        "reviews": f"slack:{town.review.id}",
        "people": {f"slack:{town.ana.id}": "agent", f"slack:{town.lea.id}": "lead"},
        "settle_seconds": 0,
    } | desk
    values |= {name: str(ROOT / values[name]) for name in ("prompts", "knowledge", "samples")}
    # Short enough for a test to wait for, long enough for a busy machine (seconds).
    values["patience"] = {"send_lease": 4.0, "send": 1.3, "again": 0.2}
    values["slack"] = {"pace_seconds": 0.05, "look_again_seconds": 0.3}
    (folder / "countersign.yaml").write_text(yaml.safe_dump(values), "utf-8")
    proof = {"SLACK_APP_TOKEN": slack.app.app_token} if socket_mode else {}
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "COUNTERSIGN_CONFIG": str(folder / "countersign.yaml"),
        "COUNTERSIGN_LOG_LEVEL": "debug",
        "DATABASE_URL": f"sqlite:///{folder / 'countersign.db'}",
        "PORT": str(port),
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "SLACK_SIGNING_SECRET": slack.app.signing_secret,
        "SLACK_API_URL": slack.api_url,
    } | proof
