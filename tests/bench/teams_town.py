"""Teams' side of the bench: Microsoft's hosts, which answer at once whatever they are asked, and the people who write.

It checks nothing, because the strict one in tests/doubles looks at every card and would be slower than the bot. The
shapes of what it tells and answers are that one's, and every activity has a token of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from tests.bench.shop import question
from tests.doubles.teams import FakeTeams
from tests.doubles.teams.api.graph import member
from tests.doubles.teams.jwt import encode
from tests.doubles.teams.kit import walk
from tests.doubles.teams.wire import Json, dumps
from tests.doubles.teams.world import Message

# Far beyond what a life takes here; only one that broke takes so long (seconds).
_PATIENCE = 60.0
_NUMBER = re.compile(r"order number is (\d+)")
_CONVERSATION = re.compile(r"/v3/conversations/([^/]+)/activities(?:/([^/]+))?$")


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


class BusyTeams:
    """`async with BusyTeams() as town:`, then `town.base` is for the bot, and `town.door` is where the bot is told.

    `asked` counts the bot's calls, `lines` its connections.
    """

    def __init__(self) -> None:
        self.door = ""
        self.base = ""
        self.asked: Counter[str] = Counter()
        self.lines: set[object] = set()
        # While this is not set, cards that are drawn again get no answer.
        self.answering = asyncio.Event()
        self.answering.set()
        # It is never opened; it knows what everything looks like.
        self.teams = FakeTeams()
        self.town, self.app = self.teams.town, self.teams.app
        self._lives: dict[int, Life] = {}
        self._threads: dict[str, Life] = {}  # by the customer's message
        self._cards: dict[str, Life] = {}  # by the card
        self._signed = itertools.count()
        self._told = 0  # bytes, last

    async def __aenter__(self) -> BusyTeams:
        self._runner = web.ServerRunner(web.Server(self._served, access_log=None), shutdown_timeout=0.5)
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", 0), backlog=1000)
        await web.SockSite(self._runner, listening).start()
        self.base = self.teams.base = self.teams.activities.base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answering.set()
        await self._session.close()
        await self._runner.cleanup()

    # --- what people do

    async def write(self, number: int) -> Life:
        """A customer writes; returns once that is acknowledged."""
        message = self.teams.happenings.say(self.town.support, self.town.kim, words=question(number))
        told = self.teams.activities.said(message)
        life = self._lives[number] = self._threads[message.id] = Life(message, time.perf_counter())
        life.waits["event"] = await self.tell(told)
        return life

    async def approve(self, life: Life) -> None:
        """The reviewer waits for the card and approves; returns once that is acknowledged."""
        post = await life.card
        assert post.card
        (found,) = [one for one, _ in walk.actions(post.card) if one.get("verb") == "approve"]
        action = {"type": "Action.Execute", "verb": "approve", "data": found["data"]}
        told = self.teams.activities.executed(self.town.ana, post, action)
        life.pressed = time.perf_counter()
        life.waits["click"] = await self.tell(told)

    async def live(self, number: int) -> Life:
        """From the message to the card that says it was answered."""
        async with asyncio.timeout(_PATIENCE):
            life = await self.write(number)
            await self.approve(life)
            await life.over
            return life

    async def tell(self, activity: Json) -> float:
        """Tell the bot; how long it took to acknowledge."""
        body = dumps(activity).encode()
        self._told = len(body)
        return await self._send(body, 200)

    async def check(self) -> float:
        """As many bytes as were told last, rightly signed, of a channel that is none of the bot's."""
        shape: Json = {"type": "event", "channelId": "webchat", "serviceUrl": self.teams.service_url, "padding": ""}
        shape["padding"] = "x" * (self._told - len(dumps(shape)))
        return await self._send(dumps(shape).encode(), 403)

    async def _send(self, body: bytes, expected: int) -> float:
        """Send the bot these bytes, with a token that it has not seen; how long it took to answer."""
        passport = self.teams.passport
        claims = {**passport.claims(self.teams.service_url), "uti": str(next(self._signed))}
        token = encode(passport.ring.current.header(), claims, passport.ring.current.sign())
        headers = {"content-type": "application/json; charset=utf-8", "authorization": f"Bearer {token}"}
        began = time.perf_counter()
        async with self._session.post(self.door, data=body, headers=headers) as answer:
            said = await answer.read()
            if answer.status != expected:
                raise AssertionError(f"{answer.status}: {said.decode()}")
        return (time.perf_counter() - began) * 1000

    # --- what the bot asks

    async def _served(self, request: web.BaseRequest) -> web.StreamResponse:
        self.lines.add(request.transport)
        path = request.path
        if found := _CONVERSATION.search(request.raw_path):
            conversation, ref = (unquote(part or "") for part in found.groups())
            said = json.loads(await request.read())
            if request.method == "PUT":
                self.asked["update"] += 1
                return web.json_response(await self._updated(ref, said))
            self.asked["send"] += 1
            return web.json_response(self._posted(conversation, said), status=201)
        self.asked[path.rpartition("/")[2]] += 1
        return web.json_response(self._looked_up(path))

    def _looked_up(self, path: str) -> Json:
        if path.endswith("/token"):
            return {"token_type": "Bearer", "expires_in": 3599, "access_token": "a.b.c"}
        if path.endswith("/openidconfiguration"):
            return self.teams.passport.metadata(f"{self.base}/botframework")
        if path.endswith("/keys"):
            return self.teams.passport.ring.document()
        for channel in (self.town.support, self.town.review):
            if path.endswith("/allMembers") and channel.id in path:
                return {"value": [member(channel.team, user) for user in channel.people if not user.app_id]}
        team = next((one for one in (self.town.support_team, self.town.staff_team) if one.id in path), None)
        return {"id": team.id, "aadGroupId": team.group} if team else {}

    def _posted(self, conversation: str, said: dict[str, Any]) -> Json:
        channel, _, root = conversation.partition(";messageid=")
        place = self.town.world.channels[channel]
        post = self.teams.happenings.say(place, self.app.bot, root=root, attachments=said.get("attachments", []))
        if place is self.town.review:
            self._drawn(post)
        else:
            # Whatever hangs in the thread, a second answer breaks this.
            life = self._threads[root]
            life.waits["reply"] = (time.perf_counter() - life.pressed) * 1000
            life.replied.set_result(None)
        return {"id": post.id}

    def _drawn(self, post: Message) -> None:
        found = _NUMBER.search(json.dumps(post.card))
        if found is None:
            raise AssertionError(f"a card of nothing: {post.card}")
        life = self._cards[post.id] = self._lives[int(found[1])]
        life.waits["card"] = (time.perf_counter() - life.written) * 1000
        life.card.set_result(post)

    async def _updated(self, ref: str, said: dict[str, Any]) -> Json:
        await self.answering.wait()
        life = self._cards[ref]
        life.card.result().attachments = said["attachments"]
        if life.replied.done() and not life.over.done():
            life.over.set_result(None)
        return {"id": ref}
