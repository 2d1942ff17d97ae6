"""Socket Mode: the same payloads over a connection that is watched, answered, and replaced before it goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import WSMsgType, web

from bot.channels.slack.channel import SlackChannel
from bot.channels.slack.office import Office
from bot.channels.slack.socket import Socket
from bot.channels.slack.switchboard import Switchboard
from tests.channels.slack.conftest import Notebook, setup
from tests.channels.slack.soon import soon
from tests.channels.slack.stub import Json, Stub, message, press, refused

APP_TOKEN = "xapp-stub"


@dataclass
class Line:
    """One connection as Slack sees it."""

    socket: web.WebSocketResponse
    heard: list[Json] = field(default_factory=list)
    closed: bool = False

    async def send(self, kind: str, payload: Json, envelope: str = "E1", response: bool = False) -> None:
        """An envelope with a payload."""
        said = {"type": kind, "envelope_id": envelope, "payload": payload, "accepts_response_payload": response}
        await self.socket.send_str(json.dumps(said))

    async def answer(self, number: int = 0) -> Json:
        """What came back."""
        return (await soon(lambda: self.heard[number:]))[0]


class Exchange:
    """The other end of Socket Mode; `silent` says no hello, `full` turns everybody away."""

    def __init__(self, stub: Stub) -> None:
        self.lines: list[Line] = []
        self.silent = False
        self.full = False
        self._stub = stub

    async def serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        line = Line(socket)
        self.lines.append(line)
        if self.full:
            await socket.send_str(json.dumps({"type": "disconnect", "reason": "too_many_websockets"}))
            await socket.close()
        elif not self.silent:
            await socket.send_str(json.dumps({"type": "hello", "num_connections": len(self.lines)}))
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                line.heard.append(json.loads(frame.data))
        line.closed = True
        return socket

    async def line(self, number: int = 0) -> Line:
        """The connection with this number, once it is there."""
        return (await soon(lambda: self.lines[number:], 10))[0]


@pytest.fixture
async def exchange(stub: Stub) -> AsyncIterator[Exchange]:
    """Somewhere for the socket to connect to."""
    made = Exchange(stub)
    app = web.Application()
    app.router.add_get("/link", made.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    stub.answers["apps.connections.open"] = lambda _: {"ok": True, "url": f"ws://127.0.0.1:{port}/link"}
    yield made
    await runner.cleanup()


@asynccontextmanager
async def listening(stub: Stub, inbox: Notebook) -> AsyncIterator[SlackChannel]:
    """A channel that runs on a socket."""
    channel = SlackChannel(setup(stub, app_token=APP_TOKEN), inbox)
    running = asyncio.create_task(channel.run())
    try:
        yield channel
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await channel.close()


async def test_an_event_is_stored_before_it_is_acknowledged(stub: Stub, inbox: Notebook, exchange: Exchange) -> None:
    """The same way in as over HTTP."""
    async with listening(stub, inbox) as channel:
        line = await exchange.line()
        await line.send("events_api", message("Hi"))
        assert await line.answer() == {"envelope_id": "E1"}
        assert len(inbox.events) == 1
        assert channel.trouble() == ""


async def test_what_could_not_be_stored_is_not_acknowledged(stub: Stub, inbox: Notebook, exchange: Exchange) -> None:
    """Slack sends it again, perhaps to another of us."""
    async with listening(stub, inbox):
        line = await exchange.line()
        inbox.down = True
        await line.send("events_api", message("Hi"), "E1")
        await asyncio.sleep(0.2)
        inbox.down = False
        await line.send("events_api", message("Hi"), "E2")
        assert await line.answer() == {"envelope_id": "E2"}
        assert len(line.heard) == 1


async def test_clicks_and_commands_are_answered_in_the_acknowledgement(
    stub: Stub, inbox: Notebook, exchange: Exchange
) -> None:
    """A command's answer is the acknowledgement's payload."""
    async with listening(stub, inbox):
        line = await exchange.line()
        await line.send("interactive", press("decide.approve", "01REVIEW:3"), "E1")
        assert await line.answer(0) == {"envelope_id": "E1"}
        assert inbox.clicks[0].verb == "approve"
        command = {"command": "/countersign", "text": "version", "user_id": "U0ANA", "team_id": "T0HOME"}
        await line.send("slash_commands", command, "E2", response=True)
        assert (await line.answer(1))["payload"]["text"] == "Countersign 1.2.3"


async def test_the_next_connection_opens_before_the_old_one_goes(
    stub: Stub, inbox: Notebook, exchange: Exchange
) -> None:
    """Slack warns ten seconds ahead; what still comes over the old line is taken too."""
    async with listening(stub, inbox) as channel:
        old = await exchange.line(0)
        await old.socket.send_str(json.dumps({"type": "disconnect", "reason": "warning"}))
        new = await exchange.line(1)
        assert not old.closed
        await old.send("events_api", message("old"), "E1")
        await new.send("events_api", message("new", ts="1790000002.000100"), "E2")
        assert await old.answer() == {"envelope_id": "E1"}
        assert await new.answer() == {"envelope_id": "E2"}
        await old.socket.close()
        await asyncio.sleep(0.1)
        assert len(exchange.lines) == 2
        assert channel.trouble() == ""


async def test_a_broken_line_is_replaced(stub: Stub, inbox: Notebook, exchange: Exchange) -> None:
    """However it broke."""
    async with listening(stub, inbox):
        first = await exchange.line(0)
        assert first.socket._req is not None
        assert first.socket._req.transport is not None
        first.socket._req.transport.abort()
        second = await exchange.line(1)
        await second.send("events_api", message("Hi"))
        assert await second.answer() == {"envelope_id": "E1"}


async def test_a_line_gone_quiet_is_replaced(stub: Stub, inbox: Notebook, exchange: Exchange) -> None:
    """Neither events nor pings nor answers to ours: the task still runs, and nothing comes in."""
    office = Office(setup(stub), inbox)
    running = asyncio.create_task(Socket(office.client, APP_TOKEN, Switchboard(office), ping=0.05, deaf=0.2).run())
    first = await exchange.line(0)
    second = await exchange.line(1)  # the exchange answers no pings
    assert first is not second
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await office.close()


async def test_pings_are_answered(stub: Stub, inbox: Notebook, exchange: Exchange) -> None:
    """Slack hangs up on a client that does not."""
    async with listening(stub, inbox):
        line = await exchange.line()
        await line.socket.ping(b"abc")
        await line.send("events_api", message("Hi"))
        await line.answer()
        assert not line.closed


async def test_odd_frames_are_let_pass(stub: Stub, inbox: Notebook, exchange: Exchange) -> None:
    """What is no JSON object, or of a type that Slack thinks of next."""
    async with listening(stub, inbox):
        line = await exchange.line()
        for frame in (
            "",
            "{",
            "[]",
            '{"type": 3}',
            '{"type": "new"}',
            '{"type": "events_api", "payload": 3}',
            "[" * 10**5,
        ):
            await line.socket.send_str(frame)
        await line.send("events_api", message("Hi"), "E9")
        await soon(lambda: {"envelope_id": "E9"} in line.heard)


async def test_a_refused_token_is_named_as_the_trouble(stub: Stub, inbox: Notebook) -> None:
    """`/readyz` says why nothing comes in."""
    stub.answers["apps.connections.open"] = refused("invalid_auth")
    async with listening(stub, inbox) as channel:
        await soon(lambda: "token" in channel.trouble())
        assert "Nothing comes in from Slack" in channel.trouble()
    assert set(map(str, stub.of("apps.connections.open"))) == {"{}"}


async def test_whoever_is_turned_away_says_why(stub: Stub, inbox: Notebook, exchange: Exchange) -> None:
    """The eleventh replica is not ready, and tries again until there is room."""
    exchange.full = True
    async with listening(stub, inbox) as channel:
        await soon(lambda: "ten are open" in channel.trouble())
        exchange.full = False
        await soon(lambda: channel.trouble() == "", 10)
