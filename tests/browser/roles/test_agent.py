"""An agent signs in: her desk's reviews, her own figures, and a kind no to everything else."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.roles.conftest import AGENT, ELSEWHERE, OPEN, Coming

pytestmark = pytest.mark.asyncio(loop_scope="module")
LEADS, ADMINS = "Only the leads and admins of a desk can see this.", "Only the admins of a desk can see this."
OTHERS = {
    "/audit": LEADS,
    "/audit/record": LEADS,
    "/insight": LEADS,
    "/radar": LEADS,
    "/desks": LEADS,
    "/desks/nordlys": LEADS,
    "/health": LEADS,
    "/templates": ADMINS,
    "/templates/support_reply": ADMINS,
}


async def test_she_answers_for_her_desk(coming: Coming) -> None:
    """She sees what waits there and nowhere else, takes one, signs it, and finds it among her figures."""
    async with coming() as ida:
        await ida.sign_in(AGENT)
        await expect(ida.page).to_have_url(re.compile("/inbox$"))
        await expect(ida.page.locator(".card")).to_have_count(len(OPEN))
        await expect(ida.page.get_by_text(ELSEWHERE[0])).to_have_count(0)
        assert await ida.ways() == ["Inbox", "My figures"]
        card = await ida.ready(OPEN[0])
        await ida.press(card, "I am on it")
        await expect(card.locator(".holder")).to_contain_text("Ida Holm")
        await ida.fit()
        await ida.ready(OPEN[0])
        await ida.press(card, "Approve")
        await expect(card.locator(".outcome")).to_contain_text("Approved by Ida Holm")
        await expect(card).to_have_attribute("data-state", "sent")
        await ida.follow("My figures")
        await expect(ida.page.get_by_role("heading", level=1)).to_have_text("My figures")
        await expect(ida.page.get_by_role("main")).to_contain_text("1 of 1")


async def test_what_is_not_hers(coming: Coming) -> None:
    """Typing the address of a page that is for others gives a page that says for whom it is, and leads back."""
    async with coming() as ida:
        await ida.sign_in(AGENT, "/desks")
        for path, because in OTHERS.items():
            answer = await ida.page.goto(ida.address + path)
            assert answer
            assert answer.status == 403, path
            await ida.refused(because)
        assert await ida.ways() == ["Inbox", "My figures"]
        await ida.page.get_by_role("link", name="Back to the start").click()
        await expect(ida.page).to_have_url(re.compile("/inbox$"))


async def test_with_the_keyboard_alone(coming: Coming) -> None:
    """She signs in, takes a review and signs it without a pointer."""
    async with coming() as ida:
        await ida.page.goto(ida.address)
        keys = ida.page.keyboard
        button = ida.page.get_by_role("link", name="Sign in", exact=True)
        for _ in range(6):
            await keys.press("Tab")
            if await button.evaluate("one => one === document.activeElement"):
                break
        await expect(button).to_be_focused()
        await keys.press("Enter")
        await expect(ida.page.get_by_placeholder("sub")).to_be_focused()
        await keys.type(AGENT)
        await keys.press("Enter")
        await ida.page.wait_for_url("**/inbox")
        card = await ida.ready(OPEN[1])
        for _ in range(len(OPEN)):
            await keys.press("j")
            if await card.evaluate("one => one === document.activeElement"):
                break
        await expect(card).to_be_focused()
        await keys.press("c")
        await expect(card.locator(".holder")).to_contain_text("Ida Holm")
        await ida.ready(OPEN[1])
        await keys.press("a")
        await expect(card.locator(".outcome")).to_contain_text("Approved by Ida Holm")
        await expect(card).to_have_attribute("data-state", "sent")
