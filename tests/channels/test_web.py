"""The local workspace beyond the contract: whose messages are whose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from bot.channels.base import NotStored, Person, Receipt, Refusal, Silence, Speaker, Thread
from bot.channels.wall import NoSuchMessage, NotYours
from bot.review.model import Release, State
from bot.store.bell import Topic
from tests.channels.contract.web import WebGround

JON = Person("web", "jon", "Jon")


@pytest.fixture
async def web(sqlite: sa.URL) -> AsyncIterator[WebGround]:
    """The workspace."""
    ground = WebGround(sqlite)
    yield ground
    await ground.works.verified()
    await ground.close()


async def test_only_its_author_changes_a_message(web: WebGround) -> None:
    """Neither another customer nor a reviewer, nor anybody the bot's own words."""
    root, card = await web.asked("Where is my parcel?")
    await web.presses(card, "approve")
    await web.works.works()
    reply = (await web.web.threads())[0].posts[-1].ref
    for by, ref in ((JON, root), (web.reviewer, root), (web.customer, reply), (web.reviewer, reply)):
        with pytest.raises(NotYours):
            await web.web.edit(by, ref, "mine now")
        with pytest.raises(NotYours):
            await web.web.delete(by, ref)
    assert [heard.text for heard in await web.thread(root)] == ["Where is my parcel?", "You wrote: Where is my parcel?"]


@pytest.mark.parametrize("ref", ["", "99", "x", "9" * 40, "\x00"])
async def test_what_is_not_there_cannot_be_changed_or_answered(ref: str, web: WebGround) -> None:
    """A stale page may ask for anything."""
    await web.says("Where is my parcel?")
    with pytest.raises(NoSuchMessage):
        await web.web.edit(web.customer, ref, "x")
    with pytest.raises(NoSuchMessage):
        await web.web.delete(web.customer, ref)
    if ref:
        with pytest.raises(NoSuchMessage):
            await web.web.say(web.customer, ref, "x", "n")


async def test_a_message_that_was_taken_back_is_not_edited(web: WebGround) -> None:
    """From another window, a moment later: what is gone stays gone."""
    root = await web.says("My card number is 1234")
    await web.takes_back(root)
    with pytest.raises(NoSuchMessage):
        await web.edits(root, "My card number is 5678")
    assert await web.thread(root) == []


async def test_a_deletion_that_could_not_be_told_can_be_told_again(web: WebGround) -> None:
    """The wall took it, the desk could not store it: asked again, the desk hears of it, once."""
    root = await web.says("Where is my parcel?")
    await web.wall.remove(root)
    await web.takes_back(root)
    assert (await web.works.review(root)).state is State.RETIRED
    assert await web.web.delete(web.customer, root) is Receipt.DUPLICATE


async def test_what_was_hung_up_before_the_program_died_is_told_at_the_next_start(web: WebGround) -> None:
    """The customer sees it on the wall, so the desk has to know of it: once, and never of what the bot said."""
    root = await web.says("Told.")
    post = await web.wall.post("web:mia:n", "", Speaker.CUSTOMER, web.customer, "Not told.")
    await web.wall.post("r-1", root, Speaker.BOT, JON, "A reply.")
    assert post is not None
    with web.works.engine.bell.listen(Topic.DRAFTS) as ear:
        running = asyncio.create_task(web.web.run())
        assert await ear.wait(10)
        running.cancel()
        await asyncio.wait([running])
    await web.works.settles()
    assert [message.text for message in (await web.card(post.ref)).messages] == ["Not told."]
    assert [message.text for message in (await web.card(root)).messages] == ["Told."]
    assert await web.wall.untold() == []


async def test_the_same_words_twice_are_two_messages(web: WebGround) -> None:
    """Only the same submission is one: a customer who says it again has said it twice."""
    root = await web.says("Hello?")
    await web.says("Hello?", root)
    assert len(await web.thread(root)) == 2


async def test_each_edit_is_told(web: WebGround) -> None:
    """There and back again are two changes."""
    root = await web.says("one")
    for text in ("two", "one", "two"):
        await web.edits(root, text)
    await web.works.settles()
    assert (await web.card(root)).messages[0].text == "two"


async def test_a_wall_that_cannot_be_reached_is_silence(web: WebGround) -> None:
    """The database is the outside world here: whether the words hang there is not known until somebody looks."""
    root, card = await web.asked("Where is my parcel?")
    release = Release(card.review, 9, "c", "words")
    thread = Thread(web.works.setting.listens[0], root)
    with web.works.gone():
        with pytest.raises(Silence):
            await web.web.send_reply(thread, release)
        with pytest.raises(Silence):
            await web.web.find_reply(thread, release)
        with pytest.raises(NotStored):
            await web.web.threads()
    assert await web.web.find_reply(thread, release) is None


async def test_a_release_is_hung_up_once(web: WebGround) -> None:
    """Even if somebody sent it twice, the wall knows its key."""
    root, card = await web.asked("Where is my parcel?")
    release = Release(card.review, 9, "c", "words")
    thread = Thread(web.works.setting.listens[0], root)
    first = await web.web.send_reply(thread, release)
    assert await web.web.send_reply(thread, release) == first
    assert await web.replies(root) == ["words"]


async def test_a_reply_goes_into_the_thread_it_was_released_for(web: WebGround) -> None:
    """Not into another's, and not into nothing."""
    root = await web.says("one")
    other = await web.says("two")
    place = web.works.setting.listens[0]
    await web.web.send_reply(Thread(place, other), Release("r", 1, "c", "for two"))
    assert (await web.replies(root), await web.replies(other)) == ([], ["for two"])
    for nowhere in ("x", "0", "99"):
        with pytest.raises(Refusal):
            await web.web.send_reply(Thread(place, nowhere), Release("r", 2, "c", "lost"))
