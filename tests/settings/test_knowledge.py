"""Where articles are can be written as one path, as a list, and in the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import load
from bot.written import BadSettings
from tests.settings.conftest import Desk


def parts(*said: tuple[str, str | None, str | None]) -> list[tuple[Path, str | None, str | None]]:
    return [(Path(path), audience, language) for path, audience, language in said]


WRITTEN = {
    "knowledge: a": parts(("a", None, None)),
    "knowledge: [a, b.csv]": parts(("a", None, None), ("b.csv", None, None)),
    "knowledge: {path: a, audience: public}": parts(("a", "public", None)),
    "knowledge: [a, {path: b.csv, audience: internal, language: no}]": parts(
        ("a", None, None), ("b.csv", "internal", "no")
    ),
}
