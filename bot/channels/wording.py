"""The sentences of a card: what happened to a review, and why a click was refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.channels.base import Click
from bot.channels.standing import Pause
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
    Renew,
    Snooze,
    Undeliverable,
    Verdict,
    Wake,
    Withdrawn,
)
from bot.review.machine import Empty, Escalated, Forbidden, Held, OutOfTurn, Refused, Stale, TooLong
from bot.review.model import SYSTEM, Line, Review, State
from bot.review.rights import STAFF

# What a card shows in a place of its own for as long as it holds.
_STANDING = (Claim, Correct, Escalate)


def time(at: float) -> str:
    """A time of day where the server stands, as in `14:02`."""
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M")


def when(at: float, now: float) -> str:
    """A time of day where the server stands; with its date when that is not today's."""
    then, today = (datetime.fromtimestamp(one).astimezone().date() for one in (at, now))
    return time(at) if then == today else f"{then.isoformat()} {time(at)}"


def paused(pause: Pause, now: float) -> str:
    """Why there is no draft, and what to do without."""
    return say("draft.paused", name=pause.name, since=when(pause.at, now))


def resting(desk: str, pause: Pause, now: float) -> str:
    """That no drafts are made at a desk."""
    return say("command.paused", desk=desk, name=pause.name, since=when(pause.at, now))


def lasting(seconds: float) -> str:
    """How long something took, as roughly as one would say it."""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= size:
            return say(f"page.lasting.{unit}", count=round(seconds / size))
    return say("page.lasting.seconds", count=max(0, round(seconds)))


def date(at: float) -> str:
    """The ISO date of a time, in UTC."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def month(at: float) -> str:
    """The month of a time in UTC, as in `2026-11`."""
    return date(at)[:7]


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
        case Drafted() if not action.draft.model:
            return say("history.drafted_erased")
        case Drafted():
            by = say("history.offline") if action.draft.model == "offline" else action.draft.model
            return say("history.drafted", model=by)
        case DraftFailed() if action.draft.held:
            return say("history.held")
        case DraftFailed():
            return say("history.draft_failed", why=action.why)
        case Renew():
            return say("history.renewed")
        case Reject():
            return say("history.reject", name=name, reason=say(f"reason.{action.reason.value}").lower())
        case Escalate() if action.note:
            return say("history.escalate_note", name=name, note=action.note)
        case Snooze():
            return say("history.snooze", name=name, time=when(action.until, action.at))
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
            # A decision tells the presser most: mostly it is the same click again, or a quicker colleague's.
            said = next((line for line in since if isinstance(line.action, Verdict)), since[-1] if since else None)
            if said is None:
                return say("refused.out_of_turn")
            return say("refused.stale", what=told(said), time=time(said.action.at))
        case Held():
            return say("refused.held")
    return str(refusal)


def headline(review: Review) -> str:
    """Where a review stands."""
    if review.escalated and review.state is State.IN_REVIEW:
        return say("card.escalated")
    return say(f"state.{review.state.value}")


def outcome(lines: Sequence[Line]) -> str:
    """Who decided and what came of it, in one sentence each."""
    said = [told(line) for line in lines if isinstance(line.action, (Verdict, Withdrawn, Delivered))]
    return " ".join(said[-2:])


def changes(lines: Sequence[Line]) -> tuple[str, ...]:
    """What happened to the conversation and the draft since a reviewer last decided on a draft, or could have."""
    drafts = [index for index, line in enumerate(lines) if isinstance(line.action, (Drafted, DraftFailed))]
    if len(drafts) > 1 and not any(isinstance(line.action, (Amended, Verdict)) for line in lines[drafts[-1] + 1 :]):
        drafts.pop()
    happened = lines[drafts[-1] + 1 :] if drafts else ()
    # A snooze that is over explains nothing any more.
    shown = (line for line in happened if line is lines[-1] or not isinstance(line.action, Snooze))
    news = (line for line in shown if not isinstance(line.action, _STANDING))
    return tuple(told(line) for line in news if isinstance(line.action, (Amended, Act)))


def escalation(lines: Sequence[Line]) -> str:
    """Who handed the review to the leads and what they should know; empty when nobody did."""
    return next((told(line) for line in reversed(lines) if isinstance(line.action, Escalate)), "")
