"""JSON Web Tokens by hand, because half of those made here have to be wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from tests.doubles.teams.wire import Json, dumps

Sign = Callable[[bytes], bytes]


class Unreadable(ValueError):
    """That is no token, or nobody we know has signed it."""


def encode(header: Json, claims: Json, sign: Sign) -> str:
    """A token in its compact form."""
    signed = f"{_packed(dumps(header).encode())}.{_packed(dumps(claims).encode())}"
    return f"{signed}.{_packed(sign(signed.encode()))}"


def rs256(key: RSAPrivateKey) -> Sign:
    """The only signature that is right."""
    return lambda signed: key.sign(signed, PKCS1v15(), hashes.SHA256())


def hs256(secret: bytes) -> Sign:
    """A signature with a secret; with a public key for the secret it is the oldest forgery there is."""
    return lambda signed: hmac.new(secret, signed, hashlib.sha256).digest()


def unsigned(_signed: bytes) -> bytes:
    """No signature."""
    return b""


def header(token: str) -> Json:
    """The header, without believing it. Raises `Unreadable`."""
    return parts(token)[0]


def verified(token: str, key: RSAPublicKey) -> Json:
    """The claims, if this key has signed them. Raises `Unreadable`."""
    head, claims, signed, signature = parts(token)
    if head.get("alg") != "RS256":
        raise Unreadable("not RS256")
    try:
        key.verify(signature, signed, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise Unreadable("another signature") from None
    return claims


def integer(number: int) -> str:
    """A number of a key, as a JWK writes it."""
    return _packed(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def number(text: str) -> int:
    """And back."""
    return int.from_bytes(_unpacked(text), "big")


def parts(token: str) -> tuple[Json, Json, bytes, bytes]:
    """Header, claims, what is signed, and the signature; nothing of it is believed yet. Raises `Unreadable`."""
    try:
        first, second, third = token.split(".")
        head, claims = json.loads(_unpacked(first)), json.loads(_unpacked(second))
        signature = _unpacked(third)
    except ValueError:
        raise Unreadable("not a token") from None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        raise Unreadable("not a token")
    return head, claims, f"{first}.{second}".encode(), signature


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
