"""What Microsoft Graph lets us read: the messages of a thread or channel, and who is in a channel.

Every permission it takes can be given by a team's owner when the app is added (resource-specific consent). Where it was
not, Graph answers 403, and whoever asked goes on without.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from bot.channels.base import Refusal, Silence
from bot.channels.payload import Payload, parts, text
from bot.channels.teams.address import Address
from bot.channels.teams.tokens import GRAPH, Tokens
from bot.channels.teams.wire import Answer, Wire
from bot.log import log
from bot.phrases import say

# The permissions that the manifest asks for. https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/
MESSAGES, MEMBERS = "ChannelMessage.Read.Group", "ChannelMember.Read.Group"
# https://learn.microsoft.com/graph/api/chatmessage-list-replies: at most 50 at a time. In which order is not documented,
# but observed to be by the last change: https://learn.microsoft.com/answers/questions/5558839
_PAGE, _PEOPLE = 50, 999
_PAGES = 40


class Forbidden(Refusal):
    """Graph may not be asked this: `permission` was not given to the app in this team, or the team is not known."""

    def __init__(self, permission: str) -> None:
        super().__init__(say("teams.graph.forbidden", permission=permission), final=True)


class TooLong(Refusal):
    """There is more to read than can be read."""

    def __init__(self) -> None:
        super().__init__(say("teams.graph.too_long"), final=True)


class Graph:
    """Microsoft Graph, read only."""

    def __init__(self, wire: Wire, tokens: Tokens, base: str) -> None:
        self._wire, self._tokens = wire, tokens
        self._base = base.rstrip("/")

    def replies(self, address: Address, channel: str, root: str) -> AsyncIterator[Payload]:
        """The replies below a message, the last changed first. Raises `Refusal` or `Silence`."""
        return self._pages(address, channel, f"messages/{_quoted(root)}/replies?$top={_PAGE}", MESSAGES)

    def posts(self, address: Address, channel: str) -> AsyncIterator[Payload]:
        """The messages that threads of a channel hang from, the last changed first. Raises `Refusal` or `Silence`."""
        return self._pages(address, channel, f"messages?$top={_PAGE}", MESSAGES)

    def members(self, address: Address, channel: str) -> AsyncIterator[Payload]:
        """Everybody in a channel, from whichever tenant. Raises `Refusal` or `Silence`."""
        return self._pages(address, channel, f"allMembers?$top={_PEOPLE}", MEMBERS)

    async def _pages(self, address: Address, channel: str, path: str, permission: str) -> AsyncIterator[Payload]:
        url = self._url(address, channel, f"/{path}", permission)
        for _ in range(_PAGES):
            page = (await self._ask(url, permission)).payload
            if not isinstance(page.get("value"), list):
                # Somebody else's page, with status 200: nothing is absent for what it does not show.
                raise Silence
            for one in parts(page, "value"):
                yield one
            url = text(page, "@odata.nextLink")
            if not url:
                return
            if not url.startswith(f"{self._base}/"):
                # Our token is for Graph alone.
                raise Silence
        raise TooLong

    async def _ask(self, url: str, permission: str) -> Answer:
        """What Graph answers. Raises `Refusal` or `Silence`."""
        answer = await self._wire.ask("GET", url, await self._tokens.headers(GRAPH))
        if 200 <= answer.status < 300:
            return answer
        log.warning("graph_refused", status=answer.status, code=answer.code)
        if answer.status == 401:
            self._tokens.forget(GRAPH)
            raise Refusal(say("teams.graph.refused", code=answer.code or "401"))
        if answer.status == 403:
            raise Forbidden(permission)
        if answer.status == 429:
            raise Refusal(say("teams.error.Throttled"), wait=answer.wait)
        if 400 <= answer.status < 500:
            raise Refusal(say("teams.graph.refused", code=answer.code or str(answer.status)), final=True)
        raise Silence

    def _url(self, address: Address, channel: str, path: str, permission: str) -> str:
        if not address.group:
            raise Forbidden(permission)
        return f"{self._base}/v1.0/teams/{_quoted(address.group)}/channels/{_quoted(channel)}{path}"


def _quoted(part: str) -> str:
    return quote(part, safe="")
