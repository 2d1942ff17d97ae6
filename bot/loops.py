"""Workers: they call the desk's verbs until told to stop. The only place where something is tried again by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.channels.base import Refusal, Silence
from bot.desk import FrontDesk, ToDraft
from bot.log import log
from bot.phrases import say
from bot.store.bell import Bell, Ear, Topic
from bot.store.engine import StoreDown

C = TypeVar("C")

# How often to look when no bell rings: other processes' bells may be lost, and what was put off falls due (seconds).
_POLL = 2.0
# How long work at hand may take once the program is told to stop (seconds).
_FAREWELL = 3.0
# The pause after the database was down (seconds).
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Line(Generic[C]):
    """One kind of work: how to claim some, how to do it, what to do when it breaks, and when more falls due."""

    topic: Topic
    slots: int
    take: Callable[[int], Awaitable[list[C]]]
    do: Callable[[C], Awaitable[None]]
    broke: Callable[[C], Awaitable[None]]
    next_due: Callable[[], Awaitable[float | None]]


def lines(desk: FrontDesk, slots: int) -> tuple[Line[Any], ...]:
    """The three kinds of work of a front desk; `slots` is how much of each is done at once."""

    async def leave(_: object) -> None:
        """The claim lapses by itself, and somebody takes it up again."""

    async def draft_broke(claim: ToDraft) -> None:
        await desk.draft_broke(claim, say("draft.broke"))

    return (
        Line(Topic.DRAFTS, slots, desk.take_drafts, desk.draft, draft_broke, desk.next_draft),
        Line(Topic.CARDS, slots, desk.take_cards, desk.show, leave, desk.next_card),
        Line(Topic.REPLIES, slots, desk.take_replies, desk.deliver, leave, desk.next_reply),
    )


async def work(line: Line[C], bell: Bell, clock: Callable[[], float]) -> None:
    """Do this kind of work until cancelled; then what is at hand gets a moment to finish."""
    at_hand: set[asyncio.Task[None]] = set()
    with bell.listen(line.topic) as ear:
        try:
            while True:
                await _turn(line, ear, at_hand, clock)
        finally:
            if at_hand:
                _, late = await asyncio.wait(at_hand, timeout=_FAREWELL)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)


async def _turn(line: Line[C], ear: Ear, at_hand: set[asyncio.Task[None]], clock: Callable[[], float]) -> None:
    """Claim what is due and begin it, or wait for the bell, for a free slot, or for something to fall due."""
    try:
        claims = await line.take(line.slots - len(at_hand))
        for claim in claims:
            task = asyncio.create_task(_one(line, claim))
            at_hand.add(task)
            task.add_done_callback(at_hand.discard)
            # A slot that comes free is a reason to look again.
            task.add_done_callback(lambda _: ear.hear() if len(at_hand) >= line.slots - 1 else None)
        due = None if claims else await line.next_due()
    except StoreDown as down:
        log.error("store_down", topic=line.topic.value, cause=down.cause)
        await asyncio.sleep(_PAUSE)
        return
    if len(at_hand) >= line.slots:
        await asyncio.wait(at_hand, return_when=asyncio.FIRST_COMPLETED)
    elif not claims:
        await ear.wait(_POLL if due is None else min(max(due - clock(), 0.0), _POLL))


async def _one(line: Line[C], claim: C) -> None:
    try:
        await line.do(claim)
    except (Refusal, Silence) as error:
        log.warning("channel_failed", topic=line.topic.value, error=type(error).__name__, said=str(error))
    except StoreDown as down:
        log.error("store_down", topic=line.topic.value, cause=down.cause)
    except Exception:
        # Whatever went wrong must not stop the worker, and must end on a card.
        log.exception("work_broke", topic=line.topic.value)
        try:
            await line.broke(claim)
        except StoreDown as down:
            log.error("store_down", topic=line.topic.value, cause=down.cause)


async def seal(make: Callable[[], Awaitable[None]], pause: float) -> None:
    """Seal the audit every so often (seconds), until cancelled; and once more then."""
    try:
        while True:
            await asyncio.sleep(pause)
            await _sealed(make)
    finally:
        await _sealed(make)


async def _sealed(make: Callable[[], Awaitable[None]]) -> None:
    try:
        await make()
    except StoreDown as down:
        log.error("not_sealed", cause=down.cause)
    except OSError as error:
        log.error("not_sealed", cause=str(error))
