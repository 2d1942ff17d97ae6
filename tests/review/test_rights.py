"""Who may take which step: everybody against everything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.review.actions import (
    ACTS,
    Act,
    Action,
    Amended,
    Claiming,
    Delivered,
    Drafted,
    Escalate,
    Handling,
    Received,
    Redraft,
    Renew,
    Result,
    Start,
    Verdict,
    Wake,
    Withdrawn,
)
from bot.review.machine import Escalated, Forbidden, OutOfTurn, Refused, Stale, decide
from bot.review.model import CUSTOMER, Actor, Review, Role
from bot.review.rights import RIGHTS, STAFF, may
from tests.review.lives import ANA, KINDS, LEA, STANDING, a

# Double entry: whoever gives a right away has to say so here too.
GIVEN: dict[type[Action], set[str]] = {
    Verdict: {"agent", "lead", "admin"},
    Handling: {"agent", "lead", "admin"},
    Wake: {"agent", "lead", "admin", "system"},
    Received: {"customer"},
    Amended: {"agent", "lead", "admin", "customer"},
    Withdrawn: {"agent", "lead", "admin", "customer", "system"},
    Claiming: {"system"},
    Renew: {"system"},
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
    """Without the right a step is `Forbidden` in every state, however well it fits; with it, never for that.

    An escalated review is for leads; that it is not an agent's is told apart from having no right at all.
    """
    by = Actor("web:x", "X", role)
    right = next(roles for group, roles in GIVEN.items() if issubclass(kind, group))
    standing: list[Review | None] = [None] if kind is Received else [*STANDING.values()]
    for review in standing:
        action = replace(a(kind, review), by=by)
        if role.value in right and not _above(review, role, kind):
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


# --- an escalated review

ESCALATED = {name: review for name, review in STANDING.items() if review.escalated}


def _above(review: Review | None, role: Role, kind: type[Action]) -> bool:
    return review is not None and review.escalated and role is Role.AGENT and issubclass(kind, Act)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("name", ESCALATED)
def test_an_agent_decides_nothing_on_an_escalated_review(name: str, act: type[Act]) -> None:
    """Whatever the button and wherever the review stands, and whoever escalated it; a lead and an admin may."""
    review = ESCALATED[name]
    with pytest.raises(Escalated) as refusal:
        decide(review, a(act, review, by=ANA))
    assert refusal.value.review is review
    for role in (Role.LEAD, Role.ADMIN):
        _is_not_forbidden(review, a(act, review, by=replace(LEA, role=role)))


@pytest.mark.parametrize("name", ESCALATED)
def test_what_happens_in_the_conversation_is_not_a_question_of_rank(name: str) -> None:
    """A customer writes and a colleague answers by hand, escalated or not: that is so, and cannot be forbidden."""
    review = ESCALATED[name]
    for kind, by in ((Amended, CUSTOMER), (Withdrawn, ANA)):
        _is_not_forbidden(review, a(kind, review, by=by))


def test_an_agent_with_an_old_card_is_told_what_happened_first() -> None:
    """“Escalated by Leo” explains more than “you may not”."""
    review = ESCALATED["escalated"]
    with pytest.raises(Stale):
        decide(review, a(Redraft, review, by=ANA, seen=review.version - 1))


def test_an_escalation_lasts() -> None:
    """A customer who writes more, another draft and a recall do not take it back from the leads."""
    review = ESCALATED["escalated"]
    for kind in (Redraft, Start, Drafted, Amended, Start, Drafted):
        review = decide(review, a(kind, review)).review
        assert review.escalated
    with pytest.raises(Escalated):
        decide(review, a(Redraft, review, by=ANA))


def test_an_escalation_is_made_once() -> None:
    """A lead who presses an old button is not told that it was done again."""
    review = ESCALATED["escalated"]
    with pytest.raises(OutOfTurn):
        decide(review, a(Escalate, review, by=LEA))
