"""A strict stand-in for a shop's own server, met over a real socket: orders by their number, for those with the key.

It refuses whatever is not exactly `GET /api/orders/<number>` and remembers it, so that a look-up that was talked into
asking for something else is seen here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.served import Receive, Send, Served

KEY = "shop-key-7f3a9c"
SHIPPED = {"status": "shipped", "carrier": {"name": "Nordpost"}, "lines": [{"name": "Lamp"}, {"name": "Bulb"}]}


@dataclass(frozen=True)
class Says:
    """An answer. `hangs` means that none comes while the caller waits."""

    body: object = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    hangs: bool = False

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Shop(Served):
    """`async with Shop() as shop`: `shop.orders` says what each number gets; other numbers are not known.

    `asked` are the paths that were asked for, with their queries; `complaints` what no look-up should ever do.
    """

    orders: dict[str, Says] = field(default_factory=lambda: {"10245": Says(SHIPPED)})
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address of an order, as the settings write it."""
        return f"{self.host}/api/orders/{{order}}"

    async def app(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The ASGI application."""
        path = scope["raw_path"].decode() + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        if scope["method"] == "HEAD" and path == "/":
            await _send(send, Says(status=405))
            return
        self.asked.append(path)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if faults := list(_faults(scope["method"], path, headers)):
            self.complaints += faults
            await _send(send, Says(status=400))
            return
        says = self.orders.get(path.rpartition("/")[2], Says(status=404))
        if headers.get("authorization") != f"Bearer {KEY}":
            says = Says(status=401)
        if says.hangs:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await _send(send, says)


def _faults(method: str, path: str, headers: dict[str, str]) -> list[str]:
    faults = []
    if method != "GET":
        faults.append(f"{method} changes something")
    if not re.fullmatch(r"/api/orders/\d{5}", path):
        faults.append(f"{path} is no order")
    if "cookie" in headers:
        faults.append("a cookie of another customer's answer")
    if int(headers.get("content-length", 0)):
        faults.append("a body")
    return faults


async def _send(send: Send, says: Says) -> None:
    headers = [("content-type", "application/json"), ("set-cookie", "session=somebody"), *says.headers]
    named = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": says.status, "headers": named})
    await send({"type": "http.response.body", "body": says.raw})
