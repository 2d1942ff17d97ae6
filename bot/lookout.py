"""Keeps the radar turning: looks at each desk's day, writes down what rises, and tells the leads once.

The days that are over are read once by each process and kept as counts. The day that has begun is read again only when
something became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from bot.channels.base import Channel, Note, Place, Refusal, Silence
from bot.insight import days
from bot.insight.days import DAY
from bot.insight.radar import PAST, Case, Day, Kind, Rise, day_of, rises, same
from bot.log import log
from bot.phrases import say
from bot.store import alerts
from bot.store.alerts import Alert
from bot.store.engine import Connection, Engine

# How often it looks (seconds), and how many past days it reads at one look, so that nobody waits behind it.
EVERY = 180.0
_AT_ONCE = 14
# A past day's count of one tells little and takes most of the room.
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Watched:
    """A desk that is looked at, and where its leads are told, None for nowhere."""

    id: str
    name: str
    leads: Place | None = None


@dataclass(slots=True)
class _Seen:
    """What is known of a desk: its past days by their numbers, and how large today was at the last look."""

    past: dict[int, Day] = field(default_factory=dict)
    today: int = 0
    size: tuple[int, int] = (0, 0)


class Lookout:
    """The radar of every desk. `link` leads to its page, empty without one."""

    def __init__(
        self,
        desks: Iterable[Watched],
        engine: Engine,
        channels: Mapping[str, Channel],
        clock: Callable[[], float],
        link: str,
    ) -> None:
        self._desks = tuple(desks)
        self._engine = engine
        self._channels = channels
        self._clock = clock
        self._link = link
        self._seen = {desk.id: _Seen() for desk in self._desks}

    async def look(self) -> None:
        """Look at every desk once. Raises `StoreDown`."""
        for desk in self._desks:
            await self._look_at(desk)

    async def _look_at(self, desk: Watched) -> None:
        seen, today = self._seen[desk.id], int(self._clock() // DAY)
        seen.past = {day: counts for day, counts in seen.past.items() if today - PAST <= day < today}
        missing = [day for day in range(today - PAST, today) if day not in seen.past]
        for day in missing[-_AT_ONCE:]:
            found = await self._engine.read(lambda conn, day=day: days.cases(conn, desk.id, day))  # type: ignore[misc]
            seen.past[day] = day_of(found, _LEAST)
        if len(missing) > _AT_ONCE:
            return
        size = await self._engine.read(lambda conn: days.size(conn, desk.id, today))
        if (today, size) != (seen.today, seen.size):
            await self._compare(desk, seen, today)
            seen.today, seen.size = today, size
        await self._tell(desk, today)

    async def _compare(self, desk: Watched, seen: _Seen, today: int) -> None:
        cases = await self._engine.read(lambda conn: days.cases(conn, desk.id, today))
        risen = risen_on(seen.past, cases, today)
        if risen:
            now, day = self._clock(), day_named(today)
            await self._engine.write(lambda conn: _write(conn, desk.id, day, risen, now))

    async def _tell(self, desk: Watched, today: int) -> None:
        """Tell the leads what nobody told them yet. Where the channel certainly took nothing, it is tried again; where no
        answer came it is not: everything stands on the page."""
        if desk.leads is None or (channel := self._channels.get(desk.leads.channel)) is None:
            return
        day, now = day_named(today), self._clock()
        fresh = await self._engine.read(lambda conn: _untold(conn, desk.id, day))
        mine = await self._engine.write(lambda conn: alerts.claim(conn, fresh, now)) if fresh else []
        if not mine:
            return
        note = Note(say("radar.note", desk=desk.name), tuple(sentence(one) for one in mine), self._link)
        try:
            await channel.post_note(desk.leads, f"radar-{mine[0].number}", note, look=False)
        except Refusal as no:
            log.warning("radar_not_told", desk=desk.id, said=no.reason)
            if not no.final:
                await self._engine.write(lambda conn: alerts.unclaim(conn, mine))
        except Silence:
            log.warning("radar_perhaps_not_told", desk=desk.id)


def risen_on(past: Mapping[int, Day], cases: list[Case], today: int) -> list[Rise]:
    """What rises on a day, held against the days before it from the desk's first review on."""
    known = sorted(past)
    first = next((day for day in known if past[day].counts), today)
    held = [day for day in known if day >= first]
    return rises([past[day] for day in held], [weekday(day) for day in held], cases, weekday(today))


def sentence(alert: Alert) -> str:
    """What rose, and what is usual."""
    usual = f"{alert.usual:.0f}" if alert.usual >= 1 else say("radar.rarely")
    return say(f"rising.{alert.kind}", subject=alert.subject, count=alert.count, usual=usual)


def weekday(day: int) -> int:
    """The weekday of a day counted from 1970-01-01, Monday 0."""
    return (day + 3) % 7


def day_named(day: int) -> str:
    """A day counted from 1970-01-01 as it is written: `2026-11-23`."""
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()


def days_before(day: str, count: int) -> str:
    """The day that was so many days before."""
    return date.fromordinal(date.fromisoformat(day).toordinal() - count).isoformat()


def _untold(conn: Connection, desk: str, day: str) -> list[Alert]:
    return [one for one in alerts.of_day(conn, desk, day) if one.told_at is None]


def _write(conn: Connection, desk: str, day: str, risen: Iterable[Rise], now: float) -> None:
    """A word whose cases are mostly those of another that was told today says nothing new."""
    known = [one for one in alerts.of_day(conn, desk, day) if one.kind == Kind.WORD.value]
    for rise in risen:
        others = (one.reviews for one in known if one.subject != rise.subject)
        if rise.kind is not Kind.WORD or not any(same(rise, reviews) for reviews in others):
            alert = Alert(0, desk, rise.kind.value, rise.subject, day, rise.count, rise.usual, now, rise.reviews)
            alerts.write(conn, alert)
