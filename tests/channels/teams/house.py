"""Countersign at work in the fake Teams: a process of its own, nothing of it patched, and what one can see of it there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.channels import premises
from tests.channels.premises import QUESTION, ROOT
from tests.channels.slack.process import PATIENCE, Bot
from tests.doubles.teams import FakeTeams, Limits, Message, NotSoon, User
from tests.doubles.teams.kit import walk
from tests.doubles.teams.wire import Json

__all__ = ["QUESTION", "ROOT", "House", "decidable", "living", "says", "verbs"]


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
    """A Countersign at work, and the Teams it works in. `bot` is the first of its replicas, mostly the only one."""

    teams: FakeTeams
    database: sa.URL
    replicas: list[Bot]

    @property
    def bot(self) -> Bot:
        """The first replica."""
        return self.replicas[0]

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
        return premises.verified(self.database)


@asynccontextmanager
async def living(
    folder: Path,
    *,
    scale: float = 0.1,
    limits: Limits | None = None,
    patience: dict[str, float] | None = None,
    replicas: int = 1,
    database: sa.URL | None = None,
    environment: dict[str, str] | None = None,
    start: bool = True,
    **desk: Any,
) -> AsyncIterator[House]:
    """The house, while the block lasts. `desk` changes the desk's settings; `scale` is how many seconds a second of
    Teams' takes, but a bot has as long to answer as a busy machine may need.
    """
    doors = [f"{address}/api/messages" for address in premises.addresses(replicas)]
    url = database or premises.sqlite(folder)
    async with FakeTeams(doors[0], scale=scale, patience=PATIENCE, limits=limits or Limits()) as teams:
        teams.courier.also = doors[1:]
        town = teams.town
        desk = {
            "listens": [f"teams:{channel.id}" for channel in (town.support, town.shared)],
            "reviews": f"teams:{town.review.id}",
            "people": {f"teams:{town.ana.aad}": "agent", f"teams:{town.lea.aad}": "lead"},
        } | desk
        model = {"timeout_seconds": 1.5, "budget_seconds": 1.9}
        premises.furnish(folder, patience or {}, desk, model=model, teams=service(teams))
        house = House(teams, url, premises.replicas(folder, doors, url, teams.environment | (environment or {})))
        try:
            for bot in house.replicas if start else ():
                await bot.start()
            yield house
        finally:
            for bot in house.replicas:
                await bot.stop()


def service(teams: FakeTeams) -> Json:
    """The settings that point Countersign at this Teams, beside `FakeTeams.environment`."""
    return {"service_url": teams.service_url, "look_again_seconds": 0.1}
