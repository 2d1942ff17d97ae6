"""The fake Teams as a process of its own, told over HTTP what people do and what goes wrong."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.doubles.teams import FakeTeams
from tests.doubles.teams.ear import Ear
from tests.doubles.teams.mouth import words

ROOT = Path(__file__).parents[2]


class Orders:
    """Sends orders to /_control."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session, self.url = session, f"{base}/_control"

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
async def process(*arguments: str) -> AsyncIterator[tuple[Orders, dict[str, str]]]:
    """`python -m tests.doubles.teams` until the test is over, with the variables it prints."""
    command = [sys.executable, "-m", "tests.doubles.teams", *arguments]
    running = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert running.stdout
    try:
        printed = {}
        async with asyncio.timeout(30):
            while "=" in (line := (await running.stdout.readline()).decode().strip()):
                name, _, value = line.partition("=")
                printed[name] = value
        async with aiohttp.ClientSession() as session:
            yield Orders(session, line.split()[-1]), printed
    finally:
        running.terminate()
        await running.wait()


async def test_a_process_of_its_own() -> None:
    """A whole story: a customer writes, a bot answers in the thread, a call fails."""
    async with Ear() as ear, process("--bot-url", ear.url, "--scale", "0.01", "--no-limits") as (order, printed):
        ear.app_id, ear.openid_url = printed["TEAMS_APP_ID"], printed["COUNTERSIGN_TEAMS__OPENID_URL"]
        said = await order("write", user="kim", channel="Help Acme", words="{countersign} where is it?")
        assert ear.heard[0].activity["text"] == "<at>Countersign</at> where is it?"
        form = {
            "grant_type": "client_credentials",
            "client_id": ear.app_id,
            "scope": "https://api.botframework.com/.default",
        }
        login = f"{printed['COUNTERSIGN_TEAMS__LOGIN_URL']}/{printed['TEAMS_TENANT_ID']}/oauth2/v2.0/token"
        async with order.session.post(login, data={**form, "client_secret": printed["TEAMS_APP_PASSWORD"]}) as answer:
            token = (await answer.json())["access_token"]
        url = f"{ear.heard[0].activity['serviceUrl']}v3/conversations/{said['conversation']}/activities"
        headers = {"authorization": f"Bearer {token}"}
        posting = asyncio.create_task(order.session.post(url, json=words("Here"), headers=headers))
        [post] = await order("wait_for_posts", count=1, thread=said["id"])
        assert (post["text"], (await posting).status) == ("Here", 201)
        await order("fault", kind="status", method="connector.*", status=503, landed=True)
        assert (await order.session.post(url, json=words("Was it sent?"), headers=headers)).status == 503
        assert [one["text"] for one in await order("posts", channel="Help Acme")] == ["Here", "Was it sent?"]
        await order("reply", user="kim", message=said["id"], words="Hello?")
        await order("awkward", name="no from", message=said["id"])
        await order("settled")
        state = await order("state")
        assert (state["lost"], state["tokens"], state["silent"]) == (0, 1, False)
        assert state["warnings"] == state["complaints"] == []


async def test_orders_that_make_no_sense(teams: FakeTeams) -> None:
    """Unknown verbs, people and fields, and what Teams would not offer, are refused with a reason."""
    async with aiohttp.ClientSession() as session:
        order = Orders(session, teams.base)
        assert "dance" in await order.refused("dance")
        assert "_there" in await order.refused("_there")
        assert "nobody" in await order.refused("write", user="nobody", channel="Review", words="x")
        assert "NotOffered" in await order.refused("write", user="kim", channel="Review", words="x")
        assert "TypeError" in await order.refused("write", user="ana", channel="Review")
        assert "Unknown" in await order.refused("fault", kind="lose", methd="x")


@pytest.mark.parametrize(
    "order",
    [
        {"do": "skip", "seconds": 5},
        {"do": "hold"},
        {"do": "release", "reverse": True},
        {"do": "double", "on": True},
        {"do": "clear_faults"},
        {"do": "install", "team": "Club", "consent": ["ChannelMessage.Read.Group"], "channel": "Lobby"},
        {"do": "uninstall", "team": "Support"},
        {"do": "upgrade", "team": "Support"},
        {"do": "consent", "team": "Support", "permissions": []},
        {"do": "enable", "channel": "Vault"},
        {"do": "add", "user": "tom", "team": "Support"},
        {"do": "add_to_channel", "user": "zed", "channel": "Help Initech"},
        {"do": "rename", "place": "Review", "name": "Reviews"},
        {"do": "remove_channel", "channel": "Help others"},
        {"do": "move", "region": "amer"},
        {"do": "rotate_keys"},
        {"do": "rotate_secret", "secret": "another"},
        {"do": "revoke_tokens"},
        {"do": "whispers", "user": "ana"},
        {"do": "bot", "url": "http://127.0.0.1:1/"},
    ],
    ids=lambda order: str(order["do"]),
)
async def test_an_order(teams: FakeTeams, order: dict[str, Any]) -> None:
    """Whatever can be done in a test can be ordered."""
    async with aiohttp.ClientSession() as session:
        verb = order.pop("do")
        await Orders(session, teams.base)(verb, **order)
