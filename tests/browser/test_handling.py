"""What people do with a review besides deciding on it, at the workspace: the menu, who is on it, and questions back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import PHONE, WIDE, Program, Workspace, program_in, visit

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def choose(card: Locator, name: str) -> None:
    """Open the menu of a card and take something from it."""
    await card.locator(".menu summary").click()
    await card.locator(".menu-list").get_by_role("button", name=name).click()


async def confirm(card: Locator) -> None:
    """Send off the form that is open."""
    await card.locator("form:not([hidden]) .form-end .primary").click()


async def test_escalate(desk: Workspace) -> None:
    """From the menu, with a note: no agent decides any more, the card says why, and a lead does."""
    text = await desk.write()
    card = await desk.ready(text)
    await choose(card, "Escalate to a lead")
    await expect(card.locator(".menu-list")).to_be_hidden()
    await card.get_by_label("What should the lead know?").fill("They threaten with a lawyer.")
    await confirm(card)
    await expect(card.locator(".state")).to_have_text("Escalated: a lead decides")
    await expect(card.locator(".notice.escalated")).to_contain_text("by Ana: “They threaten with a lawyer.”")
    await desk.ready(text)
    await desk.press(card, "Approve")
    await expect(card.locator(".answer")).to_have_text("This review was escalated: a lead of this desk decides.")
    await expect(card).to_have_attribute("data-state", "in_review")
    await desk.reviewing_as("Leo")
    await desk.press(card, "Approve")
    await expect(desk.card(text)).to_have_attribute("data-state", "sent")
    await expect(desk.card(text).locator(".outcome")).to_contain_text("Approved by Leo")


async def test_snooze(desk: Workspace) -> None:
    """It is folded away until it is brought back, and says until when."""
    text = await desk.write()
    card = await desk.ready(text)
    await choose(card, "Snooze")
    await card.get_by_text("2 hours", exact=True).click()
    await confirm(card)
    await expect(card).to_have_attribute("data-state", "snoozed")
    await expect(card.locator(".notice.changed")).to_contain_text(re.compile(r"Snoozed by Ana until .*\d\d:\d\d"))
    await expect(card.locator(".draft")).to_be_hidden()
    await card.get_by_text("Show the conversation").click()
    await expect(card.locator(".draft")).to_be_visible()
    await expect(desk.page.locator(".card:not([data-fresh])", has_text=text)).to_have_count(1)
    await desk.press(card, "Bring back now")
    await expect(card).to_have_attribute("data-state", "in_review")


async def test_correct_the_sentiment(desk: Workspace) -> None:
    """The flag says what the person said, and that a person said it."""
    text = await desk.write("This is ridiculous (a joke), where is it?")
    card = await desk.ready(text)
    await expect(card.locator(".facts .mood-angry")).to_be_visible()
    await choose(card, "Correct the sentiment")
    await expect(card.get_by_role("radio", name="Angry")).to_be_checked()
    await card.get_by_text("Happy", exact=True).click()
    await confirm(card)
    await expect(card.locator(".facts .mood-positive")).to_have_text("Happy")
    await expect(card.locator(".facts")).to_contain_text("corrected by a person")
    await expect(card.locator("mark")).to_have_count(0)


async def test_take_over(browser: Browser, program: Program, desk: Workspace) -> None:
    """A colleague sees who is on it before they begin, also in the middle of a sentence; nobody is locked out."""
    text = await desk.write()
    card = await desk.ready(text)
    async with visit(browser, program.address) as other:
        await other.reviewing_as("Leo")
        theirs = await other.ready(text)
        await other.press(theirs, "Edit")
        await theirs.get_by_label("Reply", exact=True).fill("Dear Mia, ")
        await desk.press(card, "I am on it")
        await expect(card.locator(".holder")).to_have_text(re.compile("Ana.* is on it"))
        await expect(theirs.locator(".moved:not(:empty)")).to_have_text("Ana is on it. Your text is kept.")
        await expect(theirs.get_by_label("Reply", exact=True)).to_have_value("Dear Mia, ")
        await theirs.get_by_role("button", name="Cancel").click()
        await other.ready(text)
        await other.press(theirs, "Take over")
        await expect(card.locator(".holder")).to_have_text(re.compile("Leo.* is on it"))
    await desk.ready(text)
    await desk.press(card, "Approve")
    await expect(desk.card(text)).to_have_attribute("data-state", "sent")


async def test_the_menu_by_keyboard(desk: Workspace) -> None:
    """It opens and closes with keys alone, and the focus comes back to where it was."""
    text = await desk.write()
    card = await desk.ready(text)
    keys, menu = desk.page.keyboard, card.locator(".menu summary")
    await card.focus()
    await keys.press("c")
    await expect(card.locator(".holder")).to_be_visible()
    await desk.ready(text)
    await menu.focus()
    await keys.press("Enter")
    await keys.press("Tab")
    await expect(card.get_by_role("button", name="Escalate to a lead")).to_be_focused()
    await keys.press("Escape")
    await expect(menu).to_be_focused()
    await expect(card.locator(".menu-list")).to_be_hidden()
    await keys.press("Space")
    await keys.press("Tab")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(card.get_by_role("radio", name="30 minutes")).to_be_focused()
    await keys.press("Escape")
    await expect(menu).to_be_focused()
    await keys.press("Enter")
    await keys.press("Shift+Tab")
    await expect(card.locator(".menu-list")).to_be_hidden()
    await menu.click()
    await desk.page.locator("h1, .column-head").last.click()
    await expect(card.locator(".menu-list")).to_be_hidden()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_the_menu_stays_on_its_card(browser: Browser, program: Program, size: dict[str, int]) -> None:
    """Also at 375 px, and everything in it is large enough to be touched."""
    async with visit(browser, program.address, viewport=size, has_touch=True) as desk:
        text = await desk.write()
        card = await desk.ready(text)
        await card.locator(".menu summary").tap()
        around = await card.bounding_box()
        for button in await card.locator(".menu-list button").all():
            box = await button.bounding_box()
            assert box is not None
            assert around is not None
            assert around["x"] <= box["x"] <= box["x"] + box["width"] <= around["x"] + around["width"]
            assert box["height"] >= 34
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        await card.locator(".menu-list").get_by_role("button", name="Snooze").tap()
        await card.get_by_text("30 minutes", exact=True).tap()
        await card.locator("form:not([hidden]) .form-end .primary").tap()
        await expect(card).to_have_attribute("data-state", "snoozed")


async def test_an_approval_that_asks_back(browser: Browser, tmp_path: Path) -> None:
    """The question stands on the page, begins at no, and goes when the words it was about have changed."""
    async with program_in(tmp_path, confirm="always") as careful, visit(browser, careful.address) as desk:
        text = await desk.write()
        card = await desk.ready(text)
        question = card.locator("form[data-ask]")
        await card.focus()
        await desk.page.keyboard.press("a")
        await expect(question).to_contain_text("Send this reply?")
        await expect(question.get_by_role("button", name="Not yet")).to_be_focused()
        await desk.page.keyboard.press("Enter")
        await expect(question).to_be_hidden()
        await expect(card.get_by_role("button", name=re.compile("^Approve"))).to_be_focused()
        await desk.press(card, "Approve")
        async with visit(browser, careful.address) as other:
            await other.press(await other.ready(text), "I am on it")
        await expect(question).to_be_hidden()
        await expect(card.locator(".answer")).to_contain_text("has just changed")
        await expect(card).to_have_attribute("data-state", "in_review")
        await desk.ready(text)
        await desk.press(card, "Approve")
        await question.get_by_role("button", name="Yes, send it").click()
        await expect(desk.card(text)).to_have_attribute("data-state", "sent")
        await expect(desk.thread(text).locator(".post.bot")).to_have_count(1)


async def test_a_promise_that_runs_out(browser: Browser, program: Program) -> None:
    """The card says by itself when the reply is overdue, without a reload."""
    async with visit(browser, program.address) as desk:
        await desk.page.clock.install()
        await desk.open()
        text = await desk.write()
        card = await desk.ready(text)
        due = card.locator(".due")
        await expect(due).to_have_text(re.compile(r"Reply due.*in "))
        await expect(due.locator(".late")).to_be_hidden()
        await desk.page.clock.fast_forward("01:01:00")
        await expect(due.locator(".late")).to_be_visible()
        await expect(due.locator(".soon")).to_be_hidden()
