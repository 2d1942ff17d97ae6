"""Posting a message once, and finding one again by the mark it carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.channels.base import CannotLook, NotStored, Silence, Thread
from bot.channels.card import Card
from bot.channels.slack.events import CARD, NOTE, is_own
from bot.channels.slack.office import Office
from bot.channels.slack.payload import Payload, parts, text
from bot.phrases import say

# Slack gives 15 at a time to apps that are sold outside its Marketplace, whatever is asked for, and up to 999 to others.
_PAGE, _PAGES = 200, 20
# How far the clocks of Slack and of this machine may differ (seconds). Beyond five minutes no signature would count.
_SKEW = 600.0
# A note that landed unseen is looked for again within so many seconds, or not at all.
_NOTED = 86_400.0


class Posts:
    """Messages of ours, written and looked for."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def post(self, message: dict[str, Any]) -> str:
        """Post once and return the message's `ts`. Raises `Refusal` or `Silence`."""
        answer = await self._office.client.tell("chat.postMessage", **message, unfurl_links=False, unfurl_media=False)
        ref = text(answer, "ts")
        if not ref:
            raise Silence
        return ref

    async def opened_at(self, review: str) -> float:
        """When the review was opened (unix seconds), before which none of its posts can be. Raises `Silence`."""
        try:
            card = await self._office.inbox.card(review)
        except NotStored as error:
            raise Silence from error
        return card.opened_at if card else 0.0

    async def find(self, thread: Thread, since: float, fits: Callable[[Payload], bool]) -> str:
        """The `ts` of the post in the thread that fits, empty without one. `since` is in unix seconds.

        Raises `CannotLook`, `Refusal`, `Silence`. Replies come oldest first, so `oldest` saves most of the pages.
        """
        where = {"channel": thread.place.id, "ts": thread.root}
        return await self._search("conversations.replies", since, fits, **where)

    async def find_card(self, channel: str, card: Card) -> str:
        """The `ts` of a card of this review that landed without our hearing of it; empty without one.

        Raises `Refusal` or `Silence`.
        """

        def fits(post: Payload) -> bool:
            marked = text(post, "metadata", "event_type") == CARD and is_own(post, self._office.us)
            return marked and text(post, "metadata", "event_payload", "review") == card.review

        try:
            return await self._search("conversations.history", card.opened_at, fits, channel=channel)
        except CannotLook:
            return ""  # two cards are better than none

    async def find_note(self, channel: str, key: str, now: float) -> str:
        """The `ts` of a note of the last day with this key; empty without one. Raises `Refusal` or `Silence`."""

        def fits(post: Payload) -> bool:
            marked = text(post, "metadata", "event_type") == NOTE and is_own(post, self._office.us)
            return marked and text(post, "metadata", "event_payload", "key") == key

        try:
            return await self._search("conversations.history", now - _NOTED, fits, channel=channel)
        except CannotLook:
            return ""  # two notes are better than none

    async def _search(self, method: str, since: float, fits: Callable[[Payload], bool], **where: Any) -> str:
        # Whoever does not know who they are recognises nothing as theirs, and would speak a second time.
        await self._office.acquainted()
        cursor: str | None = None
        oldest = f"{max(since - _SKEW, 0.0):.6f}"
        for _ in range(_PAGES):
            page = await self._office.client.ask(
                method, **where, oldest=oldest, limit=_PAGE, include_all_metadata=True, cursor=cursor
            )
            for post in parts(page, "messages"):
                if fits(post):
                    return text(post, "ts")
            cursor = text(page, "response_metadata", "next_cursor")
            if not cursor:
                return ""
        raise CannotLook(say("slack.look.too_long"))
