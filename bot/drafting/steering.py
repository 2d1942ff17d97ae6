"""The words by which attempts to steer a model are known, out of an editable file, and where they stand in a text."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from bot.drafting.disguise import fold

_ENDS = ".!?;:\n"
_TOKEN = re.compile(rf"\w+|[{_ENDS}]")


@dataclass(frozen=True, slots=True)
class Words:
    """A text's words in a row, folded, with `.` where a sentence begins and ends; `found` has each of them once."""

    line: str
    found: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase of the file. Without one of each of `needs` a text does not have it, which is quicker told."""

    kind: str
    needs: tuple[frozenset[str], ...]
    pattern: re.Pattern[str]


def words(folded: str) -> Words:
    """The words of a folded text."""
    tokens = [".", *(token if token not in _ENDS else "." for token in _TOKEN.findall(folded)), "."]
    return Words(" ".join(tokens), frozenset(tokens))


def attempts(said: Words, *, reply: bool = False) -> Iterator[tuple[str, str]]:
    """Kind and words of every phrase of the file in a text: in a reply those that play a role, else the others."""
    phrases, of_word = _phrases(reply)
    near = {at for word in of_word.keys() & {*said.found, ""} for at in of_word[word]}
    for phrase in map(phrases.__getitem__, sorted(near)):
        if any(need.isdisjoint(said.found) for need in phrase.needs):
            continue
        if found := phrase.pattern.search(said.line):
            yield phrase.kind, found[0]
    if not reply and not said.line.isascii():
        for kind, wanted in _anywhere():
            if wanted in said.line:
                yield kind, wanted


@cache
def _phrases(reply: bool) -> tuple[list[_Phrase], Mapping[str, list[int]]]:
    """Those to look for in a message or in a reply, and which of them a word may begin: one of their rarest. Under an
    empty word are those that need none."""
    phrases: list[_Phrase] = []
    for code, row in _read().items():
        if code == "anywhere":
            continue
        own = [fold(word) for word in str(row["own"]).split()]
        for kind, written in row.items():
            if kind != "own" and (kind == "played") == reply:
                phrases += [_phrase(kind, fold(phrase), own) for phrase in written]
    of_word: defaultdict[str, list[int]] = defaultdict(list)
    for at, phrase in enumerate(phrases):
        for word in phrase.needs[0] if phrase.needs else [""]:
            of_word[word].append(at)
    return phrases, dict(of_word)


@cache
def _anywhere() -> list[tuple[str, str]]:
    return [(kind, fold(phrase)) for kind, phrases in _read()["anywhere"].items() for phrase in phrases]


def _read() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("bot.drafting").joinpath("data/suspicion.toml").read_text(encoding="utf-8"))


def _phrase(kind: str, phrase: str, own: Iterable[str]) -> _Phrase:
    """A phrase of the file for folded words with single spaces between them."""
    own_words = "|".join(map(re.escape, own))
    between = rf"(?: (?!(?:{own_words}) )\w+){{0,5}}?" if own_words else r"(?: \w+){0,5}?"
    pattern = ""
    needs = []
    for part in phrase.split(" "):
        if part == "..":
            pattern += between
            continue
        options = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in part.split("|"))
        pattern += f"{' ' if pattern else ''}(?:{options})"
        if "*" not in part and part != ".":
            needs.append(frozenset(part.split("|")))
    needs.sort(key=lambda need: -min(map(len, need)))
    return _Phrase(kind, tuple(needs), re.compile(rf"(?<!\w){pattern}(?!\w)"))
