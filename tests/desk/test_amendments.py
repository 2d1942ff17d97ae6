"""The conversation goes on: every change, wherever the review stands, voids what was not decided on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bot.channels.base import Receipt
from bot.review.model import State
from tests.stage.channel import Gate, delivers, refuses
from tests.stage.play import PATIENCE, Stage

Change = Callable[[Stage], Coroutine[Any, Any, Receipt]]


async def more(stage: Stage) -> Receipt:
    """The customer writes more."""
    return await stage.says("And where is my invoice?")


async def edit(stage: Stage) -> Receipt:
    """The customer edits the message."""
    return await stage.edits("Where is my OTHER parcel?")


async def deletion(stage: Stage) -> Receipt:
    """The customer takes the message back."""
    return await stage.takes_back()


async def by_hand(stage: Stage) -> Receipt:
    """A colleague answers in the thread."""
    return await stage.answers("It is on its way, see you tomorrow.")


GOES_ON: dict[Change, str] = {more: "And where is my invoice?", edit: "Where is my OTHER parcel?"}
ENDS: dict[Change, str] = {deletion: "The customer deleted a message.", by_hand: "Answered by hand by Ana."}


async def settle(stage: Stage) -> None:
    """The customer has finished writing, and everything due is done."""
    stage.clock.move(8)
    await stage.works()


# --- before anything was decided


@pytest.mark.parametrize("change", GOES_ON)
async def test_a_change_before_the_draft_is_drafted_with_the_rest(change: Change, stage: Stage) -> None:
    """The settling time begins anew, and one draft answers it all."""
    await stage.says("Where is my parcel?", ref="1")
    stage.clock.move(7)
    assert await change(stage) is Receipt.STORED
    stage.clock.move(7)
    await stage.works()
    assert stage.drafter.cases == []
    await settle(stage)
    (case,) = stage.drafter.cases
    assert case.thread[-1].text == GOES_ON[change]
    assert len(stage.shown()) == 1


@pytest.mark.parametrize("change", ENDS)
async def test_nothing_is_drafted_for_what_needs_no_answer_any_more(change: Change, stage: Stage) -> None:
    """Taken back or answered before a draft was made: no draft, no card, and the review is over."""
    await stage.says("Where is my parcel?", ref="1")
    await change(stage)
    await settle(stage)
    assert (stage.drafter.cases, stage.shown()) == ([], [])
    assert (await stage.review()).state is State.RETIRED


async def test_taking_back_one_of_two_leaves_the_other_to_be_answered(stage: Stage) -> None:
    """Only what still stands is drafted for."""
    await stage.says("Where is my parcel?", ref="1")
    await stage.says("Where is my invoice?", ref="2")
    await stage.takes_back("2")
    await settle(stage)
    assert [message.text for message in stage.drafter.cases[0].thread if not message.deleted] == ["Where is my parcel?"]
    assert (await stage.review()).state is State.IN_REVIEW


# --- while a draft is being made


async def _drafting(stage: Stage) -> tuple[Gate, asyncio.Task[int]]:
    gate = Gate()
    stage.drafter.script.append(gate)
    await stage.says("Where is my parcel?", ref="1")
    stage.clock.move(8)
    drafting = asyncio.create_task(stage.drafts())
    await gate.reached()
    return gate, drafting


@pytest.mark.parametrize("change", GOES_ON)
async def test_a_draft_that_was_overtaken_is_dropped(change: Change, stage: Stage) -> None:
    """It was made for a conversation that is no more; the one that is shown was made for the new one."""
    gate, drafting = await _drafting(stage)
    await change(stage)
    gate.open()
    await drafting
    await stage.works()
    assert stage.shown() == []
    await settle(stage)
    (card,) = stage.shown()
    assert GOES_ON[change] in card.reply
    assert len(stage.drafter.cases) == 2


@pytest.mark.parametrize("change", ENDS)
async def test_a_draft_that_is_not_needed_any_more_is_not_shown(change: Change, stage: Stage) -> None:
    """Nobody is asked to decide on it."""
    gate, drafting = await _drafting(stage)
    await change(stage)
    gate.open()
    await drafting
    await settle(stage)
    assert stage.shown() == []
    assert (await stage.review()).state is State.RETIRED


# --- while a person decides


@pytest.mark.parametrize("change", GOES_ON)
async def test_a_change_redraws_the_card_and_makes_the_old_one_useless(change: Change, either: Stage) -> None:
    """The card says what happened; a click on what it showed before is refused, with the reason, and sends nothing."""
    old = await either.in_review()
    await change(either)
    await either.works()
    assert [button.verb for button in either.shown()[0].buttons] == []
    answer = await either.presses("approve", seen=old)
    assert not answer.done
    assert answer.sentence.startswith(
        "The customer wrote more." if change is more else "The customer edited a message."
    )
    await settle(either)
    answer = await either.presses("approve", seen=old)
    assert not answer.done
    assert either.replies() == []
    (card,) = either.shown()
    assert GOES_ON[change] in card.reply
    assert card.changes == (("The customer wrote more." if change is more else "The customer edited a message."),)
    await either.presses("approve")
    await either.works()
    assert either.replies() == [card.reply]


@pytest.mark.parametrize("change", ENDS)
async def test_a_card_that_needs_no_decision_any_more_says_so(change: Change, either: Stage) -> None:
    """Taken back, or answered by hand: the buttons go, and an approval that was under way does not count."""
    old = await either.in_review()
    await change(either)
    await either.works()
    (card,) = either.shown()
    assert (card.state, card.buttons) == (State.RETIRED, ())
    answer = await either.presses("approve", seen=old)
    assert not answer.done
    assert answer.sentence.startswith(ENDS[change].removesuffix("."))
    await settle(either)
    assert either.replies() == []


# --- after it was approved, before it departed


@pytest.mark.parametrize("change", GOES_ON)
async def test_an_approval_is_void_when_the_conversation_goes_on(change: Change, either: Stage) -> None:
    """The words were right for what was read, not for what stands there now."""
    await either.released()
    await change(either)
    await either.works()
    assert either.replies() == []
    await settle(either)
    card = await either.card()
    assert (card.state, card.changes[-1]) == (
        State.IN_REVIEW,
        "The customer wrote more." if change is more else "The customer edited a message.",
    )
    assert either.replies() == []


@pytest.mark.parametrize("change", ENDS)
async def test_an_approval_is_void_when_nothing_is_left_to_answer(change: Change, either: Stage) -> None:
    """The customer is not told what a colleague has told them, nor what they no longer ask."""
    await either.released()
    await change(either)
    await settle(either)
    assert either.replies() == []
    assert (await either.review()).state is State.RETIRED


# --- while the words are on their way


async def _sending(stage: Stage, *, refused: bool) -> tuple[Gate, asyncio.Task[int]]:
    gate = Gate()
    await stage.released()
    stage.channel.sending.append(refuses(gate=gate) if refused else delivers(gate))
    sending = asyncio.create_task(stage.delivers())
    await gate.reached()
    return gate, sending


async def test_a_message_that_came_while_the_words_left_gets_a_review_of_its_own(either: Stage) -> None:
    """They could not be stopped, and they were read; what came meanwhile is not forgotten."""
    gate, sending = await _sending(either, refused=False)
    await more(either)
    gate.open()
    await sending
    await settle(either)
    assert either.replies() == ["You wrote: Where is my parcel?"]
    assert [review.state for review in await either.reviews()] == [State.SENT, State.IN_REVIEW]
    assert either.drafter.cases[-1].covers == (await either.review()).covers
    assert (await either.card()).reply.endswith("And where is my invoice?")


@pytest.mark.parametrize("change", [deletion, by_hand])
async def test_what_is_no_new_question_gets_no_new_review(change: Change, either: Stage) -> None:
    """A deletion or an answer by hand while the words left: they were delivered, and there is no more to say."""
    gate, sending = await _sending(either, refused=False)
    assert await change(either) is Receipt.STORED
    gate.open()
    await sending
    await settle(either)
    assert len(either.replies()) == 1
    assert [review.state for review in await either.reviews()] == [State.SENT]


@pytest.mark.parametrize("change", GOES_ON)
async def test_refused_words_for_a_conversation_that_went_on_are_drafted_anew(change: Change, either: Stage) -> None:
    """They are not tried again as they are: they answer what is no more."""
    gate, sending = await _sending(either, refused=True)
    await change(either)
    gate.open()
    await sending
    either.clock.move(PATIENCE.again_most)
    await either.works()
    assert either.replies() == []
    card = await either.card()
    assert card.state is State.IN_REVIEW
    assert GOES_ON[change] in card.reply


@pytest.mark.parametrize("change", ENDS)
async def test_refused_words_that_are_not_needed_any_more_are_let_go(change: Change, either: Stage) -> None:
    """Nobody is asked again for a thread with nothing left to answer."""
    gate, sending = await _sending(either, refused=True)
    await change(either)
    gate.open()
    await sending
    either.clock.move(PATIENCE.again_most)
    await either.works()
    assert either.replies() == []
    assert (await either.review()).state is State.RETIRED


# --- when nobody knows, and when it is over


@pytest.mark.parametrize("change", [more, edit, deletion, by_hand])
async def test_a_stuck_reply_stays_stuck_until_a_person_has_looked(change: Change, stage: Stage) -> None:
    """Whatever else happens, whether the words arrived is still to be found out; then what came meanwhile has its turn."""
    await stage.stuck()
    await change(stage)
    await settle(stage)
    assert (await stage.review()).state is State.STUCK
    assert (await stage.presses("mark_sent")).done
    await settle(stage)
    states = [review.state for review in await stage.reviews()]
    assert states == ([State.SENT, State.IN_REVIEW] if change in (more, edit) else [State.SENT])
