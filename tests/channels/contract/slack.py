"""Slack, as strict as the real one: people write and press there, and the channel meets it over real sockets."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import sqlalchemy as sa
import uvicorn

from bot.channels.base import Answer, Click, Event, Inbox, NotStored, Person, Place, Queue, Receipt, Speaker, Thread
from bot.channels.card import Card
from bot.channels.slack.channel import SlackChannel
from bot.channels.slack.events import NOTE
from bot.channels.slack.office import Setup, SlackDesk
from bot.channels.slack.people import Staff
from bot.channels.slack.words import heard
from bot.channels.standing import Standing
from tests.channels.contract.ground import Ground, Heard
from tests.doubles.slack import FakeSlack, Limits, Message, NotOffered, Town

_MARKS = {"bold": "*", "italic": "_", "strike": "~", "code": "`"}


class Overheard:
    """The desk, with what it last said to the channel."""

    def __init__(self, desk: Inbox) -> None:
        self._desk = desk
        self.prompts, self.pictures = desk.prompts, desk.pictures
        self.receipts: list[Receipt] = []
        self.answers: list[Answer] = []

    async def receive(self, event: Event) -> Receipt:
        self.receipts.append(await self._desk.receive(event))
        return self.receipts[-1]

    async def act(self, click: Click) -> Answer:
        self.answers.append(await self._desk.act(click))
        return self.answers[-1]

    async def check(self, click: Click) -> str:
        return await self._desk.check(click)

    async def card(self, review: str) -> Card | None:
        return await self._desk.card(review)

    async def queue(self, by: Person, limit: int, *, mine: bool = False) -> Queue:
        return await self._desk.queue(by, limit, mine=mine)

    async def story(self, by: Person, about: str | Thread) -> Card | None:
        return await self._desk.story(by, about)

    async def desks(self, by: Person, *, days: bool = False) -> tuple[Standing, ...]:
        return await self._desk.desks(by, days=days)

    async def pause(self, by: Person, desk: str, *, paused: bool) -> Answer:
        return await self._desk.pause(by, desk, paused=paused)

    async def is_called(self, by: Person) -> bool:
        return await self._desk.is_called(by)

    async def be_called(self, by: Person, *, wanted: bool) -> None:
        await self._desk.be_called(by, wanted=wanted)


class SlackGround(Ground):
    """A shared channel in which Mia of Acme writes, and a private one in which Ana reviews."""

    def __init__(self, url: sa.URL) -> None:
        self.town = town = Town()
        self.mia = town.world.user("Mia", town.acme)
        self.ana = town.world.user("Ana")
        town.support.members += [self.mia, self.ana]
        town.review.members.append(self.ana)
        super().__init__(
            url,
            Place("slack", town.support.id),
            Place("slack", town.review.id),
            Person("slack", self.mia.id, "Mia"),
            Person("slack", self.ana.id, "Ana"),
        )
        self._door = socket.create_server(("127.0.0.1", 0))
        port = self._door.getsockname()[1]
        self.slack = FakeSlack(f"http://127.0.0.1:{port}/slack/events", limits=Limits.none(), town=town)
        self.slack.courier.retries = ()
        self.inbox = Overheard(self.works.desk)

    async def opens(self) -> None:
        """Both servers begin to listen."""
        await self.slack.__aenter__()
        town, app = self.town, self.slack.app
        staff = Staff(frozenset({self.ana.id}))
        setup = Setup(
            token=app.bot_token,
            signing_secret=app.signing_secret,
            api_url=self.slack.api_url,
            desks=(SlackDesk("Support", frozenset({town.support.id}), town.review.id, staff, "none"),),
            every=0.0,
            look_again=0.05,
            clock=time.time,
        )
        self._channel = SlackChannel(setup, self.inbox)
        self.works.desk.connect(self._channel)
        config = uvicorn.Config(self._channel.door(), log_config=None, lifespan="off")
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._door]))
        await self._channel._office.introduce()

    async def close(self) -> None:
        """Let go of everything."""
        self._server.should_exit = True
        await self._serving
        await self._channel.close()
        await self.slack.__aexit__(None, None, None)
        await super().close()

    @property
    def channel(self) -> SlackChannel:
        """The channel itself."""
        return self._channel

    async def says(self, text: str, root: str = "") -> str:
        """As somebody types in Slack."""
        thread = self._message(root) if root else None
        return (await self.slack.act.write(self.mia, self.town.support, text, thread=thread)).ts

    async def says_again(self) -> Receipt:
        """Slack did not hear the answer."""
        last = next(told for told in reversed(self.slack.told("message")) if told.event.get("user") == self.mia.id)
        told = await self.slack.courier.tried(self.slack.courier.send("event", last.payload))
        if not told.acknowledged:
            raise NotStored
        return self.inbox.receipts[-1]

    async def answers(self, text: str, root: str) -> None:
        """In the thread, as people do."""
        await self.slack.act.reply(self.ana, self._message(root), text)

    async def edits(self, ref: str, text: str) -> None:
        """From the message's menu."""
        await self.slack.act.edit(self._message(ref), text)

    async def takes_back(self, ref: str) -> None:
        """From the message's menu."""
        await self.slack.act.delete(self._message(ref))

    async def reacts(self, root: str, *, up: bool = True, added: bool = True, staff: bool = False) -> None:
        """With an emoji."""
        bot = self.slack.app.bot
        reply = next(one for one in self.town.support.messages.values() if one.thread_ts == root and one.user is bot)
        name = "+1::skin-tone-4" if up else "thumbsdown"
        await self.slack.act.react(self.ana if staff else self.mia, reply, name, added=added)

    async def thread(self, root: str) -> list[Heard]:
        """What Slack shows of it; marked words are written with their marks."""
        shown = self.town.support.messages.values()
        return [self._heard(one) for one in shown if root in (one.ts, one.thread_ts) and not one.deleted]

    def loses(self, *, landed: bool) -> None:
        """The line falls silent, and the event that would have been a witness does not come either."""
        self.slack.app.events.discard("message.channels")
        self.slack.faults.lose("chat.postMessage", landed=landed, channel=self.town.support.id)

    async def drawn(self, root: str) -> list[Card]:
        """The messages of the review channel, each with the review that it is a card of."""
        reviews = [(post.metadata or {})["event_payload"]["review"] for post in self.slack.posts(self.town.review)]
        cards = [await self.works.desk.card(review) for review in reviews]
        return [card for card in cards if card is not None and card.messages[0].ref == root]

    async def notes(self) -> list[str]:
        """The messages of the review channel that are marked so."""
        posts = self.slack.posts(self.town.review)
        return [_note(post) for post in posts if (post.metadata or {}).get("event_type") == NOTE]

    async def presses(self, card: Card, verb: str, **fields: str) -> Answer:
        """On the card as it was shown, with what is typed into its form."""
        post = next(post for post in self.slack.posts(self.town.review) if card.review in str(post.metadata))
        value = f"{card.review}:{card.version}"
        told = len(self.slack.whispers(self.ana))
        name = f"{'ask' if fields else 'decide'}.{verb}"
        await self.slack.act.press(self.ana, post, name, value=value, trusting=True)
        if fields:
            await self.slack.until(lambda: self.slack.modal(self.ana) or len(self.slack.whispers(self.ana)) > told)
            if self.slack.modal(self.ana) is None:
                return Answer(False, self.slack.whispers(self.ana)[-1].text)
            try:
                await self.slack.act.submit(self.ana, fields)
            except NotOffered:
                # Slack's own box takes no more; whoever gets past it is refused by the desk.
                return await self.works.desk.act(Click(card.review, card.version, verb, self.reviewer, fields))
        return self.inbox.answers[-1]

    def _message(self, ref: str) -> Message:
        return self.town.support.messages[ref]

    def _heard(self, message: Message) -> Heard:
        if message.user is self.slack.app.bot:
            return Heard(Speaker.BOT, _written(message.blocks[0]["elements"]))
        return Heard(Speaker.CUSTOMER if message.user is self.mia else Speaker.STAFF, heard(message.text))


def _note(post: Message) -> str:
    header, *sections = post.blocks
    parts = [one for section in sections for element in section["elements"] for one in element["elements"]]
    lines = "".join(one["text"] for one in parts if one["type"] == "text")
    return "\n".join([header["text"]["text"], *lines.splitlines()])


def _written(elements: list[dict[str, Any]]) -> str:
    """Rich text with the marks it was made from."""
    return "\n".join(_line(element["elements"]) for element in elements)


def _line(elements: list[dict[str, Any]]) -> str:
    said = ""
    for before, one, after in zip([{}, *elements], elements, [*elements[1:], {}], strict=False):
        text = one.get("text") or one["url"]
        if one["type"] == "text" and text == " (" and after.get("type") == "link":
            said = said.removesuffix(before["text"]) + f"[{before['text']}]("
        else:
            mark = next((_MARKS[style] for style in one.get("style", {})), "")
            said += f"{mark}{text}{mark}"
    return said
