"""`make eval`, or `python -m tests.eval`: measure every topic there is on the texts and print one table for each.

A topic is a module beside this one with `rows(data: Path) -> Iterator[Figure]`.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys

import tests.eval
from tests.eval.figures import VARIABLE, Figure, folder, show

_NOT_TOPICS = {"__main__", "figures"}


def topics() -> list[str]:
    """The topics by name."""
    return sorted({module.name for module in pkgutil.iter_modules(tests.eval.__path__)} - _NOT_TOPICS)


def main() -> None:
    """Measure the chosen topics one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.eval", description=__doc__)
    parser.add_argument("--only", choices=topics(), action="append", help="this topic only; may be given several times")
    asked = parser.parse_args()
    data = folder()
    if not data.is_dir():
        sys.stdout.write(
            f"There are no texts to measure on: {data} is not there. {VARIABLE} may name another folder.\n"
        )
        return
    figures: list[Figure] = []
    for topic in asked.only or topics():
        figures += importlib.import_module(f"tests.eval.{topic}").rows(data)
    show(figures)


if __name__ == "__main__":
    main()
