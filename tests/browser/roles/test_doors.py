"""Ways in and out: somebody no desk knows, signing out, being signed out, and how the pages of it look."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, Program
from tests.browser.roles.conftest import AGENT, LEAD, OPEN, STRANGER, Coming

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_somebody_no_desk_knows(coming: Coming) -> None:
    """They read who they are here and what to ask for, see nothing else, and can sign out."""
    async with coming() as sam:
        await sam.sign_in(STRANGER)
        main = sam.page.get_by_role("main")
        await expect(main.get_by_role("heading", level=1)).to_have_text("No desk knows you yet")
        await expect(main).to_contain_text("Ask an admin to add this to the people of a desk:")
        await expect(main.get_by_text("web:sam@north.example", exact=True)).to_be_visible()
        assert await sam.ways() == []
        await sam.go("/inbox")
        await expect(main.get_by_role("heading", level=1)).to_have_text("No desk knows you yet")
        await expect(sam.page.get_by_text(OPEN[0])).to_have_count(0)
        await main.get_by_role("button", name="Sign out", exact=True).click()
        await _at_the_door(sam.page)


async def test_signing_out_ends_it_in_every_tab(coming: Coming) -> None:
    """The other tab says so when something is pressed there, and its next page asks to sign in; also for somebody who kept
    what the browser held."""
    async with coming() as ida:
        await ida.sign_in(AGENT)
        held = await ida.page.context.cookies()
        other = await ida.page.context.new_page()
        await other.goto(ida.address + "/inbox")
        card = other.locator(".card", has_text=OPEN[0])
        await expect(other.locator(".card:not([data-fresh])", has_text=OPEN[0])).to_have_count(1)
        await ida.page.get_by_role("button", name=re.compile("^Signed in as")).click()
        await ida.fit()
        await ida.page.get_by_role("button", name="Sign out", exact=True).click()
        await _at_the_door(ida.page)
        await card.get_by_role("button", name=re.compile("^Approve")).click()
        await expect(other.get_by_text(re.compile("You are not signed in any more"))).to_be_visible()
        await other.get_by_role("link", name="My figures").click()
        await _at_the_door(other)
        await ida.page.context.add_cookies(
            [{"name": one["name"], "value": one["value"], "url": ida.address} for one in held]
        )
        await other.goto(ida.address + "/inbox")
        await _at_the_door(other)


async def test_revoked_at_the_command_line(coming: Coming, program: Program) -> None:
    """Who is signed out by an admin is out at the next click, and nobody else is."""
    async with coming() as ida, coming() as lea:
        await ida.sign_in(AGENT)
        await lea.sign_in(LEAD)
        told = await program.command("sessions", "revoke", "web:ida@north.example")
        assert "web:ida@north.example is signed out of" in told
        await ida.page.get_by_role("link", name="My figures").click()
        await _at_the_door(ida.page)
        await lea.follow("Audit")
        await expect(lea.page.get_by_role("heading", level=1)).to_have_text("Audit")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_how_it_looks(scheme: str, size: dict[str, int], coming: Coming) -> None:
    """The way in, a refusal and the account, wide and on a phone, light and dark."""
    async with coming(viewport=size, color_scheme=scheme) as ida:
        await ida.go("/signin")
        await expect(ida.page.get_by_role("heading", level=1)).to_have_text("Sign in")
        await ida.sign_in(AGENT, "/desks")
        await ida.refused("Only the leads and admins")
        await ida.go("/inbox")
        await ida.page.get_by_role("button", name=re.compile("^Signed in as")).click()
        await expect(ida.page.get_by_role("button", name="Sign out everywhere")).to_be_visible()
        await ida.fit()
    async with coming(viewport=size, color_scheme=scheme) as sam:
        await sam.sign_in(STRANGER)


async def _at_the_door(page: Page) -> None:
    await expect(page).to_have_url(re.compile("/signin"))
    await expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
