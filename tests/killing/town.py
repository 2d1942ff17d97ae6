"""A channel into the world, with a point before, within and after every call, and with people who play a story there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bot.channels.base import (
    CannotLook,
    Click,
    Deleted,
    Inbox,
    Note,
    Person,
    Place,
    Refusal,
    Said,
    Seen,
    Silence,
    Speaker,
    Thread,
)
from bot.channels.card import Card
from bot.review.model import CLOSED, Release, State
from tests.killing.death import Death
from tests.killing.stories import Deletes, Presses, Says, Story
from tests.killing.troubles import Once, Trouble
from tests.killing.world import World

SUPPORT = Place("town", "support")
OFFICE = Place("town", "office")
ANA = Person("town", "ana", "Ana")
MIA = Person("town", "mia", "Mia")
BOT = Person("town", "bot", "Countersign")
_OVER = {state.value for state in (*CLOSED, State.STUCK)}
_UNSEEN = {Trouble.LANDED, Trouble.HAZY, Trouble.BLIND}


class Town:
    """A chat service. It sends an event again until it is acknowledged, as Slack does."""

    name = "town"
    limit = 4000

    def __init__(self, world: World, root: str, inbox: Inbox, story: Story, trouble: Trouble, death: Death) -> None:
        self._world = world
        self._inbox = inbox
        self._thread = Thread(SUPPORT, root)
        self._story = story
        self._trouble = trouble
        self._first = Once()
        self._death = death
        self._news = asyncio.Event()
        self._meanwhile: Says | None = None
        self._pressed: set[tuple[str, int]] = set()
        self.played = asyncio.Event()

    # --- what the desk calls

    async def show_card(self, place: Place, card: Card, ref: str, look: bool) -> str:
        """See `Channel.show_card`."""
        self._death.passes("show_card, asked")
        await asyncio.sleep(0)
        trouble = self._trouble if self._first("show_card") else Trouble.NONE
        self._may_fail(trouble)
        if look and not ref:
            ref = next((str(fact["ref"]) for fact in self._world.all("card", review=card.review, message="")), "")
        verbs = [button.verb for button in card.buttons]
        values = {"review": card.review, "version": card.version, "state": card.state.value, "verbs": verbs}
        made = self._world.happens("card", message=ref, **values)
        self._news.set()
        self._death.passes("show_card, landed")
        await asyncio.sleep(0)
        self._answer("show_card", trouble)
        return ref or made

    async def post_note(self, place: Place, key: str, note: Note, look: bool) -> str:
        """See `Channel.post_note`."""
        return self._world.happens("note", key=key, title=note.title)

    async def audience(self, place: Place) -> str:
        """See `Channel.audience`."""
        return "public"

    async def send_reply(self, thread: Thread, release: Release) -> str:
        """See `Channel.send_reply`."""
        self._death.passes("send_reply, asked")
        if self._meanwhile is not None:
            await self._tell(self._meanwhile)
            self._meanwhile = None
            self._news.set()
        trouble = self._trouble if self._first("send_reply") else Trouble.NONE
        self._may_fail(trouble)
        made = self._world.happens("reply", thread=thread.root, key=release.key, words=release.words)
        self._death.passes("send_reply, landed")
        await self._echo({"ref": made, "key": release.key})
        self._answer("send_reply", trouble)
        return made

    async def find_reply(self, thread: Thread, release: Release) -> str | None:
        """See `Channel.find_reply`."""
        self._death.passes("find_reply, asked")
        await asyncio.sleep(0)
        if self._trouble is Trouble.BLIND:
            raise CannotLook("The town keeps no archive.")
        if self._trouble is Trouble.HAZY and self._first("find_reply"):
            raise Silence
        found = next((str(fact["ref"]) for fact in self._world.all("reply", key=release.key)), None)
        self._death.passes("find_reply, found" if found else "find_reply, not found")
        return found

    def _may_fail(self, trouble: Trouble) -> None:
        if trouble is Trouble.REFUSED:
            raise Refusal("The town is busy.")
        if trouble is Trouble.VANISHED:
            raise Silence

    def _answer(self, call: str, trouble: Trouble) -> None:
        if trouble in _UNSEEN:
            raise Silence
        self._death.passes(f"{call}, answered")

    # --- what people do

    async def run(self) -> None:
        """Play the story from where the world knows it to be, then approve whatever asks for it, until cancelled."""
        for fact in list(self._world.all("reply")):
            await self._echo(fact)
        for number, step in enumerate(self._story.steps):
            if not self._world.has("done", step=number):
                match step:
                    case Presses():
                        await self._press(step)
                    case Says() | Deletes():
                        await self._happen(step)
                self._world.happens("done", step=number)
        self.played.set()
        while True:
            await self._press(Presses("approve"), to_the_end=False)

    async def _happen(self, step: Says | Deletes) -> None:
        if step.shown:
            await self._card(lambda card: _asks(card) or card["state"] in _OVER)
        if isinstance(step, Says) and step.sending:
            self._meanwhile = step
            # A second review means that the first is over, told or not.
            await self._card(lambda card: self._told(step) or card["state"] in _OVER or self._reviews() > 1)
            if self._told(step):
                return
            self._meanwhile = None
        await self._tell(step)

    async def _tell(self, step: Says | Deletes) -> None:
        """Until it is acknowledged; the second time it is a duplicate."""
        root = self._thread.root
        keys = (f"{root}-{step.ref}-{type(step).__name__}",)
        place: dict[str, Any] = {"thread": self._thread, "ref": f"{root}-{step.ref}", "at": 0.0, "keys": keys}
        event: Said | Deleted
        if isinstance(step, Says):
            by = MIA if step.speaker is Speaker.CUSTOMER else ANA
            event = Said(by=by, speaker=step.speaker, text=step.text, **place)
        else:
            event = Deleted(by=MIA, speaker=Speaker.CUSTOMER, **place)
        await self._inbox.receive(event)
        self._death.passes("an event, acknowledged")

    async def _press(self, step: Presses, *, to_the_end: bool = True) -> None:
        """Press until it counts. Whoever is offered no words writes some; whoever is refused waits for the next card, and
        whoever finds the review snoozed brings it back."""

        def fits(card: dict[str, Any]) -> bool:
            return (_asks(card) and _name(card) not in self._pressed) or (to_the_end and card["state"] in _OVER)

        while True:
            card = await self._card(fits)
            if card["state"] in _OVER:
                return
            self._pressed.add(_name(card))
            verb = next(verb for verb in (step.verb, "edit", "wake") if verb in card["verbs"])
            fields = {"words": "Sorry, we are looking for it."} | step.fields
            answer = await self._inbox.act(Click(card["review"], card["version"], verb, ANA, fields))
            self._death.passes("a click, answered")
            if answer.done:
                return

    async def _card(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The newest card, as soon as it fits."""
        while True:
            self._news.clear()
            newest = max(self._world.all("card"), key=_name, default=None)
            if newest is not None and fits(newest):
                return newest
            await self._news.wait()

    def _told(self, step: Says) -> bool:
        return self._meanwhile is not step

    def _reviews(self) -> int:
        return len({card["review"] for card in self._world.all("card")})

    async def _echo(self, reply: dict[str, Any]) -> None:
        if self._story.echoes:
            place: dict[str, Any] = {"thread": self._thread, "at": 0.0, "keys": ()}
            await self._inbox.receive(Seen(ref=reply["ref"], by=BOT, speaker=Speaker.BOT, key=reply["key"], **place))
            self._death.passes("an echo, heard")


def _asks(card: dict[str, Any]) -> bool:
    return "reject" in card["verbs"] or "wake" in card["verbs"]


def _name(card: dict[str, Any]) -> tuple[str, int]:
    return card["review"], card["version"]
