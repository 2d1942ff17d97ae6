"""What was measured, what it should have been, and how both are told."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `target` is the most it may be; None when it is only reported."""

    part: str
    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or empty without a target."""
        if self.target is None:
            return ""
        return "met" if self.value <= self.target else "missed"


def show(figures: Iterable[Figure]) -> None:
    """Print the table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("part")
    table.add_column("figure")
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("at most", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    before = ""
    for figure in figures:
        if before and figure.part != before:
            table.add_section()
        colour = {"met": "green", "missed": "bold red"}.get(figure.verdict, "")
        table.add_row(
            figure.part if figure.part != before else "",
            figure.name,
            f"{_rounded(figure.value)} {figure.unit}",
            "" if figure.target is None else f"{figure.target:g} {figure.unit}",
            f"[{colour}]{figure.verdict}[/]" if colour else "",
        )
        before = figure.part
    console = Console()
    Console(width=max(console.width, 110) if not console.is_terminal else None).print(table)


def save(figures: Iterable[Figure], raw: dict[str, Any], machine: dict[str, Any], quick: bool) -> Path:
    """Write everything down beside the machine it was measured on; returns the file."""
    RESULTS.mkdir(exist_ok=True)
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = RESULTS / f"{at}{'-quick' if quick else ''}.json"
    told = {
        "at": at,
        "quick": quick,
        "machine": machine,
        "figures": [asdict(figure) | {"verdict": figure.verdict} for figure in figures],
        "raw": raw,
    }
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return path


def machine(folder: Path, postgresql: str) -> dict[str, Any]:
    """Where this was measured; `sync` is what a bare fsync in that folder takes (milliseconds, median and longest)."""
    info = Path("/proc/cpuinfo")
    model = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return {
        "cpu": model[0].partition(":")[2].strip() if model else platform.processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "sync": _sync(folder / "sync"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": postgresql,
    }


def _sync(path: Path) -> tuple[float, float]:
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(100):
            file.write(b"x" * 4096)
            begun = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - begun) * 1000)
    return sorted(took)[50], max(took)


def _rounded(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
