"""The five main pages after a day's work in the local workspace, photographed in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser

from bot.channels.card import Card
from bot.review.model import State
from bot.settings import read_samples
from tests.console.conftest import House, running, settings
from tests.stage.databases import Sqlite

ROOT = Path(__file__).parents[2]
_WIDE, _HIGH = 1280, 860
# What Ana does with the cards, one after the other; the last ones stay open.
_VERBS = ("approve", "approve", "edit", "approve", "reject", "approve", "edit", "approve")


async def draw(browser: Browser, folder: Path, place: Path) -> AsyncIterator[Path]:
    """A picture of each page, in the light."""
    database = Sqlite(place).fresh(place / "countersign.db")
    async with running(settings(ROOT, place, database)) as house:
        decided = await _day(house)
        page = await browser.new_page(viewport={"width": _WIDE, "height": _HIGH}, color_scheme="light")
        for name, address in (
            ("inbox", "/inbox"),
            ("story", f"/audit/{decided.review}"),
            ("insight", "/insight"),
            ("template", "/templates/support_reply"),
            ("health", "/health"),
        ):
            await page.goto(house.address + address)
            await page.wait_for_load_state("load")
            file = folder / f"page-{name}.png"
            await page.screenshot(path=file)
            yield file
        await page.close()


async def _day(house: House) -> Card:
    """Customers write, Ana decides on most; the card she edited last."""
    texts = [sample["text"] for sample in read_samples(ROOT / "config" / "samples.yaml")]
    for number, text in enumerate(texts):
        await house.say(text, by=f"web:customer-{number % 2}")
    edited: Card | None = None
    for text, verb in zip(texts, _VERBS, strict=False):
        card = await house.card(text=text)
        if not card.reply:
            continue
        fields = {"reject": {"reason": "tone"}, "edit": {"words": f"{card.reply}\n\nWrite to us whenever you like."}}
        await house.decide(card, verb, **fields.get(verb, {}))
        if verb == "edit":
            edited = await house.card(State.SENT, text)
    assert edited is not None
    return edited
