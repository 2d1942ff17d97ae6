"""A folder with settings in which the real `countersign` is run, and what one does with a running one."""

from __future__ import annotations

import html
import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import yaml
from typer.testing import CliRunner

from bot.console.guard import PROOF

ROOT = Path(__file__).parents[2]
# Far beyond what anything takes; only a failing test waits so long (seconds).
PATIENCE = 60.0
# The pause between two looks at something that nobody announces (seconds).
_GLANCE = 0.02
_numbers = itertools.count(1)


def until(fits: Callable[[], bool], what: str) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not fits():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(_GLANCE)


@dataclass(frozen=True)
class Card:
    """A card as the page shows it; `text` is all that can be read on it."""

    review: str
    version: int
    state: str
    text: str


class Program:
    """A running `countersign run`, reached as its own page reaches it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[str] = []
        self.client = httpx2.Client(headers={PROOF: "page"}, timeout=PATIENCE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def begin(self) -> None:
        """Wait until it says where it is."""
        assert self.process.stdout is not None
        found = re.search(r"http://\S+", self.process.stdout.readline())
        assert found, f"it did not start: {self.said()}"
        self.client.base_url = httpx2.URL(found[0])

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)

    def said(self) -> str:
        """What it has said on standard error, once it has ended all of it."""
        if self.process.poll() is not None:
            self._reader.join()
        return "".join(self.log)

    def post(self, path: str, **body: Any) -> httpx2.Response:
        """Post as the page does."""
        return self.client.post(path, json=body)

    def say(self, text: str, nonce: str = "") -> httpx2.Response:
        """A customer begins a thread."""
        return self.post("/messages/say", by="web:customer-0", text=text, nonce=nonce or f"nonce-{next(_numbers):08}")

    def cards(self, text: str = "") -> list[Card]:
        """The cards on which this can be read."""
        page = self.client.get("/columns/reviews").text
        found = []
        for article in re.findall(r"<article.*?</article>", page, re.DOTALL):
            named = dict(re.findall(r'data-(review|version|state)="([^"]*)"', article))
            shown = html.unescape(re.sub(r"<[^>]*>", " ", article))
            found.append(Card(named["review"], int(named["version"]), named["state"], shown))
        return [card for card in found if text in card.text]

    def card(self, text: str, state: str = "in_review") -> Card:
        """The card of this conversation, as soon as it is in this state."""
        until(lambda: any(card.state == state for card in self.cards(text)), f"“{text}” {state}: {self.cards(text)}")
        return next(card for card in self.cards(text) if card.state == state)

    def approve(self, card: Card) -> httpx2.Response:
        """Press the button."""
        return self.post(f"/reviews/{card.review}/approve", by="web:ana", version=card.version)

    @property
    def ready(self) -> httpx2.Response:
        """What it says of itself."""
        return self.client.get("/readyz")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and see how it goes: 0, or minus the signal."""
        self.send(number)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """Whatever happened, leave no process behind."""
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        self._reader.join()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@dataclass
class House:
    """A folder with settings of its own. `env` is added to an otherwise empty environment."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = self.folder / "config" / "countersign.yaml"
        self.settings.parent.mkdir(exist_ok=True)
        self.configure({})

    @property
    def database(self) -> Path:
        """The SQLite file, where nothing else is said."""
        return self.folder / "data" / "countersign.db"

    def configure(self, changes: Mapping[str, Any]) -> None:
        """The settings as they are shipped, with customers who finish at once and these changes at their paths."""
        values = yaml.safe_load((ROOT / "config" / "countersign.yaml").read_text("utf-8"))
        values |= {name: str(ROOT / values[name]) for name in ("prompts", "knowledge", "samples")}
        for path, value in {"desks.nordlys.settle_seconds": 0, **changes}.items():
            *parents, last = path.split(".")
            part = values
            for name in parents:
                part = part.setdefault(name, {})
            part[last] = value
        self.settings.write_text(yaml.safe_dump(values), "utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        """What a command sees; nothing of the developer's own."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR")}
        return kept | {"PYTHONPATH": str(ROOT), "PORT": "0"} | self.env | more

    def command(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for its end."""
        return subprocess.run(
            [*COUNTERSIGN, *words],
            cwd=self.folder,
            env=self.environment(**env),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def types(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """As `command`, in this process: Python and its libraries are not loaded again, which takes a second."""
        from bot.cli import app

        wanted = self.environment(**env)
        hidden: dict[str, str | None] = dict.fromkeys(os.environ.keys() - wanted.keys())
        with chdir(self.folder):
            result = CliRunner().invoke(app, words, env=hidden | wanted, prog_name="countersign")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return subprocess.CompletedProcess(words, result.exit_code, result.stdout, result.stderr)

    @contextmanager
    def running(self, **env: str) -> Iterator[Program]:
        """The program, at a port of its own."""
        process = subprocess.Popen(
            [*COUNTERSIGN, "run"],
            cwd=self.folder,
            env=self.environment(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        program = Program(process)
        try:
            program.begin()
            yield program
        finally:
            program.close()
            print(program.said())  # noqa: T201 - pytest shows it with a failure


COUNTERSIGN = (sys.executable, "-c", "from bot.cli import main; main()")
