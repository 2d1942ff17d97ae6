"""Look-ups by tools of MCP servers. The only file that speaks to them; its libraries take 0.8 seconds and 70 MB."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from langchain_core.tools import BaseTool, ToolException
from langchain_mcp_adapters.tools import load_mcp_tools
from langsmith import tracing_context
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from bot.log import log
from bot.lookups import variables
from bot.lookups.answers import Unanswered
from bot.lookups.setting import ServerSetting, ToolLookup
from bot.phrases import say

_STARTING = 30.0  # seconds until a server that does not come up is given up
_HTTP = httpx.Timeout(_STARTING, read=300.0)  # a stream may say nothing for long
_KINDS: Mapping[str, type] = {"integer": int, "number": float}
_Tools = Mapping[str, BaseTool]

# They log what they receive, and what they receive is about customers.
for _talker in ("mcp", "httpx", "langchain_mcp_adapters"):
    logging.getLogger(_talker).setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """A connection: the task that holds it, what the server offers once it is there, and what ends it."""

    holding: asyncio.Task[None]
    tools: asyncio.Future[_Tools]
    over: asyncio.Event


class Server:
    """One server, connected when it is first needed, and anew when it was lost.

    A task of its own holds the connection, because its library wants it opened and closed by one and the same. A draft
    waits as long as its look-up may take; the connecting goes on behind it.
    """

    def __init__(self, setting: ServerSetting) -> None:
        self.setting = setting
        self._held: _Held | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def open(self) -> _Held:
        """The connection, begun if there is none."""
        if self._held is None or self._held.holding.done():
            over, tools = asyncio.Event(), asyncio.get_running_loop().create_future()
            self._held = _Held(asyncio.create_task(self._hold(tools, over)), tools, over)
            self._held.holding.add_done_callback(self._ended)
        return self._held

    async def tools(self) -> _Tools:
        """What the server offers, by name. Raises `Unanswered`."""
        held = self.open()
        either: tuple[asyncio.Future[Any], ...] = (held.holding, held.tools)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not held.tools.done():
            raise Unanswered(say("lookup.unreachable"))
        return held.tools.result()

    def drop(self, held: _Held) -> None:
        """Let this connection end; the next one to ask connects anew."""
        held.over.set()
        self._ending.add(held.holding)
        if self._held is held:
            self._held = None

    async def close(self) -> None:
        """End the connection, and the server if it was started here."""
        if self._held is not None:
            self.drop(self._held)
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _ended(self, holding: asyncio.Task[None]) -> None:
        self._ending.discard(holding)
        if not holding.cancelled() and (error := holding.exception()):
            # Its words may hold a key, so only its kind is told.
            log.warning("mcp_lost", server=self.setting.name, error=type(error).__name__)

    async def _hold(self, tools: asyncio.Future[_Tools], over: asyncio.Event) -> None:
        async with _streams(self.setting) as (read, write), ClientSession(read, write) as session:
            async with asyncio.timeout(_STARTING):
                await session.initialize()
                offered = await load_mcp_tools(session, handle_tool_errors=False)
            tools.set_result({tool.name: tool for tool in offered})
            await over.wait()


@asynccontextmanager
async def _streams(setting: ServerSetting) -> AsyncIterator[tuple[Any, Any]]:
    """What goes in and out. A server's standard error is not kept: it may hold what it was asked."""
    if setting.url:
        async with (
            httpx.AsyncClient(headers=dict(setting.headers), timeout=_HTTP) as client,
            streamable_http_client(setting.url, http_client=client) as (read, write, _),
        ):
            yield read, write
        return
    program, *arguments = setting.command
    started = StdioServerParameters(command=program, args=arguments, env=dict(setting.environment))
    with Path(os.devnull).open("w") as nowhere:  # noqa: ASYNC230 - it is no file that one could wait for
        async with stdio_client(started, errlog=nowhere) as (read, write):
            yield read, write


class Tool:
    """A tool that may be called, with the arguments it is called with and no others."""

    def __init__(self, setting: ToolLookup, server: Server) -> None:
        self._setting = setting
        self._server = server

    async def ask(self, values: Mapping[str, str]) -> str | None:
        """What it says; None when it says nothing. Raises `Unanswered`."""
        held = self._server.open()
        tool, kinds = await self._examined()
        try:
            arguments = {
                name: _KINDS.get(kinds[name], str)(variables.filled(template, values))
                for name, template in self._setting.arguments.items()
            }
        except ValueError:
            raise Unanswered(say("lookup.unfit")) from None
        try:
            # Variables like LANGSMITH_TRACING in somebody's environment would send customers' words elsewhere.
            with tracing_context(enabled=False):
                said = await tool.ainvoke(arguments)
        except ToolException:
            raise Unanswered(say("lookup.tool_error")) from None
        except BaseException:
            # Gone, wedged or no longer understood: whichever it is, a new connection is the cure.
            self._server.drop(held)
            raise
        return "\n".join(part["text"] for part in said if part.get("type") == "text")

    async def reach(self) -> None:
        """Look whether it is there and may be called, without calling it. Raises `Unanswered`."""
        await self._examined()

    async def _examined(self) -> tuple[BaseTool, dict[str, str]]:
        """The tool and the types of the declared arguments, if it may be called with these. Raises `Unanswered`."""
        tool = (await self._server.tools()).get(self._setting.tool)
        if tool is None:
            raise Unanswered(say("lookup.no_tool"))
        if not self._server.setting.trusted and (tool.metadata or {}).get("readOnlyHint") is not True:
            raise Unanswered(say("lookup.may_write"))
        schema: Any = tool.args_schema
        known, required = schema.get("properties", {}), set(schema.get("required", ()))
        declared = self._setting.arguments.keys()
        if not required <= declared <= known.keys():
            raise Unanswered(say("lookup.arguments"))
        return tool, {name: str(known[name].get("type", "")) for name in declared}
