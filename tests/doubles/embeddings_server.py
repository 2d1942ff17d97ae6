"""A stand-in for an OpenAI-compatible embeddings endpoint, met over a real socket.

It knows a few things one can mean, each with several words in several languages: texts that mean the same have the same
vector, whatever letters they share.
"""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.served import Served

MEANINGS = (
    ("parcel", "package", "shipment", "pakke"),
    ("refund", "money back", "reimburse"),
    ("broken", "defective", "out of order"),
    ("password", "log in", "sign in"),
)


@dataclass(frozen=True)
class Fails:
    """What comes instead of vectors: this status and body, or a hang-up."""

    status: int = 500
    body: Any = None
    hang_up: bool = False


@dataclass
class EmbeddingsServer(Served):
    """`async with EmbeddingsServer() as server`. `asked` are the texts of each call, `keys` what it was authorised by."""

    port: int = 0
    asked: list[list[str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    wide: int = 48
    script: deque[Fails] = field(default_factory=deque)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def vector(self, text: str) -> list[float]:
        """One number for each meaning, and in the others a little of what only this text has."""
        found = [float(any(word in text.lower() for word in words)) for words in MEANINGS]
        own = random.Random(text)
        return [*found, *(own.gauss(0, 0.05) for _ in range(self.wide - len(found)))]

    async def app(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """The ASGI application."""
        body = b""
        while (event := await receive())["type"] == "http.request":
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        assert scope["path"] == "/v1/embeddings"
        said = json.loads(body)
        self.asked.append(said["input"])
        self.keys.append(dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer "))
        fails = self.script.popleft() if self.script else None
        rows = [{"index": at, "embedding": self.vector(text)} for at, text in enumerate(said["input"])]
        answer = fails.body if fails else {"object": "list", "data": rows[::-1], "model": said["model"]}
        if fails and fails.hang_up:
            return
        head = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": fails.status if fails else 200, "headers": head})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
