"""A draft that was made for want of the model is made again when it is back, as long as nobody touched it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channels.base import Answer
from bot.channels.card import Card
from bot.review.model import State, Statement
from tests.stage.drafter import draft_of
from tests.stage.play import LEA, PATIENCE, Stage


async def makeshift(stage: Stage, reply: str = "From an article.") -> Card:
    """A review with a draft that had to do without the model; its card."""
    stage.drafter.script.append(replace(draft_of(reply), model="offline", makeshift=True))
    return await stage.in_review()


@pytest.mark.parametrize("reply", ["From an article.", ""])
async def test_when_the_model_is_back_there_is_a_new_draft(reply: str, either: Stage) -> None:
    """The card that stands shows it, says why, and its old buttons count no more."""
    old = await makeshift(either, reply)
    either.drafter.free = 1
    either.clock.move(PATIENCE.renew)
    await either.works()
    review = await either.review()
    assert (review.state, review.words, review.problem) == (
        State.IN_REVIEW,
        either.drafter.answer(either.drafter.cases[-1]),
        "",
    )
    (card,) = either.shown()
    assert card.reply == review.words
    assert "The model is back: a new draft." in [step.text for step in card.history]
    assert not (await either.presses("edit", seen=old, words="Too late")).done
    assert either.replies() == []


async def test_not_before_it_is_time_and_not_while_the_model_is_away(stage: Stage) -> None:
    """Neither is a reason to draw a card anew under somebody's eyes."""
    await makeshift(stage)
    stage.drafter.free = 1
    stage.clock.move(PATIENCE.renew - 1)
    await stage.works()
    stage.drafter.free = 0
    stage.clock.move(3600)
    await stage.works()
    assert (await stage.review()).words == "From an article."


@pytest.mark.parametrize("hand", ["claim", "escalate", "correct", "snooze"])
async def test_what_somebody_touched_stays_as_it_is(hand: str, stage: Stage) -> None:
    """Whoever is on it has read these words."""
    await makeshift(stage)
    assert (await stage.presses(hand, feeling="angry", minutes="30")).done
    stage.drafter.free = 1
    stage.clock.move(PATIENCE.renew + 3600)
    await stage.works()
    assert (await stage.review()).words == "From an article."


async def test_a_sentence_taken_out_is_a_touch_too(stage: Stage) -> None:
    """The words on the table are a person's then."""
    words = "You get it tomorrow. Kind regards"
    draft = replace(draft_of(words), makeshift=True, statements=(Statement("You get it tomorrow."),))
    stage.drafter.script.append(draft)
    await stage.in_review()
    answer: Answer = await stage.presses("strike", sentence="0")
    assert (answer.done, answer.sentence) == (True, "Taken out. Nothing is sent yet.")
    stage.drafter.free = 1
    stage.clock.move(PATIENCE.renew)
    await stage.works()
    assert (await stage.review()).words == "Kind regards"
    await stage.presses("approve")
    await stage.works()
    assert stage.replies() == ["Kind regards"]


async def test_a_model_that_is_perhaps_back_is_given_one_case(stage: Stage) -> None:
    """The first shows whether it is; the others wait."""
    for root in ("1", "2", "3"):
        stage.drafter.script.append(replace(draft_of(f"article {root}"), makeshift=True))
        await stage.in_review(root=root)
    stage.clock.move(PATIENCE.renew)
    stage.drafter.free = 1
    await stage.desk.take_drafts(8)
    states = sorted([(await stage.review(root)).state for root in ("1", "2", "3")])
    assert states == [State.DRAFTING, State.IN_REVIEW, State.IN_REVIEW]


async def test_a_case_that_the_model_never_answers_is_made_anew_ever_more_rarely(stage: Stage) -> None:
    """The model answers all others. After a while this one is tried four times an hour."""
    stage.drafter.script.extend([replace(draft_of("From an article."), makeshift=True)] * 1_000)
    await stage.in_review()
    stage.drafter.free = 1_000
    made = []
    for _ in range(3):
        before = len(stage.drafter.cases)
        for _ in range(60):
            stage.clock.move(PATIENCE.renew)
            await stage.works()
        made.append(len(stage.drafter.cases) - before)
    assert made == [7, 4, 4]


async def test_while_drafting_is_paused_nothing_is_drafted_anew(stage: Stage) -> None:
    """A pause would leave a card without words where there were some."""
    await makeshift(stage)
    await stage.desk.pause(LEA, "support", paused=True)
    stage.drafter.free = 1
    stage.clock.move(PATIENCE.renew)
    await stage.works()
    assert (await stage.review()).words == "From an article."
