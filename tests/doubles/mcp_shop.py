"""A real MCP server of an invented shop, over stdio, or over HTTP at a port: `python -m tests.doubles.mcp_shop [PORT]`.

Each call is one line of JSON in the file that SEEN names, so that one can see what was called, and with what.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

READS = ToolAnnotations(readOnlyHint=True)
WRITES = ToolAnnotations(readOnlyHint=False, destructiveHint=True)
CHATTER = "chatter on standard error"


def server(port: int = 0) -> FastMCP:
    """The server with its tools, those that read and those that write."""
    shop = FastMCP("shop", port=port, log_level="CRITICAL")

    @shop.tool(annotations=READS, structured_output=False)
    def get_order(order_id: int) -> str:
        """Where an order is."""
        _seen("get_order", order_id=order_id)
        if order_id == 10500:
            raise ValueError(f"the database of order {order_id} is gone")
        return f"Order {order_id} was shipped.\u202e\x07"

    @shop.tool(annotations=READS, structured_output=False)
    def get_plan(who: str, region: str = "eu") -> str:
        """Which plan somebody has."""
        _seen("get_plan", who=who, region=region)
        return ""

    @shop.tool(annotations=WRITES, structured_output=False)
    def cancel_order(order_id: int) -> str:
        """Cancel an order."""
        _seen("cancel_order", order_id=order_id)
        return "Cancelled."

    @shop.tool(structured_output=False)
    def find_order(order_id: int) -> str:
        """Say nothing of whether anything changes."""
        _seen("find_order", order_id=order_id)
        return "Found."

    @shop.tool(annotations=READS, structured_output=False)
    async def wait_for_order(order_id: int) -> str:
        """Answer when it is too late."""
        _seen("wait_for_order", order_id=order_id)
        await anyio.sleep(60)
        return "At last."

    @shop.tool(annotations=READS, structured_output=False)
    def fall_over(order_id: int) -> str:
        """End the server."""
        _seen("fall_over", order_id=order_id)
        os._exit(1)

    return shop


def _seen(tool: str, **arguments: Any) -> None:
    print(CHATTER, arguments, os.environ.get("SHOP_TOKEN"), file=sys.stderr, flush=True)  # noqa: T201
    line = {"tool": tool, "arguments": arguments, "environment": sorted(os.environ), "pid": os.getpid()}
    with Path(os.environ["SEEN"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server(int(sys.argv[1])).run("streamable-http")
    else:
        server().run("stdio")
