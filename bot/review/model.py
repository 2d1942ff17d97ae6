"""The values the law works on. All of them are frozen: a step makes a new one.

What every step makes is a named tuple: a frozen dataclass of as many fields takes four times as long to make, and a check
of the record takes every step again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bot.review.actions import Action


class State(StrEnum):
    """Where a review stands. The comments name the step that leads on."""

    RECEIVED = "received"  # Start -> drafting
    DRAFTING = "drafting"  # Drafted, DraftFailed -> in_review; Yielded -> received
    IN_REVIEW = "in_review"  # Approve, Edit -> released; Reject -> rejected; Redraft -> received; Snooze -> snoozed
    SNOOZED = "snoozed"  # Wake -> in_review
    RELEASED = "released"  # Depart -> sending; Recall -> in_review
    SENDING = "sending"  # Delivered -> sent; NotSent -> released; Undeliverable -> in_review; Lost -> stuck
    STUCK = "stuck"  # Resend -> released; MarkSent -> sent
    SENT = "sent"
    REJECTED = "rejected"
    RETIRED = "retired"


CLOSED = frozenset({State.SENT, State.REJECTED, State.RETIRED})


class Role(StrEnum):
    """What a person may do at one desk. `NOBODY` may look at what the channel shows and nothing else."""

    NOBODY = "nobody"
    CUSTOMER = "customer"
    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step. `id` is `channel:person`, as in the desk's settings."""

    id: str
    name: str
    role: Role


SYSTEM = Actor("system", "Countersign", Role.SYSTEM)
# The audit outlives an erased person, so it never names a customer: the conversation does.
CUSTOMER = Actor("customer", "customer", Role.CUSTOMER)


class Mood(StrEnum):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Feeling(StrEnum):
    """A sentiment in one word, as the flag shows it and as a person corrects it."""

    ANGRY = "angry"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True)
class Sentiment:
    """How the customer sounds.

    `cues` are the customer's own words that show it; `judge` is `model`, `rules` or `person`.
    """

    mood: Mood
    angry: bool
    cues: tuple[str, ...]
    judge: str

    @property
    def feeling(self) -> Feeling:
        """The one word for it."""
        return Feeling.ANGRY if self.angry else Feeling(self.mood.value)

    def corrected(self, feeling: Feeling) -> Sentiment:
        """What a person made of it: the words that had shown something else show it no longer."""
        angry = feeling is Feeling.ANGRY
        cues = self.cues if feeling is self.feeling else ()
        return Sentiment(Mood.NEGATIVE if angry else Mood(feeling.value), angry, cues, "person")


@dataclass(frozen=True, slots=True)
class Source:
    """What a draft leans on: an article, or what a look-up found. Only a `public` one may be quoted to customers."""

    ref: str
    title: str
    public: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a draft that claims or promises something, and what bears it out.

    `sources` are the references of articles and look-ups, or `thread` for what stands in the conversation; none means
    that it is unsupported. `doubts` are words of it (amounts, dates, links, promises, refusals) that no source has.
    """

    text: str
    sources: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign that somebody tries to steer the drafter. `where` is `message` or `reply`; `what` are words from there."""

    kind: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Masked:
    """What a model was not shown: so many of a kind, such as 2 of `email`."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Translation:
    """A conversation in a language its reviewers do not read, in one they do.

    `language` is ISO 639-1 of the translation. `message` is what is to be answered; `reply` the draft, translated back by
    somebody who never saw what it was made from. `changed` are numbers and negations that got lost on the way.
    """

    language: str
    message: str
    reply: str
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a draft took: the model, tokens in and out, their price in the settings' currency, and seconds."""

    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    price: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """What a model was sent and what it answered, letter by letter: `sent` are roles with their words, masked as they
    were. `fault` is why the answer was not taken, a clause for people, or empty.
    """

    model: str
    sent: tuple[tuple[str, str], ...]
    answered: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was proposed. An empty `reply` means nothing fitted and a person writes.

    `language` is ISO 639-1 (`no` for Norwegian) or empty when unknown; `template` is `name@version`; `model` is the
    model's name or `offline`; `note` says in one sentence why this is less than what was asked for, or is empty;
    `audience` is who could read the thread when it was made, in the channel's own terms. `statements` are its sentences
    with what bears them out, without greetings and the like. A `makeshift` one was made for want of the model; a `held`
    one has no words on purpose, so that replies with a draft can be compared with replies without. `exchange` is the
    digest of what was asked of models for it and what they answered, empty when none was asked.
    """

    reply: str
    language: str
    sentiment: Sentiment
    intent: str
    risks: tuple[str, ...]
    sources: tuple[Source, ...]
    template: str
    model: str
    note: str = ""
    audience: str = ""
    statements: tuple[Statement, ...] = ()
    signs: tuple[Sign, ...] = ()
    masked: tuple[Masked, ...] = ()
    translation: Translation | None = None
    usage: Usage = Usage()
    makeshift: bool = False
    held: bool = False
    exchange: str = ""


class Review(NamedTuple):
    """One reply to be decided on.

    `version` counts the steps taken and is the only lock. `due` is when a worker should look at it (unix seconds):
    the end of the settling time, of a hold, of a lease or of a snooze; None when only a person or a customer moves it.
    `covers` is the number of the last message the reply has to answer. `claim` is the version at which a worker last
    took it, `tries` how often since it last got anywhere. `doubt` means an earlier attempt to send may have landed: look
    before speaking. `moved` is the number of the last message when the conversation went on while the words were on
    their way, else 0. `edited` holds a person's words, when they replaced the draft's. `release` is the version whose
    release is in force. `holder` is the id of whoever said that they are on it; it locks nobody out. An `escalated`
    review is for leads and admins to decide. `judged` is how the customer sounds to a person who corrected the draft.
    """

    id: str
    conversation: str
    desk: str
    version: int
    state: State
    due: float | None
    covers: int
    claim: int = 0
    tries: int = 0
    doubt: bool = False
    moved: int = 0
    release: int = 0
    draft: Draft | None = None
    edited: str = ""
    instruction: str = ""
    problem: str = ""
    holder: str = ""
    escalated: bool = False
    judged: Feeling | None = None

    @property
    def words(self) -> str:
        """The reply on the table, empty when a person has to write it."""
        return self.edited or (self.draft.reply if self.draft else "")

    @property
    def unsupported(self) -> tuple[tuple[int, Statement], ...]:
        """The statements among the words on the table that nothing bears out, with their places in the draft."""
        stated = enumerate(self.draft.statements) if self.draft else ()
        return tuple((at, one) for at, one in stated if not one.sources and one.text in self.words)

    @property
    def sentiment(self) -> Sentiment | None:
        """How the customer sounds: to a person, if one said so, else to the drafter."""
        if self.draft is None:
            return None
        return self.draft.sentiment.corrected(self.judged) if self.judged else self.draft.sentiment

    @property
    def closed(self) -> bool:
        return self.state in CLOSED


@dataclass(frozen=True, slots=True)
class Release:
    """The permission to send exactly these words to exactly this conversation, as long as exactly this `audience` reads
    it. Only the law makes one.
    """

    review: str
    version: int
    conversation: str
    words: str
    audience: str = ""

    @property
    def key(self) -> str:
        """The mark a post carries, so that it can be found again when its answer is lost. Says nothing to a reader."""
        return f"{self.review}-{self.version}"


class Line(NamedTuple):
    """One line of the audit: the step that led to `version`."""

    review: str
    version: int
    action: Action
    before: State | None
    after: State


class Decision(NamedTuple):
    """What a step leads to: the next review, its audit line, and perhaps a release."""

    before: Review | None
    review: Review
    line: Line
    release: Release | None = None
