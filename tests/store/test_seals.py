"""Seals: a signed digest over what the audit has gained, chained to the one before."""

from __future__ import annotations

import asyncio
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from bot.store import seals
from bot.store.audit import EXPORTED
from bot.store.engine import Engine
from bot.store.tables import audit
from bot.store.tables import seals as rows
from bot.store.verify import verify
from tests.review.lives import NOW, WAYS
from tests.store.records import led, open_review, put, somebody_waits


async def test_a_seal_covers_what_came_since_the_last(engine: Engine, tmp_path: Path) -> None:
    """The first from the beginning, the next from there on, and none when there is nothing new."""
    key = seals.load_key(tmp_path / "seal.key")
    assert await put(engine, seals.seal, key, NOW) is None
    await put(engine, led, WAYS["rejected"], "1")
    assert await engine.read(seals.unsealed) == 4
    first = await put(engine, seals.seal, key, NOW)
    await put(engine, led, WAYS["sent"], "2")
    second = await put(engine, seals.seal, key, NOW + 300)
    assert first is not None
    assert second is not None
    assert [(made.number, made.upto, made.lines) for made in (first, second)] == [(1, 4, 4), (2, 10, 6)]
    assert (second.at, second.key) == (NOW + 300, seals.public_key(key).hex())
    assert await engine.read(seals.unsealed) == 0
    assert await put(engine, seals.seal, key, NOW) is None


async def test_a_seal_knows_each_line_it_covers(engine: Engine, tmp_path: Path) -> None:
    """24 bytes a line, so that the one that does not fit can be named."""
    await put(engine, led, WAYS["sent"], "1")
    await put(engine, seals.seal, seals.load_key(tmp_path / "seal.key"), NOW)
    row = await engine.read(lambda conn: conn.execute(sa.select(rows)).one())
    assert [number for number, _ in seals.leaves(bytes(row.lines))] == [1, 2, 3, 4, 5, 6]
    assert all(len(leaf) == 16 for _, leaf in seals.leaves(bytes(row.lines)))


def test_a_line_is_hashed_as_it_always_was() -> None:
    """A record outlives the program: what one version sealed holds under every later one."""
    assert tuple(audit.c.keys()) == EXPORTED
    line = (
        7,
        "r1",
        3,
        NOW + 0.1,
        "web:zoë",
        'Zoë "\x7f"',
        "agent",
        "Edit",
        "in_review",
        "released",
        "{}",
        12,
        b"\0\xff" * 16,
    )
    assert seals.line_hash(line).hex() == "08e87e2601f0bc5f24032e894a641d45fbbea05590f4dd67010ab5f465d2e183"
    bare = (*line[:-2], None, None)
    assert seals.line_hash(bare).hex() == "fddbf5089b58bc7404d95584337c0e39572787478250a34de5765f7b5309c74d"


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    """At first use, in a folder that need not be there yet; nobody else can read it."""
    path = tmp_path / "data" / "seal.key"
    first, again = seals.load_key(path), seals.load_key(path)
    assert seals.public_key(first) == seals.public_key(again)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_together_have_one_key(tmp_path: Path) -> None:
    """Whoever writes the file first has made the key for all."""
    path = tmp_path / "seal.key"
    with ThreadPoolExecutor(8) as threads:
        keys = {seals.public_key(key) for key in threads.map(seals.load_key, [path] * 16)}
    assert len(keys) == 1


def test_a_signature_is_checked_against_its_key_and_digest(tmp_path: Path) -> None:
    """Another key, another digest, another signature: each is noticed, also a key that is none."""
    key, other = seals.load_key(tmp_path / "a"), seals.load_key(tmp_path / "b")
    digest = b"d" * 32
    public, signature = seals.public_key(key), key.sign(digest)
    assert seals.signed(public, signature, digest)
    assert not seals.signed(seals.public_key(other), signature, digest)
    assert not seals.signed(public, signature, b"e" * 32)
    assert not seals.signed(public, other.sign(digest), digest)
    assert not seals.signed(b"short", signature, digest)


async def test_no_line_turns_up_below_a_seal(heavy: Engine, tmp_path: Path) -> None:
    """PostgreSQL numbers lines before they are committed: sealing waits for those that are under way."""
    key = seals.load_key(tmp_path / "seal.key")
    await put(heavy, open_review, "1")
    with heavy.sql.connect() as slow:
        transaction = slow.begin()
        open_review(slow, "2")
        await put(heavy, open_review, "3")
        sealing = asyncio.create_task(put(heavy, seals.seal, key, NOW))
        await somebody_waits(heavy, sealing)
        transaction.commit()
    made = await sealing
    assert made is not None
    assert (made.upto, made.lines) == (3, 3)
    assert (await heavy.read(verify)).sealed == 3
