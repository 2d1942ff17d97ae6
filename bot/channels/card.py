"""The neutral card: what a reviewer sees of a review, before a channel turns it into blocks, cards or HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from bot.channels import checks, wording
from bot.channels.base import Message, Place
from bot.channels.checks import Check, Span
from bot.channels.form import Button, button
from bot.phrases import say
from bot.review.actions import Act, Action, Claim, Drafted, Escalate, Releasing, Strike
from bot.review.machine import allowed
from bot.review.model import (
    Draft,
    Feeling,
    Line,
    Review,
    Role,
    Sentiment,
    Source,
    State,
    Translation,
    Usage,
)

# While the words are on the table; before and afterwards there is nothing to look at any more.
_OPEN = frozenset({State.IN_REVIEW, State.SNOOZED})


@dataclass(frozen=True, slots=True)
class Policy:
    """What a desk wants of its cards.

    `confirm` is when an approval asks back: `never`, `risky` (an angry customer, a risk, an internal source) or
    `always`. `within` is how many seconds a customer should wait for a reply at most, None without a promise. `leads`
    are the ids of those who can be escalated to.
    """

    confirm: str = "never"
    within: float | None = None
    leads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the card's history, in words. `at` in unix seconds; `version` is the one it led to."""

    at: float
    text: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """A view of a review at one version. Never the truth: every button carries the version it was drawn for.

    `headline` says where the review stands; `outcome` who decided and what came of it, empty while open;
    `changes` what happened since a reviewer last saw a draft; `comparison` the words sent against the words drafted;
    `signer` who let the words go, by name, empty while nobody did; `holder` who said that they are on it, likewise;
    `escalation` who handed it to the leads and why, in a sentence, likewise. `deadline` is when the reply should be out
    (unix seconds), None when it need not or has been; `overdue` that it has passed. `calls` are the ids of those who
    should be told of this drawing, `call` is what they are told, in a sentence. `checks` are what to look at in the words
    on the table, and `marked` these words with what no source has; both are empty once they are out of hand. `hidden`
    says what the model was not shown, in a sentence. `translation` is of the customer's message and of the words on the
    table, the latter empty once a person changed them. `usage` is what the draft took.
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
    holder: str = ""
    escalation: str = ""
    deadline: float | None = None
    overdue: bool = False
    calls: tuple[str, ...] = ()
    call: str = ""
    checks: tuple[Check, ...] = ()
    marked: tuple[Span, ...] = ()
    hidden: str = ""
    translation: Translation | None = None
    usage: Usage | None = None

    @property
    def escalated(self) -> bool:
        """Whether only leads and admins may decide."""
        return bool(self.escalation)


def build(
    review: Review,
    desk: str,
    place: Place,
    customer: str,
    messages: tuple[Message, ...],
    lines: Sequence[Line],
    limit: int,
    policy: Policy,
    now: float,
    shown: int,
) -> Card:
    """The card of a review, from its conversation and its audit.

    `limit` is the channel's longest reply in characters; `now` in unix seconds; `shown` is the version of the drawing
    before this one, 0 without.
    """
    draft = review.draft
    due = deadline(review, lines[0].action.at, policy)
    history = (Step(line.action.at, wording.told(line), line.version) for line in lines)
    return Card(
        review=review.id,
        version=review.version,
        state=review.state,
        desk=desk,
        place=str(place),
        customer=customer,
        headline=wording.headline(review),
        messages=messages,
        reply=review.words,
        language=draft.language if draft else "",
        sentiment=review.sentiment,
        intent=draft.intent if draft else "",
        risks=_risks(draft),
        sources=draft.sources if draft else (),
        template=draft.template if draft else "",
        model=draft.model if draft else "",
        note=draft.note if draft and draft.note != review.problem else "",
        problem=review.problem,
        changes=() if review.closed or review.release else wording.changes(lines),
        comparison=_comparison(review, lines),
        outcome=wording.outcome(lines) if review.closed or review.release else "",
        history=tuple(step for step in history if step.text),
        buttons=_buttons(review, limit, policy),
        opened_at=lines[0].action.at,
        limit=limit,
        signer=_who(lines, Releasing),
        holder=_who(lines, Claim) if review.holder and not review.closed else "",
        escalation=wording.escalation(lines) if review.escalated and not review.closed else "",
        deadline=due,
        overdue=due is not None and due <= now,
        calls=_calls(lines, policy, shown),
        call=wording.escalation(lines) if review.escalated else "",
        checks=tuple(checks.checks(review)) if review.state in _OPEN else (),
        marked=checks.marked(review) if review.state in _OPEN else (),
        hidden=checks.hidden(draft) if draft else "",
        translation=_translation(review),
        usage=draft.usage if draft else None,
    )


def deadline(review: Review, opened_at: float, policy: Policy) -> float | None:
    """When the reply should be out (unix seconds); None when there is no promise or it is out of our hands."""
    if policy.within is None or review.closed or review.state in (State.RELEASED, State.SENDING):
        return None
    return opened_at + policy.within


def _buttons(review: Review, limit: int, policy: Policy) -> tuple[Button, ...]:
    """For everybody who sees the card: who may not press one is told so."""
    role = Role.LEAD if review.escalated else Role.AGENT
    acts = (act for act in allowed(review, role) if _has_use(act, review, policy))
    return tuple(button(act, review, limit, _doubts(review, policy)) for act in acts)


def _has_use(act: type[Act], review: Review, policy: Policy) -> bool:
    """Whether there is anybody to escalate to, and any sentence to take out."""
    if act is Strike:
        return bool(review.unsupported)
    return act is not Escalate or bool(policy.leads)


def _doubts(review: Review, policy: Policy) -> str:
    """What an approval asks back first; empty when one click is enough."""
    draft = review.draft
    if policy.confirm == "never" or draft is None:
        return ""
    found = [say("confirm.angry")] if review.sentiment and review.sentiment.angry else []
    risks = _risks(draft)
    found += [say("confirm.risks", risks=", ".join(risks))] if risks else []
    found += [say("confirm.signs")] if draft.signs else []
    found += [say("confirm.unsupported")] if review.unsupported else []
    found += [say("confirm.internal")] if any(not source.public for source in draft.sources) else []
    if not found and policy.confirm != "always":
        return ""
    return " ".join([*found, say("confirm.ask")])


def _risks(draft: Draft | None) -> tuple[str, ...]:
    """What to look out for. That the customer is angry is for the sentiment to say, which a person may correct."""
    return tuple(risk for risk in draft.risks if risk != Feeling.ANGRY) if draft else ()


def _who(lines: Sequence[Line], step: type[Action]) -> str:
    """The name of whoever last took such a step."""
    return next((line.action.by.name for line in reversed(lines) if isinstance(line.action, step)), "")


def _translation(review: Review) -> Translation | None:
    """What the customer wrote stays readable when a person has changed the reply."""
    made = review.draft.translation if review.draft else None
    return replace(made, reply="", changed=()) if made and review.edited else made


def _calls(lines: Sequence[Line], policy: Policy, shown: int) -> tuple[str, ...]:
    """The leads, when the review was escalated since its card was drawn last."""
    escalated = any(isinstance(line.action, Escalate) and line.version > shown for line in lines)
    return policy.leads if escalated else ()


def _comparison(review: Review, lines: Sequence[Line]) -> tuple[Span, ...]:
    """The words that were released against the words that had been drafted, when a person changed them. While they are
    on the table they stand there by themselves, to be read once more."""
    if review.state in _OPEN:
        return ()
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
