"""The Web API of the fake Slack says no where the real one does."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack, Limits

KEY = {"event_type": "countersign_reply", "event_payload": {"key": "0123"}}


async def refusal(awaitable: Any) -> str:
    """The error Slack answers with."""
    with pytest.raises(SlackApiError) as caught:
        await awaitable
    return str(caught.value.response["error"])


async def raw(slack: FakeSlack, method: str, verb: str = "POST", **request: Any) -> tuple[int, dict[str, Any]]:
    """A call without slack_sdk: status and body."""
    async with aiohttp.ClientSession() as session, session.request(verb, slack.api_url + method, **request) as answer:
        return answer.status, await answer.json()


def bearer(slack: FakeSlack) -> dict[str, str]:
    return {"authorization": f"Bearer {slack.app.bot_token}"}


async def test_a_post_lands_and_comes_back_with_the_apps_name_on_it(slack: FakeSlack, client: AsyncWebClient) -> None:
    """The answer and the message carry bot_id, app_id and the whole metadata."""
    answer = await client.chat_postMessage(
        channel=slack.town.review.id, text="Hi", metadata=KEY, unfurl_links=False, unfurl_media=False
    )
    [post] = slack.posts(slack.town.review)
    assert answer["ts"] == post.ts
    assert answer["message"]["app_id"] == slack.app.id
    assert answer["message"]["bot_id"] == slack.app.bot.bot_id
    assert answer["message"]["metadata"] == KEY
    assert (post.unfurl_links, post.unfurl_media) == (False, False)
    assert slack.warnings == []


async def test_arguments_may_come_in_every_style(slack: FakeSlack) -> None:
    """A query, a form with JSON inside, a JSON body; and a token in header, form or query."""
    place, header = slack.town.review.id, bearer(slack)
    blocks = json.dumps([{"type": "divider"}])
    token = slack.app.bot_token
    asked: list[dict[str, Any]] = [
        {"verb": "GET", "params": {"channel": place, "text": "1", "token": token}},
        {"data": {"channel": place, "text": "2", "blocks": blocks, "token": token}},
        {"json": {"channel": place, "text": "3", "blocks": [{"type": "divider"}]}, "headers": header},
        {"json": {"channel": place, "text": "4", "blocks": blocks}, "headers": header},
    ]
    for request in asked:
        status, answer = await raw(slack, "chat.postMessage", **request)
        assert (status, answer["ok"]) == (200, True), answer
    assert [post.text for post in slack.posts()] == ["1", "2", "3", "4"]
    assert answer["response_metadata"]["warnings"] == ["missing_charset"]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"data": b"{", "headers": {"content-type": "application/json"}}, "invalid_json"),
        ({"json": []}, "json_not_object"),
        ({"data": b"<a/>", "headers": {"content-type": "text/xml"}}, "invalid_post_type"),
        (
            {"json": {"token": "xoxb-1000000000001-1000000000002-fakebottoken"}},
            "not_authed",
        ),  # in JSON the token is not looked for
        ({"data": {"token": "xoxb-wrong"}}, "invalid_auth"),
        ({"data": {"token": "xapp-1-A0COUNTERSIGN-1000000000003-fakeapptoken"}}, "not_allowed_token_type"),
    ],
)
async def test_a_request_that_slack_cannot_read_or_trust(slack: FakeSlack, request_: Any, error: str) -> None:
    """Each has its own error, with status 200."""
    status, answer = await raw(slack, "team.info", **request_)
    assert (status, answer["ok"], answer["error"]) == (200, False, error)


async def test_an_unknown_method_and_a_missing_argument(slack: FakeSlack, client: AsyncWebClient) -> None:
    """They are refused by name."""
    assert await refusal(client.api_call("chat.postMassage")) == "unknown_method"
    assert await refusal(client.api_call("users.info")) == "invalid_arguments"


async def test_a_revoked_token_and_an_uninstalled_app(slack: FakeSlack, client: AsyncWebClient) -> None:
    """auth.test works until then, and says who the bot is."""
    told = await client.auth_test()
    assert (told["team_id"], told["user_id"], told["bot_id"]) == ("T0NORTHWIND", "U0COUNTERSIGN", "B0COUNTERSIGN")
    assert "chat:write" in told.headers["x-oauth-scopes"]
    await slack.admin.revoke_token()
    assert await refusal(client.auth_test()) == "token_revoked"
    slack.admin.reinstall()
    await slack.admin.uninstall()
    assert await refusal(client.auth_test()) == "account_inactive"


async def test_every_method_needs_its_scope(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Which history scope it is depends on whether the channel is private."""
    slack.app.scopes = {"channels:history"}
    said = await slack.act.write(slack.town.ana, slack.town.internal, "Hello")
    secret = await slack.act.write(slack.town.ana, slack.town.secret, "Hello")
    assert await refusal(client.chat_postMessage(channel=slack.town.review.id, text="Hi")) == "missing_scope"
    assert await refusal(client.users_info(user=slack.town.ana.id)) == "missing_scope"
    assert (await client.conversations_replies(channel=said.channel.id, ts=said.ts))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_replies(channel=secret.channel.id, ts=secret.ts)
    assert caught.value.response["needed"] == "groups:history"
    assert caught.value.response["provided"] == "channels:history"


async def test_a_channel_that_the_bot_may_not_write_to(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A public one it is not in, a private one it cannot see, none at all, an archived one, a read-only one."""
    town = slack.town
    town.hall.refuses = "restricted_action_read_only_channel"
    places = {
        town.lobby.id: "not_in_channel",
        town.vault.id: "channel_not_found",
        "C0NOWHERE": "channel_not_found",
        town.old.id: "is_archived",
        town.hall.id: "restricted_action_read_only_channel",
    }
    for place, error in places.items():
        assert await refusal(client.chat_postMessage(channel=place, text="Hi")) == error
    assert slack.posts() == []


async def test_what_a_message_may_not_be(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Empty, too long as Markdown, or Markdown and text at once."""
    place = slack.town.review.id
    asked = {"channel": place, "markdown_text": "x" * 12_001}
    assert await refusal(client.api_call("chat.postMessage", json={"channel": place})) == "no_text"
    assert await refusal(client.api_call("chat.postMessage", json=asked)) == "msg_too_long"
    both = client.chat_postMessage(channel=place, markdown_text="x", text="x")
    assert await refusal(both) == "markdown_text_conflict"
    answer = await client.chat_postMessage(channel=place, text="x" * 40_001)
    assert answer["warning"] == "message_truncated"
    assert len(slack.posts()[-1].text) == 40_000


async def test_an_update_takes_four_thousand_bytes_of_text(slack: FakeSlack, client: AsyncWebClient) -> None:
    """They are counted as UTF-8, and a text without blocks takes the blocks away."""
    place = slack.town.review.id
    ts = (await client.chat_postMessage(channel=place, text="Card", blocks=[{"type": "divider"}]))["ts"]
    assert await refusal(client.chat_update(channel=place, ts=ts, text="ø" * 2_001)) == "msg_too_long"
    await client.chat_update(channel=place, ts=ts, text="ø" * 2_000, blocks=[{"type": "divider"}])
    [card] = slack.posts()
    assert card.edited is None
    assert len(card.blocks) == 1
    await client.chat_update(channel=place, ts=ts, text="Done")
    assert card.blocks == []
    assert card.edited


async def test_only_ones_own_messages_can_be_changed(slack: FakeSlack, client: AsyncWebClient) -> None:
    """And only while the channel is not archived."""
    town = slack.town
    said = await slack.act.write(town.ana, town.internal, "Hello")
    post = await client.chat_postMessage(channel=town.internal.id, text="Hi")
    change: dict[str, Any] = {"channel": town.internal.id, "text": "Changed"}
    assert await refusal(client.chat_update(ts=said.ts, **change)) == "cant_update_message"
    assert await refusal(client.chat_update(ts="1700000000.000001", **change)) == "message_not_found"
    await slack.admin.archive(town.internal)
    assert await refusal(client.chat_update(ts=post["ts"], **change)) == "is_inactive"


async def test_a_thread_hangs_from_its_parent(slack: FakeSlack, client: AsyncWebClient) -> None:
    """The ts of a reply, of nothing and of a locked thread are refused."""
    town = slack.town
    parent = await slack.act.write(town.kim, town.support, "Where is it?")
    reply = await slack.act.reply(town.kim, parent, "Hello?")
    place = town.support.id
    assert await refusal(client.chat_postMessage(channel=place, text="x", thread_ts=reply.ts)) == (
        "cannot_reply_to_message"
    )
    missing = client.chat_postMessage(channel=place, text="x", thread_ts="1700000000.000001")
    assert await refusal(missing) == "thread_not_found"
    assert await refusal(client.chat_postMessage(channel=place, text="x", thread_ts="soon")) == "invalid_arguments"
    await client.chat_postMessage(channel=place, text="It is here", thread_ts=parent.ts)
    assert [post.text for post in slack.posts(thread=parent)] == ["It is here"]
    slack.admin.lock_thread(parent)
    locked = client.chat_postMessage(channel=place, text="x", thread_ts=parent.ts)
    assert await refusal(locked) == "restricted_action_thread_locked"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "reply"}, "invalid_metadata_format"),
        ("{", "invalid_metadata_format"),
        ({"event_type": "Reply", "event_payload": {}}, "invalid_metadata_schema"),
        ({"event_type": "reply", "event_payload": {"the-key": "1"}}, "invalid_metadata_schema"),
        ({"event_type": "reply", "event_payload": {"key": {"deep": 1}}}, "invalid_metadata_schema"),
        ({"event_type": "reply", "event_payload": {"key": "x" * 8_000}}, "metadata_too_large"),
    ],
)
async def test_metadata_has_plain_names_and_flat_values(
    slack: FakeSlack, client: AsyncWebClient, metadata: Any, error: str
) -> None:
    """Anything else is refused, and nothing is posted."""
    asked = {"channel": slack.town.review.id, "text": "x", "metadata": metadata}
    assert await refusal(client.api_call("chat.postMessage", json=asked)) == error
    assert slack.posts() == []


async def test_metadata_is_whole_only_when_asked_for(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Otherwise its event_type is all there is; an update without metadata keeps it, an empty one takes it away."""
    town = slack.town
    parent = await slack.act.write(town.kim, town.support, "Where is it?")
    asked: dict[str, Any] = {"channel": town.support.id, "ts": parent.ts}
    post = await client.chat_postMessage(channel=town.support.id, text="Here", thread_ts=parent.ts, metadata=KEY)
    await client.chat_update(channel=town.support.id, ts=post["ts"], text="There")
    plain = await client.conversations_replies(**asked)
    whole = await client.conversations_replies(**asked, include_all_metadata=True)
    assert plain["messages"][1]["metadata"] == {"event_type": "countersign_reply"}
    assert whole["messages"][1]["metadata"] == KEY
    await client.chat_update(channel=town.support.id, ts=post["ts"], text="There", metadata={})
    assert "metadata" not in (await client.conversations_replies(**asked))["messages"][1]


async def test_blocks_without_text_are_warned_of(slack: FakeSlack, client: AsyncWebClient) -> None:
    """So is a text beyond what Slack advises, and one that makes mentions of names."""
    with pytest.warns(UserWarning, match="text"):
        await client.chat_postMessage(channel=slack.town.review.id, blocks=[{"type": "divider"}])
    await client.chat_postMessage(channel=slack.town.review.id, text="x" * 4_001, link_names=True)
    assert [warning.split(":")[0] for warning in slack.warnings] == ["chat.postMessage"] * 3


async def test_another_name_needs_a_scope_of_its_own(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Posting as somebody else is chat:write.customize."""
    posted = client.chat_postMessage(channel=slack.town.review.id, text="x", username="Ana")
    assert await refusal(posted) == "missing_scope"


async def test_one_message_a_second_in_a_channel(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Beyond a short burst comes 429 with whole seconds to wait; another channel is not concerned."""
    slack.limits.burst = 1
    slack.clock.scale = 1.0
    town = slack.town
    await client.chat_postMessage(channel=town.review.id, text="1")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=town.review.id, text="2")
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.headers["retry-after"] == "1"
    await client.chat_postMessage(channel=town.support.id, text="3")
    slack.skip(1)
    await client.chat_postMessage(channel=town.review.id, text="4")
    assert [post.text for post in slack.posts()] == ["1", "3", "4"]


async def test_every_method_has_its_tier(slack: FakeSlack, client: AsyncWebClient) -> None:
    """usergroups.users.list is good for twenty calls a minute; Limits.none() takes that away."""
    slack.clock.scale = 1.0
    for _ in range(20):
        await client.usergroups_users_list(usergroup=slack.town.agents.id)
    assert await refusal(client.usergroups_users_list(usergroup=slack.town.agents.id)) == "ratelimited"
    assert Limits.none().tiers is False
