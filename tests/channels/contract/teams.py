"""Microsoft Teams, as strict as the real one: people write and press there, and the channel meets it over real sockets."""

from __future__ import annotations

import asyncio
import html
import socket
import time

import sqlalchemy as sa
import uvicorn

from bot.channels.base import Answer, NotStored, Person, Place, Receipt, Speaker
from bot.channels.card import Card
from bot.channels.payload import Payload, text
from bot.channels.teams.address import AddressBook
from bot.channels.teams.channel import TeamsChannel
from bot.channels.teams.people import Staff
from bot.channels.teams.setup import Setup, TeamsDesk
from bot.store.addresses import Addresses
from tests.channels.contract.ground import Ground, Heard
from tests.channels.contract.slack import Overheard
from tests.doubles.teams import FakeTeams, Limits, Message, Town


class TeamsGround(Ground):
    """A channel of a support team in which Mia of Acme is a guest, and one of a staff team in which Ana reviews."""

    def __init__(self, url: sa.URL) -> None:
        self.town = town = Town()
        self.mia = town.world.user("guest", town.acme, real_name="Mia", guest=True)
        self.ana = town.world.user("agent", real_name="Ana")
        town.support_team.members += [self.mia, self.ana]
        town.staff_team.members.append(self.ana)
        super().__init__(
            url,
            Place("teams", town.support.id),
            Place("teams", town.review.id),
            Person("teams", self.mia.aad, "Mia"),
            Person("teams", self.ana.aad, "Ana"),
        )
        self._door = socket.create_server(("127.0.0.1", 0))
        port = self._door.getsockname()[1]
        bot_url = f"http://127.0.0.1:{port}/api/messages"
        self.teams = FakeTeams(bot_url, scale=0.1, patience=10.0, limits=Limits.none(), town=town)
        self.teams.courier.retries = ()
        self.inbox = Overheard(self.works.desk)

    async def opens(self) -> None:
        """Both servers begin to listen."""
        await self.teams.__aenter__()
        town, app = self.town, self.teams.app
        staff = Staff(frozenset({self.ana.aad}))
        setup = Setup(
            app_id=app.id,
            password=app.secret,
            tenant=app.tenant.id,
            login_url=self.teams.login_url,
            openid_url=self.teams.openid_url,
            graph_url=self.teams.graph_url,
            service_url=self.teams.service_url,
            desks=(TeamsDesk("Support", frozenset({town.support.id}), town.review.id, staff, "none"),),
            link=lambda review: f"https://countersign.example/audit/{review}",
            look_again=0.05,
            clock=time.time,
        )
        book = AddressBook(Addresses(self.works.engine, self.works.clock))
        self._channel = TeamsChannel(setup, self.inbox, book)
        self.works.desk.connect(self._channel)
        self._server = uvicorn.Server(uvicorn.Config(self._channel.door(), log_config=None, lifespan="off"))
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._door]))
        # Teams tells a bot where it was added.
        for team in (town.support_team, town.staff_team):
            await self.teams.admin.install(team)

    async def close(self) -> None:
        """Let go of everything."""
        self._server.should_exit = True
        await self._serving
        await self._channel.close()
        await self.teams.__aexit__(None, None, None)
        await super().close()

    @property
    def channel(self) -> TeamsChannel:
        """The channel itself."""
        return self._channel

    async def says(self, text: str, root: str = "") -> str:
        """As somebody types in Teams."""
        thread = self._message(root) if root else None
        said = await self.teams.act.write(self.mia, self.town.support, text, thread=thread, html=_rich(text))
        return said.id

    async def says_again(self) -> Receipt:
        """Teams did not hear the answer."""
        last = next(told for told in reversed(self.teams.told("message")) if self._is_mias(told.activity))
        told = await self.teams.courier.tried(self.teams.courier.send("activity", last.activity))
        if not told.acknowledged:
            raise NotStored
        return self.inbox.receipts[-1]

    async def answers(self, text: str, root: str) -> None:
        """In the thread, as people do."""
        await self.teams.act.reply(self.ana, self._message(root), text)

    async def edits(self, ref: str, text: str) -> None:
        """From the message's menu."""
        await self.teams.act.edit(self._message(ref), text, html=_rich(text))

    async def takes_back(self, ref: str) -> None:
        """From the message's menu."""
        await self.teams.act.delete(self._message(ref))

    async def reacts(self, root: str, *, up: bool = True, added: bool = True, staff: bool = False) -> None:
        """With one of the six that Teams offers first."""
        bot = self.teams.app.bot
        reply = next(one for one in self.town.support.messages.values() if one.root == root and one.user is bot)
        await self.teams.act.react(self.ana if staff else self.mia, reply, "heart" if up else "angry", added=added)

    async def thread(self, root: str) -> list[Heard]:
        """What Teams shows of it."""
        shown = self.town.support.messages.values()
        return [self._heard(one) for one in shown if one.root == root and not one.deleted]

    def loses(self, *, landed: bool) -> None:
        """The line falls silent."""
        fault = self.teams.faults.lose("connector.send", landed=landed)
        fault.conversation = self.town.support.id

    async def drawn(self, root: str) -> list[Card]:
        """The messages of the review channel, each with the review that it is a card of."""
        cards = [await self.works.desk.card(_review(post)) for post in self.teams.posts(self.town.review)]
        return [card for card in cards if card is not None and card.messages[0].ref == root]

    async def notes(self) -> list[str]:
        """The cards of the review channel without a review."""
        cards = (post.card for post in self.teams.posts(self.town.review))
        bodies = [card["body"] for card in cards if card and "/audit/" not in str(card)]
        return ["\n".join(line["inlines"][0]["text"] for line in body) for body in bodies]

    async def presses(self, card: Card, verb: str, **fields: str) -> Answer:
        """On the card as it was shown, with what is typed into its form."""
        post = next(post for post in self.teams.posts(self.town.review) if card.review in str(post.card))
        data = {"verb": verb, "review": card.review, "version": card.version}
        data |= {f"{verb}_{name}": value for name, value in fields.items()}
        heard, whispers = len(self.inbox.answers), len(self.teams.whispers(self.ana))
        await self.teams.act.press(self.ana, post, verb, data=data)
        if len(self.inbox.answers) > heard:
            return self.inbox.answers[-1]
        return Answer(False, self.teams.whispers(self.ana)[whispers:][-1])

    def _is_mias(self, activity: Payload) -> bool:
        return text(activity, "from", "id") == self.mia.id

    def _message(self, ref: str) -> Message:
        return self.town.support.messages[ref]

    def _heard(self, message: Message) -> Heard:
        if message.user is self.teams.app.bot:
            return Heard(Speaker.BOT, message.text)
        return Heard(Speaker.CUSTOMER if message.user is self.mia else Speaker.STAFF, message.words)


def _review(post: Message) -> str:
    """The review that the buttons of a card carry, or its page."""
    found = str(post.card).partition("/audit/")[2].partition("'")[0]
    assert found
    return found


def _rich(text: str) -> str:
    """What Teams' editor makes of it. What HTML would collapse it keeps as spaces that do not, and a tab in code."""
    if " ".join(text.split()) == text:
        return ""
    return f"<pre>{html.escape(text, quote=False).replace(' ', '&nbsp;')}</pre>"
