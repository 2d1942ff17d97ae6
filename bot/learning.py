"""Looking at what people corrected lately: what they repeat becomes a proposal, and nothing else changes."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from bot.channels import wording
from bot.channels.base import Message, Speaker
from bot.drafting import opinion
from bot.drafting.language import likely
from bot.drafting.model import Model, NoAnswer, Price
from bot.drafting.privacy import ALL, Mask
from bot.insight import lessons
from bot.insight.edits import Change, Kind, changes, kinds_of
from bot.review.model import Draft, Usage
from bot.setting import Desk
from bot.store import conversations, costs, proposals, reviews
from bot.store.engine import Connection, Engine
from bot.store.proposals import ENOUGH, Form, Lesson, Pairs
from bot.store.texts import CHANGED, ERASED

# Edits older than this (seconds) say little of how drafts are now.
_WINDOW = 60 * 86_400.0
_MOST_EDITS = 500
_MOST_EVIDENCE = 20
_MOST_MATTER = 80
_LOOKED_UP = "lookup:"
_LANGUAGE = re.compile("[a-z]{2}")

_Edits = Mapping[str, Pairs]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A draft that a person changed before it was sent. Nobody is named in `matter` and `changes`."""

    review: str
    matter: str
    language: str
    changes: tuple[Change, ...]


@dataclass
class Adviser:
    """Who is asked where the rules are not sure, at what price by the model's name, and how often still."""

    model: Model
    prices: Mapping[str, Price]
    calls: int


async def learn(engine: Engine, desk: Desk, clock: Callable[[], float], adviser: Adviser | None = None) -> list[int]:
    """Look at what was edited lately at a desk; the numbers of the proposals that come of it."""
    if adviser:
        await _advised(engine, desk, clock, adviser)
    groups = await engine.read(lambda conn: _groups(conn, desk, clock()))
    made = []
    for lesson, edits in groups.items():
        made.append(await engine.write(partial(_propose, lesson=lesson, edits=edits, now=clock())))
    return [number for number in made if number is not None]


def _groups(conn: Connection, desk: Desk, now: float) -> dict[Lesson, dict[str, Pairs]]:
    """What was corrected, by what it teaches; in each the newest edit first."""
    found = list(_corrected(conn, desk, now))
    verdicts = proposals.judged(conn, [one.review for one in found])
    groups: defaultdict[Lesson, dict[str, Pairs]] = defaultdict(dict)
    for one in found:
        settled = _settled(one.changes, verdicts.get(one.review))
        for kind in kinds_of(settled):
            pairs = [(change.before, change.after) for change in settled if change.kind is kind]
            groups[Lesson(desk.id, one.matter, kind.value, one.language)][one.review] = pairs
    return {lesson: edits for lesson, edits in groups.items() if len(edits) >= ENOUGH}


def _propose(conn: Connection, lesson: Lesson, edits: _Edits, now: float) -> int | None:
    """Propose what comes of these edits, as far as they are neither erased by now nor decided on before."""
    proposals.hold(conn, edits.keys())
    there = reviews.releases_of(conn, *edits)
    used = proposals.used(conn, lesson)
    left = [name for name in edits if name in there and there[name].words != ERASED and name not in used]
    if len(left) < ENOUGH:
        return None
    found = {name: edits[name] for name in left[:_MOST_EVIDENCE]}
    form = _form(Kind(lesson.kind), found)
    if form is Form.ARTICLE and not lessons.article(lesson.matter, lesson.language, found.values(), public=False):
        return None
    return proposals.propose(conn, lesson, form, found, now)


def _form(kind: Kind, edits: _Edits) -> Form:
    if kind in (Kind.FACT, Kind.OMISSION):
        return Form.ARTICLE
    if kind is Kind.POLICY or (kind is Kind.TONE and lessons.is_repeated(edits.values(), ENOUGH)):
        return Form.TEMPLATE
    return Form.EXAMPLE


def _settled(found: tuple[Change, ...], verdict: str | None) -> tuple[Change, ...]:
    """The changes, with what a model said of those that the rules are not sure of, if it was asked."""
    if verdict is None:
        return found
    if verdict == opinion.NONE:
        return tuple(change for change in found if change.kind)
    return tuple(change if change.kind else replace(change, kind=Kind(verdict)) for change in found)


# --- what was corrected


def _corrected(conn: Connection, desk: Desk, now: float) -> Iterator[Corrected]:
    """The desk's last edits, the newest first, as far as they are not erased."""
    ids = proposals.edited(conn, desk.id, now - _WINDOW, _MOST_EDITS)
    decided = {review.id: review for review in reviews.of_ids(conn, *ids)}
    released = reviews.releases_of(conn, *ids)
    threads = conversations.as_it_reads(conn, *{review.conversation for review in decided.values()})
    owners = conversations.of_ids(conn, *threads)
    for name in ids:
        thread, draft, sent = decided[name].conversation, decided[name].draft, released[name].words
        if draft is None or not draft.reply.strip() or {draft.reply, sent} & {ERASED, CHANGED}:
            continue
        mask = mask_of(owners[thread].customer.name, threads[thread], desk)
        matter = lessons.nobodys(_matter(draft), mask, "en")[:_MOST_MATTER]
        language = _language(draft, sent, desk)
        found = [_nobodys(change, mask, language) for change in changes(draft.reply, sent, draft.language)]
        if matter and found:
            yield Corrected(name, matter, language, tuple(found))


def mask_of(customer: str, thread: Iterable[Message], desk: Desk) -> Mask:
    """Knows what is personal in a conversation, whatever the desk lets its model see."""
    told = [message for message in thread if message.speaker is Speaker.CUSTOMER]
    mask = Mask(ALL, dict.fromkeys((customer, *(message.by.name for message in told))), desk.languages)
    for message in told:
        mask.hide(message.text)  # somebody may say there what their name is
    return mask


def _matter(draft: Draft) -> str:
    """What a draft is about: the first article it leans on, without the section; else what the customer wants."""
    articles = (source.ref for source in draft.sources if not source.ref.startswith(_LOOKED_UP))
    return next(articles, "").partition("#")[0] or " ".join(draft.intent.casefold().split())


def _language(draft: Draft, sent: str, desk: Desk) -> str:
    known = likely(sent)
    code = known[0] if known and draft.language not in known else draft.language
    return code if _LANGUAGE.fullmatch(code) else desk.languages[0]


def _nobodys(change: Change, mask: Mask, language: str) -> Change:
    before, after = (lessons.nobodys(text, mask, language) for text in (change.before, change.after))
    return Change(change.kind, before, after)


# --- a second opinion


async def _advised(engine: Engine, desk: Desk, clock: Callable[[], float], adviser: Adviser) -> None:
    """Ask about the edits that the rules are not sure of, each once, until the money or the calls are used up."""
    month = wording.month(clock())
    for one in await engine.read(lambda conn: _unsure(conn, desk, clock())):
        spent = await engine.read(lambda conn: costs.spent(conn, [desk.id], month))
        if adviser.calls <= 0 or (desk.budget is not None and spent.get(desk.id, 0.0) >= desk.budget):
            return
        adviser.calls -= 1
        if not await _asked(engine, desk, month, adviser, one):
            return


def _unsure(conn: Connection, desk: Desk, now: float) -> list[Corrected]:
    found = [one for one in _corrected(conn, desk, now) if any(change.kind is None for change in one.changes)]
    known = proposals.judged(conn, [one.review for one in found])
    return [one for one in found if one.review not in known]


async def _asked(engine: Engine, desk: Desk, month: str, adviser: Adviser, one: Corrected) -> bool:
    """Ask about one edit, and keep what was said and what it cost. False when the model would not answer others either."""
    pairs = [change for change in one.changes if change.kind is None]
    before, after = ("\n".join(getattr(change, side) for change in pairs) for side in ("before", "after"))
    time = asyncio.get_running_loop().time
    began, by, verdict, goes_on = time(), adviser.model.name, None, True
    try:
        answered = await opinion.ask(adviser.model, before, after)
        by, tokens, verdict = answered.by, answered.tokens, answered.answer.kind
    except NoAnswer as none:
        tokens, goes_on = none.tokens, not none.down
    price = adviser.prices.get(by, Price()).of(tokens)
    usage = Usage(by, tokens.sent, tokens.received, price, round(time() - began, 3))

    def keep(conn: Connection) -> None:
        if usage.tokens_in:
            costs.add(conn, desk.id, month, usage)
        if verdict is not None:
            proposals.judge(conn, one.review, verdict)

    await engine.write(keep)
    return goes_on
