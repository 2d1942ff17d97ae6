"""What happens on the page when something goes wrong, and how the page looks to everybody."""

from __future__ import annotations

import re
import signal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.conftest import PHONE, WIDE, Program, Workspace, visit
from tests.console.samples import HOSTILE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_program_goes_away_and_comes_back(browser: Browser, fresh: Program) -> None:
    """A failed post keeps the text and says what to do; when the program is back the page is, without a reload."""
    async with visit(browser, fresh.address) as desk:
        text = await desk.write()
        card = await desk.ready(text)
        await desk.press(card, "Edit")
        field = card.get_by_label("Reply", exact=True)
        await field.fill("Written before the lights went out.")
        await fresh.stop(signal.SIGKILL)
        await expect(desk.page.locator("[data-live]")).to_have_attribute("data-live", "off")
        await card.get_by_role("button", name="Send this").click()
        await expect(card.locator(".answer")).to_contain_text("Your text is kept")
        await expect(field).to_have_value("Written before the lights went out.")
        await desk.write("Nobody is there")
        await expect(desk.page.locator(".composer .answer")).to_contain_text("Your text is kept")
        await fresh.start()
        await expect(desk.page.locator("[data-live]")).to_have_attribute("data-live", "on", timeout=15_000)
        await desk.page.get_by_role("button", name="Send", exact=True).click()
        await expect(desk.thread("Nobody is there")).to_have_count(1)
        await desk.ready(text)
        await card.get_by_role("button", name="Send this").click()
        await expect(desk.thread(text).locator(".post.bot .words")).to_have_text("Written before the lights went out.")
        # The browser reports that nobody answered; that was the point.
        desk.wrong[:] = [line for line in desk.wrong if "ERR_CONNECTION" not in line]


async def test_a_message_whose_answer_was_lost(desk: Workspace) -> None:
    """It is kept to be sent again, and sending it again says it once."""
    lost: list[str] = []

    async def lose(route: Route) -> None:
        await route.fetch()
        lost.append(route.request.url)
        await route.abort()

    await desk.page.route("**/messages/say", lose, times=1)
    await desk.write("Was this heard?")
    await expect(desk.page.locator(".composer .answer")).to_contain_text("Your text is kept")
    await desk.page.get_by_role("button", name="Send", exact=True).click()
    await expect(desk.page.get_by_role("textbox", name="Write as a customer")).to_have_value("")
    assert len(lost) == 1
    await desk.open()
    await expect(desk.thread("Was this heard?")).to_have_count(1)


async def test_typed_text_survives_a_reload(desk: Workspace) -> None:
    """A half-written reply and a half-written message are still there when the page is loaded again."""
    text = await desk.write()
    card = await desk.ready(text)
    await desk.press(card, "Edit")
    await card.get_by_label("Reply", exact=True).fill("Half a sen")
    await desk.page.get_by_role("textbox", name="Write as a customer").fill("Half a mes")
    await desk.page.reload()
    card = await desk.ready(text)
    await expect(card.get_by_label("Reply", exact=True)).to_have_value("Half a sen")
    await expect(desk.page.get_by_role("textbox", name="Write as a customer")).to_have_value("Half a mes")
    await card.get_by_role("button", name="Cancel").click()
    await desk.page.reload()
    await expect((await desk.ready(text)).get_by_label("Reply", exact=True)).to_be_hidden()


async def test_two_tabs_can_be_two_reviewers(desk: Workspace) -> None:
    """Who one reviews as belongs to the tab, and survives a reload."""
    await desk.reviewing_as("Leo")
    await desk.page.reload()
    await expect(desk.page.get_by_label("Reviewing as")).to_have_value("web:leo")
    second = await desk.page.context.new_page()
    await second.goto(desk.address)
    await expect(second.get_by_label("Reviewing as")).to_have_value("web:ana")


async def test_hostile_words_stay_words(desk: Workspace) -> None:
    """Markup, overrides, NUL and braces from a customer and a reviewer are shown everywhere and run nowhere."""
    hostile = f"hostile {HOSTILE}".replace("\ud800", "").replace("\x00", "")
    await desk.write(hostile)
    card = await desk.ready("hostile")
    await desk.press(card, "Write")
    await card.get_by_label("Reply", exact=True).fill(hostile)
    await card.get_by_role("button", name="Send this").click()
    await expect(desk.thread("hostile").locator(".post.bot")).to_have_count(1)
    for path in ("/", "/audit", f"/audit/{await desk.card('hostile').get_attribute('data-review')}"):
        await desk.page.goto(desk.address + path)
        await expect(desk.page.locator("body")).to_contain_text("<img src=x onerror=alert(2)>")
        assert (
            await desk.page.locator(
                "script:not([src]):not([type='application/json']), img, iframe, svg[onload]"
            ).count()
            == 0
        )


async def test_the_policy_bites(desk: Workspace) -> None:
    """If markup ever got through, the browser would still refuse to run it. The test sees that it does."""
    await desk.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')"
    )
    await expect(desk.page).to_have_title(re.compile("Countersign"))
    await desk.page.wait_for_timeout(200)
    assert [line for line in desk.wrong if "Content Security Policy" in line]
    desk.wrong.clear()


async def test_samples(browser: Browser, fresh: Program) -> None:
    """A newcomer finds sample messages open in five languages; one click and one key send one."""
    async with visit(browser, fresh.address) as desk:
        await expect(desk.page.get_by_text("Nothing to sign yet")).to_be_visible()
        for language in ("English", "French", "Danish", "Swedish", "Norwegian"):
            await expect(desk.page.get_by_role("heading", name=language)).to_be_visible()
        await desk.page.get_by_role("button", name="A legal threat").nth(2).click()
        await desk.page.keyboard.press("Enter")
        card = desk.page.locator(".card")
        await expect(card).to_have_attribute("data-state", "in_review")
        await expect(card.locator(".facts")).to_contain_text("legal threat")
        await expect(card.locator(".facts")).to_contain_text("Danish")
        await expect(card.locator(".facts")).to_contain_text("rule-based")


async def test_dark_and_light(browser: Browser, program: Program) -> None:
    """The page follows the system, can be told otherwise, and remembers."""
    async with visit(browser, program.address, color_scheme="dark") as desk:
        assert await _brightness(desk.page) < 60
        await desk.page.get_by_role("button", name="Light or dark").click()
        assert await _brightness(desk.page) > 200
        await desk.page.reload()
        assert await _brightness(desk.page) > 200


async def _brightness(page: Page) -> int:
    colour = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    return max(int(part) for part in re.findall(r"\d+", colour)[:3])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_axe_finds_nothing(browser: Browser, fresh: Program, scheme: str, size: dict[str, int]) -> None:
    """Contrast, names, roles and order hold on every page and with every form open."""
    async with visit(browser, fresh.address, color_scheme=scheme, viewport=size) as desk:
        await _check(desk, "empty")
        await desk.write("You charged me TWICE. This is ridiculous, my lawyer will hear of it. I want a refund!")
        angry = await desk.ready("ridiculous")
        await _check(desk, "card")
        for button in ("Edit", "Redraft", "Reject"):
            await desk.press(angry, button)
            await _check(desk, button)
            await angry.get_by_role("button", name="Cancel").locator("visible=true").click()
        for button in ("Escalate", "Snooze", "Correct"):
            await angry.locator(".menu summary").click()
            await _check(desk, f"menu for {button}")
            await desk.press(angry, button)
            await _check(desk, button)
            await angry.get_by_role("button", name="Cancel").locator("visible=true").click()
        await desk.press(angry, "Edit")
        await angry.get_by_label("Reply", exact=True).fill("We are sorry and look into it.")
        await angry.get_by_role("button", name="Send this").click()
        await expect(desk.card("ridiculous")).to_have_attribute("data-state", "sent")
        await desk.card("ridiculous").get_by_text("Show the conversation").click()
        await desk.card("ridiculous").get_by_text("History").click()
        await _check(desk, "sent")
        await desk.show("channel")
        await desk.thread("ridiculous").get_by_role("button", name="Reply in thread").click()
        await desk.page.get_by_text("Try one of these").click()
        await _check(desk, "thread")
        review = await desk.card("ridiculous").get_attribute("data-review")
        for path in ("/audit", "/audit?decision=all", "/audit?reviewer=nobody", f"/audit/{review}", "/nonesuch"):
            await desk.open(path)
            await _check(desk, path)


async def _check(desk: Workspace, where: str) -> None:
    found = await Axe().run(desk.page)
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
