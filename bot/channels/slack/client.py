"""The only room that speaks to Slack's Web API: one session, no retries of the SDK's own, every failure with a name.

slack_sdk sends again by itself when a connection drops after Slack has taken the message, and the customer reads it
twice. So its retry handlers are off, and what failed is told apart here, once, for everybody.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.channels.base import Refusal, Silence
from bot.channels.slack.payload import NOTHING, Payload
from bot.log import log
from bot.phrases import say

# Shorter than the desk's patience with one sending, so that a slow answer is told from a slow desk (seconds).
TIMEOUT = 8.0
# Trying again by itself is of no use: somebody has to change something first.
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
FINAL = frozenset(
    {"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "restricted_action_read_only_channel"}
    | {"restricted_action_thread_locked", "restricted_action_non_threadable_channel", "cannot_reply_to_message"}
    | {"restricted_action_thread_only_channel", "message_limit_exceeded", "msg_too_long", "no_text", "thread_not_found"}
    | {
        "token_revoked",
        "token_expired",
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "missing_scope",
        "no_permission",
    }
    | {"ekm_access_denied", "team_access_not_granted", "org_login_required", "access_denied", "method_deprecated"}
    | {"as_user_not_supported", "slack_connect_file_link_sharing_blocked", "not_allowed_token_type"}
    | {"invalid_arguments", "invalid_thread_ts"}
)
# What people read has a sentence of its own in the phrases; the rest is named by Slack's own word for it.
_SAID = frozenset(
    {"not_in_channel", "channel_not_found", "is_archived", "restricted_action_thread_locked", "token_revoked"}
    | {"restricted_action_read_only_channel", "restricted_action_non_threadable_channel", "cannot_reply_to_message"}
    | {"message_limit_exceeded", "account_inactive", "invalid_auth", "missing_scope", "ekm_access_denied"}
    | {"thread_not_found", "msg_too_long"}
)
# The token itself is no good any more: until somebody brings another, Slack takes nothing from us at all.
_LOCKED_OUT = frozenset(
    {"token_revoked", "token_expired", "account_inactive", "invalid_auth", "not_authed", "org_login_required"}
)
# "Some aspect of the operation failed": it may have been taken all the same.
_UNSURE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
_LIMITED = frozenset({"ratelimited", "rate_limited"})
# slack_sdk logs answers it cannot read, and those may hold what somebody wrote.
_MUTE = logging.getLogger("countersign.slack.sdk")
_MUTE.disabled = True


class SlackRefusal(Refusal):
    """Slack answered that it did not do it. `code` is its word for why, as in `not_in_channel`."""

    def __init__(self, code: str, *, wait: float = 0.0) -> None:
        super().__init__(_sentence(code), final=code in FINAL, wait=wait)
        self.code = code


def _sentence(code: str) -> str:
    if code in _LIMITED:
        return say("slack.trouble.limited")
    if code in _SAID:
        return say(f"slack.error.{code}")
    return say("slack.trouble.other", code=code)


class SlackClient:
    """Slack's Web API for one bot token. The session is opened at the first call, inside the running loop.

    `locked_out` says in a sentence why Slack takes nothing from this token any more; empty while it does.
    """

    def __init__(self, token: str, base: str = "", timeout: float = TIMEOUT) -> None:
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=timeout / 2)
        self._base = base or AsyncWebClient.BASE_URL
        self._session: aiohttp.ClientSession | None = None
        self._web: AsyncWebClient | None = None
        self.locked_out = ""

    @property
    def session(self) -> aiohttp.ClientSession:
        """The one session that everything shares: a new one a call would cost a TLS handshake each."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=self._timeout, proxy=_proxy(self._base))
        return self._session

    @property
    def web(self) -> AsyncWebClient:
        """The SDK's client over the shared session."""
        if self._web is None or self._web.session is not self.session:
            self._web = AsyncWebClient(
                token=self._token, base_url=self._base, session=self.session, retry_handlers=[], logger=_MUTE
            )
            # The SDK takes a proxy from the environment for every host; the session knows which hosts need none.
            self._web.proxy = None
        return self._web

    async def ask(self, method: str, **values: Any) -> Payload:
        """Call a method that only reads. Raises `Refusal` or `Silence`."""
        params = {name: value for name, value in values.items() if value is not None}
        return await self._call(method, http_verb="GET", params=params)

    async def tell(self, method: str, token: str = "", **values: Any) -> Payload:
        """Call a method that does something, exactly once. Raises `Refusal` or `Silence`.

        `token` is another than the bot's, as Socket Mode needs it.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else None
        body = {name: value for name, value in values.items() if value is not None}
        return await self._call(method, json=body or None, headers=headers)

    async def upload(self, channel: str, name: str, png: bytes, title: str, words: str) -> None:
        """Post a picture; `words` are its description. Raises `Refusal` or `Silence`."""
        sending = self.web.files_upload_v2(content=png, filename=name, title=title, alt_txt=words, channel=channel)
        await self._met("files_upload_v2", sending)

    async def introduced(self) -> tuple[Payload, Mapping[str, str]]:
        """Who we are, with the answer's headers: they name the token's scopes and Slack's time.

        Raises `Refusal` or `Silence`.
        """
        answer = await self._answer("auth.test")
        return (answer.data if isinstance(answer.data, dict) else NOTHING), answer.headers

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    async def _call(self, method: str, **values: Any) -> Payload:
        answer = await self._answer(method, **values)
        return answer.data if isinstance(answer.data, dict) else NOTHING

    async def _answer(self, method: str, **values: Any) -> AsyncSlackResponse:
        ours = not values.get("headers")
        answer = await self._met(method, self.web.api_call(method, **values), ours=ours)
        if ours:
            self.locked_out = ""
        return answer

    async def _met(
        self, method: str, calling: Awaitable[AsyncSlackResponse], *, ours: bool = True
    ) -> AsyncSlackResponse:
        """The answer to a call with our own token, or another's. Raises `Refusal` or `Silence`."""
        try:
            return await calling
        except SlackApiError as error:
            meant = _meaning(method, error)
            if isinstance(meant, SlackRefusal) and meant.code in _LOCKED_OUT and ours:
                self.locked_out = meant.reason
            raise meant from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # No connection was made, so nothing can have arrived.
            raise Refusal(say("slack.trouble.unreachable")) from error
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError, ValueError, AttributeError) as error:
            # The SDK trips over an answer that is no JSON object with whatever it trips over.
            log.warning("slack_silent", method=method, error=type(error).__name__)
            raise Silence from error


def _proxy(base: str) -> str | None:
    """The proxy that the environment names for this address, None without one.

    With `trust_env` aiohttp looks for it and for a .netrc at every request, in two threads, which costs as much CPU as
    the request; and a .netrc with a password for everybody would make each one fail.
    """
    address = urlsplit(base)
    return None if proxy_bypass(address.hostname or "") else getproxies().get(address.scheme)


def _meaning(method: str, error: SlackApiError) -> Refusal | Silence:
    """What an answer that is not ok says about whether it was done."""
    answer = error.response
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0))
    data = getattr(answer, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == 429 or code in _LIMITED:
        return SlackRefusal("ratelimited", wait=_retry_after(getattr(answer, "headers", {})))
    log.warning("slack_refused", method=method, status=status, code=code)
    if status >= 500 or not code or code in _UNSURE:
        return Silence()
    return SlackRefusal(code)


def _retry_after(headers: Any) -> float:
    """Whole seconds: https://docs.slack.dev/apis/web-api/rate-limits"""
    said = str(headers.get("Retry-After", ""))
    return float(said) if said.isascii() and said.isdecimal() else 1.0
