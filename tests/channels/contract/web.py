"""The local workspace, on its real wall."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from bot.channels.base import Answer, Click, NotStored, Person, Place, Receipt, Speaker
from bot.channels.card import Card
from bot.channels.wall import Post, WebThread
from bot.channels.web import WebChannel
from bot.store.posts import PostWall, notes_at
from tests.channels.contract.ground import Ground, Heard


class FlakyWall(PostWall):
    """The real wall; one reply's answer can get lost on the way back."""

    lose: bool | None = None

    async def post(self, key: str, root: str, speaker: Speaker, by: Person, text: str) -> Post | None:
        """Hang up a message, and perhaps lose the answer."""
        if speaker is not Speaker.BOT or self.lose is None:
            return await super().post(key, root, speaker, by, text)
        landed, self.lose = self.lose, None
        if landed:
            await super().post(key, root, speaker, by, text)
        raise NotStored


class WebGround(Ground):
    """The page's side of the web channel."""

    def __init__(self, url: sa.URL) -> None:
        super().__init__(
            url,
            Place("web", "support"),
            Place("web", "reviews"),
            Person("web", "mia", "Mia"),
            Person("web", "ana", "Ana"),
        )
        self.wall = FlakyWall(self.works.engine, "support", self.works.clock)
        self.web = WebChannel(self.wall, Place("web", "support"), self.works.desk)
        self.works.desk.connect(self.web)
        self._nonce = 0
        self._again: Callable[[], Awaitable[Receipt]] | None = None

    async def opens(self) -> None:
        """The page calls, so there is nothing to listen to."""

    @property
    def channel(self) -> WebChannel:
        """The channel itself."""
        return self.web

    async def says(self, text: str, root: str = "") -> str:
        """As the page's form does."""
        nonce = self._next()
        self._again = lambda: self.web.say(self.customer, root, text, nonce)
        await self._again()
        return (await self._threads(root))[-1].ref

    async def says_again(self) -> Receipt:
        """The form was sent twice."""
        assert self._again is not None
        return await self._again()

    async def answers(self, text: str, root: str) -> None:
        """As the page's other button does."""
        await self.web.answer(self.reviewer, root, text, self._next())

    async def edits(self, ref: str, text: str) -> None:
        """As the page's pencil does."""
        await self.web.edit(self.customer, ref, text)

    async def takes_back(self, ref: str) -> None:
        """As the page's bin does."""
        await self.web.delete(self.customer, ref)

    async def reacts(self, root: str, *, up: bool = True, added: bool = True, staff: bool = False) -> None:
        """As the page's thumbs do. It offers none to reviewers."""
        reply = next(post for post in await self._threads(root) if post.speaker is Speaker.BOT)
        if not staff:
            await self.web.rate(self.customer, reply.ref, 1 if up else -1, added=added)

    async def thread(self, root: str) -> list[Heard]:
        """As the page shows it."""
        return [Heard(post.speaker, post.text) for post in await self._threads(root) if not post.deleted]

    def loses(self, *, landed: bool) -> None:
        """The wall falls silent."""
        self.wall.lose = landed

    async def drawn(self, root: str) -> list[Card]:
        """The page shows every review as it now is, once there is something to decide."""
        board = await self.works.desk.board()
        return [card for card in board if card.messages[0].ref == root and len(card.history) > 1]

    async def notes(self) -> list[str]:
        """As the page of the seals shows them."""
        place = self.works.setting.reviews
        return [post.text for post in await self.works.engine.read(lambda conn: notes_at(conn, [place.id], 10))]

    async def presses(self, card: Card, verb: str, **fields: str) -> Answer:
        """As the page's button does."""
        return await self.works.desk.act(Click(card.review, card.version, verb, self.reviewer, fields))

    async def _threads(self, root: str) -> tuple[Post, ...]:
        threads: list[WebThread] = await self.web.threads()
        return next(thread.posts for thread in threads if not root or thread.root == root)

    def _next(self) -> str:
        self._nonce += 1
        return f"nonce{self._nonce}"
