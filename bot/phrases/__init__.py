"""Every sentence a person reads in cards, answers and errors, in one file per language, so that it can be translated."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _phrases(language: str) -> dict[str, str]:
    tables = tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return {f"{table}.{key}": phrase for table, phrases in tables.items() for key, phrase in phrases.items()}


def say(key: str, **values: object) -> str:
    """The phrase `table.key` with its `{values}` filled in. Values are never expanded themselves.

    Raises `KeyError` for a phrase or a value that is missing: a test holds every use against the file.
    """
    return _phrases("en")[key].format(**values)
