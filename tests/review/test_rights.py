"""Who may take which step: everybody against everything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.review.actions import Act, Action, Amended, Claiming, Delivered, Received, Result, Withdrawn
from bot.review.machine import Forbidden, Refused, allowed, decide
from bot.review.model import Actor, Review, Role
from bot.review.rights import RIGHTS, STAFF, may
from tests.review.lives import KINDS, STANDING, a

# Double entry: whoever gives a right away has to say so here too.
GIVEN: dict[type[Action], set[str]] = {
    Act: {"agent", "lead", "admin"},
    Received: {"customer"},
    Amended: {"agent", "lead", "admin", "customer"},
    Withdrawn: {"agent", "lead", "admin", "customer", "system"},
    Claiming: {"system"},
    Result: {"system"},
    Delivered: {"system"},
}


def test_the_rights_are_as_written_down() -> None:
    """No right has come, gone or changed without this page."""
    assert {kind: {role.value for role in roles} for kind, roles in RIGHTS} == GIVEN
    assert {role.value for role in STAFF} == {"agent", "lead", "admin"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_falls_under_one_right(kind: type[Action]) -> None:
    """No step is left to the order of the rows, and none is nobody's by oversight."""
    assert len([group for group, _ in RIGHTS if issubclass(kind, group)]) == 1


def test_a_step_without_a_right_is_nobodys() -> None:
    """A new kind of step is forbidden to everybody until somebody gives it a right."""
    assert not [role for role in Role if may(role, Action)]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", KINDS)
def test_who_may_not_is_refused_wherever_the_review_stands(kind: type[Action], role: Role) -> None:
    """Without the right a step is `Forbidden` in every state, however well it fits; with it, never for that."""
    by = Actor("web:x", "X", role)
    right = next(roles for group, roles in GIVEN.items() if issubclass(kind, group))
    standing: list[Review | None] = [None] if kind is Received else [*STANDING.values()]
    for review in standing:
        action = replace(a(kind, review), by=by)
        if role.value in right:
            _is_not_forbidden(review, action)
            continue
        with pytest.raises(Forbidden) as refusal:
            decide(review, action)
        assert refusal.value.review is review


def _is_not_forbidden(review: Review | None, action: Action) -> None:
    try:
        decision = decide(review, action)
    except Forbidden:
        raise
    except Refused:
        return
    assert decision.line.action.by == action.by


@pytest.mark.parametrize("role", [Role.NOBODY, Role.CUSTOMER, Role.SYSTEM])
def test_only_staff_decides(role: Role) -> None:
    """A reader, a customer and the program itself are offered no decision anywhere."""
    assert not [name for name, review in STANDING.items() if allowed(review, role)]
