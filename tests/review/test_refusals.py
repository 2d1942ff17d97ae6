"""The guards of the law beside the table: sight, time, words and claims."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.review.actions import (
    Act,
    Action,
    Amended,
    Approve,
    Claim,
    Claiming,
    Correct,
    Depart,
    Drafted,
    Edit,
    Escalate,
    NotSent,
    Received,
    Redraft,
    Reject,
    Releasing,
    Renew,
    Result,
    Snooze,
    Start,
    Strike,
    Wake,
    Yielded,
)
from bot.review.machine import TABLE, Empty, Held, OutOfTurn, Stale, TooLong, decide
from bot.review.model import SYSTEM, Review, State
from tests.review.lives import ANA, DRAFT, KINDS, LIMIT, NOW, STANDING, a, life

SEEING = [kind for kind in KINDS if issubclass(kind, Act | Claiming)]
RESULTS = [kind for kind in KINDS if issubclass(kind, Result)]
CLAIMS = [kind for kind in KINDS if issubclass(kind, Claiming)]


def _standing(kind: type[Action]) -> Review:
    """A review in which this step would count."""
    starts = [row.start for row in TABLE if row.step is kind]
    return next(review for review in STANDING.values() if review.state in starts)


@pytest.mark.parametrize("kind", SEEING)
@pytest.mark.parametrize("off", [-1, 1, -3, 10_000])
def test_a_decision_or_claim_on_another_version_is_stale(kind: type[Action], off: int) -> None:
    """What was decided on must be what stands there: one version off, in either direction, is refused."""
    review = _standing(kind)
    decide(review, a(kind, review))
    with pytest.raises(Stale) as refusal:
        decide(review, a(kind, review, seen=review.version + off))
    assert refusal.value.review is review


@pytest.mark.parametrize("kind", SEEING)
@pytest.mark.parametrize("name", STANDING)
def test_a_stale_step_says_so_wherever_the_review_stands(kind: type[Action], name: str) -> None:
    """A click on an old card is told that the review moved, whatever else is wrong with it."""
    review = STANDING[name]
    with pytest.raises(Stale):
        decide(review, a(kind, review, seen=review.version - 1))


@pytest.mark.parametrize("kind", RESULTS)
@pytest.mark.parametrize("off", [-1, 1, 5])
def test_a_result_counts_only_for_the_claim_it_came_from(kind: type[Action], off: int) -> None:
    """A worker whose claim was taken over by another has nothing to say any more."""
    review = _standing(kind)
    decide(review, a(kind, review))
    with pytest.raises(Stale):
        decide(review, a(kind, review, claim=review.claim + off))


def test_a_late_result_loses_against_a_second_claim() -> None:
    """The first worker was too slow: the second took the review over, and only its draft counts."""
    first, second = life(Received, Start, Start)[1:]
    with pytest.raises(Stale):
        decide(second.review, a(Drafted, first.review))
    assert decide(second.review, a(Drafted, second.review)).review.state is State.IN_REVIEW


def test_a_draft_for_a_conversation_that_moved_on_is_dropped() -> None:
    """The customer wrote more while the model was thinking: its draft does not answer that."""
    claimed, moved = life(Received, Start, Amended)[1:]
    with pytest.raises(OutOfTurn):
        decide(moved.review, a(Drafted, claimed.review))
    again = decide(moved.review, a(Start, moved.review))
    with pytest.raises(Stale):
        decide(again.review, a(Drafted, claimed.review))


@pytest.mark.parametrize("kind", CLAIMS)
def test_nobody_takes_a_review_before_it_is_due(kind: type[Action]) -> None:
    """The customer is still writing, the words may be recalled, or somebody else has it: `Held` until then, not after."""
    for review in STANDING.values():
        if review.due is None or not [row for row in TABLE if (row.start, row.step) == (review.state, kind)]:
            continue
        with pytest.raises(Held):
            decide(review, a(kind, review, at=review.due - 0.001))
        assert decide(review, a(kind, review, at=review.due)).review.claim == review.version + 1


def test_a_snooze_ends_by_itself_when_it_is_due_and_by_a_person_at_any_time() -> None:
    """A worker that looks too early is `Held`; a person who wants it back has it at once."""
    review = STANDING["snoozed"]
    assert review.due is not None
    with pytest.raises(Held):
        decide(review, a(Wake, review, by=SYSTEM, at=review.due - 0.001))
    for by, at in ((SYSTEM, review.due), (ANA, NOW)):
        woken = decide(review, a(Wake, review, by=by, at=at)).review
        assert (woken.state, woken.due) == (State.IN_REVIEW, None)


def test_a_makeshift_draft_is_made_anew_when_it_is_time_and_only_while_nobody_touched_it() -> None:
    """A worker that looks too early is `Held`; after a person's hand there is no such step any more."""
    review = STANDING["in review without words"]
    assert review.due is not None
    with pytest.raises(Held):
        decide(review, a(Renew, review, at=review.due - 0.001))
    assert decide(review, a(Renew, review, at=review.due)).review.state is State.RECEIVED
    for hand in (Claim, Escalate, Correct):
        touched = decide(review, a(hand, review)).review
        with pytest.raises(OutOfTurn):
            decide(touched, a(Renew, touched))
    with pytest.raises(Stale):
        decide(review, a(Renew, review, seen=review.version - 1))


def test_a_sentence_is_taken_out_only_while_something_is_left() -> None:
    """Without any words it would be a rejection, and without a draft there is nothing to take out."""
    review = STANDING["in review"]
    with pytest.raises(Empty):
        decide(review, a(Strike, review, words=" \n"))
    assert decide(review, a(Strike, review, words="Hello Mia.")).review.words == "Hello Mia."
    with pytest.raises(OutOfTurn):
        decide(STANDING["in review without words"], a(Strike, STANDING["in review without words"]))


def test_a_snoozed_review_is_decided_on_when_it_is_back() -> None:
    """Out of the way means that nobody approves it in passing."""
    review = STANDING["snoozed"]
    for kind in (Approve, Edit, Reject, Redraft, Claim, Escalate, Snooze):
        with pytest.raises(OutOfTurn):
            decide(review, a(kind, review))


def test_a_customer_who_writes_ends_a_snooze() -> None:
    """The review is settled and drafted anew, as from anywhere; the snooze is forgotten."""
    review = STANDING["snoozed"]
    after = decide(review, a(Amended, review, message=11, due=NOW + 8)).review
    assert (after.state, after.due, after.covers) == (State.RECEIVED, NOW + 8, 11)
    with pytest.raises(OutOfTurn):
        decide(after, a(Wake, after, by=SYSTEM, at=NOW + 10**6))


@pytest.mark.parametrize("approval", [Approve, Edit])
def test_a_settling_time_a_hold_and_a_lease_each_hold(approval: type[Action]) -> None:
    """Each of the three waits is kept, to the second that was asked for."""
    received = life(a(Received, None, due=NOW + 8))[0].review
    released = life(Received, Start, Drafted)[-1].review
    held = decide(released, a(approval, released, at=NOW + 20, hold=15.0)).review
    leased = decide(held, a(Depart, held, at=NOW + 35, lease=NOW + 65)).review
    assert (received.due, held.due, leased.due) == (NOW + 8, NOW + 35, NOW + 65)
    failed = decide(leased, a(NotSent, leased, again=NOW + 99)).review
    for review, kind in ((received, Start), (held, Depart), (leased, Depart), (failed, Depart)):
        assert review.due is not None
        with pytest.raises(Held):
            decide(review, a(kind, review, at=review.due - 1))


@pytest.mark.parametrize("words", ["", " ", "\n\t \u00a0\u2003", "\r\n"])
def test_nothing_is_not_sent(words: str) -> None:
    """Neither an empty edit nor an empty draft can be released."""
    review = STANDING["in review"]
    with pytest.raises(Empty):
        decide(review, a(Edit, review, words=words))
    blank = decide(
        life(Received, Start)[-1].review, a(Drafted, STANDING["drafting"], draft=replace(DRAFT, reply=words))
    )
    with pytest.raises(Empty):
        decide(blank.review, a(Approve, blank.review))


@given(st.text(max_size=60), st.integers(0, 60))
def test_the_limit_is_kept_to_the_character(words: str, limit: int) -> None:
    """Words go out if and only if they fit into one message of the channel; the refusal says by how much they do not."""
    assume(words.strip())
    review = STANDING["in review"]
    action = a(Edit, review, words=words, limit=limit)
    if len(words) <= limit:
        release = decide(review, action).release
        assert release is not None
        assert release.words == words
    else:
        with pytest.raises(TooLong) as refusal:
            decide(review, action)
        assert (refusal.value.length, refusal.value.limit) == (len(words), limit)


def test_an_approval_is_held_to_the_limit_too() -> None:
    """A draft that is too long for its channel cannot be approved as it is."""
    review = STANDING["in review"]
    fits = a(Approve, review, limit=len(DRAFT.reply))
    assert decide(review, fits).release is not None
    with pytest.raises(TooLong):
        decide(review, a(Approve, review, limit=len(DRAFT.reply) - 1))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if issubclass(kind, Releasing)])
def test_words_are_no_matter_where_nothing_can_be_released(kind: type[Action]) -> None:
    """Out of turn is said first: a hint to edit the words would lead nowhere."""
    review = STANDING["received"]
    with pytest.raises(OutOfTurn):
        decide(review, a(kind, review, limit=0))


def test_a_refusal_reads_as_its_name_says() -> None:
    """The sentence of an error is its docstring, so that logs speak for themselves."""
    review = STANDING["sent"]
    with pytest.raises(OutOfTurn, match="There is no such step from where the review stands"):
        decide(review, a(Redraft, review, by=ANA))
    assert str(TooLong(review, LIMIT + 1, LIMIT)) == "The words do not fit into one message of the channel."


def test_a_worker_that_is_told_to_stop_gives_its_review_back_at_once() -> None:
    """Somebody else may begin in the same second."""
    claimed = STANDING["drafting"]
    given_back = decide(claimed, a(Yielded, claimed, at=NOW + 3)).review
    assert (given_back.state, given_back.due, given_back.tries) == (State.RECEIVED, NOW + 3, 0)
    assert decide(given_back, a(Start, given_back, at=NOW + 3)).review.state is State.DRAFTING
