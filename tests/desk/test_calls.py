"""Leads are called when a review is escalated: once, unless they do not want to be."""

from __future__ import annotations

from dataclasses import replace

from bot.channels.base import Person
from bot.channels.card import Policy
from bot.review.model import Role
from tests.stage.channel import refuses, silent
from tests.stage.play import ANA, DESK, LEA, Stage, staged

MAX = Person("stage", "max", "Max")
TWO = replace(DESK, people={**DESK.people, str(MAX): Role.LEAD}, policy=Policy(leads=(str(LEA), str(MAX))))


def calls(stage: Stage) -> list[tuple[str, ...]]:
    """Who was called at each drawing of the one card."""
    (drawn,) = stage.channel.world.cards.values()
    return [card.calls for card in drawn]


async def test_an_escalation_calls_the_leads_once(either: Stage) -> None:
    """The drawing that shows it, and none before or after."""
    await either.in_review()
    await either.presses("escalate", note="Refund?")
    await either.works()
    await either.presses("claim", by=LEA)
    await either.works()
    assert calls(either) == [(), (str(LEA),), ()]


async def test_whoever_does_not_want_it_is_not_called(either: Stage) -> None:
    """Until they want it again; the other lead is called all along."""
    assert await either.desk.is_called(LEA)
    async with staged(either.engine.url, desk=TWO, clock=either.clock, channel=either.channel) as stage:
        await stage.desk.be_called(LEA, wanted=False)
        assert [await stage.desk.is_called(who) for who in (LEA, MAX)] == [False, True]
        await stage.in_review()
        await stage.presses("escalate", note="")
        await stage.works()
        assert calls(stage)[-1] == (str(MAX),)
        await stage.desk.be_called(LEA, wanted=True)
        assert await stage.desk.is_called(LEA)


async def test_a_drawing_that_may_have_failed_calls_again(stage: Stage) -> None:
    """Being called twice is better than not at all."""
    await stage.in_review()
    stage.channel.showing += [refuses(), silent(landed=True)]
    await stage.presses("escalate", note="")
    for _ in range(3):
        await stage.works()
        stage.clock.move(60)
    assert calls(stage)[1:] == [(str(LEA),), (str(LEA),)]


async def test_an_agents_wish_is_of_no_consequence(stage: Stage) -> None:
    """It stands for the day they lead."""
    await stage.desk.be_called(ANA, wanted=False)
    await stage.in_review()
    await stage.presses("escalate", note="")
    await stage.works()
    assert calls(stage)[-1] == (str(LEA),)
