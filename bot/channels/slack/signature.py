"""Is a request from Slack? Its signature is checked on the raw bytes, before anything of it is read."""

from __future__ import annotations

import hashlib
import hmac

# A request older or newer than this may be a replay (seconds): https://docs.slack.dev/authentication/verifying-requests-from-slack
WINDOW = 300


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature Slack puts on a body: HMAC-SHA256 over `v0:timestamp:body`, in hex."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def is_genuine(secret: str, timestamp: str, body: bytes, signature: str, now: float) -> bool:
    """Whether the body was signed with the secret within the last five minutes. `now` is in unix seconds."""
    if not secret or not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    if abs(now - int(timestamp)) > WINDOW:
        return False
    # As bytes, because compare_digest raises for a text with anything but ASCII in it.
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode("utf-8", "replace"))
