"""Cards are a view: drawn again whenever the review has moved, and a drawing that fails never stops the review."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from bot.review.model import State
from tests.stage.channel import Gate, ScriptedChannel, delivers, refuses, silent
from tests.stage.play import PATIENCE, Clock, Stage, staged


async def test_a_review_place_that_refuses_recovers(either: Stage) -> None:
    """The card is tried again with longer pauses, and meanwhile the review can be decided on elsewhere."""
    either.channel.showing += [refuses("Slow down.")] * 3
    await either.in_review()
    for pause in (2, 4, 8):
        assert either.shown() == []
        either.clock.move(pause - 0.001)
        assert await either.shows() == 0
        either.clock.move(0.001)
        assert await either.shows() == 1
    assert len(either.shown()) == 1
    assert (await either.presses("approve")).done


async def test_a_review_place_that_asks_for_patience_gets_it(stage: Stage) -> None:
    """Its own pause counts when it is longer."""
    stage.channel.showing.append(refuses("Slow down.", wait=100))
    await stage.in_review()
    stage.clock.move(99)
    assert await stage.shows() == 0
    stage.clock.move(1)
    assert await stage.shows() == 1


@pytest.mark.parametrize("landed", [True, False])
async def test_a_first_card_whose_answer_was_lost_is_looked_for(landed: bool, either: Stage) -> None:
    """It may hang there unseen: the next drawing takes that one up instead of posting another."""
    either.channel.showing.append(silent(landed=landed))
    await either.in_review()
    either.clock.move(PATIENCE.card_lease)
    await either.works()
    assert len(either.shown()) == 1
    assert len(either.channel.world.cards) == 1


async def test_a_first_card_is_looked_for_also_after_the_conversation_went_on(stage: Stage) -> None:
    """The lost answer is not forgotten over a new draft."""
    stage.channel.showing.append(silent(landed=True))
    await stage.in_review()
    await stage.says("And my invoice?")
    stage.clock.move(60)
    await stage.works()
    assert len(stage.channel.world.cards) == 1
    assert stage.shown()[0].reply.endswith("And my invoice?")


async def test_a_redrawn_card_whose_answer_was_lost_is_drawn_again(stage: Stage) -> None:
    """The same message is updated once more; nothing else is posted."""
    await stage.in_review()
    stage.channel.showing.append(silent(landed=False))
    await stage.presses("approve")
    await stage.works()
    stage.clock.move(60)
    await stage.works()
    assert (len(stage.channel.world.cards), stage.shown()[0].state) == (1, State.SENT)


async def test_a_drawing_that_was_overtaken_is_followed_by_another(stage: Stage) -> None:
    """The customer writes more while the card is being drawn: what hangs there is old, and is replaced."""
    gate = Gate()
    stage.channel.showing.append(delivers(gate))
    await stage.says("Where is my parcel?", ref="1")
    stage.clock.move(8)
    await stage.drafts()
    showing = asyncio.create_task(stage.shows())
    await gate.reached()
    await stage.says("And my invoice?")
    gate.open()
    await showing
    await stage.works()
    (card,) = stage.shown()
    assert (card.state, card.buttons) == (State.RECEIVED, ())
    stage.clock.move(8)
    await stage.works()
    assert stage.shown()[0].state is State.IN_REVIEW


async def test_a_first_drawing_that_is_under_way_is_joined_by_no_other(either: Stage) -> None:
    """The customer writes more, and the next draft is made before the first card hangs there: there is one, with both."""
    gate = Gate()
    either.channel.showing.append(delivers(gate))
    await either.says("Where is my parcel?", ref="1")
    either.clock.move(8)
    await either.drafts()
    showing = asyncio.create_task(either.shows())
    await gate.reached()
    await either.says("And my invoice?")
    either.clock.move(8)
    await either.drafts()
    assert await either.shows() == 0
    gate.open()
    await showing
    await either.works()
    assert len(either.channel.world.cards) == 1
    assert either.shown()[0].reply.endswith("And my invoice?")


async def test_a_card_drawer_that_died_is_followed_by_another(database: sa.URL) -> None:
    """It had taken the card and is gone, before or after it was drawn: there is one card in the end."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        for root, drew in (("1", False), ("2", True)):
            await one.says("Hello", root, ref=root)
            clock.move(8)
            await one.drafts()
            (claim,) = (await one.desk.take_cards(9)).claims
            if drew:
                await channel.show_card(claim.place, claim.card, "", look=False)
            assert await other.shows() == 0
        clock.move(PATIENCE.card_lease)
        await other.works()
        assert [len(one.shown(root)) for root in "12"] == [1, 1]


async def test_two_card_drawers_draw_each_card_once(database: sa.URL) -> None:
    """Two processes look at the same time: nobody posts a second card."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        for root in "123456":
            await one.says("Hello", root, ref=root)
        clock.move(8)
        await one.drafts()
        drawn = await asyncio.gather(*(stage.shows() for stage in (one, other) * 3))
        assert sum(drawn) == 6
        assert [len(one.shown(root)) for root in "123456"] == [1] * 6


async def test_a_quick_reply_needs_one_drawing(stage: Stage) -> None:
    """Approved and delivered within a second: the reviewer sees the end, not every step on the way."""
    await stage.released()
    await stage.works()
    drawings = len(stage.channel.world.cards["card1"])
    stage.clock.move(1)
    await stage.works()
    assert (drawings, len(stage.channel.world.cards["card1"])) == (2, 2) or stage.shown()[0].state is State.SENT


async def test_the_board_shows_what_waits_and_what_was_decided(either: Stage) -> None:
    """Open reviews newest first, then those closed last; a page begins where the one before ended."""
    for root in "123":
        await either.in_review(root=root)
    await either.presses("reject", "2", reason="tone")
    board = await either.desk.board()
    assert [(card.messages[0].ref, card.state) for card in board] == [
        *(("3", State.IN_REVIEW), ("1", State.IN_REVIEW), ("2", State.REJECTED)),
    ]
    assert [card.messages[0].ref for card in await either.desk.board(limit=1, closed=0)] == ["3"]
    assert [card.messages[0].ref for card in await either.desk.board(before=board[0].review)] == ["1"]
    assert await either.desk.card("nonesuch") is None


async def test_the_history_tells_the_whole_story(stage: Stage) -> None:
    """Every step that means something to a reader, in words, in order."""
    await stage.in_review()
    await stage.presses("redraft", instruction="shorter")
    await stage.works()
    await stage.says("Hello?")
    stage.clock.move(8)
    await stage.works()
    await stage.presses("edit", words="Here.")
    await stage.works()
    assert [step.text for step in (await stage.card()).history] == [
        "The customer wrote.",
        "Drafted by scripted.",
        "Ana asked for another draft.",
        "Drafted by scripted.",
        "The customer wrote more.",
        "Drafted by scripted.",
        "Edited and approved by Ana.",
        "Delivered.",
    ]
