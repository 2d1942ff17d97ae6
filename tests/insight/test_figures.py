"""The day's figures, counted in histories that a real desk has made, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.channels.base import Person
from bot.channels.card import Policy
from bot.channels.standing import Day
from bot.insight.measures import midnight
from bot.review.model import Mood, Role, Sentiment
from tests.stage.databases import connected
from tests.stage.drafter import draft_of
from tests.stage.play import ANA, DESK, GUEST, LEA, LEO, Clock, Stage, staged
from tests.stage.works import NOON

ANGRY = replace(draft_of("I am sorry."), sentiment=Sentiment(Mood.NEGATIVE, True, ("scandal",), "model"))
# Half past nine in the morning where this runs.
MORNING = midnight(NOON) + 9.5 * 3600


@pytest.fixture
async def stage(database: sa.URL) -> AsyncIterator[Stage]:
    """A desk that promises a reply within an hour, in the morning."""
    desk = replace(DESK, policy=replace(DESK.policy, within=3600.0))
    async with staged(database, desk=desk, clock=Clock(MORNING)) as stage:
        yield stage


async def day(stage: Stage, by: Person = ANA) -> Day:
    """What today was like."""
    (standing,) = await stage.desk.desks(by, days=True)
    assert standing.day is not None
    return standing.day


async def sent(
    stage: Stage, root: str, verb: str = "approve", after: float = 60.0, words: str = "", reason: str = ""
) -> None:
    """A question that was answered so many seconds after its draft was there, 8 seconds after it was asked."""
    await stage.in_review(root=root)
    stage.clock.move(after)
    await stage.presses(verb, root, words=words, reason=reason)
    await stage.works()


async def test_a_day_is_counted(stage: Stage) -> None:
    """Everything that can become of a review, once each and some twice."""
    assert await day(stage) == Day()
    await sent(stage, "1")
    await sent(stage, "2", after=120.0)
    await sent(stage, "3", "edit", 180.0, words="In my own words.")
    await sent(stage, "4", "reject", 240.0, reason="policy")
    await stage.says("Never mind.", "5", ref="5")
    await stage.takes_back("5", "5")
    await stage.says("Hello?", "6")
    await stage.answers("By hand.", "6")
    await stage.stuck("7")
    stage.drafter.script.append(ANGRY)
    await stage.in_review("A scandal!", "8")
    stage.clock.move(3600.0)
    await stage.says("Is anybody there?", "9")
    found = await day(stage)
    assert (found.came_in, found.as_drafted, found.edited, found.rejected) == (9, 2, 1, 1)
    assert (found.by_hand, found.withdrawn) == (1, 1)
    assert (found.waiting, found.angry, found.overdue, found.stuck) == (3, 1, 2, 1)
    # Decided after 68, 128, 188, 248 and, for the one that is stuck, 8 seconds; three replies have arrived.
    assert (found.to_decision, found.to_reply) == (128.0, 128.0)


async def test_what_a_person_corrected_counts(stage: Stage) -> None:
    """A customer who is not angry after all is not counted as angry, and the other way round."""
    stage.drafter.script.append(ANGRY)
    await stage.in_review("A scandal!", "1")
    await stage.in_review(root="2")
    await stage.presses("correct", "1", feeling="neutral")
    assert (await day(stage)).angry == 0
    await stage.presses("correct", "2", feeling="angry")
    assert (await day(stage)).angry == 1


async def test_words_that_were_taken_back_and_approved_again_are_still_a_persons(database: sa.URL) -> None:
    """Approving what somebody edited does not make it the draft's; and the decision is the one in force."""
    desk = replace(DESK, hold=30.0)
    async with staged(database, desk=desk, clock=Clock(MORNING)) as stage:
        await stage.in_review()
        await stage.presses("edit", words="In my own words.")
        await stage.presses("recall")
        stage.clock.move(100.0)
        await stage.presses("approve")
        assert (await day(stage)).to_decision == 108.0
        stage.clock.move(30.0)
        await stage.works()
        found = await day(stage)
        assert (found.as_drafted, found.edited, found.to_decision, found.to_reply) == (0, 1, 108.0, 138.0)


async def test_yesterday_is_another_day(stage: Stage) -> None:
    """At midnight the counting begins anew; what waits goes on waiting, and counts from when it came."""
    await sent(stage, "1")
    await stage.in_review(root="2")
    stage.clock.now = midnight(MORNING) + 86_400.0 - 0.5
    assert (await day(stage)).came_in == 2
    stage.clock.move(1.0)
    assert await day(stage) == Day(waiting=1, overdue=1)
    await stage.presses("approve", "2")
    await stage.works()
    found = await day(stage)
    assert (found.came_in, found.as_drafted, found.waiting) == (0, 1, 0)
    assert found.to_reply == stage.clock() - (MORNING + 8 + 60 + 0.0)


async def test_only_the_people_of_a_desk_are_told(stage: Stage) -> None:
    """And each is told their role."""
    assert await stage.desk.desks(GUEST, days=True) == ()
    assert [(await stage.desk.desks(who))[0].role for who in (ANA, LEO, LEA)] == [Role.AGENT, Role.AGENT, Role.LEAD]
    assert (await stage.desk.desks(ANA))[0].day is None


async def test_an_erased_draft_is_counted_all_the_same(stage: Stage) -> None:
    """What it said of the customer is gone with it."""
    stage.drafter.script.append(ANGRY)
    await stage.in_review("A scandal!")
    with connected(stage.engine.url) as engine, engine.begin() as conn:
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql("BEGIN")
        conn.exec_driver_sql("DELETE FROM texts WHERE id IN (SELECT draft FROM reviews)")
    found = await day(stage)
    assert (found.waiting, found.angry) == (1, 0)


async def test_another_desks_day_is_its_own(stage: Stage, database: sa.URL) -> None:
    """Two desks in one database count their own reviews only."""
    await sent(stage, "1")
    sales = replace(DESK, id="sales", policy=Policy())
    async with staged(database, desk=sales, clock=stage.clock, name="b") as other:
        await other.in_review(root="2")
        assert (await day(other)).waiting == 1
        assert (await day(other)).came_in == 1
    assert (await day(stage)).came_in == 1
    assert (await day(stage)).waiting == 0


async def test_corrections_of_the_sentiment_are_counted(stage: Stage) -> None:
    """Each of them: they say how well the draft hears."""
    await stage.in_review()
    await stage.presses("correct", feeling="angry")
    await stage.presses("correct", feeling="neutral")
    assert (await day(stage)).corrected == 2
