"""People do not wait: customers write on, edit and delete, colleagues answer by hand, at whatever moment of a review.

In Teams, with Countersign as a process of its own. What happens while a decision waits is in test_stories.py.
"""

from __future__ import annotations

from pathlib import Path

from tests.channels.teams.conftest import asked
from tests.channels.teams.house import QUESTION, House, decidable, living, says
from tests.doubles.teams import Message

MORE = "And where is my other parcel?"


async def test_while_approved_words_are_held(tmp_path: Path) -> None:
    """Whatever changes the question calls the words back before they leave, and so does a reviewer. What is taken back
    or answered by hand meanwhile gets no reply at all.
    """
    async with living(tmp_path, hold_seconds=600) as house:
        teams, town = house.teams, house.teams.town

        async def waits(card: Message, words: str) -> None:
            await house.card(lambda post: post is card and decidable(post) and says(post, words))

        question, card = await asked(house)
        await house.press(town.ana, card, "approve")
        await teams.act.reply(town.kim, question, MORE)
        await waits(card, MORE)
        await house.press(town.ana, card, "approve")
        await teams.act.edit(question, "Hello, where is my big parcel?")
        await waits(card, "big parcel")
        await house.press(town.ana, card, "approve")
        await house.shows(card, "Approved, about to be sent")
        await house.press(town.lea, card, "recall")
        await waits(card, "big parcel")
        await house.press(town.ana, card, "approve")
        await teams.act.reply(town.ben, question, "It is on its way, Kim!")
        await house.shows(card, "Answered by hand by Ben Bak", pressable=False)

        other, card = await asked(house, town.kai)
        await house.press(town.ana, card, "approve")
        await teams.act.delete(other)
        await house.shows(card, "No reply needed", pressable=False)
        await house.settled()
        assert not teams.posts(town.support)
        assert house.verified() == 2


async def test_while_the_words_are_on_their_way(house: House) -> None:
    """Too late to stop them: what the customer wrote meanwhile gets a card of its own."""
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    teams.faults.slow("connector.send", 4.0, landed=True).conversation = town.support.id
    await house.press(town.ana, card, "approve")
    await house.replies(question)
    await teams.act.reply(town.kim, question, MORE)
    await house.shows(card, "Delivered.", pressable=False)
    later = await house.card()
    assert later is not card
    assert says(later, MORE)
    await house.press(town.ana, later, "approve")
    assert len(await house.replies(question, 2)) == 2


async def test_after_the_words_were_sent(house: House) -> None:
    """A new question in the thread gets a new card, and so does a question that was changed or put back; one taken back,
    and a colleague's further words, need none.
    """
    teams, town = house.teams, house.teams.town
    question, card = await asked(house)
    sent = 0

    async def answered(card: Message) -> None:
        nonlocal sent
        await house.press(town.ana, card, "approve")
        await house.shows(card, "Delivered.", pressable=False)
        sent += 1

    await answered(card)
    await teams.act.reply(town.kim, question, MORE)
    await answered(await house.card(lambda post: decidable(post) and says(post, MORE)))
    await teams.act.edit(question, "Hello, where is my big parcel?")
    await answered(await house.card(lambda post: decidable(post) and says(post, "big parcel")))
    await teams.act.reply(town.ben, question, "Anything else, Kim?")
    await teams.act.delete(question)
    await asked(house, town.kai, QUESTION)
    assert len(house.cards()) == sent + 1
    assert len(await house.replies(question, sent)) == sent
    await house.settled()
