"""The page of figures: what it shows is what the audit says, told twice; and everybody sees only what is theirs to see."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from math import ceil
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.channels.card import Card
from bot.console.insight import Asked, percent, span
from bot.console.recent import Recent
from bot.insight import queries
from bot.insight.queries import Story
from bot.phrases import say
from bot.review.actions import Delivered, Edit, MarkSent, Received, Reject
from bot.review.model import State
from bot.store.tables import reviews
from tests.console.conftest import PATIENCE, House, running, settings
from tests.console.test_pages import Reader

TEXTS = {
    "as_is": "How do I return a jacket?",
    "edited": "Where is my parcel? It was to be here yesterday.",
    "rejected": "Can I change my password?",
    "by_hand": "Do you sell gift cards?",
    "withdrawn": "Is my invoice paid?",
    "open": "What does the warranty cover?",
}


@pytest.fixture
async def lived(root: Path, tmp_path: Path, database: sa.URL) -> AsyncIterator[House]:
    """A program in which one review went each of the ways there are."""
    async with running(settings(root, tmp_path, database)) as house:
        for number, text in enumerate(TEXTS.values()):
            await house.say(text, by=f"web:customer-{number % 2}")
        cards = {name: await house.card(text=text) for name, text in TEXTS.items()}
        await house.decide(cards["as_is"], "approve")
        await house.decide(cards["edited"], "edit", by="web:leo", words=f"{cards['edited'].reply} It costs 300 kr.")
        await house.decide(cards["rejected"], "reject", reason="tone")
        threads = {post.text: thread for thread in await house.program.web.threads() for post in thread.posts}
        by_hand, gone = (threads[TEXTS[name]] for name in ("by_hand", "withdrawn"))
        await house.post(
            "/messages/answer", {"by": "web:ana", "root": by_hand.root, "text": "We do.", "nonce": "nonce-answer"}
        )
        await house.post("/messages/delete", {"by": "web:customer-0", "ref": gone.posts[0].ref})
        for name in ("as_is", "edited"):
            await house.card(State.SENT, TEXTS[name])
        await _settled(house, cards.values())
        yield house


async def _settled(house: House, cards: Iterable[Card]) -> None:
    """All but one of these reviews are closed."""
    for _ in range(200):
        found = [await house.program.desk.card(card.review) for card in cards]
        if sum(card is not None and card.state in (State.SENT, State.REJECTED, State.RETIRED) for card in found) == 5:
            return
        await house.program.engine.time()


async def _stories(house: House) -> list[Story]:
    """Everything on record, review by review."""

    def read(conn: queries.Connection) -> list[Story]:
        ids = conn.execute(sa.select(reviews.c.id)).scalars().all()
        return [found for one in ids if (found := queries.story(conn, one)) is not None]

    return await house.program.engine.read(read)


def _outcome(story: Story) -> str:
    """From the last words of a story, without looking at anything that was made of it."""
    steps = [entry.line.action for entry in story.entries]
    if any(isinstance(step, Delivered | MarkSent) for step in steps):
        return "edited" if any(isinstance(step, Edit) for step in steps) else "as_is"
    if any(isinstance(step, Reject) for step in steps):
        return "rejected"
    if story.entries[-1].line.after is not State.RETIRED:
        return "open"
    return "withdrawn" if steps[-1].by.role.value == "customer" else "by_hand"


def _waits(stories: Iterable[Story], *until: type) -> list[float]:
    """How long it was from the opening to the last of such a step, by story, in order."""
    found = []
    for story in stories:
        opened = next(entry.line.action.at for entry in story.entries if isinstance(entry.line.action, Received))
        ends = [entry.line.action.at for entry in story.entries if isinstance(entry.line.action, until)]
        found += [ends[-1] - opened] if ends else []
    return sorted(found)


def _rank(values: list[float], share: float) -> str:
    return span(values[ceil(share * len(values)) - 1])


async def test_the_page_says_what_the_audit_says(lived: House) -> None:
    """Each share, each time and each sum, worked out again from the raw record, story by story and slowly."""
    stories = await _stories(lived)
    told = Counter(_outcome(story) for story in stories)
    assert told == {"as_is": 1, "edited": 1, "rejected": 1, "by_hand": 1, "withdrawn": 1, "open": 1}
    rows = _rows(await lived.page("/insight?days=7"))
    needed = len(stories) - told["withdrawn"]
    for outcome in ("as_is", "edited", "rejected", "by_hand"):
        assert rows[say(f"page.outcome.{outcome}")] == [f"{100 * told[outcome] / needed:.0f} %", str(told[outcome])]
    assert rows[say("page.outcome.unanswered")] == [f"{100 * told['open'] / needed:.0f} %", str(told["open"])]
    assert rows[say("page.outcome.written")] == ["0 %", "0"]
    replies = _waits(stories, Delivered, MarkSent)
    assert rows[say("page.column.reply")] == [_rank(replies, 0.5), _rank(replies, 0.9), span(replies[-1]), "2"]
    page = " ".join(Reader(await lived.page("/insight?days=7")).text.split())
    sent, by_hand = told["as_is"] + told["edited"], told["by_hand"]
    assert f"{say('page.five.volume')}{sent}=" in page
    assert f"{percent(sent / (sent + by_hand))} {sent} of {sent + by_hand}" in page


async def test_one_sees_ones_own_figures(lived: House) -> None:
    """Leo edited one, Ana decided on the rest; nobody's page counts what another did."""
    leo = _rows(await lived.page("/insight/me?days=7&person=web:leo"))
    assert leo[say("page.outcome.edited")] == ["100 %", "1"]
    ana = _rows(await lived.page("/insight/me?days=7&person=web:ana"))
    assert ana[say("page.outcome.edited")][1] == "0"
    assert [ana[say(f"page.outcome.{one}")][1] for one in ("as_is", "rejected", "by_hand")] == ["1", "1", "1"]
    assert (await lived.client.get("/insight/me?person=web:nobody")).status_code == 400


async def test_leads_see_single_reviewers_only_where_the_desk_says_so(
    root: Path, tmp_path: Path, sqlite: sa.URL
) -> None:
    """By itself a desk does not; with its setting their names and figures are there."""
    wanted = settings(root, tmp_path, sqlite)
    for shows in (False, True):
        for name, desk in list(wanted.desks.items()):
            wanted.desks[name] = desk.model_copy(update={"show_individuals": shows})
        async with running(wanted) as house:
            if not shows:
                await house.say(TEXTS["as_is"])
                await house.decide(await house.card(), "approve", by="web:leo")
                await house.card(State.SENT)
            page = Reader(await house.page("/insight?by=reviewer#by")).text
            assert (say("page.insight.private") in page) is not shows
            assert ("Leo" in page) is shows


async def test_what_happens_shows_soon(house: House) -> None:
    """Figures are kept, but not beyond the next line of the audit."""
    assert say("page.insight.empty") in await house.page("/insight")
    await house.say(TEXTS["as_is"])
    card = await house.card()
    await _shows(house, "unanswered")
    await house.decide(card, "approve")
    await house.card(State.SENT)
    await _shows(house, "as_is")


async def _shows(house: House, outcome: str) -> None:
    """The page has one review, which went this way. The first chart takes long to draw, so it may be the page after."""
    async with asyncio.timeout(PATIENCE):
        while _rows(await house.page("/insight")).get(say(f"page.outcome.{outcome}")) != ["100 %", "1"]:
            pass


async def test_charts_have_their_tables_and_figures_their_formulas(lived: House) -> None:
    """Whoever does not see a chart reads what it shows, and has every number of it in a table."""
    page = await lived.page("/insight?days=7")
    reader = Reader(page)
    pictures = [attributes for _, attributes in reader.elements if attributes.get("role") == "img"]
    assert len(pictures) >= 3
    assert all(attributes["aria-label"] for attributes in pictures)
    assert page.count("<details") >= len(pictures)
    tiles = [attributes for tag, attributes in reader.elements if attributes.get("class") == "tile"]
    formulas = [attributes for tag, attributes in reader.elements if attributes.get("class") == "hint formula"]
    assert len(formulas) == len(tiles) >= 10
    picture = await lived.client.get("/insight/chart/outcomes.png?days=7")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert (await lived.client.get("/insight/chart/secrets.png")).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("days=6", 400),
        ("days=%00", 400),
        ("by=customer", 400),
        ("since=yesterday", 400),
        ("since=2026-11-02&until=2026-11-01", 400),
        ("since=2001-01-01&until=2026-11-01", 400),
        ("until=0001-01-01", 400),
        ("until=9999-12-31", 400),
        ("desk=elsewhere", 404),
        ("since=2026-11-02&until=2026-11-02", 200),
        ("until=2026-11-02", 200),
        ("days=365&by=risk", 200),
    ],
)
async def test_addresses_that_make_no_sense(house: House, query: str, status: int) -> None:
    """Are refused with a sentence, and never with an error."""
    assert (await house.client.get(f"/insight?{query}")).status_code == status


def test_an_address_can_be_kept() -> None:
    """What stands for itself is left out, the rest is kept from link to link."""
    assert Asked().address() == "/insight"
    assert Asked(days="90", desk="support").address(by="intent") == "/insight?days=90&desk=support&by=intent"


async def test_what_takes_long_is_served_while_it_is_made_again() -> None:
    """Whoever asks first waits; later nobody does for long, and once the new answer is there it is the one."""
    go, made = asyncio.Event(), 0

    async def make() -> int:
        nonlocal made
        made += 1
        if made > 1:
            await go.wait()
        return made

    recent: Recent[int] = Recent(lambda: 0.0)
    assert (await recent.get("a", 1, make)).value == 1
    both = await asyncio.gather(recent.get("a", 2, make), recent.get("a", 2, make))
    assert [one.value for one in both] == [1, 1]
    go.set()
    assert (await recent.get("a", 2, make)).value == 2
    assert made == 2


async def test_what_is_quick_is_never_out_of_date() -> None:
    """A small house sees every change at once."""
    count = 0

    async def make() -> int:
        nonlocal count
        count += 1
        return count

    recent: Recent[int] = Recent(lambda: 0.0)
    assert [(await recent.get("a", mark, make)).value for mark in (1, 1, 2, 3)] == [1, 1, 2, 3]


def _rows(page: str) -> dict[str, list[str]]:
    """The rows of the page's first tables, by their heading without its formula; the cells as they read."""
    found: dict[str, list[str]] = {}
    for heading, cells in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL):
        name = re.sub(r"<[^>]*>", "", re.sub(r'<span class="formula">.*?</span>', "", heading)).strip()
        values = [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.DOTALL)]
        found.setdefault(name, values)
    return found
