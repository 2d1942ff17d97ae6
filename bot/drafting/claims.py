"""The words by which claims, promises and refusals are known, out of an editable file, in the shape the rules use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# How many minutes or months a unit of time has; working days are counted by themselves.
_UNITS = {
    "minute": ("minutes", 1),
    "hour": ("minutes", 60),
    "day": ("minutes", 1440),
    "week": ("minutes", 10_080),
    "month": ("months", 1),
    "year": ("months", 12),
    "workday": ("workdays", 1),
}
_FIRST_TEN, _LAST_TEN = 40, 100
# How far apart the words around `..` may be.
_GAP = r"(?:\s+[^\s.!?]+){0,4}?\s+"


@dataclass(frozen=True, slots=True)
class Manners:
    """One language's courtesies and claims, each group as one pattern for text in small letters."""

    greeting: re.Pattern[str]
    closing: re.Pattern[str]
    courtesy: re.Pattern[str]
    handover: re.Pattern[str]
    ask: re.Pattern[str]
    promise: re.Pattern[str]
    refusal: re.Pattern[str]
    allowed: re.Pattern[str]
    negation: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Claims:
    """Every language's words.

    `months` and `weekdays` give a number from 1; `units` what is counted and how many of it (`minutes`, 60); `currency`
    a code; `working` are words that make working days of days, `more`
    those that may stand before a unit; `clock` stand by a time of day. `counted` has for each
    language, which is told from the words themselves, its numbers in words and what may follow them; without one of
    `telling` there is nothing of the kind in a text.
    """

    manners: Mapping[str, Manners]
    abbreviations: frozenset[str]
    fillers: frozenset[str]
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    units: Mapping[str, tuple[str, int]]
    currency: Mapping[str, str]
    percent: frozenset[str]
    working: frozenset[str]
    more: frozenset[str]
    clock: frozenset[str]
    joining: frozenset[str]
    counted: tuple[tuple[Mapping[str, int], frozenset[str]], ...]
    numbers: Mapping[str, int]
    telling: frozenset[str]

    def manners_of(self, language: str) -> Manners:
        """The words of a language, or English ones where there are none."""
        return self.manners.get(language) or self.manners["en"]


@cache
def load() -> Claims:
    """The file's words, read once."""
    table = tomllib.loads(files("bot.drafting").joinpath("data/claims.toml").read_text(encoding="utf-8"))
    currency = {word: code for code, words in table.pop("currency").items() for word in words.split()}
    rows: list[Mapping[str, str]] = list(table.values())
    units = [{word: _UNITS[key] for key in _UNITS for word in row[key].split()} for row in rows]
    numbers = [_numbers(row) for row in rows]
    percent = _words(rows, "percent") | {"%"}
    countable = percent | frozenset(currency)
    weekdays = _in_order(rows, "weekdays")
    return Claims(
        manners={code: _manners(row) for code, row in table.items()},
        abbreviations=_words(rows, "abbreviations"),
        fillers=_words(rows, "filler"),
        months=_in_order(rows, "months"),
        weekdays=weekdays,
        units={word: unit for of_one in units for word, unit in of_one.items()},
        currency=currency,
        percent=percent,
        working=_words(rows, "working"),
        more=_words(rows, "more"),
        clock=_words(rows, "clock"),
        joining=_words(rows, "to") | {"-", "–", "—"},
        counted=tuple((of_one, countable | frozenset(unit)) for of_one, unit in zip(numbers, units, strict=True)),
        numbers={word: number for of_one in numbers for word, number in of_one.items()},
        telling=countable.union(weekdays, *units),
    )


def _words(rows: Iterable[Mapping[str, str]], key: str) -> frozenset[str]:
    return frozenset(word for row in rows for word in row[key].split())


def _in_order(rows: Iterable[Mapping[str, str]], key: str) -> dict[str, int]:
    return {word: at for row in rows for at, words in enumerate(row[key].split(), start=1) for word in words.split(",")}


def _numbers(row: Mapping[str, str]) -> dict[str, int]:
    small = {word: at for at, words in enumerate(row["numbers"].split()) for word in words.split(",")}
    tens = zip(range(_FIRST_TEN, _LAST_TEN + 1, 10), row["tens"].split(), strict=True)
    return small | {word: number for number, words in tens for word in words.split(",")}


def _manners(row: Mapping[str, list[str]]) -> Manners:
    return Manners(**{field: re.compile(_either(row[field])) for field in Manners.__dataclass_fields__})


def _either(phrases: Iterable[str]) -> str:
    options = "|".join(_pattern(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    return rf"(?<!\w)(?:{options})(?!\w)"


def _pattern(phrase: str) -> str:
    pattern = re.escape(phrase).replace(r"\ \.\.\ ", _GAP).replace(r"\*", r"\w*")
    return pattern.replace("'", "['’]").replace(r"\ ", r"\s+")
