"""Shares and percentiles, as the figures of the pages are made of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of a count."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Spread:
    """How values lie. All are None where there are no values."""

    count: int
    p50: float | None
    p90: float | None
    most: float | None


def spread(values: Iterable[float]) -> Spread:
    """How these values lie."""
    ordered = sorted(values)
    if not ordered:
        return Spread(0, None, None, None)
    return Spread(len(ordered), nearest_rank(ordered, 0.5), nearest_rank(ordered, 0.9), ordered[-1])


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """The smallest of these values, given in order, that at least this share of them do not exceed.

    The nearest-rank percentile: always one of the values. Raises `IndexError` without any.
    """
    return ordered[max(ceil(round(share * len(ordered), 9)), 1) - 1]
