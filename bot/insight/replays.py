"""What a changed template would have made of decided reviews: drafts turned into figures, figures into a verdict. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from bot.insight.edits import distance
from bot.review.model import Draft, Feeling

_LANGUAGE = "language"  # the risk of a reply in another language than the customer's


class Outcome(StrEnum):
    """What a person had made of the draft."""

    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Measured:
    """A draft in figures, without its words.

    `distance` is how far it is from what was sent (`bot.insight.edits.distance`), None when nothing was. `unsupported` counts claims without a source, `price` is in the settings' currency.
    """

    distance: float | None
    feeling: Feeling
    risks: tuple[str, ...]
    unsupported: int
    wrong_language: bool
    tokens: int
    price: float


@dataclass(frozen=True, slots=True)
class Replay:
    """One review: how the drafts of the old and of the new version compare to what a person made of it."""

    review: str
    outcome: Outcome
    old: Measured
    new: Measured

    @property
    def feels_other(self) -> bool:
        return self.old.feeling is not self.new.feeling

    @property
    def risks_other(self) -> bool:
        return set(self.old.risks) != set(self.new.risks)


@dataclass(frozen=True, slots=True)
class Side:
    """One version over all reviews. `distance` is the mean of those that have one."""

    distance: float | None
    unsupported: int
    wrong_language: int
    tokens: int
    price: float


@dataclass(frozen=True, slots=True)
class Sum:
    """A backtest in figures."""

    cases: int
    feels_other: int
    risks_other: int
    old: Side
    new: Side


@dataclass(frozen=True, slots=True)
class Limit:
    """What a desk puts up with from a new version of its template.

    Without a backtest none is put into use when one is `required`. Its drafts may be `worse_by` so much further from what
    was sent, on average, and have `more_faults`: claims without a source and replies in a wrong language.
    """

    required: bool = False
    worse_by: float = 0.2
    more_faults: int = 0


def measure(draft: Draft, sent: str | None) -> Measured:
    """A draft in figures, beside the words that were sent, if any were."""
    return Measured(
        distance=None if sent is None else distance(draft.reply, sent),
        feeling=draft.sentiment.feeling,
        risks=tuple(sorted(draft.risks)),
        unsupported=sum(not statement.sources for statement in draft.statements),
        wrong_language=_LANGUAGE in draft.risks,
        tokens=draft.usage.tokens_in + draft.usage.tokens_out,
        price=draft.usage.price,
    )


def summed(replays: Sequence[Replay]) -> Sum:
    """All reviews together."""
    return Sum(
        cases=len(replays),
        feels_other=sum(replay.feels_other for replay in replays),
        risks_other=sum(replay.risks_other for replay in replays),
        old=_side([replay.old for replay in replays]),
        new=_side([replay.new for replay in replays]),
    )


def _side(drafts: Sequence[Measured]) -> Side:
    return Side(
        distance=mean_distance(drafts),
        unsupported=sum(draft.unsupported for draft in drafts),
        wrong_language=sum(draft.wrong_language for draft in drafts),
        tokens=sum(draft.tokens for draft in drafts),
        price=sum(draft.price for draft in drafts),
    )


def mean_distance(drafts: Iterable[Measured]) -> float | None:
    """The mean of the distances there are."""
    found = [draft.distance for draft in drafts if draft.distance is not None]
    return fmean(found) if found else None


def further(total: Sum) -> float:
    """How much further from what was sent the new drafts are, on average; below 0 when they are nearer."""
    return (total.new.distance or 0.0) - (total.old.distance or 0.0)


def more_faults(total: Sum) -> int:
    """How many more claims without a source and replies in a wrong language there are."""
    return total.new.unsupported + total.new.wrong_language - total.old.unsupported - total.old.wrong_language
