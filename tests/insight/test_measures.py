"""Each figure by its formula, from rows written by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.channels.standing import Day
from bot.insight.measures import day, midnight
from bot.insight.queries import Open, Step
from bot.review.model import Role, State

NINE = 1_790_000_000.0


def step(action: str, after: float = 0.0, **more: Any) -> Step:
    """A step so many seconds after the question."""
    values: dict[str, Any] = {"desk": "support", "role": Role.AGENT, "at": NINE + after, "opened_at": NINE}
    return Step(action=action, **(values | {"in_force": True, "edited": False} | more))


def waits(state: State = State.IN_REVIEW, *, angry: bool = False, since: float = NINE) -> Open:
    """An open review."""
    return Open("support", state, since, angry)


def test_a_quiet_day_has_no_figures() -> None:
    """And a median of nothing is not zero."""
    assert day([], [], None, NINE) == Day()


@pytest.mark.parametrize(
    ("steps", "figure", "value"),
    [
        ([step("Received"), step("Received"), step("Withdrawn")], "came_in", 2),
        ([step("Delivered"), step("MarkSent"), step("Delivered", edited=True)], "as_drafted", 2),
        ([step("Delivered"), step("MarkSent", edited=True)], "edited", 1),
        ([step("Approve"), step("Edit"), step("Depart")], "as_drafted", 0),
        ([step("Reject"), step("Approve")], "rejected", 1),
        ([step("Withdrawn"), step("Withdrawn", role=Role.CUSTOMER), step("Withdrawn", role=Role.LEAD)], "by_hand", 2),
        ([step("Withdrawn"), *(step("Withdrawn", role=role) for role in (Role.CUSTOMER, Role.SYSTEM))], "withdrawn", 2),
        ([step("Approve", 60), step("Edit", 180), step("Reject", 300)], "to_decision", 180.0),
        ([step("Approve", 60), step("Reject", 300)], "to_decision", 180.0),
        ([step("Approve", 60, in_force=False), step("Edit", 600)], "to_decision", 600.0),
        ([step("Reject", 30, in_force=False)], "to_decision", 30.0),
        ([step("Delivered", 60)], "to_decision", None),
        ([step("Delivered", 60), step("MarkSent", 90), step("Delivered", 86_400)], "to_reply", 90.0),
        ([step("Approve", 60)], "to_reply", None),
    ],
)
def test_what_was_done_is_counted(steps: list[Step], figure: str, value: float | None) -> None:
    """Reviews by how they ended, and how long people and customers waited for that."""
    assert getattr(day(steps, [], None, NINE), figure) == value


@pytest.mark.parametrize(
    ("state", "within", "late"),
    [
        (State.RECEIVED, 600.0, True),
        (State.IN_REVIEW, 600.0, True),
        (State.SNOOZED, 600.0, True),
        (State.STUCK, 600.0, True),
        (State.IN_REVIEW, 600.1, False),
        (State.IN_REVIEW, None, False),
        (State.RELEASED, 600.0, False),
        (State.SENDING, 600.0, False),
    ],
)
def test_overdue_is_what_a_person_has_kept_waiting(state: State, within: float | None, late: bool) -> None:
    """Beyond the desk's promise, unless the words are on their way."""
    assert day([], [waits(state)], within, NINE + 600).overdue == late


def test_what_waits_is_counted_once_and_named_by_what_is_wrong_with_it() -> None:
    """One review can be angry, overdue and stuck."""
    found = day([], [waits(), waits(State.STUCK, angry=True), waits(angry=True, since=NINE + 599)], 600.0, NINE + 600)
    assert (found.waiting, found.angry, found.overdue, found.stuck) == (3, 2, 2, 1)


@pytest.fixture(params=["Europe/Oslo", "America/New_York", "UTC"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that stands elsewhere."""
    with monkeypatch.context() as there:
        there.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.parametrize("date", [(2026, 3, 29), (2026, 10, 25), (2026, 3, 8), (2026, 11, 1), (2026, 9, 21)])
@pytest.mark.parametrize("clock", [(0, 0, 0), (4, 30, 0), (23, 59, 59)])
def test_the_day_begins_at_midnight_where_the_server_stands(
    zone: str, date: tuple[int, int, int], clock: tuple[int, int, int]
) -> None:
    """Also on the two days of the year that have 23 or 25 hours."""
    began = time.mktime((*date, 0, 0, 0, 0, 0, -1))
    assert midnight(time.mktime((*date, *clock, 0, 0, -1))) == began, zone
