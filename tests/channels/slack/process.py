"""Countersign as a process of its own: nothing of it is patched, and it can be killed.

It is forked from a process that has imported the program and done nothing else: a start takes a tenth of a second.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import aiohttp

from tests.channels.slack.soon import soon

# Far beyond what anything here takes; only a failing test waits so long (seconds).
PATIENCE = 30.0
_FORKS = multiprocessing.get_context("forkserver")
_CHATS = ["bot.channels.slack.channel", "bot.channels.teams.channel"]
_EARLY = ["bot.start", "bot.drafting.llm", "alembic.command", "sqlalchemy.dialects.postgresql.psycopg"]
_FORKS.set_forkserver_preload([__name__, "bot.cli", *_CHATS, *_EARLY])


class Stillborn(AssertionError):
    """It ended before it was ready."""


@dataclass
class Bot:
    """One process of the program."""

    folder: Path
    environment: dict[str, str]
    process: BaseProcess | None = None
    lives: int = 0  # how often it was ready

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.environment['PORT']}"

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process is not None and self.process.is_alive()

    async def start(self) -> None:
        """Begin, or begin again; returns when it is ready. Raises `Stillborn`."""
        self.process = _FORKS.Process(target=_live, args=(self.folder, self.environment), daemon=True)
        self.process.start()
        async with asyncio.timeout(PATIENCE):
            while not (await self.readiness())[0]:
                if not self.alive:
                    raise Stillborn(self.log())
                await asyncio.sleep(0.01)
        self.lives += 1

    async def readiness(self) -> tuple[bool, str]:
        """What `/readyz` says: whether it is ready, and what is wrong all the same."""
        try:
            async with aiohttp.ClientSession() as client, client.get(f"{self.address}/readyz") as answer:
                said = await answer.json()
        except aiohttp.ClientError:
            return False, "It does not answer."
        assert said["ready"] is (answer.status == 200)
        return said["ready"], " ".join(said["problems"])

    async def told(self, words: str) -> bool:
        """Once `/readyz` says this; whether it calls itself ready all the same."""
        async with asyncio.timeout(PATIENCE):
            while words not in (said := await self.readiness())[1]:  # noqa: ASYNC110 - nothing rings a bell over there
                await asyncio.sleep(0.01)
        return said[0]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    async def kill(self) -> None:
        """As a machine dies: without a word."""
        self.send(signal.SIGKILL)
        await soon(lambda: not self.alive, PATIENCE)

    async def stop(self) -> None:
        """As Ctrl-C does."""
        if self.alive:
            self.send(signal.SIGTERM)
            self.send(signal.SIGCONT)
            await soon(lambda: not self.alive, PATIENCE)

    def log(self) -> str:
        """What it wrote."""
        return (self.folder / "log.txt").read_text("utf-8")


def _live(folder: Path, environment: dict[str, str]) -> None:
    """`countersign run`, as from a shell in that folder."""
    from bot.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.argv = ["countersign", "run"]
    main()
