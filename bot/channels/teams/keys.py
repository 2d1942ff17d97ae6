"""The public keys of the Bot Connector: looked up without holding anybody up, and kept while nobody gives newer ones."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import InvalidKeyError
from jwt.algorithms import RSAAlgorithm

from bot.channels.base import Refusal, Silence
from bot.channels.payload import Payload, parts, text
from bot.channels.teams.wire import Wire
from bot.log import log

_DOCUMENT = "/v1/.well-known/openidconfiguration"
# New keys are published long before they sign, and a document is good for a day at most (seconds).
_FRESH = 3600.0
_AGAIN = 60.0
# A key nobody knows is looked up at once, but strangers with invented ones do not make us ask without end: at most so
# many times in so many seconds.
_LOOKS, _WITHIN = 5, 30.0
# How long reading them may take, and so a caller wait (seconds); Teams waits fifteen.
_PATIENCE = 5.0


class Unreachable(Exception):
    """The keys cannot be had now, so nobody can say whose token this is: let it come again."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the channels of the Bot Framework that it is endorsed for."""

    public: RSAPublicKey
    channels: frozenset[str]


class Keys:
    """The keys that are published at `base`. `issuer` is who signs with them, empty until they were read."""

    def __init__(self, wire: Wire, base: str) -> None:
        self._wire = wire
        self._url = base.rstrip("/") + _DOCUMENT
        self._known: dict[str, Key] = {}
        self._due = 0.0
        self._read: asyncio.Task[bool] | None = None
        self._looks: deque[float] = deque(maxlen=_LOOKS)
        self._failed = True
        self.issuer = ""

    async def find(self, kid: str) -> Key | None:
        """The key with this id; None when there is none. Raises `Unreachable`.

        Only a key that is not known makes its caller wait. Known ones go on being used when newer ones cannot be read.
        """
        now = asyncio.get_running_loop().time()
        if kid in self._known:
            if now >= self._due:
                self._reading()
            return self._known[kid]
        begun = self._read is not None and not self._read.done()
        if not begun and len(self._looks) == _LOOKS and now - self._looks[0] < _WITHIN:
            fresh = not self._failed
        else:
            if not begun:
                self._looks.append(now)
            fresh = await asyncio.shield(self._reading())
        if kid not in self._known and not fresh:
            raise Unreachable
        return self._known.get(kid)

    async def warm(self) -> None:
        """Read the keys before anybody needs them."""
        await self._reading()

    async def close(self) -> None:
        """Stop reading."""
        if self._read is not None:
            self._read.cancel()
            await asyncio.gather(self._read, return_exceptions=True)

    def _reading(self) -> asyncio.Task[bool]:
        """One reading at a time, which everybody shares; whether it succeeded."""
        if self._read is None or self._read.done():
            self._read = asyncio.create_task(self._fetch())
        return self._read

    async def _fetch(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                document = await self._get(self._url)
                published = await self._get(text(document, "jwks_uri"))
        except (Refusal, Silence, TimeoutError) as error:
            log.warning("teams_keys_unread", error=type(error).__name__, said=str(error))
            found = {}
        else:
            found = {text(one, "kid"): key for one in parts(published, "keys") if (key := _key(one))}
        self._failed = not found
        self._due = asyncio.get_running_loop().time() + (_FRESH if found else _AGAIN)
        if found:
            self._known, self.issuer = found, text(document, "issuer")
        return bool(found)

    async def _get(self, url: str) -> Payload:
        answer = await self._wire.ask("GET", url)
        if answer.status != 200:
            raise Silence
        return answer.payload


def _key(published: Payload) -> Key | None:
    """A published key; None for one that is of no use to us."""
    endorsed = published.get("endorsements")
    channels = frozenset(one for one in endorsed if isinstance(one, str)) if isinstance(endorsed, list) else frozenset()
    if text(published, "kty") != "RSA" or not text(published, "kid"):
        return None
    try:
        public = RSAAlgorithm.from_jwk(json.dumps({name: text(published, name) for name in ("kty", "n", "e")}))
    except (InvalidKeyError, ValueError):
        return None
    return Key(public, channels) if isinstance(public, RSAPublicKey) else None
