"""Brings activities to the bot, again and again where Teams would, and writes down every answer."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp

from tests.doubles.slack.pulse import Pulse
from tests.doubles.teams.activities import Activities
from tests.doubles.teams.clock import CLICK, MESSAGE, Clock, Moment
from tests.doubles.teams.passport import Passport
from tests.doubles.teams.wire import Json, dumps

Kind = Literal["activity", "invoke", "raw"]
# Pauses before an activity comes again. None are published; it came four times in all (BotFramework-Services#59).
RETRIES = (1.0, 5.0, 30.0)
# A click comes again at once, and half a minute later as if it were another one (botbuilder-dotnet#5005).
CLICKS = (0.0, 30.0)
# After so many answers of 5xx in a row Teams is silent for half a day (microsoft/teams.py#433); the number is a guess.
STRIKES, SILENCE = 10, 12 * 3600.0
TIMEOUT, REFUSED, WRONG = "timeout", "connection_failed", "http_error"


@dataclass
class Attempt:
    """One try, of the activity with this id. `problem` is empty when the bot answered well."""

    retry: int
    id: str = ""
    status: int = 0
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    problem: str = ""
    replica: int = 0


@dataclass(eq=False)
class Delivery:
    """Something the bot is told, with all the tries it took; `dropped` is what Teams did not even try to tell."""

    kind: Kind
    activity: Json
    raw: bytes = b""
    attempts: list[Attempt] = field(default_factory=list)
    finished: bool = False
    dropped: bool = False

    @property
    def acknowledged(self) -> bool:
        return any(not attempt.problem for attempt in self.attempts)

    @property
    def lost(self) -> bool:
        """Teams has given up, and the bot never knew."""
        return self.finished and not self.acknowledged

    @property
    def status(self) -> int:
        """The status of the last answer; 0 when there was none."""
        return self.attempts[-1].status if self.attempts else 0

    @property
    def answer(self) -> Any:
        """The JSON of the last answer, or nothing."""
        try:
            return json.loads(self.attempts[-1].body)
        except (ValueError, IndexError):
            return None


class Courier:
    """`doubled` sends every activity twice; `hold` keeps activities back until `release`, in whatever order.

    `also` are the addresses of other replicas: each try goes to the next, as from a balancer. `watchers` are called
    before every try of a delivery, and after it with True. Without `signing` no token is sent, as by a local connector.
    With `strikes` of None, Teams is never silent.
    """

    def __init__(self, clock: Clock, pulse: Pulse, passport: Passport, activities: Activities, bot_url: str) -> None:
        self.clock, self.pulse, self.passport, self.activities = clock, pulse, passport, activities
        self.bot_url = bot_url
        self.deliveries: list[Delivery] = []
        self.broken: list[BaseException] = []  # mistakes of this double itself
        self.doubled = False
        self.signing = True
        self.retries: Sequence[float] = RETRIES
        self.strikes: int | None = STRIKES
        self.also: list[str] = []
        self.watchers: list[Callable[[Delivery, bool], None]] = []
        self._struck = 0
        self._since: Moment | None = None
        self._turn = 0
        self._held: list[Delivery] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    @property
    def silent(self) -> bool:
        """Whether Teams has stopped delivering, because the bot answered 5xx again and again."""
        return self._since is not None and self.clock.since(self._since) < SILENCE

    def send(self, kind: Kind, activity: Json, raw: bytes = b"") -> Delivery:
        """On its way; the record fills as answers come."""
        delivery = Delivery(kind, activity, raw)
        self.deliveries.append(delivery)
        if self.silent:
            delivery.dropped = delivery.finished = True
        elif kind == "activity" and self._held is not None:
            self._held.append(delivery)
        else:
            self._start(delivery)
        return delivery

    def hold(self) -> None:
        """Keep activities back."""
        self._held = [] if self._held is None else self._held

    def release(self, order: Callable[[list[Delivery]], Sequence[Delivery]] = lambda held: held) -> None:
        """Send what was kept back, in this order: `release(lambda held: held[::-1])`."""
        held, self._held = self._held or [], None
        for delivery in order(held):
            self._start(delivery)

    async def tried(self, delivery: Delivery) -> Delivery:
        """Once the first try is over, or the delivery is being held or dropped."""
        await self.pulse.until(lambda: delivery.attempts or delivery.finished or delivery in (self._held or ()), 600)
        return delivery

    async def settled(self, seconds: float = 10.0) -> None:
        """Once nothing is under way any more, retries included; what is held counts as under way."""
        await self.pulse.until(lambda: not self._tasks and not self._held, seconds, "deliveries are still under way")
        if self.broken:
            raise self.broken[0]

    def lost(self) -> list[Delivery]:
        """What the bot was never told."""
        return [delivery for delivery in self.deliveries if delivery.lost]

    async def call(self, activity: Json, authorization: str, raw: bytes = b"") -> Attempt:
        """One POST with this Authorization header, from whoever: no deadline, no second try, no record."""
        attempt = Attempt(0)
        await self._post(Delivery("raw", activity, raw), attempt, authorization)
        return attempt

    def _start(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._carry(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.broken.append(error)
        self.pulse.beat()

    async def _carry(self, delivery: Delivery) -> None:
        copies = 2 if self.doubled and delivery.kind == "activity" else 1
        await asyncio.gather(*(self._again(delivery) for _ in range(copies)))
        delivery.finished = True

    async def _again(self, delivery: Delivery) -> None:
        clicked = delivery.kind == "invoke"
        for retry, pause in enumerate((0.0, *(CLICKS if clicked else self.retries))):
            await self.clock.sleep(pause)
            if clicked and retry == len(CLICKS):
                delivery.activity = self.activities.again(delivery.activity)
            attempt = await self._try(delivery, retry)
            delivery.attempts.append(attempt)
            self._strike(attempt)
            self.pulse.beat()
            if not attempt.problem or self.silent or (400 <= attempt.status < 500 and not clicked):
                return

    def _strike(self, attempt: Attempt) -> None:
        if attempt.status:
            self._struck = self._struck + 1 if attempt.status >= 500 else 0
        if self.strikes is not None and self._struck >= self.strikes:
            self._struck, self._since = 0, self.clock.mark()

    async def _try(self, delivery: Delivery, retry: int) -> Attempt:
        attempt, began = Attempt(retry, str(delivery.activity.get("id", ""))), time.perf_counter()
        self._watched(delivery, over=False)
        named = delivery.activity.get("serviceUrl")
        where = named if isinstance(named, str) else self.activities.service_url
        token = self.passport.token(where) if self.signing else ""
        work = asyncio.create_task(self._post(delivery, attempt, f"Bearer {token}" if token else ""))
        deadline = asyncio.create_task(self.clock.grace(CLICK if delivery.kind == "invoke" else MESSAGE))
        try:
            await asyncio.wait({work, deadline}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                attempt.problem = TIMEOUT
        finally:
            for task in (work, deadline):
                task.cancel()
            results = await asyncio.gather(work, deadline, return_exceptions=True)
        attempt.seconds = time.perf_counter() - began
        if isinstance(results[0], Exception):
            raise results[0]
        self._watched(delivery, over=True)
        return attempt

    def _watched(self, delivery: Delivery, *, over: bool) -> None:
        for watcher in self.watchers:
            watcher(delivery, over)

    async def _post(self, delivery: Delivery, attempt: Attempt, authorization: str) -> None:
        assert self._session
        doors = [self.bot_url, *self.also]
        self._turn = attempt.replica = (self._turn + 1) % len(doors)
        body = delivery.raw or dumps(delivery.activity).encode("utf-8", "surrogatepass")
        where = delivery.activity.get("conversation")
        where = where if isinstance(where, dict) else {}
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)",
            "ms-cv": f"{uuid.uuid4().hex[:22]}.1.1",
            "x-ms-conversation-id": str(where.get("id", "")),
            "x-ms-tenant-id": str(where.get("tenantId", "")),
        }
        if authorization:
            headers["authorization"] = authorization
        try:
            async with self._session.post(
                doors[attempt.replica], data=body, headers=headers, allow_redirects=False
            ) as answer:
                attempt.status = answer.status
                attempt.headers = {name.lower(): value for name, value in answer.headers.items()}
                attempt.body = (await answer.read()).decode("utf-8", "replace")
        except (aiohttp.ClientError, OSError):
            attempt.problem = REFUSED
        else:
            well = attempt.status == 200 if delivery.kind == "invoke" else 200 <= attempt.status < 300
            attempt.problem = "" if well else WRONG
