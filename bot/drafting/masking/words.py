"""The words of data/masking.toml as patterns: what says that the next value is a phone number, an order or a password."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from bot.drafting.language import profiles
from bot.drafting.masking.kinds import Glance
from bot.drafting.masking.kinds import words as one_of_each

# How far before a value its label is looked for, in characters.
_REACH = 48


@cache
def table() -> dict[str, Any]:
    """The file as it stands."""
    found: dict[str, Any] = tomllib.loads(
        files("bot.drafting").joinpath("data/masking.toml").read_text(encoding="utf-8")
    )
    return found


@cache
def _small() -> frozenset[str]:
    return frozenset(word.lower() for profile in profiles().values() for word in profile.words)


@cache
def _twofold() -> frozenset[str]:
    return frozenset(table()["names"]["words"].split())


@cache
def everyday() -> frozenset[str]:
    """Words of every known language that are no names and no passwords when they stand alone, in lower case."""
    return _small() | _twofold()


def is_small(word: str) -> bool:
    """Whether it is one of the words every sentence of some language is made of, and nobody's name."""
    return word.lower() in _small() and word.lower() not in _twofold()


def either(phrases: Iterable[str]) -> str:
    """A pattern for any of these, the longest first, whole words only."""
    longest_first = sorted(set(phrases), key=len, reverse=True)
    options = "|".join(
        re.escape(p).replace(r"\*", r"\w*").replace("'", "['’]").replace(r"\ ", r"\s") for p in longest_first
    )
    return rf"(?<!\w)(?:{options})(?!\w)"


class Label:
    """What is written before a value to say what it is, in the words of `[labels]`."""

    def __init__(self, name: str, value: str = "") -> None:
        """`value` is a pattern for what may follow; without one the label is only looked for before a place."""
        words = table()["labels"][name]
        self._trigger = one_of_each(words)
        between = "|".join(
            re.escape(word) for word in sorted(table()["between"]["words"].split(), key=len, reverse=True)
        )
        between = rf"(?:[^\w\n]{{0,3}}(?:{between})(?!\w)){{0,6}}[^\w\n]{{0,10}}"
        self._before = re.compile(rf"{either(words)}{between}$", re.IGNORECASE)
        self._after = re.compile(rf"({either(words)})({between})(?P<value>{value})", re.IGNORECASE)

    def near(self, text: str, start: int) -> bool:
        """Whether the label stands right before this place."""
        return self._before.search(text, max(0, start - _REACH), start) is not None

    def values(self, glance: Glance) -> Iterator[re.Match[str]]:
        """What follows the label wherever it stands, in the group `value`. Labels with a `*` are not looked for."""
        return iter(()) if self._trigger.isdisjoint(glance.words) else self._after.finditer(glance.text)


@cache
def label(name: str, value: str = "") -> Label:
    """A label, built once."""
    return Label(name, value)
