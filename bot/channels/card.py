"""The neutral card: what a reviewer sees of a review, before a channel turns it into blocks, cards or HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.channels import wording
from bot.channels.base import Message, Place
from bot.channels.form import Button, button
from bot.phrases import say
from bot.review.actions import Drafted, Releasing
from bot.review.machine import allowed
from bot.review.model import Line, Review, Role, Sentiment, Source, State


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a comparison: `kept`, `added` or `removed`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the card's history, in words. `at` in unix seconds."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A view of a review at one version. Never the truth: every button carries the version it was drawn for.

    `headline` says where the review stands; `outcome` who decided and what came of it, empty while open;
    `changes` what happened since a reviewer last saw a draft; `comparison` the words sent against the words drafted;
    `signer` who let the words go, by name, empty while nobody did.
    """

    review: str
    version: int
    state: State
    desk: str
    place: str
    customer: str
    headline: str
    messages: tuple[Message, ...]
    reply: str
    language: str
    sentiment: Sentiment | None
    intent: str
    risks: tuple[str, ...]
    sources: tuple[Source, ...]
    template: str
    model: str
    note: str
    problem: str
    changes: tuple[str, ...]
    comparison: tuple[Span, ...]
    outcome: str
    history: tuple[Step, ...]
    buttons: tuple[Button, ...]
    opened_at: float
    limit: int
    signer: str = ""


def build(
    review: Review,
    desk: str,
    place: Place,
    customer: str,
    messages: tuple[Message, ...],
    lines: Sequence[Line],
    limit: int,
) -> Card:
    """The card of a review, from its conversation and its audit. `limit` is the channel's longest reply."""
    draft = review.draft
    history = ((line.action.at, wording.told(line)) for line in lines)
    return Card(
        review=review.id,
        version=review.version,
        state=review.state,
        desk=desk,
        place=str(place),
        customer=customer,
        headline=say(f"state.{review.state.value}"),
        messages=messages,
        reply=review.words,
        language=draft.language if draft else "",
        sentiment=draft.sentiment if draft else None,
        intent=draft.intent if draft else "",
        risks=draft.risks if draft else (),
        sources=draft.sources if draft else (),
        template=draft.template if draft else "",
        model=draft.model if draft else "",
        note=draft.note if draft else "",
        problem=review.problem,
        changes=() if review.closed else wording.changes(lines),
        comparison=_comparison(review, lines),
        outcome=wording.outcome(lines) if review.closed or review.release else "",
        history=tuple(Step(at, text) for at, text in history if text),
        buttons=tuple(button(act, review, limit) for act in allowed(review, Role.AGENT)),
        opened_at=lines[0].action.at,
        limit=limit,
        signer=next((line.action.by.name for line in reversed(lines) if isinstance(line.action, Releasing)), ""),
    )


def _comparison(review: Review, lines: Sequence[Line]) -> tuple[Span, ...]:
    """The words that were released against the words that had been drafted, when a person changed them."""
    drafted = next((line.action.draft.reply for line in reversed(lines) if isinstance(line.action, Drafted)), "")
    if not review.edited or not drafted or review.edited == drafted:
        return ()
    return compare(drafted, review.edited)


def compare(before: str, after: str) -> tuple[Span, ...]:
    """What changed between two texts, word by word. The spans' texts, put together, give both back."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    spans: list[Span] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            spans.append(Span("kept", "".join(old[i:j])))
            continue
        if j > i:
            spans.append(Span("removed", "".join(old[i:j])))
        if m > k:
            spans.append(Span("added", "".join(new[k:m])))
    return tuple(spans)
