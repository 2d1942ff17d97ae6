"""The stand-in for an OpenAI-compatible server, in a process of its own, as a program would meet a real one."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from tests.cli.house import PATIENCE, ROOT


class Model:
    """A running one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx2.Client(base_url=url.removesuffix("/v1"), timeout=PATIENCE)

    def script(self, *does: dict[str, Any]) -> None:
        """What the next calls get, such as `{"do": "slow", "seconds": 3}`; afterwards each gets a good answer."""
        assert self._client.post("/script", json=list(does)).status_code == 200

    def forget(self) -> None:
        """As new."""
        assert self._client.post("/forget").status_code == 200

    def calls(self) -> int:
        """How often it was asked."""
        return len(self._client.get("/seen").json()["seen"])

    def seen(self) -> list[dict[str, Any]]:
        """What it was asked, the first first."""
        return list(self._client.get("/seen").json()["seen"])

    def complaints(self) -> list[str]:
        """What the real server would have refused."""
        return list(self._client.get("/seen").json()["complaints"])

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


@contextmanager
def model() -> Iterator[Model]:
    """Run it while the block lasts."""
    command = [sys.executable, "-m", "tests.doubles.openai_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        running = Model(found[0])
        try:
            yield running
        finally:
            running.close()
            process.kill()
