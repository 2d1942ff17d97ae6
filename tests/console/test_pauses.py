"""The workspace says that drafting is paused, where people would wonder about missing drafts."""

from __future__ import annotations

from bot.channels.base import Person
from tests.console.conftest import House

LEO = Person("web", "leo", "Leo <b>")


async def test_a_pause_stands_above_the_reviews(house: House) -> None:
    """With who paused and since when, on the page and in the column that is fetched again; and it goes."""
    desk = house.program.desk
    assert (await desk.pause(LEO, "nordlys", paused=True)).done
    for path in ("/", "/columns/reviews"):
        assert "Drafting at Nordlys support is paused by Leo &lt;b&gt; since " in await house.page(path)
    await house.say("Where is my parcel?")
    card = await house.card()
    assert (card.reply, card.problem.startswith("Drafting is paused by Leo <b> since ")) == ("", True)
    await desk.pause(LEO, "nordlys", paused=False)
    assert "Drafting at Nordlys support" not in await house.page("/columns/reviews")
