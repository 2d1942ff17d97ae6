"""A strict stand-in for an OpenAI-compatible server, met over a real socket, so that nothing has to be patched.

It refuses what the real one refuses, remembers what it saw, and answers as it was told, one behaviour a call. By itself:
`python -m tests.doubles.openai_server --port 9090`; then POST /script takes a list such as
`[{"do": "rate_limited", "after": 1}, {"do": "good"}]`, and GET /seen gives the requests.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from tests.doubles.openai_answers import (
    BEHAVIOURS,
    Does,
    bad_request,
    content,
    fields_of,
    good,
    not_found,
    unauthorized,
)
from tests.doubles.openai_strictness import complaints as strictness
from tests.doubles.served import Receive, Send, Served

PATH = "/v1/chat/completions"


@dataclass
class OpenAIServer(Served):
    """`async with OpenAIServer() as server`: then `server.url` is a base URL, `server.script(...)` says what comes.

    `seen` are the bodies of the calls, `paths` whatever was asked for, `complaints` what the real server would have
    refused them for.
    """

    port: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _script: deque[Does] = field(default_factory=deque)

    def script(self, *does: Does) -> None:
        """What the next calls get; when nothing is left, each gets a good answer."""
        self._script.extend(does)

    def forget(self) -> None:
        """As new."""
        for kept in (self.seen, self.paths, self.complaints, self._script):
            kept.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def system(self, call: int = -1) -> str:
        """The system's words of a call."""
        return str(self.seen[call]["messages"][0]["content"])

    def customer(self, call: int = -1) -> str:
        """The customer's words of a call."""
        return str(self.seen[call]["messages"][1]["content"])

    async def app(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The ASGI application."""
        body = b""
        while (event := await receive())["type"] == "http.request":
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        self.paths.append(scope["path"])
        match scope["method"], scope["path"]:
            case "POST", "/script":
                steps = [dict(step) for step in json.loads(body)]
                self.script(*(BEHAVIOURS[step.pop("do")](**step) for step in steps))
                await _send(send, Does({"queued": len(self._script)}))
            case "POST", "/forget":
                self.forget()
                await _send(send, Does({"queued": 0}))
            case "GET", "/seen":
                await _send(send, Does({"seen": self.seen, "complaints": self.complaints}))
            case "POST", path if path == PATH:
                headers = {name.decode(): value.decode() for name, value in scope["headers"]}
                await self._complete(body, headers, receive, send)
            case _:
                await _send(send, not_found())

    async def _complete(self, body: bytes, headers: dict[str, str], receive: Receive, send: Send) -> None:
        if not re.fullmatch(r"Bearer \S+", headers.get("authorization", "")):
            await _send(send, unauthorized())
            return
        request = json.loads(body)
        self.seen.append(request)
        if complaints := list(strictness(request, headers)):
            self.complaints += complaints
            await _send(send, bad_request())
            return
        does = self._script.popleft() if self._script else good()
        if does.trickle:
            await _trickle(receive, send, does.delay)
            return
        if does.delay and await _gone(receive, does.delay):
            return
        if isinstance(does.body, dict) and "fields" in does.body:
            fields = fields_of(does.body["fields"], request["messages"][0]["content"])
            usage = {key: value for key, value in does.body.items() if key == "usage"}
            does = replace(does, body=content(json.dumps(fields)).body | usage)
        await _send(send, does)


async def _gone(receive: Receive, seconds: float) -> bool:
    """Wait; whether the caller hung up meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


async def _trickle(receive: Receive, send: Send, seconds: float) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    for _ in range(int(seconds * 20)):
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        if await _gone(receive, 0.05):
            return


async def _send(send: Send, does: Does) -> None:
    if does.hang_up:
        # uvicorn closes the connection of an application that ends without an answer's body.
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        return
    raw = does.body.encode() if isinstance(does.body, str) else json.dumps(does.body).encode()
    kinds = dict(does.headers).get("content-type", "application/json")
    headers = {"content-type": kinds, "content-length": str(len(raw)), **dict(does.headers)}
    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": does.status, "headers": named})
    await send({"type": "http.response.body", "body": raw})


async def _serve(port: int) -> None:
    async with OpenAIServer(port) as server:
        print(f"An OpenAI-compatible stand-in is at {server.url}", flush=True)  # noqa: T201
        await server.wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(arguments.parse_args().port))
