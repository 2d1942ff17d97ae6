"""The smallest Slack that can answer: it records what it was asked, and does to an answer whatever a test wants."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Json = dict[str, Any]
Answer = Callable[[Json], Json | web.StreamResponse | Awaitable[Json | web.StreamResponse]]
TEAM, BOT_USER, BOT, APP = "T0HOME", "U0BOT", "B0BOT", "A0APP"
TOKEN, SECRET = "xoxb-stub", "0123456789abcdef0123456789abcdef"
SUPPORT, REVIEW = "C0SUPPORT", "C0REVIEW"


class Stub:
    """A Web API. `calls` are (method, arguments) as they came in; `answers` replaces what a method says."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Json]] = []
        self.answers: dict[str, Answer] = {}
        self.base = ""
        self._ts = itertools.count(1)

    def of(self, method: str) -> list[Json]:
        """The arguments of every call of this method."""
        return [arguments for name, arguments in self.calls if name == method]

    def ts(self) -> str:
        """The time of a new message."""
        return f"1790000000.{next(self._ts):06d}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.content_type == "application/json":
            arguments = await request.json()
        else:
            arguments = dict(request.query) | dict(await request.post())
        self.calls.append((method, arguments))
        answer: Answer = self.answers.get(method) or self._usual(method)
        said: Any = answer(arguments)
        if isinstance(said, Awaitable):
            said = await said
        return said if isinstance(said, web.StreamResponse) else web.json_response(said)

    def _usual(self, method: str) -> Answer:
        usual: dict[str, Callable[[Json], Json]] = {
            "auth.test": lambda _: {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT, "app_id": APP},
            "chat.postMessage": lambda said: {"channel": said["channel"], "ts": self.ts()},
            "chat.update": lambda said: {"channel": said["channel"], "ts": said["ts"]},
            "users.info": lambda said: {
                "user": {"id": said["user"], "team_id": TEAM, "real_name": f"Name {said['user']}"}
            },
            "conversations.info": lambda said: {
                "channel": {"id": said["channel"], "is_private": True, "is_member": True}
            },
        }
        found = usual.get(method, _nothing)

        def answer(said: Json) -> Json:
            return {"ok": True, **found(said)}

        return answer


def _nothing(_: Json) -> Json:
    return {}


@asynccontextmanager
async def running(stub: Stub) -> AsyncIterator[Stub]:
    """Serve while the block lasts."""
    app = web.Application()
    app.router.add_route("*", "/api/{method}", stub.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    stub.base = f"http://127.0.0.1:{port}/api/"
    try:
        yield stub
    finally:
        await runner.cleanup()


def refused(code: str, status: int = 200, **headers: str) -> Answer:
    """An answer that says no."""

    def answer(_: Json) -> web.StreamResponse:
        return web.json_response({"ok": False, "error": code}, status=status, headers=headers)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """One answer after the other."""
    left = list(answers)

    def answer(arguments: Json) -> Any:
        return left.pop(0)(arguments)

    return answer


def message(text: str, ts: str = "1790000001.000100", user: str = "U0MIA", **more: Any) -> Json:
    """An envelope with a customer's message, as Slack sends it."""
    event = {"type": "message", "channel": SUPPORT, "user": user, "text": text, "ts": ts, "event_ts": ts, "team": TEAM}
    return envelope(event | more)


def envelope(event: Json, **more: Any) -> Json:
    """An event in its envelope."""
    return {
        "type": "event_callback",
        "team_id": TEAM,
        "api_app_id": APP,
        "event_id": f"Ev{json.dumps(event, sort_keys=True).__hash__():x}",
        "event_time": 1790000001,
        "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
        "is_ext_shared_channel": False,
        "event": event,
    } | more


def press(action_id: str, value: str, user: str = "U0ANA", **more: Any) -> Json:
    """A pressed button of a card."""
    return {
        "type": "block_actions",
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": "home"},
        "user": {"id": user, "username": "ana", "name": "ana", "team_id": TEAM},
        "channel": {"id": REVIEW, "name": "review"},
        "container": {"type": "message", "message_ts": "1790000002.000100", "channel_id": REVIEW},
        "trigger_id": "1.2.abc",
        "response_url": "http://127.0.0.1:9/never",
        "actions": [{"type": "button", "action_id": action_id, "block_id": "decide", "value": value}],
    } | more
