"""The HTTP door: `/slack/events` takes what Slack has signed, and nothing else gets further than its signature."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.channels.slack.payload import Malformed, parse, text
from bot.channels.slack.signature import is_genuine
from bot.channels.slack.switchboard import Reply, Switchboard
from bot.log import log

PATH = "/slack/events"
# Slack's largest payloads carry a view and its state, and stay far below this (bytes).
_LIMIT = 1_000_000


class Door:
    """An ASGI application for one path."""

    def __init__(self, secret: str, switchboard: Switchboard, clock: Callable[[], float]) -> None:
        self._secret = secret
        self._switchboard = switchboard
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        reply = await self._reply(scope["method"], headers, receive)
        kind = "application/json" if reply.body.startswith("{") else "text/plain"
        await Response(reply.body, reply.status, media_type=kind)(scope, receive, send)

    async def _reply(self, method: str, headers: Headers, receive: Receive) -> Reply:
        if method != "POST":
            return Reply(405)
        body = await _read(headers, receive)
        if body is None:
            return Reply(413)
        timestamp, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
        if not is_genuine(self._secret, timestamp, body, signature, self._clock()):
            log.warning("slack_unsigned", length=len(body))
            return Reply(401)
        try:
            payload = parse(body, headers.get("content-type", ""))
        except Malformed:
            log.warning("slack_malformed", length=len(body))
            return Reply(400)
        if text(payload, "ssl_check"):
            return Reply()
        return await self._switchboard.take(payload)


async def _read(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body, unparsed, because its bytes are what was signed; None when it is too long."""
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > _LIMIT:
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _LIMIT:
            return None
        if not message.get("more_body", False):
            return bytes(body)
