"""How well the radar tells bursts from chance, on days that are made up: seeded, so that they are the same every time.

A desk has a weekly rhythm, quiet holidays with a busy day after, slow growth and days that vary more than Poisson's.
Its reviews have intents and words after Zipf's law; on some days a known burst is added. Nobody wrote any of it.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.insight.radar import PAST, Case, Day, Kind, Rise, day_of, rises
from tests.eval.figures import Figure

# Reviews on a usual day, and the sizes of bursts in customers.
VOLUMES, SIZES = (20, 60, 200), (6, 10, 16, 30)
# Every so many days there is a burst, and every so many a holiday.
_BURST_EVERY, _HOLIDAY_EVERY = 5, 31
_WEEK = (1.25, 1.1, 1.05, 1.0, 0.95, 0.4, 0.25)
# By 2 % a week the desk grows for half a year, and then shrinks for as long.
_HOLIDAY, _AFTER, _GROWTH, _SEASON = 0.2, 1.35, 1.02, 182
_INTENTS, _OWN_WORDS, _WORDS, _EACH = 14, 40, 1200, 12
_ANGRY, _REJECTED = 0.07, 0.06
# How much a day's volume varies by itself, beyond Poisson.
_VARIES = 0.12
DAYS, SEED = 720, 7
_KINDS = ("intent", "new word", "angry", "rejected")


@dataclass(frozen=True, slots=True)
class Burst:
    """What was added to a day: so many reviews, by their ids."""

    kind: str
    size: int
    reviews: frozenset[str]


@dataclass(slots=True)
class Score:
    """What came of it. `hits` and `bursts` are by kind and size; `false` is by what was told wrongly."""

    days: int = 0
    quiet: int = 0
    hits: Counter[tuple[str, int]] = field(default_factory=Counter)
    bursts: Counter[tuple[str, int]] = field(default_factory=Counter)
    false: Counter[Kind] = field(default_factory=Counter)

    @property
    def per_hundred(self) -> float:
        """False alarms on a hundred days of a desk."""
        return 100.0 * self.false.total() / max(1, self.days)


def score(volume: int, days: int, seed: int) -> Score:
    """The radar at a desk with this volume on so many days, after eight weeks that it has seen."""
    found, past, weekdays = Score(), list[Day](), list[int]()
    for number, (cases, burst) in enumerate(_life(volume, PAST + days, random.Random(f"{seed}-{volume}"))):
        weekday = number % 7
        if number >= PAST:
            told = rises(past, weekdays, cases, weekday)
            found.days += 1
            _judge(found, told, burst)
        # As the program keeps the days that are over.
        past.append(day_of(cases, 2))
        weekdays.append(weekday)
    return found


def _judge(found: Score, told: list[Rise], burst: Burst | None) -> None:
    if burst is None:
        found.quiet += 1
    else:
        found.bursts[burst.kind, burst.size] += 1
        found.hits[burst.kind, burst.size] += any(_is_of(rise, burst) for rise in told)
    found.false.update(rise.kind for rise in told if burst is None or not _is_of(rise, burst))


def _is_of(rise: Rise, burst: Burst) -> bool:
    """Whether more of the rise than is usual anyway comes from the burst."""
    return len(burst.reviews & set(rise.reviews)) >= 0.5 * (len(rise.reviews) - rise.usual)


def _life(volume: int, days: int, chance: random.Random) -> Iterator[tuple[list[Case], Burst | None]]:
    holiday = False
    for number in range(days):
        expected = (
            volume
            * _WEEK[number % 7]
            / (sum(_WEEK) / 7)
            * _GROWTH ** (abs((number + _SEASON) % (2 * _SEASON) - _SEASON) / 7)
        )
        after, holiday = holiday, number % _HOLIDAY_EVERY == 20
        expected *= _HOLIDAY if holiday else _AFTER if after else 1.0
        count = _poisson(expected * chance.gauss(1.0, _VARIES), chance)
        cases = [_case(f"{number:05}-{at:05}", chance) for at in range(count)]
        burst = None
        if number >= PAST and number % _BURST_EVERY == _BURST_EVERY - 1:
            burst, added = _burst(number, chance)
            cases += added
        yield cases, burst


def _case(name: str, chance: random.Random) -> Case:
    intent = _zipf(_INTENTS, chance)
    own = {f"i{intent}w{_zipf(_OWN_WORDS, chance)}" for _ in range(_EACH // 2)}
    common = {f"w{_zipf(_WORDS, chance)}" for _ in range(_EACH // 2)}
    return Case(
        name,
        f"c{name}",
        f"intent {intent}",
        chance.random() < _ANGRY,
        chance.random() < _REJECTED,
        frozenset(own | common),
    )


def _burst(number: int, chance: random.Random) -> tuple[Burst, list[Case]]:
    turn = number // _BURST_EVERY
    kind, size = _KINDS[turn % len(_KINDS)], SIZES[turn // len(_KINDS) % len(SIZES)]
    cases = [_case(f"{number:05}-b{at:04}", chance) for at in range(size)]
    match kind:
        case "intent":  # a thing that is asked now and then is asked often
            cases = [replace(case, intent=f"intent {_INTENTS - 3}") for case in cases]
        case "new word":  # a product that nobody has asked about before, next to others' words
            cases = [replace(case, words=case.words | {f"product{number}"}) for case in cases]
        case "angry":
            cases = [replace(case, angry=True) for case in cases]
        case _:
            cases = [replace(case, rejected=True) for case in cases]
    return Burst(kind, size, frozenset(case.review for case in cases)), cases


def _zipf(many: int, chance: random.Random) -> int:
    """A number below `many`, small ones more often: its logarithm is uniform."""
    return int(math.exp(chance.random() * math.log(many + 1))) - 1


def _poisson(mean: float, chance: random.Random) -> int:
    """Arrivals in a day whose gaps are exponential."""
    count, at = 0, chance.expovariate(1.0)
    while at < max(mean, 0.0):
        count, at = count + 1, at + chance.expovariate(1.0)
    return count


def rows(_: Path) -> Iterator[Figure]:
    """What was found of the bursts of each kind and size, and what was told without one, at desks of three sizes."""
    for volume in VOLUMES:
        found = score(volume, DAYS, SEED)
        for kind in _KINDS:
            for size in SIZES:
                name = f"{volume} a day: {kind}, {size} more"
                yield Figure("radar", name, found.hits[kind, size], found.bursts[kind, size], "bursts found")
        wrong = ", ".join(f"{kind.value} {count}" for kind, count in found.false.most_common()) or "none"
        yield Figure("radar", f"{volume} a day: false alarms in 100 days", round(found.per_hundred, 1), note=wrong)
