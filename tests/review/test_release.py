"""A release is the permission to speak: where it comes from, what it says, and when it is void."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given

from bot.review.actions import (
    Action,
    Amended,
    Approve,
    Delivered,
    Depart,
    Drafted,
    Edit,
    NotSent,
    Recall,
    Redraft,
    Start,
    Undeliverable,
)
from bot.review.machine import Refused, decide
from bot.review.model import Decision, Release, State
from tests.review.lives import DRAFT, KINDS, STANDING, WAYS, a, life
from tests.review.walks import walks

_IN_REVIEW = WAYS["in review"]


@pytest.mark.parametrize("name", STANDING)
@pytest.mark.parametrize("kind", KINDS)
def test_only_an_approval_or_an_edit_releases(name: str, kind: type[Action]) -> None:
    """No other step gives permission to speak, wherever the review stands."""
    review = STANDING[name]
    try:
        decision = decide(review, a(kind, review))
    except Refused:
        return
    assert (decision.release is not None) == (kind in (Approve, Edit))


def test_an_approval_releases_the_words_on_the_card() -> None:
    """Exactly the drafted words, to exactly this conversation, under the version that was decided."""
    review = STANDING["in review"]
    decision = decide(review, a(Approve, review))
    assert decision.release == Release("r1", decision.review.version, "c1", DRAFT.reply, DRAFT.audience)
    assert decision.review.release == decision.review.version


def test_an_edit_releases_the_persons_words() -> None:
    """What was typed goes out, not what was drafted, and not a character else."""
    review = STANDING["in review"]
    decision = decide(review, a(Edit, review, words="  Hello,\n it is done. "))
    assert decision.release is not None
    assert decision.release.words == "  Hello,\n it is done. "
    assert decision.review.words == decision.release.words


@pytest.mark.parametrize("approval", [Approve, Edit])
def test_a_release_is_for_those_the_draft_was_made_for(approval: type[Action]) -> None:
    """Whoever reads along since is not whom the reviewer had in mind; another draft is made for those who read now."""
    for way, audience in ((_IN_REVIEW, DRAFT.audience), (WAYS["in review without words"], "")):
        review = life(*way)[-1].review
        if approval is Edit or review.words:
            release = decide(review, a(approval, review)).release
            assert release is not None
            assert release.audience == audience
    drafting = life(*_IN_REVIEW, Redraft, Start)[-1].review
    later = decide(drafting, a(Drafted, drafting, draft=replace(DRAFT, audience="everybody"))).review
    release = decide(later, a(approval, later)).release
    assert release is not None
    assert release.audience == "everybody"


def test_words_taken_back_are_there_to_be_approved_again() -> None:
    """After a recall the card shows the person's words, and an approval releases those under a new version."""
    edited = life(*_IN_REVIEW, Edit, Recall)[-1].review
    assert (edited.release, edited.words) == (0, "Hello Mia, it is done.")
    again = decide(edited, a(Approve, edited))
    assert again.release is not None
    assert (again.release.words, again.release.version) == (edited.words, again.review.version)


@given(walks())
def test_a_release_is_in_force_exactly_while_words_may_go_or_have_gone(made: list[Decision]) -> None:
    """Released, on the way, stuck and sent name the version of a release that was made; every other state names none."""
    released = {decision.release.version: decision.release for decision in made if decision.release}
    for decision in made:
        review = decision.review
        if review.state in (State.RELEASED, State.SENDING, State.STUCK, State.SENT):
            assert review.release in released
            assert released[review.release].words == review.words
        else:
            assert review.release == 0


@given(walks())
def test_every_release_has_a_key_of_its_own(made: list[Decision]) -> None:
    """A post is found again by its key, so no two releases share one, and the key says nothing to a reader."""
    keys = [decision.release.key for decision in made if decision.release]
    assert len(set(keys)) == len(keys)
    assert all(key.replace("-", "").isalnum() for key in keys)


@given(walks())
def test_words_depart_only_as_they_were_decided_on(made: list[Decision]) -> None:
    """Between the decision and the departure nothing has happened that could change the right answer."""
    for index, decision in enumerate(made):
        if not isinstance(decision.line.action, Depart):
            continue
        since = [line.line.action for line in made[decision.review.release : index]]
        assert decision.review.release > 0
        assert not [action for action in since if isinstance(action, Recall)]
        before_departure = [action for action in since if isinstance(action, Depart)] == []
        assert not (before_departure and [action for action in since if isinstance(action, Amended)])


def test_an_amendment_voids_the_release() -> None:
    """The customer wrote more before the words departed: they will not go, and a new draft is due."""
    amended = life(*_IN_REVIEW, Edit, Amended)[-1].review
    assert (amended.state, amended.release, amended.edited) == (State.RECEIVED, 0, "")
    with pytest.raises(Refused):
        decide(amended, a(Depart, amended))


@pytest.mark.parametrize("refusal", [NotSent, Undeliverable])
def test_words_approved_for_a_conversation_that_is_no_more_are_not_tried_again(refusal: type[Action]) -> None:
    """It went on while the words were on their way, and they did not arrive: draft anew, approve anew."""
    review = life(*_IN_REVIEW, Edit, Depart, Amended, refusal)[-1].review
    assert (review.state, review.release, review.edited) == (State.RECEIVED, 0, "")
    assert (review.moved, review.doubt, review.covers) == (0, False, 7)


def test_a_late_witness_closes_the_review() -> None:
    """The answer said no or never came, but the words are there: they were the last."""
    for name in ("released again", "sending in doubt", "stuck", "released after stuck"):
        review = STANDING[name]
        assert decide(review, a(Delivered, review)).review.state is State.SENT


def test_a_decision_cannot_be_altered() -> None:
    """All values of the law are frozen: there is no other way to a release than through it."""
    decision = life(*_IN_REVIEW, Approve)[-1]
    assert decision.release is not None
    with pytest.raises(FrozenInstanceError):
        decision.release.words = "something else"  # type: ignore[misc]
