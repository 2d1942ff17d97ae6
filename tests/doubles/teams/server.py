"""The fake Teams: `async with FakeTeams(bot_url=...) as teams:`, then `teams.town`, `teams.act`, `teams.posts()`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from aiohttp import web

from tests.doubles.teams.admin import Admin
from tests.doubles.teams.call import Call
from tests.doubles.teams.clock import Clock
from tests.doubles.teams.control import Control
from tests.doubles.teams.core import Core
from tests.doubles.teams.courier import Delivery
from tests.doubles.teams.limits import Limits
from tests.doubles.teams.town import Town
from tests.doubles.teams.verbs import Verbs
from tests.doubles.teams.web import Web
from tests.doubles.teams.wire import Json
from tests.doubles.teams.world import User

T = TypeVar("T")


class FakeTeams(Core):
    """Listens on 127.0.0.1: `login_url`, `openid_url` and `graph_url` stand for Microsoft's three hosts.

    One Teams second takes `scale` real seconds, but the fifteen seconds in which a bot has to answer take `patience`
    real seconds, or 15 * `scale`, and the ten of a click in proportion. `skip` makes Teams' time jump.
    """

    def __init__(
        self,
        bot_url: str = "http://127.0.0.1:1/api/messages",
        *,
        port: int = 0,
        scale: float = 1.0,
        patience: float | None = None,
        limits: Limits | None = None,
        town: Town | None = None,
    ) -> None:
        self.town = town or Town()
        super().__init__(self.town.world, Clock(scale, patience), limits or Limits(), bot_url)
        self.port = port
        self.act, self.admin = Verbs(self), Admin(self)

    async def __aenter__(self) -> FakeTeams:
        self._web = Web(self)
        application = web.Application(client_max_size=10**7)
        self._web.mount(application)
        application.router.add_post("/_control", Control(self, self.act, self.admin).serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        self.base = self.activities.base = f"http://127.0.0.1:{self.port}"
        await self.courier.open()
        await web.SockSite(self._runner, listening).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._web.closing.set()
        await self.courier.close()
        await self._runner.cleanup()

    @property
    def login_url(self) -> str:
        """In place of https://login.microsoftonline.com: tokens are at `/{tenant}/oauth2/v2.0/token` below it."""
        return f"{self.base}/login"

    @property
    def openid_url(self) -> str:
        """In place of https://login.botframework.com: `/v1/.well-known/openidconfiguration` is below it."""
        return f"{self.base}/botframework"

    @property
    def graph_url(self) -> str:
        """In place of https://graph.microsoft.com."""
        return f"{self.base}/graph"

    @property
    def service_url(self) -> str:
        """The connector, as activities name it; it ends in a slash."""
        return self.activities.service_url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point Countersign at all this."""
        return {
            "TEAMS_APP_ID": self.app.id,
            "TEAMS_APP_PASSWORD": self.app.secret,
            "TEAMS_TENANT_ID": self.app.tenant.id,
            "COUNTERSIGN_TEAMS__LOGIN_URL": self.login_url,
            "COUNTERSIGN_TEAMS__OPENID_URL": self.openid_url,
            "COUNTERSIGN_TEAMS__GRAPH_URL": self.graph_url,
        }

    def skip(self, seconds: float) -> None:
        """Teams' time jumps: pending redeliveries come, rate limits are over, silence ends."""
        self.clock.skip(seconds)
        self.pulse.beat()

    async def until(self, look: Callable[[], T], seconds: float = 5.0, what: str = "") -> T:
        """What `look` returns, once that is true; looked at whenever something happens. Raises `NotSoon`."""
        return await self.pulse.until(look, seconds, what)

    async def settled(self, seconds: float = 10.0) -> None:
        """Once no delivery is under way any more, redeliveries included."""
        await self.courier.settled(seconds)

    def called(self, method: str) -> list[Call]:
        """The calls of an operation, in order: `connector.send`, `graph.replies`, `login.token`, `openid.keys`, ..."""
        return [call for call in self.calls if call.method == method]

    def told(self, kind: str) -> list[Delivery]:
        """Deliveries by type, event or action: `message`, `editMessage`, `invoke`, `add`, ..."""
        return [delivery for delivery in self.courier.deliveries if kind in _kinds(delivery.activity)]

    def connections(self, door: str) -> int:
        """How many connections the bot opened to `login`, `openid`, `connector` or `graph`."""
        return len(self.lines.get(door, ()))

    def whispers(self, user: User) -> list[str]:
        """The sentences with which this person's clicks were answered."""
        return [words for who, words in self.clicks.whispers if who is user]

    def reveal(self) -> None:
        """What was posted and hidden can be read."""
        for post in self.world.posts:
            post.hidden_for = 0.0


def _kinds(activity: Json) -> tuple[object, ...]:
    data = activity.get("channelData")
    return activity.get("type"), activity.get("action"), data.get("eventType") if isinstance(data, dict) else None


async def serve(teams: FakeTeams) -> None:
    """Until cancelled."""
    async with teams:
        for name, value in teams.environment.items():
            print(f"{name}={value}", flush=True)  # noqa: T201
        print(f"A fake Teams is at {teams.base}", flush=True)  # noqa: T201
        await asyncio.Event().wait()
