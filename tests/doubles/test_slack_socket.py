"""Socket Mode of the fake Slack: envelopes, acknowledgements, refreshes, silence and cut lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """Slack with Socket Mode turned on; nobody listens on HTTP."""
    async with FakeSlack(scale=0.01, patience=0.3, socket_mode=True) as server:
        yield server


@asynccontextmanager
async def connected(slack: FakeSlack) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A socket opened by hand, past its hello."""
    client = AsyncWebClient(slack.app.app_token, base_url=slack.api_url, retry_handlers=[])
    url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        first = await socket.receive_json()
        assert first["type"] == "hello"
        yield socket


async def acknowledge(socket: aiohttp.ClientWebSocketResponse, **more: Any) -> dict[str, Any]:
    """The next envelope, acknowledged."""
    envelope: dict[str, Any] = await socket.receive_json()
    await socket.send_json({"envelope_id": envelope["envelope_id"], **more})
    return envelope


async def test_an_event_a_press_and_a_command(slack: FakeSlack) -> None:
    """Each in an envelope of its kind; a command may be answered in the acknowledgement."""
    town = slack.town
    async with connected(slack) as socket:
        writing = asyncio.create_task(slack.act.write(town.kim, town.support, "Hi"))
        event = await acknowledge(socket)
        await writing
        typing = asyncio.create_task(slack.act.command(town.ana, town.review, "/countersign", "queue"))
        command = await acknowledge(socket, payload={"text": "Nothing is waiting"})
        await typing
        chosen = asyncio.create_task(slack.act.shortcut(town.ana, await writing, "draft"))
        shortcut = await acknowledge(socket)
        await chosen
    assert (event["type"], event["payload"]["event"]["text"]) == ("events_api", "Hi")
    assert (event["retry_attempt"], event["accepts_response_payload"]) == (0, False)
    assert (command["type"], command["payload"]["text"]) == ("slash_commands", "queue")
    assert command["accepts_response_payload"] is True
    assert (shortcut["type"], shortcut["payload"]["type"]) == ("interactive", "message_action")
    assert [whisper.text for whisper in slack.whispers(town.ana)] == ["Nothing is waiting"]
    await slack.settled()
    assert slack.courier.lost() == []


async def test_slack_sdks_client_is_understood(slack: FakeSlack) -> None:
    """It connects, acknowledges, and connects again when asked to."""
    heard: list[SocketModeRequest] = []

    async def listen(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        heard.append(request)
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client = SocketModeClient(slack.app.app_token, web_client=AsyncWebClient(base_url=slack.api_url), ping_interval=0.1)
    client.socket_mode_request_listeners.append(listen)
    await client.connect()  # type: ignore[no-untyped-call]
    try:
        await slack.act.write(slack.town.kim, slack.town.support, "1")
        refreshing = asyncio.create_task(slack.sockets.refresh())
        await slack.until(lambda: slack.sockets.opened == 2 and len(slack.sockets.connections) == 1)
        await refreshing
        await slack.until(lambda: slack.sockets.connections)
        await slack.act.write(slack.town.kim, slack.town.support, "2")
        await slack.settled()
    finally:
        await client.close()  # type: ignore[no-untyped-call]
    assert [request.payload["event"]["text"] for request in heard] == ["1", "2"]
    assert all(delivery.acknowledged for delivery in slack.told("message"))


async def test_what_is_not_acknowledged_comes_again_elsewhere(slack: FakeSlack) -> None:
    """To any one connection, with its number and reason."""
    async with connected(slack) as first, connected(slack) as second:
        writing = asyncio.create_task(slack.act.write(slack.town.kim, slack.town.support, "Hi"))
        waiting = {asyncio.create_task(first.receive_json()), asyncio.create_task(second.receive_json())}
        done, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await writing  # three seconds later, here 0.3, nobody has acknowledged
        [again] = await asyncio.wait_for(asyncio.gather(*left), 5)
        await first.send_json({"envelope_id": again["envelope_id"]})
        await slack.settled()
    [original] = [task.result() for task in done]
    assert original["payload"]["event_id"] == again["payload"]["event_id"]
    assert original["envelope_id"] != again["envelope_id"]
    assert (again["retry_attempt"], again["retry_reason"]) == (1, "http_timeout")
    assert slack.told("message")[0].acknowledged


async def test_a_refresh_warns_first(slack: FakeSlack) -> None:
    """A warning, ten seconds later the request, then the socket closes."""
    async with connected(slack) as socket:
        refreshing = asyncio.create_task(slack.sockets.refresh())
        reasons = [(await socket.receive_json())["reason"] for _ in range(2)]
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        await refreshing
    assert reasons == ["warning", "refresh_requested"]


async def test_a_stalled_socket_stays_open(slack: FakeSlack) -> None:
    """It answers pings and says nothing; what it was given comes again over the next one."""
    async with connected(slack) as socket:
        slack.sockets.stall()
        await slack.act.write(slack.town.kim, slack.town.support, "Hi")
        assert not socket.closed
        assert slack.told("message")[0].attempts[0].problem == "http_timeout"
        slack.sockets.drop(slack.sockets.connections[0])
        await slack.until(lambda: not slack.sockets.connections)
        async with connected(slack) as fresh:
            assert (await acknowledge(fresh))["payload"]["event"]["text"] == "Hi"
            await slack.settled()
    assert slack.told("message")[0].acknowledged


async def test_a_dead_line_gives_no_pong(slack: FakeSlack) -> None:
    """With `pongs=False` a client that pings finds out."""
    async with connected(slack) as socket:
        slack.sockets.stall(pongs=False)
        client = AsyncWebClient(base_url=slack.api_url)
        url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
        async with aiohttp.ClientSession() as session, session.ws_connect(url, heartbeat=0.2) as beating:
            assert (await beating.receive_json())["type"] == "hello"
            slack.sockets.stall(pongs=False)
            message = await asyncio.wait_for(beating.receive(), 5)
            assert message.type in (aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSED)
        assert not socket.closed


async def test_ten_sockets_and_no_more(slack: FakeSlack) -> None:
    """The eleventh is told so and closed; without Socket Mode none is taken."""
    slack.limits.connections = 2
    client = AsyncWebClient(base_url=slack.api_url)
    async with connected(slack), connected(slack), aiohttp.ClientSession() as session:
        url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
        async with session.ws_connect(url) as third:
            assert (await third.receive_json())["reason"] == "too_many_websockets"
        slack.app.socket_mode = False
        url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
        async with session.ws_connect(url) as fourth:
            assert (await fourth.receive_json())["reason"] == "link_disabled"


async def test_a_url_opens_one_socket_and_soon(slack: FakeSlack) -> None:
    """Used or old it is refused; and only an app-level token gets one, by POST."""
    client = AsyncWebClient(base_url=slack.api_url)
    url = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
    old = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)
        slack.skip(31)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(old)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token=slack.app.bot_token)
    with pytest.raises(SlackApiError, match="insecure_request"):
        await AsyncWebClient(slack.app.app_token, base_url=slack.api_url).api_call(
            "apps.connections.open", http_verb="GET"
        )


async def test_without_a_socket_events_wait_and_are_lost(slack: FakeSlack) -> None:
    """HTTP gets nothing while Socket Mode is on."""
    slack.clock.scale = 0.0001
    await slack.act.write(slack.town.kim, slack.town.support, "Hi")
    await slack.settled()
    assert len(slack.courier.lost()) == 1
