"""Who can read a channel of Slack: replies go to whom they were written for, cards to nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from bot.channels.base import Place, Refusal, Silence
from bot.channels.slack.channel import SlackChannel
from bot.channels.slack.checks import Finding, examine
from bot.drafting.knowledge import Knowledge
from tests.channels.slack import stub as slack
from tests.channels.slack.cards import card
from tests.channels.slack.conftest import Door, Notebook, Opens, setup
from tests.channels.slack.house import QUESTION, ROOT
from tests.channels.slack.process import PATIENCE
from tests.channels.slack.soon import soon
from tests.channels.slack.stub import Json, Stub, envelope, message, refused
from tests.stage.works import Clock

SUPPORT, REVIEW = Place("slack", slack.SUPPORT), Place("slack", slack.REVIEW)
INFO = "conversations.info"


@pytest.fixture
def clock() -> Clock:
    """Time that a test moves; it begins now, because Slack's signatures carry the time."""
    return Clock(time.time())


@pytest.fixture
async def channel(stub: Stub, inbox: Notebook, clock: Clock) -> AsyncIterator[SlackChannel]:
    """A channel whose time the test moves."""
    made = SlackChannel(setup(stub, clock=clock), inbox)
    yield made
    await made.close()


def shows(stub: Stub, **more: object) -> None:
    """What Slack says of every channel from now on."""
    stub.answers[INFO] = lambda asked: {"ok": True, "channel": {"id": asked["channel"], "is_member": True} | more}


def sharing(kind: str = "channel_shared", channel: str = slack.SUPPORT) -> Json:
    """Slack tells that a share began or ended."""
    return envelope({"type": kind, "channel": channel, "event_ts": "1790000009.000100"})


HOME = {"context_team_id": slack.TEAM, "shared_team_ids": [slack.TEAM]}
CONNECT = {"is_ext_shared": True, "is_shared": True, "context_team_id": slack.TEAM}
ROOMS: dict[str, tuple[Json, str]] = {
    "private": ({"is_private": True} | HOME, "private"),
    "public": ({"is_private": False} | HOME, "public"),
    "among our own workspaces": (
        {"is_shared": True, "is_org_shared": True, "shared_team_ids": [slack.TEAM, "T0SISTER"]},
        "public",
    ),
    "shared": (
        CONNECT | {"connected_team_ids": ["T0ACME"], "shared_team_ids": [slack.TEAM, "T0ACME"]},
        "public T0ACME",
    ),
    "shared by Slack's word only": (CONNECT, "public ?"),
    "shared, seen from the other side": (CONNECT | {"shared_team_ids": ["T0ACME", slack.TEAM]}, "public T0ACME"),
    "shared with many": (
        CONNECT
        | {"is_private": True, "internal_team_ids": [slack.TEAM, "T0SISTER"]}
        | {"connected_team_ids": ["T0Z", "T0F", "E0A", "T0B", "T0K"]}
        | {"shared_team_ids": ["T0K", "T0Z", slack.TEAM, "T0SISTER", "E0A", "T0G"]},
        "private E0A T0B T0F T0G T0K T0Z",
    ),
    "offered to somebody who has not come": ({"is_pending_ext_shared": True, "pending_shared": ["T0X"]}, "public"),
}


@pytest.mark.parametrize(("room", "audience"), ROOMS.values(), ids=ROOMS)
async def test_an_audience_is_kind_and_organisations(
    channel: SlackChannel, stub: Stub, room: Json, audience: str
) -> None:
    """Written the same way whatever order Slack tells it in."""
    shows(stub, **room)
    assert await channel.audience(SUPPORT) == audience


async def test_an_audience_is_asked_for_once_a_minute(channel: SlackChannel, stub: Stub, clock: Clock) -> None:
    """However many ask, at once or one after the other; and never later."""
    await asyncio.gather(*(channel.audience(SUPPORT) for _ in range(20)))
    clock.move(59.9)
    await channel.audience(SUPPORT)
    assert len(stub.of(INFO)) == 1
    clock.move(0.1)
    shows(stub, is_private=False)
    assert await channel.audience(SUPPORT) == "public"
    assert len(stub.of(INFO)) == 2
    clock.move(-3600)  # a clock that is set back makes nothing fresh
    await channel.audience(SUPPORT)
    assert len(stub.of(INFO)) == 3


@pytest.mark.parametrize("kind", ["channel_shared", "channel_unshared"])
async def test_what_was_seen_before_a_change_counts_no_more(
    channel: SlackChannel, door: Door, stub: Stub, kind: str
) -> None:
    """From the moment Slack says so; the other channels stay as they were seen."""
    await channel.audience(SUPPORT)
    await channel.audience(REVIEW)
    shows(stub, **CONNECT)
    await door.event(sharing(kind))
    assert await channel.audience(SUPPORT) == "public ?"
    assert await channel.audience(REVIEW) == "private"


async def test_an_answer_that_was_under_way_when_it_changed_is_not_kept(
    channel: SlackChannel, door: Door, stub: Stub
) -> None:
    """Slack looked before the channel was shared and answered after it."""
    gate = asyncio.Event()

    async def late(asked: Json) -> Json:
        await gate.wait()
        return {"ok": True, "channel": {"id": asked["channel"], "is_private": True}}

    stub.answers[INFO] = late
    first = asyncio.create_task(channel.audience(SUPPORT))
    await soon(lambda: stub.of(INFO))
    shows(stub, **CONNECT)
    await door.event(sharing())
    assert await channel.audience(SUPPORT) == "public ?"
    gate.set()
    assert await first == "private"
    assert await channel.audience(SUPPORT) == "public ?"


@pytest.mark.parametrize("code", ["not_in_channel", "internal_error"])
async def test_a_channel_that_cannot_be_seen_has_no_audience(
    channel: SlackChannel, stub: Stub, clock: Clock, code: str
) -> None:
    """Neither an old one nor a guessed one; and the next who ask are not told the old failure."""
    await channel.audience(SUPPORT)
    clock.move(60)
    stub.answers[INFO] = refused(code)
    failed = await asyncio.gather(*(channel.audience(SUPPORT) for _ in range(3)), return_exceptions=True)
    assert {type(error) for error in failed} <= {Silence} or all(isinstance(error, Refusal) for error in failed)
    assert len(stub.of(INFO)) == 2
    del stub.answers[INFO]
    assert await channel.audience(SUPPORT) == "private"


async def test_an_answer_without_a_channel_is_none(channel: SlackChannel, stub: Stub) -> None:
    """It would read as a public one that nobody shares."""
    stub.answers[INFO] = lambda _: {"ok": True}
    with pytest.raises(Silence):
        await channel.audience(SUPPORT)
    with pytest.raises(Silence):
        await channel.show_card(REVIEW, card(), "", look=False)


async def test_somebody_who_stops_waiting_spoils_nothing(channel: SlackChannel, stub: Stub) -> None:
    """The question goes on for the others who wait."""
    gate = asyncio.Event()

    async def late(asked: Json) -> Json:
        await gate.wait()
        return {"ok": True, "channel": {"id": asked["channel"], "is_private": True}}

    stub.answers[INFO] = late
    waiting = [asyncio.create_task(channel.audience(SUPPORT)) for _ in range(2)]
    await soon(lambda: stub.of(INFO))
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    gate.set()
    assert await waiting[1] == "private"


# --- the review channel


def exposed(channel: SlackChannel) -> bool:
    """Whether `/readyz` says that somebody else reads the reviews."""
    return any("shared with another organisation" in note for note in channel.notes())


async def test_a_shared_review_channel_is_noticed_at_the_start(channel: SlackChannel, stub: Stub) -> None:
    """Before any card is due, and without keeping customers' messages out."""
    shows(stub, **CONNECT)
    running = asyncio.create_task(channel.run())
    await soon(lambda: exposed(channel))
    assert channel.trouble() == ""
    assert {"channel": slack.REVIEW} in stub.of(INFO)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_sharing_the_review_channel_is_noticed_at_once(channel: SlackChannel, door: Door, stub: Stub) -> None:
    """By the event, while no card is due; and that it ended likewise. Sharing a support channel is no trouble."""
    await channel.show_card(REVIEW, card(), "", look=False)
    shows(stub, **CONNECT)
    await door.event(sharing())
    assert await channel.audience(SUPPORT) == "public ?"
    assert not exposed(channel)
    await door.event(sharing(channel=slack.REVIEW))
    await soon(lambda: exposed(channel))
    with pytest.raises(Refusal):
        await channel.show_card(REVIEW, card(), "1.2", look=False)
    shows(stub, is_private=True)
    await door.event(sharing("channel_unshared", slack.REVIEW))
    await channel.show_card(REVIEW, card(), "1.2", look=False)
    assert not exposed(channel)


async def test_a_share_that_nobody_told_of_is_noticed_within_a_minute(
    channel: SlackChannel, stub: Stub, clock: Clock
) -> None:
    """The event went to another replica, or was lost."""
    await channel.show_card(REVIEW, card(), "", look=False)
    shows(stub, **CONNECT)
    clock.move(60)
    with pytest.raises(Refusal):
        await channel.show_card(REVIEW, card(), "1.2", look=False)


async def test_talk_in_a_shared_review_channel_is_not_asked_about_each_time(
    channel: SlackChannel, door: Door, stub: Stub
) -> None:
    """Every envelope says that it is shared; once that is known it is no news."""
    shows(stub, **CONNECT)
    for number in range(5):
        told = message("hi", ts=f"17900000{number}0.000100", channel=slack.REVIEW)
        await door.event(told | {"is_ext_shared_channel": True})
        await soon(lambda: exposed(channel))
    await channel.close()  # when everything is done that was begun
    assert len(stub.of(INFO)) == 1


# --- the doctor


async def findings(stub: Stub, **members: list[str]) -> list[Finding]:
    """What the doctor says of the channels, in which these people are."""
    stub.answers["auth.test"] = lambda _: {"ok": True, "user_id": slack.BOT_USER, "team": "Northwind", "user": "us"}

    def page(asked: Json) -> Json:
        everybody = members.get(asked["channel"], [])
        at = int(asked.get("cursor") or 0)
        more = str(at + 2) if at + 2 < len(everybody) else ""
        return {"ok": True, "members": everybody[at : at + 2], "response_metadata": {"next_cursor": more}}

    stub.answers["conversations.members"] = page
    return [finding async for finding in examine(setup(stub))]


async def test_the_doctor_names_reviewers_who_may_not_read_the_support_channel(stub: Stub) -> None:
    """At most three by name, from however many pages; the app itself is none. It is a warning."""
    shows(stub, is_private=True)
    staff = [f"U{number}" for number in range(7)]
    found = await findings(stub, C0SUPPORT=staff[:1], C0REVIEW=[*staff, slack.BOT_USER])
    (warned,) = [finding for finding in found if finding.mend]
    assert warned.ok
    assert warned.said == (
        "Name U1, Name U2, Name U3 and 3 more read in C0REVIEW what customers write in C0SUPPORT, without being in"
        " C0SUPPORT."
    )
    assert len(stub.of("users.info")) == 3
    found = await findings(stub, C0SUPPORT=staff, C0REVIEW=staff[1:])
    assert [finding for finding in found if finding.mend] == []
    (warned,) = [finding for finding in await findings(stub, C0REVIEW=staff[:1]) if finding.mend]
    assert warned.said.startswith("Name U0 read in ")


async def test_whoever_belongs_to_the_workspace_may_read_a_public_channel(stub: Stub) -> None:
    """So nobody reads too much when the support channel is one. A public review channel is warned of itself."""
    shows(stub, is_private=False)
    found = await findings(stub, C0REVIEW=["U1"])
    (warned,) = [finding for finding in found if finding.mend]
    assert warned.ok
    assert "everybody in the workspace could read" in warned.said


async def test_members_that_cannot_be_compared_are_said(stub: Stub) -> None:
    """Nothing is green that was not looked at."""
    shows(stub, is_private=True)
    stub.answers["auth.test"] = lambda _: {"ok": True}
    stub.answers["conversations.members"] = refused("fetch_members_failed")
    (warned,) = [finding async for finding in examine(setup(stub)) if finding.mend]
    assert "fetch_members_failed" in warned.said


# --- whole stories


async def test_a_reply_stays_when_the_channel_was_shared_since(opens: Opens) -> None:
    """It was drafted for Acme, and Globex reads along by now. The draft made for both goes."""
    async with opens() as house:
        slack_, town = house.slack, house.slack.town
        question = await slack_.act.write(town.kim, town.support, QUESTION)
        card_ = await house.card()
        await slack_.admin.share(town.support, town.globex, town.zed)
        await slack_.act.press(town.ana, card_, "decide.approve")
        await house.shows(
            card_, f"people of {town.acme.id}; by now", f"and people of {town.acme.id}, {town.globex.id} can"
        )
        assert not slack_.posts(thread=question)
        await slack_.act.press(town.ana, card_, "ask.redraft")
        await slack_.modal_of(town.ana)
        await slack_.act.submit(town.ana, {"instruction": ""})
        await slack_.until(
            lambda: "by now" not in str(card_.blocks) and "decide.approve" in str(card_.blocks), PATIENCE
        )
        await slack_.act.press(town.ana, card_, "decide.approve")
        await house.replies(question)
        await house.shows(card_, "Delivered.", buttons=False)


async def test_what_a_customer_must_not_read_stays_in_the_form(opens: Opens) -> None:
    """An internal article, links for colleagues and another customer: each is named at the box, and nothing that was
    typed is lost. Without them the words go.
    """
    internal = next(section for section in Knowledge.read(ROOT / "config" / "knowledge") if not section.public)
    async with opens(internal_links=["wiki.example.org"]) as house:
        slack_, town = house.slack, house.slack.town
        town.kai.name = "Kai Koch"
        await slack_.act.write(town.kai, town.support, QUESTION)
        question = await slack_.act.write(town.kim, town.support, QUESTION)
        card_ = await house.card(lambda post: "decide.approve" in str(post.blocks) and "kim" in str(post.blocks))
        await slack_.act.press(town.ana, card_, "ask.edit")
        form = await slack_.modal_of(town.ana)
        for words, why in (
            (internal.text, "an internal article"),
            ("See https://wiki.example.org/x", "wiki.example.org/x"),
            (f"See {house.bot.address}/audit/1", "for colleagues only"),
            (f"https://northwind.slack.com/archives/{town.review.id}/p1", "for colleagues only"),
            ("We have told Kai Koch.", "Kai Koch"),
        ):
            sent = await slack_.act.submit(town.ana, {"words": words})
            assert why in sent.answer["errors"]["words"], words
            assert slack_.modal(town.ana) is form
        await slack_.act.submit(town.ana, {"words": "See https://shop.example/x, Kim."})
        (reply,) = await house.replies(question)
        assert "shop.example" in reply.text
        assert slack_.complaints == []
