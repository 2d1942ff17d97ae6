"""The real program, `countersign run`, in a process of its own: started, asked for its page, measured, killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.meter import rss
from tests.bench.shop import ROOT

# How long it may take to come up before the bench gives up (seconds).
_PATIENCE = 30.0
_ADDRESS = re.compile(r"http://[\d.]+:\d+")


@dataclass(frozen=True, slots=True)
class Program:
    """The program, serving. `ready` is what passed from its start to its first answer (seconds)."""

    process: subprocess.Popen[str]
    address: str
    ready: float

    def page(self) -> bytes:
        """The workspace's page."""
        return fetch(self.address)

    def cpu(self) -> float:
        """CPU it has used so far (seconds)."""
        return sum(psutil.Process(self.process.pid).cpu_times()[:2])

    def rss(self) -> float:
        """Resident memory (MB)."""
        return rss(self.process.pid)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()


def fetch(address: str) -> bytes:
    """What stands at an address."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        body: bytes = answer.read()
    return body


@contextmanager
def running(url: str, folder: Path, page: str = "/", **more: str) -> Iterator[Program]:
    """The program on a database, with the settings of this repository and no model, once it has shown the page.

    `more` is added to its environment. It is killed afterwards.
    """
    environment = {
        "DATABASE_URL": url,
        "PORT": "0",
        "COUNTERSIGN_CONFIG": str(ROOT / "config" / "countersign.yaml"),
        "COUNTERSIGN_PROMPTS": str(ROOT / "prompts"),
        "COUNTERSIGN_KNOWLEDGE": str(ROOT / "config" / "knowledge"),
        "COUNTERSIGN_SAMPLES": str(ROOT / "config" / "samples.yaml"),
    }
    command = [str(Path(sys.executable).with_name("countersign")), "run"]
    # In a folder without .env, where a key would turn the offline drafter off.
    with started(command, environment | more, folder, page) as program:
        yield program


@contextmanager
def started(command: Sequence[str], environment: dict[str, str], folder: Path, page: str) -> Iterator[Program]:
    """Any program that says where it serves, once it has shown the page; killed afterwards.

    Of our own environment it has nothing but PATH.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"]} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = _address(process)
        fetch(address + page)
        yield Program(process, address, time.perf_counter() - begun)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _address(process: subprocess.Popen[str]) -> str:
    """Where it says that it serves."""
    for line in process.stdout or ():
        if found := _ADDRESS.search(line):
            return found[0]
    raise RuntimeError(f"the program ended with {process.wait(_PATIENCE)} before it served")
