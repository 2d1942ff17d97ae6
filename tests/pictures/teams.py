"""What people see in Teams: stories played by the program itself, drawn by Microsoft's own renderer of Adaptive Cards.

The renderer is the npm package `adaptivecards`, which is no part of this repository.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser

from tests.channels.teams.house import House
from tests.doubles.teams import Message
from tests.doubles.teams.wire import Json
from tests.pictures.stories import CROSS, ODD, POLITE
from tests.stage import doubtful

RENDERER = "ADAPTIVECARDS"
WANTED = (
    f"The cards of Teams are not drawn: {RENDERER} does not name the adaptivecards.min.js of the npm package"
    " adaptivecards. Somewhere outside this repository: npm install adaptivecards, and then"
    f" {RENDERER}=node_modules/adaptivecards/dist/adaptivecards.min.js.\n"
)
_PAGE = Path(__file__).with_name("teams.html")
_WIDTH = 720
_LOOK = json.loads(Path(__file__).with_name("teams.json").read_text("utf-8"))


@dataclass(frozen=True)
class Shot:
    """A card to be drawn; `opened` is the title of a button that was pressed to see what lies beneath."""

    name: str
    card: Json
    at: float
    opened: str = ""


async def draw(browser: Browser, shot: Shot, folder: Path, renderer: Path, *, dark: bool = False) -> Path:
    """The card as a PNG in this folder."""
    sheet = await browser.new_page(
        viewport={"width": _WIDTH, "height": 400}, device_scale_factor=1.5, timezone_id="UTC", locale="en-GB"
    )
    try:
        await sheet.set_content(_PAGE.read_text("utf-8"))
        await sheet.add_script_tag(path=renderer)
        time = datetime.fromtimestamp(shot.at, UTC).strftime("%H:%M")
        await sheet.evaluate("show", [shot.card, _LOOK["dark" if dark else "light"], time, dark])
        if shot.opened:
            await sheet.get_by_role("button", name=shot.opened, exact=True).click()
        target = folder / f"teams-{shot.name}{'-dark' if dark else ''}.png"
        await sheet.locator("main").screenshot(path=target)
        return target
    finally:
        await sheet.close()


async def _asked(house: House, text: str) -> tuple[Message, Message]:
    """A customer's question and its card, with a decision to make."""
    teams, town = house.teams, house.teams.town
    question = await teams.act.write(town.kim, town.support, text)
    return question, await house.card(lambda post: bool(post.card) and '"edit"' in json.dumps(post.card))


async def pending(house: House) -> Shot:
    """A draft that waits for somebody."""
    _, card = await _asked(house, POLITE)
    return _of("pending", card)


async def form(house: House) -> Shot:
    """Edit opens on the card, with the words in hand."""
    _, card = await _asked(house, POLITE)
    return _of("form", card, "Edit")


async def angry(house: House) -> Shot:
    """A customer who has had enough."""
    _, card = await _asked(house, CROSS)
    return _of("angry", card)


async def decided(house: House) -> Shot:
    """Edited and sent: who, what, and what was changed."""
    _, card = await _asked(house, POLITE)
    (words,) = [one["value"] for one in _inputs(card) if one["id"] == "edit_words"]
    words += "\n\nSend me the new address and I will change it today."
    await house.press(house.teams.town.ana, card, "edit", words=words)
    await house.shows(card, "Delivered.")
    return _of("decided", card)


async def stuck(house: House) -> Shot:
    """Nobody can tell whether the reply arrived: a person looks."""
    teams, town = house.teams, house.teams.town
    _, card = await _asked(house, POLITE)
    town.support_team.consent.clear()
    teams.faults.lose("connector.send", landed=False).conversation = town.support.id
    await house.press(town.ana, card, "approve")
    await house.shows(card, "Look in the thread.", pressable=True)
    return _of("stuck", card)


async def draftless(house: House) -> Shot:
    """Nothing in the knowledge base answers: the person writes."""
    _, card = await _asked(house, ODD)
    return _of("draftless", card)


async def doubted(house: House) -> Shot:
    """What no source says, an attempt to steer, and a language that nobody here reads. Needs the model's answer."""
    _, card = await _asked(house, doubtful.QUESTION)
    return _of("doubted", card)


STORIES: tuple[Callable[[House], Awaitable[Shot]], ...] = (pending, form, angry, decided, stuck, draftless, doubted)


def _of(name: str, card: Message, opened: str = "") -> Shot:
    assert card.card
    return Shot(name, card.card, card.at, opened)


def _inputs(card: Message) -> list[Json]:
    from tests.doubles.teams.kit import walk

    assert card.card
    return [one for one, _ in walk.inputs(card.card)]
