"""Which steps there are: the table against a picture of it drawn by hand, and everything beside it refused."""

from __future__ import annotations

import copy

import pytest

from bot.review import actions
from bot.review.actions import ACTS, BY_VERB, Act, Action, Received
from bot.review.machine import TABLE, Empty, Escalated, OutOfTurn, allowed, decide
from bot.review.model import CLOSED, Actor, Review, Role, State
from bot.review.rights import STAFF
from tests.review.lives import KINDS, STANDING, WAYS, a, life

# Double entry: whoever changes the law has to say so here too.
PICTURE = """
received   Start          drafting
drafting   Start          drafting
drafting   Drafted        in_review
drafting   DraftFailed    in_review
drafting   Yielded        received
in_review  Approve        released
in_review  Edit           released
in_review  Redraft        received
in_review  Reject         rejected
in_review  Claim          in_review
in_review  Escalate       in_review
in_review  Correct        in_review
in_review  Strike         in_review
in_review  Snooze         snoozed
in_review  Renew          received
snoozed    Wake           in_review
released   Recall         in_review
released   Recall         received
released   Depart         sending
sending    Depart         sending
sending    Delivered      sent
released   Delivered      sent
stuck      Delivered      sent
sending    NotSent        released
sending    NotSent        received
sending    Undeliverable  in_review
sending    Undeliverable  received
sending    Lost           stuck
stuck      Resend         released
stuck      MarkSent       sent
received   Amended        received
drafting   Amended        received
in_review  Amended        received
snoozed    Amended        received
released   Amended        received
sending    Amended        sending
stuck      Amended        stuck
received   Withdrawn      retired
drafting   Withdrawn      retired
in_review  Withdrawn      retired
snoozed    Withdrawn      retired
released   Withdrawn      retired
"""
DRAWN = [tuple(line.split()) for line in PICTURE.strip().splitlines()]
PAIRS = [(name, kind) for name in STANDING for kind in KINDS]


def test_the_table_is_as_drawn() -> None:
    """No row has come, gone or changed without the picture."""
    assert [(row.start.value, row.step.__name__, row.end.value) for row in TABLE] == DRAWN


def test_every_state_is_stood_in() -> None:
    """The reviews these tests use stand in every state."""
    assert {review.state for review in STANDING.values()} == set(State)


@pytest.mark.parametrize(("name", "kind"), PAIRS, ids=lambda value: getattr(value, "__name__", value))
def test_a_step_leads_where_the_picture_says_or_nowhere(name: str, kind: type[Action]) -> None:
    """A step from a state either ends where the picture says, one version later, or is refused and changes nothing."""
    review = STANDING[name]
    before = copy.deepcopy(review)
    ends = {end for start, step, end in DRAWN if (start, step) == (review.state.value, kind.__name__)}
    if kind is actions.Escalate and review.escalated:
        ends = set()  # once is enough
    if (kind is actions.Renew and review.due is None) or (kind is actions.Strike and not review.words):
        ends = set()  # by the model, or touched; and nothing to take a sentence out of
    if not ends or (kind is actions.Approve and not review.words):
        with pytest.raises((OutOfTurn, Empty)) as refusal:
            decide(review, a(kind, review))
        assert refusal.value.review is review
        assert (refusal.type is Empty) == bool(ends)
    else:
        decision = decide(review, a(kind, review))
        assert decision.review.state.value in ends
        assert decision.review.version == decision.line.version == review.version + 1
        assert (decision.line.before, decision.line.after) == (review.state, decision.review.state)
        assert decision.before is review
    assert review == before


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Received])
def test_only_a_message_opens_a_review(kind: type[Action]) -> None:
    """A step on a review that is not there is refused, and a review is opened once."""
    with pytest.raises(OutOfTurn):
        decide(None, a(kind, None, **{name: 0 for name in ("seen", "claim") if name in dir(kind)}))
    with pytest.raises(OutOfTurn):
        decide(STANDING["received"], a(Received, None))


def test_a_review_is_opened_at_version_one() -> None:
    """It waits until its customer is taken to have finished writing."""
    review = life(Received)[0].review
    assert review == Review("r1", "c1", "support", 1, State.RECEIVED, due=review.due, covers=7)


@pytest.mark.parametrize("name", [name for name, review in STANDING.items() if review.state in CLOSED])
def test_nothing_leads_out_of_a_closed_review(name: str) -> None:
    """Sent, rejected and retired are ends."""
    assert not [row for row in TABLE if row.start is STANDING[name].state]
    assert STANDING[name].closed
    assert STANDING[name].due is None
    assert allowed(STANDING[name], Role.ADMIN) == ()


@pytest.mark.parametrize("role", sorted(STAFF))
@pytest.mark.parametrize("name", WAYS)
def test_the_buttons_offered_are_the_decisions_the_law_would_take(name: str, role: Role) -> None:
    """A card offers a decision exactly when it would count, in the order of their buttons."""
    review = STANDING[name]
    counting = []
    for act in ACTS:
        try:
            decide(review, a(act, review, by=Actor("web:x", "X", role)))
        except (OutOfTurn, Empty, Escalated):
            continue
        counting.append(act)
    assert allowed(review, role) == tuple(counting)


@pytest.mark.parametrize("name", WAYS)
def test_nobody_else_is_offered_a_decision(name: str) -> None:
    """A reader and a customer decide nothing, and the program nothing but that a snooze is over."""
    review = STANDING[name]
    assert allowed(review, Role.CUSTOMER) == allowed(review, Role.NOBODY) == ()
    assert allowed(review, Role.SYSTEM) == ((actions.Wake,) if review.state is State.SNOOZED else ())


def test_every_decision_has_a_button_and_a_name_of_its_own() -> None:
    """A new decision is offered, and can be named in cards and addresses."""
    assert set(ACTS) == {kind for kind in KINDS if issubclass(kind, Act)}
    assert len(BY_VERB) == len(ACTS)
    assert all(verb == act.verb and verb.isidentifier() for verb, act in BY_VERB.items())
