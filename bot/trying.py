"""Goes on with the backtests that people asked for on a page, though the page may be closed and the program restarted.

A process takes one by a lease and renews it while it works. What it used is written down with each renewal, so that whoever
takes over after a crash has no more to use than was left; a few drafts that were under way may be asked for once more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

from bot import backtest
from bot.backtest import Budget, Report
from bot.store import backtests, trials
from bot.store.backtests import Run
from bot.store.engine import Connection, T, Work
from bot.store.trials import State, Trial
from bot.workshop import Workshop

# How long a process that says nothing is taken to be at work, and how often it says something (seconds).
_LEASE, _BEAT = 30.0, 5.0


class Bench:
    """The one backtest at a time that this process goes on with."""

    def __init__(self, workshop: Workshop, new_id: Callable[[], str]) -> None:
        self._workshop = workshop
        self._holder = new_id()

    async def look(self) -> None:
        """Go on with whatever waits, until nothing does.

        One that breaks is not tried again by itself. One that is interrupted is, by whoever looks next.
        """
        while (taken := await self._taken()) is not None:
            trial, run = taken
            state = State.FAILED
            try:
                state = await self._tried(trial, run)
            except asyncio.CancelledError:
                state = State.OPEN
                raise
            finally:
                await self._write(partial(trials.end, backtest=run.number, holder=self._holder, state=state))

    async def _taken(self) -> tuple[Trial, Run] | None:
        now = self._workshop.clock()
        if not await self._workshop.engine.read(partial(trials.is_due, now=now)):
            return None

        def work(conn: Connection) -> tuple[Trial, Run] | None:
            trial = trials.take(conn, self._holder, now, now + _LEASE)
            run = backtests.get(conn, trial.backtest) if trial else None
            return (trial, run) if trial and run else None

        return await self._write(work)

    async def _tried(self, trial: Trial, run: Run) -> State:
        """Try what is left, as far as the budget goes; how it stands then."""
        laboratory = self._workshop.laboratory(run.plan.template)
        budget, told = Budget(trial.calls, trial.money), asyncio.Event()
        going = asyncio.create_task(backtest.go_on(laboratory, run, budget, lambda _: told.set()))
        holding = asyncio.create_task(self._hold(trial, budget, told))
        try:
            await asyncio.wait((going, holding), return_when=asyncio.FIRST_COMPLETED)
            if going.done():
                return _standing(going.result())
            holding.result()
            return State.STOPPED
        finally:
            for task in (going, holding):
                task.cancel()
            await asyncio.gather(going, holding, return_exceptions=True)
            await laboratory.drafter.close()

    async def _hold(self, trial: Trial, budget: Budget, told: asyncio.Event) -> None:
        """Renew the lease, with what is left to use, until it is no longer this process's. Raises `StoreDown`."""
        held = True
        while held:
            # Not `asyncio.wait_for`: before Python 3.12 it loses a cancellation that comes together with what it waits for.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BEAT):
                    await told.wait()
            told.clear()
            left = None if trial.money is None else max(trial.money - budget.spent, 0.0)
            end = self._workshop.clock() + _LEASE
            renewed = partial(trials.go_on, backtest=trial.backtest, holder=self._holder, end=end, money=left)
            held = await self._write(partial(renewed, calls=budget.calls or 0))

    async def _write(self, work: Work[T]) -> T:
        return await self._workshop.engine.write(work)


def _standing(report: Report) -> State:
    if report.failed:
        return State.FAILED
    return State.SPENT if report.left else State.DONE
