"""The fake Slack as a server: `async with FakeSlack(bot_url) as slack:`, then `slack.town`, `slack.act`, `slack.posts()`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TypeVar

from aiohttp import web

from tests.doubles.slack import response_urls
from tests.doubles.slack.admin import Admin
from tests.doubles.slack.api import files
from tests.doubles.slack.call import Call
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.control import Control
from tests.doubles.slack.core import Core
from tests.doubles.slack.courier import Delivery
from tests.doubles.slack.limits import Limits
from tests.doubles.slack.modals import View
from tests.doubles.slack.town import Town
from tests.doubles.slack.verbs import Verbs
from tests.doubles.slack.web import Web
from tests.doubles.slack.wire import sign
from tests.doubles.slack.world import Message, User

T = TypeVar("T")


class FakeSlack(Core):
    """Listens on 127.0.0.1; the bot's SLACK_API_URL is `api_url`.

    One Slack second takes `scale` real seconds, but the three seconds of a deadline take `patience` real seconds, or
    3 * `scale`. `skip` makes Slack's time jump.
    """

    def __init__(
        self,
        bot_url: str = "http://127.0.0.1:1/slack/events",
        *,
        port: int = 0,
        scale: float = 1.0,
        patience: float | None = None,
        limits: Limits | None = None,
        town: Town | None = None,
        socket_mode: bool = False,
    ) -> None:
        self.town = town or Town()
        super().__init__(self.town.world, Clock(scale, patience), limits or Limits(), bot_url)
        self.app.socket_mode = socket_mode
        self.port = port
        self.act, self.admin = Verbs(self), Admin(self)

    async def __aenter__(self) -> FakeSlack:
        self._web = Web(self)
        control = Control(self, self.act, self.admin)
        application = web.Application(client_max_size=10**7)
        application.router.add_route("*", "/api/{method}", self._web.serve)
        application.router.add_post("/_control", control.serve)
        application.router.add_get("/link/", self.sockets.serve)
        application.router.add_post("/_response/{key}", self._respond)
        application.router.add_post(files.PATH, partial(files.receive, self))
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        self.base = self.envelopes.base = f"http://127.0.0.1:{self.port}"
        await self.courier.open()
        await web.SockSite(self._runner, listening).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._web.closing.set()
        await self.courier.close()
        await self.sockets.close()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """The base of the Web API."""
        return f"{self.base}/api/"

    def skip(self, seconds: float) -> None:
        """Slack's time jumps: pending redeliveries come, triggers expire, rate limits are over."""
        self.clock.skip(seconds)
        self.pulse.beat()

    async def until(self, look: Callable[[], T], seconds: float = 5.0, what: str = "") -> T:
        """What `look` returns, once that is true; looked at whenever something happens. Raises `NotSoon`."""
        return await self.pulse.until(look, seconds, what)

    async def settled(self, seconds: float = 10.0) -> None:
        """Once no delivery is under way any more, redeliveries included."""
        await self.courier.settled(seconds)

    def whispers(self, user: User) -> list[Message]:
        """What only this person sees: ephemeral posts and answers to commands."""
        return [message for message in self.world.ephemerals if message.more["to"] == user.id]

    def modal(self, user: User) -> View | None:
        """The modal this person looks at."""
        return self.modals.top(user)

    async def modal_of(self, user: User, seconds: float = 5.0) -> View:
        """The same, once there is one."""
        shown = await self.until(lambda: self.modals.top(user), seconds, f"{user.name} sees no modal")
        assert shown
        return shown

    def home(self, user: User) -> View | None:
        """What this person's Home tab shows."""
        return self.modals.homes.get(user)

    def called(self, method: str) -> list[Call]:
        """The calls of a method, in order."""
        return [call for call in self.calls if call.method == method]

    def told(self, kind: str) -> list[Delivery]:
        """Deliveries by event type, subtype or payload type: `message`, `message_changed`, `block_actions`, ..."""
        return [
            delivery
            for delivery in self.courier.deliveries
            if kind in (delivery.event.get("type"), delivery.event.get("subtype"), delivery.payload.get("type"))
            or kind == delivery.kind
        ]

    def signed(self, body: bytes, at: int | None = None, secret: str = "") -> dict[str, str]:
        """Headers that make this body one of Slack's, for requests that a test makes up itself."""
        return sign(secret or self.app.signing_secret, body, int(self.clock.wall()) if at is None else at)

    def reveal(self) -> None:
        """What was posted and hidden can be read."""
        for post in self.world.posts:
            post.hidden_for = 0.0

    async def _respond(self, request: web.Request) -> web.Response:
        return await response_urls.serve(self, request)


async def serve(slack: FakeSlack) -> None:
    """Until cancelled."""
    async with slack:
        print(f"A fake Slack is at {slack.api_url}", flush=True)  # noqa: T201
        await asyncio.Event().wait()
