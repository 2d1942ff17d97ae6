"""People do not wait: customers write on, edit and delete, colleagues answer by hand, at whatever moment of a review.

Over HTTP and over Socket Mode, with Countersign as a process of its own.
"""

from __future__ import annotations

from tests.channels.slack.conftest import Opens
from tests.channels.slack.house import QUESTION, House, decidable, says
from tests.channels.slack.process import PATIENCE
from tests.doubles.slack import Message


async def test_while_a_decision_waits(house: House) -> None:
    """Approval is bound to what was read: a click on a card drawn before the customer wrote on changes nothing. An edit
    is shown, a link preview is no edit.
    """
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    seen = slack.act.snapshot(card)
    await slack.act.reply(town.kim, question, "It is order 4711.")
    await slack.act.press(town.ana, seen, "decide.approve")
    assert "Nothing was changed by your click" in await house.whisper(town.ana)
    await house.card(lambda card: decidable(card) and says(card, "4711"))
    await slack.act.edit(question, "Hello, where is my big parcel?")
    await house.card(lambda card: decidable(card) and says(card, "big parcel"))
    await slack.act.unfurl(question)
    await slack.settled()
    await slack.act.press(town.ana, card, "decide.approve")
    await house.replies(question)
    assert len(house.cards()) == 1


async def test_a_deleted_question_needs_no_reply(house: House) -> None:
    """The card says so, and its buttons go."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    await slack.act.delete(question)
    await house.shows(card, "No reply needed", buttons=False)


async def test_an_answer_by_hand_retires_the_card(house: House) -> None:
    """A colleague was quicker; nobody answers twice."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    await slack.act.reply(town.ben, question, "It is on its way, Kim!")
    await house.shows(card, "Answered by hand by ben", buttons=False)
    assert not slack.posts(thread=question)


async def test_while_approved_words_are_held(opens: Opens) -> None:
    """Whatever changes the question calls the words back before they leave, and so does a reviewer. What is taken back
    or answered by hand meanwhile gets no reply at all.
    """
    async with opens(hold_seconds=600) as house:
        slack, town = house.slack, house.slack.town

        async def approved(card: Message) -> None:
            assert (await slack.act.press(town.ana, card, "decide.approve")).acknowledged

        question = await slack.act.write(town.kim, town.support, QUESTION)
        card = await house.card()
        await approved(card)
        await slack.act.reply(town.kim, question, "Where is my other parcel?")
        await house.card(lambda card: decidable(card) and says(card, "other parcel"))
        await approved(card)
        await slack.act.edit(question, "Hello, where is my big parcel?")
        await house.card(lambda card: decidable(card) and says(card, "big parcel"))
        await approved(card)
        await house.shows(card, "Approved, about to be sent")
        await slack.act.press(town.lea, card, "decide.recall")
        await house.card()
        await approved(card)
        await slack.act.reply(town.ben, question, "It is on its way, Kim!")
        await house.shows(card, "Answered by hand by ben", buttons=False)

        other = await slack.act.write(town.mia, town.grid_support, QUESTION)
        card = await house.card()
        await approved(card)
        await slack.act.delete(other)
        await house.shows(card, "No reply needed", buttons=False)
        assert not slack.posts(town.support) + slack.posts(town.grid_support)
        assert house.verified() == 2


async def test_while_the_words_are_on_their_way(house: House) -> None:
    """Too late to stop them: what the customer wrote meanwhile gets a card of its own."""
    slack, town = house.slack, house.slack.town
    slack.happenings.own_events = False  # the post's own answer is the only news of it, and it is slow
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    slack.faults.slow("chat.postMessage", 0.4, landed=True)
    await slack.act.press(town.ana, card, "decide.approve")
    await house.replies(question)
    await slack.act.reply(town.kim, question, "And where is my other parcel?")
    await house.shows(card, "Delivered.", buttons=False)
    later = await house.card()
    assert later is not card
    assert says(later, "other parcel")
    await slack.act.press(town.ana, later, "decide.approve")
    assert len(await house.replies(question, 2)) == 2


async def test_after_the_words_were_sent(house: House) -> None:
    """A new question in the thread gets a new card, and so does a question that was changed; one taken back, and a
    colleague's further words, need none.
    """
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    first = await house.card()
    await slack.act.press(town.ana, first, "decide.approve")
    await house.shows(first, "Delivered.", buttons=False)

    await slack.act.reply(town.kim, question, "And where is my other parcel?")
    second = await house.card()
    assert says(second, "other parcel")
    await slack.act.press(town.ana, second, "decide.approve")
    await house.shows(second, "Delivered.", buttons=False)

    await slack.act.edit(question, "Hello, where is my big parcel?")
    third = await house.card()
    assert says(third, "big parcel")
    await slack.act.press(town.ana, third, "decide.approve")
    await house.shows(third, "Delivered.", buttons=False)

    await slack.act.reply(town.ben, question, "Anything else, Kim?")
    await slack.act.delete(question)
    await slack.settled()
    await slack.act.write(town.mia, town.grid_support, QUESTION)
    await house.card()
    assert len(house.cards()) == 4
    assert len(await house.replies(question, 3)) == 3
    await slack.until(lambda: not slack.complaints, PATIENCE)
