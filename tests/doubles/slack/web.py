"""The HTTP side of the Web API: reads a call, asks who calls, lets faults strike, answers."""

from __future__ import annotations

import asyncio
import json
import uuid
from email.utils import formatdate

from aiohttp import web

from tests.doubles.slack.api import METHODS, Method
from tests.doubles.slack.api.methods import require
from tests.doubles.slack.call import Call, read
from tests.doubles.slack.core import Core
from tests.doubles.slack.faults import Fault
from tests.doubles.slack.wire import Refused

PAGE = "<!doctype html><title>Please sign in</title><p>Your network wants a word with you.</p>"


class Web:
    """Answers `/api/<method>`."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.closing = asyncio.Event()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        name, body = request.match_info["method"], await request.read()
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        try:
            call = read(
                name, request.method, request.query_string, request.content_type, request.charset or "", body, bearer
            )
        except Refused as refused:
            call = Call(name, bearer, {}, "json")
            self._refuse(call, refused)
        self.core.calls.append(call)
        if not call.status:
            await self._meet(call, self.core.faults.take(name, str(call.args.get("channel", ""))))
        self.core.pulse.beat()
        return await self._send(request, call)

    def run(self, call: Call) -> None:
        """Do it, and fill in the answer."""
        method = METHODS.get(call.method)
        if method is None:
            self._refuse(call, Refused("unknown_method", req_method=call.method))
            return
        try:
            self._authorize(method, call)
            self.core.meter.call(call.method)
            require(self.core, method.scope)
            call.status, call.answer = 200, {"ok": True, **method.run(self.core, call)}
        except Refused as refused:
            self._refuse(call, refused)

    async def _meet(self, call: Call, fault: Fault | None) -> None:
        """Run the call, unless a fault strikes first."""
        call.fault = fault
        if fault is None or fault.kind == "unreadable":
            self.run(call)
            return
        if fault.kind == "slow":
            if fault.landed:
                self.run(call)
            await self.core.clock.sleep(fault.seconds)  # a caller who hangs up meanwhile does not stop Slack
            if not fault.landed:
                self.run(call)
        elif fault.kind == "ratelimit":
            self._refuse(call, self.core.meter.refuse(call.method, fault.retry_after))
        elif fault.landed:
            self.run(call)
        if fault.kind == "error":
            self._refuse(call, Refused(fault.error))

    def _authorize(self, method: Method, call: Call) -> None:
        app = self.core.app
        if not method.tokens:
            return
        if not call.token:
            raise Refused("not_authed")
        kind = {app.bot_token: "bot", app.app_token: "app"}.get(call.token)
        if kind is None:
            raise Refused("invalid_auth")
        if app.state != "installed" and kind == "bot":
            raise Refused(app.state)
        if kind not in method.tokens:
            raise Refused("not_allowed_token_type")
        if method.post_only and call.style == "GET":
            raise Refused("insecure_request")

    def _refuse(self, call: Call, refused: Refused) -> None:
        call.status, call.answer, call.headers = refused.status, refused.body, refused.headers

    async def _send(self, request: web.Request, call: Call) -> web.StreamResponse:
        kind = call.fault.kind if call.fault else ""
        if kind == "lose":
            return _hang_up(request)
        if kind == "hang":
            await self.closing.wait()
            return _hang_up(request)
        if kind == "status" and call.fault:
            return web.Response(status=call.fault.status)
        if kind == "page":
            return web.Response(text=PAGE, content_type="text/html")
        answer = dict(call.answer)
        if call.notes:
            answer["warning"] = ",".join(call.notes)
            answer["response_metadata"] = {**answer.get("response_metadata", {}), "warnings": call.notes}
        body = json.dumps(answer).encode()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "date": formatdate(self.core.clock.wall(), usegmt=True),
            "x-slack-req-id": uuid.uuid4().hex,
            "x-oauth-scopes": ",".join(sorted(self.core.app.scopes)),
            "x-accepted-oauth-scopes": METHODS[call.method].scope if call.method in METHODS else "",
            **call.headers,
        }
        if kind == "cut":
            half = web.StreamResponse(headers={**headers, "content-length": str(len(body))})
            await half.prepare(request)
            await half.write(body[: len(body) // 2])
            _hang_up(request)
            return half
        return web.Response(status=call.status, body=body, headers=headers)


def _hang_up(request: web.Request) -> web.Response:
    """The line is cut: no answer, no goodbye."""
    if request.transport:
        request.transport.abort()
    return web.Response()
