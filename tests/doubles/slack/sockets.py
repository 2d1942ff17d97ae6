"""Socket Mode: up to ten sockets, each payload to any one of them, acknowledged by its envelope_id.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.doubles.slack.clock import Clock, Moment
from tests.doubles.slack.courier import REFUSED, Attempt, Delivery
from tests.doubles.slack.limits import Limits
from tests.doubles.slack.pulse import Pulse
from tests.doubles.slack.wire import Json, scribble
from tests.doubles.slack.world import App

ENVELOPES = {"event": "events_api", "interactive": "interactive", "command": "slash_commands"}
WARNING = 10.0  # seconds between the warning and the end of a connection
TICKET = 30.0  # seconds within which a URL has to be used


@dataclass(eq=False)
class Connection:
    """One open socket. A silent one is open and says nothing; without `pongs` it does not even answer pings."""

    number: int
    socket: web.WebSocketResponse
    request: web.Request
    silent: bool = False
    pongs: bool = True
    received: list[Json] = field(default_factory=list)

    async def say(self, message: Json) -> None:
        if self.silent or self.socket.closed:
            return
        # When the line is dropped at this very moment, nobody will acknowledge.
        with contextlib.suppress(ConnectionError):
            await self.socket.send_str(json.dumps(message))


class Sockets:
    """The sockets of the app."""

    def __init__(self, app: App, clock: Clock, pulse: Pulse, limits: Limits) -> None:
        self.app, self.clock, self.pulse, self.limits = app, clock, pulse, limits
        self.connections: list[Connection] = []
        self.opened = 0
        self._tickets: dict[str, Moment] = {}
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = 0

    def ticket(self, base: str) -> str:
        """A URL that opens one socket, once and soon."""
        ticket = uuid.uuid4().hex
        self._tickets[ticket] = self.clock.mark()
        return f"{base.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self.app.id}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A client connects."""
        issued = self._tickets.pop(request.query.get("ticket", ""), None)
        if issued is None or self.clock.since(issued) > TICKET:
            return web.Response(status=403)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if not self.app.socket_mode or len(self.connections) >= self.limits.connections:
            reason = "too_many_websockets" if self.app.socket_mode else "link_disabled"
            await socket.send_str(json.dumps({"type": "disconnect", "reason": reason, "debug_info": _host()}))
            await socket.close()
            return socket
        self.opened += 1
        connection = Connection(self.opened, socket, request)
        self.connections.append(connection)
        self.pulse.beat()
        info = {**_host(), "approximate_connection_time": 18060}
        hello = {"type": "hello", "num_connections": len(self.connections), "debug_info": info}
        await connection.say({**hello, "connection_info": {"app_id": self.app.id}})
        try:
            await self._listen(connection)
        finally:
            self.connections.remove(connection)
            self.pulse.beat()
        return socket

    async def deliver(self, delivery: Delivery, attempt: Attempt, reason: str) -> None:
        """Send it to the next connection and wait for the acknowledgement; the courier knows when to stop."""
        if not self.connections:
            attempt.problem = REFUSED
            return
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        attempt.connection = connection.number
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()),
            "payload": delivery.payload,
            "type": ENVELOPES[delivery.kind],
            "accepts_response_payload": delivery.payload.get("type") == "view_submission" or delivery.kind == "command",
        }
        if delivery.kind == "event":
            envelope |= {"retry_attempt": attempt.retry, "retry_reason": reason}
        waiting = self._waiting[envelope["envelope_id"]] = asyncio.get_running_loop().create_future()
        try:
            await connection.say(envelope)
            acknowledgement = await waiting
        finally:
            del self._waiting[envelope["envelope_id"]]
        attempt.status = 200
        payload = acknowledgement.get("payload")
        attempt.body = "" if payload is None else json.dumps(payload)

    async def refresh(self, connection: Connection | None = None) -> None:
        """Slack asks for a new connection: a warning, ten seconds later the request, then the end."""
        for old in self._those(connection):
            await old.say({"type": "disconnect", "reason": "warning", "debug_info": _host()})
        await self.clock.sleep(WARNING)
        for old in self._those(connection):
            await old.say({"type": "disconnect", "reason": "refresh_requested", "debug_info": _host()})
            await old.socket.close()

    def stall(self, connection: Connection | None = None, pongs: bool = True) -> None:
        """Stay open and say nothing more; whatever is given to this connection is lost."""
        for one in self._those(connection):
            one.silent, one.pongs = True, pongs

    def drop(self, connection: Connection | None = None) -> None:
        """The line is cut, without a word."""
        for one in self._those(connection):
            if one.request.transport:
                one.request.transport.abort()

    async def close(self) -> None:
        for connection in list(self.connections):
            await connection.socket.close(code=1001)

    def _those(self, connection: Connection | None) -> list[Connection]:
        return list(self.connections) if connection is None else [connection]

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is WSMsgType.PING and connection.pongs:
                await connection.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT and not connection.silent:
                self._acknowledged(connection, json.loads(message.data))

    def _acknowledged(self, connection: Connection, said: Json) -> None:
        connection.received.append(said)
        waiting = self._waiting.get(str(said.get("envelope_id")))
        if waiting and not waiting.done():
            waiting.set_result(said)


def _host() -> Json:
    return {"host": f"applink-{scribble(8).lower()}", "build_number": 1}
