"""A whole desk on a stage: customers, colleagues, reviewers and workers, one step at a time, at the time the test says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import sqlalchemy as sa

from bot.channels.base import (
    Answer,
    Click,
    Deleted,
    Edited,
    Event,
    Message,
    Person,
    Receipt,
    Said,
    Seen,
    Speaker,
    Thread,
)
from bot.channels.card import Card, Policy
from bot.discretion import Secrets
from bot.drafting.prompts import Template
from bot.review.model import Role
from bot.setting import Desk, Patience
from bot.store import audit, conversations
from bot.store.verify import Findings
from tests.stage.channel import NAME, OFFICE, SUPPORT, Reply, ScriptedChannel, blind, silent
from tests.stage.works import PATIENCE, Clock, Works

__all__ = ["ANA", "BOT", "DESK", "GUEST", "JON", "LEA", "LEO", "MIA", "PATIENCE", "Clock", "Stage", "desk", "staged"]

MIA = Person(NAME, "mia", "Mia")
JON = Person(NAME, "jon", "Jon")
ANA = Person(NAME, "ana", "Ana")
LEO = Person(NAME, "leo", "Leo")
LEA = Person(NAME, "lea", "Lea")
GUEST = Person(NAME, "guest", "Guest")
BOT = Person(NAME, "bot", "Countersign")

DESK = Desk(
    id="support",
    name="Support",
    listens=(SUPPORT,),
    reviews=OFFICE,
    people={str(ANA): Role.AGENT, str(LEO): Role.AGENT, str(LEA): Role.LEAD},
    template=Template("support_reply", 1, ""),
    tone="friendly",
    languages=("en",),
    settle=8.0,
    hold=0.0,
    policy=Policy(leads=(str(LEA),)),
)


class Stage(Works):
    """One process of the program. Several can share a database, a world and a clock.

    `root` is the thread's first message; where it is left out, it is thread `1`.
    """

    def __init__(
        self,
        url: sa.URL,
        *,
        desk: Desk = DESK,
        patience: Patience = PATIENCE,
        channel: ScriptedChannel | None = None,
        clock: Clock | None = None,
        name: str = "a",
        secrets: Secrets | None = None,
    ) -> None:
        super().__init__(url, desk, patience, clock or Clock(), name, secrets)
        self.channel = channel or ScriptedChannel()
        self.desk.connect(self.channel)
        self._name = name
        self._numbers = count(1)

    # --- what happens in the thread

    async def says(self, text: str, root: str = "1", *, ref: str = "", by: Person = MIA, **more: Any) -> Receipt:
        """A customer writes. The first message of a thread has its root for a reference."""
        return await self.tell(self.said(text, root, ref=ref, by=by, **more))

    async def edits(self, text: str, ref: str = "1", root: str = "1", *, by: Person = MIA) -> Receipt:
        """The author changes a message."""
        return await self.tell(Edited(ref=ref, text=text, **self._about(root, by)))

    async def takes_back(self, ref: str = "1", root: str = "1", *, by: Person = MIA) -> Receipt:
        """The author deletes a message."""
        return await self.tell(Deleted(ref=ref, **self._about(root, by)))

    async def answers(self, text: str, root: str = "1", *, ref: str = "", by: Person = ANA) -> Receipt:
        """A colleague answers by hand."""
        return await self.says(text, root, ref=ref, by=by)

    async def echoes(self, reply: Reply) -> Receipt:
        """The channel tells of the bot's own post."""
        told = self._about(reply.thread.root, BOT)
        return await self.tell(Seen(ref=reply.ref, key=reply.key, **told))

    async def tell(self, event: Event) -> Receipt:
        """The channel tells what happened."""
        return await self.desk.receive(event)

    def said(self, text: str, root: str = "1", *, ref: str = "", by: Person = MIA, **more: Any) -> Said:
        """A new message, not told yet."""
        return Said(ref=ref or f"{root}.{next(self._numbers)}{self._name}", text=text, **(self._about(root, by) | more))

    def _about(self, root: str, by: Person) -> dict[str, Any]:
        speaker = Speaker.CUSTOMER if by in (MIA, JON) else Speaker.BOT if by == BOT else Speaker.STAFF
        keys = (f"event-{self._name}-{next(self._numbers)}",)
        return {"thread": Thread(SUPPORT, root), "by": by, "speaker": speaker, "at": self.clock(), "keys": keys}

    # --- what reviewers do

    async def presses(
        self, verb: str, root: str = "1", *, by: Person = ANA, seen: Card | None = None, **fields: str
    ) -> Answer:
        """Press a button, on the card as it is now or as it was `seen`."""
        card = seen or await self.card(root)
        return await self.desk.act(Click(card.review, card.version, verb, by, fields))

    # --- how it gets there

    async def in_review(self, text: str = "Where is my parcel?", root: str = "1") -> Card:
        """A message, drafted and on show; its card."""
        await self.says(text, root, ref=root)
        await self.settles()
        return await self.card(root)

    async def released(self, root: str = "1") -> Card:
        """A draft that was approved and has not departed."""
        await self.in_review(root=root)
        assert (await self.presses("approve", root)).done
        return await self.card(root)

    async def stuck(self, root: str = "1") -> Card:
        """A reply of which nobody can say whether it arrived."""
        await self.released(root)
        self.channel.sending.append(silent(landed=False))
        self.channel.looking.append(blind())
        await self.works()
        self.clock.move(PATIENCE.send_lease)
        await self.works()
        return await self.card(root)

    # --- what can be seen

    async def card(self, root: str = "1") -> Card:
        """The card of a thread's newest review as it is now."""
        card = await self.desk.card((await self.review(root)).id)
        assert card is not None
        return card

    def shown(self, root: str = "1") -> list[Card]:
        """What hangs in the review place for a thread, one drawing for each card, the oldest first."""
        hanging = [drawn[-1] for drawn in self.channel.world.cards.values()]
        return [card for card in hanging if card.messages and card.messages[0].ref.split(".")[0] == root]

    def replies(self, root: str = "1") -> list[str]:
        """What the customer has read of the bot."""
        return [reply.words for reply in self.channel.world.replies if reply.thread.root == root]

    async def messages(self, root: str = "1") -> list[Message]:
        """The conversation as the store has it."""
        review = await self.review(root)
        found = await self.engine.read(lambda conn: conversations.as_it_reads(conn, review.conversation))
        return list(found[review.conversation])

    async def steps(self, root: str = "1") -> list[str]:
        """The names of the steps of a thread's newest review."""
        review = await self.review(root)
        entries = await self.engine.read(lambda conn: audit.entries(conn, review.id))
        return [type(entry.line.action).__name__ for entry in entries[review.id]]

    async def verified(self) -> Findings:
        """As `Works.verified`; and the channel was called as channels may be."""
        assert self.channel.world.wrongs == []
        return await super().verified()


@asynccontextmanager
async def staged(url: sa.URL, **more: Any) -> AsyncIterator[Stage]:
    """A stage whose record is verified, and which is closed, afterwards."""
    stage = Stage(url, **more)
    try:
        yield stage
        await stage.verified()
    finally:
        await stage.close()


def desk(**values: Any) -> Desk:
    """The stage's desk with something else about it."""
    return replace(DESK, **values)
