"""Workers: they call the desk's verbs until told to stop. The only place where something is tried again by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.channels.base import Refusal, Silence
from bot.desk import FrontDesk, Taken, ToDraft
from bot.log import log
from bot.phrases import say
from bot.store.bell import Bell, Ear, Topic
from bot.store.engine import StoreDown

C = TypeVar("C")
# Hears that something went well, or what went wrong, in a few words.
Went = Callable[[str], None]

# How often to look when no bell rings: other processes' bells may be lost, and what was put off falls due (seconds).
_POLL = 2.0
# The shortest wait for something that falls due (seconds): what is due but held by another must not spin.
_BREATH = 0.005
# How long work at hand may take once the program is told to stop (seconds).
_FAREWELL = 3.0
# How often it is looked whether something was kept for long enough (seconds).
_HOUR = 3600.0
# How often it is looked how late the event loop is (seconds).
_PULSE = 1.0
# The pause after the database was down (seconds).
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Line(Generic[C]):
    """One kind of work: how to claim some, how to do it, and what to do when it breaks."""

    topic: Topic
    slots: int
    take: Callable[[int], Awaitable[Taken[C]]]
    do: Callable[[C], Awaitable[object]]
    broke: Callable[[C], Awaitable[None]]


def lines(desk: FrontDesk, slots: int) -> tuple[Line[Any], ...]:
    """The three kinds of work of a front desk; `slots` is how much of each is done at once."""

    async def leave(_: object) -> None:
        """The claim lapses by itself, and somebody takes it up again."""

    async def draft_broke(claim: ToDraft) -> None:
        await desk.draft_broke(claim, say("draft.broke"))

    return (
        Line(Topic.DRAFTS, slots, desk.take_drafts, desk.draft, draft_broke),
        Line(Topic.CARDS, slots, desk.take_cards, desk.show, leave),
        Line(Topic.REPLIES, slots, desk.take_replies, desk.deliver, leave),
    )


def _unheard(_: str) -> None:
    """Nobody keeps count."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Who hears how a kind of work goes: whether it could be `claimed`, and whether it was `done`."""

    claimed: Went = _unheard
    done: Went = _unheard


async def work(
    line: Line[C], bell: Bell, clock: Callable[[], float], stopping: asyncio.Event, heard: Heard = Heard()
) -> None:
    """Do this kind of work until `stopping` is set and every bell rung; what is at hand then gets a moment to finish."""
    at_hand: set[asyncio.Task[None]] = set()
    with bell.listen(line.topic) as ear:
        while not stopping.is_set():
            await _turn(line, ear, at_hand, clock, heard)
    if at_hand:
        _, late = await asyncio.wait(at_hand, timeout=_FAREWELL)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def _turn(
    line: Line[C], ear: Ear, at_hand: set[asyncio.Task[None]], clock: Callable[[], float], heard: Heard
) -> None:
    """Claim what is due and begin it; without anything to claim, wait until there may be."""

    def over(task: asyncio.Task[None]) -> None:
        at_hand.discard(task)
        if len(at_hand) == line.slots - 1:
            ear.hear()  # a slot has come free

    try:
        free = line.slots - len(at_hand)
        taken = await line.take(free) if free else Taken([], None)
    except StoreDown as down:
        log.error("store_down", topic=line.topic.value, cause=down.cause)
        heard.claimed(str(down))
        await asyncio.sleep(_PAUSE)
        return
    except Exception as error:
        # One row that cannot be read must not end the program, and with it everybody else's work.
        log.exception("claiming_broke", topic=line.topic.value)
        heard.claimed(type(error).__name__)
        await asyncio.sleep(_PAUSE)
        return
    heard.claimed("")
    for claim in taken.claims:
        task = asyncio.create_task(_one(line, claim, heard.done))
        at_hand.add(task)
        task.add_done_callback(over)
    if len(taken.claims) < free or not free:
        await ear.wait(_POLL if taken.due is None else min(max(taken.due - clock(), _BREATH), _POLL))


async def _one(line: Line[C], claim: C, done: Went) -> None:
    try:
        await line.do(claim)
        done("")
    except (Refusal, Silence) as error:
        # The channel's trouble, not the worker's.
        log.warning("channel_failed", topic=line.topic.value, error=type(error).__name__, said=str(error))
    except StoreDown as down:
        log.error("store_down", topic=line.topic.value, cause=down.cause)
        done(str(down))
    except Exception as broke:
        # Whatever went wrong must not stop the worker, and must end on a card.
        log.exception("work_broke", topic=line.topic.value)
        done(type(broke).__name__)
        try:
            await line.broke(claim)
        except StoreDown as down:
            log.error("store_down", topic=line.topic.value, cause=down.cause)


async def seal(make: Callable[[], Awaitable[None]], pause: float, went: Went = _unheard) -> None:
    """Seal the audit every so often (seconds), until cancelled; and once more then."""
    try:
        while True:
            await asyncio.sleep(pause)
            await _sealed(make, went)
    finally:
        await _sealed(make, went)


async def forget(
    desks: Mapping[str, float], erase: Callable[[str, float], Awaitable[int]], went: Went = _unheard
) -> None:
    """Erase what each of these desks has kept for its time (seconds), at once and then every hour, until cancelled.

    `erase` takes a few threads at a time and says how many there were; in between, whoever waits has the database.
    """
    while True:
        for desk, kept in desks.items():
            more = 1
            while more:
                more = await _forgotten(desk, erase(desk, kept), went)
                await asyncio.sleep(_BREATH)
        await asyncio.sleep(_HOUR)


async def _forgotten(desk: str, erasing: Awaitable[int], went: Went) -> int:
    try:
        erased = await erasing
    except StoreDown as down:
        log.error("not_forgotten", desk=desk, cause=down.cause)
        went(str(down))
        return 0
    went("")
    return erased


async def look(around: Callable[[], Awaitable[None]], pause: float, went: Went = _unheard) -> None:
    """Look `around` for what has changed outside, at once and then every so often (seconds), until cancelled."""
    while True:
        try:
            await around()
            went("")
        except StoreDown as down:
            log.error("not_looked", cause=down.cause)
            went(str(down))
        await asyncio.sleep(pause)


async def notice(lagged: Callable[[float], None], timer: Callable[[], float]) -> None:
    """Tell every second how late the event loop is (seconds by `timer`), until cancelled."""
    while True:
        began = timer()
        await asyncio.sleep(_PULSE)
        lagged(max(0.0, timer() - began - _PULSE))


async def try_out(look: Callable[[], Awaitable[None]], pause: float) -> None:
    """Go on with backtests that people asked for, looking for one every so often (seconds), until cancelled."""
    while True:
        try:
            await look()
        except StoreDown as down:
            log.error("not_tried_out", cause=down.cause)
        except Exception:
            # Whatever went wrong with a backtest must not end the program. It stands as failed.
            log.exception("trial_broke")
        await asyncio.sleep(pause)


async def _sealed(make: Callable[[], Awaitable[None]], went: Went) -> None:
    try:
        await make()
        went("")
    except StoreDown as down:
        log.error("not_sealed", cause=down.cause)
        went(str(down))
    except OSError as error:
        log.error("not_sealed", cause=str(error))
        went(str(error))
