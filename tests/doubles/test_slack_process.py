"""The fake Slack as a process of its own, told over HTTP what people do and what goes wrong."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack
from tests.doubles.slack.ear import Ear

ROOT = Path(__file__).parents[2]


class Orders:
    """Sends orders to /_control."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self.session, self.api_url = session, api_url
        self.url = api_url.replace("/api/", "/_control")

    async def __call__(self, verb: str, **given: Any) -> Any:
        async with self.session.post(self.url, json={"do": verb, **given}) as answer:
            told = await answer.json()
        assert told["ok"], told
        return told["result"]

    async def refused(self, verb: str, **given: Any) -> str:
        async with self.session.post(self.url, json={"do": verb, **given}) as answer:
            assert answer.status == 400
            return str((await answer.json())["error"])


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[Orders]:
    """`python -m tests.doubles.slack` until the test is over."""
    command = [sys.executable, "-m", "tests.doubles.slack", *arguments]
    running = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert running.stdout
    try:
        line = (await asyncio.wait_for(running.stdout.readline(), 30)).decode()
        async with aiohttp.ClientSession() as session:
            yield Orders(session, line.split()[-1])
    finally:
        running.terminate()
        await running.wait()


async def test_a_process_of_its_own(ear: Ear) -> None:
    """A whole story: a customer writes, the bot posts a card, somebody presses, a call fails."""
    async with process("--bot-url", ear.url, "--scale", "0.01", "--patience", "3", "--no-limits") as order:
        state = await order("state")
        client = AsyncWebClient(state["bot_token"], base_url=order.api_url, retry_handlers=[])
        said = await order("write", user="kim", channel="support-acme", text="Where is it?")
        assert ear.heard[0].event["ts"] == said["ts"]
        assert ear.heard[0].signed
        button = {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Go"}, "value": "1"}
        review = state["channels"]["review"]
        blocks = [{"type": "actions", "elements": [button]}]
        posting = asyncio.create_task(client.chat_postMessage(channel=review, text="Card", blocks=blocks))
        [card] = await order("wait_for_posts", count=1, channel="review")
        await posting
        delivery = await order("press", user="ana", on={"channel": review, "ts": card["ts"]}, action="approve")
        assert delivery["acknowledged"]
        assert delivery["payload"]["actions"][0]["value"] == "1"
        await order("fault", kind="status", method="chat.*", status=503, landed=True)
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel=review, text="Was it sent?")
        assert [post["text"] for post in await order("posts", channel="review")] == ["Card", "Was it sent?"]
        await order("reply", user="kim", message={"channel": said["channel"], "ts": said["ts"]}, text="Hello?")
        await order("settled")
        state = await order("state")
        assert state["lost"] == 0
        assert state["warnings"] == state["complaints"] == []


async def test_orders_that_make_no_sense(slack: FakeSlack) -> None:
    """Unknown verbs, people and fields, and what Slack would not offer, are refused with a reason."""
    async with aiohttp.ClientSession() as session:
        order = Orders(session, slack.api_url)
        assert "dance" in await order.refused("dance")
        assert "nobody" in await order.refused("write", user="nobody", channel="review", text="x")
        assert "NotOffered" in await order.refused("write", user="kim", channel="review", text="x")
        assert "TypeError" in await order.refused("write", user="ana", channel="review")
        assert "Unknown" in await order.refused("fault", kind="lose", methd="x")


@pytest.mark.parametrize(
    "order",
    [
        {"do": "skip", "seconds": 5},
        {"do": "hold"},
        {"do": "release", "reverse": True},
        {"do": "double", "on": True},
        {"do": "archive", "channel": "review"},
        {"do": "share", "channel": "review", "team": "Globex", "members": ["zed"]},
        {"do": "change_group", "group": "agents", "members": ["lea"]},
        {"do": "invite_bot", "channel": "lobby", "by": "ana"},
        {"do": "open_home", "user": "ana"},
        {"do": "modal", "user": "ana"},
        {"do": "whispers", "user": "ana"},
        {"do": "revoke_token"},
        {"do": "drop_sockets"},
        {"do": "stall_sockets", "pongs": False},
        {"do": "verify_url"},
    ],
    ids=lambda order: str(order["do"]),
)
async def test_an_order(slack: FakeSlack, order: dict[str, Any]) -> None:
    """Whatever can be done in a test can be ordered."""
    async with aiohttp.ClientSession() as session:
        verb = order.pop("do")
        await Orders(session, slack.api_url)(verb, **order)
