"""Knows by their cookies who is signed in, and by their tokens which programs may read."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import replace

from fastapi import Request

from bot.channels.base import Person
from bot.console.viewer import ApiViewer, Viewer
from bot.review.rights import STAFF
from bot.setting import Desk
from bot.store import sessions, tokens
from bot.store.engine import Engine, StoreDown
from bot.store.tokens import Scope

# How often it is written down that somebody is still there (seconds).
NOTED = 60.0


def proof(held: str) -> str:
    """What a page carries so that only it can post: it follows from the cookie, which no script can read."""
    return hmac.digest(held.encode("utf-8", "replace"), b"countersign page", "sha256").hex()


class SignedDoorman:
    """What somebody may do is worked out anew each time, from the settings and the groups they are in.

    `groups` tells the groups that a chat knows of a person, beside those of whom they signed in with. A session that was
    not used for `idle` seconds is over.
    """

    def __init__(
        self,
        desks: Iterable[Desk],
        engine: Engine,
        clock: Callable[[], float],
        cookie: str,
        idle: float,
        groups: Callable[[Person], frozenset[str]],
    ) -> None:
        self._desks = tuple(desks)
        self._engine = engine
        self._clock = clock
        self._cookie = cookie
        self._idle = idle
        self._groups = groups

    async def viewer(self, request: Request) -> Viewer | None:
        """Who is signed in to this browser."""
        held, now = request.cookies.get(self._cookie, ""), self._clock()
        if not held:
            return None
        session = await self._engine.read(lambda conn: sessions.find(conn, held, now, self._idle))
        if session is None:
            return None
        if now - session.seen >= min(NOTED, self._idle / 2):
            # Reading goes on while nothing can be written.
            with contextlib.suppress(StoreDown):
                await self._engine.write(lambda conn: sessions.seen(conn, held, now))
        person = replace(session.person, groups=session.person.groups | self._groups(session.person))
        roles = ((desk.id, desk.named(person)) for desk in self._desks)
        return Viewer(person, {desk: role for desk, role in roles if role in STAFF}, proof=proof(held))


class TokenPasses:
    """The tokens in the store."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    async def admit(self, token: str, scope: Scope) -> ApiViewer | None:
        """Whose token it is; None for one that is good for nothing, no desks for one that is not for this."""
        now = self._clock()
        found = await self._engine.read(lambda conn: tokens.find(conn, token, now))
        if found is None:
            return None
        if found.used is None or now - found.used >= tokens.NOTED:
            with contextlib.suppress(StoreDown):
                await self._engine.write(lambda conn: tokens.used(conn, found.number, now))
        return ApiViewer(f"token {found.number}", found.desks if scope in found.scopes else ())
