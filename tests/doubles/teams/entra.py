"""Entra ID: gives tokens for client credentials, and tells the connector and Graph whose token they are shown."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from tests.doubles.teams import jwt
from tests.doubles.teams.clock import Clock
from tests.doubles.teams.keys import Ring
from tests.doubles.teams.wire import Json, Refused, stamp
from tests.doubles.teams.world import World

CONNECTOR, GRAPH = "https://api.botframework.com", "https://graph.microsoft.com"


@dataclass(frozen=True)
class Issued:
    """A token that was given."""

    audience: str
    tenant: str
    token: str


class Entra:
    """`lifetime` is in seconds of the real clock. `revoke` makes every token given so far worthless."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world, self.clock = world, clock
        self.ring = Ring("entra", endorsements=None)
        self.lifetime = 3599
        self.issued: list[Issued] = []
        self._revoked: set[str] = set()

    def give(self, tenant: str, form: Mapping[str, str]) -> Json:
        """A token. Raises `Refused` with an AADSTS code."""
        for name in ("grant_type", "client_id", "client_secret", "scope"):
            if not form.get(name):
                raise self._no(400, 900144, "invalid_request", f"The request body must contain: '{name}'.")
        if form["grant_type"] != "client_credentials":
            raise self._no(400, 70003, "unsupported_grant_type", "The app requested an unsupported grant type.")
        home, app = self._tenant(tenant), self.world.app
        if form["client_id"] != app.id or home is not app.tenant:
            missing = f"Application with identifier '{form['client_id']}' was not found in the directory."
            raise self._no(400, 700016, "unauthorized_client", missing)
        if form["client_secret"] in app.old_secrets:
            raise self._no(401, 7000222, "invalid_client", "The provided client secret keys are expired.")
        if form["client_secret"] != app.secret:
            raise self._no(401, 7000215, "invalid_client", "Invalid client secret provided.")
        audience = form["scope"].removesuffix("/.default")
        if audience == form["scope"]:
            raise self._no(400, 1002012, "invalid_scope", "The scope must end with '/.default'.")
        if audience not in (CONNECTOR, GRAPH):
            raise self._no(400, 500011, "invalid_resource", f"The resource principal named {audience} was not found.")
        token = self._signed(audience, home.id)
        self.issued.append(Issued(audience, home.id, token))
        seconds = {"expires_in": self.lifetime, "ext_expires_in": self.lifetime}
        return {"token_type": "Bearer", **seconds, "access_token": token}

    def given(self, audience: str = "") -> list[Issued]:
        """The tokens given, for one resource or all."""
        return [one for one in self.issued if audience in ("", one.audience)]

    def revoke(self) -> None:
        """No token given so far is taken any more."""
        self._revoked |= {one.token for one in self.issued}

    def read(self, authorization: str, audience: str) -> Json:
        """The claims of a token that is good for this resource. Raises `jwt.Unreadable` with the reason."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise jwt.Unreadable("empty")
        key = self.ring.find(jwt.header(token).get("kid"))
        if key is None:
            raise jwt.Unreadable("an unknown key")
        claims = jwt.verified(token, key.pair.public_key())
        if claims.get("aud") != audience:
            raise jwt.Unreadable("another audience")
        if not claims["nbf"] <= self.clock.wall() < claims["exp"] or token in self._revoked:
            raise jwt.Unreadable("expired")
        return claims

    def _tenant(self, asked: str) -> object:
        for tenant in self.world.tenants.values():
            if asked in (tenant.id, tenant.domain):
                return tenant
        if asked == "botframework.com":  # where multi-tenant bots ask; ours is not one
            return None
        raise self._no(400, 90002, "invalid_request", f"Tenant '{asked}' not found.")

    def _signed(self, audience: str, tenant: str) -> str:
        now = int(self.clock.wall())
        app = self.world.app
        times = {"iat": now, "nbf": now - 5, "exp": now + self.lifetime}
        who = {"appid": app.id, "oid": app.bot.aad, "tid": tenant, "uti": uuid.uuid4().hex}
        claims = {"aud": audience, "iss": f"https://sts.windows.net/{tenant}/", **times, **who, "ver": "1.0"}
        return jwt.encode(self.ring.current.header(), claims, self.ring.current.sign())

    def _no(self, status: int, number: int, error: str, why: str) -> Refused:
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        at = stamp(self.clock.wall())[:19].replace("T", " ") + "Z"
        told = f"AADSTS{number}: {why} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
        body = {"error": error, "error_description": told, "error_codes": [number], "timestamp": at}
        return Refused(status, error, told, body={**body, "trace_id": trace, "correlation_id": correlation})
