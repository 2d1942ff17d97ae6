"""Several reviewers, doubled clicks, old cards, and whatever a browser may send for a click."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import Click, NotStored
from bot.channels.card import Card
from bot.desk import ToDraft
from bot.review.actions import ACTS
from bot.review.model import State
from tests.stage.channel import Gate, ScriptedChannel
from tests.stage.play import ANA, LEA, LEO, Clock, Stage, staged

VERBS = [act.verb for act in ACTS]
# What each of them could ask for; what a button does not ask for is passed over.
FILLED_IN: dict[str, Any] = {
    "words": "x",
    "reason": "tone",
    "instruction": "x",
    "minutes": "30",
    "feeling": "angry",
    "note": "x",
}


async def test_of_two_who_decide_at_once_one_counts(either: Stage) -> None:
    """The other is told who was first and when; what leaves is what the first decided, once."""
    card = await either.in_review()
    answers = await asyncio.gather(
        either.presses("approve", by=ANA, seen=card),
        either.presses("edit", by=LEO, seen=card, words="Leo's words"),
        either.presses("reject", by=LEA, seen=card, reason="tone"),
        either.presses("approve", by=LEO, seen=card),
    )
    assert sum(answer.done for answer in answers) == 1
    first = await either.steps()
    name = (await either.card()).history[-1].text
    for answer in answers:
        if not answer.done:
            assert answer.sentence.startswith(name)
            assert re.search(r"That was at \d\d:\d\d, after your card was drawn\.", answer.sentence)
    await either.works()
    assert len(either.replies()) == (0 if first[-1] == "Reject" else 1)
    assert either.replies() != ["Leo's words"] or first[-1] == "Edit"


async def test_two_processes_share_reviewers_and_work(database: sa.URL) -> None:
    """Two programs on one database: the clicks of both count once, and both working at once send once."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        card = await one.in_review()
        answers = await asyncio.gather(
            *(stage.presses("approve", by=by, seen=card) for stage in (one, other) for by in (ANA, LEO, LEA))
        )
        assert sum(answer.done for answer in answers) == 1
        await asyncio.gather(one.works(), other.works(), one.works(), other.works())
        clock.move(1)
        await asyncio.gather(one.works(), other.works())
        assert len(one.replies()) == len(one.shown()) == 1
        assert (await other.review()).state is State.SENT


async def test_many_messages_and_decisions_at_once_all_come_through(database: sa.URL) -> None:
    """Customers, colleagues and reviewers act on the same threads from two processes: nobody is told to come back."""
    clock, channel = Clock(), ScriptedChannel()
    async with (
        staged(database, clock=clock, channel=channel, name="a") as one,
        staged(database, clock=clock, channel=channel, name="b") as other,
    ):
        for root in "123":
            await one.in_review(root=root)
        jobs: list[Coroutine[Any, Any, object]] = []
        for root in "123":
            card = await one.card(root)
            for stage in (one, other):
                jobs += [stage.says(f"more {number}", root) for number in range(3)]
                jobs += [stage.presses("reject", root, seen=card, reason="tone"), stage.answers("by hand", root)]
                jobs += [stage.presses("approve", root, seen=card)]
        await asyncio.gather(*jobs)
        clock.move(8)
        await asyncio.gather(one.works(), other.works())
        for root in "123":
            assert len(await one.messages(root)) >= 9
            assert sum(not review.closed for review in await one.reviews(root)) <= 1


@pytest.mark.parametrize("verb", ["approve", "edit", "reject", "redraft", "claim", "escalate", "snooze", "correct"])
async def test_a_doubled_click_counts_once(verb: str, either: Stage) -> None:
    """The second is told that it was done, by whom and when."""
    card = await either.in_review()
    first = await either.presses(verb, seen=card, **FILLED_IN)
    second = await either.presses(verb, seen=card, **FILLED_IN)
    assert (first.done, second.done) == (True, False)
    assert "Ana" in second.sentence
    await either.works()
    assert len(either.replies()) == (verb in ("approve", "edit"))


@pytest.mark.parametrize("verb", VERBS)
async def test_a_click_on_an_old_card_changes_nothing(verb: str, stage: Stage) -> None:
    """Whatever the button: the review moved on, so what was read is not what stands there."""
    old = await stage.in_review()
    await stage.says("More")
    before = await stage.review()
    answer = await stage.presses(verb, seen=old, **FILLED_IN)
    assert not answer.done
    assert answer.sentence.startswith("The customer wrote more. That was at ")
    assert await stage.review() == before


@pytest.mark.parametrize("verb", VERBS)
async def test_a_button_that_is_not_offered_does_nothing(verb: str, stage: Stage) -> None:
    """Pressed all the same, on the card as it is: refused in a sentence that makes sense."""
    await stage.in_review()
    for press in ("", "approve"):
        if press:
            assert (await stage.presses(press)).done
        card = await stage.card()
        if verb in [button.verb for button in card.buttons]:
            continue
        before = await stage.review()
        answer = await stage.presses(verb, **FILLED_IN)
        what = "That sentence is not in the reply any more" if verb == "strike" else "That is not possible any more"
        assert (answer.done, answer.sentence) == (False, f"{what}. Look at the card again.")
        assert await stage.review() == before


async def test_after_a_worker_gave_up_the_sentence_still_says_what_happened(stage: Stage) -> None:
    """Steps that tell a reader nothing are passed over when a click is refused."""
    old = await stage.in_review()
    await stage.says("More")
    stage.clock.move(8)
    (claim,) = (await stage.desk.take_drafts(1)).claims
    await _yield(stage, claim)
    assert (await stage.steps())[-3:] == ["Amended", "Start", "Yielded"]
    answer = await stage.presses("approve", seen=old)
    assert answer.sentence.startswith("The customer wrote more. That was at ")


async def _yield(stage: Stage, claim: ToDraft) -> None:
    gate = Gate()
    stage.drafter.script.append(gate)
    drafting = asyncio.create_task(stage.desk.draft(claim))
    await gate.reached()
    drafting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drafting


# --- what a click may carry


async def _refused(stage: Stage, sentence: str, card: Card, verb: str = "edit", **fields: Any) -> None:
    before = await stage.review()
    answer = await stage.presses(verb, seen=card, **fields)
    assert (answer.done, answer.sentence) == (False, sentence)
    assert await stage.review() == before


async def test_what_was_filled_in_is_checked(stage: Stage) -> None:
    """Too long for the channel, empty, no reason, a novel for a note, a button that does not exist: one sentence each."""
    card = await stage.in_review()
    long = "The reply has 301 characters; this channel takes 300. Shorten it by editing."
    await _refused(stage, long, card, words="x" * 301)
    await _refused(stage, "There are no words to send. Edit the reply first.", card, words=" \n ")
    await _refused(stage, "There are no words to send. Edit the reply first.", card)
    await _refused(stage, "Choose a reason for rejecting.", card, "reject", note="no")
    await _refused(stage, "Choose a reason for rejecting.", card, "reject", reason="mood")
    await _refused(
        stage, "That is 1001 characters long; 1000 fit. Shorten it.", card, "reject", reason="tone", note="x" * 1001
    )
    await _refused(
        stage, "That is 1001 characters long; 1000 fit. Shorten it.", card, "redraft", instruction="x" * 1001
    )
    await _refused(stage, "That is 1001 characters long; 1000 fit. Shorten it.", card, "escalate", note="x" * 1001)
    await _refused(stage, "Choose for how long.", card, "snooze")
    await _refused(stage, "Choose for how long.", card, "snooze", minutes="31")
    await _refused(stage, "Choose how the customer sounds.", card, "correct", feeling="sad")
    await _refused(stage, "There is no decision called “explode”.", card, "explode")
    assert (await stage.presses("edit", seen=card, words="x" * 300)).done


@pytest.mark.parametrize("words", ["\x01\x02", "\u200b\u202e", "\ud800"])
async def test_words_that_nobody_can_see_are_none(stage: Stage, words: str) -> None:
    """A chat leaves out what it cannot carry: the customer would get an empty message."""
    card = await stage.in_review()
    await _refused(stage, "There are no words to send. Edit the reply first.", card, words=words)
    assert (await stage.presses("edit", seen=card, words="\u200bHere it is.")).done


async def test_a_click_on_nothing_is_answered(either: Stage) -> None:
    """An unknown review, an absurd version, a name with NUL: an answer each, and no error."""
    card = await either.in_review()
    for review in ("nonesuch", "", "\x00", "\ud800", "r" * 5_000):
        answer = await either.desk.act(Click(review, 1, "approve", ANA))
        assert (answer.done, answer.sentence) == (False, "There is no such review.")
    for version in (0, -1, 10**30):
        assert not (await either.desk.act(Click(card.review, version, "approve", ANA))).done
    assert either.replies() == []


async def test_a_reviewer_may_be_called_anything(either: Stage) -> None:
    """A name or id that PostgreSQL cannot hold, or full of markup, neither stops a decision nor is executed."""
    odd = type(ANA)("stage", "ana", "An\x00a \ud83d {name} <b>")
    card = await either.in_review()
    answer = await either.desk.act(Click(card.review, card.version, "approve", odd))
    assert answer.done
    await either.works()
    assert "{name} <b>" in (await either.card()).outcome
    assert len(either.replies()) == 1


async def test_a_decision_that_cannot_be_stored_is_not_answered_as_done(stage: Stage) -> None:
    """The database is gone: the click is `NotStored`, and when it is back nothing of it was done."""
    card = await stage.in_review()
    with stage.gone():
        with pytest.raises(NotStored):
            await stage.presses("approve", seen=card)
        with pytest.raises(NotStored):
            await stage.says("Hello?")
    assert (await stage.review()).state is State.IN_REVIEW
    assert (await stage.presses("approve", seen=card)).done
