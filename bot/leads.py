"""What leads are told where nobody has to decide: each thing once, and the daily seal, so that others have seen it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.board import Board
from bot.channels.base import Note, Place, Refusal, Silence
from bot.channels.wording import date
from bot.log import log
from bot.phrases import say
from bot.store import conversations, seals
from bot.store.engine import Connection, Engine

# One attempt in so long (seconds), whichever replica makes it.
ATTEMPT = 600.0


class Leads:
    """The leads of the desks that name a place for it."""

    def __init__(self, front: Board, engine: Engine, places: Mapping[str, Place], clock: Callable[[], float]) -> None:
        """`places` are by the desks' ids."""
        self._front = front
        self._engine = engine
        self._places = places
        self._clock = clock

    async def tell(self, desk: str, key: str, note: Note) -> bool:
        """Tell the leads of a desk something once by its key; whether they were told now.

        What failed is only logged: call again, and it is tried again when its time has come. Raises `StoreDown`.
        """
        place = self._places.get(desk)
        if place is None:
            return False
        now = self._clock()
        done, begun, turn = f"told:{key}", f"told:{key}:begun", f"told:{key}:{int(now // ATTEMPT)}"

        def claim(conn: Connection) -> bool | None:
            """Whether to look first, or None when there is nothing to do."""
            if conversations.was_told(conn, done) or not conversations.is_new(conn, [turn], now):
                return None
            return not conversations.is_new(conn, [begun], now)

        look = await self._engine.write(claim)
        if look is None:
            return False
        try:
            await self._front.post_note(place, key, note, look=look)
        except (Refusal, Silence) as error:
            log.warning("leads_not_told", desk=desk, key=key, error=type(error).__name__, said=str(error))
            return False
        await self._engine.write(lambda conn: conversations.is_new(conn, [done], now))
        return True

    async def witness(self) -> None:
        """Tell the leads of every desk of the last seal, once a day (UTC), so that the record is known outside the
        database. Raises `StoreDown`."""
        found = await self._engine.read(lambda conn: seals.latest(conn, 1)) if self._places else []
        for seal in found:
            day = date(self._clock())
            for desk in self._places:
                lines = (
                    say("leads.seal_lines", number=seal.number, upto=seal.upto),
                    say("leads.seal_digest", digest=seal.digest),
                    say("leads.seal_key", hex=seal.key),
                    say("leads.seal_why"),
                )
                await self.tell(desk, f"seal:{desk}:{day}", Note(say("leads.seal", day=day), lines))
