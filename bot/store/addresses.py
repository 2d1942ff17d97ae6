"""How the places of a channel are reached, where their ids do not say: one note a place, of the channel's own making."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, select

from bot.channels.base import NotStored, Place
from bot.store.engine import Engine, StoreDown
from bot.store.statements import insert_or_change
from bot.store.tables import addresses

_FIND = select(addresses.c.value).where(
    addresses.c.channel == bindparam("channel"), addresses.c.place == bindparam("place")
)


class Addresses:
    """The notes of all places, in the store."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock

    async def note(self, place: Place, value: str) -> None:
        """Write down a JSON object in place of the one before. Raises `NotStored`."""
        try:
            await self._engine.write(lambda conn: _note(conn, place, value, self._clock()))
        except StoreDown as error:
            raise NotStored from error

    async def find(self, place: Place) -> str | None:
        """What was written down last, None without. Raises `NotStored`."""
        try:
            return await self._engine.read(lambda conn: _find(conn, place))
        except StoreDown as error:
            raise NotStored from error


def _note(conn: Connection, place: Place, value: str, at: float) -> None:
    row = {"channel": place.channel, "place": place.id, "value": value, "at": at}
    conn.execute(insert_or_change(addresses, conn.dialect.name), row)


def _find(conn: Connection, place: Place) -> str | None:
    return conn.execute(_FIND, {"channel": place.channel, "place": place.id}).scalar()
