"""Countersign at work in the fake Slack: one process or several replicas, and what one can see of them there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.store.tables import metadata
from tests.channels import premises
from tests.channels.premises import QUESTION, ROOT, SHORT
from tests.channels.slack.process import PATIENCE, Bot
from tests.channels.slack.soon import soon
from tests.doubles.slack import FakeSlack, Limits, Message, NotSoon
from tests.doubles.slack.world import User
from tests.stage.databases import connected

__all__ = ["QUESTION", "ROOT", "SHORT", "House", "actions", "decidable", "living", "says"]

# A Slack of our own need not be waited for as long as the real one.
PACE = {"pace_seconds": 0.05, "look_again_seconds": 0.1}


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
        return premises.verified(self.database)

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        with connected(self.database) as engine, engine.connect() as conn:
            counts = ((table, sa.select(sa.func.count()).select_from(table)) for table in metadata.sorted_tables)
            return {table.name: conn.execute(query).scalar_one() for table, query in counts}

    async def rested(self) -> dict[str, int]:
        """The same, once what the program makes of its audit by itself is made."""
        await soon(lambda: self.rows()["outlines"] == self.rows()["reviews"] > 0, PATIENCE)
        return self.rows()


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
    doors, url = premises.addresses(replicas), database or premises.sqlite(folder)
    async with FakeSlack(f"{doors[0]}/slack/events", limits=limits, socket_mode=socket_mode) as slack:
        town = slack.town
        slack.courier.also = [f"{door}/slack/events" for door in doors[1:]]
        desk = {
            "listens": [f"slack:{channel.id}" for channel in (town.support, town.internal, town.grid_support)],
            "reviews": f"slack:{town.review.id}",
            "people": {f"slack:{town.ana.id}": "agent", f"slack:{town.lea.id}": "lead"},
        } | desk
        model = {"timeout_seconds": 1.5, "budget_seconds": 1.9}
        premises.furnish(folder, patience or {}, desk, model=model, slack=PACE)
        given = keys(slack, socket_mode=socket_mode) | (environment or {})
        house = House(slack, url, premises.replicas(folder, doors, url, given))
        try:
            for bot in house.replicas if start else ():
                await bot.start()
            yield house
        finally:
            for bot in house.replicas:
                await bot.stop()


def keys(slack: FakeSlack, *, socket_mode: bool = False) -> dict[str, str]:
    """The variables that point Countersign at this Slack."""
    return {
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "SLACK_SIGNING_SECRET": slack.app.signing_secret,
        "SLACK_API_URL": slack.api_url,
    } | ({"SLACK_APP_TOKEN": slack.app.app_token} if socket_mode else {})
