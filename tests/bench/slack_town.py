"""Slack's side of the bench: a workspace that answers at once whatever it is asked, and the people who write in it.

It checks nothing, because the strict one in tests/doubles looks at every block and would be slower than the bot. The
shapes of what it tells and answers are that one's.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web

from tests.bench.shop import question
from tests.doubles.slack import FakeSlack, shapes
from tests.doubles.slack.courier import Kind, encode
from tests.doubles.slack.wire import Json
from tests.doubles.slack.world import Message

# Far beyond what a life takes here; only one that broke takes so long (seconds).
_PATIENCE = 60.0
_NUMBER = re.compile(r"order number is (\d+)")


@dataclass(eq=False)
class Life:
    """A customer's message and what became of it; each wait in milliseconds."""

    question: Message
    written: float
    card: asyncio.Future[Message] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    replied: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    over: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    pressed: float = 0.0
    waits: dict[str, float] = field(default_factory=dict)


class BusyTown:
    """`async with BusyTown() as town:`, then `town.api_url` is for the bot, and `town.door` is where the bot is told.

    `asked` counts the bot's calls. With `echo` the bot hears its own posts, as Slack tells them to whoever reads the
    channel's messages.
    """

    def __init__(self, *, echo: bool = False) -> None:
        self.door = ""
        self.api_url = ""
        self.asked: Counter[str] = Counter()
        # While this is not set, cards that are drawn again get no answer.
        self.answering = asyncio.Event()
        self.answering.set()
        self._told = 0  # bytes, last
        self._echo = echo
        self._echoes: set[asyncio.Task[float]] = set()
        # It is never opened; it knows what everything looks like.
        self._slack = FakeSlack()
        self.town, self.app = self._slack.town, self._slack.app
        self._lives: dict[int, Life] = {}
        self._threads: dict[str, Life] = {}  # by the customer's message
        self._cards: dict[str, Life] = {}  # by the card

    async def __aenter__(self) -> BusyTown:
        self._runner = web.ServerRunner(web.Server(self._served, access_log=None), shutdown_timeout=0.5)
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", 0), backlog=1000)
        await web.SockSite(self._runner, listening).start()
        self.api_url = f"http://127.0.0.1:{listening.getsockname()[1]}/api/"
        # Shorter than uvicorn's five seconds, or a request may go into a connection that is just being closed.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=2.0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answering.set()
        await asyncio.gather(*self._echoes)
        await self._session.close()
        await self._runner.cleanup()

    # --- what people do

    async def write(self, number: int) -> Life:
        """A customer writes; returns once that is acknowledged."""
        message = self._slack.happenings.say(self.town.support, self.town.kim, question(number))
        told = self.event(message)
        life = self._lives[number] = self._threads[message.ts] = Life(message, time.perf_counter())
        life.waits["event"] = await self.tell("event", told)
        return life

    async def approve(self, life: Life) -> None:
        """The reviewer waits for the card and approves; returns once that is acknowledged."""
        card = await life.card
        found = ((block, button) for block, button in card.elements() if button["action_id"].endswith("approve"))
        block, button = next(found)
        action = {"block_id": block, **button}
        told = self._slack.envelopes.pressed(self.town.ana, action, card, None)
        life.pressed = time.perf_counter()
        life.waits["click"] = await self.tell("interactive", told)

    async def live(self, number: int) -> Life:
        """From the message to the card that says it was answered."""
        async with asyncio.timeout(_PATIENCE):
            life = await self.write(number)
            await self.approve(life)
            await life.over
            return life

    async def tell(self, kind: Kind, payload: Json) -> float:
        """Tell the bot; how long it took to acknowledge."""
        body, content = encode(kind, payload)
        self._told = len(body)
        return await self._send(body, content)

    async def check(self, kind: Kind) -> float:
        """As many bytes as were told last, which ask for nothing: so Slack looks at a certificate."""
        body, content = encode(kind, {"ssl_check": "1", "padding": "x" * self._told})
        return await self._send(body, content)

    async def _send(self, body: bytes, content: str) -> float:
        """Send the bot these bytes, signed; how long it took to acknowledge them."""
        headers = {"content-type": content} | self._slack.signed(body)
        began = time.perf_counter()
        async with self._session.post(self.door, data=body, headers=headers) as answer:
            said = await answer.read()
            if answer.status != 200:
                raise AssertionError(f"{answer.status}: {said.decode()}")
        return (time.perf_counter() - began) * 1000

    # --- what the bot asks

    async def _served(self, request: web.BaseRequest) -> web.StreamResponse:
        method = request.path.rpartition("/")[2]
        self.asked[method] += 1
        world, app = self.town.world, self.app
        found: Json
        match method:
            case "chat.postMessage":
                found = self._posted(json.loads(await request.read()))
            case "chat.update":
                found = await self._updated(json.loads(await request.read()))
            case "auth.test":
                found = {"team_id": app.team.id, "user_id": app.bot.id, "bot_id": app.bot.bot_id, "app_id": app.id}
            case "users.info":
                found = {"user": shapes.user(world, world.users[request.query["user"]])}
            case "conversations.info":
                found = {"channel": shapes.channel(world, world.channels[request.query["channel"]])}
            case _:
                return web.json_response({"ok": False, "error": "unknown_method"})
        return web.json_response({"ok": True, **found})

    def _posted(self, said: dict[str, Any]) -> Json:
        place = self.town.world.channels[said["channel"]]
        post = self._slack.happenings.say(
            place,
            self.app.bot,
            said["text"],
            thread_ts=said.get("thread_ts", ""),
            blocks=said.get("blocks", []),
            metadata=said.get("metadata"),
        )
        if place is self.town.review:
            self._drawn(post)
        else:
            self._answered(post)
        self._told_back(post)
        return {"channel": place.id, "ts": post.ts, "message": shapes.message(self.town.world, post)}

    def _drawn(self, post: Message) -> None:
        found = _NUMBER.search(json.dumps(post.blocks))
        if found is None:
            raise AssertionError(f"a card of nothing: {post.text}")
        life = self._cards[post.ts] = self._lives[int(found[1])]
        life.waits["card"] = (time.perf_counter() - life.written) * 1000
        life.card.set_result(post)

    def _answered(self, post: Message) -> None:
        # Whatever hangs in the thread, a second answer breaks this.
        life = self._threads[post.thread_ts]
        life.waits["reply"] = (time.perf_counter() - life.pressed) * 1000
        life.replied.set_result(None)

    async def _updated(self, said: dict[str, Any]) -> Json:
        await self.answering.wait()
        life = self._cards[said["ts"]]
        card = life.card.result()
        card.text, card.blocks, card.metadata = said["text"], said.get("blocks", []), said.get("metadata")
        if life.replied.done() and not life.over.done():
            life.over.set_result(None)
        return {"channel": card.channel.id, "ts": card.ts, "text": card.text}

    def _told_back(self, post: Message) -> None:
        if self._echo:
            task = asyncio.create_task(self.tell("event", self.event(post)))
            self._echoes.add(task)
            task.add_done_callback(self._echoes.discard)

    def event(self, message: Message) -> Json:
        """A message as the bot is told of it."""
        return self._slack.envelopes.event(self._slack.happenings.heard(message), message.channel, message.user)
