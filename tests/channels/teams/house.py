"""Countersign at work in the fake Teams: a process of its own, nothing of it patched, and what one can see of it there."""

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
from tests.channels.slack.process import PATIENCE, Bot
from tests.doubles.teams import FakeTeams, Limits, Message, NotSoon, User
from tests.doubles.teams.kit import walk
from tests.doubles.teams.wire import Json
from tests.stage.databases import connected

ROOT = Path(__file__).parents[3]
QUESTION = "Hello, where is my parcel? It should have come a week ago."
# Short enough for a test to wait for, long enough for a busy machine (seconds).
_PATIENCE = {"send_lease": 4.0, "send": 1.3, "card_lease": 4.0, "draft_lease": 4.0, "again": 0.2}


def verbs(card: Json) -> list[str]:
    """What can be pressed on a card."""
    return [one["verb"] for one, _ in walk.actions(card) if one["type"] == "Action.Execute"]


def decidable(post: Message) -> bool:
    """Whether somebody is asked for a decision."""
    return post.card is not None and "approve" in verbs(post.card)


def says(post: Message, words: str) -> bool:
    """Whether everybody reads this on a card."""
    return words in json.dumps(post.card, ensure_ascii=False)


@dataclass
class House:
    """A Countersign at work, and the Teams it works in."""

    teams: FakeTeams
    database: sa.URL
    bot: Bot

    def cards(self, fits: Callable[[Message], bool] = lambda _: True) -> list[Message]:
        """The cards that fit."""
        return [post for post in self.teams.posts(self.teams.town.review) if not post.is_reply and fits(post)]

    async def card(self, fits: Callable[[Message], bool] = decidable, number: int = 0) -> Message:
        """The card with this number among those that fit, once it is there."""
        found = await self.teams.until(
            lambda: cards if len(cards := self.cards(fits)) > number else None, PATIENCE, "no such card"
        )
        assert found
        return found[number]

    async def shows(self, post: Message, *words: str, pressable: bool | None = None) -> None:
        """Once a card shows this to everybody; `pressable` is whether there shall be something to press."""

        def fits() -> bool:
            return all(says(post, word) for word in words) and pressable in (None, bool(verbs(post.card or {})))

        try:
            await self.teams.until(fits, PATIENCE)
        except NotSoon:
            raise NotSoon(f"the card does not show {words}, but {json.dumps(post.card)}") from None

    async def replies(self, thread: Message, count: int = 1) -> list[Message]:
        """Our posts in a thread, once there are so many."""
        found = await self.teams.until(
            lambda: posts if len(posts := self.teams.posts(thread)) >= count else None, PATIENCE, "no such reply"
        )
        assert found
        return found

    async def press(self, user: User, post: Message, verb: str, **inputs: str) -> Json:
        """Press a button, with its fields filled in; the card as this person sees it then."""
        given = {f"{verb}_{name}": value for name, value in inputs.items()}
        delivery = await self.teams.act.press(user, post, verb, inputs=given)
        assert delivery.acknowledged, self.bot.log()
        return self.teams.card(post, user)

    async def settled(self) -> None:
        """Once nothing is under way between Teams and the bot, and nobody complained."""
        await self.teams.settled()
        assert not self.teams.complaints
        assert not self.teams.courier.lost()

    def verified(self) -> int:
        """`audit verify`; the number of reviews. Raises `Broken`."""
        with connected(self.database) as engine, engine.connect() as conn:
            return verify.verify(conn).reviews


@asynccontextmanager
async def living(
    folder: Path, *, patience: dict[str, float] | None = None, settle: float = 0.0, **desk: Any
) -> AsyncIterator[House]:
    """The house, while the block lasts. `desk` changes the desk's settings."""
    door = f"http://127.0.0.1:{_free()}"
    url = sa.URL.create("sqlite", database=str(folder / "countersign.db"))
    # A second of Teams' is a tenth of ours, but a bot has as long to answer as a busy machine may need.
    async with FakeTeams(f"{door}/api/messages", scale=0.1, patience=PATIENCE, limits=Limits()) as teams:
        values = _settings(teams, patience or {}, {"settle_seconds": settle} | desk)
        (folder / "countersign.yaml").write_text(yaml.safe_dump(values), "utf-8")
        given = _environment(folder, teams, url) | {"PORT": door.rpartition(":")[2]}
        house = House(teams, url, Bot(folder, given))
        try:
            await house.bot.start()
            yield house
        finally:
            await house.bot.stop()


def _free() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _settings(teams: FakeTeams, patience: dict[str, float], desk: dict[str, Any]) -> dict[str, Any]:
    """The settings as they are shipped, with a desk in this Teams."""
    town = teams.town
    values: dict[str, Any] = yaml.safe_load((ROOT / "config" / "countersign.yaml").read_text("utf-8"))
    values["desks"]["nordlys"] |= {
        "listens": [f"teams:{channel.id}" for channel in (town.support, town.shared)],
        "reviews": f"teams:{town.review.id}",
        "people": {f"teams:{town.ana.aad}": "agent", f"teams:{town.lea.aad}": "lead"},
    } | desk
    values |= {name: str(ROOT / values[name]) for name in ("prompts", "knowledge", "samples")}
    values["teams"] |= {"service_url": teams.service_url, "look_again_seconds": 0.1}
    return values | {"patience": _PATIENCE | patience}


def _environment(folder: Path, teams: FakeTeams, database: sa.URL) -> dict[str, str]:
    """What a shell would hand to the program; nothing of the developer's own."""
    return {
        "PATH": os.environ["PATH"],
        "COUNTERSIGN_CONFIG": str(folder / "countersign.yaml"),
        "COUNTERSIGN_LOG_LEVEL": "debug",
        "COUNTERSIGN_SEAL_KEY": str(folder / "seal.key"),
        "DATABASE_URL": database.render_as_string(hide_password=False),
        **teams.environment,
    }
