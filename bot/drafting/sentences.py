"""Where a reply's sentences begin and end, so that each can be checked, and taken out, by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from bot.drafting import claims

_LINE = re.compile(r"[^\r\n]+")
_BULLET = re.compile(r"[ \t]{0,40}(?:(?:[-*•–>]|\d{1,2}[.)]|#{1,6})[ \t]+)?")
# Marks that end a sentence, with the quotes and brackets that close behind them, where a space follows.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_]*+(?=\s)")
_LONGEST_ABBREVIATION = 16


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every sentence, in order, without the marks of a list and the space around."""
    for start, end in _stretches(text):
        at = start
        for found in _END.finditer(text, start, end):
            if _ends(text, at, found):
                yield from _stripped(text, at, found.end())
                at = found.end()
        yield from _stripped(text, at, end)


def without(reply: str, sentence: str) -> str:
    """The reply without the first sentence that reads so, and without the gap it leaves; unchanged if there is none."""
    span = next(((start, end) for start, end in spans(reply) if reply[start:end] == sentence), None)
    if span is None:
        return reply
    before, after = reply[: span[0]], reply[span[1] :]
    line, _, rest = after.partition("\n")
    opening = before.rpartition("\n")[2]
    if line.strip():
        return before + line.lstrip() + after[len(line) :]
    if not _BULLET.fullmatch(opening):
        return before.rstrip(" \t") + after[len(line) :]
    above, below = before[: len(before) - len(opening)], rest
    if not above.strip():
        return below.lstrip("\n")
    if not below.strip():
        return above.rstrip()
    # Two blank lines where there was a paragraph become one.
    return above + (below.lstrip("\r\n") if above.endswith("\n\n") else below)


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Lines, and as one those that only somebody's line length broke: the next goes on in small letters."""
    start = end = -1
    for line in _LINE.finditer(text):
        bullet = _BULLET.match(text, line.start(), line.end())
        first = bullet.end() if bullet else line.start()
        goes_on = not text[line.start() : first].strip() and text[first : first + 1].islower()
        if goes_on and start >= 0 and text[end:first].count("\n") == 1 and text[end - 1] not in ".!?:…":
            end = line.end()
            continue
        if start >= 0:
            yield start, end
        start, end = first, line.end()
    if start >= 0:
        yield start, end


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[start:end]
    if bare := part.strip():
        first = start + len(part) - len(part.lstrip())
        yield first, first + len(bare)


def _ends(text: str, start: int, found: re.Match[str]) -> bool:
    """Whether it is the end and no abbreviation, initial or ordinal: the next word would be a small one or a month."""
    follows = text[found.end() : found.end() + _LONGEST_ABBREVIATION].split(maxsplit=1)
    following = follows[0] if follows else ""
    if following[:1].islower():
        return False
    if found[0] != ".":
        return True
    word = text[max(start, found.start() - _LONGEST_ABBREVIATION) : found.start()].split()[-1:] or [""]
    last = word[0].casefold().lstrip("(\"'“„«")
    if last.isdecimal():
        return following.strip(".,").casefold() not in claims.load().months
    return not (len(last) == 1 and last.isalpha()) and last not in _abbreviations()


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(word.rstrip(".") for word in claims.load().abbreviations)
