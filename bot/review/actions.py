"""Every step a review can take, as a value. A new one needs a class here, rows in `machine`, a right and a label."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from bot.review.model import Actor, Draft, Feeling


class Change(StrEnum):
    """What happened in the conversation after a review was opened."""

    WROTE_MORE = "wrote_more"
    EDITED = "edited"
    DELETED = "deleted"
    ANSWERED = "answered"
    ERASED = "erased"


class Reason(StrEnum):
    """Why a draft was rejected."""

    FACTS = "facts"
    TONE = "tone"
    LANGUAGE = "language"
    POLICY = "policy"
    NOT_NEEDED = "not_needed"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """A step by somebody at a time (unix seconds).

    `private` names the field that may hold what a customer or a colleague wrote. It is kept apart from the audit, so
    that it can be erased.
    """

    private: ClassVar[str | None] = None

    by: Actor
    at: float


# --- what happens in the conversation


@dataclass(frozen=True, kw_only=True, slots=True)
class Received(Action):
    """A customer wrote and no review was open. `due` is when they are taken to have finished writing."""

    review: str
    conversation: str
    desk: str
    message: int
    due: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Amended(Action):
    """The conversation changed, so whatever was drafted or approved may no longer be the right answer."""

    change: Change
    message: int
    due: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn(Action):
    """Nothing is left to answer: the customer took the message back, or a colleague answered by hand."""

    change: Change


# --- what workers do


@dataclass(frozen=True, kw_only=True, slots=True)
class Claiming(Action):
    """A worker takes the review until `lease` (unix seconds). `seen` is the version it read."""

    seen: int
    lease: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Start(Claiming):
    """Drafting begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Depart(Claiming):
    """The words are about to be sent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Renew(Action):
    """A draft that was only made for want of the model is made again. `seen` is the version the worker read."""

    seen: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Result(Action):
    """What came of a claim. `claim` is the version at which the worker took the review."""

    claim: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Drafted(Result):
    """A draft with words in it. From `again` (unix seconds) on a better one may be made, as long as nobody touched it."""

    private: ClassVar[str | None] = "draft"
    draft: Draft
    again: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftFailed(Result):
    """No words could be proposed. `draft` holds what is known all the same; `why` is shown on the card.

    `again` is as in `Drafted`.
    """

    private: ClassVar[str | None] = "draft"
    draft: Draft
    why: str
    again: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Yielded(Result):
    """The worker was told to stop before a draft was made; somebody else may begin at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotSent(Result):
    """The channel certainly did not take the words. They are tried again at `again`."""

    why: str
    again: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Undeliverable(Result):
    """The channel certainly did not take the words and will not: a person has to see to it."""

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost(Result):
    """Nobody can tell whether the words arrived."""

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered(Action):
    """The words are in the thread as message `ref`. True whoever saw it, so it needs no claim."""

    ref: str


# --- what people decide


@dataclass(frozen=True, kw_only=True, slots=True)
class Act(Action):
    """A person's decision on the version their card showed. `verb` is its name in cards, addresses and logs."""

    verb: ClassVar[str]
    seen: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict(Act):
    """Decides what becomes of the reply."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Releasing(Verdict):
    """Lets words go. `limit` is the channel's longest reply in characters; they wait `hold` seconds for a recall."""

    limit: int
    hold: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Approve(Releasing):
    """The words go out as the card shows them."""

    verb: ClassVar[str] = "approve"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit(Releasing):
    """These words go out instead."""

    verb: ClassVar[str] = "edit"
    private: ClassVar[str | None] = "words"
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject(Verdict):
    """Nothing goes out."""

    verb: ClassVar[str] = "reject"
    private: ClassVar[str | None] = "note"
    reason: Reason
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Redraft(Verdict):
    """Another draft, with an instruction to the drafter."""

    verb: ClassVar[str] = "redraft"
    private: ClassVar[str | None] = "instruction"
    instruction: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Recall(Verdict):
    """Released words are taken back before they depart."""

    verb: ClassVar[str] = "recall"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resend(Verdict):
    """A person looked and the words are not in the thread: send them."""

    verb: ClassVar[str] = "resend"


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkSent(Verdict):
    """A person looked and the words are in the thread."""

    verb: ClassVar[str] = "mark_sent"


# --- what people do with a review besides deciding on its reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Handling(Act):
    """Tells colleagues something, hands the review on or puts it off: nothing becomes of the reply by it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim(Handling):
    """“I am on it.” Tells the colleagues, and locks nobody out: whoever is away must not hold a customer up."""

    verb: ClassVar[str] = "claim"


@dataclass(frozen=True, kw_only=True, slots=True)
class Escalate(Handling):
    """From here on it is for leads and admins to decide, and whoever was on it no longer is."""

    verb: ClassVar[str] = "escalate"
    private: ClassVar[str | None] = "note"
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Snooze(Handling):
    """Out of the way until a time (unix seconds). The customer can bring it back by writing."""

    verb: ClassVar[str] = "snooze"
    until: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Correct(Handling):
    """The customer sounds otherwise than the draft says."""

    verb: ClassVar[str] = "correct"
    feeling: Feeling


@dataclass(frozen=True, kw_only=True, slots=True)
class Strike(Handling):
    """A sentence is taken out of the words on the table, which then read `words`."""

    verb: ClassVar[str] = "strike"
    private: ClassVar[str | None] = "words"
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wake(Act):
    """A snooze ends: by itself when it is due, by a person at any time."""

    verb: ClassVar[str] = "wake"


# In the order in which their buttons stand on a card.
ACTS: tuple[type[Act], ...] = (
    *(Approve, Edit, Reject, Redraft, Recall, Resend, MarkSent),
    *(Wake, Claim, Escalate, Snooze, Correct, Strike),
)
BY_VERB = {act.verb: act for act in ACTS}
