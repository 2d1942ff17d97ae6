"""Replies: sent once, addressing nobody, and found by their key when an answer was lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from bot.channels.base import CannotLook, Place, Refusal, Silence, Thread
from bot.channels.slack.channel import LIMIT, SlackChannel
from bot.review.actions import Approve, Drafted, Received, Start
from bot.review.machine import decide
from bot.review.model import CUSTOMER, SYSTEM, Actor, Draft, Mood, Release, Review, Role, Sentiment
from tests.channels.slack import stub as slack
from tests.channels.slack.cards import HOSTILE, card
from tests.channels.slack.conftest import Notebook, setup
from tests.channels.slack.soon import soon
from tests.channels.slack.stub import Json, Stub, in_turn, refused
from tests.doubles.slack.kit.blocks import message_blocks

REVIEW, THREAD = Place("slack", slack.REVIEW), Thread(Place("slack", slack.SUPPORT), "1790000001.000100")
POST, UPDATE = "chat.postMessage", "chat.update"


def release(words: str = "It left on **Monday**.") -> Release:
    """A release of the law's own making."""
    draft = Draft(words, "en", Sentiment(Mood.NEUTRAL, False, (), "rules"), "", (), (), "t@1", "offline")
    ana = Actor("slack:U0ANA", "Ana", Role.AGENT)
    review: Review | None = None
    for action in (
        Received(by=CUSTOMER, at=1.0, review="01REVIEW", conversation="01C", desk="d", message=1, due=1.0),
        Start(by=SYSTEM, at=2.0, seen=1, lease=9.0),
        Drafted(by=SYSTEM, at=3.0, claim=2, draft=draft),
        Approve(by=ana, at=4.0, seen=3, limit=9999),
    ):
        decision = decide(review, action)
        review = decision.review
    assert decision.release
    return decision.release


def reply_of(stub: Stub) -> Json:
    (posted,) = stub.of(POST)
    return posted


# --- replies


async def test_a_reply_goes_into_the_thread_marked_with_its_key(channel: SlackChannel, stub: Stub) -> None:
    """As rich text, with its key in the metadata, the disclosure beneath, and no previews."""
    assert await channel.send_reply(THREAD, release())
    posted = reply_of(stub)
    assert (posted["channel"], posted["thread_ts"]) == (slack.SUPPORT, "1790000001.000100")
    assert posted["metadata"] == {"event_type": "countersign_reply", "event_payload": {"key": "01REVIEW-4"}}
    assert posted["text"] == "It left on Monday.\nDrafted with AI, approved by Nordlys support."
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)
    message_blocks(posted["blocks"])
    assert {"type": "text", "text": "Monday", "style": {"bold": True}} in posted["blocks"][0]["elements"][0]["elements"]
    assert not {"link_names", "parse", "username", "icon_url", "as_user", "mrkdwn"} & set(posted)


async def test_a_reply_addresses_nobody(channel: SlackChannel, stub: Stub) -> None:
    """What looks like a mention or a masked link in the words is letters in the thread."""
    await channel.send_reply(THREAD, release(HOSTILE))
    posted = reply_of(stub)
    assert "<" not in posted["text"]
    assert not {one["type"] for one in posted["blocks"][0]["elements"][0]["elements"]} - {"text", "link"}


@pytest.mark.parametrize(("kind", "line"), [("name", "approved by Ana."), ("none", ""), ("ai", "Drafted with AI.")])
async def test_the_disclosure_is_the_desks_choice(stub: Stub, inbox: Notebook, kind: str, line: str) -> None:
    """With a name, the name of whoever let the words go."""
    made = setup(stub)
    inbox.cards["01REVIEW"] = card(signer="Ana")
    channel = SlackChannel(replace(made, desks=(replace(made.desks[0], disclosure=kind),)), inbox)
    await channel.send_reply(THREAD, release())
    assert reply_of(stub)["text"].removeprefix("It left on Monday.").strip().endswith(line)
    assert len(reply_of(stub)["blocks"]) == (2 if line else 1)
    await channel.close()


async def test_a_reply_that_is_too_long_is_not_tried(channel: SlackChannel, stub: Stub) -> None:
    """The limit is what the Edit form can hold."""
    with pytest.raises(Refusal) as caught:
        await channel.send_reply(THREAD, release("x" * (LIMIT + 1)))
    assert caught.value.final
    assert not stub.calls


async def test_a_reply_refused_for_its_blocks_goes_as_text(channel: SlackChannel, stub: Stub) -> None:
    """It was certainly not taken, so a second post is no second copy."""
    said = [refused("invalid_blocks"), lambda _: {"ok": True, "ts": "1.3"}]
    stub.answers[POST] = in_turn(*said)
    assert await channel.send_reply(THREAD, release()) == "1.3"
    assert "blocks" not in stub.of(POST)[1]
    assert stub.of(POST)[1]["metadata"] == stub.of(POST)[0]["metadata"]


@pytest.mark.parametrize(
    ("code", "final", "word"),
    [("not_in_channel", True, "Invite"), ("is_archived", True, "archived"), ("ratelimited", False, "slow down")],
)
async def test_a_refusal_is_told_in_words(channel: SlackChannel, stub: Stub, code: str, final: bool, word: str) -> None:
    """The reviewer reads what to do, and one attempt was one post."""
    stub.answers[POST] = refused(code)
    with pytest.raises(Refusal) as caught:
        await channel.send_reply(THREAD, release())
    assert caught.value.final is final
    assert word in caught.value.reason
    assert len(stub.of(POST)) == 1


async def test_an_answer_without_a_ts_is_silence(channel: SlackChannel, stub: Stub) -> None:
    """ok, but nothing to find it by."""
    stub.answers[POST] = lambda _: {"ok": True}
    with pytest.raises(Silence):
        await channel.send_reply(THREAD, release())


# --- looking


def found(stub: Stub, *pages: list[Json]) -> None:
    """What the thread holds, page by page."""

    def answer(asked: Json) -> Json:
        number = int(asked.get("cursor") or 0)
        after = str(number + 1) if number + 1 < len(pages) else ""
        return {"ok": True, "messages": pages[number], "response_metadata": {"next_cursor": after}}

    stub.answers["conversations.replies"] = answer


def marked(key: str = "01REVIEW-4", **more: Any) -> Json:
    metadata = {"event_type": "countersign_reply", "event_payload": {"key": key}}
    return {"ts": "1790000005.000100", "bot_id": slack.BOT, "app_id": slack.APP, "metadata": metadata} | more


async def test_a_landed_reply_is_found_by_its_key(channel: SlackChannel, stub: Stub, inbox: Notebook) -> None:
    """On whichever page; the search begins well before the review was opened."""
    inbox.cards["01REVIEW"] = card()
    found(stub, [marked("01REVIEW-2", ts="1.1"), {"ts": "1.2"}], [marked()])
    assert await channel.find_reply(THREAD, release()) == "1790000005.000100"
    asked = stub.of("conversations.replies")[0]
    assert (asked["channel"], asked["ts"], asked["include_all_metadata"]) == (slack.SUPPORT, THREAD.root, "1")
    assert float(asked["oldest"]) == card().opened_at - 600


async def test_an_absence_counts_only_the_second_time(channel: SlackChannel, stub: Stub) -> None:
    """How soon a post can be read is not documented."""
    found(stub, [{"ts": "1.2"}, marked(app_id="A0OTHER", bot_id="B0OTHER")])
    began = time.monotonic()  # the pause is 0.1 s here
    assert await channel.find_reply(THREAD, release()) is None
    assert len(stub.of("conversations.replies")) == 2
    assert time.monotonic() - began >= 0.1


async def test_a_post_that_can_be_read_a_moment_later_is_found(channel: SlackChannel, stub: Stub) -> None:
    """The second look is there for this."""
    looks = [[], [marked()]]
    stub.answers["conversations.replies"] = lambda _: {"ok": True, "messages": looks.pop(0)}
    assert await channel.find_reply(THREAD, release()) == "1790000005.000100"


@pytest.mark.parametrize(
    "code", ["not_in_channel", "channel_not_found", "missing_scope", "thread_not_found", "token_revoked"]
)
async def test_a_thread_that_cannot_be_read_is_for_a_person(channel: SlackChannel, stub: Stub, code: str) -> None:
    """Whether it arrived cannot be found out, and the card says why."""
    stub.answers["conversations.replies"] = refused(code)
    with pytest.raises(CannotLook) as caught:
        await channel.find_reply(THREAD, release())
    assert "Look in the thread." in caught.value.reason


@pytest.mark.parametrize(("code", "status"), [("ratelimited", 429), ("internal_error", 200), ("odd", 200)])
async def test_what_may_pass_is_looked_at_again_later(
    channel: SlackChannel, stub: Stub, code: str, status: int
) -> None:
    """Once a minute is all that some apps may look."""
    stub.answers["conversations.replies"] = refused(code, status)
    with pytest.raises(Silence):
        await channel.find_reply(THREAD, release())


async def test_a_database_that_is_down_stops_the_looking_only(channel: SlackChannel, inbox: Notebook) -> None:
    """Nothing is concluded from it."""
    inbox.down = True
    with pytest.raises(Silence):
        await channel.find_reply(THREAD, release())


async def test_nothing_is_absent_for_one_who_does_not_know_themselves(channel: SlackChannel, stub: Stub) -> None:
    """After a restart Slack is asked who we are before a post is taken for somebody else's."""
    found(stub, [marked()])
    stub.answers["auth.test"] = refused("ratelimited", 429)
    with pytest.raises(Silence):
        await channel.find_reply(THREAD, release())
    del stub.answers["auth.test"]
    assert await channel.find_reply(THREAD, release()) == "1790000005.000100"


# --- running


async def test_running_learns_who_we_are_and_keeps_trying(channel: SlackChannel, stub: Stub) -> None:
    """A Slack that cannot be reached at the start is asked again; nothing stops for it."""
    running = asyncio.create_task(channel.run())
    await soon(lambda: channel._office.us.bot)
    assert channel._office.us.homes == {slack.TEAM}
    assert channel.trouble() == ""
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_revoked_token_makes_the_program_unready(channel: SlackChannel, stub: Stub) -> None:
    """`/readyz` says what to do; a Slack that is only slow is no trouble of ours."""
    stub.answers["auth.test"] = refused("token_revoked")
    running = asyncio.create_task(channel.run())
    assert "new token" in await soon(channel.trouble)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
