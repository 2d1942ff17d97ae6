"""A stub of the Web API, an inbox that writes down what it is given, and a channel between the two; and whole houses."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from bot.channels.base import Answer, Click, Event, NotStored, Person, Queue, Receipt, Thread
from bot.channels.card import Card
from bot.channels.pictures import NoPictures, Pictures
from bot.channels.prompts import NoPrompts, Prompts
from bot.channels.slack.channel import SlackChannel
from bot.channels.slack.office import Setup, SlackDesk
from bot.channels.slack.people import Staff
from bot.channels.slack.signature import sign
from bot.channels.standing import Day, Standing
from bot.review.model import Role
from tests.channels.slack import stub as slack
from tests.channels.slack.house import House, living
from tests.channels.slack.stub import Json, Stub

_NUMBER = itertools.count()


@dataclass
class Notebook:
    """An inbox that takes everything in, unless it is `down`."""

    events: list[Event] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    cards: dict[str, Card] = field(default_factory=dict)
    waiting: list[Card] = field(default_factory=list)
    answer: Answer = field(default_factory=lambda: Answer(True, "Done."))
    why: str = ""
    down: bool = False
    prompts: Prompts = field(default_factory=NoPrompts)
    pictures: Pictures = field(default_factory=NoPictures)
    standings: tuple[Standing, ...] = (Standing("nordlys", "Nordlys support", Role.LEAD, None, Day()),)
    asked: list[str | Thread] = field(default_factory=list)
    pauses: list[tuple[str, str, bool]] = field(default_factory=list)
    uncalled: set[str] = field(default_factory=set)

    async def receive(self, event: Event) -> Receipt:
        self._up()
        known = {key for earlier in self.events for key in earlier.keys}
        if known & set(event.keys):
            return Receipt.DUPLICATE
        self.events.append(event)
        return Receipt.STORED

    async def act(self, click: Click) -> Answer:
        self._up()
        self.clicks.append(click)
        return self.answer

    async def check(self, click: Click) -> str:
        self._up()
        return self.why

    async def card(self, review: str) -> Card | None:
        self._up()
        return self.cards.get(review)

    async def queue(self, by: Person, limit: int, *, mine: bool = False) -> Queue:
        self._up()
        found = [card for card in self.waiting if card.holder == by.name] if mine else self.waiting
        return Queue(tuple(found[:limit]), len(found))

    async def story(self, by: Person, about: str | Thread) -> Card | None:
        self._up()
        self.asked.append(about)
        return self.cards.get(str(about))

    async def desks(self, by: Person, *, days: bool = False) -> tuple[Standing, ...]:
        self._up()
        return tuple(desk if days else replace(desk, day=None) for desk in self.standings)

    async def pause(self, by: Person, desk: str, *, paused: bool) -> Answer:
        self._up()
        self.pauses.append((by.id, desk, paused))
        return self.answer

    async def is_called(self, by: Person) -> bool:
        self._up()
        return by.id not in self.uncalled

    async def be_called(self, by: Person, *, wanted: bool) -> None:
        self._up()
        (self.uncalled.discard if wanted else self.uncalled.add)(by.id)

    def _up(self) -> None:
        if self.down:
            raise NotStored


@dataclass
class Door:
    """`/slack/events`, and a Slack that signs what it sends there."""

    client: httpx2.AsyncClient

    async def send(
        self,
        body: bytes,
        kind: str = "application/json",
        *,
        at: float | None = None,
        secret: str = slack.SECRET,
        **headers: str,
    ) -> httpx2.Response:
        """Send these bytes, signed now or `at` another time."""
        stamp = str(int(time.time() if at is None else at))
        signed = {
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": sign(secret, stamp, body),
            "content-type": kind,
        }
        return await self.client.post("/slack/events", content=body, headers=signed | headers)

    async def event(self, envelope: Json, **headers: str) -> httpx2.Response:
        """Tell of an event."""
        return await self.send(json.dumps(envelope).encode(), "application/json", **headers)  # type: ignore[arg-type]

    async def interact(self, payload: Json) -> httpx2.Response:
        """A button, a form or a shortcut."""
        return await self.send(
            urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"
        )

    async def command(self, text: str, user: str = "U0ANA", **more: str) -> httpx2.Response:
        """A slash command."""
        form = {"command": "/countersign", "text": text, "user_id": user, "user_name": "ana", "team_id": slack.TEAM}
        form |= {"channel_id": slack.REVIEW, "trigger_id": "1.2.abc", "response_url": "http://127.0.0.1:9/x"} | more
        return await self.send(urlencode(form).encode(), "application/x-www-form-urlencoded")


def setup(stub: Stub, **more: Any) -> Setup:
    """One desk that listens and reviews in Slack."""
    staff = Staff(frozenset({"U0ANA"}))
    desk = SlackDesk("Nordlys support", frozenset({slack.SUPPORT}), slack.REVIEW, staff)
    values: dict[str, Any] = {
        "token": slack.TOKEN,
        "signing_secret": slack.SECRET,
        "api_url": stub.base,
        "desks": (desk,),
        "link": lambda review: f"http://127.0.0.1:8080/audit/{review}",
        "every": 0.0,
        "look_again": 0.1,
        "version": "1.2.3",
        "clock": time.time,
    }
    return Setup(**(values | more))


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    """A Web API that takes everything."""
    async with slack.running(Stub()) as running:
        yield running


@pytest.fixture
def inbox() -> Notebook:
    """An empty notebook."""
    return Notebook()


@pytest.fixture
async def channel(stub: Stub, inbox: Notebook) -> AsyncIterator[SlackChannel]:
    """A channel that does not run: its methods and its door are called."""
    made = SlackChannel(setup(stub), inbox)
    yield made
    await made.close()


@pytest.fixture
async def door(channel: SlackChannel) -> AsyncIterator[Door]:
    """Its door."""
    transport = httpx2.ASGITransport(channel.door(), raise_app_exceptions=True)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Door(client)


Opens = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture(params=["http", "socket"])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Opens:
    """Opens a house over HTTP, and over Socket Mode; with the settings a test asks for."""
    return partial(living, tmp_path, socket_mode=request.param == "socket")


@pytest.fixture
async def house(opens: Opens) -> AsyncIterator[House]:
    """A house as it is shipped."""
    async with opens() as made:
        yield made
