"""Searches of the audit. They read and never write; whatever is asked, no more than a few thousand lines are looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, exists, func, or_, select, union_all

from bot.review.model import CUSTOMER, SYSTEM
from bot.store import words
from bot.store.audit import Entry, entry_of, name_of
from bot.store.conversations import clean
from bot.store.tables import audit, outlines, releases, texts
from bot.store.tables import conversations as threads
from bot.store.tables import reviews as standing
from bot.store.texts import read

# How far the clocks of those who write lines may be apart (seconds): lines are in the order of their numbers, and their
# times are in that order but for this.
_APART = 86_400.0
# Reviews that are looked through at once.
_FIRST, _MOST = 200, 3_200
# What is fewer than this is looked up one by one: somebody's steps, the reviews with a word, the threads of a name.
_FEW = 2_000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to look for; an empty part lets everything through.

    `conversation` is its id, its thread's reference or a part of the customer's name; `actor` a `channel:person`;
    `steps` the names of actions. `since` and `until` are unix seconds, the second excluded. `template`, `model`, `risk`,
    `language`, `intent` and `outcome` are as in a review's outline, `words` the beginnings of words that were written to
    or by the customer. `desks` are those that may be seen, None for all. `before` is the number of the audit line after
    which the page begins: lines are only ever added, so a page stays what it was.
    """

    conversation: str = ""
    actor: str = ""
    steps: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    template: str = ""
    model: str = ""
    risk: str = ""
    language: str = ""
    intent: str = ""
    outcome: str = ""
    words: str = ""
    desks: tuple[str, ...] | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A line of the audit, with whose conversation it belongs to, and the words it released if it did."""

    entry: Entry
    conversation: str
    customer: str
    released: str | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Lines, the newest first. `older` is the `before` of the next page, None on the last."""

    found: tuple[Found, ...]
    older: int | None


_kept, _said = texts.alias("kept"), texts.alias("said")
LINES = (
    select(
        audit,
        _kept.c.salt,
        _kept.c.body,
        releases.c.text.label("released"),
        _said.c.body.label("said"),
        standing.c.conversation,
        threads.c.customer_name,
    )
    .join(standing, standing.c.id == audit.c.review)
    .join(threads, threads.c.id == standing.c.conversation)
    .join(_kept, _kept.c.id == audit.c.text, isouter=True)
    .join(
        releases,
        and_(releases.c.review == audit.c.review, releases.c.version == audit.c.version),
        isouter=True,
    )
    .join(_said, _said.c.id == releases.c.text, isouter=True)
)


def found(row: Row[Any]) -> Found:
    """A row of `LINES`."""
    released = None if row.released is None else read(row.released, row.said)
    return Found(entry_of(row), row.conversation, row.customer_name, released)


def audit_page(conn: Connection, wanted: AuditFilter) -> AuditPage:
    """A page of the audit. Of reviews themselves it knows what their outlines say, which may be seconds behind."""
    numbers = _numbers(conn, wanted)
    shown = numbers[: wanted.limit]
    lines = LINES.where(audit.c.number.in_(shown)).order_by(audit.c.number.desc())
    if wanted.desks is not None:
        # Whatever the outlines say, which may not know a review yet.
        lines = lines.where(standing.c.desk.in_(wanted.desks))
    rows = conn.execute(lines).all() if shown else []
    return AuditPage(tuple(map(found, rows)), shown[-1] if len(numbers) > wanted.limit else None)


def conditions(conn: Connection, wanted: AuditFilter) -> list[ColumnElement[bool]] | None:
    """What a line has to be like, however many there are; None where none can be."""
    about = _about(conn, wanted)
    if about is None:
        return None
    return [*_line(wanted, _top(conn, wanted)), *_step(wanted), *_within(conn, wanted, about)]


def _within(conn: Connection, wanted: AuditFilter, about: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Of which reviews the lines have to be. Where nothing is asked of their outlines, there may be reviews of another
    desk that have none yet."""
    if about:
        return [audit.c.review.in_(select(outlines.c.review).where(*about))]
    if wanted.desks is None:
        return []
    others = select(standing.c.id).where(standing.c.desk.not_in(wanted.desks)).limit(1)
    if conn.execute(others).first() is None:
        return []
    return [audit.c.review.in_(select(standing.c.id).where(standing.c.desk.in_(wanted.desks)))]


def _numbers(conn: Connection, wanted: AuditFilter) -> list[int]:
    """The numbers of the lines of a page, the newest first, and of one more if there is one."""
    about = _about(conn, wanted)
    if about is None:
        return []
    if not about:
        return _of_all(conn, wanted)
    if (wanted.actor or wanted.steps) and not _often(conn, wanted):
        return _of_steps(conn, wanted, about)
    return _of_reviews(conn, wanted, about)


def _about(conn: Connection, wanted: AuditFilter) -> list[ColumnElement[bool]] | None:
    """What the outlines of the reviews have to be like; None where none can be."""
    if wanted.desks == ():
        return None
    fields = {name: getattr(wanted, name) for name in ("template", "model", "language", "intent", "outcome")}
    asked: list[ColumnElement[bool]] = [outlines.c[name] == clean(value) for name, value in fields.items() if value]
    if wanted.risk:
        asked.append(outlines.c.risks.like(f"%|{_literally(clean(wanted.risk))}|%", escape="\\"))
    if wanted.conversation:
        named = _named(clean(wanted.conversation))
        few = _few(conn, named)
        within = exists(named.where(threads.c.id == outlines.c.conversation))
        asked.append(within if few is None else outlines.c.conversation.in_(few))
    if wanted.words.strip():
        having = words.found(conn.dialect.name, wanted.words)
        if having is None:
            return None
        few = _few(conn, having)
        asked.append(words.among(conn, wanted.words, outlines.c.review) if few is None else outlines.c.review.in_(few))
    if wanted.desks is not None and not set(desks(conn)) <= set(wanted.desks):
        asked.append(outlines.c.desk.in_(wanted.desks))
    return asked


def _few(conn: Connection, ids: Select[Any]) -> list[str] | None:
    """The ids themselves, None where there are many: no database can tell beforehand how many have a word or a name."""
    found = list(conn.execute(ids.limit(_FEW + 1)).scalars())
    return found if len(found) <= _FEW else None


def _named(name: str) -> Select[Any]:
    part = f"%{_literally(name)}%"
    return select(threads.c.id).where(
        or_(
            threads.c.id == name,
            threads.c.root == name,
            func.lower(threads.c.customer_name).like(part.lower(), escape="\\"),
        )
    )


def _of_all(conn: Connection, wanted: AuditFilter) -> list[int]:
    """Where it does not matter which review it is: every step in its own index, which has the newest at its end."""
    newest = select(audit.c.number).where(*_line(wanted, _top(conn, wanted)))
    newest = newest.order_by(audit.c.number.desc()).limit(wanted.limit + 1)
    ways = [newest.where(audit.c.action == step) for step in wanted.steps] or [newest]
    parts = [way.subquery() for way in ways]
    merged = union_all(*(select(part.c.number) for part in parts)).subquery()
    return list(
        conn.execute(select(merged.c.number).order_by(merged.c.number.desc()).limit(wanted.limit + 1)).scalars()
    )


def _of_steps(conn: Connection, wanted: AuditFilter, about: Sequence[ColumnElement[bool]]) -> list[int]:
    """Where the step is rare, or whoever took it did so rarely: those steps, whichever reviews they are of."""
    lines = (
        select(audit.c.number)
        .join(outlines, outlines.c.review == audit.c.review)
        .where(*_line(wanted, _top(conn, wanted)), *_step(wanted), *about)
    )
    return list(conn.execute(lines.order_by((audit.c.number + 0).desc()).limit(wanted.limit + 1)).scalars())


def _of_reviews(conn: Connection, wanted: AuditFilter, about: Sequence[ColumnElement[bool]]) -> list[int]:
    """The reviews by their last lines, a portion at a time, until no later one can have a line that belongs here."""
    top = _top(conn, wanted)
    reviews = select(outlines.c.review, outlines.c.last).where(*about).order_by(outlines.c.last.desc())
    if top is not None:
        reviews = reviews.where(outlines.c.first < top)
    if wanted.since is not None:
        reviews = reviews.where(outlines.c.last >= _first_since(conn, wanted.since))
    numbers: list[int] = []
    portion, below = _FIRST, None
    while True:
        some = reviews if below is None else reviews.where(outlines.c.last < below)
        rows = conn.execute(some.limit(portion)).all()
        lines = select(audit.c.number).where(
            audit.c.review.in_([row.review for row in rows]), *_line(wanted, top), *_step(wanted)
        )
        # By a sum, so that no database goes through the whole audit from its end for the sake of the order.
        newest = lines.order_by((audit.c.number + 0).desc()).limit(wanted.limit + 1)
        found = conn.execute(newest).scalars() if rows else ()
        numbers = sorted({*numbers, *found}, reverse=True)[: wanted.limit + 1]
        if len(rows) < portion:
            return numbers
        below = rows[-1].last
        if len(numbers) > wanted.limit and numbers[-1] > below:
            return numbers
        portion = min(4 * portion, _MOST)


def _line(wanted: AuditFilter, top: int | None) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if wanted.actor:
        asked.append(audit.c.actor == clean(wanted.actor))
    if wanted.since is not None:
        asked.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        asked.append(audit.c.at < wanted.until)
    if top is not None:
        asked.append(audit.c.number < top)
    return asked


def _step(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    return [audit.c.action.in_(wanted.steps)] if wanted.steps else []


def _top(conn: Connection, wanted: AuditFilter) -> int | None:
    """The number below which a page's lines are: the page's own, or that of the end of the time that is asked for."""
    tops = [wanted.before] if wanted.before is not None else []
    if wanted.until is not None:
        later = select(audit.c.number).where(audit.c.at >= wanted.until + _APART).order_by(audit.c.at).limit(1)
        number = conn.execute(later).scalar()
        tops += [] if number is None else [number]
    return min(tops, default=None)


def _first_since(conn: Connection, since: float) -> int:
    """A number below which no line is of that time or later."""
    earlier = select(audit.c.number).where(audit.c.at < since - _APART).order_by(audit.c.at.desc()).limit(1)
    return conn.execute(earlier).scalar() or 0


def _often(conn: Connection, wanted: AuditFilter) -> bool:
    """Whether there are many of these steps by these people, at whatever time."""
    by = [audit.c.actor == clean(wanted.actor)] if wanted.actor else []
    lines = select(audit.c.number).where(*by, *_step(wanted)).limit(_FEW).subquery()
    return int(conn.execute(select(func.count()).select_from(lines)).scalar_one()) >= _FEW


def _literally(text: str) -> str:
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return text


def desks(conn: Connection) -> list[str]:
    """The desks of which there are reviews, whether they are still in the settings or not."""
    return distinct(conn, outlines.c.desk)


def actors(conn: Connection) -> list[tuple[str, str]]:
    """Who has ever taken a step, as (id, the name they last had)."""
    named = ((actor, name_of(conn, actor)) for actor in distinct(conn, audit.c.actor))
    return [(actor, name) for actor, name in named if name is not None]


def distinct(conn: Connection, column: Any) -> list[str]:
    """The different values of a column that begins an index. Jumps from one to the next: DISTINCT would read all rows."""
    first = select(func.min(column).label("value")).cte("values", recursive=True)
    later = select(select(func.min(column)).where(column > first.c.value).scalar_subquery())
    every = first.union_all(later.where(first.c.value.is_not(None)))
    return [value for value in conn.execute(select(every.c.value)).scalars() if value is not None]


@dataclass(frozen=True, slots=True)
class Choices:
    """What occurs in the outlines of some desks, the most frequent first."""

    templates: tuple[str, ...]
    models: tuple[str, ...]
    risks: tuple[str, ...]
    languages: tuple[str, ...]
    intents: tuple[str, ...]
    people: tuple[tuple[str, str], ...]


# More than this of a kind nobody reads through.
_OFFERED = 100
_KINDS = ("template", "model", "risks", "language", "intent", "reviewer")
_OCCURRING: Select[Any] = (
    select(*(outlines.c[name] for name in _KINDS), func.count().label("times"))
    .where(outlines.c.desk.in_(bindparam("desks", expanding=True)))
    .group_by(*(outlines.c[name] for name in _KINDS))
)


def choices(conn: Connection, theirs: Sequence[str]) -> Choices:
    """What a search at these desks can be narrowed down to. It reads every outline: ask rarely."""
    counted: dict[str, Counter[str]] = {name: Counter() for name in _KINDS}
    for row in conn.execute(_OCCURRING, {"desks": list(theirs)}):
        for name in _KINDS:
            value = getattr(row, name)
            for one in value.strip("|").split("|") if name == "risks" else [value]:
                counted[name][one] += row.times
    offered = {name: tuple(one for one, _ in found.most_common(_OFFERED) if one) for name, found in counted.items()}
    names = dict(actors(conn))
    # Whoever decided at one of these desks; what the program and the customers did is everywhere.
    own = {*offered["reviewer"], SYSTEM.id, CUSTOMER.id}
    people = tuple(
        sorted(((who, names[who]) for who in own & names.keys()), key=lambda one: (one[1].casefold(), one[0]))
    )
    return Choices(
        templates=offered["template"],
        models=offered["model"],
        risks=offered["risks"],
        languages=offered["language"],
        intents=offered["intent"],
        people=people,
    )
