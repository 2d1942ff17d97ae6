"""A desk that listens in one chat and reviews in another, or on the page: one Countersign, at work in a fake Slack and in
a fake Teams at once.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.console.guard import PROOF
from tests.channels import premises
from tests.channels.slack import house as slack_house
from tests.channels.slack.process import PATIENCE, Bot
from tests.channels.teams import house as teams_house
from tests.doubles.slack import FakeSlack
from tests.doubles.teams import FakeTeams, Limits

_ARTICLE = re.compile(r'<article class="card.*?</article>', re.DOTALL)


@dataclass(frozen=True)
class Card:
    """A card as it looked at one moment: all that stood on it, and whether it asked for a decision."""

    text: str
    asks: bool
    handle: Any = field(repr=False)


class Street(ABC):
    """Where customers are. A thread is what their question hangs from."""

    place: str

    @abstractmethod
    async def asks(self, words: str) -> Any:
        """A customer begins a thread."""

    @abstractmethod
    async def edits(self, thread: Any, words: str) -> None:
        """They change their question."""

    @abstractmethod
    def replies(self, thread: Any) -> list[str]:
        """What we posted there, as people read it."""

    @abstractmethod
    def falls_silent(self, *, landed: bool) -> None:
        """No answer comes to the next reply, and nobody lets us look whether it arrived."""


class Office(ABC):
    """Where reviewers are. `people` may decide there."""

    place: str
    people: dict[str, str]

    @abstractmethod
    async def cards(self) -> list[Card]:
        """Everything that hangs there, the oldest first."""

    @abstractmethod
    async def presses(self, card: Card, verb: str, **fields: str) -> None:
        """Ana decides on a card as it looked, in a form where there is one."""

    @abstractmethod
    def told(self) -> str:
        """All that Ana was told for herself."""


@dataclass
class SlackStreet(Street):
    """A channel shared with Kim's company."""

    slack: FakeSlack

    def __post_init__(self) -> None:
        self.place = f"slack:{self.slack.town.support.id}"

    async def asks(self, words: str) -> Any:
        """As people type."""
        return await self.slack.act.write(self.slack.town.kim, self.slack.town.support, words)

    async def edits(self, thread: Any, words: str) -> None:
        """From the message's menu."""
        await self.slack.act.edit(thread, words)

    def replies(self, thread: Any) -> list[str]:
        """Below the question."""
        return [html.unescape(post.text) for post in self.slack.posts(thread=thread)]

    def falls_silent(self, *, landed: bool) -> None:
        """The call hangs, our own posts are not told, and the scope for reading threads is missing."""
        self.slack.happenings.own_events = False
        self.slack.faults.error("conversations.replies", "missing_scope", times=None)
        self.slack.faults.hang("chat.postMessage", landed=landed).channel = self.slack.town.support.id


@dataclass
class TeamsStreet(Street):
    """A channel of a team in which Kim is a guest."""

    teams: FakeTeams

    def __post_init__(self) -> None:
        self.place = f"teams:{self.teams.town.support.id}"

    async def asks(self, words: str) -> Any:
        """As people type."""
        return await self.teams.act.write(self.teams.town.kim, self.teams.town.support, words)

    async def edits(self, thread: Any, words: str) -> None:
        """From the message's menu."""
        await self.teams.act.edit(thread, words)

    def replies(self, thread: Any) -> list[str]:
        """Below the question."""
        return [post.text for post in self.teams.posts(thread)]

    def falls_silent(self, *, landed: bool) -> None:
        """The call hangs, and the team's owner takes their consent back."""
        self.teams.admin.consent(self.teams.town.support_team)
        self.teams.faults.hang("connector.send", landed=landed).conversation = self.teams.town.support.id


@dataclass
class SlackOffice(Office):
    """The review channel of the workspace."""

    slack: FakeSlack

    def __post_init__(self) -> None:
        self.place = f"slack:{self.slack.town.review.id}"
        self.people = {f"slack:{self.slack.town.ana.id}": "agent"}

    async def cards(self) -> list[Card]:
        """What was posted there."""
        posts = self.slack.posts(self.slack.town.review)
        return [
            Card(
                json.dumps(post.blocks, ensure_ascii=False), slack_house.decidable(post), self.slack.act.snapshot(post)
            )
            for post in posts
        ]

    async def presses(self, card: Card, verb: str, **fields: str) -> None:
        """A button, and the form that it opens."""
        ana = self.slack.town.ana
        await self.slack.act.press(ana, card.handle, f"{'ask' if fields else 'decide'}.{verb}")
        if fields:
            await self.slack.modal_of(ana)
            await self.slack.act.submit(ana, fields)

    def told(self) -> str:
        """What only she reads in the channel."""
        return "\n".join(post.text for post in self.slack.whispers(self.slack.town.ana))


@dataclass
class TeamsOffice(Office):
    """The review channel of the staff's team."""

    teams: FakeTeams

    def __post_init__(self) -> None:
        self.place = f"teams:{self.teams.town.review.id}"
        self.people = {f"teams:{self.teams.town.ana.aad}": "agent"}

    async def cards(self) -> list[Card]:
        """What was posted there."""
        posts = [post for post in self.teams.posts(self.teams.town.review) if not post.is_reply]
        return [
            Card(json.dumps(post.card, ensure_ascii=False), teams_house.decidable(post), self.teams.act.snapshot(post))
            for post in posts
        ]

    async def presses(self, card: Card, verb: str, **fields: str) -> None:
        """A button, with the boxes beside it."""
        inputs = {f"{verb}_{name}": value for name, value in fields.items()}
        await self.teams.act.press(self.teams.town.ana, card.handle, verb, inputs=inputs)

    def told(self) -> str:
        """What she is shown in place of the card, and the sentences beside it."""
        ana, town = self.teams.town.ana, self.teams.town
        shown = [json.dumps(self.teams.card(post, ana), ensure_ascii=False) for post in self.teams.posts(town.review)]
        return "\n".join([*shown, *self.teams.whispers(ana)])


@dataclass
class WebOffice(Office):
    """The column of reviews on the page."""

    bot: Bot

    def __post_init__(self) -> None:
        self.place, self.people, self._told = "web:review", {"web:ana": "agent"}, ""

    async def cards(self) -> list[Card]:
        """As a browser would fetch them."""
        async with aiohttp.ClientSession(self.bot.address) as client, client.get("/columns/reviews") as answer:
            page = await answer.text()
        return [Card(html.unescape(one), 'data-verb="approve"' in one, one) for one in reversed(_ARTICLE.findall(page))]

    async def presses(self, card: Card, verb: str, **fields: str) -> None:
        """As the page's script does."""
        review, version = (_named(card.handle, name) for name in ("review", "version"))
        said = {"by": "web:ana", "version": int(version), "fields": fields}
        async with (
            aiohttp.ClientSession(self.bot.address, headers={PROOF: "page"}) as client,
            client.post(f"/reviews/{review}/{verb}", json=said) as answer,
        ):
            self._told += (await answer.json())["sentence"]

    def told(self) -> str:
        """The sentences that the page shows for a moment."""
        return self._told


def _named(article: str, name: str) -> str:
    found = re.search(f'data-{name}="([^"]*)"', article)
    assert found
    return found[1]


# --- the whole


@dataclass
class Town:
    """A Countersign between a street and an office."""

    slack: FakeSlack
    teams: FakeTeams
    street: Street
    office: Office
    bot: Bot

    async def card(self, *words: str, asks: bool) -> Card:
        """The only card, once it shows this; `asks` is whether it shall ask for a decision."""
        cards: list[Card] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while len(cards) != 1 or cards[0].asks is not asks or any(word not in cards[0].text for word in words):
                    await asyncio.sleep(0.02)
                    cards = await self.office.cards()
        except TimeoutError:
            raise AssertionError(f"no card shows {words}, but {cards}: {self.bot.log()[-2000:]}") from None
        return cards[0]

    async def settled(self) -> None:
        """Once nothing is under way between the chats and the program. Nobody complained, and nothing was lost."""
        await self.slack.settled()
        await self.teams.settled()
        assert not [*self.slack.complaints, *self.teams.complaints]
        assert not [*self.slack.courier.lost(), *self.teams.courier.lost()]
        assert not [*self.slack.warnings, *self.teams.warnings]


@asynccontextmanager
async def living(
    folder: Path, listens: str, reviews: str, patience: dict[str, float] | None = None
) -> AsyncIterator[Town]:
    """The desk, while the block lasts; `listens` and `reviews` are slack, teams or web."""
    (door,), url = premises.addresses(), premises.sqlite(folder)
    async with (
        FakeSlack(f"{door}/slack/events") as slack,
        FakeTeams(f"{door}/api/messages", scale=0.1, patience=PATIENCE, limits=Limits()) as teams,
    ):
        given = slack_house.keys(slack) | teams.environment
        (bot,) = premises.replicas(folder, [door], url, given)
        street = {"slack": SlackStreet(slack), "teams": TeamsStreet(teams)}[listens]
        office = {"slack": SlackOffice(slack), "teams": TeamsOffice(teams), "web": WebOffice(bot)}[reviews]
        desk = {"listens": [street.place], "reviews": office.place, "people": office.people}
        sections = {"slack": slack_house.PACE, "teams": teams_house.service(teams)}
        premises.furnish(folder, patience or {}, desk, **sections)
        try:
            await bot.start()
            yield Town(slack, teams, street, office, bot)
        finally:
            await bot.stop()
