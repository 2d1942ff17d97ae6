"""`countersign sessions` and `countersign tokens`, and what `doctor` says of sign-in."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import access
from bot.channels.base import Person
from bot.doctor import _signin
from bot.records import Complaint
from bot.settings import Settings
from bot.store import sessions, tokens
from bot.store.bell import Bell
from bot.store.engine import Engine
from bot.store.tokens import Scope
from bot.wiring import clock
from tests.console.conftest import settings
from tests.console.signing import issuer, signing_in


@pytest.fixture
def said(root: Path, tmp_path: Path, database: sa.URL) -> Settings:
    """Settings with an empty database of either kind."""
    return settings(root, tmp_path, database)


def test_a_token_is_made_listed_and_taken_back(said: Settings, database: sa.URL) -> None:
    """It is told once; afterwards only what it may."""
    desk = next(iter(said.desks))
    (token,) = access.make_token(said, "weekly", [Scope.FIGURES], [desk], 30, "ana")
    assert token.startswith(tokens.PREFIX)
    (line,) = access.list_tokens(said)
    assert token not in line
    assert f"weekly: figures of {desk}, good until" in line
    assert "never used" in line
    assert list(access.revoke_token(said, 1)) == ["Token 1 is good for nothing from now on."]
    assert "revoked on" in next(access.list_tokens(said))
    with pytest.raises(Complaint):
        list(access.revoke_token(said, 1))


def test_a_token_for_too_long_or_nowhere(said: Settings) -> None:
    """Nobody remembers for more than a year what a token was for, and a typo in a desk gives none."""
    with pytest.raises(Complaint, match="a year at most"):
        list(access.make_token(said, "x", [Scope.AUDIT], [], 400, "ana"))
    with pytest.raises(Complaint, match="no desk nonesuch"):
        list(access.make_token(said, "x", [Scope.AUDIT], ["nonesuch"], 30, "ana"))
    assert list(access.list_tokens(said)) == ["There are no tokens."]


async def _begin(engine: Engine, held: str, person: Person) -> None:
    await engine.write(lambda conn: sessions.begin(conn, held, person, clock(), clock() + 600))


def test_sessions_are_ended(said: Settings, database: sa.URL) -> None:
    """All of one person's, and nobody else's."""
    import asyncio

    engine = Engine(database, Bell())
    for held, id_ in (("a", "U1"), ("b", "U1"), ("c", "U2")):
        asyncio.run(_begin(engine, held, Person("slack", id_, id_)))
    assert list(access.end_sessions(said, "slack:U1")) == ["slack:U1 is signed out of 2 browsers."]
    assert "nowhere" in next(access.end_sessions(said, "slack:U1"))
    with engine.snapshot() as conn:
        now = clock()
        assert [sessions.find(conn, held, now, 600) is not None for held in "abc"] == [False, False, True]
    engine.close()


async def test_doctor_asks_the_provider(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """Without sign-in it says what that means; with it, whether the provider answers and describes itself."""
    assert (await _signin(settings(root, tmp_path, sqlite))).ok
    with issuer() as at:
        there = signing_in(root, tmp_path, sqlite, at)
        found = await _signin(there)
        assert found.ok, found
        assert at.url in found.said
    gone = await _signin(there)
    assert not gone.ok
    assert gone.mend
