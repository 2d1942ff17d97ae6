"""Brings events and interactions to the bot, again and again where Slack would, and writes down every answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import aiohttp

from tests.doubles.slack.clock import Clock
from tests.doubles.slack.pulse import Pulse
from tests.doubles.slack.wire import Json, dumps, sign
from tests.doubles.slack.world import App

Kind = Literal["event", "interactive", "command", "verification"]
RETRIES = (0.0, 60.0, 300.0)  # https://docs.slack.dev/apis/events-api/: at once, after a minute, after five
DELAYED = (3600.0,) * 24
TIMEOUT, REFUSED, WRONG = "http_timeout", "connection_failed", "http_error"


@dataclass
class Attempt:
    """One try. `problem` is empty when the bot acknowledged, otherwise the reason Slack gives with the next try."""

    retry: int
    status: int = 0
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    problem: str = ""
    connection: int = 0  # over Socket Mode: which one; over HTTP: which replica


@dataclass(eq=False)
class Delivery:
    """Something the bot is told, with all the tries it took."""

    kind: Kind
    payload: Json
    attempts: list[Attempt] = field(default_factory=list)
    finished: bool = False

    @property
    def acknowledged(self) -> bool:
        return any(not attempt.problem for attempt in self.attempts)

    @property
    def lost(self) -> bool:
        """Slack has given up, and the bot never knew."""
        return self.finished and not self.acknowledged

    @property
    def status(self) -> int:
        """The status of the last answer; 0 when there was none."""
        return self.attempts[-1].status if self.attempts else 0

    @property
    def answer(self) -> Json:
        """The JSON of the last answer, or nothing."""
        try:
            parsed = json.loads(self.attempts[-1].body)
        except (ValueError, IndexError):
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @property
    def event(self) -> Json:
        """The inner event, if it is one."""
        inner = self.payload.get("event", {})
        return inner if isinstance(inner, dict) else {}


class Link(Protocol):
    """The other way to the bot: Socket Mode."""

    async def deliver(self, delivery: Delivery, attempt: Attempt, reason: str) -> None:
        """Fill in what became of the attempt."""


class Courier:
    """`doubled` sends every event twice; `hold` keeps events back until `release`, in whatever order.

    `also` are the addresses of other replicas: each try goes to the next, as from a balancer. `watchers` are called
    before every try of a delivery, and after it with True.
    """

    def __init__(self, app: App, clock: Clock, pulse: Pulse, bot_url: str, link: Link) -> None:
        self.app, self.clock, self.pulse, self.bot_url, self.link = app, clock, pulse, bot_url, link
        self.deliveries: list[Delivery] = []
        self.broken: list[BaseException] = []  # mistakes of this double itself
        self.doubled = False
        self.retries: Sequence[float] = RETRIES
        self.also: list[str] = []
        self.watchers: list[Callable[[Delivery, bool], None]] = []
        self._turn = 0
        self._held: list[Delivery] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def send(self, kind: Kind, payload: Json) -> Delivery:
        """On its way; the record fills as answers come."""
        delivery = Delivery(kind, payload)
        self.deliveries.append(delivery)
        if kind == "event" and self._held is not None:
            self._held.append(delivery)
        else:
            self._start(delivery)
        return delivery

    def hold(self) -> None:
        """Keep events back."""
        self._held = [] if self._held is None else self._held

    def release(self, order: Callable[[list[Delivery]], Sequence[Delivery]] = lambda held: held) -> None:
        """Send what was kept back, in this order: `release(lambda held: held[::-1])`."""
        held, self._held = self._held or [], None
        for delivery in order(held):
            self._start(delivery)

    async def tried(self, delivery: Delivery) -> Delivery:
        """Once the first try is over, or the delivery is being held."""
        await self.pulse.until(lambda: delivery.attempts or delivery in (self._held or ()), 600)
        return delivery

    async def settled(self, seconds: float = 10.0) -> None:
        """Once nothing is under way any more, retries included; what is held counts as under way."""
        await self.pulse.until(lambda: not self._tasks and not self._held, seconds, "deliveries are still under way")
        if self.broken:
            raise self.broken[0]

    def lost(self) -> list[Delivery]:
        """What the bot was never told."""
        return [delivery for delivery in self.deliveries if delivery.lost]

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
        copies = 2 if self.doubled and delivery.kind == "event" else 1
        await asyncio.gather(*(self._again(delivery) for _ in range(copies)))
        delivery.finished = True

    async def _again(self, delivery: Delivery) -> None:
        """Only events come again; whoever pressed a button sees an error instead."""
        pauses = (*self.retries, *(DELAYED if self.app.delayed_events else ())) if delivery.kind == "event" else ()
        reason = ""
        for retry, pause in enumerate((0.0, *pauses)):
            await self.clock.sleep(pause)
            attempt = await self._try(delivery, retry, reason)
            delivery.attempts.append(attempt)
            self.pulse.beat()
            reason = attempt.problem
            if not reason or attempt.headers.get("x-slack-no-retry") == "1":
                return

    async def _try(self, delivery: Delivery, retry: int, reason: str) -> Attempt:
        attempt, began = Attempt(retry), time.perf_counter()
        self._watched(delivery, over=False)
        if self.app.socket_mode and delivery.kind != "verification":
            work = asyncio.create_task(self.link.deliver(delivery, attempt, reason))
        else:
            work = asyncio.create_task(self._post(delivery, attempt, reason))
        deadline = asyncio.create_task(self.clock.deadline())
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

    async def _post(self, delivery: Delivery, attempt: Attempt, reason: str) -> None:
        assert self._session
        doors = [self.bot_url, *self.also]
        self._turn = attempt.connection = (self._turn + 1) % len(doors)
        body, kind = encode(delivery.kind, delivery.payload)
        headers = {"content-type": kind, "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        if attempt.retry:
            headers |= {"x-slack-retry-num": str(attempt.retry), "x-slack-retry-reason": reason}
        headers |= sign(self.app.signing_secret, body, int(self.clock.wall()))
        try:
            async with self._session.post(
                doors[attempt.connection], data=body, headers=headers, allow_redirects=False
            ) as answer:
                attempt.status = answer.status
                attempt.headers = {name.lower(): value for name, value in answer.headers.items()}
                attempt.body = (await answer.read()).decode("utf-8", "replace")
        except (aiohttp.ClientError, OSError):
            attempt.problem = REFUSED
        else:
            attempt.problem = "" if 200 <= attempt.status < 300 else WRONG


def encode(kind: Kind, payload: Json) -> tuple[bytes, str]:
    """The body and its content type: JSON for events, forms for what people do."""
    if kind in ("event", "verification"):
        return dumps(payload).encode(), "application/json"
    fields: dict[str, Any] = payload if kind == "command" else {"payload": dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"
