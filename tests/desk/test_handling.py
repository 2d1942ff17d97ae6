"""What people do with a review besides deciding on it: say that they are on it, hand it to the leads, put it off."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.card import Card, Policy
from bot.review.model import Mood, Sentiment, State
from tests.stage.channel import ScriptedChannel, refuses
from tests.stage.drafter import draft_of
from tests.stage.play import ANA, GUEST, LEA, LEO, Clock, Stage, desk, staged

ANGRY = Sentiment(Mood.NEGATIVE, True, ("ridiculous",), "model")
HOUR = 3600.0


def verbs(card: Card) -> list[str]:
    """What can be pressed on a card."""
    return [button.verb for button in card.buttons]


# --- who is on it


async def test_a_claim_tells_the_colleagues_and_locks_nobody_out(either: Stage) -> None:
    """The card says who is on it; whoever is free takes it over, or simply decides."""
    await either.in_review()
    assert (await either.presses("claim")).sentence == "It is yours. Colleagues see that you are on it."
    await either.works()
    assert either.shown()[0].holder == "Ana"
    assert (await either.presses("claim", by=LEO)).done
    assert (await either.card()).holder == "Leo"
    assert (await either.presses("approve", by=LEA)).done
    await either.works()
    card = await either.card()
    assert (card.holder, card.outcome) == ("", "Approved by Lea. Delivered.")
    assert len(either.replies()) == 1


async def test_of_two_who_claim_at_once_one_is_told(either: Stage) -> None:
    """Nobody begins to write beside a colleague without knowing."""
    card = await either.in_review()
    answers = await asyncio.gather(*(either.presses("claim", by=by, seen=card) for by in (ANA, LEO, LEA)))
    assert sum(answer.done for answer in answers) == 1
    name = (await either.card()).holder
    assert all(answer.sentence.startswith(f"{name} is on it.") for answer in answers if not answer.done)


async def test_a_claim_outlives_what_the_customer_adds(stage: Stage) -> None:
    """Whoever took it on still is, over another draft."""
    await stage.in_review()
    await stage.presses("claim")
    await stage.says("And my invoice?")
    await stage.settles()
    card = await stage.card()
    assert (card.state, card.holder) == (State.IN_REVIEW, "Ana")


# --- for leads


async def test_an_escalated_review_is_decided_by_a_lead(either: Stage) -> None:
    """No agent decides on it any more, whoever handed it on; a lead does, with all the buttons."""
    await either.in_review()
    await either.presses("claim")
    assert (await either.presses("escalate", note="A lawyer writes.")).sentence == "Escalated. A lead decides now."
    await either.works()
    (card,) = either.shown()
    assert card.headline == "Escalated: a lead decides"
    assert card.escalation == "Escalated to the leads by Ana: “A lawyer writes.”"
    assert (card.holder, "escalate" in verbs(card)) == ("", False)
    before = await either.review()
    for by in (ANA, LEO):
        for verb in verbs(card):
            fields: dict[str, Any] = {"words": "x", "reason": "tone", "minutes": "30", "feeling": "neutral"}
            answer = await either.presses(verb, by=by, **fields)
            assert (answer.done, answer.sentence) == (
                False,
                "This review was escalated: a lead of this desk decides.",
            )
    assert await either.review() == before
    assert (await either.presses("approve", by=LEA)).done
    await either.works()
    assert len(either.replies()) == 1


async def test_an_escalation_is_called_out_once(stage: Stage) -> None:
    """The leads are named with the first drawing after it, also when that took several attempts; never again."""
    await stage.in_review()
    stage.channel.showing += [refuses(), refuses()]
    await stage.presses("escalate")
    for _ in range(3):
        await stage.works()
        stage.clock.move(10)
    await stage.presses("claim", by=LEA)
    await stage.works()
    drawings = stage.channel.world.cards["card1"]
    assert [drawn.calls for drawn in drawings] == [(), (str(LEA),), ()]


async def test_an_escalation_outlives_the_conversation(stage: Stage) -> None:
    """A customer who writes on does not bring it back to the agents."""
    await stage.in_review()
    await stage.presses("escalate")
    await stage.says("Well?")
    await stage.settles()
    assert not (await stage.presses("approve")).done
    card = await stage.card()
    assert card.escalation == "Escalated to the leads by Ana."
    assert (await stage.presses("approve", by=LEA)).done


async def test_whoever_has_an_old_card_is_told_of_the_escalation(stage: Stage) -> None:
    """With who did it and when, before being told that it is not theirs."""
    old = await stage.in_review()
    await stage.presses("escalate", by=LEO)
    answer = await stage.presses("approve", seen=old)
    assert answer.sentence.startswith("Escalated to the leads by Leo. That was at ")


async def test_a_desk_without_leads_has_nobody_to_escalate_to(sqlite: sa.URL) -> None:
    """The button is not there, and pressed all the same it says what to do."""
    async with staged(sqlite, desk=desk(policy=Policy())) as stage:
        card = await stage.in_review()
        assert "escalate" not in verbs(card)
        answer = await stage.presses("escalate")
        assert (answer.done, answer.sentence.partition(".")[0]) == (False, "This desk has no lead to escalate to")


async def test_a_colleague_may_still_answer_an_escalated_review_by_hand(stage: Stage) -> None:
    """What happened in the thread happened: the draft retires."""
    await stage.in_review()
    await stage.presses("escalate")
    await stage.answers("I have called them.", by=LEO)
    assert (await stage.review()).state is State.RETIRED


# --- out of the way


async def test_a_snooze_ends_by_itself(either: Stage) -> None:
    """Until then nobody decides in passing; then the card is back as it was, and says why."""
    await either.in_review()
    assert (await either.presses("snooze", minutes="30")).done
    await either.works()
    (card,) = either.shown()
    assert (card.headline, verbs(card)) == ("Snoozed", ["wake"])
    assert re.fullmatch(r"Snoozed by Ana until \d\d:\d\d\.", card.changes[-1])
    either.clock.move(30 * 60 - 0.001)
    await either.works()
    assert either.shown()[0].state is State.SNOOZED
    either.clock.move(0.001)
    await either.works()
    (card,) = either.shown()
    assert (card.headline, card.changes[-1]) == ("Needs a decision", "The snooze is over.")
    assert (await either.presses("approve")).done
    await either.works()
    assert len(either.replies()) == 1
    assert (await either.steps())[3:5] == ["Snooze", "Wake"]


async def test_several_workers_end_a_snooze_once(database: sa.URL) -> None:
    """Two processes look at the same time."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        for root in "123":
            await one.in_review(root=root)
            await one.presses("snooze", root, minutes="30")
        clock.move(30 * 60)
        await asyncio.gather(one.works(), other.works(), one.works(), other.works())
        for root in "123":
            assert (await one.steps(root))[3:] == ["Snooze", "Wake"]


async def test_a_snoozed_review_is_brought_back_by_hand(stage: Stage) -> None:
    """By anybody who may decide, at any time."""
    await stage.in_review()
    await stage.presses("snooze", minutes="1440")
    assert not (await stage.presses("wake", by=GUEST)).done
    assert (await stage.presses("wake", by=LEO)).sentence == "It is back in the queue."
    stage.clock.move(2 * 24 * HOUR)
    await stage.works()
    assert (await stage.steps())[3:] == ["Snooze", "Wake"]


async def test_a_customer_who_writes_ends_a_snooze(stage: Stage) -> None:
    """It is drafted anew, and the end of the snooze changes nothing any more."""
    await stage.in_review()
    await stage.presses("snooze", minutes="120")
    await stage.says("Never mind, I found it. But where is the invoice?")
    await stage.settles()
    (card,) = stage.shown()
    assert card.state is State.IN_REVIEW
    assert card.reply.endswith("But where is the invoice?")
    stage.clock.move(2 * HOUR)
    await stage.works()
    assert "Wake" not in await stage.steps()


async def test_a_customer_who_takes_it_back_ends_a_snooze_for_good(stage: Stage) -> None:
    """Nothing is left to come back to."""
    await stage.in_review()
    await stage.presses("snooze", minutes="30")
    await stage.takes_back()
    stage.clock.move(HOUR)
    await stage.works()
    assert (await stage.review()).state is State.RETIRED


# --- how the customer sounds


async def test_a_corrected_sentiment_is_the_persons(either: Stage) -> None:
    """Over another draft of the same words; new words are judged anew."""
    either.drafter.script += [replace(draft_of("We are sorry."), sentiment=ANGRY)] * 3
    await either.in_review("This is ridiculous!")
    assert (await either.presses("correct", feeling="neutral")).sentence == "Noted."
    calm = Sentiment(Mood.NEUTRAL, False, (), "person")
    assert (await either.card()).sentiment == calm
    await either.presses("redraft", instruction="shorter")
    await either.works()
    assert (await either.card()).sentiment == calm
    await either.says("Ridiculous!!")
    await either.settles()
    assert (await either.card()).sentiment == ANGRY
    assert "Ana says the customer is neutral." in [step.text for step in (await either.card()).history]


# --- what the desk promised and wants


async def test_a_deadline_that_passes_redraws_the_card_once(database: sa.URL) -> None:
    """It says so without a step of the review, and hangs still afterwards; the clock runs from the first message."""
    promising = desk(policy=Policy(within=HOUR))
    async with staged(database, desk=promising) as stage:
        card = await stage.in_review()
        assert (card.deadline, card.overdue) == (card.opened_at + HOUR, False)
        version = card.version
        stage.clock.now = card.opened_at + HOUR - 0.001
        await stage.works()
        assert not stage.shown()[0].overdue
        stage.clock.move(0.001)
        await stage.works()
        drawings = stage.channel.world.cards["card1"]
        assert [drawn.overdue for drawn in drawings] == [False, True]
        stage.clock.move(24 * HOUR)
        await stage.works()
        assert len(drawings) == 2
        assert (await stage.review()).version == version
        await stage.presses("claim")
        await stage.works()
        assert [drawn.overdue for drawn in drawings] == [False, True, True]


async def test_a_reply_in_time_is_never_overdue(sqlite: sa.URL) -> None:
    """Once it is out nothing is redrawn for a promise that was kept."""
    async with staged(sqlite, desk=desk(policy=Policy(within=HOUR))) as stage:
        await stage.released()
        await stage.works()
        stage.clock.move(1)
        await stage.works()
        drawn = len(stage.channel.world.cards["card1"])
        stage.clock.move(2 * HOUR)
        await stage.works()
        assert len(stage.channel.world.cards["card1"]) == drawn
        (card,) = stage.shown()
        assert (card.state, card.deadline, card.overdue) == (State.SENT, None, False)


async def test_a_deadline_is_kept_in_mind_over_a_drawing_that_failed(sqlite: sa.URL) -> None:
    """The channel was away when the deadline passed: the card says so as soon as it is back."""
    async with staged(sqlite, desk=desk(policy=Policy(within=HOUR))) as stage:
        await stage.in_review()
        stage.channel.showing.append(refuses(wait=100))
        stage.clock.move(HOUR)
        await stage.works()
        assert not stage.shown()[0].overdue
        stage.clock.move(100)
        await stage.works()
        assert stage.shown()[0].overdue


async def test_a_snoozed_review_does_not_hide_that_it_is_overdue(sqlite: sa.URL) -> None:
    """The customer waits all the same."""
    async with staged(sqlite, desk=desk(policy=Policy(within=HOUR))) as stage:
        await stage.in_review()
        await stage.presses("snooze", minutes="480")
        await stage.works()
        stage.clock.move(HOUR)
        await stage.works()
        (card,) = stage.shown()
        assert (card.state, card.overdue) == (State.SNOOZED, True)


@pytest.mark.parametrize(
    ("confirm", "asked"), [("never", [False, False]), ("risky", [True, False]), ("always", [True, True])]
)
async def test_an_approval_asks_back_where_the_desk_wants_it(sqlite: sa.URL, confirm: str, asked: list[bool]) -> None:
    """The question stands on the card; who answers it decides as ever."""
    async with staged(sqlite, desk=desk(policy=Policy(confirm=confirm))) as stage:
        stage.drafter.script += [replace(draft_of("We are sorry."), sentiment=ANGRY), "It comes tomorrow."]
        cards = [await stage.in_review("Ridiculous!", "1"), await stage.in_review("When?", "2")]
        assert [bool(card.buttons[0].confirm) for card in cards] == asked
        assert not [button for card in cards for button in card.buttons[1:] if button.confirm]
        for root in "12":
            assert (await stage.presses("approve", root)).done
