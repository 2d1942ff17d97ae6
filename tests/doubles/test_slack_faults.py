"""Everything that can be made to go wrong in the fake Slack, and what is left of it."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack


async def post(slack: FakeSlack, client: AsyncWebClient, **more: Any) -> Any:
    return await client.chat_postMessage(channel=slack.town.review.id, text="Hi", **more)


@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("kind", ["lose", "cut"])
async def test_an_answer_is_lost(slack: FakeSlack, client: AsyncWebClient, kind: str, landed: bool) -> None:
    """The caller sees a broken connection either way; whether the post is there is another matter."""
    getattr(slack.faults, kind)("chat.postMessage", landed=landed)
    with pytest.raises(aiohttp.ClientError):
        await post(slack, client)
    assert len(slack.posts()) == landed
    await post(slack, client)
    assert len(slack.posts()) == landed + 1


async def test_slack_sdk_as_it_comes_posts_twice(slack: FakeSlack) -> None:
    """Its default handler tries again when the line drops, though the first post landed."""
    usual = AsyncWebClient(slack.app.bot_token, base_url=slack.api_url)
    slack.faults.lose("chat.postMessage", landed=True)
    assert (await post(slack, usual))["ok"]
    assert len(slack.posts()) == 2


@pytest.mark.parametrize("landed", [True, False])
async def test_an_answer_never_comes(slack: FakeSlack, landed: bool) -> None:
    """The line stays open, until the caller's patience ends."""
    client = AsyncWebClient(slack.app.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=1)
    client.timeout = 0.1  # type: ignore[assignment]
    slack.faults.hang("chat.*", landed=landed)
    with pytest.raises(TimeoutError):
        await post(slack, client)
    assert len(slack.posts()) == landed


@pytest.mark.parametrize("landed", [True, False])
async def test_a_server_error(slack: FakeSlack, client: AsyncWebClient, landed: bool) -> None:
    """500, 502, 503: it may have landed."""
    slack.faults.status("chat.postMessage", 502, landed=landed)
    with pytest.raises(SlackApiError) as caught:
        await post(slack, client)
    assert caught.value.response.status_code == 502
    assert len(slack.posts()) == landed


@pytest.mark.parametrize("error", ["fatal_error", "internal_error"])
@pytest.mark.parametrize("landed", [True, False])
async def test_an_error_of_slacks_own(slack: FakeSlack, client: AsyncWebClient, error: str, landed: bool) -> None:
    """ "Some aspect of the operation" may have succeeded."""
    fault = slack.faults.error("chat.postMessage", error, landed=landed)
    with pytest.raises(SlackApiError) as caught:
        await post(slack, client)
    assert caught.value.response["error"] == error
    assert len(slack.posts()) == landed
    assert fault.hits == 1


async def test_a_page_of_somebody_elses(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Status 200 and HTML."""
    slack.faults.page("auth.test")
    with pytest.raises(SlackApiError, match=r"responded with: \{\}"):
        await client.auth_test()


async def test_a_storm_of_429(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Until it is cleared, everything is refused, and nothing lands."""
    slack.faults.ratelimit(times=None, retry_after=7)
    for _ in range(3):
        with pytest.raises(SlackApiError) as caught:
            await post(slack, client)
        assert caught.value.response.headers["retry-after"] == "7"
    assert slack.posts() == []
    slack.faults.clear()
    await post(slack, client)


async def test_a_late_call_lands_though_the_caller_has_gone(slack: FakeSlack) -> None:
    """Slow before it takes effect: the worst case of all."""
    client = AsyncWebClient(slack.app.bot_token, base_url=slack.api_url, retry_handlers=[])
    client.timeout = 0.05  # type: ignore[assignment]
    slack.faults.slow("chat.postMessage", 20)  # a fifth of a second here
    with pytest.raises(TimeoutError):
        await post(slack, client)
    assert slack.posts() == []
    await slack.until(slack.posts)


async def test_a_post_that_cannot_be_read_yet(slack: FakeSlack, client: AsyncWebClient) -> None:
    """It is there, its event comes, but history and replies do not show it for a while."""
    place = slack.town.review.id
    slack.clock.scale = 1.0
    slack.faults.unreadable(5)
    await post(slack, client)
    assert (await client.conversations_history(channel=place))["messages"] == []
    await slack.settled()
    assert len(slack.told("message")) == 1
    slack.skip(5)
    assert len((await client.conversations_history(channel=place))["messages"]) == 1
    slack.faults.unreadable()
    await post(slack, client)
    assert len((await client.conversations_history(channel=place))["messages"]) == 1
    slack.reveal()
    assert len((await client.conversations_history(channel=place))["messages"]) == 2


async def test_the_bot_may_never_hear_of_its_own_posts(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Then only looking tells whether a post landed; whoever watches sees every message."""
    seen: list[str] = []
    slack.happenings.watchers.append(lambda message: seen.append(message.text))
    slack.happenings.own_events = False
    slack.faults.lose("chat.postMessage", landed=True)
    with pytest.raises(aiohttp.ClientError):
        await post(slack, client)
    await slack.settled()
    assert slack.told("message") == []
    assert seen == ["Hi"]


async def test_a_fault_for_one_channel_and_one_call(slack: FakeSlack, client: AsyncWebClient) -> None:
    """It waits for its channel, lets so many calls pass, and strikes once."""
    town = slack.town
    slack.faults.lose("chat.postMessage", landed=False, channel=town.review.id, after=1)
    await client.chat_postMessage(channel=town.support.id, text="1")
    await post(slack, client)
    with pytest.raises(aiohttp.ClientError):
        await post(slack, client)
    await post(slack, client)
    assert len(slack.posts(town.review)) == 2
    assert [call.fault is not None for call in slack.called("chat.postMessage")] == [False, False, True, False]


async def test_waiting_for_what_happens(slack: FakeSlack, client: AsyncWebClient) -> None:
    """`until` looks whenever something happens, and says what did not."""
    waiting = asyncio.create_task(slack.until(slack.posts))
    await post(slack, client)
    assert len(await waiting) == 1
    with pytest.raises(AssertionError, match="no second post"):
        await slack.until(lambda: len(slack.posts()) == 2, 0.01, "no second post")
