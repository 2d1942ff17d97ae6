"""Look-ups over HTTP: one GET each, to the host in the settings and to no other."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from yarl import URL

from bot.lookups import address
from bot.lookups.answers import Unanswered, picked
from bot.lookups.setting import HttpLookup
from bot.phrases import say

MOST = 256 * 1024  # bytes of one answer
_NOTHING = (404, 410)
_AGENT = {"User-Agent": "Countersign", "Accept": "application/json", "Accept-Encoding": "identity"}


class Web:
    """Connections that are kept. Opened at the first request, inside the running loop; no cookie outlives its answer."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> aiohttp.ClientSession:
        """The session. What came compressed is not unpacked: a small answer could become a huge one."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                headers=_AGENT, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        return self._session

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()


class Page:
    """An address that is asked for one thing."""

    def __init__(self, setting: HttpLookup, web: Web) -> None:
        self._setting = setting
        self._web = web

    async def ask(self, values: Mapping[str, str]) -> str | None:
        """What it says; None when there is nothing of the kind. Raises `Unanswered`."""
        if not all(address.fits(value) for value in values.values()):
            raise Unanswered(say("lookup.unfit"))
        # As it is: yarl would otherwise write the address anew.
        url = URL(address.filled(self._setting.url, values), encoded=True)
        try:
            async with self._web.open().get(url, headers=self._setting.headers, allow_redirects=False) as answer:
                if answer.status in _NOTHING:
                    return None
                if refusal := _refusal(answer.status):
                    raise Unanswered(refusal)
                body = await _body(answer)
        except (aiohttp.ClientError, OSError) as error:
            raise Unanswered(say("lookup.unreachable")) from error
        return picked(body, self._setting.paths)

    async def reach(self) -> None:
        """Look whether anybody answers, without key and without asking for anything. Raises `Unanswered`."""
        try:
            url = address.origin(self._setting.url)
            async with self._web.open().head(url, allow_redirects=False):
                return
        except (aiohttp.ClientError, OSError) as error:
            raise Unanswered(say("lookup.unreachable")) from error


def _refusal(status: int) -> str:
    if status == 200:
        return ""
    if status in (401, 403):
        return say("lookup.key")
    if 300 <= status < 400:
        return say("lookup.elsewhere")
    return say("lookup.status", status=status)


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_any():
        body += part
        if len(body) > MOST:
            raise Unanswered(say("lookup.huge"))
    return bytes(body)
