"""What people do at the workspace, in a real browser against the real program."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import QUESTION, Program, Workspace, visit

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_approve(desk: Workspace) -> None:
    """A customer writes, a draft appears by itself, one click sends it once, and the card says who signed."""
    text = await desk.write()
    card = await desk.ready(text)
    draft = await card.locator(".draft .words").inner_text()
    await desk.press(card, "Approve")
    await expect(desk.card(text)).to_have_attribute("data-state", "sent")
    await expect(desk.card(text).locator(".outcome")).to_contain_text("Approved by Ana")
    replies = desk.thread(text).locator(".post.bot")
    await expect(replies).to_have_count(1)
    assert await replies.locator(".words").inner_text() == draft
    await expect(desk.page.get_by_role("status").filter(has_text="Approved. The reply is on its way.")).to_be_visible()


async def test_edit(desk: Workspace) -> None:
    """Edited words go out instead, and the card shows word by word what changed."""
    text = await desk.write()
    card = await desk.ready(text)
    await desk.press(card, "Edit")
    field = card.get_by_label("Reply", exact=True)
    await expect(field).to_be_focused()
    drafted = await field.input_value()
    await field.fill(f"{drafted} Bring the receipt.")
    await card.get_by_role("button", name="Send this").click()
    await expect(desk.card(text)).to_have_attribute("data-state", "sent")
    await expect(desk.thread(text).locator(".post.bot .words")).to_contain_text("Bring the receipt.")
    await expect(desk.card(text).locator("ins")).to_contain_text("Bring the receipt.")
    await expect(desk.card(text).locator(".outcome")).to_contain_text("Edited and approved by Ana")


async def test_reject(desk: Workspace) -> None:
    """Rejecting asks why; nothing reaches the customer."""
    text = await desk.write()
    card = await desk.ready(text)
    await desk.press(card, "Reject")
    await card.get_by_role("button", name="Reject", exact=True).last.click()
    await expect(card.locator(".answer")).to_contain_text("Choose a reason")
    await card.get_by_text("Tone", exact=True).click()
    await card.get_by_role("button", name="Reject", exact=True).last.click()
    await expect(desk.card(text)).to_have_attribute("data-state", "rejected")
    await expect(desk.card(text).locator(".outcome")).to_contain_text("Rejected by Ana: tone")
    await expect(desk.thread(text).locator(".post.bot")).to_have_count(0)


async def test_redraft(desk: Workspace) -> None:
    """Another draft is asked for with an instruction, and the card says that it was."""
    text = await desk.write()
    card = await desk.ready(text)
    version = await card.get_attribute("data-version")
    await desk.press(card, "Redraft")
    await card.get_by_label("What should be different?").fill("Shorter, please.")
    await card.get_by_role("button", name="Draft again").click()
    await expect(card).not_to_have_attribute("data-version", version or "")
    await desk.ready(text)
    await expect(card.locator(".notice.changed")).to_contain_text("Ana asked for another draft")


async def test_the_customer_writes_more_while_somebody_types(
    browser: Browser, program: Program, desk: Workspace
) -> None:
    """Typed words, caret and focus stay, the page says what happened, and the words can be sent with the next draft."""
    text = await desk.write()
    card = await desk.ready(text)
    await desk.press(card, "Edit")
    field = card.get_by_label("Reply", exact=True)
    await field.fill("Dear Mia, ")
    async with visit(browser, program.address) as other:
        await other.thread(text).get_by_role("button", name="Reply in thread").click()
        await other.thread(text).get_by_role("textbox").fill("And one more thing.")
        # For a moment the card shows that it changed, and takes no decision.
        changed = asyncio.create_task(desk.page.locator(".card[data-fresh]").wait_for())
        await other.page.keyboard.press("Enter")
        await changed
        await expect(card.locator(".moved:not(:empty)")).to_contain_text("The customer wrote more.")
        await desk.page.keyboard.type("here is more.")
        await desk.ready(text)
        await desk.page.keyboard.type(" And the rest.")
        await expect(field).to_be_focused()
        await expect(field).to_have_value("Dear Mia, here is more. And the rest.")
        await expect(card.locator(".moved:not(:empty)")).to_have_text(
            "The customer wrote more. Drafted by the offline drafter. Your text is kept."
        )
        await expect(card.locator(".talk")).to_contain_text("And one more thing.")
        await expect(card.locator(".draft .words")).to_be_visible()
    await desk.page.keyboard.press("Control+Enter")
    await expect(desk.thread(text).locator(".post.bot .words")).to_have_text("Dear Mia, here is more. And the rest.")


async def test_somebody_else_decides_while_somebody_types(browser: Browser, program: Program, desk: Workspace) -> None:
    """The text stays to be copied, cannot be sent any more, and goes when it is thrown away."""
    text = await desk.write()
    card = await desk.ready(text)
    await desk.press(card, "Edit")
    await card.get_by_label("Reply", exact=True).fill("Too late, I fear.")
    async with visit(browser, program.address) as other:
        await other.reviewing_as("Leo")
        await other.press(await other.ready(text), "Approve")
    await expect(desk.card(text)).to_have_attribute("data-state", "sent")
    await expect(card.locator(".moved:not(:empty)")).to_contain_text("Approved by Leo")
    await expect(card.get_by_label("Reply", exact=True)).to_have_value("Too late, I fear.")
    await expect(card.get_by_role("button", name="Send this")).to_be_disabled()
    await card.get_by_role("button", name="Cancel").click()
    await expect(card.get_by_label("Reply", exact=True)).to_have_count(0)


async def test_a_stale_click(browser: Browser, program: Program, desk: Workspace) -> None:
    """On a page that has not heard of it, a click on an old card is refused with who was first; nothing is sent twice."""
    text = await desk.write()
    async with visit(browser, program.address) as deaf:
        card = await deaf.ready(text)
        await deaf.page.route("**/columns/**", lambda route: route.abort())
        await desk.press(await desk.ready(text), "Approve")
        await expect(desk.card(text)).to_have_attribute("data-state", "sent")
        await deaf.reviewing_as("Leo")
        await deaf.press(card, "Approve")
        await expect(card.locator(".answer")).to_contain_text("Approved by Ana")
    await expect(desk.thread(text).locator(".post.bot")).to_have_count(1)


async def test_a_double_click(desk: Workspace) -> None:
    """Two quick clicks are one decision."""
    text = await desk.write()
    card = await desk.ready(text)
    await card.get_by_role("button", name=re.compile("^Approve")).dblclick()
    await expect(desk.card(text)).to_have_attribute("data-state", "sent")
    await expect(desk.thread(text).locator(".post.bot")).to_have_count(1)
    await expect(desk.card(text).locator(".answer")).to_have_text("")


async def test_a_card_that_changed_under_the_pointer(desk: Workspace) -> None:
    """A click that comes within a moment of a change was meant for the words before it, and decides nothing."""
    text = await desk.write()
    card = await desk.ready(text)
    await card.evaluate("card => (card.dataset.fresh = '')")
    await desk.press(card, "Approve")
    await expect(card.locator(".answer")).to_contain_text("has just changed")
    await expect(card).to_have_attribute("data-state", "in_review")


async def test_an_answer_by_hand(desk: Workspace) -> None:
    """When a colleague answers in the thread, the draft retires."""
    text = await desk.write()
    await desk.ready(text)
    await desk.reviewing_as("Leo")
    await desk.thread(text).get_by_role("button", name="Reply in thread").click()
    await desk.thread(text).get_by_role("textbox").fill("I have sent you a label.")
    await desk.thread(text).get_by_role("button", name="Answer by hand").click()
    await expect(desk.card(text)).to_have_attribute("data-state", "retired")
    await expect(desk.card(text).locator(".outcome")).to_contain_text("Answered by hand by Leo")
    await expect(desk.thread(text).locator(".post.staff .words")).to_have_text("I have sent you a label.")


async def test_a_customer_edits_and_deletes(desk: Workspace) -> None:
    """An edit is shown in thread and card; a deletion leaves nothing to answer."""
    text = await desk.write()
    card = await desk.ready(text)
    review = await card.get_attribute("data-review")
    card = desk.page.locator(f'[data-review="{review}"]')
    thread = desk.page.locator(".thread", has=desk.page.locator(".post", has_text=text))
    ref = await thread.locator(".post").first.get_attribute("data-ref")
    post = desk.page.locator(f'.post[data-ref="{ref}"]')
    await post.hover()
    await post.get_by_role("button", name="Edit your message").click()
    await post.get_by_role("textbox").fill(f"{QUESTION} It is blue.")
    await post.get_by_role("button", name="Save").click()
    await expect(post.locator(".words")).to_have_text(f"{QUESTION} It is blue.")
    await expect(post).to_contain_text("edited")
    await expect(card.locator(".notice.changed")).to_contain_text("edited a message")
    await post.hover()
    await post.get_by_role("button", name="Delete your message").click()
    await expect(post).to_contain_text("This message was deleted.")
    await expect(card).to_have_attribute("data-state", "retired")


async def test_a_foreign_message_has_no_tools(desk: Workspace) -> None:
    """As the other customer, and as a reader of a reply, there is nothing to edit or delete."""
    text = await desk.write(by="Jonas Weber")
    tools = desk.thread(text).get_by_role("button", name="Delete your message")
    await expect(tools).to_have_count(1)
    await desk.page.get_by_role("radio", name="Mia Lindqvist").check(force=True)
    await expect(tools).to_have_count(0)


async def test_a_guest_is_refused(desk: Workspace) -> None:
    """Somebody without the right is told so on the card, and nothing changes."""
    text = await desk.write()
    await desk.reviewing_as("Guest")
    card = await desk.ready(text)
    await desk.press(card, "Approve")
    await expect(card.locator(".answer")).to_contain_text("You may look but not decide here")
    await expect(card).to_have_attribute("data-state", "in_review")
    await expect(desk.thread(text).locator(".post.bot")).to_have_count(0)


async def test_a_question_no_article_answers(desk: Workspace) -> None:
    """The card has the customer's words, an empty box and a way to write, never silence."""
    text = await desk.write("Zxq wvut plonk frimble, qwxz?")
    card = await desk.ready(text)
    await expect(card.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    await desk.press(card, "Write")
    await card.get_by_label("Reply", exact=True).fill("Could you say that again?")
    await card.get_by_role("button", name="Send this").click()
    await expect(desk.thread(text).locator(".post.bot .words")).to_have_text("Could you say that again?")


async def test_the_whole_story(desk: Workspace) -> None:
    """From a card's history one click leads to everything on record about it, and from there to its conversation."""
    text = await desk.write()
    await desk.press(await desk.ready(text), "Approve")
    card = desk.card(text)
    await expect(card).to_have_attribute("data-state", "sent")
    await card.get_by_text("History").click()
    await card.get_by_role("link", name="The whole story").click()
    await expect(desk.page.get_by_role("heading", level=1)).to_have_text("Mia Lindqvist")
    await expect(desk.page.get_by_text("Sent exactly as drafted.")).to_be_visible()
    await expect(desk.page.get_by_text(text).first).to_be_visible()
    await desk.page.get_by_role("link", name="Audit").first.click()
    await desk.page.locator("select[name=reviewer]").select_option(label="Ana")
    await desk.page.get_by_role("button", name="Search").click()
    await expect(desk.page.locator(".lines li").first).to_contain_text("Approved")
