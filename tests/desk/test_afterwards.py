"""After the reply, and beside it: changed words, colleagues, events out of order, desks that change hands."""

from __future__ import annotations

import sqlalchemy as sa

from bot.channels.base import Receipt
from bot.review.model import State
from tests.stage.channel import ScriptedChannel
from tests.stage.play import ANA, DESK, GUEST, LEO, Clock, Stage, desk, staged


async def test_a_link_preview_changes_nothing(stage: Stage) -> None:
    """Slack tells of its own previews as edits: the approval stands."""
    await stage.released()
    assert await stage.edits("Where is my parcel?") is Receipt.IGNORED
    await stage.works()
    assert len(stage.replies()) == 1


async def test_an_edit_told_before_its_message_is_drafted_for(stage: Stage) -> None:
    """Channels promise no order."""
    await stage.edits("Where is my OTHER parcel?", "1")
    await stage.says("Where is my parcel?", ref="1")
    await stage.settles()
    assert "OTHER" in stage.shown()[0].reply


async def test_a_message_taken_back_before_it_was_told_is_not_drafted_for(stage: Stage) -> None:
    """Nobody gets to read what the customer took back."""
    await stage.takes_back("1")
    await stage.says("My card number is 1234", ref="1")
    await stage.settles()
    assert (stage.drafter.cases, stage.shown()) == ([], [])


async def test_a_colleagues_own_edit_is_known_as_theirs(stage: Stage) -> None:
    """The card names who changed the thread."""
    await stage.says("Let me look.", ref="a1", by=ANA)
    await stage.says("Where is my parcel?")
    await stage.settles()
    await stage.edits("Let me look that up.", "a1", by=ANA)
    await stage.settles()
    assert (await stage.card()).changes == ("Ana edited a message in the thread.",)


async def test_a_question_with_another_answer_stays_answered(stage: Stage) -> None:
    """Two colleagues answered, and one takes theirs back: the other's still stands."""
    await stage.says("Where is my parcel?", ref="1")
    await stage.says("Let me look.", ref="a1", by=ANA)
    await stage.says("With the neighbour.", ref="a2", by=LEO)
    await stage.takes_back("a1", by=ANA)
    await stage.settles()
    assert [review.state for review in await stage.reviews()] == [State.RETIRED]


async def test_an_answer_by_a_colleague_whom_nobody_listed_counts_too(stage: Stage) -> None:
    """Whoever of the house answers has answered, whatever they may decide here; the card names them."""
    await stage.in_review()
    assert await stage.answers("With the neighbour.", by=GUEST) is Receipt.STORED
    await stage.settles()
    card = await stage.card()
    assert (card.state, card.outcome) == (State.RETIRED, "Answered by hand by Guest.")


async def test_a_desk_that_takes_over_a_place_begins_anew(sqlite: sa.URL) -> None:
    """The desk was renamed while a review waited: the next message is its own, and the old review is over."""
    clock, channel = Clock(), ScriptedChannel()
    async with staged(sqlite, desk=desk(id="old"), clock=clock, channel=channel, name="a") as old:
        await old.in_review()
    async with staged(sqlite, clock=clock, channel=channel, name="b") as stage:
        await stage.says("And my invoice?")
        await stage.settles()
        assert [(review.desk, review.state) for review in await stage.reviews()] == [
            *(("old", State.RETIRED), ("support", State.IN_REVIEW)),
        ]
        assert (await stage.presses("approve")).done
        await stage.works()
        assert len(stage.replies()) == 1


async def test_words_that_changed_after_the_reply_are_reviewed(stage: Stage) -> None:
    """What a customer writes into an answered message is read by somebody, as if it were a new one."""
    await stage.released()
    await stage.works()
    await stage.edits("Where is my OTHER parcel?")
    await stage.settles()
    assert [review.state for review in await stage.reviews()] == [State.SENT, State.IN_REVIEW]


async def test_a_question_whose_answer_was_taken_back_is_open_again(stage: Stage) -> None:
    """A colleague who answered in the wrong thread deletes it, and the customer is not forgotten."""
    await stage.in_review()
    await stage.answers("I have it.", ref="1.hand")
    assert (await stage.review()).state is State.RETIRED
    await stage.takes_back("1.hand", by=ANA)
    await stage.settles()
    assert (await stage.review()).state is State.IN_REVIEW


async def test_an_answer_told_late_does_not_swallow_what_came_after_it(stage: Stage) -> None:
    """Channels promise no order: a colleague cannot have answered what was written later."""
    await stage.in_review()
    answered_at = stage.clock()
    stage.clock.move(30.0)
    await stage.says("It is NOT solved.")
    await stage.tell(stage.said("I have it.", by=ANA, at=answered_at))
    await stage.settles()
    assert (await stage.review()).state is State.IN_REVIEW


async def test_somebody_who_never_stops_writing_gets_a_draft(stage: Stage) -> None:
    """The settling time is prolonged by each message, but not for ever."""
    for _ in range(30):
        await stage.says("And another thing.")
        stage.clock.move(DESK.settle - 1.0)
        await stage.works()
    assert stage.drafter.cases


async def test_after_the_reply_only_a_customer_s_words_open_a_review(stage: Stage) -> None:
    """A deletion of what was answered, or a colleague's word, asks for nothing."""
    await stage.released()
    await stage.works()
    await stage.answers("It is on its way, see you tomorrow.")
    await stage.settles()
    await stage.takes_back()
    await stage.settles()
    assert [review.state for review in await stage.reviews()] == [State.SENT]
    await stage.says("And where is my invoice?")
    await stage.settles()
    assert [review.state for review in await stage.reviews()] == [State.SENT, State.IN_REVIEW]
