"""The sentences of a card: what happened to a review, and why a click was refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.channels.base import Click
from bot.phrases import say
from bot.review.actions import (
    Act,
    Amended,
    Claim,
    Correct,
    Delivered,
    Drafted,
    DraftFailed,
    Escalate,
    Lost,
    NotSent,
    Received,
    Reject,
    Snooze,
    Undeliverable,
    Wake,
    Withdrawn,
)
from bot.review.machine import Empty, Escalated, Forbidden, Held, OutOfTurn, Refused, Stale, TooLong
from bot.review.model import SYSTEM, Line, Review, State
from bot.review.rights import STAFF

# What people do beside the decision: it stands in the history, but is not what came of the review.
_ASIDE = (Claim, Correct, Escalate, Snooze, Wake)


def time(at: float) -> str:
    """A time of day where the server stands, as in `14:02`."""
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M")


def date(at: float) -> str:
    """The ISO date of a time, in UTC."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def told(line: Line) -> str:
    """What a line of the audit means to a reader; empty for steps that are of no interest."""
    action = line.action
    name = action.by.name
    match action:
        case Received():
            return say("history.received")
        case Amended() | Withdrawn():
            who = "staff" if action.by.role in STAFF else "customer"
            return say(f"history.{who}_{action.change.value}", name=name)
        case Drafted():
            by = say("history.offline") if action.draft.model == "offline" else action.draft.model
            return say("history.drafted", model=by)
        case DraftFailed():
            return say("history.draft_failed", why=action.why)
        case Reject():
            return say("history.reject", name=name, reason=say(f"reason.{action.reason.value}").lower())
        case Escalate() if action.note:
            return say("history.escalate_note", name=name, note=action.note)
        case Snooze():
            return say("history.snooze", name=name, time=time(action.until))
        case Wake() if action.by == SYSTEM:
            return say("history.woke")
        case Correct():
            return say("history.correct", name=name, feeling=say(f"page.mood.{action.feeling.value}").lower())
        case Act():
            return say(f"history.{action.verb}", name=name)
        case NotSent():
            return say("history.not_sent", why=action.why, time=time(action.again))
        case Undeliverable() | Lost():
            return say("history.problem", why=action.why)
        case Delivered():
            return say("history.delivered")
    return ""


def refused(refusal: Refused, click: Click, lines: Sequence[Line]) -> str:
    """Why a click did not count, and what to do now."""
    match refusal:
        case Escalated():
            return say("refused.escalated")
        case Forbidden():
            return say("refused.forbidden")
        case Empty():
            return say("refused.empty")
        case TooLong():
            return say("refused.too_long", length=refusal.length, limit=refusal.limit)
        case Stale() | OutOfTurn():
            since = [line for line in lines if line.version > click.version and told(line)]
            # What a person did tells the presser most: mostly it is the same click again, or a quicker colleague's.
            newest = next((line for line in since if isinstance(line.action, Act)), since[-1] if since else None)
            if newest is None:
                return say("refused.out_of_turn")
            return say("refused.stale", what=told(newest), time=time(newest.action.at))
        case Held():
            return say("refused.held")
    return str(refusal)


def headline(review: Review) -> str:
    """Where a review stands."""
    escalated = review.escalated and review.state is State.IN_REVIEW
    return say("state.escalated" if escalated else f"state.{review.state.value}")


def outcome(lines: Sequence[Line]) -> str:
    """Who decided and what came of it, in one sentence each."""
    ends = (line for line in lines if isinstance(line.action, (Act, Withdrawn, Delivered)))
    said = [told(line) for line in ends if not isinstance(line.action, _ASIDE)]
    return " ".join(said[-2:])


def changes(lines: Sequence[Line]) -> tuple[str, ...]:
    """What happened in the conversation since the draft before this one was on show."""
    drafts = [index for index, line in enumerate(lines) if isinstance(line.action, (Drafted, DraftFailed))]
    since = drafts[-2] if len(drafts) > 1 and drafts[-1] == len(lines) - 1 else (drafts[-1] if drafts else len(lines))
    return tuple(told(line) for line in lines[since + 1 :] if isinstance(line.action, (Amended, Act)))
