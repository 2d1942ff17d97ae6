"""The HTTP door: `/api/messages` takes what the Bot Connector brings, and nothing else gets further than its token."""

from __future__ import annotations

import json

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.channels.payload import Payload
from bot.channels.teams.office import Office
from bot.channels.teams.proof import Forged, Proof, Unreachable
from bot.channels.teams.switchboard import Reply, Switchboard
from bot.log import log

PATH = "/api/messages"
# A message of Teams has 100 KB at most, and a click brings what was typed beside that (bytes).
_LIMIT = 1_000_000


class Door:
    """An ASGI application for one path. Without a proof everybody is believed, as a connector on this machine needs it."""

    def __init__(self, proof: Proof | None, switchboard: Switchboard) -> None:
        self._proof = proof
        self._switchboard = switchboard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = await self._reply(scope["method"], Headers(scope=scope), receive)
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
        await Response(body, reply.status, media_type="application/json")(scope, receive, send)

    async def _reply(self, method: str, headers: Headers, receive: Receive) -> Reply:
        if method != "POST":
            return Reply(405)
        body = await _read(headers, receive)
        if body is None:
            return Reply(413)
        try:
            caller = await self._proof.caller(headers.get("authorization", "")) if self._proof else None
            activity = _object(body)
            if activity is None:
                log.warning("teams_malformed", length=len(body))
                return Reply(400)
            if caller and not caller.may_bring(activity):
                log.warning("teams_foreign", why="token", length=len(body))
                return Reply(403)
        except Forged as forged:
            log.warning("teams_forged", why=str(forged), length=len(body))
            return Reply(401)
        except Unreachable:
            log.error("teams_keys_missing")
            return Reply(503)
        return await self._switchboard.take(activity)


def door(office: Office) -> Door:
    """The door of a channel."""
    setup = office.setup
    proof = None if setup.allow_unsigned else Proof(setup.app_id, office.keys, setup.clock)
    return Door(proof, Switchboard(office))


def _object(body: bytes) -> Payload | None:
    """The JSON object in a body; None when there is none."""
    try:
        found = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


async def _read(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body; None when it is too long."""
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
