"""A `countersign run` that people sign in to, two desks with something to do, and people who come in by the provider's page."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import yaml
from playwright.async_api import Browser, expect

from bot import wiring
from bot.review.model import State
from bot.settings import DeskSettings, Settings
from tests.browser.conftest import ROOT, WIDE, Program, Workspace, amiss, watch
from tests.console.conftest import running, settings
from tests.console.signing import WELL_KNOWN, Issuer, issuer
from tests.stage.databases import Sqlite

# As the provider knows them: sub -> name. The desk North knows all but the last.
PEOPLE = {"ida": "Ida Holm", "lea": "Lea Brandt", "ada": "Ada Quist", "sam": "Sam Stranger"}
AGENT, LEAD, ADMIN, STRANGER = PEOPLE
ROLES = {AGENT: "agent", LEAD: "lead", ADMIN: "admin"}
NORTH, SOUTH = "nordlys", "south"
SECRET = "hush-nobody-reads-this"
# What customers of each desk asked: open and answered.
OPEN = ("How do I return a jacket that does not fit?", "How do I return a pair of boots?", "How do I return a lamp?")
ANSWERED = "How do I return an umbrella?"
ELSEWHERE = ("How do I return a southern kayak?", "How do I return a southern tent?")
_NOT_HERE = re.compile(r"^https?://(?!127\.0\.0\.1[:/]|localhost[:/])")
_HERS = {
    "name": "North",
    "people": {"web:ana": "agent"} | {f"web:{sub}@north.example": role for sub, role in ROLES.items()},
}
_THEIRS = {
    "name": "South",
    "listens": ["web:south"],
    "reviews": "web:south-review",
    "people": {"web:ana": "agent", "web:sol@south.example": "admin"},
}


def _desks() -> dict[str, dict[str, object]]:
    """The desk as it is shipped, twice, with people of its own."""
    shipped = yaml.safe_load((ROOT / "config" / "countersign.yaml").read_text("utf-8"))["desks"][NORTH]
    return {NORTH: shipped | _HERS, SOUTH: shipped | _THEIRS}


async def _asked(wanted: Settings, place: str, waiting: tuple[str, ...], answered: str) -> None:
    """What was written to a desk, and that Ana answered one of it."""
    workspace = wanted.workspace.model_copy(update={"place": place})
    quick = {name: DeskSettings.model_validate(one | {"settle_seconds": 0}) for name, one in _desks().items()}
    async with running(wanted.model_copy(update={"workspace": workspace, "desks": quick})) as house:
        for number, text in enumerate((answered, *waiting)):
            await house.say(text, by=f"web:customer-{number % 2}")
        for text in waiting:
            await house.card(text=text)
        answer = await house.decide(await house.card(text=answered), "approve")
        assert answer.json()["done"], answer.text
        await house.card(State.SENT, answered)
        await wiring.outline(house.program.engine, house.program.clock)
        await wiring.seal(house.program.engine, wanted)


@pytest.fixture(scope="session")
def before(root: Path, sqlites: Sqlite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what was there before anybody signed in: reviews at both desks, and the key of the seals."""
    folder = tmp_path_factory.mktemp("before")
    wanted = settings(root, folder, sqlites.fresh(folder / "countersign.db"))
    asyncio.run(_asked(wanted, "web:support", OPEN, ANSWERED))
    asyncio.run(_asked(wanted, "web:south", ELSEWHERE[:1], ELSEWHERE[1]))
    return folder


@pytest.fixture(scope="session")
def at() -> Iterator[Issuer]:
    """The provider."""
    with issuer() as there:
        for sub, name in PEOPLE.items():
            there.know(sub, name=name, email=f"{sub}@north.example", email_verified=True)
        yield there


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def program(tmp_path_factory: pytest.TempPathFactory, before: Path, at: Issuer) -> AsyncIterator[Program]:
    """The program with sign-in, for the stories of a module."""
    folder = tmp_path_factory.mktemp("countersign")
    shutil.copytree(before, folder, dirs_exist_ok=True)
    signin = {"provider": "oidc", "discovery_url": f"{at.url}{WELL_KNOWN}", "client_id": "countersign"}
    running = Program(
        folder, said={"desks": _desks(), "signin": signin}, env={"COUNTERSIGN_SIGNIN__CLIENT_SECRET": SECRET}
    )
    await running.start()
    yield running
    await running.stop()


@dataclass
class Visitor(Workspace):
    """Somebody who comes in by the provider's page."""

    async def sign_in(self, sub: str, wanted: str = "/") -> None:
        """Ask for a page, press the button, say at the provider who one is, and be back."""
        await self.page.goto(self.address + wanted)
        await self.page.get_by_role("link", name="Sign in", exact=True).click()
        await self.page.get_by_placeholder("sub").fill(sub)
        await self.page.get_by_role("button", name="Authorize").click()
        await self.page.wait_for_url(f"{self.address}/**")
        await self.fit()

    async def go(self, path: str) -> None:
        """Type an address."""
        await self.page.goto(self.address + path)
        await self.fit()

    async def follow(self, name: str) -> None:
        """Choose a page at the top."""
        await self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
        await expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        await self.fit()

    async def fit(self) -> None:
        """See that the page as it is now is fit to be seen."""
        assert await amiss(self.page) == [], self.page.url

    async def ways(self) -> list[str]:
        """The pages that are offered at the top."""
        return await self.page.locator("#pages a").all_inner_texts()

    async def refused(self, because: str) -> None:
        """See that this page is kindly refused, with a way on."""
        await expect(self.page.get_by_role("heading", level=1)).to_have_text("This page is for others")
        await expect(self.page.get_by_role("main")).to_contain_text(because)
        await self.fit()


Coming = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture
def coming(browser: Browser, program: Program, at: Issuer) -> Coming:
    """How somebody comes who is not signed in, with a profile of their own; what went wrong on their pages fails the test."""

    @asynccontextmanager
    async def come(**wishes: object) -> AsyncIterator[Visitor]:
        context = await browser.new_context(**({"viewport": WIDE, "reduced_motion": "reduce"} | wishes))  # type: ignore[arg-type]
        context.set_default_timeout(8_000)
        # The provider's page has its looks from elsewhere.
        await context.route(_NOT_HERE, lambda route: route.abort())
        visitor = Visitor(await context.new_page(), program.address)
        watch(visitor, context, at.url)
        try:
            yield visitor
        finally:
            await context.close()
        assert visitor.wrong == []

    return come
