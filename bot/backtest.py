"""Trying a changed template out on what the team itself decided, and asking the desks before a version is put into use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from bot import versions
from bot.channels import wording
from bot.drafting import conversation as hearing
from bot.drafting import offline
from bot.drafting.drafter import Case, Drafter
from bot.drafting.model import AS_SET, Answered, Fault, Manner, Messages, NoAnswer, S
from bot.drafting.prompts import Template
from bot.insight.replays import Limit, Measured, Outcome, Replay, Sum, further, measure, more_faults, summed
from bot.phrases import say
from bot.review.model import Draft, Review, State
from bot.setting import Desk
from bot.store import backtests, conversations, reviews, templates
from bot.store.backtests import Plan, Result, Run
from bot.store.engine import Connection, Engine
from bot.store.templates import Version
from bot.store.texts import CHANGED, ERASED
from bot.versions import Unwanted

# So many reviews are drafted for at once; more would only meet the provider's rate limit.
_AT_ONCE = 4
# After so many reviews without an answer the model is taken to be down; the rest can wait for another day.
_MOST_FAILURES = 3
_SKIPPED: Result = {"skipped": "gone"}
_REPLAYS = TypeAdapter(Replay)


class Gone(LookupError):
    """What was written in this review has been erased, or was changed after the decision."""


@dataclass
class Budget:
    """How many drafts may still be asked for, and how much they may cost, in the settings' currency; None for no end.

    What drafts cost is known when they are there, so those under way at the end may exceed the money.
    """

    calls: int | None = None
    money: float | None = None
    spent: float = 0.0

    def allows(self, calls: int) -> bool:
        """Take so many calls, if there are that many left."""
        if (self.calls is not None and self.calls < calls) or (self.money is not None and self.spent >= self.money):
            return False
        if self.calls is not None:
            self.calls -= calls
        return True


@dataclass(frozen=True, slots=True)
class Tested:
    """A review as it was decided: what was asked, the draft that was shown, and the words that were sent, if any."""

    review: str
    outcome: Outcome
    case: Case
    shown: Draft | None
    sent: str | None


@dataclass
class Report:
    """How far a backtest has come. `failed` counts reviews for which the model gave no answer this time."""

    run: Run
    replays: list[Replay] = field(default_factory=list)
    gone: int = 0
    failed: int = 0

    @property
    def left(self) -> int:
        """The reviews that have not had their turn."""
        return len(self.run.reviews) - len(self.replays) - self.gone


@dataclass(frozen=True, slots=True)
class Laboratory:
    """What a backtest works with. `desks` are those that use the template; `limits` are the longest replies by channel, in
    characters."""

    engine: Engine
    drafter: Drafter
    desks: Mapping[str, Desk]
    limits: Mapping[str, int]
    clock: Callable[[], float]


class Listener:
    """Stands in for the model: it hears what would be asked, and answers nothing."""

    name = "nobody"

    def __init__(self) -> None:
        self.heard: list[Messages] = []

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        """See `Model.answer`."""
        self.heard.append(messages)
        raise NoAnswer("nobody was asked")

    def back(self) -> int:
        """See `Model.back`."""
        return 0

    async def close(self) -> None:
        """See `Model.close`."""


# --- which reviews


def case_of(conn: Connection, laboratory: Laboratory, review: Review, template: Template) -> Case:
    """What the drafter was asked at this review, as far as it still can be told, with this template. Raises `Gone`."""
    desk = laboratory.desks[review.desk]
    conversation = conversations.get(conn, review.conversation)
    told = conversations.as_it_reads(conn, conversation.id)[conversation.id]
    # The reply itself, and whatever was written afterwards, came later.
    thread = tuple(message for message in told if message.number <= review.covers)
    asked = hearing.listen(thread, review.covers).asked
    if not asked or any(message.text == ERASED for message in thread):
        raise Gone
    limit = laboratory.limits.get(conversation.thread.place.channel, max(laboratory.limits.values()))
    case = desk.case(review, conversation.customer, thread, template, limit, wording.date(asked[-1].at))
    # Nobody reads along in a backtest, so nothing is translated.
    return replace(case, reads=())


def _tested(conn: Connection, laboratory: Laboratory, name: str, template: Template) -> Tested:
    """Raises `Gone`."""
    review = reviews.get(conn, name)
    if review is None:
        raise Gone
    sent = None
    outcome = Outcome.REJECTED
    if review.state is not State.REJECTED:
        outcome = Outcome.EDITED if review.edited else Outcome.APPROVED
        sent = reviews.release_of(conn, review)[0].words
        if sent in (ERASED, CHANGED):
            raise Gone
    shown = review.draft if review.draft and review.draft.reply != ERASED else None
    return Tested(name, outcome, case_of(conn, laboratory, review, template), shown, sent)


# --- running


def begin(conn: Connection, laboratory: Laboratory, plan: Plan) -> Run:
    """The backtest of this plan that was interrupted, or a new one. Raises `Unwanted` when nothing was decided yet."""
    run = backtests.interrupted(conn, plan)
    if run is None:
        chosen = backtests.decided(conn, tuple(laboratory.desks), plan.wanted)
        if not chosen:
            raise Unwanted(say("backtest.nothing_decided", template=plan.template))
        run = backtests.start(conn, plan, chosen, laboratory.clock())
    return run


async def go_on(laboratory: Laboratory, run: Run, budget: Budget, tell: Callable[[Report], None]) -> Report:
    """Try the reviews that have not had their turn, until the budget is used up. `tell` hears of each."""
    engine, plan = laboratory.engine, run.plan
    new, old = await engine.read(lambda conn: tuple(_template(conn, plan, one) for one in (plan.version, plan.against)))
    report = await engine.read(lambda conn: report_of(conn, run))
    done = await engine.read(lambda conn: backtests.results(conn, run))
    waiting = iter([name for name in run.reviews if name not in done])

    async def work() -> None:
        for name in waiting:
            if report.failed >= _MOST_FAILURES or not await _try(laboratory, report, name, (old, new), budget):
                return
            tell(report)

    tell(report)
    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())
    if not report.left:
        await engine.write(lambda conn: backtests.finish(conn, run, laboratory.clock()))
    return report


async def _try(
    laboratory: Laboratory, report: Report, name: str, pair: tuple[Template, Template], budget: Budget
) -> bool:
    """Try one review; False when the budget does not allow it."""
    old, new = pair
    try:
        tested = await laboratory.engine.read(lambda conn: _tested(conn, laboratory, name, new))
    except Gone:
        report.gone += 1
        await laboratory.engine.write(lambda conn: backtests.keep(conn, report.run, name, _SKIPPED))
        return True
    stored = tested.shown if tested.shown and tested.shown.template == str(old) and _by_model(tested.shown) else None
    if not budget.allows(1 if stored else 2):
        return False
    drafts = [stored] if stored else [await laboratory.drafter.draft(replace(tested.case, template=old))]
    drafts.append(await laboratory.drafter.draft(tested.case))
    budget.spent += sum(draft.usage.price for draft in drafts if draft is not stored)
    if not all(_by_model(draft) for draft in drafts):
        report.failed += 1
        return True
    measured: list[Measured] = [measure(draft, tested.sent) for draft in drafts]
    replay = Replay(name, tested.outcome, *measured)
    report.replays.append(replay)
    kept = _REPLAYS.dump_python(replay, mode="json")
    await laboratory.engine.write(lambda conn: backtests.keep(conn, report.run, name, kept))
    return True


def _by_model(draft: Draft) -> bool:
    """Without a model the template plays no part."""
    return draft.model not in (offline.NAME, "")


def _template(conn: Connection, plan: Plan, version: int) -> Template:
    return versions.parsed(templates.get(conn, plan.template, version))


def report_of(conn: Connection, run: Run) -> Report:
    """What is on record of a backtest."""
    report = Report(run)
    for result in backtests.results(conn, run).values():
        if "skipped" in result:
            report.gone += 1
        else:
            report.replays.append(_REPLAYS.validate_python(result))
    return report


# --- the gate


def activate(
    conn: Connection,
    version: Version,
    limits: Mapping[str, Limit],
    person: str,
    note: str,
    at: float,
    override: str = "",
) -> list[str]:
    """Put a version into use, unless it does worse than a desk puts up with and nobody says why it should be all the same.

    `limits` are those of the desks that use the template, by the desk's name. Returns what was overridden, in sentences;
    the reason goes on record. Raises `Unwanted`.
    """
    found = list(objections(conn, version, limits))
    if found and not override.strip():
        raise Unwanted(" ".join([*found, say("backtest.override")]))
    reason = override if found else ""
    versions.activate(conn, version, person, note, at, reason)
    return found


def objections(conn: Connection, version: Version, limits: Mapping[str, Limit]) -> Iterator[str]:
    """Why the desks would not have a version put into use, in sentences."""
    against = templates.active(conn, version.name)
    if against is None or against == version.version:
        return
    run = backtests.finished(conn, version.name, version.version, against)
    if run is None:
        for desk, limit in limits.items():
            if limit.required:
                yield say("backtest.required", desk=desk, template=version, against=against)
        return
    total = summed(report_of(conn, run).replays)
    for desk, limit in limits.items():
        yield from _worse(desk, limit, total)


def _worse(desk: str, limit: Limit, total: Sum) -> Iterator[str]:
    if limit.required and not total.cases:
        yield say("backtest.empty", desk=desk)
    if (by := further(total)) > limit.worse_by:
        yield say("backtest.further", desk=desk, by=f"{by:.2f}", limit=f"{limit.worse_by:.2f}")
    if (more := more_faults(total)) > limit.more_faults:
        yield say("backtest.more_faults", desk=desk, more=more, limit=limit.more_faults)
