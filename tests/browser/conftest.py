"""A real browser before a real `countersign run`, and what must never happen on any page, whatever a test looks at."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
import yaml
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    async_playwright,
    expect,
)

ROOT = Path(__file__).parents[2]
CHROMIUM = "chromium"
MISSING = "The browser tests need Chromium, which is not installed. Get it with: apt-get install chromium"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 375, "height": 740}
QUESTION = "How do I return a jacket that does not fit?"
_numbers = count(1)


@dataclass
class Program:
    """A `countersign run` of its own: settings, database and port stay when it is stopped and started again.

    `said` replaces settings by their keys, and `desk` changes those of every desk; `env` is added to an otherwise empty
    environment.
    """

    folder: Path
    address: str = ""
    desk: dict[str, object] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    said: dict[str, object] = field(default_factory=dict)
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Run it, on the port it had before if it ran before."""
        values = yaml.safe_load((ROOT / "config" / "countersign.yaml").read_text("utf-8")) | self.said
        for desk in values["desks"].values():
            desk.update({"settle_seconds": 0.3} | self.desk)
        values |= {name: str(ROOT / values[name]) for name in ("prompts", "knowledge", "samples")}
        values["seal_key"] = str(self.folder / "seal.key")
        (self.folder / "countersign.yaml").write_text(yaml.safe_dump(values), "utf-8")
        self._process = await self._begin("run")
        self.address = await self._ready()

    async def command(self, *words: str) -> str:
        """What a `countersign` command says that is given beside it, on the same machine."""
        process = await self._begin(*words)
        async with asyncio.timeout(30):
            told, _ = await process.communicate()
        assert process.returncode == 0, told.decode()
        return told.decode()

    async def _begin(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from bot.cli import main; main()", *words,
            cwd=self.folder,
            env=_environment() | self.env | {
                "PYTHONPATH": str(ROOT),
                "PORT": self.address.rpartition(":")[2] or "0",
                "DATABASE_URL": f"sqlite:///{self.folder / 'countersign.db'}",
                "COUNTERSIGN_CONFIG": str(self.folder / "countersign.yaml"),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip

    async def _ready(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        said = b""
        async with asyncio.timeout(30):
            async for line in self._process.stdout:
                said += line
                if found := re.search(rb"http://127\.0\.0\.1:\d+", line):
                    self._reader = asyncio.create_task(self._process.stdout.read())
                    return found[0].decode()
        raise AssertionError(f"countersign run ended: {said.decode()}")

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, and see that it goes."""
        if self._process is not None:
            self._process.send_signal(number)
            async with asyncio.timeout(20):
                await self._process.wait()
                await self._reader
            self._process = None


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}


@dataclass
class Workspace:
    """The page as somebody uses it. Everything is found by what it is called, as a person finds it."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    async def open(self, path: str = "/") -> None:
        """Go there, and be connected."""
        await self.page.goto(self.address + path)
        if path == "/":
            await expect(self.page.locator("[data-live]")).to_have_attribute("data-live", "on")

    async def write(self, text: str = "", *, by: str = "Mia Lindqvist") -> str:
        """Write as a customer; returns the text, which no other test has used."""
        text = text or f"{QUESTION} (case {next(_numbers)})"
        await self.show("channel")
        await self.page.get_by_role("radio", name=by).check(force=True)
        await self.page.get_by_role("textbox", name="Write as a customer").fill(text)
        await self.page.get_by_role("button", name="Send", exact=True).click()
        return text

    async def show(self, column: str) -> None:
        """On a phone only one column is shown at a time."""
        tab = self.page.locator(f"[data-show={column}]")
        if await tab.is_visible():
            await tab.click()

    def card(self, text: str) -> Locator:
        """The card of the conversation that holds this text."""
        return self.page.locator(".card", has_text=text)

    def thread(self, text: str) -> Locator:
        """The thread that holds this text."""
        return self.page.locator(".thread", has_text=text)

    async def ready(self, text: str) -> Locator:
        """The card, when it waits for a decision and has been on show long enough to be read."""
        await self.show("reviews")
        card = self.card(text)
        await expect(card).to_have_attribute("data-state", "in_review")
        await expect(self.page.locator(".card:not([data-fresh])", has_text=text)).to_have_count(1)
        return card

    async def press(self, card: Locator, name: str) -> None:
        """Press a button on a card by its first word."""
        await card.get_by_role("button", name=re.compile(rf"^{name}")).first.click()

    async def reviewing_as(self, name: str) -> None:
        """Choose who decides."""
        await self.page.get_by_label("Reviewing as").select_option(label=name)


def watch(workspace: Workspace, context: BrowserContext, provider: str = "") -> None:
    """Remember whatever no page may do: ask elsewhere, break its policy, fail, or open a dialog.

    People may go to the provider they sign in with, and its own page may ask for what it likes.
    """

    def asked(request: Request) -> None:
        ours = request.url.startswith((workspace.address + "/", "data:"))
        there = provider and (request.url if request.is_navigation_request() else request.frame.url).startswith(
            provider + "/"
        )
        if not ours and not there:
            workspace.wrong.append(f"asked elsewhere: {request.url}")

    def told(message: ConsoleMessage) -> None:
        # A refused or unanswered request is logged by the browser itself; the tests that provoke one look at its effect.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            workspace.wrong.append(f"console: {message.text}")

    context.on("request", asked)
    context.on("console", told)
    context.on("weberror", lambda error: workspace.wrong.append(f"script: {error.error}"))
    context.on("dialog", lambda dialog: workspace.wrong.append(f"dialog: {dialog.message}"))


async def amiss(page: Page) -> list[str]:
    """What axe finds on the page as it is now, and whether it runs off the side."""
    results = await Axe().run(page)
    found = [f"{one['id']}: {one['nodes'][0]['html']}" for one in results.response["violations"]]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("it is wider than the window")
    return found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium. Playwright's own build would have to be downloaded from elsewhere."""
    path = shutil.which(CHROMIUM)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def program_in(folder: Path, env: dict[str, str] | None = None, **desk: object) -> AsyncIterator[Program]:
    """A program with a folder of its own, while the block lasts."""
    program = Program(folder, desk=desk, env=env or {})
    await program.start()
    try:
        yield program
    finally:
        await program.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def program(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    """One program for the stories of a module; each writes about a case of its own."""
    async with program_in(tmp_path_factory.mktemp("countersign")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def fresh(tmp_path: Path) -> AsyncIterator[Program]:
    """A program in which nothing has happened."""
    async with program_in(tmp_path) as running:
        yield running


@asynccontextmanager
async def visit(browser: Browser, address: str, **wishes: object) -> AsyncIterator[Workspace]:
    """A visitor with a profile of their own. Whatever went wrong on their page fails the test."""
    context = await browser.new_context(**({"viewport": WIDE, "reduced_motion": "reduce"} | wishes))  # type: ignore[arg-type]
    context.set_default_timeout(8_000)
    workspace = Workspace(await context.new_page(), address)
    watch(workspace, context)
    try:
        await workspace.open()
        yield workspace
    finally:
        await context.close()
    assert workspace.wrong == []


@pytest_asyncio.fixture(loop_scope="module")
async def desk(browser: Browser, program: Program) -> AsyncIterator[Workspace]:
    """Somebody at the workspace."""
    async with visit(browser, program.address) as workspace:
        yield workspace


expect.set_options(timeout=8_000)
