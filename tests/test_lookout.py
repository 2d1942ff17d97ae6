"""The radar in the program: a burst becomes one alert, whoever looks and however often, and its page shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.channels.base import Person, Place, Speaker
from bot.insight.days import DAY
from bot.lookout import Lookout, Watched, day_named
from bot.store import alerts, erasure
from bot.store.alerts import Alert
from bot.store.engine import Connection
from bot.store.tables import conversations, outlines, reviews
from tests.console.conftest import House, running, settings
from tests.console.test_pages import Reader
from tests.stage.channel import NAME, refuses, silent
from tests.stage.play import DESK, Stage
from tests.store.crowds import conversation, review

BACK, EACH = 30, 6
LEADS = Place(NAME, "leads")
QUESTION = "My new zephyr makes a noise."
SENTENCE = "12 customers wrote “zephyr”, where almost none usually do."


def lives(conn: Connection, now: float, desk: str) -> None:
    """A month in which six customers a day asked something."""
    rows = [(day, at) for day in range(1, BACK + 1) for at in range(EACH)]
    for number, (day, at) in enumerate(rows):
        opened = (now // DAY - day) * DAY + at
        whose = {"desk": desk, "customer": f"old{number}", "root": f"old{number}"}
        conn.execute(sa.insert(conversations), conversation(number) | whose)
        # No board shows them: nothing is on record of how they came about.
        row = review(number, waits=False) | {"opened_at": opened, "closed_at": opened, "desk": "past"}
        conn.execute(sa.insert(reviews), row)
        conn.execute(sa.insert(outlines), outline(row["id"], f"c{number:08}", desk, opened))


def outline(review: str, conversation: str, desk: str, at: float, **more: object) -> dict[str, object]:
    """A row of `outlines`."""
    row: dict[str, object] = {column.name: "" for column in outlines.columns if isinstance(column.type, sa.Text)}
    row |= {column.name: 0 for column in outlines.columns if isinstance(column.type, sa.Integer | sa.Double)}
    row |= dict.fromkeys(("carded_at", "decided_at", "replied_at", "closed_at", "distance"))
    row |= {"held": False, "material": False, "version": 4, "outcome": "as_is", "intent": "question"}
    return row | {"review": review, "conversation": conversation, "desk": desk, "opened_at": at} | more


@dataclass
class Scene:
    """A desk with a past, and one that looks at it."""

    stage: Stage
    lookout: Lookout

    async def burst(self, count: int = 12, words: str = QUESTION, begin: int = 0) -> None:
        """So many customers write this today."""
        for number in range(begin, begin + count):
            by = Person(NAME, f"guest{number}", f"Guest {number}")
            event = self.stage.said(words, f"b{number}", ref=f"b{number}", by=by, speaker=Speaker.CUSTOMER)
            await self.stage.tell(event)
        await self.stage.settles()
        await wiring.outline(self.stage.engine, self.stage.clock)

    async def looks(self, by: Lookout | None = None, times: int = 6) -> list[Alert]:
        """Look until everything that is over was read, and once more; the alerts then."""
        for _ in range(times):
            await (by or self.lookout).look()
        day = day_named(int(self.stage.clock() // DAY))
        return await self.stage.engine.read(lambda conn: alerts.of_day(conn, "support", day))

    def another(self, leads: Place | None = LEADS) -> Lookout:
        """Whoever looks in another process."""
        stage = self.stage
        watched = (Watched("support", "Support", leads),)
        return Lookout(watched, stage.engine, {NAME: stage.channel}, stage.clock, "https://here.example/radar")

    def notes(self) -> list[str]:
        """What the leads have read."""
        return [note.text for _, note in self.stage.channel.world.notes.values()]


@pytest.fixture
async def scene(database: sa.URL) -> AsyncIterator[Scene]:
    """A desk with a month behind it, on a database of either kind."""
    stage = Stage(database, desk=DESK)
    await stage.engine.write(partial(lives, now=stage.clock(), desk="support"))
    found = Scene(stage, None)  # type: ignore[arg-type]
    found.lookout = found.another()
    yield found
    await stage.close()


async def test_a_word_that_many_write_today_is_told_to_the_leads_once(scene: Scene) -> None:
    """However often one looks; the conversations behind it are on record."""
    await scene.burst()
    found = await scene.looks()
    word = next(one for one in found if one.kind == "word")
    assert (word.subject, word.count, len(word.reviews)) == ("zephyr", 12, 12)
    assert word.told_at is not None
    (note,) = scene.notes()
    assert note.splitlines()[0] == "Unusual today at Support"
    assert SENTENCE in note
    assert note.endswith("https://here.example/radar")
    await scene.looks()
    assert len(scene.notes()) == 1


async def test_two_replicas_write_and_tell_it_once(scene: Scene) -> None:
    """They look at the same day, one after the other and in turn."""
    other = scene.another()
    await scene.burst()
    one, two = await scene.looks(), await scene.looks(other)
    assert [alert.number for alert in one] == [alert.number for alert in two]
    assert len(scene.notes()) == 1


async def test_what_grows_is_the_same_alert(scene: Scene) -> None:
    """With as many as there are by now, and not told again."""
    await scene.burst()
    (before,) = [one for one in await scene.looks() if one.kind == "word"]
    await scene.burst(5, begin=50)
    (after,) = [one for one in await scene.looks() if one.kind == "word"]
    assert (after.number, after.count) == (before.number, 17)
    assert [SENTENCE in note for note in scene.notes()].count(True) == 1


async def test_a_usual_day_is_quiet(scene: Scene) -> None:
    """Six customers, with six different things to ask."""
    for number, words in enumerate(("socks", "kettle", "curtains", "lamps", "candles", "pillows")):
        await scene.burst(1, f"Do you have {words}?", begin=number)
    assert await scene.looks() == []
    assert scene.notes() == []


async def test_what_few_customers_write_is_in_no_alert(scene: Scene) -> None:
    """Two people who write a word twelve times may be named by it."""
    for number in range(12):
        by = Person(NAME, f"g{number % 2}", "G")
        event = scene.stage.said(QUESTION, f"b{number}", ref=f"b{number}", by=by, speaker=Speaker.CUSTOMER)
        await scene.stage.tell(event)
    await scene.stage.settles()
    await wiring.outline(scene.stage.engine, scene.stage.clock)
    assert [one for one in await scene.looks() if one.kind == "word"] == []


async def test_erased_words_are_not_read_again(scene: Scene) -> None:
    """A process that begins anew after ten of twelve were erased finds nothing in what is left."""
    await scene.burst()
    for number in range(10):
        who = Person(NAME, f"guest{number}", "")
        await scene.stage.engine.write(lambda conn, who=who: erasure.erase(conn, who, "lea", scene.stage.clock()))  # type: ignore[misc]
    assert [one for one in await scene.looks(scene.another()) if one.kind == "word"] == []


async def test_where_the_channel_refused_it_is_told_later(scene: Scene) -> None:
    """It certainly took nothing, so nothing is told twice."""
    scene.stage.channel.noting.append(refuses())
    await scene.burst()
    await scene.looks()
    assert len(scene.notes()) == 1


async def test_where_no_answer_came_nothing_is_said_twice(scene: Scene) -> None:
    """It may hang there, and the page has it."""
    scene.stage.channel.noting.append(silent(landed=False))
    await scene.burst()
    assert [one.kind for one in await scene.looks() if one.kind == "word"] == ["word"]
    assert scene.notes() == []


async def test_without_a_channel_for_leads_it_stands_on_the_page_alone(scene: Scene) -> None:
    """Nobody is told, and nothing says that somebody was."""
    await scene.burst()
    found = await scene.looks(scene.another(None))
    assert {one.told_at for one in found} == {None}
    assert found


@pytest.fixture
async def house(root: Path, tmp_path: Path, database: sa.URL) -> AsyncIterator[House]:
    """A running program whose desk has a month behind it."""
    async with running(settings(root, tmp_path, database)) as here:
        program = here.program
        (desk,) = program.settings.desks
        await program.engine.write(partial(lives, now=program.clock(), desk=desk))
        yield here


async def test_the_page_is_friendly_when_nothing_rises(house: House) -> None:
    """And has a place among the pages."""
    page = Reader(await house.page("/radar")).text
    assert "All quiet today" in page
    assert "Nothing unusual in the last two weeks." in page
    assert 'href="/radar"' in await house.page("/audit")


async def test_the_page_shows_what_rises_and_the_conversations_behind_it(house: House) -> None:
    """The level is told with it; an erased customer's name is not there."""
    program = house.program
    (desk,) = program.settings.desks
    today = int(program.clock() // DAY)
    numbers = range(500, 504)

    def rise(conn: Connection) -> None:
        for number in numbers:
            named = {"customer": f"n{number}", "customer_name": f"<b>Nina {number}</b>", "desk": desk}
            gone = {"erased_at": 1.0 if number == 503 else None}
            conn.execute(sa.insert(conversations), conversation(number) | named | gone)
            conn.execute(sa.insert(reviews), review(number, waits=False) | {"desk": "past", "closed_at": 1.0})
            conn.execute(sa.insert(outlines), outline(f"r{number:08}", f"c{number:08}", desk, today * DAY + 1))
        behind = tuple(f"r{number:08}" for number in numbers)
        alerts.write(conn, Alert(0, desk, "word", "<i>zephyr</i>", day_named(today), 9, 0.25, today * DAY, behind))
        alerts.write(conn, Alert(0, desk, "angry", "", day_named(today - 3), 14, 2.0, today * DAY, ()))
        alerts.write(conn, Alert(0, desk, "volume", "", day_named(today - 40), 99, 2.0, today * DAY, ()))
        alerts.write(conn, Alert(0, "another", "volume", "", day_named(today), 77, 2.0, today * DAY, ()))

    await program.engine.write(rise)
    raw = await house.page("/radar")
    page = Reader(raw).text
    assert "9 customers wrote “<i>zephyr</i>”, where almost none usually do." in page
    assert "<i>" not in raw
    assert "<b>Nina 500</b>" in page
    assert "Nina 503" not in page
    assert "Erased customer" in page
    assert '/audit/r00000500"' in raw
    assert "14 angry customers, where 2 are usual." in page
    assert "99" not in page
    assert "77" not in page


async def test_the_program_itself_looks(house: House) -> None:
    """Customers write, drafts are made, and the alert stands on the page."""
    for number in range(24):
        await house.say(f"{QUESTION} Number {number}.", by=f"web:customer-{number % 2}")
    await house.card(text="Number 23.")
    await wiring.outline(house.program.engine, house.program.clock)
    lookout = wiring.lookout(house.program)
    for _ in range(6):
        await lookout.look()
    page = Reader(await house.page("/radar")).text
    # The workspace has two customers, who cannot make a word rise between them.
    assert "conversations, where 6 are usual on such a day" in page
    assert "zephyr" not in page
