"""Percentiles are by nearest rank: always a value that was there."""

from __future__ import annotations

import pytest

from bot.insight.spread import Share, Spread, nearest_rank, spread


@pytest.mark.parametrize(
    ("values", "p50", "p90"),
    [
        ([7.0], 7.0, 7.0),
        ([1.0, 2.0], 1.0, 2.0),
        ([15.0, 20.0, 35.0, 40.0, 50.0], 35.0, 50.0),
        ([float(n) for n in range(1, 11)], 5.0, 9.0),
        ([float(n) for n in range(1, 101)], 50.0, 90.0),
    ],
)
def test_percentiles_by_hand(values: list[float], p50: float, p90: float) -> None:
    """The smallest value that half, or nine in ten, do not exceed; in whatever order they come."""
    assert spread(reversed(values)) == Spread(len(values), p50, p90, max(values))


def test_nothing_has_no_percentiles() -> None:
    """And a share of nothing is no share, not 0 %."""
    assert spread(()) == Spread(0, None, None, None)
    assert Share(0, 0).rate is None
    assert Share(1, 4).rate == 0.25


def test_a_rank_is_not_moved_by_rounding() -> None:
    """0.9 x 10 is a little more than 9 to a computer with some shares; it is still the ninth value."""
    assert nearest_rank([float(n) for n in range(10)], 0.1 + 0.2) == 2.0
