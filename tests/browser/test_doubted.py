"""What no source says, at the workspace: it is marked, and one click takes it out before the reader's eyes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import PHONE, WIDE, Workspace, program_in, visit
from tests.doubles.openai_answers import BEHAVIOURS
from tests.doubles.openai_server import OpenAIServer
from tests.stage import doubtful
from tests.stage.doubtful import BORNE_OUT, INVENTED, LINKED, QUESTION

pytestmark = pytest.mark.asyncio(loop_scope="module")
WORDS = ".draft > .words"


@asynccontextmanager
async def asked(browser: Browser, folder: Path, size: dict[str, int], **fields: Any) -> AsyncIterator[Workspace]:
    """Somebody before the card of a question that a model answered as in `doubtful`, with these fields."""
    async with OpenAIServer() as model:
        model.script(*(BEHAVIOURS[str(step.pop("do"))](**step) for step in map(dict, doubtful.script(**fields))))
        env = {"OPENAI_BASE_URL": model.url}
        async with (
            program_in(folder, env, reads=["en"]) as program,
            visit(browser, program.address, viewport=size) as desk,
        ):
            await desk.write(QUESTION)
            await desk.ready(QUESTION)
            yield desk


def remove(card: Locator, sentence: str) -> Locator:
    """The button that takes this sentence out."""
    return card.locator(".checks li", has_text=sentence).get_by_role("button", name="Remove")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_one_click_takes_a_sentence_out(browser: Browser, tmp_path: Path, size: dict[str, int]) -> None:
    """The draft changes under the eyes, and its translation goes; nothing is sent. What is left can be approved, and the
    audit shows what every sentence leaned on, what was hidden from the model, and what the draft took."""
    async with asked(browser, tmp_path, size) as desk:
        card = desk.card(QUESTION)
        await expect(card.locator(".draft mark")).to_have_text(
            [re.compile("Du får"), re.compile("250 kr"), re.compile("https:")]
        )
        await expect(card.locator(".translated")).to_have_count(2)
        await expect(card.locator(".hidden-part")).to_contain_text(
            "Not shown to the model: e-mail address, card number"
        )
        box = await remove(card, INVENTED).bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24
        await remove(card, INVENTED).click()
        await expect(card.locator(WORDS)).not_to_contain_text(INVENTED)
        await expect(card.locator(WORDS)).to_contain_text(BORNE_OUT)
        await expect(card.locator(".translated")).to_have_count(1)
        await expect(remove(card, LINKED)).to_be_visible()
        await expect(card).to_have_attribute("data-state", "in_review")
        await expect(card.get_by_role("button", name="Approve")).to_be_visible()
        await expect(desk.thread(QUESTION).locator(".post.bot")).to_have_count(0)
        await desk.ready(QUESTION)
        await desk.press(card, "Approve")
        await expect(desk.card(QUESTION)).to_have_attribute("data-state", "sent")
        words = desk.thread(QUESTION).locator(".post.bot .words")
        await expect(words).to_contain_text(BORNE_OUT)
        await expect(words).not_to_contain_text(INVENTED)
        await desk.open(f"/audit/{await card.get_attribute('data-review')}")
        draft = desk.page.locator(".proposed")
        await expect(draft.locator("li", has_text=BORNE_OUT)).to_contain_text("Hvor er min pakke?")
        await expect(draft.locator("li", has_text=INVENTED)).to_contain_text("no source")
        await expect(draft).to_contain_text("Not shown to the model: e-mail address, card number")
        await expect(draft).to_contain_text("1,800 tokens sent, 240 received")


async def test_whoever_may_not_decide_takes_nothing_out(browser: Browser, tmp_path: Path) -> None:
    """They read why."""
    async with asked(browser, tmp_path, WIDE) as desk:
        await desk.reviewing_as("Guest")
        card = desk.card(QUESTION)
        await remove(card, INVENTED).click()
        await expect(card.locator(".answer")).to_contain_text("You may look but not decide here.")
        await expect(card.locator(WORDS)).to_contain_text(INVENTED)


async def test_fifty_sentences_leave_the_card_readable(browser: Browser, tmp_path: Path) -> None:
    """The first few are shown, the others folded away; each can be taken out, and at 375 px nothing runs out of the
    page."""
    many = " ".join(
        f"Nummer {number} koster {number}{number} kr. {'og mere ' * 6}<b>{'x' * 20}</b>." for number in range(11, 61)
    )
    async with asked(browser, tmp_path, PHONE, reply=f"{BORNE_OUT} {many[:3900]}") as desk:
        card = desk.card(QUESTION)
        await expect(card.locator(".checks > ul > li")).to_have_count(6)
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await card.locator(".checks summary").click()
        last = card.locator(".checks details li").last
        told = await last.locator("span").inner_text()
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await last.get_by_role("button", name="Remove").click()
        await expect(card.locator(".checks")).not_to_contain_text(told)
        await expect(card.locator(".checks details")).to_have_attribute("open", "")
