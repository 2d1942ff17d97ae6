"""Pages for those who sign in: what they change carries their session's proof, and what could not be done is said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import WIDE, Workspace, watch
from tests.console.conftest import House
from tests.console.signing import Issuer, issuer, open_house, signing_in
from tests.console.signing import browser as signing

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def at() -> Iterator[Issuer]:
    """The provider."""
    with issuer() as there:
        for role in ("lead", "admin"):
            there.know(role, email=f"{role}@north.example", email_verified=True, name=role.capitalize())
        yield there


@pytest_asyncio.fixture(loop_scope="module")
async def gate(tmp_path: Path, sqlite: sa.URL, at: Issuer) -> AsyncIterator[House]:
    """A Countersign that people sign in to."""
    async with open_house(signing_in(ROOT, tmp_path, sqlite, at)) as house:
        yield house


async def signed_in(browser: Browser, gate: House, at: Issuer, who: str) -> tuple[Page, Workspace]:
    """A page of somebody who came in, and what goes wrong on it."""
    async with signing(gate, at) as here:
        assert (await here.sign_in(who)).status_code == 303
        held = {cookie.name: cookie.value or "" for cookie in here.client.cookies.jar}
    context = await browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    await context.add_cookies([{"name": name, "value": value, "url": gate.address} for name, value in held.items()])
    context.set_default_timeout(8_000)
    workspace = Workspace(await context.new_page(), gate.address)
    watch(workspace, context)
    return workspace.page, workspace


async def test_a_lead_checks_the_record(browser: Browser, gate: House, at: Issuer) -> None:
    """By the button; and once the session is over, the page says so."""
    page, seen = await signed_in(browser, gate, at, "lead")
    await page.goto(f"{gate.address}/audit/record")
    button = page.locator("[data-verify]")
    await button.click()
    await expect(page.locator("[data-checking]")).to_have_attribute("data-state", "holds")
    await page.context.clear_cookies()
    await button.click()
    await expect(page.locator("[data-checking]")).to_contain_text("sign in", ignore_case=True)
    await expect(button).to_be_enabled()
    assert seen.wrong == []
    await page.context.close()


async def test_an_editor_says_when_nobody_answers(browser: Browser, gate: House, at: Issuer) -> None:
    """The text stays as it was typed."""
    page, seen = await signed_in(browser, gate, at, "admin")
    await page.goto(f"{gate.address}/templates/support_reply")
    await page.locator("form[data-editor] [name=note]").fill("Kinder.")
    await page.context.set_offline(True)
    await page.locator("form[data-editor] button:not([type=button])").first.click()
    await expect(page.locator("form[data-editor] .answer")).to_contain_text("did not answer")
    await expect(page.locator("form[data-editor] [name=note]")).to_have_value("Kinder.")
    assert seen.wrong == []
    await page.context.close()
