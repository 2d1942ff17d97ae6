"""A bot that only listens: it keeps what Slack sends, checks the signature itself, and answers as it is told."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import parse_qsl

from aiohttp import web

from tests.doubles.slack.wire import Json


@dataclass
class Reply:
    """`slow` waits for the end of the test instead of answering; `drop` hangs up."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False
    drop: bool = False


@dataclass
class Heard:
    """A request as it came. `fields` is the JSON, the JSON in `payload=`, or the form."""

    headers: Mapping[str, str]
    body: bytes
    fields: Json
    signed: bool

    @property
    def event(self) -> Json:
        inner: Json = self.fields.get("event", {})
        return inner


class Ear:
    """`async with Ear() as ear:`, then `ear.url` is where Slack should send; `ear.replies` are the next answers."""

    def __init__(self, secret: str = "0123456789abcdef0123456789abcdef") -> None:
        self.secret = secret
        self.heard: list[Heard] = []
        self.replies: deque[Reply] = deque()
        self.url = ""
        self._over = asyncio.Event()

    async def __aenter__(self) -> Ear:
        application = web.Application()
        application.router.add_post("/slack/events", self._listen)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/slack/events"
        await web.SockSite(self._runner, listening).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        await self._runner.cleanup()

    async def _listen(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.heard.append(
            Heard(request.headers, body, _fields(request.content_type, body), self._is_signed(request, body))
        )
        reply = self.replies.popleft() if self.replies else Reply()
        if reply.slow:
            await self._over.wait()
        if reply.drop and request.transport:
            request.transport.abort()
        return web.Response(status=reply.status, text=reply.body, headers=reply.headers)

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        base = f"v0:{request.headers.get('x-slack-request-timestamp', '')}:".encode() + body
        expected = "v0=" + hmac.new(self.secret.encode(), base, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, request.headers.get("x-slack-signature", ""))


def _fields(content_type: str, body: bytes) -> Json:
    if content_type == "application/json":
        parsed: Json = json.loads(body)
        return parsed
    form: Json = dict(parse_qsl(body.decode(), keep_blank_values=True))
    if "payload" in form:
        payload: Json = json.loads(form["payload"])
        return payload
    return form
