"""Seals: a signed digest over a stretch of the audit, chained to the one before. Whoever changes a line breaks it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, func, insert, select, text

from bot.store.tables import audit, seals

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LAST = select(seals.c.upto, seals.c.digest).order_by(seals.c.number.desc()).limit(1)
_LATEST = (
    select(
        seals.c.number, seals.c.upto, func.length(seals.c.lines).label("size"), seals.c.key, seals.c.at, seals.c.digest
    )
    .order_by(seals.c.number.desc())
    .limit(bindparam("limit"))
)
# The longest stretch. Reading and hashing take the writer 5 µs a line, and clicks wait meanwhile.
MOST = 2000
_AFTER = select(audit).where(audit.c.number > bindparam("upto")).order_by(audit.c.number).limit(MOST)
_LEAF = 24  # bytes of a line in `seals.lines`
_AS_JSON = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Seal:
    """A stretch of the audit that is sealed. `key` is the public key of the installation that sealed it and `digest` what
    it signed, both as hex."""

    number: int
    upto: int
    lines: int
    key: str
    at: float
    digest: str


def seal(conn: Connection, key: Ed25519PrivateKey, now: float) -> Seal | None:
    """Seal what is not sealed yet, `MOST` lines of it at most; None when there is nothing."""
    if conn.dialect.name == "postgresql":
        # Numbers are given before the commit: wait for those under way, so that none turns up below a seal later. And
        # only one process seals at a time.
        conn.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
    last = conn.execute(_LAST).one_or_none()
    upto, before = (last.upto, bytes(last.digest)) if last else (0, b"")
    hashed = [(row.number, line_hash(row)) for row in conn.execute(_AFTER, {"upto": upto})]
    if not hashed:
        return None
    upto = hashed[-1][0]
    digest = chained(before, upto, (line for _, line in hashed))
    public = public_key(key)
    values = {
        "upto": upto,
        "lines": b"".join(number.to_bytes(8, "big") + line[:16] for number, line in hashed),
        "digest": digest,
        "signature": key.sign(digest),
        "key": public,
        "at": now,
    }
    number = conn.execute(insert(seals).returning(seals.c.number), values).scalar_one()
    return Seal(number, upto, len(hashed), public.hex(), now, digest.hex())


def latest(conn: Connection, limit: int) -> list[Seal]:
    """The last seals, the newest first."""
    return [
        Seal(row.number, row.upto, row.size // _LEAF, bytes(row.key).hex(), row.at, bytes(row.digest).hex())
        for row in conn.execute(_LATEST, {"limit": limit})
    ]


def line_hash(row: Sequence[Any]) -> bytes:
    """SHA-256 over everything an audit line says: the row begins with the columns of `audit`.

    What was kept apart enters by its salted digest only.
    """
    *told, digest = row[:13]
    told.append(None if digest is None else bytes(digest).hex())
    return hashlib.sha256(_AS_JSON(told).encode()).digest()


def chained(before: bytes, upto: int, lines: Iterable[bytes]) -> bytes:
    """The digest of a stretch: the digest before it, where it ends, and every line of it."""
    digest = hashlib.sha256(before + upto.to_bytes(8, "big"))
    for line in lines:
        digest.update(line)
    return digest.digest()


def leaves(sealed: bytes) -> list[tuple[int, bytes]]:
    """The numbers and shortened hashes of the lines a seal covers."""
    return [
        (int.from_bytes(sealed[at : at + 8], "big"), sealed[at + 8 : at + _LEAF]) for at in range(0, len(sealed), _LEAF)
    ]


def unsealed(conn: Connection) -> int:
    """How many lines no seal covers yet."""
    last = conn.execute(_LAST).one_or_none()
    upto = last.upto if last else 0
    return conn.execute(select(func.count()).select_from(audit).where(audit.c.number > upto)).scalar_one()


class BadKey(Exception):
    """The seal key cannot be used: it must be a file of 32 bytes, as Countersign makes it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: {type(self).__doc__}")


def load_key(path: Path) -> Ed25519PrivateKey:
    """This installation's signing key, made at first use and readable by its owner only. Raises `BadKey`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # readable by its owner only
        with os.fdopen(made, "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
        # Whole or not at all, so that a process that starts beside this one never reads half a key.
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        Path(name).unlink()
    try:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadKey(path) from error


def public_key(key: Ed25519PrivateKey) -> bytes:
    """What a seal made with this key can be checked with."""
    return key.public_key().public_bytes_raw()


def signed(key: bytes, signature: bytes, digest: bytes) -> bool:
    """Whether the signature over the digest was made with this key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, digest)
    except (InvalidSignature, ValueError):
        return False
    return True
