"""What the command line does about who may come in: sessions that are ended, tokens that are made and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from bot.log import configure
from bot.phrases import say
from bot.records import Complaint
from bot.settings import Settings
from bot.store import sessions, tokens
from bot.store.bell import Bell
from bot.store.engine import Connection, Engine
from bot.store.tokens import Scope, Token, TooLong
from bot.wiring import clock, database

T = TypeVar("T")
_DAY = 86_400.0


def end_sessions(settings: Settings, person: str) -> Iterator[str]:
    """Sign somebody out of every browser. Raises `StoreDown`."""
    count = _written(settings, lambda conn: sessions.end_all(conn, person, clock()))
    yield say("access.ended" if count else "access.none_to_end", person=person, count=count)


def make_token(
    settings: Settings, name: str, scopes: Collection[Scope], desks: Collection[str], days: int, by: str
) -> Iterator[str]:
    """Make a token and tell it, for the only time. Raises `Complaint`, `StoreDown`."""
    wrong = [desk for desk in desks if desk not in settings.desks]
    if wrong:
        raise Complaint(say("access.no_desk", desk=wrong[0], desks=", ".join(settings.desks)))
    now = clock()
    reach = tuple(desks) or tuple(settings.desks)
    try:
        token = _written(settings, lambda conn: tokens.make(conn, name, scopes, reach, by, now, now + days * _DAY))
    except TooLong as error:
        raise Complaint(str(error)) from None
    yield token


def list_tokens(settings: Settings) -> Iterator[str]:
    """Every token there ever was, without what it is. Raises `StoreDown`."""
    now = clock()
    found = _written(settings, lambda conn: list(tokens.all_of(conn)))
    for token in found:
        scopes, desks = ", ".join(sorted(token.scopes)), ", ".join(token.desks)
        used = say("access.used", day=_day(token.used)) if token.used else say("access.unused")
        yield say(
            "access.token",
            number=token.number,
            name=token.name,
            scopes=scopes,
            desks=desks,
            state=_state(token, now),
            used=used,
            by=token.made_by,
        )
    if not found:
        yield say("access.no_tokens")


def revoke_token(settings: Settings, number: int) -> Iterator[str]:
    """From now on the token is good for nothing. Raises `Complaint`, `StoreDown`."""
    if not _written(settings, lambda conn: tokens.revoke(conn, number, clock())):
        raise Complaint(say("access.no_token", number=number))
    yield say("access.revoked", number=number)


def _state(token: Token, now: float) -> str:
    if token.revoked is not None:
        return say("access.was_revoked", day=_day(token.revoked))
    return say("access.over" if token.ends <= now else "access.until", day=_day(token.ends))


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _written(settings: Settings, work: Callable[[Connection], T]) -> T:
    configure("error")
    engine = Engine(database(settings), Bell())
    try:
        return asyncio.run(engine.write(work))
    finally:
        engine.close()
