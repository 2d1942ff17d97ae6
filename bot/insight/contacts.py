"""Whether customers came back, and how they sounded when they did. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.insight.cases import Case, Opening, Thumbs
from bot.insight.spread import Share
from bot.review.model import Feeling

WEEK = 7 * 86_400.0
FEELINGS = tuple(feeling.value for feeling in Feeling)
_RANK = {feeling: rank for rank, feeling in enumerate(FEELINGS)}


@dataclass(frozen=True, slots=True)
class Shift:
    """How customers sounded before a reply and when they wrote again in the same conversation within a week: how often
    each feeling was, and how many pairs there are that became better, worse, or neither."""

    before: dict[str, int]
    after: dict[str, int]
    better: int
    worse: int
    same: int

    @property
    def pairs(self) -> int:
        return self.better + self.worse + self.same


def repeats(cases: Sequence[Case], later: Sequence[Opening], now: float) -> Share:
    """Of the replies older than a week, those after which the same customer opened another review within a week."""
    openings: list[Case | Opening] = [*cases, *later]
    wrote = Counter(one.customer for one in openings)
    opened: defaultdict[str, list[float]] = defaultdict(list)
    for one in openings:
        if wrote[one.customer] > 1:
            opened[one.customer].append(one.opened_at)
    for moments in opened.values():
        moments.sort()
    part = whole = 0
    for case in cases:
        if case.replied_at is not None and case.replied_at + WEEK <= now:
            whole += 1
            part += _next(opened.get(case.customer, ()), case.replied_at) is not None
    return Share(part, whole)


def shift(cases: Sequence[Case], later: Sequence[Opening]) -> Shift:
    """How customers sounded before and after these replies."""
    openings: list[Case | Opening] = [*cases, *later]
    held = Counter(one.conversation for one in openings)
    heard: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for one in openings:
        if held[one.conversation] > 1:
            heard[one.conversation].append((one.opened_at, one.feeling))
    for moments in heard.values():
        moments.sort()
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    better = worse = same = 0
    for case in cases:
        told = heard.get(case.conversation)
        if told is None or case.replied_at is None or case.feeling not in _RANK:
            continue
        at = _next([opened_at for opened_at, _ in told], case.replied_at)
        feeling = "" if at is None else told[at][1]
        if feeling in _RANK:
            before[case.feeling] += 1
            after[feeling] += 1
            better += _RANK[feeling] > _RANK[case.feeling]
            worse += _RANK[feeling] < _RANK[case.feeling]
            same += feeling == case.feeling
    return Shift(dict(before), dict(after), better, worse, same)


def _next(moments: Sequence[float], replied_at: float) -> int | None:
    """Which of these moments, given in order, is the first within a week after a reply."""
    at = bisect_right(moments, replied_at)
    return at if at < len(moments) and moments[at] <= replied_at + WEEK else None


def satisfaction(thumbs: Thumbs) -> Share:
    """Of the customers' reactions to replies, the good ones."""
    return Share(thumbs.up, thumbs.up + thumbs.down)


def feelings(cases: Iterable[Case]) -> dict[str, int]:
    """How many customers sounded how, in the order from angry to happy."""
    told = Counter(case.feeling for case in cases)
    return {feeling: told[feeling] for feeling in FEELINGS}
