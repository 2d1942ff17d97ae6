"""Callers who are not the Bot Connector. Each is wrong in one way and right in every other, but for the last."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.doubles.teams import jwt
from tests.doubles.teams.entra import Entra
from tests.doubles.teams.keys import private
from tests.doubles.teams.passport import HOUR, Passport
from tests.doubles.teams.wire import Json

SKEW = 300.0  # the clock skew that Microsoft allows (seconds)

Forge = Callable[[Passport, Entra, str], str]


def _claiming(**changed: object) -> Forge:
    """Rightly signed, but it says something else; None leaves a claim out."""

    def forge(passport: Passport, _entra: Entra, service_url: str) -> str:
        claims = {**passport.claims(service_url), **changed}
        return _encoded(passport, {name: value for name, value in claims.items() if value is not None})

    return forge


def _timed(**shifted: float) -> Forge:
    """Rightly signed, for another time: seconds from now."""

    def forge(passport: Passport, _entra: Entra, service_url: str) -> str:
        now = passport.clock.wall()
        times = {name: int(now + seconds) for name, seconds in shifted.items()}
        return _encoded(passport, {**passport.claims(service_url), **times})

    return forge


def _signed_by(kid: str, pair: str) -> Forge:
    """The right words, signed with another key."""

    def forge(passport: Passport, _entra: Entra, service_url: str) -> str:
        named = kid or passport.ring.current.kid
        header = {**passport.ring.current.header(), "kid": named, "x5t": named}
        return jwt.encode(header, passport.claims(service_url), jwt.rs256(private(pair)))

    return forge


def _unsigned(passport: Passport, _entra: Entra, service_url: str) -> str:
    header = {**passport.ring.current.header(), "alg": "none"}
    return jwt.encode(header, passport.claims(service_url), jwt.unsigned)


def _public_key_as_secret(passport: Passport, _entra: Entra, service_url: str) -> str:
    key = passport.ring.current
    public = key.pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return jwt.encode({**key.header(), "alg": "HS256"}, passport.claims(service_url), jwt.hs256(public))


def _own_token(_passport: Passport, entra: Entra, _service_url: str) -> str:
    """What the bot itself was given to speak with, as the old emulator used it."""
    app = entra.world.app
    form = {"grant_type": "client_credentials", "client_id": app.id, "client_secret": app.secret}
    token: str = entra.give(app.tenant.id, {**form, "scope": "https://api.botframework.com/.default"})["access_token"]
    return token


def _encoded(passport: Passport, claims: Json) -> str:
    key = passport.ring.current
    return jwt.encode(key.header(), claims, key.sign())


def _bearer(forge: Forge) -> Forge:
    return lambda passport, entra, service_url: f"Bearer {forge(passport, entra, service_url)}"


_TOKENS: dict[str, Forge] = {
    "garbage": lambda *_: "garbage",
    "three words": lambda *_: "not.a.token",
    "expired": _timed(nbf=-2 * HOUR, exp=-SKEW - 60),
    "not yet valid": _timed(nbf=SKEW + 60, exp=2 * HOUR),
    "never expires": _claiming(exp=None),
    "another audience": _claiming(aud="00000000-0000-0000-0000-000000000000"),
    "no audience": _claiming(aud=None),
    "another issuer": _claiming(iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"),
    "another serviceurl": _claiming(serviceurl="https://smba.attacker.example/emea/"),
    "no serviceurl": _claiming(serviceurl=None),
    "unknown key": _signed_by("stranger-1", "stranger"),
    "borrowed kid": _signed_by("", "stranger"),
    "alg none": _unsigned,
    "public key as secret": _public_key_as_secret,
    "endorsed for webchat": _signed_by("webchat-1", "webchat"),
    "not endorsed": _signed_by("bare-1", "bare"),
    "own token": _own_token,
}
# What they put into the Authorization header.
CALLERS: dict[str, Forge] = {
    "missing": lambda *_: "",
    "another scheme": lambda passport, _entra, service_url: f"Basic {passport.token(service_url)}",
    **{name: _bearer(forge) for name, forge in _TOKENS.items()},
}
