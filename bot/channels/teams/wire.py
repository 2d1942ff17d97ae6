"""The one way out to Microsoft: requests over kept connections, each sent once, and every failure with a name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from bot.channels.base import Refusal, Silence
from bot.channels.payload import NOTHING, Payload, text
from bot.log import log
from bot.phrases import say

# Shorter than the desk's patience with one sending, so that a slow answer is told from a slow desk (seconds).
TIMEOUT = 8.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever it says."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def payload(self) -> Payload:
        """The JSON object in the body; empty when there is none."""
        return _object(self.body)

    @property
    def code(self) -> str:
        """The code of an error, in whichever of Microsoft's shapes; empty without one.

        Mostly it stands at `error.code`. Entra ID has it at `error`, and who may not write reads it as JSON in a text:
        https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
        """
        said = self.payload
        inner = _object(text(said, "message"))
        return text(said, "error", "code") or text(said, "error") or text(said, "code") or text(inner, "subCode")

    @property
    def wait(self) -> float:
        """The pause that was asked for, in seconds. It is promised nowhere, and may be a date: then one second."""
        said = str(self.headers.get("Retry-After", ""))
        return float(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 1.0


class Wire:
    """One session for everything. It is opened at the first request, inside the running loop."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=timeout / 2)
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | str | None = None
    ) -> Answer:
        """One request, one answer of any status. Raises `Refusal` when no connection came about, else `Silence`.

        A redirect is not followed: a token goes to the address it was meant for. aiohttp repeats by itself only what
        may be repeated (GET, PUT), and only when a kept connection turns out to be closed.
        """
        try:
            async with self._open().request(
                method, url, headers=headers, data=body, allow_redirects=False, proxy=_proxy(url)
            ) as answer:
                return Answer(answer.status, answer.headers, await answer.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            # No connection was made, so nothing can have arrived.
            raise Refusal(say("teams.trouble.unreachable")) from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.warning("teams_silent", method=method, host=urlsplit(url).hostname, error=type(error).__name__)
            raise Silence from error

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for this address, None without one."""
    address = urlsplit(url)
    return _proxy_for(address.scheme, address.hostname or "")


@lru_cache(maxsize=64)
def _proxy_for(scheme: str, host: str) -> str | None:
    """With `trust_env` aiohttp would look for it, and for a .netrc, at every request and in two threads."""
    return None if proxy_bypass(host) else getproxies().get(scheme)


def _object(body: bytes | str) -> Payload:
    try:
        found = json.loads(body) if body else NOTHING
    except (ValueError, RecursionError):
        return NOTHING
    return found if isinstance(found, dict) else NOTHING
