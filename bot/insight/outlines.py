"""A review in one row, made from its audit: what searches and figures ask for, and nothing that anybody wrote. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.insight.edits import Kind, changes, distance
from bot.review.actions import Delivered, Drafted, DraftFailed, MarkSent, Reject, Withdrawn
from bot.review.model import Draft, Review, State
from bot.review.rights import STAFF
from bot.store.audit import Entry
from bot.store.texts import ERASED


class Outcome(StrEnum):
    """What became of a review."""

    OPEN = "open"
    AS_IS = "as_is"  # sent with the words of the draft
    EDITED = "edited"  # sent with words of a person, with or without a draft
    REJECTED = "rejected"
    BY_HAND = "by_hand"  # ended by a colleague's own answer in the thread
    WITHDRAWN = "withdrawn"  # nothing was left to answer


SENT = frozenset({Outcome.AS_IS, Outcome.EDITED})


@dataclass(frozen=True, slots=True)
class Outline:
    """One review. Times in unix seconds, None for what has not happened; the columns of the table `outlines`.

    `template` (`name@version`), `model`, `language`, `intent`, `risks` (`|one|two|`) and `held` are those of the draft in
    force: the last one before the release, else the last one; empty without any. `feeling` is what a person made of it,
    or else that draft. `reviewer` is the id of whoever took the decision in force, or answered by hand. `carded_at` is
    when it first waited for a decision, `decided_at` when the decision in force was taken.

    `distance` is how far what was sent is from the draft (`bot.insight.edits.distance`), None where nothing was sent or
    nothing was proposed. The edit is `material` when it changed more than the tone: when at least one changed sentence is of another kind than `tone`, or
    of none that the rules can tell (`bot.insight.edits.changes`). Whatever is 0 or None is not material.

    Tokens, `price` (in the settings' currency) and `seconds` are of all drafts of the review together. `first` and
    `last` are the numbers of its lines in the audit.
    """

    review: str
    version: int
    desk: str
    conversation: str
    template: str
    model: str
    language: str
    intent: str
    risks: str
    feeling: str
    outcome: str
    reviewer: str
    held: bool
    opened_at: float
    carded_at: float | None
    decided_at: float | None
    replied_at: float | None
    closed_at: float | None
    distance: float | None
    material: bool
    tokens_in: int
    tokens_out: int
    price: float
    seconds: float
    first: int
    last: int


# What can no longer be told once a draft or a reply was erased.
_OF_WORDS = (
    *("template", "model", "language", "intent", "risks", "feeling", "held", "distance", "material"),
    *("tokens_in", "tokens_out", "price", "seconds"),
)


def outline(review: Review, entries: Sequence[Entry], earlier: Outline | None = None) -> Outline:
    """The outline of a review from its audit, oldest first, which leads to that review.

    `earlier` is an outline from before: where words were erased since, what it says of them still holds.
    """
    drafts = [entry.line.action for entry in entries if isinstance(entry.line.action, Drafted | DraftFailed)]
    draft = _in_force(review, entries)
    outcome = _outcome(review, entries)
    decision = _decision(review, entries)
    changed, material = _edit(review, draft, outcome)
    made = Outline(
        review=review.id,
        version=review.version,
        desk=review.desk,
        conversation=review.conversation,
        template=draft.template if draft else "",
        model=draft.model if draft else "",
        language=draft.language if draft else "",
        intent=draft.intent if draft else "",
        risks=bars(draft.risks) if draft else "",
        feeling=(review.judged or draft.sentiment.feeling).value if draft else "",
        outcome=outcome.value,
        reviewer=_reviewer(outcome, decision, entries),
        held=draft.held if draft else False,
        opened_at=entries[0].line.action.at,
        carded_at=next((entry.line.action.at for entry in entries if entry.line.after is State.IN_REVIEW), None),
        decided_at=decision.line.action.at if decision else None,
        replied_at=_replied(entries),
        closed_at=entries[-1].line.action.at if review.closed else None,
        distance=changed,
        material=material,
        tokens_in=sum(step.draft.usage.tokens_in for step in drafts),
        tokens_out=sum(step.draft.usage.tokens_out for step in drafts),
        price=sum(step.draft.usage.price for step in drafts),
        seconds=sum(step.draft.usage.seconds for step in drafts),
        first=entries[0].number,
        last=entries[-1].number,
    )
    if earlier is None or not any(entry.text == ERASED for entry in entries):
        return made
    return replace(made, **{name: getattr(earlier, name) for name in _OF_WORDS})


def bars(names: Sequence[str]) -> str:
    """Several names as one text, in which each is found as `|name|`; empty for none."""
    plain = sorted({name.replace("|", " ") for name in names})
    return f"|{'|'.join(plain)}|" if plain else ""


def _in_force(review: Review, entries: Sequence[Entry]) -> Draft | None:
    """The draft that lay on the table when words were released, or the last one when none were."""
    drafts = [
        entry.line.action.draft
        for entry in entries
        if isinstance(entry.line.action, Drafted | DraftFailed)
        and (not review.release or entry.line.version < review.release)
    ]
    return drafts[-1] if drafts else None


def _outcome(review: Review, entries: Sequence[Entry]) -> Outcome:
    if review.state is State.SENT:
        return Outcome.EDITED if review.edited else Outcome.AS_IS
    if review.state is State.REJECTED:
        return Outcome.REJECTED
    if review.state is State.RETIRED:
        return Outcome.BY_HAND if entries[-1].line.action.by.role in STAFF else Outcome.WITHDRAWN
    return Outcome.OPEN


def _decision(review: Review, entries: Sequence[Entry]) -> Entry | None:
    """The step that decided what becomes of the review; a release that was taken back did not."""
    if review.state is State.REJECTED:
        return next(entry for entry in reversed(entries) if isinstance(entry.line.action, Reject))
    return next((entry for entry in entries if entry.line.version == review.release), None)


def _reviewer(outcome: Outcome, decision: Entry | None, entries: Sequence[Entry]) -> str:
    if outcome is Outcome.BY_HAND:
        return next(entry.line.action.by.id for entry in reversed(entries) if isinstance(entry.line.action, Withdrawn))
    return decision.line.action.by.id if decision else ""


def _replied(entries: Sequence[Entry]) -> float | None:
    sent = (entry.line.action for entry in entries if isinstance(entry.line.action, Delivered | MarkSent))
    return next((step.at for step in sent), None)


def _edit(review: Review, draft: Draft | None, outcome: Outcome) -> tuple[float | None, bool]:
    """How far what was sent is from the draft, and whether the difference matters."""
    if outcome not in SENT or draft is None or not draft.reply.strip():
        return None, False
    if review.words == draft.reply:
        return 0.0, False
    found = changes(draft.reply, review.words, draft.language)
    return distance(draft.reply, review.words), any(change.kind is not Kind.TONE for change in found)
