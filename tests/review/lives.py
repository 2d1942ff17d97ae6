"""Reviews in every state they can be in, and a fitting step of every kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from bot.review import actions
from bot.review.actions import (
    Action,
    Amended,
    Approve,
    Change,
    Claim,
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
    Reason,
    Received,
    Redraft,
    Reject,
    Renew,
    Resend,
    Snooze,
    Start,
    Strike,
    Undeliverable,
    Wake,
    Withdrawn,
)
from bot.review.machine import decide
from bot.review.model import (
    CUSTOMER,
    SYSTEM,
    Actor,
    Decision,
    Draft,
    Feeling,
    Line,
    Mood,
    Review,
    Role,
    Sentiment,
    Source,
    State,
    Statement,
)
from bot.review.rights import RIGHTS, may

NOW = 1_790_000_000.0
LIMIT = 400
ANA = Actor("web:ana", "Ana", Role.AGENT)
LEA = Actor("web:lea", "Lea", Role.LEAD)
DRAFT = Draft(
    reply="Hello Mia, you can change the address until the parcel leaves. It costs nothing.",
    language="en",
    sentiment=Sentiment(Mood.NEGATIVE, True, ("third time",), "model"),
    intent="change of address",
    risks=("refund",),
    sources=(Source("change-order.en", "Changing an order", True),),
    template="support_reply@2",
    model="scripted",
    audience="our own people",
    statements=(
        Statement("Hello Mia, you can change the address until the parcel leaves.", ("change-order.en",)),
        Statement("It costs nothing."),
    ),
)
BLANK = Draft(
    "", "", Sentiment(Mood.NEUTRAL, False, (), "rules"), "", (), (), "support_reply@2", "offline", "No model."
)

# Every step there is: the classes of `bot.review.actions` that nothing is derived from.
KINDS: tuple[type[Action], ...] = tuple(
    kind
    for kind in vars(actions).values()
    if isinstance(kind, type) and issubclass(kind, Action) and not kind.__subclasses__()
)
_VALUES: dict[str, Any] = {
    "review": "r1",
    "conversation": "c1",
    "desk": "support",
    "message": 7,
    "change": Change.WROTE_MORE,
    "draft": DRAFT,
    "why": "The channel is being looked after.",
    "ref": "m9",
    "limit": LIMIT,
    "hold": 0.0,
    "words": "Hello Mia, it is done.",
    "reason": Reason.TONE,
    "note": "too stiff",
    "instruction": "shorter",
    "feeling": Feeling.POSITIVE,
}
# A snooze may end by itself, but a person's click is what has to fit: people before the program.
_PEOPLE = {Role.CUSTOMER: CUSTOMER, Role.AGENT: ANA, Role.SYSTEM: SYSTEM}


def a(kind: type[Action], review: Review | None, /, **values: Any) -> Action:
    """A step of this kind that fits the review as well as one can: read at its version, in time, by one who may.

    A review that was escalated is decided by a lead.
    """
    at = max(NOW, review.due or 0.0) + 0.5 if review else NOW
    known = _VALUES | {
        "at": at,
        "due": at + 8,
        "lease": at + 30,
        "again": at + 2,
        "until": at + 60,
        "by": _somebody(kind),
    }
    if known["by"] is ANA and review is not None and review.escalated:
        known["by"] = LEA
    if review is not None:
        known |= {"seen": review.version, "claim": review.claim}
    if kind is Drafted:
        known["again"] = None  # by the model; what fails is tried again
    if kind is DraftFailed:
        known["draft"] = BLANK
    wanted = {field.name for field in dataclasses.fields(kind)}
    return kind(**({name: value for name, value in known.items() if name in wanted} | values))


def _somebody(kind: type[Action]) -> Actor:
    return next(actor for role, actor in _PEOPLE.items() if may(role, kind))


def life(*kinds: type[Action] | Action) -> list[Decision]:
    """A review's decisions from its first step on."""
    made: list[Decision] = []
    for kind in kinds:
        review = made[-1].review if made else None
        made.append(decide(review, kind if isinstance(kind, Action) else a(kind, review)))
    return made


def lines(decisions: Sequence[Decision]) -> list[Line]:
    """The audit of these decisions."""
    return [decision.line for decision in decisions]


_TO_DRAFT = (Received, Start)
_TO_REVIEW = (*_TO_DRAFT, Drafted)
_TO_RELEASE = (*_TO_REVIEW, Approve)
_TO_SENDING = (*_TO_RELEASE, Depart)

# How a review comes to stand where it stands: every state, and every difference that a row's condition can see.
WAYS: dict[str, tuple[type[Action], ...]] = {
    "received": (Received,),
    "drafting": _TO_DRAFT,
    "in review": _TO_REVIEW,
    "in review without words": (*_TO_DRAFT, DraftFailed),
    "in review after redraft": (*_TO_REVIEW, Redraft, Start, Drafted),
    "in review, refused": (*_TO_SENDING, Undeliverable),
    "claimed": (*_TO_REVIEW, Claim),
    "corrected": (*_TO_REVIEW, Correct),
    "struck": (*_TO_REVIEW, Strike),
    "renewed": (*_TO_DRAFT, DraftFailed, Renew),
    "escalated": (*_TO_REVIEW, Claim, Escalate),
    "escalated, claimed": (*_TO_REVIEW, Escalate, Claim),
    "escalated, edited": (*_TO_REVIEW, Escalate, Edit),
    "escalated, snoozed": (*_TO_REVIEW, Escalate, Snooze),
    "escalated, stuck": (*_TO_REVIEW, Escalate, Approve, Depart, Lost),
    "escalated, sent": (*_TO_REVIEW, Escalate, Approve, Depart, Delivered),
    "snoozed": (*_TO_REVIEW, Snooze),
    "woken": (*_TO_REVIEW, Snooze, Wake),
    "released": _TO_RELEASE,
    "released with edited words": (*_TO_REVIEW, Edit),
    "released again": (*_TO_SENDING, NotSent),
    "sending": _TO_SENDING,
    "sending in doubt": (*_TO_SENDING, Depart),
    "sending, moved": (*_TO_SENDING, Amended),
    "stuck": (*_TO_SENDING, Depart, Lost),
    "stuck, moved": (*_TO_SENDING, Amended, Lost),
    "released after stuck": (*_TO_SENDING, Depart, Lost, Resend),
    "released after stuck, moved": (*_TO_SENDING, Amended, Lost, Resend),
    "sent": (*_TO_SENDING, Delivered),
    "sent, noted by hand": (*_TO_SENDING, Lost, MarkSent),
    "rejected": (*_TO_REVIEW, Reject),
    "retired": (Received, Withdrawn),
}
STANDING: dict[str, Review] = {name: life(*way)[-1].review for name, way in WAYS.items()}
STATES_REACHED = {review.state for review in STANDING.values()} | {State.RECEIVED}
GROUPS = tuple(kind for kind, _ in RIGHTS)
