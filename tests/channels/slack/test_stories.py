"""Whole stories, against a Slack as strict as the real one, with Countersign as a process of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.channels.slack.house import PATIENCE, House, living
from tests.doubles.slack import Limits, Message

QUESTION = "Hello, where is my parcel? It should have come a week ago."


@pytest.fixture(params=["http", "socket"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """Over HTTP, and over Socket Mode."""
    async with living(tmp_path, socket_mode=request.param == "socket") as made:
        yield made


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """Over HTTP, without Slack's limits."""
    async with living(tmp_path, limits=Limits.none()) as made:
        yield made


def actions(card: Message) -> list[str]:
    """The buttons on a card."""
    return [element["action_id"] for _, element in card.elements()]


def decidable(card: Message) -> bool:
    return "decide.approve" in actions(card)


def says(card: Message, word: str) -> bool:
    """Whether a card shows this."""
    return word in json.dumps(card.blocks, ensure_ascii=False)


async def test_a_message_becomes_a_signed_reply(house: House) -> None:
    """A customer writes, a card stands in the review channel, one click sends the reply once, the card says so."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card(decidable)
    assert says(card, "Kim Kjær") or says(card, "kim")
    assert says(card, QUESTION)
    pressed = await slack.act.press(town.ana, card, "decide.approve")
    assert pressed.acknowledged
    (reply,) = await house.replies(question)
    assert reply.thread_ts == question.ts
    assert reply.metadata
    assert reply.metadata["event_type"] == "countersign_reply"
    await slack.until(lambda: says(card, "Delivered.") and not actions(card), PATIENCE, "the card shows no outcome")
    assert says(card, "Approved by ")
    await slack.settled()
    assert len(slack.posts(thread=question)) == 1
    assert not slack.courier.lost()


async def test_two_reviewers_at_once_make_one_reply(house: House) -> None:
    """Whoever is second reads who was first."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card(decidable)
    seen = slack.act.snapshot(card)
    await slack.act.press(town.ana, seen, "decide.approve")
    await slack.act.press(town.lea, seen, "decide.approve")
    assert "Approved by" in await house.whisper(town.lea)
    await house.replies(question)
    await slack.settled()
    assert len(slack.posts(thread=question)) == 1


async def test_an_edit_in_the_form_is_what_is_sent(house: House) -> None:
    """The form opens with the draft, and its words go out; the card compares them."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card(decidable)
    await slack.act.press(town.ana, card, "ask.edit")
    await slack.modal_of(town.ana)
    await slack.act.submit(town.ana, {"words": "Dear Kim, it comes *tomorrow*. <!channel>"})
    (reply,) = await house.replies(question)
    assert "tomorrow" in reply.text
    assert "<!" not in reply.text
    await slack.until(lambda: says(card, "Compared with the draft"), PATIENCE)


async def test_a_rejected_draft_is_not_sent(home: House) -> None:
    """With its reason, on the card."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await home.card(decidable)
    await slack.act.press(town.ana, card, "ask.reject")
    await slack.modal_of(town.ana)
    await slack.act.submit(town.ana, {"reason": "tone", "note": "Too stiff."})
    await slack.until(lambda: says(card, "Rejected by") and not actions(card), PATIENCE)
    assert not slack.posts(thread=question)


async def test_a_redraft_makes_a_new_version(home: House) -> None:
    """The old card's button is refused, the redrawn one's counts."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await home.card(decidable)
    seen = slack.act.snapshot(card)
    await slack.act.press(town.ana, card, "ask.redraft")
    await slack.modal_of(town.ana)
    await slack.act.submit(town.ana, {"instruction": "Shorter."})
    old = next(element["value"] for _, element in seen.elements())
    await slack.until(lambda: decidable(card) and old not in json.dumps(card.blocks), PATIENCE, "not redrawn")
    await slack.act.press(town.lea, seen, "decide.approve")
    assert "Nothing was changed by your click" in await home.whisper(town.lea)
    assert not slack.posts(thread=question)
    await slack.act.press(town.lea, card, "decide.approve")
    await home.replies(question)


async def test_more_words_from_the_customer_ask_for_another_look(home: House) -> None:
    """Approval is bound to what was read: writing on, editing and deleting all make the card old."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await home.card(decidable)
    seen = slack.act.snapshot(card)
    await slack.act.reply(town.kim, question, "It is order 4711.")
    await slack.act.press(town.ana, seen, "decide.approve")
    assert "Nothing was changed by your click" in await home.whisper(town.ana)
    await slack.until(lambda: decidable(card) and says(card, "4711"), PATIENCE)
    await slack.act.edit(question, "Hello, where is my big parcel?")
    await slack.until(lambda: decidable(card) and says(card, "big parcel"), PATIENCE)
    await slack.act.unfurl(question)
    await slack.settled()
    await slack.act.press(town.ana, card, "decide.approve")
    await home.replies(question)


async def test_a_deleted_question_needs_no_reply(home: House) -> None:
    """The card says so, and its buttons go."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await home.card(decidable)
    await slack.act.delete(question)
    await slack.until(lambda: says(card, "No reply needed") and not actions(card), PATIENCE)


async def test_an_answer_by_hand_retires_the_card(home: House) -> None:
    """A colleague was quicker; nobody answers twice."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await home.card(decidable)
    await slack.act.reply(town.ben, question, "It is on its way, Kim!")
    await slack.until(lambda: says(card, "Answered by hand by") and not actions(card), PATIENCE)
    assert not slack.posts(thread=question)


async def test_what_staff_begin_is_not_drafted_for(home: House) -> None:
    """In a channel that is shared with customers our own people are staff; at an internal desk they are customers."""
    slack, town = home.slack, home.slack.town
    await slack.act.write(town.ben, town.support, "Good morning, everybody! Where is your parcel?")
    await slack.act.write(town.robot, town.internal, QUESTION, raw=True)
    asked = await slack.act.write(town.tom, town.internal, "Where is my parcel?")
    card = await home.card(decidable)
    assert says(card, "Where is my parcel?")
    await slack.act.press(town.ana, card, "decide.approve")
    await home.replies(asked)
    assert len(slack.posts(town.review)) == 1


async def test_a_foreign_presser_decides_nothing(home: House) -> None:
    """Somebody of the customer's organisation got into the review channel."""
    slack, town = home.slack, home.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await home.card(decidable)
    town.review.members += [town.kim, town.tom]
    await slack.act.press(town.kim, card, "decide.approve")
    assert "own organisation" in await home.whisper(town.kim)
    await slack.act.press(town.tom, card, "decide.approve")
    assert "may look but not decide" in await home.whisper(town.tom)
    await slack.act.press(town.tom, card, "ask.edit")
    await slack.settled()
    assert slack.modal(town.tom) is None
    assert not slack.posts(thread=question)
