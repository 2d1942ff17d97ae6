"""What was measured, where the texts lie, and how the figures are told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

VARIABLE = "COUNTERSIGN_EVAL_DATA"
NEXT_DOOR = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value: `value` `of` so many, or alone when `of` is None. `note` says in a clause what is counted."""

    topic: str
    name: str
    value: float
    of: float | None = None
    note: str = ""

    @property
    def share(self) -> str:
        """The value as a percentage of the whole, or empty."""
        return f"{self.value / self.of:.0%}" if self.of else ""


def folder() -> Path:
    """Where the texts lie: the folder named in the environment, else `../shared/data` beside the repository."""
    return Path(os.environ.get(VARIABLE) or NEXT_DOOR)


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def show(figures: Iterable[Figure]) -> None:
    """Print one table for each topic."""
    by_topic: dict[str, list[Figure]] = {}
    for figure in figures:
        by_topic.setdefault(figure.topic, []).append(figure)
    console = Console()
    wide = Console(width=max(console.width, 110) if not console.is_terminal else None)
    for topic, of_one in by_topic.items():
        table = Table(title=topic, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("figure")
        for name in ("value", "of", "share"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("what is counted")
        for figure in of_one:
            whole = "" if figure.of is None else f"{figure.of:g}"
            table.add_row(figure.name, f"{figure.value:g}", whole, figure.share, figure.note)
        wide.print(table)
