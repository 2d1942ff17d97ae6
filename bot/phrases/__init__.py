"""Every sentence a person reads in cards, answers and errors, in one folder per language, so that it can be translated."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _phrases(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in files(__name__).joinpath(language).iterdir():
        for table, phrases in tomllib.loads(file.read_text(encoding="utf-8")).items():
            found |= {f"{table}.{key}": phrase for key, phrase in phrases.items()}
    return found


def say(key: str, **values: object) -> str:
    """The phrase `table.key` with its `{values}` filled in. Values are never expanded themselves.

    Raises `KeyError` for a phrase or a value that is missing: a test holds every use against the file.
    """
    return _phrases("en")[key].format(**values)
