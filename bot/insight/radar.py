"""What rises beyond its usual level, told so that it can be explained in one sentence. Pure.

A day is held against the last eight weeks, as surveillance of disease outbreaks does: a negative binomial tail at an
expected count, with past outbreaks cut down so that they hide no new one (Farrington et al., J. R. Stat. Soc. A 159,
1996; Noufaily et al., Stat. Med. 32, 2013). Expected is the higher of two levels, of eight weeks and of the last two,
times the share that this weekday has of the desk's days: so neither a quiet Sunday nor slow growth is news. Of the many
intents and words a desk has, only so many are told that one in a hundred of them would be chance (Benjamini and
Hochberg, J. R. Stat. Soc. B 57, 1995).

The day that has begun is held against whole days: it can only be told too late, never because it is early.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, lgamma, log, log1p, sqrt

# So many days make the usual level, and so many of them the latest one; with fewer than the least nothing is told.
PAST, LATEST, LEAST = 56, 14, 14
# So many different customers make a subject: what only one or two wrote could name them.
CUSTOMERS = 3
# The fewest cases worth a word, and how many times the usual level they are at least. Tuned by `make eval`.
_FEWEST = 5
_TIMES = {"volume": 1.5, "angry": 2.0, "rejected": 2.0, "intent": 2.0, "word": 2.5}
# One in so many of what is told may be chance; of single series, on one day in so many (see the figures in docs/radar.md).
_CHANCE_OF_MANY, _CHANCE_OF_ONE = 0.01, 0.0005
# Nothing is rarer than this usually is (a day): what was never there before is not infinitely surprising.
_RAREST = 0.25
# A past day's count is cut down to this many deviations above the level.
_CUT = 2.5
# A word whose cases are mostly those of another one says nothing new.
_SAME = 0.5
_WEEK = 7


class Kind(StrEnum):
    """What is counted."""

    VOLUME = "volume"  # reviews
    ANGRY = "angry"  # reviews of angry customers
    REJECTED = "rejected"  # drafts that were rejected
    INTENT = "intent"  # customers with an intent
    WORD = "word"  # customers who wrote a word


_SINGLE = (Kind.VOLUME, Kind.ANGRY, Kind.REJECTED)
_MANY = (Kind.INTENT, Kind.WORD)


@dataclass(frozen=True, slots=True)
class Case:
    """A review as the radar sees it. `words` are those its customers wrote, without the small ones."""

    review: str
    customer: str
    intent: str = ""
    angry: bool = False
    rejected: bool = False
    words: frozenset[str] = frozenset()


Series = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Day:
    """How often each was there on a day. Of a single one of a kind (the volume) the subject is empty."""

    counts: Mapping[Series, int]


@dataclass(frozen=True, slots=True)
class Rise:
    """A count of today beyond its `usual` level. `chance` is how likely as many are at that level; `reviews` are those
    counted, the first ones first."""

    kind: Kind
    subject: str
    count: int
    usual: float
    chance: float
    reviews: tuple[str, ...]


def day_of(cases: Iterable[Case], least: int = 1) -> Day:
    """What is counted of these cases; nothing of which there are fewer than `least`."""
    counts = {series: len(found) for series, found in _found(cases).items() if len(found) >= least}
    return Day(counts)


def rises(past: Sequence[Day], weekdays: Sequence[int], cases: Iterable[Case], today: int) -> list[Rise]:
    """What rises today, the least likely first.

    `past` are the days before, the oldest first, and `weekdays` theirs (0 to 6); `today` is today's.
    """
    past, weekdays = past[-PAST:], weekdays[-PAST:]
    if len(past) < LEAST:
        return []
    reviews = {case.review: case for case in cases}
    found = _found(reviews.values())
    shares = _shares([day.counts.get((Kind.VOLUME, ""), 0) for day in past], weekdays)
    told: list[Rise] = []
    for kinds, chance in ((_SINGLE, _CHANCE_OF_ONE), (_MANY, _CHANCE_OF_MANY)):
        for kind in kinds:
            ones = {series: holders for series, holders in found.items() if series[0] is kind}
            risen = (_rise(series, holders, past, weekdays, shares, today) for series, holders in ones.items())
            told += _not_by_chance([rise for rise in risen if rise is not None], len(ones), chance)
    # Of words that came together, the longest says most.
    told.sort(key=lambda rise: (rise.chance, rise.kind.value, -len(rise.subject), rise.subject))
    return _apart(told)


def _apart(rises: Sequence[Rise]) -> list[Rise]:
    """Of words whose reviews are mostly the same, the first one."""
    kept: list[Rise] = []
    for rise in rises:
        if rise.kind is not Kind.WORD or not any(same(rise, one.reviews) for one in kept if one.kind is Kind.WORD):
            kept.append(rise)
    return kept


def same(rise: Rise, reviews: Sequence[str]) -> bool:
    """Whether a rise is mostly of these reviews."""
    return len(set(rise.reviews) & set(reviews)) >= _SAME * len(rise.reviews)


def _found(cases: Iterable[Case]) -> dict[Series, dict[str, str]]:
    """What was found how often: for each series who or what is counted, with a review of it."""
    found: defaultdict[Series, dict[str, str]] = defaultdict(dict)
    for case in sorted(cases, key=lambda case: case.review):
        found[Kind.VOLUME, ""][case.review] = case.review
        if case.angry:
            found[Kind.ANGRY, ""][case.review] = case.review
        if case.rejected:
            found[Kind.REJECTED, ""][case.review] = case.review
        if case.intent:
            found[Kind.INTENT, case.intent][case.customer] = case.review
        for word in case.words:
            found[Kind.WORD, word][case.customer] = case.review
    return found


def _shares(volumes: Sequence[int], weekdays: Sequence[int]) -> list[float]:
    """How busy each weekday is, 1 on average: its median, drawn towards 1 as if there had been one more such week."""
    mean = sum(volumes) / len(volumes)
    if not mean:
        return [1.0] * _WEEK
    shares = []
    for weekday in range(_WEEK):
        of = sorted(volume for volume, day in zip(volumes, weekdays, strict=True) if day == weekday)
        median = (of[(len(of) - 1) // 2] + of[len(of) // 2]) / 2 if of else mean
        shares.append((len(of) * median / mean + 1.0) / (len(of) + 1.0))
    return shares


def _rise(
    series: Series,
    holders: Mapping[str, str],
    past: Sequence[Day],
    weekdays: Sequence[int],
    shares: Sequence[float],
    today: int,
) -> Rise | None:
    """The rise of a series, if there are enough cases of it, without asking whether it is chance."""
    kind, subject = series
    count = len(holders)
    if count < max(_FEWEST, CUSTOMERS):
        return None
    counts = [day.counts.get(series, 0) for day in past]
    weights = [shares[weekday] for weekday in weekdays]
    usual, spread = _level(counts, weights, shares[today])
    if count < _TIMES[kind.value] * usual:
        return None
    return Rise(kind, subject, count, usual, tail(count, usual, spread), tuple(sorted(set(holders.values()))))


def _level(counts: Sequence[int], weights: Sequence[float], share: float) -> tuple[float, float]:
    """What is usual on a day with this share, and how many times a Poisson variance it varies, the doubt about the level
    itself included."""
    level = _mean(counts, weights)
    for _ in range(2):
        cut = [min(count, _most(level * weight)) for count, weight in zip(counts, weights, strict=True)]
        level = _mean(cut, weights)
    spread = sum(
        (count - level * weight) ** 2 / max(level * weight, _RAREST) for count, weight in zip(cut, weights, strict=True)
    ) / (len(cut) - 1)
    usual = max(level, _mean(cut[-LATEST:], weights[-LATEST:])) * share
    return max(usual, _RAREST), max(1.0, spread) * (1.0 + 1.0 / LATEST)


def _mean(counts: Sequence[float], weights: Sequence[float]) -> float:
    return sum(counts) / sum(weights)


def _most(expected: float) -> float:
    return max(expected, _RAREST) + _CUT * sqrt(max(expected, 1.0))


def tail(count: int, mean: float, spread: float) -> float:
    """How likely at least so many are where `mean` are usual and the variance is `spread` times that: the upper tail of a
    negative binomial distribution, or of Poisson's at a spread of 1."""
    pmf = _negative_binomial(mean, spread) if spread > 1.0 + 1e-9 else _poisson(mean)
    # From the count on upwards, where the terms shrink: 1 less what is below would lose small tails to rounding.
    total, at = 0.0, count
    while (term := pmf(at)) > total * 1e-12 or at <= mean:
        total, at = total + term, at + 1
        if term == 0.0 and at > mean:
            break
    return min(total, 1.0)


def _poisson(mean: float) -> Callable[[int], float]:
    return lambda count: exp(count * log(mean) - mean - lgamma(count + 1))


def _negative_binomial(mean: float, spread: float) -> Callable[[int], float]:
    size = mean / (spread - 1.0)
    fewer, more = -size * log(spread), log1p(-1.0 / spread)
    return lambda count: exp(lgamma(count + size) - lgamma(size) - lgamma(count + 1) + fewer + count * more)


def _not_by_chance(rises: Sequence[Rise], tried: int, chance: float) -> list[Rise]:
    """The least likely ones, so many that at most a `chance` of them is expected to be none, of as many as were tried."""
    ranked = sorted(rises, key=lambda rise: rise.chance)
    good = max((at for at, rise in enumerate(ranked, 1) if rise.chance <= chance * at / tried), default=0)
    return ranked[:good]
