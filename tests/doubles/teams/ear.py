"""A bot that only listens: it checks the token as Microsoft asks, keeps what comes, and answers as it is told."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from tests.doubles.teams import jwt
from tests.doubles.teams.passport import ISSUER
from tests.doubles.teams.wire import Json

SKEW = 300.0


@dataclass
class Reply:
    """`json` is sent as such; `slow` waits for the end of the test instead of answering; `drop` hangs up."""

    status: int = 200
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False
    drop: bool = False


@dataclass
class Heard:
    """A request that was believed."""

    headers: Mapping[str, str]
    body: bytes
    activity: Json


class Ear:
    """`async with Ear() as ear:`, then `ear.url` is where Teams should send; `ear.replies` are the next answers.

    `lax` names checks it leaves out. `refused` are the reasons for which callers were sent away.
    """

    def __init__(self, lax: Collection[str] = ()) -> None:
        self.lax = set(lax)
        self.heard: list[Heard] = []
        self.refused: list[str] = []
        self.replies: deque[Reply] = deque()
        self.url = self.app_id = self.openid_url = ""
        self._keys: dict[str, Json] = {}
        self._over = asyncio.Event()

    async def __aenter__(self) -> Ear:
        application = web.Application()
        application.router.add_post("/api/messages", self._listen)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/api/messages"
        await web.SockSite(self._runner, listening).start()
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        await self._session.close()
        await self._runner.cleanup()

    async def doubt(self, authorization: str, activity: Json) -> str:
        """The first check that fails; empty when the caller is believed."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" and "scheme" not in self.lax:
            return "scheme"
        try:
            head, claims, _, _ = jwt.parts(token)
        except jwt.Unreadable:
            return "readable"
        jwk = await self._key(head.get("kid"))
        for name, fails in {
            "algorithm": head.get("alg") != "RS256",
            "key": not jwk,
            "signature": bool(jwk) and head.get("alg") == "RS256" and not _signed(token, jwk),
            "issuer": claims.get("iss") != ISSUER,
            "audience": claims.get("aud") != self.app_id,
            "start": claims.get("nbf", 0) > time.time() + SKEW,
            "expiry": claims.get("exp", 0) < time.time() - SKEW,
            "serviceurl": claims.get("serviceurl") != activity.get("serviceUrl"),
            "endorsement": bool(jwk) and activity.get("channelId") not in jwk.get("endorsements", ()),
        }.items():
            if fails and name not in self.lax:
                return name
        return ""

    async def _key(self, kid: object) -> Json:
        """A published key. An unknown one may be new, so the document is fetched again."""
        if kid not in self._keys:
            async with self._session.get(f"{self.openid_url}/v1/.well-known/openidconfiguration") as answer:
                where = (await answer.json())["jwks_uri"]
            async with self._session.get(where) as answer:
                self._keys = {key["kid"]: key for key in (await answer.json())["keys"]}
        return self._keys.get(str(kid), {})

    async def _listen(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            activity = json.loads(body)
        except (ValueError, RecursionError):
            return web.Response(status=400)
        activity = activity if isinstance(activity, dict) else {}
        if doubt := await self.doubt(request.headers.get("authorization", ""), activity):
            self.refused.append(doubt)
            return web.Response(status=403 if doubt in ("serviceurl", "endorsement") else 401)
        self.heard.append(Heard(request.headers, body, activity))
        reply = self.replies.popleft() if self.replies else Reply()
        if reply.slow:
            await self._over.wait()
        if reply.drop and request.transport:
            request.transport.abort()
        if reply.json is not None:
            return web.json_response(reply.json, status=reply.status, headers=reply.headers)
        return web.Response(status=reply.status, headers=reply.headers)


def _signed(token: str, jwk: Json) -> bool:
    try:
        jwt.verified(token, RSAPublicNumbers(jwt.number(jwk["e"]), jwt.number(jwk["n"])).public_key())
    except jwt.Unreadable:
        return False
    return True
