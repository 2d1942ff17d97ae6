"""Drafts: asked for with what is to be answered, and a person always gets a card, whatever comes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.phrases import say
from bot.review.model import Mood, Sentiment, State
from tests.stage.channel import Gate, ScriptedChannel
from tests.stage.drafter import draft_of
from tests.stage.play import DESK, MIA, PATIENCE, Clock, Stage, staged


async def test_the_drafter_is_told_what_it_needs(stage: Stage) -> None:
    """The desk, its manner, the thread as it reads, what is to be answered, the channel's limit and the day."""
    await stage.answers("Good morning!")
    await stage.in_review("Where is my {parcel}?")
    (case,) = stage.drafter.cases
    assert (case.desk, case.tone, case.languages, case.template) == ("Support", "friendly", ("en",), DESK.template)
    assert (case.customer, case.limit, case.today, case.instruction) == ("Mia", 300, "2026-09-21", "")
    assert [message.text for message in case.thread] == ["Good morning!", "Where is my {parcel}?"]
    assert case.thread[-1].number == case.covers


async def test_what_is_still_open_comes_last(stage: Stage) -> None:
    """A message that a colleague's answer overtook is context; what customers wrote since is the question."""
    await stage.says("first")
    await stage.answers("answer")
    await stage.says("second")
    await stage.answers("another thought")
    await stage.says("third")
    stage.clock.move(8)
    await stage.works()
    assert [message.text for message in stage.drafter.cases[-1].thread] == [
        *("first", "answer", "second", "another thought", "third"),
    ]
    assert stage.drafter.cases[-1].covers == stage.drafter.cases[-1].thread[-1].number


@pytest.mark.parametrize("note", ["", "The model was not asked: no key."])
async def test_when_nothing_fits_the_person_writes(note: str, either: Stage) -> None:
    """An empty draft is a card with the customer's words, the mood and an empty box, and says why."""
    angry = Sentiment(Mood.NEGATIVE, True, ("scandal",), "rules")
    either.drafter.script.append(replace(draft_of(""), sentiment=angry, note=note))
    await either.in_review("This is a scandal!")
    (card,) = either.shown()
    assert (card.reply, card.sentiment, card.problem) == (
        "",
        angry,
        note or "Nothing in the knowledge base answers this.",
    )
    assert [button.verb for button in card.buttons][:3] == ["edit", "reject", "redraft"]
    assert card.messages[0].text == "This is a scandal!"
    assert not (await either.presses("approve")).done
    await either.presses("edit", words="I am sorry to hear that.")
    await either.works()
    assert either.replies() == ["I am sorry to hear that."]


async def test_a_draft_of_blanks_is_none(stage: Stage) -> None:
    """Spaces and line breaks are nothing to approve."""
    stage.drafter.script.append(draft_of(" \n\t "))
    card = await stage.in_review()
    assert card.problem == "Nothing in the knowledge base answers this."
    assert "approve" not in [button.verb for button in stage.shown()[0].buttons]


async def test_a_drafter_that_breaks_ends_on_a_card(either: Stage) -> None:
    """A fault of ours: the worker goes on, the card says so, and the next review is drafted as usual."""
    either.drafter.script.append(ZeroDivisionError("a fault of ours"))
    card = await either.in_review()
    assert (card.state, card.reply) == (State.IN_REVIEW, "")
    assert card.problem == "Drafting failed with an unexpected error. The log has the details."
    assert either.shown()[0].problem == card.problem
    assert (await either.in_review(root="2")).reply == "You wrote: Where is my parcel?"


async def test_a_note_may_hold_anything(either: Stage) -> None:
    """What a model answered in its error is kept and shown, NUL, braces and half a character included."""
    either.drafter.script.append(replace(draft_of(""), note="HTTP 500: {x}\x00<b>\ud83d"))
    card = await either.in_review()
    assert card.problem == "HTTP 500: {x}\ufffd<b>?"


async def test_a_worker_that_died_is_followed_by_another(database: sa.URL) -> None:
    """Its lease ends, another drafts; what the first may still bring does not count any more."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        await one.says("Where is my parcel?", ref="1")
        clock.move(8)
        (claim,) = (await one.desk.take_drafts(9)).claims
        assert await other.drafts() == 0
        clock.move(PATIENCE.draft_lease - 0.001)
        assert await other.drafts() == 0
        clock.move(0.001)
        other.drafter.script.append("from the second")
        assert await other.drafts() == 1
        one.drafter.script.append("from the first")
        await one.desk.draft(claim)
        await other.works()
        assert [card.reply for card in one.shown()] == ["from the second"]


async def test_after_so_many_workers_died_over_it_a_person_writes(stage: Stage) -> None:
    """Something about this message ends every worker that drafts for it: the eighth is the last, and the card says so."""
    await stage.says("Where is my parcel?", ref="1")
    stage.clock.move(8)
    for _ in range(PATIENCE.tries):
        assert len((await stage.desk.take_drafts(9)).claims) == 1
        stage.clock.move(PATIENCE.draft_lease)
    await stage.works()
    card = await stage.card()
    assert (stage.drafter.cases, card.state, card.reply) == ([], State.IN_REVIEW, "")
    assert card.problem == say("draft.gave_up")
    assert len(stage.shown()) == 1


async def test_two_workers_draft_everything_once(database: sa.URL) -> None:
    """Two processes look at the same time: each review is drafted by one of them."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        for root in "12345678":
            await one.says("Hello", root, ref=root)
        clock.move(8)
        await asyncio.gather(*(stage.works() for stage in (one, other, one, other)))
        assert len(one.drafter.cases) + len(other.drafter.cases) == 8
        assert [len(one.shown(root)) for root in "12345678"] == [1] * 8


async def test_a_worker_that_is_stopped_gives_its_draft_back(stage: Stage) -> None:
    """Whoever comes next begins at once, not when the lease ends."""
    gate = Gate()
    stage.drafter.script.append(gate)
    await stage.says("Where is my parcel?", ref="1")
    stage.clock.move(8)
    drafting = asyncio.create_task(stage.drafts())
    await gate.reached()
    drafting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drafting
    assert (await stage.steps())[-1] == "Yielded"
    await stage.works()
    assert len(stage.shown()) == 1


async def test_a_question_that_is_settled_needs_no_draft(stage: Stage) -> None:
    """Everything was answered while the review waited: a worker that comes to draft it closes it instead."""
    await stage.says("Where is my parcel?", ref="1", by=MIA)
    review = await stage.review()
    await stage.engine.write(lambda conn: _settle(conn, review.conversation))
    stage.clock.move(8)
    await stage.works()
    assert (stage.drafter.cases, (await stage.review()).state) == ([], State.RETIRED)


def _settle(conn: sa.Connection, conversation: str) -> None:
    from bot.store import conversations

    conversations.settle(conn, conversation, 99)
