"""Is an activity from Teams? The token's signature and its claims are looked at before anything else is believed.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from jwt import InvalidTokenError
from jwt.api_jws import PyJWS

from bot.channels.payload import Payload, text
from bot.channels.teams.keys import Key, Keys, Unreachable

__all__ = ["Caller", "Forged", "Proof", "Unreachable"]

# How far the clocks of Microsoft and of this machine may differ (seconds).
_SKEW = 300.0
# One algorithm: with `none` there is no signature, and with HS256 a public key would serve as the secret.
_RS256 = ["RS256"]
_LONGEST = 16_384


class Forged(Exception):
    """The token proves nothing. The argument says why in a word, for the log."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a good token proves: the connector at this address, for these channels of the Bot Framework."""

    service_url: str
    channels: frozenset[str]

    def may_bring(self, activity: Payload) -> bool:
        """Whether the activity is of the address and of a channel that the token is for."""
        same = text(activity, "serviceUrl").rstrip("/") == self.service_url.rstrip("/")
        return same and text(activity, "channelId") in self.channels


class Proof:
    """Checks the tokens that callers of `/api/messages` show. `app` is our own id, `clock` in unix seconds."""

    def __init__(self, app: str, keys: Keys, clock: Callable[[], float]) -> None:
        self._app = app
        self._keys = keys
        self._clock = clock
        self._signatures = PyJWS(algorithms=_RS256)

    async def caller(self, authorization: str) -> Caller:
        """Who shows this header. Raises `Forged`, or `Unreachable` when that cannot be known now."""
        scheme, _, token = authorization.partition(" ")
        if scheme.casefold() != "bearer" or not 0 < len(token) <= _LONGEST:
            raise Forged("missing")
        key = await self._keys.find(self._named(token))
        if key is None:
            raise Forged("key")
        claims = self._claims(token, key)
        self._hold(claims)
        return Caller(text(claims, "serviceurl"), key.channels)

    def _named(self, token: str) -> str:
        """The id of the key that the token says it is signed with."""
        try:
            kid = self._signatures.get_unverified_header(token).get("kid")
        except InvalidTokenError as error:
            raise Forged("unreadable") from error
        if not isinstance(kid, str):
            raise Forged("unreadable")
        return kid

    def _claims(self, token: str, key: Key) -> Payload:
        try:
            claims = json.loads(self._signatures.decode_complete(token, key.public, _RS256)["payload"])
        except (InvalidTokenError, ValueError, RecursionError) as error:
            raise Forged("signature") from error
        if not isinstance(claims, dict):
            raise Forged("unreadable")
        return claims

    def _hold(self, claims: Payload) -> None:
        now, ends, begins = self._clock(), claims.get("exp"), claims.get("nbf", 0)
        if claims.get("iss") != self._keys.issuer:
            raise Forged("issuer")
        if claims.get("aud") != self._app:
            raise Forged("audience")
        if not isinstance(ends, int | float) or not now < ends + _SKEW:
            raise Forged("expired")
        if not isinstance(begins, int | float) or not begins - _SKEW <= now:
            raise Forged("too_early")
        if not text(claims, "serviceurl"):
            raise Forged("service_url")
