"""Signing keys, and the document in which their public halves are published."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.doubles.teams.jwt import Sign, integer, rs256
from tests.doubles.teams.wire import Json


@functools.cache
def private(name: str) -> RSAPrivateKey:
    """A key; made once, because that takes a tenth of a second."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Key:
    """A pair of keys. `endorsements` are the channels it may sign for; None publishes no such field."""

    kid: str
    pair: RSAPrivateKey
    endorsements: tuple[str, ...] | None = ()

    def sign(self) -> Sign:
        """Its signature."""
        return rs256(self.pair)

    def header(self) -> Json:
        """The header of a token it signs."""
        return {"typ": "JWT", "alg": "RS256", "x5t": self.kid, "kid": self.kid}

    def jwk(self) -> Json:
        """Its public half. Microsoft's keys do not name an algorithm."""
        numbers = self.pair.public_key().public_numbers()
        shape = {"kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid}
        shape |= {"n": integer(numbers.n), "e": integer(numbers.e)}
        return shape if self.endorsements is None else {**shape, "endorsements": list(self.endorsements)}


class Ring:
    """The keys of one issuer: the `current` one signs, `others` are published with it."""

    def __init__(self, issuer: str, *others: Key, endorsements: tuple[str, ...] | None = ()) -> None:
        self.issuer, self.endorsements, self.others = issuer, endorsements, list(others)
        self._numbers = itertools.count(1)
        self.current = self._next()

    def rotate(self, keep: bool = False) -> None:
        """Another key signs from now on; the old one is no longer published, unless it is kept."""
        if keep:
            self.others.append(self.current)
        self.current = self._next()

    def published(self) -> list[Key]:
        """The keys in the document."""
        return [self.current, *self.others]

    def find(self, kid: object) -> Key | None:
        """A published key."""
        return next((key for key in self.published() if key.kid == kid), None)

    def document(self) -> Json:
        """The JWKS document."""
        return {"keys": [key.jwk() for key in self.published()]}

    def _next(self) -> Key:
        name = f"{self.issuer}-{next(self._numbers)}"
        return Key(name, private(name), self.endorsements)
