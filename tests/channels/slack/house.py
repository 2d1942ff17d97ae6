"""Countersign at work in the fake Slack: one process or several replicas, and what one can see of them there."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from bot.store import verify
from bot.store.tables import metadata
from tests.channels.slack.process import PATIENCE, Bot
from tests.doubles.slack import FakeSlack, Limits, Message, NotSoon
from tests.doubles.slack.world import User
from tests.stage.databases import connected

ROOT = Path(__file__).parents[3]
QUESTION = "Hello, where is my parcel? It should have come a week ago."
# Short enough for a test to wait for, long enough for a busy machine and for Slack's shortest Retry-After (seconds).
_PATIENCE = {"send_lease": 4.0, "send": 1.3, "card_lease": 4.0, "draft_lease": 4.0, "again": 0.2}
# For stories in which a lease has to end.
SHORT = {"send_lease": 1.6, "send": 0.5, "card_lease": 1.6}
_SLACK = {"pace_seconds": 0.05, "look_again_seconds": 0.1}


def actions(card: Message) -> list[str]:
    """The buttons on a card."""
    return [element["action_id"] for _, element in card.elements()]


def decidable(card: Message) -> bool:
    """Whether somebody is asked for a decision."""
    return "decide.approve" in actions(card)


def says(card: Message, words: str) -> bool:
    """Whether a card shows this."""
    return words in json.dumps(card.blocks, ensure_ascii=False)


@dataclass
class House:
    """A Countersign at work, and the Slack it works in. `bot` is the first of its replicas, mostly the only one."""

    slack: FakeSlack
    database: sa.URL
    replicas: list[Bot]

    @property
    def bot(self) -> Bot:
        """The first replica."""
        return self.replicas[0]

    def cards(self, fits: Callable[[Message], bool] = lambda _: True) -> list[Message]:
        """The cards that fit."""
        return [post for post in self.slack.posts(self.slack.town.review) if fits(post)]

    async def card(self, fits: Callable[[Message], bool] = decidable, number: int = 0) -> Message:
        """The card with this number among those that fit, once it is there."""
        found = await self.slack.until(
            lambda: cards if len(cards := self.cards(fits)) > number else None, PATIENCE, "no such card"
        )
        assert found
        return found[number]

    async def shows(self, card: Message, *words: str, buttons: bool | None = None) -> None:
        """Once a card shows this; `buttons` is whether there shall be some."""

        def fits() -> bool:
            return all(says(card, word) for word in words) and buttons in (None, bool(actions(card)))

        try:
            await self.slack.until(fits, PATIENCE)
        except NotSoon:
            raise NotSoon(f"the card does not show {words}, but {card.text} {card.blocks}") from None

    async def replies(self, thread: Message, count: int = 1) -> list[Message]:
        """Our posts in a thread, once there are so many."""
        found = await self.slack.until(
            lambda: posts if len(posts := self.slack.posts(thread=thread)) >= count else None, PATIENCE, "no such reply"
        )
        assert found
        return found

    async def whisper(self, user: User) -> str:
        """What this person alone reads, once there is something."""
        found = await self.slack.until(lambda: self.slack.whispers(user), PATIENCE, f"{user.name} is told nothing")
        return found[-1].text

    def log(self) -> str:
        """What the replicas wrote."""
        return "".join(bot.log() for bot in self.replicas)

    def verified(self) -> int:
        """`audit verify`; the number of reviews. Raises `Broken`."""
        with connected(self.database) as engine, engine.connect() as conn:
            return verify.verify(conn).reviews

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        with connected(self.database) as engine, engine.connect() as conn:
            counts = ((table, sa.select(sa.func.count()).select_from(table)) for table in metadata.sorted_tables)
            return {table.name: conn.execute(query).scalar_one() for table, query in counts}


@asynccontextmanager
async def living(
    folder: Path,
    *,
    socket_mode: bool = False,
    limits: Limits | None = None,
    patience: dict[str, float] | None = None,
    replicas: int = 1,
    database: sa.URL | None = None,
    environment: dict[str, str] | None = None,
    start: bool = True,
    **desk: Any,
) -> AsyncIterator[House]:
    """The house, while the block lasts. `desk` changes the desk's settings."""
    doors = [f"http://127.0.0.1:{_free()}" for _ in range(replicas)]
    url = database or sa.URL.create("sqlite", database=str(folder / "countersign.db"))
    async with FakeSlack(f"{doors[0]}/slack/events", limits=limits, socket_mode=socket_mode) as slack:
        slack.courier.also = [f"{door}/slack/events" for door in doors[1:]]
        (folder / "countersign.yaml").write_text(yaml.safe_dump(_settings(slack, patience or {}, desk)), "utf-8")
        given = _environment(folder, slack, url, socket_mode=socket_mode) | (environment or {})
        house = House(slack, url, [])
        for number, door in enumerate(doors):
            (folder / str(number)).mkdir()
            house.replicas.append(Bot(folder / str(number), given | {"PORT": door.rpartition(":")[2]}))
        try:
            for bot in house.replicas if start else ():
                await bot.start()
            yield house
        finally:
            for bot in house.replicas:
                await bot.stop()


def _free() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _settings(slack: FakeSlack, patience: dict[str, float], desk: dict[str, Any]) -> dict[str, Any]:
    """The settings as they are shipped, with a desk in this Slack."""
    town = slack.town
    values: dict[str, Any] = yaml.safe_load((ROOT / "config" / "countersign.yaml").read_text("utf-8"))
    values["desks"]["nordlys"] |= {
        "listens": [f"slack:{channel.id}" for channel in (town.support, town.internal, town.grid_support)],
        "reviews": f"slack:{town.review.id}",
        "people": {f"slack:{town.ana.id}": "agent", f"slack:{town.lea.id}": "lead"},
        "settle_seconds": 0,
    } | desk
    values |= {name: str(ROOT / values[name]) for name in ("prompts", "knowledge", "samples")}
    values["model"] |= {"timeout_seconds": 2.0, "budget_seconds": 2.5}
    return values | {"patience": _PATIENCE | patience, "slack": _SLACK}


def _environment(folder: Path, slack: FakeSlack, database: sa.URL, *, socket_mode: bool) -> dict[str, str]:
    """What a shell would hand to the program; nothing of the developer's own."""
    return {
        "PATH": os.environ["PATH"],
        "COUNTERSIGN_CONFIG": str(folder / "countersign.yaml"),
        "COUNTERSIGN_LOG_LEVEL": "debug",
        "COUNTERSIGN_SEAL_KEY": str(folder / "seal.key"),
        "DATABASE_URL": database.render_as_string(hide_password=False),
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "SLACK_SIGNING_SECRET": slack.app.signing_secret,
        "SLACK_API_URL": slack.api_url,
    } | ({"SLACK_APP_TOKEN": slack.app.app_token} if socket_mode else {})
