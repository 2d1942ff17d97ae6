"""The local workspace: a support channel in the browser, for trying everything without an account anywhere."""

from __future__ import annotations

import asyncio
import contextlib

from bot.channels.base import (
    Deleted,
    Edited,
    Inbox,
    Note,
    NotStored,
    Person,
    Place,
    Rated,
    Receipt,
    Refusal,
    Said,
    Silence,
    Speaker,
    Thread,
)
from bot.channels.card import Card
from bot.channels.wall import NoSuchMessage, NotYours, Post, Wall, WebThread
from bot.phrases import say
from bot.review.model import Release

BOT = Person("web", "countersign", "Countersign")
# Longer than any chat takes, short enough to read.
LIMIT = 4000


class WebChannel:
    """The workspace as a channel. Its cards need no drawing: the page shows every review as it now is."""

    name = "web"
    limit = LIMIT

    def __init__(self, wall: Wall, place: Place, inbox: Inbox) -> None:
        self._wall = wall
        self._place = place
        self._inbox = inbox

    async def run(self) -> None:
        """The page calls. But what was hung up just before the program died has to be told first."""
        with contextlib.suppress(NotStored):
            for post in await self._wall.untold():
                await self._tell(post)
        await asyncio.Event().wait()

    async def show_card(self, place: Place, card: Card, ref: str, look: bool) -> str:
        """The page redraws itself when the bell rings."""
        return ref or card.review

    async def post_note(self, place: Place, key: str, note: Note, look: bool) -> str:
        """Hang it up at the place, once for each key; the page of the seals shows what hangs there."""
        try:
            return (await self._wall.note(place.id, key, BOT, note.text)).ref
        except NotStored as error:
            raise Silence from error

    async def audience(self, place: Place) -> str:
        """Whoever opens the page, always."""
        return ""

    async def send_reply(self, thread: Thread, release: Release) -> str:
        """Hang the words into the thread, once for each release."""
        if len(release.words) > self.limit:
            raise Refusal(say("channel.too_long", limit=self.limit), final=True)
        try:
            post = await self._wall.post(release.key, thread.root, Speaker.BOT, BOT, release.words)
        except NotStored as error:
            raise Silence from error
        if post is None:
            raise Refusal(say("channel.no_thread"), final=True)
        return post.ref

    async def find_reply(self, thread: Thread, release: Release) -> str | None:
        """Look for the words by the release's key."""
        try:
            post = await self._wall.find(release.key)
        except NotStored as error:
            raise Silence from error
        return post.ref if post else None

    # --- what the page calls

    async def say(self, by: Person, root: str, text: str, nonce: str) -> Receipt:
        """A customer writes; without a root it begins a thread. The nonce makes a doubled submission one message.

        Raises `NoSuchMessage`, `NotStored`.
        """
        return await self._post(Speaker.CUSTOMER, by, root, text, nonce)

    async def answer(self, by: Person, root: str, text: str, nonce: str) -> Receipt:
        """A colleague answers by hand."""
        return await self._post(Speaker.STAFF, by, root, text, nonce)

    async def edit(self, by: Person, ref: str, text: str) -> Receipt:
        """The author changes a message. Raises `NoSuchMessage`, `NotYours`, `NotStored`."""
        if (await self._own(by, ref)).deleted:
            raise NoSuchMessage
        post = await self._wall.change(ref, text)
        keys = (f"web:{ref}:edit:{post.edits}",)
        return await self._inbox.receive(
            Edited(thread=self._thread(post), ref=ref, by=by, speaker=post.speaker, at=post.at, keys=keys, text=text)
        )

    async def delete(self, by: Person, ref: str) -> Receipt:
        """The author takes a message back. Raises `NoSuchMessage`, `NotYours`, `NotStored`."""
        await self._own(by, ref)
        post = await self._wall.remove(ref)
        keys = (f"web:{ref}:delete",)
        return await self._inbox.receive(
            Deleted(thread=self._thread(post), ref=ref, by=by, speaker=post.speaker, at=post.at, keys=keys)
        )

    async def rate(self, by: Person, ref: str, thumb: int, *, added: bool) -> Receipt:
        """A customer puts a thumb on a reply or takes it away. Raises `NoSuchMessage`, `NotStored`."""
        post = await self._wall.get(ref)
        if post is None or post.deleted:
            raise NoSuchMessage
        told = {"thread": self._thread(post), "ref": ref, "by": by, "speaker": Speaker.CUSTOMER, "at": post.at}
        return await self._inbox.receive(Rated(**told, keys=(), thumb=thumb, added=added))  # type: ignore[arg-type]

    async def threads(self, limit: int = 30) -> list[WebThread]:
        """The latest threads, newest first."""
        return await self._wall.threads(limit)

    async def _post(self, speaker: Speaker, by: Person, root: str, text: str, nonce: str) -> Receipt:
        post = await self._wall.post(f"{by}:{nonce}", root, speaker, by, text)
        if post is None:
            raise NoSuchMessage
        return await self._tell(post)

    async def _tell(self, post: Post) -> Receipt:
        keys = (f"web:{post.ref}",)
        return await self._inbox.receive(
            Said(
                thread=self._thread(post),
                ref=post.ref,
                by=post.by,
                speaker=post.speaker,
                at=post.at,
                keys=keys,
                text=post.text,
            )
        )

    async def _own(self, by: Person, ref: str) -> Post:
        post = await self._wall.get(ref)
        if post is None:
            raise NoSuchMessage
        if post.by.id != by.id:
            raise NotYours
        return post

    def _thread(self, post: Post) -> Thread:
        return Thread(self._place, post.root or post.ref)
