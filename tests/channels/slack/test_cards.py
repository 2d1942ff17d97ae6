"""Cards: drawn once, redrawn where they stand, and refused where another organisation would read them."""

from __future__ import annotations

import json

import pytest

from bot.channels.base import Place, Refusal, Thread
from bot.channels.slack.channel import SlackChannel
from tests.channels.slack import stub as slack
from tests.channels.slack.cards import card
from tests.channels.slack.conftest import Door
from tests.channels.slack.stub import Stub, envelope, in_turn, message, refused
from tests.doubles.slack.kit.blocks import message_blocks

REVIEW, THREAD = Place("slack", slack.REVIEW), Thread(Place("slack", slack.SUPPORT), "1790000001.000100")
POST, UPDATE = "chat.postMessage", "chat.update"


# --- cards


async def test_a_card_is_posted_and_then_redrawn(channel: SlackChannel, stub: Stub) -> None:
    """The first drawing is a message, the next ones change it; each has blocks and `text`, and unfurls nothing."""
    ref = await channel.show_card(REVIEW, card(), "", look=False)
    assert await channel.show_card(REVIEW, card(version=4), ref, look=False) == ref
    (posted,), (updated,) = stub.of(POST), stub.of(UPDATE)
    for drawn in (posted, updated):
        message_blocks(drawn["blocks"])
        assert drawn["text"]
        assert drawn["channel"] == slack.REVIEW
        assert drawn["metadata"] == {"event_type": "countersign_card", "event_payload": {"review": "01REVIEW"}}
    assert (posted["unfurl_links"], posted["unfurl_media"], updated["ts"]) == (False, False, ref)


async def test_no_card_goes_where_another_organisation_reads(channel: SlackChannel, door: Door, stub: Stub) -> None:
    """The review channel is looked at first, and again as soon as Slack says that somebody shared it."""
    await channel.show_card(REVIEW, card(), "", look=False)
    shared = {"id": slack.REVIEW, "is_private": True, "is_ext_shared": True, "is_member": True}
    stub.answers["conversations.info"] = lambda _: {"ok": True, "channel": shared}
    await channel.show_card(REVIEW, card(), "1.2", look=False)  # what was seen a moment ago still counts
    await door.event(envelope({"type": "channel_shared", "channel": slack.REVIEW, "event_ts": "1790000009.000100"}))
    stub.calls.clear()
    with pytest.raises(Refusal) as caught:
        await channel.show_card(REVIEW, card(), "1.2", look=False)
    assert "another organisation" in caught.value.reason
    assert [method for method, _ in stub.calls] == ["conversations.info"]


async def test_any_event_of_a_shared_review_channel_stops_the_cards(
    channel: SlackChannel, door: Door, stub: Stub
) -> None:
    """The event that told of the sharing may have been lost; every envelope says it again."""
    await channel.show_card(REVIEW, card(), "", look=False)
    shared = {"id": slack.REVIEW, "is_ext_shared": True}
    stub.answers["conversations.info"] = lambda _: {"ok": True, "channel": shared}
    await door.event(message("hi", channel=slack.REVIEW) | {"is_ext_shared_channel": True})
    with pytest.raises(Refusal):
        await channel.show_card(REVIEW, card(), "1.2", look=False)


async def test_a_refused_card_falls_back_to_a_smaller_one(channel: SlackChannel, stub: Stub) -> None:
    """Never to silence: at the worst, where it stands and its buttons."""
    said = [
        refused("invalid_blocks"),
        refused("msg_blocks_too_long"),
        lambda _: {"ok": True, "ts": "1790000003.000100"},
    ]
    stub.answers[POST] = in_turn(*said)
    assert await channel.show_card(REVIEW, card(), "", look=False) == "1790000003.000100"
    sizes = [len(json.dumps(one["blocks"])) for one in stub.of(POST)]
    assert sizes[0] > sizes[1] > sizes[2]
    assert "decide.approve" in str(stub.of(POST)[2]["blocks"])


async def test_a_card_that_slack_will_not_have_at_all_is_a_refusal(channel: SlackChannel, stub: Stub) -> None:
    """The desk tries again later and says so in the log."""
    stub.answers[POST] = refused("invalid_blocks")
    with pytest.raises(Refusal):
        await channel.show_card(REVIEW, card(), "", look=False)
    assert len(stub.of(POST)) == 3


async def test_a_card_that_is_gone_is_posted_anew(channel: SlackChannel, stub: Stub) -> None:
    """Somebody deleted it; the review still needs a decision."""
    stub.answers[UPDATE] = refused("message_not_found")
    assert await channel.show_card(REVIEW, card(), "1.2", look=False) != "1.2"
    assert len(stub.of(POST)) == 1


async def test_a_card_that_is_gone_may_be_refused_in_its_full_form_too(channel: SlackChannel, stub: Stub) -> None:
    """Posted anew, it falls back to a smaller one like any other."""
    stub.answers[UPDATE] = refused("message_not_found")
    stub.answers[POST] = in_turn(refused("invalid_blocks"), lambda _: {"ok": True, "ts": "1790000003.000100"})
    assert await channel.show_card(REVIEW, card(), "1.2", look=False) == "1790000003.000100"


@pytest.mark.parametrize("there", [True, False])
async def test_a_first_drawing_that_landed_unseen_is_found(channel: SlackChannel, stub: Stub, there: bool) -> None:
    """After a lost answer the channel is searched by the card's mark before another is posted."""
    mark = {"event_type": "countersign_card", "event_payload": {"review": "01REVIEW"}}
    posts = (
        [{"ts": "1790000002.000100", "bot_id": slack.BOT, "metadata": mark}]
        if there
        else [{"ts": "9.9", "metadata": mark}]
    )
    stub.answers["conversations.history"] = lambda _: {"ok": True, "messages": posts}
    ref = await channel.show_card(REVIEW, card(), "", look=True)
    assert (ref == "1790000002.000100") is there
    assert len(stub.of(POST)) == (not there)
    asked = stub.of("conversations.history")[0]
    assert (asked["include_all_metadata"], float(asked["oldest"]) < card().opened_at) == ("1", True)
