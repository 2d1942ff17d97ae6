"""The words by which attempts to steer a model are known, out of an editable file, and where they stand in a text."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bot.drafting.disguise import fold

# Only the first letters of a phrase's first word are looked up before its pattern is tried.
_KEY = 3
_TOKEN = re.compile(r"\w+|[.!?;:\n]")


@dataclass(frozen=True, slots=True)
class Words:
    """A text's words in a row, folded, with `.` where a sentence ends."""

    line: str
    keys: frozenset[str]


def words(folded: str) -> Words:
    """The words of a folded text."""
    tokens = [token if token.isalnum() or "_" in token else "." for token in _TOKEN.findall(folded)]
    return Words(" ".join(tokens), frozenset(token[:_KEY] for token in tokens))


def attempts(said: Words, *, reply: bool = False) -> Iterator[tuple[str, str]]:
    """Kind and words of every phrase of the file in a text: in a reply those that play a role, else the others."""
    tried = set()
    for key in said.keys & _phrases().keys():
        for kind, pattern in _phrases()[key]:
            if (kind == "played") != reply or pattern in tried:
                continue
            tried.add(pattern)
            if found := pattern.search(said.line):
                yield kind, found[0]
    if not reply and not said.line.isascii():
        for kind, phrase in _anywhere():
            if phrase in said.line:
                yield kind, phrase


@cache
def _phrases() -> Mapping[str, list[tuple[str, re.Pattern[str]]]]:
    """Kind and pattern of every phrase, by the first letters it may begin with."""
    found = defaultdict(list)
    for row in _table().values():
        own = row.pop("own", "").split()
        for kind, phrases in row.items():
            for phrase in phrases:
                pattern = re.compile(_pattern(phrase, own))
                for word in phrase.split(" ")[0].split("|"):
                    found[fold(word).rstrip("*")[:_KEY]].append((kind, pattern))
    return dict(found)


@cache
def _anywhere() -> list[tuple[str, str]]:
    return [(kind, fold(phrase)) for kind, phrases in _read()["anywhere"].items() for phrase in phrases]


def _table() -> dict[str, dict[str, str]]:
    return {code: dict(row) for code, row in _read().items() if code != "anywhere"}


def _read() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("bot.drafting").joinpath("data/suspicion.toml").read_text(encoding="utf-8"))


def _pattern(phrase: str, own: Iterable[str]) -> str:
    """A phrase of the file as a pattern for folded words with single spaces between them."""
    own_words = "|".join(re.escape(fold(word)) for word in own)
    between = rf"(?: (?!(?:{own_words}) )\w+){{0,5}}?" if own_words else r"(?: \w+){0,5}?"
    pattern = ""
    for part in phrase.split(" "):
        if part == "..":
            pattern += between
            continue
        options = "|".join(re.escape(fold(word)).replace(r"\*", r"\w*") for word in part.split("|"))
        pattern += f"{' ' if pattern else ''}(?:{options})"
    return rf"(?<!\w){pattern}(?!\w)"
