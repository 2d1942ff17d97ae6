"""The table of legal steps and the one function that applies it. The sole maker of a `Release`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.review.actions import (
    ACTS,
    Act,
    Action,
    Amended,
    Approve,
    Claim,
    Claiming,
    Correct,
    Delivered,
    Depart,
    Drafted,
    DraftFailed,
    Edit,
    Escalate,
    Lost,
    MarkSent,
    NotSent,
    Recall,
    Received,
    Redraft,
    Reject,
    Releasing,
    Renew,
    Resend,
    Result,
    Snooze,
    Start,
    Strike,
    Undeliverable,
    Wake,
    Withdrawn,
    Yielded,
)
from bot.review.model import Decision, Line, Release, Review, Role, State
from bot.review.rights import may


class Refused(Exception):
    """The law does not allow this step. Nothing was changed."""

    def __init__(self, review: Review | None) -> None:
        super().__init__(type(self).__doc__)
        self.review = review


class Stale(Refused):
    """The review has moved on since it was read."""


class OutOfTurn(Refused):
    """There is no such step from where the review stands."""


class Forbidden(Refused):
    """This step is not theirs to take."""


class Escalated(Forbidden):
    """This review is for leads and admins to decide."""


class Held(Refused):
    """It is not time yet: the customer is still writing, the words may be recalled, or another worker has it."""


class Empty(Refused):
    """There are no words to send."""


class TooLong(Refused):
    """The words do not fit into one message of the channel."""

    def __init__(self, review: Review | None, length: int, limit: int) -> None:
        super().__init__(review)
        self.length = length
        self.limit = limit


class Forged(Exception):
    """The audit does not replay: this line does not follow from the ones before it."""

    def __init__(self, review: str, version: int) -> None:
        super().__init__(f"{type(self).__doc__} Review {review}, version {version}.")
        self.review = review
        self.version = version


def _always(_: Review) -> bool:
    return True


def _moved(review: Review) -> bool:
    return review.moved > 0


def _unmoved(review: Review) -> bool:
    return review.moved == 0


def _worded(review: Review) -> bool:
    return bool(review.words.strip())


def _common(review: Review) -> bool:
    return not review.escalated


def _untouched(review: Review) -> bool:
    """Whether it is still to be made anew: whatever a person does with a review ends that."""
    return review.due is not None


@dataclass(frozen=True, slots=True)
class Row:
    """From a state, a step leads to a state, when the review is so."""

    start: State
    step: type[Action]
    end: State
    when: Callable[[Review], bool] = _always


_S = State
TABLE: tuple[Row, ...] = (
    Row(_S.RECEIVED, Start, _S.DRAFTING),
    Row(_S.DRAFTING, Start, _S.DRAFTING),  # the worker before died or was too slow
    Row(_S.DRAFTING, Drafted, _S.IN_REVIEW),
    Row(_S.DRAFTING, DraftFailed, _S.IN_REVIEW),
    Row(_S.DRAFTING, Yielded, _S.RECEIVED),
    Row(_S.IN_REVIEW, Approve, _S.RELEASED, _worded),
    Row(_S.IN_REVIEW, Edit, _S.RELEASED),
    Row(_S.IN_REVIEW, Redraft, _S.RECEIVED),
    Row(_S.IN_REVIEW, Reject, _S.REJECTED),
    Row(_S.IN_REVIEW, Claim, _S.IN_REVIEW),
    Row(_S.IN_REVIEW, Escalate, _S.IN_REVIEW, _common),
    Row(_S.IN_REVIEW, Correct, _S.IN_REVIEW),
    Row(_S.IN_REVIEW, Strike, _S.IN_REVIEW, _worded),
    Row(_S.IN_REVIEW, Snooze, _S.SNOOZED),
    Row(_S.IN_REVIEW, Renew, _S.RECEIVED, _untouched),
    Row(_S.SNOOZED, Wake, _S.IN_REVIEW),
    Row(_S.RELEASED, Recall, _S.IN_REVIEW, _unmoved),
    Row(_S.RELEASED, Recall, _S.RECEIVED, _moved),  # a customer wrote while the words seemed to be out
    Row(_S.RELEASED, Depart, _S.SENDING),
    Row(_S.SENDING, Depart, _S.SENDING),  # no answer came: look, then perhaps speak
    Row(_S.SENDING, Delivered, _S.SENT),
    Row(_S.RELEASED, Delivered, _S.SENT),  # a late witness: it had landed after all
    Row(_S.STUCK, Delivered, _S.SENT),
    Row(_S.SENDING, NotSent, _S.RELEASED, _unmoved),
    Row(_S.SENDING, NotSent, _S.RECEIVED, _moved),  # approved for a conversation that is no more
    Row(_S.SENDING, Undeliverable, _S.IN_REVIEW, _unmoved),
    Row(_S.SENDING, Undeliverable, _S.RECEIVED, _moved),
    Row(_S.SENDING, Lost, _S.STUCK),
    Row(_S.STUCK, Resend, _S.RELEASED),
    Row(_S.STUCK, MarkSent, _S.SENT),
    Row(_S.RECEIVED, Amended, _S.RECEIVED),
    Row(_S.DRAFTING, Amended, _S.RECEIVED),
    Row(_S.IN_REVIEW, Amended, _S.RECEIVED),
    Row(_S.SNOOZED, Amended, _S.RECEIVED),
    Row(_S.RELEASED, Amended, _S.RECEIVED),
    Row(_S.SENDING, Amended, _S.SENDING),  # too late to stop; remembered in `moved`
    Row(_S.STUCK, Amended, _S.STUCK),
    Row(_S.RECEIVED, Withdrawn, _S.RETIRED),
    Row(_S.DRAFTING, Withdrawn, _S.RETIRED),
    Row(_S.IN_REVIEW, Withdrawn, _S.RETIRED),
    Row(_S.SNOOZED, Withdrawn, _S.RETIRED),
    Row(_S.RELEASED, Withdrawn, _S.RETIRED),
)
_ROWS: dict[tuple[State, type[Action]], tuple[Row, ...]] = {
    (row.start, row.step): tuple(r for r in TABLE if (r.start, r.step) == (row.start, row.step)) for row in TABLE
}

_Sighted = Act | Claiming | Renew
_Timed = Claiming | Renew | Wake
# What a review loses that begins again, because the conversation went on.
_ANEW: dict[str, Any] = {"moved": 0, "release": 0, "edited": "", "tries": 0, "problem": "", "judged": None}


def decide(review: Review | None, action: Action) -> Decision:
    """The next review, its audit line and perhaps a release, or one of the `Refused` above.

    Pure: times and ids come with the action.
    """
    if not may(action.by.role, type(action)):
        raise Forbidden(review)
    if isinstance(action, Received):
        if review is not None:
            raise OutOfTurn(review)
        return _opened(action)
    if review is None:
        raise OutOfTurn(None)
    _check_sight(review, action)
    if isinstance(action, Act) and _above(review, action.by.role):
        raise Escalated(review)
    rows = _ROWS.get((review.state, type(action)), ())
    if rows and isinstance(action, Releasing):
        _check_words(review, action)
    if rows and isinstance(action, Strike) and not action.words.strip():
        raise Empty(review)
    end = _end(rows, review)
    if action.by.role is Role.SYSTEM and isinstance(action, _Timed):
        _check_due(review, action)
    after = _step(partial(review._replace, version=review.version + 1, state=end), review, action)
    release = None
    if isinstance(action, Releasing):
        audience = after.draft.audience if after.draft else ""
        release = Release(after.id, after.version, after.conversation, after.words, audience)
    return Decision(review, after, Line(after.id, after.version, action, review.state, after.state), release)


def under_way(review: Review) -> bool:
    """Whether the words may be out already, so that nothing can call them back."""
    return review.state in (State.SENDING, State.STUCK)


def allowed(review: Review, role: Role) -> tuple[type[Act], ...]:
    """The decisions somebody in this role may take now, in the order of their buttons."""
    if _above(review, role):
        return ()
    return tuple(
        act for act in ACTS if may(role, act) and any(row.when(review) for row in _ROWS.get((review.state, act), ()))
    )


def _above(review: Review, role: Role) -> bool:
    """Whether the review was handed to those above somebody in this role."""
    return review.escalated and role is Role.AGENT


def replay(lines: Iterable[Line]) -> Review:
    """The review the audit's lines lead to. Raises `Forged` at the first line that does not follow."""
    review: Review | None = None
    for line in lines:
        try:
            decision = decide(review, line.action)
        except Refused as refusal:
            raise Forged(line.review, line.version) from refusal
        if decision.line != line:
            raise Forged(line.review, line.version)
        review = decision.review
    if review is None:
        raise ValueError("an audit without lines has no review")
    return review


def _end(rows: Iterable[Row], review: Review) -> State:
    """Where the first of these rows that fits leads."""
    for row in rows:
        if row.when(review):
            return row.end
    raise OutOfTurn(review)


def _check_sight(review: Review, action: Action) -> None:
    """Approval is bound to what was read; a result is bound to the claim it came from."""
    if isinstance(action, _Sighted) and action.seen != review.version:
        raise Stale(review)
    if isinstance(action, Result) and action.claim != review.claim:
        raise Stale(review)


def _check_due(review: Review, action: Action) -> None:
    """No worker is early."""
    if review.due is not None and action.at < review.due:
        raise Held(review)


def _check_words(review: Review, action: Releasing) -> None:
    words = action.words if isinstance(action, Edit) else review.words
    if not words.strip():
        raise Empty(review)
    if len(words) > action.limit:
        raise TooLong(review, len(words), action.limit)


def _opened(action: Received) -> Decision:
    review = Review(
        id=action.review,
        conversation=action.conversation,
        desk=action.desk,
        version=1,
        state=State.RECEIVED,
        due=action.due,
        covers=action.message,
    )
    return Decision(None, review, Line(review.id, 1, action, None, review.state))


def _step(after: Callable[..., Review], before: Review, action: Action) -> Review:
    """What a step changes: `after` is the review in its next state and version, given what else changes."""
    match action:
        case Amended() if under_way(before):
            return after(moved=action.message)
        case Amended():
            return after(due=action.due, covers=action.message, doubt=False, **_ANEW)
        case Withdrawn():
            return after(due=None, release=0)
        case Delivered():
            return after(due=None, problem="")
        case Act():
            return _decided(after, before, action)
        case Start():
            return after(due=action.lease, claim=before.version + 1, tries=before.tries + 1)
        case Yielded():
            return after(due=action.at, tries=0)
        case Depart():
            doubt = before.doubt or before.state is State.SENDING
            return after(due=action.lease, claim=before.version + 1, tries=before.tries + 1, doubt=doubt)
        case Drafted():
            return after(due=action.again, draft=action.draft, edited="", instruction="", tries=0, problem="")
        case DraftFailed():
            return after(due=action.again, draft=action.draft, edited="", instruction="", tries=0, problem=action.why)
        case Renew():
            return after(due=action.at, problem="")
        case NotSent() | Undeliverable() if before.moved:
            return after(due=action.at, covers=before.moved, doubt=False, **_ANEW)
        case NotSent():
            return after(due=action.again, problem=action.why, doubt=False)
        case Undeliverable():
            return after(due=None, release=0, tries=0, problem=action.why, doubt=False)
        case Lost():
            return after(due=None, problem=action.why)
    raise TypeError(f"no effect is written for {type(action).__name__}")


def _decided(after: Callable[..., Review], before: Review, act: Act) -> Review:
    """What a person's decision changes, as in `_step`."""
    match act:
        case Reject():
            return after(due=None)
        case Approve():
            return after(due=act.at + act.hold, release=before.version + 1, tries=0, problem="")
        case Edit():
            due = act.at + act.hold
            return after(due=due, edited=act.words, release=before.version + 1, tries=0, problem="")
        case Redraft():
            return after(due=act.at, instruction=act.instruction, tries=0, problem="")
        case Recall() if before.moved:
            return after(due=act.at, covers=before.moved, **_ANEW)
        case Recall():
            return after(due=None, release=0, tries=0, problem="", doubt=False)
        case Resend():
            # A person looked. A channel that cannot look would otherwise be asked again, for ever.
            return after(due=act.at, tries=0, problem="", doubt=False)
        case Claim():
            return after(due=None, holder=act.by.id)
        case Escalate():
            return after(due=None, escalated=True, holder="")
        case Correct():
            return after(due=None, judged=act.feeling)
        case Strike():
            return after(due=None, edited=act.words)
        case Snooze():
            return after(due=act.until)
        case Wake():
            return after(due=None)
        case MarkSent():
            return after(due=None, problem="")
    raise TypeError(f"no effect is written for {type(act).__name__}")
