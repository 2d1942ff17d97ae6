"""A period in figures, from its reviews: everything that a page or a picture shows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter

from bot.insight.acceptance import Acceptance, acceptance
from bot.insight.cases import Case, Opening, Thumbs, Waiting
from bot.insight.contacts import Shift, feelings, repeats, satisfaction, shift
from bot.insight.spread import Share, Spread
from bot.insight.times import Times, queue_age, times
from bot.insight.worth import Balance, Cost, Trial, balances, cost, trials

_DAY = 86_400.0
# Up to so many days a period is drawn day by day, then week by week, then month by month.
_DAILY, _WEEKLY = 31, 182
# By what a period is broken down, and what a case is filed under; risks are several.
DIMENSIONS = ("desk", "template", "model", "language", "intent", "risk", "reviewer")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, both included."""

    first: date
    last: date

    @property
    def since(self) -> float:
        """Unix seconds at which it begins."""
        return _start(self.first)

    @property
    def until(self) -> float:
        """Unix seconds at which it is over."""
        return _start(self.last) + _DAY

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def stretch(self, at: float) -> date:
        """The first day of the stretch in which this moment is drawn: its day, its week or its month."""
        day = datetime.fromtimestamp(at, UTC).date()
        if self.days <= _DAILY:
            return day
        return max(self.first, day - timedelta(day.weekday()) if self.days <= _WEEKLY else day.replace(day=1))

    def stretches(self) -> list[date]:
        """All of them, in order."""
        days = (self.first + timedelta(number) for number in range(self.days))
        return list(dict.fromkeys(self.stretch(_start(day)) for day in days))


def _start(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A day, week or month of the period."""

    first: date
    accepted: Acceptance
    times: Times
    feelings: dict[str, int]
    cost: Cost


@dataclass(frozen=True, slots=True)
class Group:
    """The reviews that have something in common."""

    name: str
    accepted: Acceptance
    times: Times
    cost: Cost


@dataclass(frozen=True, slots=True)
class Five:
    """The five figures that Klarna reports of its assistant, of this team."""

    volume: int  # reviews sent as drafted or edited
    drafted: Share  # of all replies, those drafted here and sent as they were
    helped: Share  # of all replies, those drafted here and sent, as they were or edited
    resolution: Spread  # from opening a review to the arrival of its reply
    repeats: Share
    satisfaction: Share


@dataclass(frozen=True, slots=True)
class Figures:
    """A period in figures."""

    five: Five
    accepted: Acceptance
    times: Times
    queue: Spread
    feelings: dict[str, int]
    shift: Shift
    thumbs: Thumbs
    cost: Cost
    stretches: tuple[Stretch, ...]
    balances: tuple[Balance, ...]
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """What the figures know of a desk: its name, what an hour of its reviewers costs in the settings' currency, and
    whether leads see the figures of single reviewers."""

    name: str
    hour_costs: float | None = None
    shows_individuals: bool = False


def figures(
    cases: Sequence[Case],
    later: Sequence[Opening],
    thumbs: Thumbs,
    waiting: Iterable[Waiting],
    teams: Mapping[str, Team],
    period: Period,
    now: float,
) -> Figures:
    """The figures of a period from its `cases`; `later` is what was opened after it, for as long as it may matter."""
    accepted, spent = acceptance(cases), times(cases)
    again, satisfied = repeats(cases, later, now), satisfaction(thumbs)
    return Figures(
        five=_five(accepted, spent, again, satisfied),
        accepted=accepted,
        times=spent,
        queue=queue_age(waiting, now),
        feelings=feelings(cases),
        shift=shift(cases, later),
        thumbs=thumbs,
        cost=cost(cases),
        stretches=_stretches(cases, period),
        balances=tuple(balances(cases, {desk: team.hour_costs for desk, team in teams.items()})),
        trials=tuple(trials(cases)),
    )


def _five(accepted: Acceptance, spent: Times, again: Share, satisfied: Share) -> Five:
    sent = accepted.as_is.part + accepted.edited.part + accepted.written.part
    replies = sent + accepted.by_hand.part
    return Five(
        volume=sent,
        drafted=Share(accepted.as_is.part, replies),
        helped=Share(accepted.as_is.part + accepted.edited.part, replies),
        resolution=spent.reply,
        repeats=again,
        satisfaction=satisfied,
    )


def groups(cases: Iterable[Case], by: str, teams: Mapping[str, Team]) -> tuple[Group, ...]:
    """The reviews by what they have in common, one of `DIMENSIONS`, the largest group first. One with several risks is in
    several. What single reviewers did is there only where their desk lets leads see it."""
    filed: defaultdict[str, list[Case]] = defaultdict(list)
    if by == "reviewer":
        for case in cases:
            if case.reviewer and teams[case.desk].shows_individuals:
                filed[case.reviewer].append(case)
    elif by == "risk":
        for case in cases:
            for risk in case.risks.strip("|").split("|"):
                filed[risk].append(case)
    else:
        named = attrgetter(by)
        for case in cases:
            filed[named(case)].append(case)
    ordered = sorted(filed.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Group(name, acceptance(found), times(found), cost(found)) for name, found in ordered)


def _stretches(cases: Sequence[Case], period: Period) -> tuple[Stretch, ...]:
    days: dict[int, date] = {}
    filed: defaultdict[date, list[Case]] = defaultdict(list)
    for case in cases:
        number = int(case.opened_at // _DAY)
        if number not in days:
            days[number] = period.stretch(case.opened_at)
        filed[days[number]].append(case)
    return tuple(
        Stretch(first, acceptance(filed[first]), times(filed[first]), feelings(filed[first]), cost(filed[first]))
        for first in period.stretches()
    )
