"""The HTTP side of all four doors: reads a call, lets faults strike, answers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from email.utils import formatdate

from aiohttp import web

from tests.doubles.teams.api import OPERATIONS
from tests.doubles.teams.call import Call
from tests.doubles.teams.core import Core
from tests.doubles.teams.faults import Fault
from tests.doubles.teams.wire import Refused, dumps

PAGE = "<!doctype html><title>Please sign in</title><p>Your network wants a word with you.</p>"
Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Web:
    """Answers whatever stands in the table of operations."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.closing = asyncio.Event()

    def mount(self, application: web.Application) -> None:
        """Put every operation at its place."""
        for name, one in OPERATIONS.items():
            application.router.add_route(one.verb, one.path, self._serve(name), expect_handler=None)

    def run(self, call: Call) -> None:
        """Do it, and fill in the answer."""
        one = OPERATIONS[call.method]
        try:
            call.answer, call.status = one.run(self.core, call), one.status
        except Refused as refused:
            self._refuse(call, refused)

    def _serve(self, name: str) -> Serve:
        async def serve(request: web.Request) -> web.StreamResponse:
            call = Call(
                name, request.match_info, request.query, request.headers, request.content_type, await request.read(),
                request.rel_url.raw_path,
            )  # fmt: skip
            self.core.lines.setdefault(name.partition(".")[0], set()).add(request.protocol)
            self.core.calls.append(call)
            self.core.pulse.beat()
            await self._meet(call, self.core.faults.take(name, call.conversation))
            self.core.pulse.beat()
            return await self._send(request, call)

        return serve

    async def _meet(self, call: Call, fault: Fault | None) -> None:
        """Run the call, unless a fault strikes first."""
        call.fault = fault
        if fault is None or fault.kind == "unreadable":
            self.run(call)
        elif fault.kind == "slow":
            if fault.landed:
                self.run(call)
            await self.core.clock.sleep(fault.seconds)  # a caller who hangs up meanwhile does not stop Teams
            if not fault.landed:
                self.run(call)
        elif fault.kind == "ratelimit":
            self._refuse(call, self.core.meter.refuse(call.method, fault.retry_after))
        else:
            if fault.landed:
                self.run(call)
            if fault.kind == "error":
                self._refuse(call, Refused(fault.status, fault.code, fault.message))
            elif fault.kind == "status":
                call.status, call.answer = fault.status, None

    def _refuse(self, call: Call, refused: Refused) -> None:
        call.status, call.answer, call.sent = refused.status, refused.body, refused.headers

    async def _send(self, request: web.Request, call: Call) -> web.StreamResponse:
        kind = call.fault.kind if call.fault else ""
        if kind == "lose":
            return _hang_up(request)
        if kind == "hang":
            await self.closing.wait()
            return _hang_up(request)
        if kind == "page":
            return web.Response(text=PAGE, content_type="text/html")
        body = b"" if call.answer is None else dumps(call.answer).encode()
        headers = {
            "date": formatdate(self.core.clock.wall(), usegmt=True),
            "server": "Microsoft-HTTPAPI/2.0",
            "ms-cv": f"{uuid.uuid4().hex[:22]}.0",
            **call.sent,
        }
        if body:
            headers["content-type"] = "application/json; charset=utf-8"
        if kind == "cut":
            half = web.StreamResponse(headers={**headers, "content-length": str(len(body) + 1)})
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
