"""Every page in a real browser, wide and on a phone, light and dark: whole, within its width, and nothing axe would mind.

What breaks the content security policy, asks another machine, or fails in a script fails here too: see `conftest.watch`.
"""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from bot.console.ways import WAYS
from tests.browser.conftest import PHONE, WIDE, Program, Workspace, amiss, visit

pytestmark = pytest.mark.asyncio(loop_scope="module")
# Beside those that stand on top of each page.
_BEHIND = (
    "/templates/support_reply",
    "/templates/support_reply/compare",
    "/templates/support_reply/history",
    "/desks/nordlys",
    "/nowhere",
)


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)], ids=["light-wide", "dark-phone"])
async def test_every_page_is_fit_to_be_seen(
    browser: Browser, program: Program, desk: Workspace, scheme: str, size: dict[str, int]
) -> None:
    """After a reply went out, whatever can be opened is in order."""
    text = await desk.write()
    await desk.press(await desk.ready(text), "Approve")
    await desk.show("reviews")
    await expect(desk.card(text)).to_have_attribute("data-state", "sent")
    story = await desk.card(text).locator("a[href^='/audit/']").get_attribute("href")
    assert story
    async with visit(browser, program.address, viewport=size, color_scheme=scheme) as visitor:
        for path in (*(address for _, address, _ in WAYS), story, *_BEHIND):
            await visitor.page.goto(program.address + path)
            await expect(visitor.page.get_by_role("main")).to_be_visible()
            assert await amiss(visitor.page) == [], path
        visitor.wrong[:] = [one for one in visitor.wrong if "404" not in one]
