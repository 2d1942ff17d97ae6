"""What drafting is worth, worked out by hand, and an interval checked against published tables."""

from __future__ import annotations

import random

import pytest

from bot.insight.worth import ENOUGH, ENOUGH_HELD, balances, cost, student, trials, welch
from tests.insight.samples import MONDAY, case, handled

HOUR_COSTS = {"support": 36.0, "sales": 72.0}


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    # Two-sided 5 %, as printed in any table of Student's t.
    [(19, 2.0930), (20, 2.0860), (30, 2.0423), (60, 2.0003), (120, 1.9799), (1_000_000, 1.9600)],
)
def test_quantiles_of_student(freedom: float, quantile: float) -> None:
    """To four digits from as few cases as are ever shown."""
    assert student(freedom) == pytest.approx(quantile, abs=1e-4)


def test_welch_by_hand() -> None:
    """Means 5 and 2 of 20 values each, which all are 1 off: s2 = 20/19, so the error is sqrt(2 / 19) and the degrees of
    freedom are 38. 2.0244 is the table's t for 38."""
    low, high = welch([4.0, 6.0] * 10, [1.0, 3.0] * 10)
    reach = 2.0244 * (2 / 19) ** 0.5
    assert low == pytest.approx(3 - reach, abs=1e-3)
    assert high == pytest.approx(3 + reach, abs=1e-3)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """In 95 of 100 trials, with sides of different sizes that vary differently."""
    chance = random.Random(11)
    held = 0
    for _ in range(2_000):
        one = [chance.gauss(100, 30) for _ in range(20)]
        other = [chance.gauss(90, 10) for _ in range(60)]
        low, high = welch(one, other)
        held += low <= 10 <= high
    assert 0.935 < held / 2_000 < 0.965


def test_sides_that_do_not_vary_have_no_interval_to_speak_of() -> None:
    """Not a division by nothing."""
    assert welch([5.0] * 20, [3.0] * 20) == (2.0, 2.0)


def test_break_even_of_an_intent() -> None:
    """Five drafts took 100 s each, five replies without 280 s: 15 minutes saved. At 36 an hour that is 9, less 0.5."""
    found = balances(
        [handled(100, price=0.1) for _ in range(ENOUGH)] + [handled(280, held=True, outcome="edited")] * ENOUGH,
        HOUR_COSTS,
    )
    assert len(found) == 1
    one = found[0]
    assert (one.drafts, one.without, one.drafted, one.alone, one.general) == (5, 5, 100.0, 280.0, False)
    assert (one.saved, one.worth) == (900.0, 9.0)
    assert one.price == pytest.approx(0.5)
    assert one.net == pytest.approx(8.5)


def test_a_draft_that_costs_time_is_a_loss() -> None:
    """And each desk's hours have their own price: three drafts at 36 and three at 72 an hour lose 100 s each."""
    found = balances(
        [handled(200)] * 3 + [handled(200, desk="sales")] * 3 + [handled(100, held=True, outcome="edited")] * ENOUGH,
        HOUR_COSTS,
    )
    assert found[0].saved == -600.0
    assert found[0].worth == pytest.approx(-9.0)


def test_too_few_without_a_draft_are_lent_those_of_all_intents() -> None:
    """What is held back often has no intent at all. Where there are too few anywhere, nothing is claimed."""
    drafted = [handled(100) for _ in range(ENOUGH)]
    alone = [handled(160, held=True, outcome="edited", intent="") for _ in range(ENOUGH)]
    lent = balances([*drafted, *alone], HOUR_COSTS)[0]
    assert (lent.general, lent.saved) == (True, 300.0)
    none = balances([*drafted, *alone[1:]], HOUR_COSTS)[0]
    assert (none.saved, none.worth, none.net) == (None, None, None)
    few = balances([*drafted[1:], *alone], HOUR_COSTS)[0]
    assert few.saved is None


def test_without_a_price_for_hours_only_time_is_told() -> None:
    """One desk that does not say is enough."""
    cases = [handled(100)] * ENOUGH + [
        handled(100, desk="sales"),
        *[handled(160, held=True, outcome="edited")] * ENOUGH,
    ]
    found = balances(cases, HOUR_COSTS | {"sales": None})[0]
    assert found.saved == 360.0
    assert (found.worth, found.net) == (None, None)


def test_held_back_is_compared_within_a_desk() -> None:
    """Means of 100 s and 160 s: a minute, with an interval around it. What was rejected counts, for both sides alike."""
    drafted = [handled(seconds, outcome="rejected") for seconds in (90.0, 110.0) for _ in range(ENOUGH_HELD // 2)]
    held = [handled(s, held=True, outcome="edited") for s in (140.0, 180.0) for _ in range(ENOUGH_HELD // 2)]
    elsewhere = [handled(1.0, desk="sales")]
    found = trials([*drafted, *held, *elsewhere])
    assert [one.desk for one in found] == ["support"]
    one = found[0]
    assert (one.with_draft, one.without, one.difference) == (100.0, 160.0, 60.0)
    assert one.low is not None
    assert one.high is not None
    assert one.low < 60.0 < one.high
    assert one.low > 45.0


def test_not_enough_cases_yet() -> None:
    """One short on either side, and there is no difference."""
    drafted = [handled(100.0 + n) for n in range(ENOUGH_HELD)]
    held = [handled(150.0 + n, held=True, outcome="edited") for n in range(ENOUGH_HELD)]
    assert trials([*drafted, *held])[0].difference == 50.0
    for few in ([*drafted[1:], *held], [*drafted, *held[1:]]):
        assert trials(few)[0].difference is None


def test_cost() -> None:
    """Two drafts of a model, one of the articles alone; one reply arrived."""
    found = cost([case(price=0.3, tokens=500, replied_at=MONDAY), case(price=0.1, tokens=300), case()])
    assert (found.tokens, found.drafts, found.replies) == (800, 2, 1)
    assert found.price == pytest.approx(0.4)
    assert found.per_draft == pytest.approx(0.2)
    assert found.per_reply == pytest.approx(0.4)
    assert cost([]).per_draft is None
