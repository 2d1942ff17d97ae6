"""A channel with its world around it: what people do there, what they read there, and what may go wrong there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import sqlalchemy as sa

from bot.channels.base import Answer, Channel, Person, Place, Receipt, Speaker
from bot.channels.card import Card, Policy
from bot.drafting.prompts import Template
from bot.review.model import Role
from bot.setting import Desk
from tests.stage.works import PATIENCE, Clock, Works


@dataclass(frozen=True)
class Heard:
    """A message as people in the thread read it."""

    speaker: Speaker
    text: str


class Ground(ABC):
    """Everything a story needs to know about a channel. `works` is the program behind it.

    `hold_back` is for which share of the reviews no draft is made. The refs of messages are the channel's own; a thread is named by the ref of its first message.
    """

    hold_back = 0.0

    def __init__(self, url: sa.URL, support: Place, office: Place, customer: Person, reviewer: Person) -> None:
        self.customer = customer
        self.reviewer = reviewer
        desk = Desk(
            id="support",
            name="Support",
            listens=(support,),
            reviews=office,
            people={str(reviewer): Role.AGENT},
            template=Template("support_reply", 1, ""),
            tone="friendly",
            languages=("en",),
            settle=8.0,
            hold=0.0,
            policy=Policy(),
            hold_back=self.hold_back,
        )
        self.works = Works(url, desk, PATIENCE, Clock())

    @property
    @abstractmethod
    def channel(self) -> Channel:
        """The channel itself."""

    @abstractmethod
    async def says(self, text: str, root: str = "") -> str:
        """The customer writes; without a root it begins a thread. The message's ref."""

    @abstractmethod
    async def says_again(self) -> Receipt:
        """The channel tells once more, in its own way, of the message that was said last."""

    @abstractmethod
    async def answers(self, text: str, root: str) -> None:
        """The reviewer answers by hand in the thread."""

    @abstractmethod
    async def edits(self, ref: str, text: str) -> None:
        """The customer changes a message."""

    @abstractmethod
    async def takes_back(self, ref: str) -> None:
        """The customer deletes a message."""

    @abstractmethod
    async def reacts(self, root: str, *, up: bool = True, added: bool = True, staff: bool = False) -> None:
        """The customer, or the reviewer, puts a thumb on the bot's reply in the thread, or takes it away."""

    @abstractmethod
    async def thread(self, root: str) -> list[Heard]:
        """What people read in the thread, the oldest first; deleted messages are not read."""

    @abstractmethod
    def loses(self, *, landed: bool) -> None:
        """The answer to the next reply is lost; the reply arrives or not."""

    @abstractmethod
    async def drawn(self, root: str) -> list[Card]:
        """The cards that reviewers see for a thread, one for each that hangs there."""

    @abstractmethod
    async def presses(self, card: Card, verb: str, **fields: str) -> Answer:
        """The reviewer presses a button on a card as it was shown."""

    @abstractmethod
    async def notes(self) -> list[str]:
        """What colleagues read where reviews are shown that is no card: the title first, then the lines."""

    @abstractmethod
    async def opens(self) -> None:
        """Begin to listen."""

    async def close(self) -> None:
        """Let go of everything."""
        await self.works.close()

    # --- what stories say of every channel

    async def card(self, root: str) -> Card:
        """The one card of a thread."""
        (card,) = await self.drawn(root)
        return card

    async def replies(self, root: str) -> list[str]:
        """What the bot said in the thread."""
        return [heard.text for heard in await self.thread(root) if heard.speaker is Speaker.BOT]

    async def asked(self, text: str) -> tuple[str, Card]:
        """A message that was drafted for and shown: its ref and its card."""
        root = await self.says(text)
        await self.works.settles()
        return root, await self.card(root)


def seen(card: Card) -> Card:
    """The card without its history, which grows while it is looked at."""
    return replace(card, history=())
