"""The front gate of every page: who may ask (DNS rebinding, CSRF), how much may come in, and what a browser may do."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.phrases import say

# Without sign-in the program listens on loopback only, so no other name can be meant for it. A page elsewhere whose
# name was pointed at 127.0.0.1 sends its own name here.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# A browser sends this only from a page of ours: another site would have to ask first, and is not answered.
PROOF = "x-countersign"
BODY_LIMIT = 1_000_000
# What the machine asks of itself, under its own name, also where people come by another.
OWN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
# For two years no browser comes without TLS: https://hstspreload.org
TLS_ONLY = ("strict-transport-security", "max-age=63072000; includeSubDomains")
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; "
    "object-src 'none'; media-src 'none'; worker-src 'none'; frame-src 'none'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)
HARMLESS = frozenset({"GET", "HEAD"})


class Guard:
    """Pure ASGI, because a middleware that wraps responses holds live streams back."""

    def __init__(self, app: ASGIApp, public: str = "", limit: int = BODY_LIMIT) -> None:
        """`public` is the address at which people sign in; without one the pages are for this machine alone."""
        self.app = app
        where = urlsplit(public)
        elsewhere = where.hostname is not None and where.hostname not in LOOPBACK
        self.hosts = frozenset({where.hostname or ""}) if elsewhere else LOOPBACK
        self.headers = (*HEADERS, TLS_ONLY) if where.scheme == "https" else HEADERS
        self.foreign = say("page.gate.elsewhere", public=public) if elsewhere else say("page.gate.host")
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers:
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        name = self._name(headers.get("host", ""))
        if name not in self.hosts and not (scope["path"] in OWN_PATHS and name in LOOPBACK):
            await _refuse(dressed, 403, self.foreign)
        elif scope["method"] in HARMLESS:
            await self.app(scope, receive, dressed)
        elif not _ours(headers):
            await _refuse(dressed, 403, say("page.gate.foreign"))
        elif (body := await self._body(headers, receive)) is None:
            await _refuse(dressed, 413, say("page.gate.large"))
        else:
            await self.app(scope, _replayed(body, receive), dressed)

    @staticmethod
    def _name(host: str) -> str:
        try:
            return urlsplit(f"//{host}").hostname or ""
        except ValueError:  # not a host at all, as in `[::1`
            return ""

    async def _body(self, headers: Headers, receive: Receive) -> bytes | None:
        """The whole body, or None when it is longer than the limit, whatever its header says."""
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self.limit:
            return None
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self.limit:
                return None
            if not message.get("more_body", False):
                return bytes(body)


def _ours(headers: Headers) -> bool:
    """Whether a request that changes something comes from a page of ours, or from no page at all."""
    if PROOF not in headers or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _replayed(body: bytes, receive: Receive) -> Receive:
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return parts.pop() if parts else await receive()

    return again


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"done": False, "sentence": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
