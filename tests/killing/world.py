"""The outside world: an append-only file that survives whoever writes to it, as Slack survives a bot."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class World:
    """What happened, in order. Nothing in it is ever changed, so a message sent twice stands there twice."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._facts = [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def happens(self, kind: str, **values: Any) -> str:
        """A fact; returns its reference. One write, so that it is there as a whole or not at all."""
        ref = f"w{len(self._facts)}"
        fact = {"kind": kind, "ref": ref, **values}
        os.write(self._file, json.dumps(fact).encode() + b"\n")
        os.fsync(self._file)
        self._facts.append(fact)
        return ref

    def all(self, kind: str, **values: Any) -> Iterator[dict[str, Any]]:
        """The facts of this kind with these values."""
        for fact in self._facts:
            if fact["kind"] == kind and all(fact[name] == value for name, value in values.items()):
                yield fact

    def has(self, kind: str, **values: Any) -> bool:
        """Whether there is such a fact."""
        return any(self.all(kind, **values))

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
