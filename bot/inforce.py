"""The settings in force, key by key: what each is, and where that was said. Secrets are never told, not even how long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from bot.mistakes import Sources

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SECRETIVE = re.compile(r"auth|cookie|key|token|secret|password", re.IGNORECASE)
HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Row:
    """A setting. `loc` are the names on its way from the top; `words` is the name of the phrase that explains it.

    `lines` is its value, one of them for each entry of a list; `secret` says whether it is one and `there` whether
    anything is set; `origin` is where it was said, empty for a default.
    """

    loc: tuple[str, ...]
    words: str
    lines: tuple[str, ...]
    secret: bool
    there: bool
    origin: str

    @property
    def key(self) -> str:
        """The key as it is written."""
        return ".".join(self.loc)


def rows(settings: BaseModel, sources: Sources | None) -> Iterator[Row]:
    """Every setting, in the order in which they are declared; without `sources` nobody knows where they were said."""
    yield from _rows(settings, (), (), sources)


def _rows(part: BaseModel, loc: tuple[str, ...], words: tuple[str, ...], sources: Sources | None) -> Iterator[Row]:
    for name, field in type(part).model_fields.items():
        here = (str(field.validation_alias),) if field.validation_alias else (*loc, name)
        value, known = getattr(part, name), (*words, name)
        if isinstance(value, BaseModel):
            yield from _rows(value, here, known, sources)
        elif _holds_groups(field.annotation):
            for key, one in value.items():
                yield from _rows(one, (*here, str(key)), known, sources)
        else:
            yield _row(here, known, value, sources, given=name in part.model_fields_set)


def _holds_groups(kind: Any) -> bool:
    """Whether somebody names the keys of this setting, each of which has keys of its own."""
    entry = get_args(kind)[1] if get_origin(kind) is dict else None
    return isinstance(entry, type) and issubclass(entry, BaseModel)


def _row(loc: tuple[str, ...], words: tuple[str, ...], value: Any, sources: Sources | None, *, given: bool) -> Row:
    secret = isinstance(value, SecretStr)
    there = bool(value.get_secret_value()) if secret else value not in (None, "", (), {})
    lines = () if secret or not there else tuple(_lines(value, words[-1]))
    origin = sources.origin(*loc, given=given) if sources else ""
    return Row(loc, "__".join(words), lines, secret, there, origin)


def _lines(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            kept = isinstance(one, SecretStr) or bool(_SECRETIVE.search(str(key)))
            yield f"{key}: {HIDDEN if kept else _said(one)}"
    elif name == "command":
        # What a program is started with may be anything, a password too.
        yield " ".join((_said(value[0]), *([HIDDEN] if value[1:] else [])))
    elif isinstance(value, tuple):
        yield from map(_said, value)
    else:
        yield _said(value)


def _said(value: Any) -> str:
    if isinstance(value, BaseModel):
        return ", ".join(_said(one) for one in value.model_dump(exclude_none=True).values())
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return _without_credentials(text) if _ADDRESS.match(text) and not isinstance(value, Path) else text


def _without_credentials(address: str) -> str:
    """An address without a name, a password and what stands behind its `?`, where keys are put too."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return HIDDEN
    _, at, host = parts.netloc.rpartition("@")
    told = f"{parts.scheme}://{HIDDEN + at if at else ''}{host}{parts.path}"
    return told + (f"?{HIDDEN}" if parts.query or parts.fragment else "")
