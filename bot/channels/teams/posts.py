"""Finding a message of ours again after its answer was lost: Graph shows who wrote what, and when.

A message in Graph (`chatMessage`) has no room for a key of ours: what an activity carries in `channelData` and
`entities` is not among its properties (https://learn.microsoft.com/graph/api/resources/chatmessage). So a card is known
by the review's id in its own content, and a reply by who wrote it, its words, its time, and by being none of those whose
ids we have.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.channels.base import CannotLook, NotStored, Silence, Speaker, Thread
from bot.channels.card import Card
from bot.channels.payload import Payload, part, parts, text
from bot.channels.teams.activities import seconds
from bot.channels.teams.office import Office
from bot.channels.teams.words import letters, letters_of
from bot.phrases import say
from bot.review.model import Release

# How far Microsoft's clocks and ours may differ (seconds).
_SKEW = 300.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reply that is looked for: its letters, the earliest time it can have (unix seconds), and which messages it is
    not."""

    letters: str
    since: float
    known: frozenset[str]


class Posts:
    """Messages of ours, looked for."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def wanted(self, release: Release) -> Wanted:
        """What the reply of a release looks like. Raises `Silence`.

        The same words may have been sent before in the same thread; those have an id that is known.
        """
        try:
            card = await self._office.inbox.card(release.review)
        except NotStored as error:
            raise Silence from error
        if card is None:
            return Wanted(letters(release.words), 0.0, frozenset())
        released = next((step.at for step in card.history if step.version == release.version), card.opened_at)
        known = frozenset(message.ref for message in card.messages if message.speaker is Speaker.BOT)
        return Wanted(letters(release.words), released - _SKEW, known)

    async def find(self, thread: Thread, wanted: Wanted) -> str:
        """The id of the reply in its thread, empty without one. Raises `CannotLook`, `Refusal` or `Silence`."""
        address = await self._office.whereabouts.in_graph(thread.place.id)
        deleted = False
        async for post in self._ours(self._office.graph.replies(address, thread.place.id, thread.root), wanted.since):
            if text(post, "id") in wanted.known:
                continue
            if text(post, "deletedDateTime"):
                deleted = True
            elif letters_of(part(post, "body")).startswith(wanted.letters):
                return text(post, "id")
        if deleted:
            # Whose words are gone cannot be compared, and a reply is not said twice because somebody took it back.
            raise CannotLook(say("teams.look.deleted"))
        return ""

    async def find_card(self, channel: str, card: Card) -> str:
        """The id of a card of this review that landed without our hearing of it; empty without one.

        Raises `Refusal` or `Silence`.
        """
        return await self.find_mark(channel, card.review, card.opened_at)

    async def find_mark(self, channel: str, mark: str, since: float) -> str:
        """The id of a card of ours that has this for a value somewhere in it, not older than `since` (unix seconds).

        Empty without one. Raises `Refusal` or `Silence`.
        """
        address = await self._office.whereabouts.in_graph(channel)
        async for post in self._ours(self._office.graph.posts(address, channel), since - _SKEW):
            if any(f'"{mark}"' in text(one, "content") for one in parts(post, "attachments")):
                return text(post, "id")
        return ""

    async def _ours(self, posts: AsyncIterator[Payload], since: float) -> AsyncIterator[Payload]:
        """What our app wrote since then. The last to change comes first, so that the rest need not be read.

        Somebody who reacts to an old message changes it too. A time that cannot be read ends nothing.
        """
        async for post in posts:
            changed, written = (seconds(text(post, f"{what}DateTime")) for what in ("lastModified", "created"))
            if 0.0 < changed < since:
                return
            ours = text(post, "from", "application", "id").casefold() == self._office.setup.app_id.casefold()
            if ours and not 0.0 < written < since:
                yield post
