"""What drafting is worth: what it costs, when it pays for itself, and the difference that held-back drafts measure. Pure.

The interval is Welch's, which lets the two sides vary differently. The quantile of Student's t is Hill's expansion in
powers of the degrees of freedom (Abramowitz and Stegun, 26.7.5): with at least `ENOUGH_HELD` cases on each side it is
right to four digits, and a normal quantile would make the interval up to 8 % too narrow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean, median, variance

from bot.insight.cases import Case
from bot.insight.outlines import SENT, Outcome
from bot.insight.times import handling

# From so many cases on each side a median is shown, and a measured difference.
ENOUGH, ENOUGH_HELD = 5, 20
_Z = NormalDist().inv_cdf(0.975)
_HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What drafts cost, in the settings' currency: in all, for each review with a model's draft, and for each reply."""

    price: float
    tokens: int
    drafts: int
    replies: int

    @property
    def per_draft(self) -> float | None:
        return self.price / self.drafts if self.drafts else None

    @property
    def per_reply(self) -> float | None:
        return self.price / self.replies if self.replies else None


@dataclass(frozen=True, slots=True)
class Balance:
    """Whether drafting pays for one intent.

    `drafted` is the median time with a draft, `alone` without (seconds), `general` whether the second is of all intents
    because this one has too few. `saved` is seconds in all, below 0 when lost. `worth` is what they cost, None where a
    desk does not say what an hour costs. `price` is what the models cost. Without enough cases `saved` is None.
    """

    intent: str
    drafts: int
    without: int
    drafted: float | None
    alone: float | None
    general: bool
    saved: float | None
    worth: float | None
    price: float

    @property
    def net(self) -> float | None:
        return None if self.worth is None else self.worth - self.price


@dataclass(frozen=True, slots=True)
class Trial:
    """What a desk measured by holding back drafts: how many seconds a review takes with and without a draft, on average,
    and the difference with the interval that holds the true one in 95 of 100 such trials. None while there are not enough
    cases."""

    desk: str
    drafted: int
    held: int
    with_draft: float | None
    without: float | None
    difference: float | None
    low: float | None
    high: float | None


def cost(cases: Sequence[Case]) -> Cost:
    """What the drafts of these reviews cost."""
    return Cost(
        price=sum(case.price for case in cases),
        tokens=sum(case.tokens for case in cases),
        drafts=sum(case.tokens > 0 for case in cases),
        replies=sum(case.replied_at is not None for case in cases),
    )


def balances(cases: Sequence[Case], hour_costs: Mapping[str, float | None]) -> list[Balance]:
    """For each intent of a draft whether it pays, the most frequent first.

    `hour_costs` is what an hour of a reviewer costs, by the desk's id.
    """
    drafted: defaultdict[str, list[float]] = defaultdict(list)
    alone: defaultdict[str, list[float]] = defaultdict(list)
    desks: defaultdict[str, Counter[str]] = defaultdict(Counter)
    prices: defaultdict[str, float] = defaultdict(float)
    for case in cases:
        prices[case.intent] += case.price
        seconds = handling(case)
        if seconds is None:
            continue
        if case.proposed and case.outcome in SENT:
            drafted[case.intent].append(seconds)
            desks[case.intent][case.desk] += 1
        elif case.outcome == Outcome.BY_HAND or (case.outcome in SENT and not case.proposed):
            alone[case.intent].append(seconds)
    everywhere = [seconds for found in alone.values() for seconds in found]
    ordered = sorted(drafted, key=lambda intent: (-len(drafted[intent]), intent))
    return [
        _balance(intent, drafted[intent], alone[intent], everywhere, desks[intent], hour_costs, prices[intent])
        for intent in ordered
    ]


def _balance(
    intent: str,
    drafted: Sequence[float],
    alone: Sequence[float],
    everywhere: Sequence[float],
    desks: Mapping[str, int],
    hour_costs: Mapping[str, float | None],
    price: float,
) -> Balance:
    general = len(alone) < ENOUGH
    compared = everywhere if general else alone
    if len(drafted) < ENOUGH or len(compared) < ENOUGH:
        return Balance(intent, len(drafted), len(alone), None, None, general, None, None, price)
    with_draft, without = median(drafted), median(compared)
    each = without - with_draft
    costs = [(count, hour_costs.get(desk)) for desk, count in desks.items()]
    worth = None
    if all(hour is not None for _, hour in costs):
        worth = sum(count * each / _HOUR * (hour or 0.0) for count, hour in costs)
    saved = each * len(drafted)
    return Balance(intent, len(drafted), len(alone), with_draft, without, general, saved, worth, price)


def trials(cases: Sequence[Case]) -> list[Trial]:
    """What each desk that held back drafts has measured. Every decided review counts on the side on which the lot put it,
    whatever became of it: only so are both sides alike."""
    sides: defaultdict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for case in cases:
        seconds = handling(case)
        if seconds is not None:
            sides[case.desk][bool(case.held)].append(seconds)
    return [_trial(desk, *sides[desk]) for desk in sorted(sides) if sides[desk][1]]


def _trial(desk: str, drafted: Sequence[float], held: Sequence[float]) -> Trial:
    if min(len(drafted), len(held)) < ENOUGH_HELD:
        return Trial(desk, len(drafted), len(held), None, None, None, None, None)
    low, high = welch(held, drafted)
    with_draft, without = fmean(drafted), fmean(held)
    return Trial(desk, len(drafted), len(held), with_draft, without, without - with_draft, low, high)


def welch(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the difference of two means, by Welch. Raises `StatisticsError` below two values a side."""
    a, b = variance(one) / len(one), variance(other) / len(other)
    middle = fmean(one) - fmean(other)
    if a + b == 0.0:
        return middle, middle
    freedom = (a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(other) - 1))
    reach = student(freedom) * sqrt(a + b)
    return middle - reach, middle + reach


def student(freedom: float) -> float:
    """The 97.5 % quantile of Student's t with so many degrees of freedom."""
    z = _Z
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
