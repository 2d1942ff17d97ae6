"""The smaller refusals of the fake Slack, as one table: method, arguments, error."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack, NotOffered
from tests.doubles.slack.ear import Ear

HOME = {"type": "home", "blocks": []}
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}
FIELD = {"type": "plain_text_input", "action_id": "why", "min_length": 5}
FORM = {"type": "input", "label": {"type": "plain_text", "text": "Why"}, "element": FIELD}
TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("api.test", {"error": "on_request"}, "on_request"),
    ("bots.info", {"bot": "B0NOBODY"}, "bot_not_found"),
    ("team.info", {"team": "T0NOWHERE"}, "team_not_found"),
    ("files.info", {"file": "F0NOTHING"}, "file_not_found"),
    ("users.info", {"user": {"id": "U1"}}, "invalid_arguments"),
    ("conversations.members", {"channel": "review", "limit": "many"}, "invalid_limit"),
    ("conversations.members", {"channel": "review", "limit": -1}, "invalid_limit"),
    ("chat.postMessage", {"channel": "review", "text": "x", "metadata": "{"}, "invalid_metadata_format"),
    (
        "chat.postMessage",
        {"channel": "review", "text": "x", "metadata": {"event_type": 1, "event_payload": {}}},
        "invalid_metadata_format",
    ),
    ("chat.postMessage", {"channel": "review", "blocks": "{"}, "invalid_blocks_format"),
    ("chat.postEphemeral", {"channel": "old", "user": "ana", "text": "x"}, "is_archived"),
    ("chat.postEphemeral", {"channel": "review", "user": "ana", "text": "x" * 40_001}, "msg_too_long"),
    ("chat.getPermalink", {"channel": "review", "message_ts": "1.000001"}, "message_not_found"),
    ("reactions.add", {"name": "eyes"}, "no_item_specified"),
    ("views.open", {"trigger_id": "1.2.3"}, "invalid_arguments"),
    ("views.open", {"trigger_id": "1.2.3", "view": "{"}, "invalid_arguments"),
    ("views.open", {"trigger_id": "1.2.3", "view": []}, "invalid_arguments"),
    ("views.update", {"view": MODAL}, "invalid_arguments"),
    ("views.update", {"view": MODAL, "external_id": "mine"}, "not_found"),
    ("views.publish", {"user_id": "U0NOBODY", "view": HOME}, "invalid_arguments"),
    ("views.publish", {"user_id": "ana", "view": HOME, "hash": "1.2"}, "hash_conflict"),
]


async def called(slack: FakeSlack, method: str, given: dict[str, Any], **headers: str) -> dict[str, Any]:
    """The answer; channels and people are given by name."""
    ids = {channel.name: channel.id for channel in slack.world.channels.values() if channel.kind != "im"}
    ids |= {user.name: user.id for user in slack.world.users.values()}
    asked = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in given.items()}
    heads = {"authorization": f"Bearer {slack.app.bot_token}", **headers}
    async with (
        aiohttp.ClientSession(headers=heads) as session,
        session.post(slack.api_url + method, json=asked) as answer,
    ):
        told: dict[str, Any] = await answer.json()
        return told


@pytest.mark.parametrize(
    ("method", "given", "error"), TABLE, ids=[f"{number} {row[0]}" for number, row in enumerate(TABLE)]
)
async def test_a_refusal(slack: FakeSlack, method: str, given: dict[str, Any], error: str) -> None:
    """Each with its own error."""
    answer = await called(slack, method, given)
    assert (answer["ok"], answer["error"]) == (False, error)


async def test_refusals_that_need_a_story(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Somebody else's message, an archived channel, a Home tab that is turned off, a body without a type."""
    town = slack.town
    said = await slack.act.write(town.ana, town.internal, "Hello")
    where = {"channel": "help-it", "ts": said.ts}
    assert (await called(slack, "chat.delete", where))["error"] == "cant_delete_message"
    post = await client.chat_postMessage(channel=town.internal.id, text="Hi")
    assert (await client.chat_delete(channel=town.internal.id, ts=post["ts"]))["ok"]
    await slack.admin.archive(town.internal)
    reaction = {"channel": "help-it", "timestamp": said.ts, "name": "eyes"}
    assert (await called(slack, "reactions.add", reaction))["error"] == "is_archived"
    slack.app.home_tab = False
    assert (await called(slack, "views.publish", {"user_id": "ana", "view": HOME}))["error"] == "not_enabled"
    untyped = await called(slack, "api.test", {}, **{"content-type": "application/octet-stream"})
    assert untyped["error"] == "missing_post_type"


async def test_a_view_may_be_250_kilobytes(slack: FakeSlack) -> None:
    """Even when each part is within its limit."""
    field = {"type": "plain_text", "text": "x" * 2000}
    blocks = [{"type": "section", "fields": [field] * 10}] * 15
    answer = await called(slack, "views.publish", {"user_id": "ana", "view": {"type": "home", "blocks": blocks}})
    assert answer["error"] == "view_too_large"


async def test_three_hundred_posts_a_minute(slack: FakeSlack) -> None:
    """In the whole workspace, however many channels there are."""
    slack.clock.scale, slack.limits.posts_a_minute = 1.0, 2
    for channel, ok in (("review", True), ("help-it", True), ("support-acme", False)):
        assert (await called(slack, "chat.postMessage", {"channel": channel, "text": "x"}))["ok"] is ok


async def test_modals_that_are_not_there(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Nobody submits, fills or closes one; nothing is pushed on a message, and a closed one cannot be updated."""
    ana = slack.town.ana
    for act in (slack.act.submit(ana, {}), slack.act.dismiss(ana)):
        with pytest.raises(NotOffered):
            await act
    with pytest.raises(NotOffered):
        slack.act.fill(ana, {})
    pushed = await called(slack, "views.push", {"trigger_id": slack.modals.trigger(ana), "view": MODAL})
    assert pushed["error"] == "not_found"
    opened = await client.views_open(trigger_id=slack.modals.trigger(ana), view=MODAL)
    await slack.act.dismiss(ana)
    closed = await called(slack, "views.update", {"view_id": opened["view"]["id"], "view": MODAL})
    assert closed["error"] == "not_found"


async def test_a_form_that_is_too_short(slack: FakeSlack, client: AsyncWebClient) -> None:
    """The client counts before it sends; and says when the bot's answer makes no sense."""
    ana = slack.town.ana
    view = {**MODAL, "submit": {"type": "plain_text", "text": "Send"}, "blocks": [FORM]}
    await client.views_open(trigger_id=slack.modals.trigger(ana), view=view)
    with pytest.raises(NotOffered, match="at least 5"):
        await slack.act.submit(ana, {"why": "so"})


async def test_posting_to_a_person_opens_a_direct_conversation(slack: FakeSlack, client: AsyncWebClient) -> None:
    """And a public channel may be named."""
    direct = await client.chat_postMessage(channel=slack.town.ana.id, text="Psst")
    assert direct["channel"] == slack.world.dm(slack.town.ana).id
    named = await client.chat_postMessage(channel="#help-it", text="Hello")
    assert named["channel"] == slack.town.internal.id


async def test_nobody_writes_where_they_are_not(slack: FakeSlack) -> None:
    """Nor in an archived channel."""
    with pytest.raises(NotOffered):
        await slack.act.write(slack.town.kim, slack.town.internal, "Hi")
    with pytest.raises(NotOffered):
        await slack.act.write(slack.town.ana, slack.town.old, "Hi")


async def test_a_response_url_is_good_for_half_an_hour(slack: FakeSlack, ear: Ear) -> None:
    """And an invented one never was."""
    await slack.act.command(slack.town.ana, slack.town.review, "/countersign")
    url = ear.heard[-1].fields["response_url"]
    slack.skip(1801)
    async with aiohttp.ClientSession() as session:
        for address, error in ((url, "expired_url"), (url[:-1], "invalid_url")):
            async with session.post(address, json={"text": "x"}) as answer:
                assert (answer.status, (await answer.json())["error"]) == (404, error)
