"""The inbox in a real browser: two people on one review, a phone, a keyboard alone, and nothing that axe would mind."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import PHONE, WIDE, Program, Workspace, visit

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def enter(visitor: Workspace, query: str = "") -> None:
    """Go to the inbox, and be connected."""
    await visitor.open(f"/inbox{query}")
    await expect(visitor.page.locator("[data-live]")).to_have_attribute("data-live", "on")


async def test_two_on_one_review(browser: Browser, program: Program, desk: Workspace) -> None:
    """They see each other come, type and go; when one decides, the other sees it and keeps what they typed."""
    text = await desk.write()
    await desk.ready(text)
    await enter(desk)
    async with visit(browser, program.address) as other:
        await enter(other)
        await other.reviewing_as("Leo")
        mine, theirs = desk.card(text), other.card(text)
        await desk.press(mine, "Edit")
        await mine.get_by_label("Reply", exact=True).fill("Dear Mia, ")
        await theirs.locator("h3").click()
        await expect(theirs.locator(".here")).to_have_text("\u2068Ana\u2069 is writing a reply to this.")
        await expect(mine.locator(".here")).to_have_text("\u2068Leo\u2069 is looking at this too.")
        await other.press(theirs, "Approve")
        await expect(theirs.locator(".outcome")).to_contain_text("Approved by Leo")
        await expect(mine).to_have_attribute("data-state", "sent")
        await expect(mine.locator(".moved:not(:empty)")).to_contain_text("Approved by Leo")
        await expect(mine.get_by_label("Reply", exact=True)).to_have_value("Dear Mia, ")
        await other.page.locator("h1").click()
        await expect(mine.locator(".here")).to_have_text("")
    # Once nobody is at it any more it is gone with the next look.
    await mine.get_by_role("button", name="Cancel").click()
    await desk.page.locator("h1").click()
    await desk.page.get_by_role("link", name=re.compile("^Open")).click()
    await expect(mine).to_have_count(0)


async def test_narrowing_down_loads_no_page(desk: Workspace) -> None:
    """A filter changes the list and the address in place, and the way back leads back."""
    text = await desk.write()
    await desk.ready(text)
    await enter(desk)
    await desk.page.evaluate("window.same = true")
    await desk.press(desk.card(text), "I am on it")
    await expect(desk.card(text).locator(".holder")).to_contain_text("Ana")
    await desk.page.get_by_role("link", name=re.compile("^Mine")).click()
    await expect(desk.page).to_have_url(re.compile(r"/inbox\?mine=1$"))
    await expect(desk.page.locator(".card")).to_have_count(1)
    await desk.page.get_by_label("Open for").select_option(label="A day or longer")
    await expect(desk.page.get_by_text("Nothing like that is open")).to_be_visible()
    await expect(desk.page).to_have_url(re.compile(r"longer=24"))
    await desk.page.go_back()
    await expect(desk.card(text)).to_have_count(1)
    await expect(desk.page.get_by_label("Open for")).to_have_value("")
    assert await desk.page.evaluate("window.same")


async def test_with_the_keyboard_alone(desk: Workspace) -> None:
    """From card to card, edit and leave, approve, on to the next."""
    texts = [await desk.write(), await desk.write()]
    for text in texts:
        await desk.ready(text)
    await enter(desk, "?order=newest")
    keys = desk.page.keyboard
    await keys.press("j")
    await expect(desk.card(texts[1])).to_be_focused()
    await keys.press("j")
    await expect(desk.card(texts[0])).to_be_focused()
    await keys.press("e")
    await expect(desk.card(texts[0]).get_by_label("Reply", exact=True)).to_be_focused()
    await keys.press("Escape")
    await desk.card(texts[0]).focus()
    await keys.press("a")
    await expect(desk.card(texts[0]).locator(".outcome")).to_contain_text("Approved by Ana")
    await keys.press("k")
    await expect(desk.card(texts[1])).to_be_focused()
    await keys.press("c")
    await expect(desk.card(texts[1]).locator(".holder")).to_contain_text("Ana")
    await keys.press("?")
    await expect(desk.page.get_by_role("dialog")).to_be_visible()
    await keys.press("Escape")


async def test_on_a_phone(browser: Browser, program: Program, desk: Workspace) -> None:
    """The pages and the filters are a tap away, nothing runs off the side, and a reply can be signed."""
    text = await desk.write()
    await desk.ready(text)
    async with visit(browser, program.address, viewport=PHONE, has_touch=True) as phone:
        await phone.page.get_by_role("button", name="Pages").click()
        await phone.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Inbox").click()
        await expect(phone.page).to_have_url(re.compile("/inbox$"))
        await phone.page.get_by_role("button", name="Sort and narrow down").click()
        await phone.page.get_by_label("Sort by").select_option(label="Newest first")
        await phone.page.get_by_role("button", name="Show", exact=True).click()
        await expect(phone.page).to_have_url(re.compile("order=newest"))
        await expect(phone.page.locator(".card").first).to_contain_text(text)
        assert await phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await phone.press(phone.card(text), "Approve")
        await expect(phone.card(text).locator(".outcome")).to_contain_text("Approved by Ana")


async def test_the_pages_are_reached_with_keys_on_a_phone(browser: Browser, program: Program) -> None:
    """Enter opens the list of pages, Escape shuts it and gives the focus back."""
    async with visit(browser, program.address, viewport=PHONE) as phone:
        opener = phone.page.get_by_role("button", name="Pages")
        await opener.focus()
        await phone.page.keyboard.press("Enter")
        inbox = phone.page.get_by_role("link", name="Inbox")
        await expect(inbox).to_be_visible()
        await phone.page.keyboard.press("Tab")
        await expect(inbox).to_be_focused()
        await phone.page.keyboard.press("Escape")
        await expect(inbox).to_be_hidden()
        await expect(opener).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_axe_finds_nothing(
    browser: Browser, program: Program, desk: Workspace, scheme: str, size: dict[str, int]
) -> None:
    """With cards, with a form open, with the menu open, and with nothing that fits."""
    await desk.ready(await desk.write())
    async with visit(browser, program.address, viewport=size, color_scheme=scheme) as visitor:
        await enter(visitor, "?order=newest")
        await visitor.press(visitor.page.locator(".card").first, "Edit")
        assert await _found(visitor.page) == []
        if size == PHONE:
            await visitor.page.get_by_role("button", name="Pages").click()
            assert await _found(visitor.page) == []
        await enter(visitor, "?longer=72")
        await expect(visitor.page.get_by_text("Nothing like that is open")).to_be_visible()
        assert await _found(visitor.page) == []


async def _found(page: Page) -> list[str]:
    results = await Axe().run(page)
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in results.response["violations"]]
