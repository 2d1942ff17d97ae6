"""The radar tells what rises, and is quiet otherwise. The examples are worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp, isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.insight.radar import CUSTOMERS, LEAST, PAST, Case, Day, Kind, day_of, rises, tail
from tests.eval.radar import score

WEEKDAYS = tuple(number % 7 for number in range(PAST))


def cases(count: int, **values: object) -> list[Case]:
    """So many reviews of as many customers, all alike."""
    return [replace(Case(f"r{number:03}", f"c{number:03}"), **values) for number in range(count)]  # type: ignore[arg-type]


def steady(count: int, **values: object) -> list[Day]:
    """Eight weeks of the same day."""
    return [day_of(cases(count, **values))] * PAST


def told(past: Sequence[Day], today: list[Case]) -> list[tuple[str, str, int]]:
    """What rises, with its subject and count."""
    return [(rise.kind.value, rise.subject, rise.count) for rise in rises(past, WEEKDAYS[: len(past)], today, 0)]


def test_a_tail_by_hand() -> None:
    """Three or more where one is usual: 1 - (1 + 1 + 1/2) / e. With twice Poisson's variance around 2, the negative
    binomial has size 2 and p 1/2: two or more are 1 - 1/4 - 2/8."""
    assert isclose(tail(3, 1.0, 1.0), 1 - 2.5 / exp(1), rel_tol=1e-9)
    assert isclose(tail(2, 2.0, 2.0), 0.5, rel_tol=1e-9)
    assert isclose(tail(0, 3.0, 1.7), 1.0, rel_tol=1e-9)


@given(st.integers(0, 300), st.floats(0.25, 200), st.floats(1.0, 9.0))
def test_a_tail_is_a_probability_that_falls(count: int, mean: float, spread: float) -> None:
    """The more there are, the less likely so many are; and with more variance a large count is less surprising."""
    assert 0.0 <= tail(count + 1, mean, spread) <= tail(count, mean, spread) * (1 + 1e-9) <= 1.0 + 1e-9


def test_twice_the_volume_is_told_with_what_is_usual() -> None:
    """Thirty-five where fifteen came every day; the usual level is fifteen."""
    (rise,) = rises(steady(15), WEEKDAYS, cases(35), 0)
    assert (rise.kind, rise.subject, rise.count, round(rise.usual, 2)) == (Kind.VOLUME, "", 35, 15.0)
    assert len(rise.reviews) == 35


@pytest.mark.parametrize(
    ("values", "kind", "subject"),
    [
        ({"angry": True}, "angry", ""),
        ({"rejected": True}, "rejected", ""),
        ({"intent": "Returns"}, "intent", "Returns"),
        ({"words": frozenset({"zephyr"})}, "word", "zephyr"),
    ],
)
def test_what_was_hardly_there_and_is_often_today_rises(values: dict[str, object], kind: str, subject: str) -> None:
    """Ten of forty, where there were none among forty; the volume is as ever."""
    today = [*cases(10, **values), *cases(40)[10:]]
    assert told(steady(40), today) == [(kind, subject, 10)]


def test_a_word_of_two_customers_is_never_told_however_often_they_write_it() -> None:
    """It could name them. And so with an intent."""
    pair = [
        replace(case, customer=f"c{number % 2}") for number, case in enumerate(cases(30, words=frozenset({"secret"})))
    ]
    assert CUSTOMERS > 2
    assert [kind for kind, _, _ in told(steady(30), pair)] == []


def test_words_of_the_same_messages_are_told_once() -> None:
    """A product of two words is one thing."""
    today = [*cases(12, words=frozenset({"zephyr", "blender"})), *cases(40)[12:]]
    assert len(told(steady(40), today)) == 1


def test_a_monday_is_held_against_mondays() -> None:
    """Where Mondays bring forty and other days ten, forty are as usual on a Monday and news on another day."""
    past = [day_of(cases(40 if weekday == 0 else 10)) for weekday in WEEKDAYS]
    assert rises(past, WEEKDAYS, cases(40), 0) == []
    assert [rise.kind for rise in rises(past, WEEKDAYS, cases(40), 3)] == [Kind.VOLUME]


def test_a_burst_that_is_over_does_not_hide_the_next_one() -> None:
    """One day of two hundred among twenties leaves sixty unusual."""
    past = steady(20)
    past[30] = day_of(cases(200))
    assert told(past, cases(60)) == [("volume", "", 60)]


def test_before_two_weeks_nothing_is_unusual() -> None:
    """Nobody knows yet what is usual."""
    assert told(steady(5)[: LEAST - 1], cases(80)) == []
    assert told(steady(5)[:LEAST], cases(80)) == [("volume", "", 80)]


@given(st.integers(0, 120))
def test_nothing_rises_where_every_day_is_the_same(count: int) -> None:
    """Whatever is counted, and however much of it there is."""
    same = cases(count, angry=True, rejected=True, intent="Returns", words=frozenset({"parcel", "late"}))
    assert rises([day_of(same)] * PAST, WEEKDAYS, same, 2) == []


@given(st.lists(st.integers(0, 60), min_size=LEAST, max_size=PAST), st.integers(0, 60))
def test_less_than_usual_is_never_told(volumes: list[int], today: int) -> None:
    """A day at or below the quietest one is no news."""
    past = [day_of(cases(volume)) for volume in volumes]
    assert told(past, cases(min(today, *volumes))) == []


rows = st.lists(
    st.builds(
        Case,
        review=st.integers(0, 10_000).map("r{:05}".format),
        customer=st.integers(0, 30).map("c{}".format),
        intent=st.sampled_from(("", "Returns", "Delivery")),
        angry=st.booleans(),
        rejected=st.booleans(),
        words=st.frozensets(st.sampled_from(("zephyr", "parcel", "late", "blender")), max_size=3),
    ),
    max_size=60,
    unique_by=lambda case: case.review,
)


@settings(max_examples=60)
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(found: list[Case], chance: object) -> None:
    """Neither to what is told nor to its order; and each is told once."""
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    past = steady(3)
    one, other = (rises(past, WEEKDAYS, some, 1) for some in (found, shuffled))
    assert one == other
    assert len({(rise.kind, rise.subject) for rise in one}) == len(one)


def test_on_made_up_days_it_finds_what_is_large_and_is_seldom_wrong() -> None:
    """A year and a half at a desk with sixty reviews a day; the whole table is `make eval`."""
    found = score(60, 480, 7)
    large = [key for key in found.bursts if key[1] == 30]
    assert len(large) == 4
    assert all(found.hits[key] == found.bursts[key] for key in large)
    news = [key for key in found.bursts if key[0] == "new word"]
    assert all(found.hits[key] == found.bursts[key] for key in news)
    assert found.per_hundred <= 3.0
