"""Drafting can be paused: nobody asks a model, every question still ends on a card, and a person writes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.channels import wording
from bot.channels.base import Answer, NotStored, Person, Place
from bot.review.model import Role, State
from bot.store.engine import StoreDown
from tests.stage.channel import ScriptedChannel
from tests.stage.play import ANA, DESK, GUEST, LEA, LEO, MIA, PATIENCE, Clock, Stage, staged


async def pauses(stage: Stage, *, by: Person = LEA, paused: bool = True) -> Answer:
    """Press Pause, or Resume."""
    return await stage.desk.pause(by, "support", paused=paused)


def sentence(stage: Stage) -> str:
    """What a card without a draft says."""
    since = wording.time(stage.clock())
    return f"Drafting is paused by Lea since {since}. Write the reply yourself, or ask for a draft once it is resumed."


async def test_while_drafting_is_paused_the_question_comes_without_a_draft(either: Stage) -> None:
    """The card says who paused and since when; the person writes, and the reply goes out as ever."""
    assert (await pauses(either)).done
    said = sentence(either)
    card = await either.in_review("My parcel is broken!")
    (shown,) = either.shown()
    assert (shown.reply, shown.problem, shown.state) == ("", said, State.IN_REVIEW)
    assert either.drafter.cases == []
    assert {"edit", "redraft", "reject"} <= {button.verb for button in card.buttons}
    assert "approve" not in {button.verb for button in card.buttons}
    await either.presses("edit", words="A new one is on its way.")
    await either.works()
    assert either.replies() == ["A new one is on its way."]
    assert await either.steps() == ["Received", "Start", "DraftFailed", "Edit", "Depart", "Delivered"]


async def test_what_needs_no_model_is_read_all_the_same(stage: Stage) -> None:
    """An angry customer is flagged, so that the reviewers know whom to answer first."""
    await pauses(stage)
    card = await stage.in_review("This is the third time I ask! I am furious and will see my lawyer!")
    assert card.sentiment is not None
    assert card.sentiment.angry
    assert (card.sentiment.judge, card.language) == ("rules", "en")
    assert stage.drafter.cases == []


async def test_a_redraft_while_paused_says_the_same(stage: Stage) -> None:
    """Nobody is left waiting for a draft that does not come."""
    await stage.in_review()
    await pauses(stage)
    said = sentence(stage)
    assert (await stage.presses("redraft", instruction="shorter")).done
    await stage.works()
    card = await stage.card()
    assert (card.state, card.problem, card.reply) == (State.IN_REVIEW, said, "")
    assert len(stage.drafter.cases) == 1


async def test_from_the_resumption_on_drafts_are_made_again(either: Stage) -> None:
    """What came meanwhile stays as it is until somebody asks for a draft."""
    await pauses(either)
    await either.in_review(root="1")
    assert (await pauses(either, paused=False)).sentence.startswith("Drafting at Support goes on.")
    assert (await either.in_review(root="2")).reply == "You wrote: Where is my parcel?"
    assert (await either.card("1")).reply == ""
    await either.presses("redraft", "1", instruction="")
    await either.works()
    card = await either.card("1")
    assert (card.reply, card.problem) == ("You wrote: Where is my parcel?", "")


async def test_every_replica_sees_it_at_once(database: sa.URL) -> None:
    """Paused at one, no other asks a model; resumed at the other, both do."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        await pauses(one)
        await one.says("Hello?", "1", ref="1")
        clock.move(8)
        assert await other.drafts() == 1
        assert other.drafter.cases == []
        await pauses(other, paused=False)
        await other.says("Hello?", "2", ref="2")
        clock.move(8)
        await one.works()
        assert len(one.drafter.cases) == 1


async def test_a_worker_that_died_over_a_draft_is_not_followed_by_a_model(stage: Stage) -> None:
    """Its lease ends while drafting is paused: the next one hands the question to a person."""
    await stage.says("Hello?", "1", ref="1")
    stage.clock.move(8)
    assert (await stage.desk.take_drafts(9)).claims
    await pauses(stage)
    stage.clock.move(PATIENCE.draft_lease)
    await stage.works()
    assert (await stage.card()).problem.startswith("Drafting is paused by Lea")
    assert stage.drafter.cases == []


async def test_a_draft_that_was_begun_is_finished(stage: Stage) -> None:
    """Pausing throws nothing away."""
    await stage.says("Hello?", "1", ref="1")
    stage.clock.move(8)
    (claim,) = (await stage.desk.take_drafts(9)).claims
    await pauses(stage)
    await stage.desk.draft(claim)
    assert (await stage.card()).reply == "You wrote: Hello?"


@pytest.mark.parametrize("by", [ANA, LEO, MIA, GUEST])
async def test_only_those_who_lead_may_pause(stage: Stage, by: Person) -> None:
    """Agents, customers and guests are told so, and nothing changes."""
    answer = await pauses(stage, by=by)
    assert (answer.done, answer.sentence) == (False, "Only the leads and admins of Support can pause its drafting.")
    assert (await stage.in_review()).reply
    await pauses(stage)
    assert not (await pauses(stage, by=by, paused=False)).done
    assert (await stage.in_review(root="2")).reply == ""


async def test_pausing_twice_names_who_did_it_first(stage: Stage) -> None:
    """And resuming what is not paused says so: the colleague was quicker."""
    adam = Person("stage", "adam", "Adam")
    async with staged(stage.engine.url, desk=replace(DESK, people={**DESK.people, str(adam): Role.ADMIN})) as other:
        await pauses(stage)
        since = wording.time(stage.clock())
        again = await pauses(other, by=adam)
        assert again == Answer(True, f"Drafting at Support is paused already, by Lea since {since}.")
        assert (await stage.desk.desks(ANA))[0].pause == (await other.desk.desks(adam))[0].pause
        assert (await pauses(other, by=adam, paused=False)).done
        assert await pauses(stage, paused=False) == Answer(True, "Drafting at Support is not paused.")
        assert (await stage.desk.desks(ANA))[0].pause is None


async def test_a_pause_from_another_day_is_dated(stage: Stage) -> None:
    """A time of day would be misread."""
    await pauses(stage)
    paused = stage.clock()
    stage.clock.move(3 * 86_400)
    card = await stage.in_review()
    assert f"since {wording.when(paused, stage.clock())}. Write" in card.problem
    assert wording.when(paused, stage.clock()).startswith("2026-")


async def test_only_the_desk_that_was_named_rests(sqlite: sa.URL) -> None:
    """A sister desk in the same program goes on; and one that is not there says so."""
    sales = replace(DESK, id="sales", name="Sales", listens=(Place("stage", "shop"),))
    async with staged(sqlite) as stage, staged(sqlite, desk=sales, name="b") as other:
        await pauses(stage)
        assert [await one.desk.paused() for one in (stage, other)] == [
            [("Support", (await stage.desk.desks(LEA))[0].pause)],
            [],
        ]
        assert await other.desk.pause(LEA, "support", paused=True) == Answer(False, "There is no such desk any more.")


async def test_without_the_database_nothing_is_paused(stage: Stage) -> None:
    """Whoever presses is to see that it did not count."""
    with stage.gone():
        with pytest.raises(NotStored):
            await pauses(stage)
        with pytest.raises(NotStored):
            await stage.desk.desks(LEA, days=True)
        with pytest.raises(StoreDown):
            await stage.desk.paused()
    assert await stage.desk.paused() == []
