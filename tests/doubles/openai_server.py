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
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import uvicorn

PATH = "/v1/chat/completions"
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

REPLIES = {
    "English": ("en", "Hi, thank you for your message. A colleague will look into it today. Kind regards, the desk"),
    "French": (
        "fr",
        "Bonjour, merci pour votre message. Un collègue va s'en occuper aujourd'hui. Cordialement, le service",
    ),
    "Danish": (
        "da",
        "Hej, tak for din besked. En af os ser på det i dag og vender tilbage til dig. Venlig hilsen, vi andre",
    ),
    "Swedish": (
        "sv",
        "Hej, tack för ditt meddelande. En kollega tittar på det i dag. Vänliga hälsningar, vi på tjänsten",
    ),
    "Norwegian": (
        "no",
        "Hei, takk for meldingen din. En av oss ser på det i dag og gir deg beskjed. Vennlig hilsen, oss",
    ),
}
_WRITE_IN = re.compile(rf"\bin ({'|'.join(REPLIES)})\b")


@dataclass(frozen=True)
class Does:
    """What the server does with one call: wait, then send this, or hang up instead."""

    body: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    trickle: bool = False
    hang_up: bool = False


def good(**fields: Any) -> Does:
    """A well-formed answer; `fields` replace parts of it. Without a reply it writes in the language it was asked for."""
    return Does({"fields": fields})


def content(text: str | None, **message: Any) -> Does:
    """An answer whose content is this text, whatever it is."""
    return Does(_completion({"role": "assistant", "content": text, **message}))


def malformed() -> Does:
    return content("Sure! Here is the draft: {reply: 'Hi'}")


def truncated() -> Does:
    return content(json.dumps(_fields({}))[:60])


def cut_off() -> Does:
    """The model ran out of tokens, and says so."""
    return Does(_completion({"role": "assistant", "content": '{"reply": "Hi'}, finish="length"))


def wrong_schema() -> Does:
    return content(json.dumps({"answer": "Hi there"}))


def no_choices() -> Does:
    return Does({**_completion({}), "choices": []})


def null_choices() -> Does:
    return Does({**_completion({}), "choices": None})


def empty_reply() -> Does:
    return good(reply="  \n ")


def long_reply(characters: int = 20_000) -> Does:
    return good(reply=("word " * characters)[:characters])


def refusal() -> Does:
    return content(None, refusal="I can't help with that.")


def filtered() -> Does:
    """A content filter stopped the model."""
    return Does(_completion({"role": "assistant", "content": ""}, finish="content_filter"))


def tool_call() -> Does:
    call = {"id": "call_1", "type": "function", "function": {"name": "refund", "arguments": '{"amount": 500}'}}
    return Does(_completion({"role": "assistant", "content": None, "tool_calls": [call]}, finish="tool_calls"))


def in_english() -> Does:
    """A reply in English, whatever was asked for."""
    return good(language="en", reply=REPLIES["English"][1])


def rate_limited(after: float | str | None = None) -> Does:
    """429, with a Retry-After in seconds or as a date when given."""
    headers = () if after is None else (("retry-after", str(after)),)
    return _error(429, "rate_limit_exceeded", headers)


def insufficient_quota() -> Does:
    return _error(429, "insufficient_quota")


def broken(status: int = 500) -> Does:
    return _error(status, "server_error")


def unauthorized() -> Does:
    return _error(401, "invalid_api_key")


def not_found() -> Does:
    return _error(404, "model_not_found")


def bad_request() -> Does:
    return _error(400, "invalid_request")


def slow(seconds: float) -> Does:
    """A good answer, but late."""
    return replace(good(), delay=seconds)


def trickling(seconds: float) -> Does:
    """A blank twenty times a second for so long, and then nothing."""
    return Does(delay=seconds, trickle=True)


def dropped() -> Does:
    """The connection is closed without a word."""
    return Does(hang_up=True)


def page() -> Does:
    """An HTML page with status 200, as a proxy sends it."""
    return Does("<html><body>Welcome</body></html>", headers=(("content-type", "text/html"),))


def anything(body: Any) -> Does:
    """Status 200 and this body."""
    return Does(body)


_ALL = (
    good, content, malformed, truncated, cut_off, wrong_schema, no_choices, null_choices, empty_reply, long_reply,
    refusal, filtered, tool_call, in_english, rate_limited, insufficient_quota, broken, unauthorized, not_found,
    bad_request, slow, trickling, dropped, page, anything,
)  # fmt: skip
BEHAVIOURS: dict[str, Callable[..., Does]] = {behaviour.__name__: behaviour for behaviour in _ALL}


def _error(status: int, code: str, headers: tuple[tuple[str, str], ...] = ()) -> Does:
    return Does({"error": {"message": code, "type": code, "param": None, "code": code}}, status, headers)


def _fields(said: dict[str, Any], system: str = "") -> dict[str, Any]:
    asked = _WRITE_IN.findall(system)
    language, reply = REPLIES[asked[-1] if asked else "English"]
    plain = {
        "reply": reply,
        "language": language,
        "mood": "neutral",
        "angry": False,
        "cues": [],
        "intent": "a question",
    }
    return {**plain, "risks": [], "sources": [], **said}


def _completion(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "scripted",
        "choices": [{"index": 0, "finish_reason": finish, "logprobs": None, "message": {"refusal": None, **message}}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020},
    }


@dataclass
class OpenAIServer:
    """`async with OpenAIServer() as server`: then `server.url` is a base URL, `server.script(...)` says what comes.

    `seen` are the bodies of the calls, `paths` whatever was asked for, `complaints` what the real server would have refused them for.
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

    async def __aenter__(self) -> OpenAIServer:
        listening = socket.create_server(("127.0.0.1", self.port))
        # asyncio sets this by itself, but not on sockets that were bound beforehand: each answer would take 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(self.app, log_config=None, lifespan="off", interface="asgi3", ws="none")
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.001)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        await self._serving

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
        if complaints := list(_complaints(request, headers)):
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
            fields = _fields(does.body["fields"], request["messages"][0]["content"])
            does = replace(does, body=content(json.dumps(fields)).body)
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


_KNOWN = frozenset({"model", "messages", "response_format", "temperature", "stream", "max_completion_tokens", "n"})


def _complaints(request: dict[str, Any], headers: dict[str, str]) -> Iterable[str]:
    """What the real server would refuse."""
    if not headers.get("content-type", "").startswith("application/json"):
        yield "content-type is not application/json"
    if unknown := request.keys() - _KNOWN:
        yield f"unknown fields {sorted(unknown)}"
    if not isinstance(request.get("model"), str) or not request["model"]:
        yield "model is missing"
    messages = request.get("messages")
    if not isinstance(messages, list) or [message.get("role") for message in messages] != ["system", "user"]:
        yield "messages are not one of the system and one of the user"
    else:
        for message in messages:
            if not isinstance(message.get("content"), str) or not message["content"].strip():
                yield f"the {message['role']} message has no content"
    form = request.get("response_format", {})
    named = form.get("json_schema", {})
    if form.get("type") != "json_schema" or not re.fullmatch(r"[\w-]{1,64}", named.get("name", "")):
        yield "response_format is no named json_schema"
    elif named.get("strict") is not True:
        yield "the schema is not strict"
    else:
        yield from _schema_complaints(named.get("schema", {}), "schema")


def _schema_complaints(schema: dict[str, Any], at: str) -> Iterable[str]:
    """What strict structured output demands of a schema."""
    if "$ref" in schema and len(schema) > 1:
        yield f"{at}: $ref cannot stand beside other keywords"
    if "$ref" in schema:
        return
    if "type" not in schema and "anyOf" not in schema:
        yield f"{at}: no type"
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            yield f"{at}: additionalProperties has to be false"
        if set(schema.get("required", ())) != set(schema.get("properties", {})):
            yield f"{at}: every property has to be required"
        for name, part in schema.get("properties", {}).items():
            yield from _schema_complaints(part, f"{at}.{name}")
    if schema.get("type") == "array":
        yield from _schema_complaints(schema.get("items", {}), f"{at}[]")


async def _serve(port: int) -> None:
    async with OpenAIServer(port) as server:
        print(f"An OpenAI-compatible stand-in is at {server.url}", flush=True)  # noqa: T201
        await server._serving


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(arguments.parse_args().port))
