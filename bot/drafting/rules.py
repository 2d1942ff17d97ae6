"""How a customer sounds and what to be careful about, by words in an editable file. Beside the model and without it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from bot.drafting.language import profiles
from bot.review.model import Mood, Sentiment

MOST_CUES = 6
_MOST_TEXT = 20_000


class Risk(StrEnum):
    """What a reviewer should look at twice. The values are shown on the card."""

    LEGAL = "legal threat"
    REFUND = "refund"
    CANCELLATION = "cancellation"
    PERSONAL_DATA = "personal data"
    SAFETY = "safety"
    ANGRY = "angry"
    LANGUAGE = "language"


_RISK_KEYS = {
    "legal": Risk.LEGAL,
    "refund": Risk.REFUND,
    "cancel": Risk.CANCELLATION,
    "personal": Risk.PERSONAL_DATA,
    "safety": Risk.SAFETY,
}
# Words in capitals. One alone is shouted when it is a small everyday word (NOW, STILL, TOUJOURS), else it may be an
# abbreviation (API, USB); two long ones in a row are shouted whatever they are.
_CAPITALS = re.compile(r"\b[A-ZÀ-ÖØ-Þ]{3,}(?:[\s,]+[A-ZÀ-ÖØ-Þ]{3,})*\b")
_TWO_LONG = re.compile(r"\b[A-ZÀ-ÖØ-Þ]{4,}[\s,]+[A-ZÀ-ÖØ-Þ]{4,}")
# "Six hours?!" is anger by itself; "!!" only underlines what was said.
_OUTCRY = re.compile(r"\b\w{1,40}\s?(?:\?!|!\?|!!!|\?\?\?)[!?]*")
_UNDERLINED = re.compile(r"!!")


@dataclass(frozen=True, slots=True)
class Cues:
    """One language's words, each group as one pattern."""

    angry: re.Pattern[str]
    negative: re.Pattern[str]
    positive: re.Pattern[str]
    negated: re.Pattern[str]
    risks: Mapping[Risk, re.Pattern[str]]


@cache
def cues() -> dict[str, Cues]:
    """The words of every language there is a list for."""
    table = tomllib.loads(files("bot.drafting").joinpath("data/cues.toml").read_text(encoding="utf-8"))
    return {
        code: Cues(
            angry=_pattern(row["angry"]),
            negative=_pattern(row["negative"]),
            positive=_pattern(row["positive"]),
            # A word that turns the next ones round, at most two words before them.
            negated=re.compile(_either(row["not"]) + r"(?:\W+\w+){0,2}\W+$", re.IGNORECASE),
            risks={risk: _pattern(row[key]) for key, risk in _RISK_KEYS.items()},
        )
        for code, row in table.items()
    }


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(_either(phrases), re.IGNORECASE)


def _either(phrases: Iterable[str]) -> str:
    longest_first = sorted(phrases, key=len, reverse=True)
    options = "|".join(
        re.escape(p).replace(r"\*", r"\w*").replace("'", "['’]").replace(r"\ ", r"\s+") for p in longest_first
    )
    return rf"(?<!\w)(?:{options})(?!\w)"


def sentiment(text: str, languages: Iterable[str] = ()) -> Sentiment:
    """How a message sounds. Without a language only shouting and outcries are heard."""
    text = text[:_MOST_TEXT]
    angry = _shouted(text)
    negative: list[str] = []
    positive: list[str] = []
    for one in _lists(languages):
        angry += (found[0] for found in one.angry.finditer(text))
        for found in one.negative.finditer(text):
            if not _turned(one, text, found):
                negative.append(found[0])
        for found in one.positive.finditer(text):
            turned = _turned(one, text, found)
            (negative if turned else positive).append(turned + found[0])
    if not positive:
        angry += (found[0] for found in _OUTCRY.finditer(text))
    if angry or (negative and _UNDERLINED.search(text)):
        return Sentiment(Mood.NEGATIVE, True, _shown([*angry, *negative]), "rules")
    if negative:
        return Sentiment(Mood.NEGATIVE, False, _shown(negative), "rules")
    if positive:
        return Sentiment(Mood.POSITIVE, False, _shown(positive), "rules")
    return Sentiment(Mood.NEUTRAL, False, (), "rules")


def risks(text: str, languages: Iterable[str] = (), *, angry: bool = False) -> tuple[str, ...]:
    """What a message asks to be careful about, in the order of `Risk`."""
    text = text[:_MOST_TEXT]
    found = {risk for one in _lists(languages) for risk, pattern in one.risks.items() if pattern.search(text)}
    if angry:
        found.add(Risk.ANGRY)
    return tuple(risk.value for risk in Risk if risk in found)


def _shouted(text: str) -> list[str]:
    everyday = _everyday()
    return [
        found[0]
        for found in _CAPITALS.finditer(text)
        if _TWO_LONG.search(found[0]) or any(word.lower() in everyday for word in found[0].split())
    ]


@cache
def _everyday() -> frozenset[str]:
    return frozenset(word for profile in profiles().values() for word in profile.words)


def _lists(languages: Iterable[str]) -> list[Cues]:
    known = cues()
    return [known[code] for code in languages if code in known]


def _turned(one: Cues, text: str, found: re.Match[str]) -> str:
    """The words right before a cue that turn it round, with the space behind them, or nothing."""
    before = one.negated.search(text, max(0, found.start() - 40), found.start())
    return before[0] if before else ""


def _shown(found: Iterable[str]) -> tuple[str, ...]:
    """Each once, without those that only repeat a part of another."""
    cues = list(dict.fromkeys(" ".join(cue.split()) for cue in found))
    whole = [cue for cue in cues if not any(cue != other and cue in other for other in cues)]
    return tuple(whole[:MOST_CUES])
