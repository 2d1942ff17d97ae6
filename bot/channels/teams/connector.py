"""The only room that knows the Bot Framework's SDK: activities go out once each, and every failure has a name.

The SDK would open a connection and ask for a token for every post, send again by itself, and hold the whole program up
while it does. So its client is kept, one for each address of the connector, and speaks through our own wire.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from botframework.connector.aio import ConnectorClient
from msrest import Serializer
from msrest.exceptions import ClientException
from msrest.pipeline import Request, Response
from msrest.pipeline.async_abc import AsyncHTTPSender, AsyncPipeline
from msrest.pipeline.universal import RawDeserializer
from msrest.universal_http import ClientResponse

from bot.channels.base import Refusal, Silence
from bot.channels.payload import Payload, parts, text
from bot.channels.teams.address import Address
from bot.channels.teams.tokens import CONNECTOR, Tokens
from bot.channels.teams.wire import Answer, Wire
from bot.log import log
from bot.phrases import say

# Whether a post with such an answer was taken is anybody's guess, although Microsoft says that 412, 502 and 504 "must
# be retried": https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
_UNSURE = frozenset({408, 412})
# Somebody has to change something before it is of use to try again.
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages
_FINAL = frozenset({400, 403, 404, 413})
# What people read has a sentence of its own in the phrases; the rest is named by Microsoft's own word for it.
_SAID = frozenset(
    {"BotDisabledByAdmin", "BotNotInConversationRoster", "BotNotRegistered", "ConversationBlockedByUser"}
    | {"ConversationNotFound", "ActivityNotFoundInConversation", "ForbiddenOperationException"}
    | {"InvalidBotApiHost", "MessageSizeTooBig", "MessageWritesBlocked", "NotEnoughPermissions", "Throttled"}
)
# A card that is there can be "not found" at random, and is found the next time (MicrosoftDocs/msteams-docs#6139).
GONE = "ActivityNotFoundInConversation"
# The app is not in a channel, or there is none of this id.
ABSENT = frozenset({"BotNotInConversationRoster", "ConversationNotFound"})
_BY_STATUS = {401: "BotNotRegistered", 413: "MessageSizeTooBig", 429: "Throttled"}
# The roster comes in pages of at most so many people.
_PAGE, _PAGES = 500, 20
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class TeamsRefusal(Refusal):
    """The connector answered that it did not do it. `code` is its word for why, as in `MessageWritesBlocked`."""

    def __init__(self, status: int, code: str, *, wait: float = 0.0) -> None:
        code = code if code in _SAID else _BY_STATUS.get(status, code) or str(status)
        reason = say(f"teams.error.{code}") if code in _SAID else say("teams.trouble.other", code=code)
        super().__init__(reason, final=status in _FINAL and code != GONE, wait=wait)
        self.status, self.code = status, code


class Connector:
    """The Bot Connector. A conversation is a channel's id, or a thread's: `19:…@thread.tacv2;messageid=1790000000000`."""

    def __init__(self, wire: Wire, tokens: Tokens, app: str) -> None:
        self._sender = _Sender(wire, tokens)
        self._us = {"id": f"28:{app}"}
        self._clients: dict[str, ConnectorClient] = {}

    async def post(self, address: Address, conversation: str, activity: dict[str, Any]) -> str:
        """Post once and return the message's id. Raises `Refusal` or `Silence`.

        An answer without an id (the connector gives 202, or 201 with nothing in it) is silence too: it may well have been
        taken, but only whoever finds the message knows.
        """
        client = self._client(address)
        answer = await _meant(client.conversations.send_to_conversation(conversation, self._from_us(activity)))
        if not answer.id:
            raise Silence
        return str(answer.id)

    async def replace(self, address: Address, conversation: str, ref: str, activity: dict[str, Any]) -> None:
        """Change a message of ours; doing so twice changes nothing more. Raises `Refusal` or `Silence`."""
        client, changed = self._client(address), self._from_us(activity) | {"id": ref}
        await _meant(client.conversations.update_activity(conversation, ref, changed))

    async def remove(self, address: Address, conversation: str, ref: str) -> None:
        """Delete a message of ours. Raises `Refusal` or `Silence`."""
        await _meant(self._client(address).conversations.delete_activity(conversation, ref))

    async def member(self, address: Address, conversation: str, person: str) -> Payload:
        """Somebody in a conversation, by their id there or their object id. Raises `Refusal` or `Silence`."""
        return await self._read(address, f"conversations/{_quoted(conversation)}/members/{_quoted(person)}")

    async def members(self, address: Address, conversation: str) -> list[Payload]:
        """Everybody in a conversation, page by page: the roster as a whole may be asked for five times a minute.

        Raises `Refusal` or `Silence`.
        """
        found: list[Payload] = []
        path = f"conversations/{_quoted(conversation)}/pagedmembers?pageSize={_PAGE}"
        after = ""
        for _ in range(_PAGES):
            page = await self._read(address, path + (f"&continuationToken={_quoted(after)}" if after else ""))
            found += parts(page, "members")
            if not (after := text(page, "continuationToken")):
                break
        return found

    async def group(self, address: Address) -> str:
        """What Graph calls the team; empty when the connector does not say. Raises `Refusal` or `Silence`."""
        return text(await self._read(address, f"teams/{_quoted(address.team)}"), "aadGroupId")

    async def channels(self, address: Address) -> tuple[Payload, ...]:
        """The channels of a team that a bot may see. Raises `Refusal` or `Silence`."""
        return parts(await self._read(address, f"teams/{_quoted(address.team)}/conversations"), "conversations")

    async def _read(self, address: Address, path: str) -> Payload:
        return (await self._sender.ask("GET", f"{address.service_url.rstrip('/')}/v3/{path}")).payload

    def _from_us(self, activity: dict[str, Any]) -> dict[str, Any]:
        return {"type": "message", "from": self._us, **activity}

    def _client(self, address: Address) -> ConnectorClient:
        """Making one costs 3 ms, more than all the posts of a review."""
        client = self._clients.get(address.service_url)
        if client is None:
            client = ConnectorClient(
                self._us, address.service_url, pipeline_type=lambda _: AsyncPipeline([], self._sender)
            )
            client.conversations._serialize = _Unchanged()  # noqa: SLF001  the SDK offers no other way
            self._clients[address.service_url] = client
        return client


class _Unchanged(Serializer):
    """Bodies go out as they were made: the SDK would copy a card value by value, which costs more than sending it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def body(self, data: Any, data_type: str, **kwargs: Any) -> Any:
        """The body itself."""
        return data


class _Sender(AsyncHTTPSender[Any, Any]):
    """The end of the SDK's pipeline: one request on our own wire, and whatever is no success has a name from here on."""

    def __init__(self, wire: Wire, tokens: Tokens) -> None:
        self._wire, self._tokens = wire, tokens

    async def send(self, request: Request[Any], **config: Any) -> Response[Any, Any]:
        """What the SDK asks for. Raises `Refusal` or `Silence`."""
        asked = request.http_request
        answer = await self.ask(asked.method, asked.url, dict(asked.headers), asked.data)
        response = ClientResponse(asked, answer)
        response.status_code = answer.status
        return Response(request, response, {RawDeserializer.CONTEXT_NAME: answer.payload})

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] = _NO_HEADERS, body: bytes | str | None = None
    ) -> Answer:
        """One request and its answer, which is a success. Raises `Refusal` or `Silence`."""
        answer = await self._wire.ask(method, url, {**headers, **await self._tokens.headers(CONNECTOR)}, body)
        if 200 <= answer.status < 300:
            return answer
        if answer.status == 401:
            self._tokens.forget(CONNECTOR)
        log.warning("teams_refused", method=method, status=answer.status, code=answer.code)
        if answer.status in _UNSURE or not 400 <= answer.status < 500:
            raise Silence
        raise TeamsRefusal(answer.status, answer.code, wait=answer.wait if answer.status == 429 else 0.0)

    async def __aexit__(self, *exc_details: object) -> None:
        """Nothing to let go of: the wire is closed by whoever opened it."""


async def _meant(call: Awaitable[Any]) -> Any:
    """What the SDK reads in a success. Raises `Silence` when it can make nothing of it."""
    try:
        return await call
    except (ClientException, AttributeError, TypeError, ValueError) as error:
        log.warning("teams_unreadable", error=type(error).__name__)
        raise Silence from error


def conversation(channel: str, root: str) -> str:
    """The thread that hangs from a message. Without the message's id a post would open a thread of its own."""
    return f"{channel};messageid={root}"


def _quoted(part: str) -> str:
    return quote(part, safe="")
