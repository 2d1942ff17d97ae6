"""A stand-in for a server of somebody else's, served on this machine as long as an `async with` lasts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import uvicorn

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Served:
    """An ASGI application, its `app`, at `port`; 0 takes a free one, which `port` then names."""

    port: int

    async def app(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The ASGI application."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", self.port))
        # asyncio sets this by itself, but not on sockets that were bound beforehand: each answer would take 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(self.app, log_config=None, lifespan="off", interface="asgi3", ws="none")
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.001)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        await self._serving

    async def wait(self) -> None:
        """Until it is ended from outside."""
        await self._serving
