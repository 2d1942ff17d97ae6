"""The figures for Prometheus, for this machine and for programs with a token."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from bot.console.guard import LOOPBACK
from bot.console.parts import Console
from bot.console.sorry import Sorry
from bot.console.viewer import OPEN, Passes
from bot.phrases import say
from bot.store.tokens import Scope
from bot.store.vitals import waiting
from bot.watching import Waiting

# How long the counts of reviews are good for (seconds): several may scrape at once.
_KEPT = 5.0
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A proxy beside the program makes everybody look local.
_BY_PROXY = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


class Counts:
    """The reviews that wait, counted no more than every few seconds."""

    def __init__(self, parts: Console) -> None:
        self._parts = parts
        self._turn = asyncio.Lock()
        self._until = 0.0
        self._found: Sequence[Waiting] = ()

    async def now(self) -> Sequence[Waiting]:
        """What waits. Raises `StoreDown`."""
        async with self._turn:
            if self._parts.clock() >= self._until:
                self._found = await self._parts.engine.read(waiting)
                self._until = self._parts.clock() + _KEPT
            return self._found


def metrics(parts: Console) -> APIRouter:
    """The one route."""
    router = APIRouter(dependencies=[OPEN])
    counts = Counts(parts)
    desks = frozenset(row.loc[1] for row in parts.in_force if row.loc[0] == "desks")

    @router.get("/metrics")
    async def figures(request: Request) -> Response:
        if not _near(request) and not await _admitted(request, desks):
            raise Sorry(403, say("page.health.metrics"))
        return Response(parts.watch.figures(await counts.now()), media_type=_TYPE)

    return router


async def _admitted(request: Request, desks: frozenset[str]) -> bool:
    """Whether it carries a token for the figures of every desk: they stand there side by side."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return False
    passes: Passes = request.app.state.passes
    found = await passes.admit(token.strip(), Scope.FIGURES)
    return found is not None and desks <= set(found.desks)


def _near(request: Request) -> bool:
    """Whether it was asked for on this machine, and not by way of a proxy."""
    host = request.client.host if request.client else ""
    return host in LOOPBACK and not any(name in request.headers for name in _BY_PROXY)
