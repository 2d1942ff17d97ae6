"""People's names: those we know from the channel, and those somebody gives as their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from bot.drafting.masking.kinds import Glance, Span, Spans, words
from bot.drafting.masking.words import either, everyday, is_small, table

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ASIDE = re.compile(r"\([^)]*\)?|\[[^\]]*\]?|[|@<].*")
_BETWEEN = re.compile(r"[\s._-]{1,3}")
_AFTER_GREETING = re.compile(r"\s*(?:[,.!?:;\n]|$)")
# "Mia's", "Mias": English and Nordic.
_OWNING = re.compile(r"['’]?s$")
_WORD_END = r"(?!\w)"
_MOST_WORDS = 6


class Known:
    """Finds the names of people who take part, whole or by one word of theirs.

    Every word of a name is found by itself, so that a model can greet somebody by the first one. A word that may mean
    something else (Rose, Will, Bo) counts only within the whole name, after a greeting, or on a line of its own.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names: set[tuple[str, ...]] = set()
        self._plain: set[str] = set()
        self._twofold: set[str] = set()
        self._trigger: set[str] = set()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Know this one too."""
        written = words_of(name)
        self._names.add(tuple(map(str.lower, written)))
        for word in written:
            (self._plain if unmistakable(word) else self._twofold).add(word.lower() if unmistakable(word) else word)
            part = max(word.lower().replace("’", "'").replace("-", "'").split("'"), key=len)
            self._trigger |= {part, f"{part}s"}

    def spans(self, glance: Glance) -> Spans:
        """Every word of every name."""
        if self._trigger.isdisjoint(glance.words):
            return
        text, found = glance.text, list(_WORD.finditer(glance.text))
        low = [word[0].lower() for word in found]
        whole = [name for name in self._names if len(name) > 1]
        for at, word in enumerate(found):
            owner = _OWNING.sub("", low[at]) if low[at].endswith("s") else low[at]
            if low[at] in self._plain:
                yield Span(*word.span())
            elif owner in self._plain:
                yield Span(word.start(), word.start() + len(owner))
            elif word[0] in self._twofold and (_greeted(text, found, at) or _alone(text, word)):
                yield Span(*word.span())
            for name in whole:
                if low[at] == name[0] and _whole(text, found, low, at, name):
                    last = found[at + len(name) - 1].start() + len(name[-1])
                    yield from (Span(one.start(), min(one.end(), last)) for one in found[at : at + len(name)])


def _whole(text: str, found: list[re.Match[str]], low: list[str], at: int, name: tuple[str, ...]) -> bool:
    end = at + len(name)
    if (
        tuple(low[at : end - 1]) != name[:-1]
        or end > len(low)
        or name[-1] not in (low[end - 1], _OWNING.sub("", low[end - 1]))
    ):
        return False
    return all(_BETWEEN.fullmatch(text, found[i].end(), found[i + 1].start()) for i in range(at, end - 1))


def _greeted(text: str, found: list[re.Match[str]], at: int) -> bool:
    before, word = found[at - 1], found[at]
    greeting = (
        at > 0 and before[0].lower() in _greetings() and text[before.end() : word.start()].strip(" .") in ("", ",")
    )
    return greeting and _AFTER_GREETING.match(text, word.end()) is not None


def _alone(text: str, word: re.Match[str]) -> bool:
    """On a line of its own, as at the end of a letter."""
    start, end = text.rfind("\n", 0, word.start()) + 1, text.find("\n", word.end())
    return start > 0 and text[start : end if end >= 0 else None].strip() == word[0]


def unmistakable(word: str) -> bool:
    """Whether a word alone can only be a name."""
    return len(word) > 2 and word.lower() not in everyday()


def words_of(name: str) -> tuple[str, ...]:
    """A display name's words, without what people add to it: "Mia Lindqvist (Acme)"."""
    return tuple(_WORD.findall(_ASIDE.sub(" ", name)))[:_MOST_WORDS]


def each(name: str) -> Spans:
    """Every word of a display name, without what people add to it."""
    return (Span(*word.span()) for word in _WORD.finditer(_ASIDE.sub(lambda aside: " " * len(aside[0]), name)))


def introduced(glance: Glance) -> Iterator[str]:
    """Names somebody gives: "my name is", "Kind regards,"."""
    for introduction in _introductions():
        if not introduction.trigger.isdisjoint(glance.words):
            for found in introduction.written.finditer(glance.text):
                name = found["name"]
                parts = _WORD.findall(name)
                if any(map(unmistakable, parts)) and not any(map(is_small, parts[:1] if name[0].isupper() else parts)):
                    yield name


@cache
def _greetings() -> frozenset[str]:
    return frozenset(table()["names"]["greeting"])


class _Introduction(NamedTuple):
    trigger: frozenset[str]
    written: re.Pattern[str]


@cache
def _introductions() -> tuple[_Introduction, ...]:
    cues = table()["names"]
    capital = r"[A-ZÀ-ÖØ-Þ][^\W\d_]+(?:['’-][^\W\d_]+)*"
    capitals = rf"{capital}(?: (?:[A-Z]\.|[A-Z](?= [A-Z])|van|von|de|der|den|da|af|av|di|el|la|{capital})){{0,3}}"
    titled, claimed, closing, thanking = (either(cues[part]) for part in ("titled", "claimed", "closing", "thanking"))
    # Some end in a colon, so that no word need end there.
    said = f"(?i:{either(cues['introduced']).removesuffix(_WORD_END)})"
    rows = (
        ("introduced", rf"{said}\s*(?:(?i:{titled})\s+)?(?P<name>{capitals})"),
        # Without capitals it ends where something else begins.
        (
            "introduced",
            rf"{said}\s*(?P<name>(?![A-ZÀ-ÖØ-Þ])[^\W\d_]{{2,}}(?: [^\W\d_]{{2,}})?)(?=\s*(?:$|[.,;!?\d(]|(?i:{either(cues['next'])})))",
        ),
        ("claimed", rf"(?i:{claimed})\s+(?:(?i:{titled})\s+)?(?P<name>{capital} {capitals})"),
        # "MS Word" is nobody.
        ("titled", rf"(?![A-Z]{{2}})(?i:{titled})\s+(?P<name>{capitals})"),
        ("closing", rf"(?i:{closing})[,.!]?[ \t]*\n?[ \t]*(?P<name>{capitals})[ \t]*(?m:$)"),
        ("thanking", rf"(?i:{thanking})[,.!]?[ \t]*\n[ \t]*(?P<name>{capitals})[ \t]*(?m:$)"),
    )
    return tuple(_Introduction(words(cues[part]), re.compile(written)) for part, written in rows)
