"""Bad days: answers lost, channels closed, tokens revoked, storms of refusals. In the end a person sees it, or it is done.

Over HTTP and over Socket Mode, with Countersign as a process of its own.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.channels.slack.conftest import Opens
from tests.channels.slack.house import QUESTION, ROOT, SHORT, House, decidable, living, says
from tests.channels.slack.process import PATIENCE
from tests.channels.slack.soon import soon
from tests.doubles.openai_answers import good
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.slack import Fault, Limits

MORE = "And where is my other parcel?"


# --- replies


@pytest.mark.parametrize(("landed", "told"), [(True, True), (True, False), (False, True)])
async def test_a_lost_answer_is_looked_for_and_never_doubled(opens: Opens, landed: bool, told: bool) -> None:
    """Whether it arrived is learnt from our own event, or by looking; then it is sent again or not."""
    async with opens(patience=SHORT) as house:
        slack, town = house.slack, house.slack.town
        question = await slack.act.write(town.kim, town.support, QUESTION)
        card = await house.card()
        slack.happenings.own_events = told
        slack.faults.lose("chat.postMessage", landed=landed, channel=town.support.id)
        await slack.act.press(town.ana, card, "decide.approve")
        await house.shows(card, "Delivered.", buttons=False)
        assert len(slack.posts(thread=question)) == 1
        posts = [call for call in slack.called("chat.postMessage") if call.args.get("channel") == town.support.id]
        assert len(posts) == (1 if landed else 2)


async def test_where_nobody_can_look_a_person_is_asked(opens: Opens) -> None:
    """Both answers are lost and the threads cannot be read: one reply is there, one is not, and people say which."""
    async with opens(patience=SHORT) as house:
        slack, town = house.slack, house.slack.town
        slack.happenings.own_events = False
        slack.faults.error("conversations.replies", "missing_scope", times=None)
        there = await slack.act.write(town.kim, town.support, QUESTION)
        absent = await slack.act.write(town.mia, town.grid_support, QUESTION)
        landed = await house.card(lambda card: decidable(card) and says(card, "kim"))
        lost = await house.card(lambda card: decidable(card) and says(card, "mia"))
        slack.faults.lose("chat.postMessage", landed=True, channel=town.support.id)
        slack.faults.lose("chat.postMessage", landed=False, channel=town.grid_support.id)
        for card in (landed, lost):
            await slack.act.press(town.ana, card, "decide.approve")
        for card in (landed, lost):
            await house.shows(card, "May or may not have been sent", "cannot be looked up", buttons=True)
        await slack.act.press(town.ana, landed, "decide.mark_sent")
        await slack.act.press(town.ana, lost, "decide.resend")
        await house.shows(landed, "ana looked and found it sent", buttons=False)
        await house.shows(lost, "Delivered.", buttons=False)
        assert [len(slack.posts(thread=thread)) for thread in (there, absent)] == [1, 1]


async def test_an_archived_channel_is_told_on_the_card(house: House) -> None:
    """Once it is open again, the same card sends the reply."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    await slack.admin.archive(town.support)
    await slack.act.press(town.ana, card, "decide.approve")
    await house.shows(card, "The channel is archived.", buttons=True)
    await slack.admin.unarchive(town.support)
    await slack.act.press(town.ana, card, "decide.approve")
    await house.replies(question)


async def test_a_bot_that_was_removed_goes_on_when_it_is_invited_again(house: House) -> None:
    """One question waits for a decision, the reply to another is released and on its way: both cards say what to do,
    and once it is done the same cards send.
    """
    slack, town = house.slack, house.slack.town
    pending = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    released = await slack.act.write(town.kai, town.support, MORE)
    other = await house.card(lambda card: decidable(card) and says(card, MORE))
    put_off = slack.faults.add(Fault("ratelimit", "chat.postMessage", channel=town.support.id))
    await slack.act.press(town.ana, other, "decide.approve")
    await slack.until(lambda: put_off.hits, PATIENCE)
    await slack.admin.remove_bot(town.support)
    await slack.act.press(town.ana, card, "decide.approve")
    for one in (card, other):
        await house.shows(one, "The app is not in the channel any more. Invite it again.", buttons=True)
    await slack.admin.invite_bot(town.support, by=town.lea)
    for one in (card, other):
        await slack.act.press(town.ana, one, "decide.approve")
    for thread in (pending, released):
        assert len(await house.replies(thread)) == 1
    await slack.act.write(town.kim, town.support, "Where is my third parcel?")
    await house.card()


async def test_a_revoked_token_is_named_and_a_new_one_goes_on(house: House) -> None:
    """Nothing can be shown in Slack, so `/readyz` says it. With a new token the card says what happened, and sends."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    await slack.admin.revoke_token()
    assert not await house.bot.told(
        "The app's token was revoked. Install the app again and put its new token into .env."
    )
    assert "slack_app_removed" in house.log()
    await slack.act.press(town.ana, card, "decide.approve")
    await slack.until(lambda: [call for call in slack.called("chat.postMessage") if not call.ok], PATIENCE)
    assert not slack.posts(thread=question)
    await house.bot.stop()
    house.bot.environment["SLACK_BOT_TOKEN"] = "xoxb-new"
    slack.admin.reinstall("xoxb-new")
    await house.bot.start()
    await house.shows(card, "The app's token was revoked.", buttons=True)
    await slack.act.press(town.ana, card, "decide.approve")
    await house.replies(question)
    await house.shows(card, "Delivered.", buttons=False)


async def test_a_storm_of_refusals_only_slows_it_down(opens: Opens) -> None:
    """Whatever is called is put off with 429. In the end each of many threads has its replies once and in order."""
    async with opens(limits=Limits.none()) as house:
        slack, town = house.slack, house.slack.town
        people = [(town.kim, town.support), (town.mia, town.grid_support), (town.tom, town.internal)] * 2
        threads = [await slack.act.write(person, channel, QUESTION) for person, channel in people]
        for turn in (1, 2):
            await house.card(number=len(threads) - 1)
            storm = slack.faults.ratelimit("*", times=3 - turn, retry_after=1)
            for card in house.cards(decidable):
                await slack.act.press(town.ana, card, "decide.approve")
            await asyncio.gather(*(house.replies(thread, turn) for thread in threads))
            assert storm.hits == 3 - turn
            if turn == 1:
                for (person, _), thread in zip(people, threads, strict=True):
                    await slack.act.reply(person, thread, MORE)
        for card in house.cards():
            await house.shows(card, "Delivered.", buttons=False)
        for thread in threads:
            first, second = sorted(slack.posts(thread=thread), key=lambda post: post.ts)
            assert first.metadata
            assert second.metadata
            keys = [post.metadata["event_payload"]["key"] for post in (first, second) if post.metadata]
            assert keys == sorted(keys)
        assert house.verified() == 12


# --- events


@contextmanager
def moved_away(folder: Path) -> Iterator[None]:
    """Somebody moves the database and brings it back."""
    files = list(folder.glob("countersign.db*"))
    for file in files:
        file.rename(file.with_name(f"away-{file.name}"))
    yield
    for file in files:
        file.with_name(f"away-{file.name}").rename(file)


async def test_what_cannot_be_stored_comes_again(house: House, tmp_path: Path) -> None:
    """The database is moved away: nothing is acknowledged until it is written, and told so often it is written once."""
    slack, town = house.slack, house.slack.town
    slack.clock.patience, slack.courier.retries = 1.0, [0.1] * 100
    with moved_away(tmp_path):
        await slack.act.write(town.kim, town.support, QUESTION)
        (told,) = slack.told("message")
        await slack.until(lambda: len(told.attempts) > 1, PATIENCE)
        assert {attempt.status for attempt in told.attempts} <= {0, 503}
    await house.card()
    await slack.settled()
    assert told.acknowledged
    assert len(house.cards()) == 1
    assert house.rows()["messages"] == 1


# --- cards


async def test_a_review_channel_that_is_shared_gets_no_card(house: House) -> None:
    """From the moment Slack says that somebody else can read there; `/readyz` and the log say why, and customers are
    heard all the same. When the share ends the cards come.
    """
    slack, town = house.slack, house.slack.town
    await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    await slack.admin.share(town.review, town.globex, town.zed)
    await slack.settled()
    question = await slack.act.write(town.kai, town.support, MORE)
    await slack.act.press(town.ana, card, "decide.approve")
    nowhere = f"No card can be shown in {town.review.id}: The review channel is shared with another organisation"
    assert await house.bot.told(nowhere)
    await soon(lambda: house.log().count("shared with another organisation") >= 2, PATIENCE)
    assert decidable(card), "the old card is not drawn again either"
    assert len(house.cards()) == 1
    await slack.admin.unshare(town.review, town.globex)
    await house.shows(card, "Delivered.", buttons=False)
    await slack.act.press(town.ana, await house.card(), "decide.approve")
    await house.replies(question)
    assert await house.bot.readiness() == (True, "")


@pytest.mark.parametrize("how", ["archived", "left"])
async def test_a_review_channel_that_is_closed_is_told_elsewhere(house: House, how: str) -> None:
    """No card can say it, so `/readyz` and the log do, until the channel is open again."""
    slack, town = house.slack, house.slack.town
    await (slack.admin.archive if how == "archived" else slack.admin.remove_bot)(town.review)
    question = await slack.act.write(town.kim, town.support, QUESTION)
    why = "The channel is archived." if how == "archived" else "Invite the app into it."
    assert await house.bot.told(f"No card can be shown in {town.review.id}: ")
    assert why in (await house.bot.readiness())[1]
    assert why in house.log()
    await (slack.admin.unarchive if how == "archived" else slack.admin.invite_bot)(town.review)
    await slack.act.press(town.ana, await house.card(), "decide.approve")
    await house.replies(question)
    assert await house.bot.readiness() == (True, "")


async def test_a_card_that_slack_takes_in_no_form_has_a_page(house: House) -> None:
    """`/readyz` leads there, until Slack takes the card after all."""
    slack, town = house.slack, house.slack.town
    offended = slack.faults.error("chat.postMessage", "invalid_blocks", times=None)
    await slack.act.write(town.kim, town.support, QUESTION)
    assert await house.bot.told(f"Decide on its page: {house.bot.address}/audit/")
    assert offended.hits >= 3
    slack.faults.clear()
    await slack.act.press(town.ana, await house.card(), "decide.approve")
    await house.card(lambda card: says(card, "Delivered."))
    assert await house.bot.readiness() == (True, "")


async def test_a_card_in_any_script_can_be_drawn_again(opens: Opens) -> None:
    """Slack counts the text of a changed message in bytes, and three or four make a letter in much of the world."""
    async with OpenAIServer() as model:
        model.script(*[good(reply="包裹在路上。" * 200, language="en")] * 2)
        async with opens(environment={"OPENAI_BASE_URL": model.url}) as house:
            slack, town = house.slack, house.slack.town
            question = await slack.act.write(town.kim, town.support, "我的包裹在哪里？" * 100)
            card = await house.card()
            await slack.act.edit(question, "我的包裹到底在哪里？🙁" * 100)
            await house.card(lambda card: decidable(card) and says(card, "到底"))
            assert "包裹在路上。" in card.text
            assert "slack_card_refused" not in house.log()


async def test_lines_come_and_go(tmp_path: Path) -> None:
    """A connection of Socket Mode is cut, and another refreshed as Slack does every few hours: nothing is lost."""
    async with living(tmp_path, socket_mode=True) as house:
        slack, town = house.slack, house.slack.town
        slack.courier.retries = [0.1] * 100
        question = await slack.act.write(town.kim, town.support, QUESTION)
        slack.sockets.drop()
        card = await house.card()
        await slack.until(lambda: slack.sockets.connections, PATIENCE)
        refreshing = asyncio.create_task(slack.sockets.refresh())
        await slack.until(lambda: slack.sockets.opened == 3, PATIENCE)
        await slack.act.press(town.ana, card, "decide.approve")
        slack.skip(10)
        await refreshing
        await house.replies(question)
        await slack.act.reply(town.kim, question, MORE)
        await house.card(lambda card: decidable(card) and says(card, MORE))
        await slack.settled()
        assert not slack.courier.lost()
        assert len(slack.posts(thread=question)) == 1


async def test_the_doctor_is_content_with_what_the_manifest_asks_for(tmp_path: Path) -> None:
    """`countersign doctor` against the running Slack: green, or one mending sentence a line."""

    async def doctor(house: House) -> tuple[int | None, str]:
        command = "from bot.cli import main; import sys; sys.argv = ['countersign', 'doctor']; main()"
        environment = house.bot.environment | {"PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", command, cwd=house.bot.folder, env=environment, stdout=asyncio.subprocess.PIPE
        )
        said = (await process.communicate())[0].decode()
        return process.returncode, said

    async with living(tmp_path, socket_mode=True) as house:
        code, said = await doctor(house)
        assert code == 0, said
        assert "Slack: The bot token is good: countersign in Northwind." in said
        assert "Slack: Reviews go to #review." in said
        await house.slack.admin.remove_bot(house.slack.town.review)
        code, said = await doctor(house)
        assert code == 1
        assert "FAIL  Slack:" in said
