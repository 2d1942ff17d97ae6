"""The same work with a thumb on a phone, and with a keyboard alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import PHONE, QUESTION, Program, Workspace, visit

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_phone(browser: Browser, program: Program) -> None:
    """At 375 px both columns are a tab away, nothing runs off the side, and a reply can be signed."""
    async with visit(browser, program.address, viewport=PHONE, has_touch=True) as phone:
        text = await phone.write()
        card = await phone.ready(text)
        for column in ("reviews", "channel", "reviews"):
            await phone.show(column)
            await expect(phone.page.locator(f"section.{column}")).to_be_visible()
            assert await phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for button in await card.get_by_role("button").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
        await phone.press(card, "Approve")
        await expect(phone.card(text)).to_have_attribute("data-state", "sent")
        await phone.open("/audit")
        assert await phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def test_the_keyboard(desk: Workspace) -> None:
    """Everything is done without a mouse: write, move to a card, edit, approve, ask for help."""
    keys = desk.page.keyboard
    await desk.page.get_by_role("textbox", name="Write as a customer").focus()
    text = f"{QUESTION} (by keyboard)"
    await keys.type(text)
    await keys.press("Enter")
    card = await desk.ready(text)
    await desk.page.locator("body").evaluate("() => document.activeElement.blur()")
    await keys.press("j")
    await expect(card).to_be_focused()
    await keys.press("e")
    await expect(card.get_by_label("Reply", exact=True)).to_be_focused()
    await keys.press("Escape")
    await expect(card.get_by_label("Reply", exact=True)).to_be_hidden()
    await keys.press("r")
    await expect(card.get_by_role("radio").first).to_be_focused()
    await keys.press("Escape")
    await keys.press("?")
    await expect(desk.page.get_by_role("dialog")).to_be_visible()
    await keys.press("Escape")
    await expect(desk.page.get_by_role("dialog")).to_be_hidden()
    await card.focus()
    await keys.press("a")
    await expect(desk.card(text)).to_have_attribute("data-state", "sent")
    await expect(desk.card(text)).to_be_focused()


async def test_letters_decide_only_on_a_card_in_focus(desk: Workspace) -> None:
    """Away from a card, or with the shortcuts off, a letter is a letter."""
    text = await desk.write()
    card = await desk.ready(text)
    posted: list[str] = []
    desk.page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    await desk.page.locator("body").evaluate("() => document.activeElement.blur()")
    await desk.page.keyboard.press("a")
    await desk.page.keyboard.press("?")
    await desk.page.get_by_label("Single-letter shortcuts are on").uncheck()
    await desk.page.keyboard.press("Escape")
    await card.focus()
    await desk.page.keyboard.press("a")
    await desk.page.wait_for_timeout(200)
    assert posted == []
    await desk.page.get_by_role("button", name="Keyboard shortcuts").click()
    await desk.page.get_by_label("Single-letter shortcuts are on").check()
    await desk.page.keyboard.press("Escape")
    await card.focus()
    await desk.page.keyboard.press("e")
    await card.focus()
    # While a form is open its card has no other button, so no other letter either.
    await desk.page.keyboard.press("a")
    await desk.page.wait_for_timeout(200)
    assert posted == []
    await card.get_by_role("button", name="Cancel").click()
    await card.focus()
    await desk.page.keyboard.press("a")
    await expect(desk.card(text)).to_have_attribute("data-state", "sent")
