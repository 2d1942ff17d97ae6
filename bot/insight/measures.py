"""Rows turned into figures, without a database or a clock. The formula stands beside each figure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from statistics import median

from bot.channels.standing import Day
from bot.insight.queries import Open, Step
from bot.review.actions import Approve, Correct, Delivered, Edit, MarkSent, Received, Reject, Withdrawn
from bot.review.model import State
from bot.review.rights import STAFF

_SENT = frozenset({Delivered.__name__, MarkSent.__name__})
_RELEASED = frozenset({Approve.__name__, Edit.__name__})
# The words are on their way: whatever keeps them is not a person who has yet to decide.
_ON_THE_WAY = frozenset({State.RELEASED, State.SENDING})


def midnight(now: float) -> float:
    """When the day of `now` began where the server stands (unix seconds)."""
    today = datetime.fromtimestamp(now).astimezone().date()
    return datetime.combine(today, time.min).astimezone().timestamp()


def day(steps: Iterable[Step], waiting: Iterable[Open], within: float | None, now: float) -> Day:
    """The figures of one desk from its steps since midnight and its open reviews.

    `within` is how many seconds a customer should wait for a reply at most, None without a promise.
    """
    taken, left = list(steps), list(waiting)
    sent = [step for step in taken if step.action in _SENT]
    withdrawn = [step for step in taken if step.action == Withdrawn.__name__]
    return Day(
        came_in=sum(step.action == Received.__name__ for step in taken),  # reviews opened
        as_drafted=sum(not step.edited for step in sent),  # reviews sent with the words of the draft
        edited=sum(step.edited for step in sent),  # reviews sent with words of a person, with or without a draft
        rejected=sum(step.action == Reject.__name__ for step in taken),  # reviews rejected
        by_hand=sum(step.role in STAFF for step in withdrawn),  # reviews ended by a colleague's own answer
        corrected=sum(step.action == Correct.__name__ for step in taken),  # times a person corrected the sentiment
        withdrawn=sum(step.role not in STAFF for step in withdrawn),  # reviews ended with nothing left to answer
        waiting=len(left),  # reviews open now, whenever they were opened
        angry=sum(one.angry for one in left),  # those of them whose customer is angry
        overdue=sum(_overdue(one, within, now) for one in left),  # those of them past the time promised for a reply
        stuck=sum(one.state is State.STUCK for one in left),  # those of them that may or may not have been sent
        to_decision=_middle(step.at - step.opened_at for step in taken if _decides(step)),
        to_reply=_middle(step.at - step.opened_at for step in sent),  # from opening a review to its reply's arrival
    )


def _decides(step: Step) -> bool:
    """From opening a review to the decision in force: a release that was taken back does not count."""
    return step.action == Reject.__name__ or (step.action in _RELEASED and step.in_force)


def _overdue(one: Open, within: float | None, now: float) -> bool:
    return within is not None and one.state not in _ON_THE_WAY and one.opened_at + within <= now


def _middle(seconds: Iterable[float]) -> float | None:
    """The median: one that lay over a weekend says little about the others."""
    found = list(seconds)
    return median(found) if found else None
