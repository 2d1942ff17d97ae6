"""The open reviews that somebody asks for: which of them, in what order, and how many there are of each kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, false, func, or_, select

from bot.review.model import Feeling, Review, State
from bot.store.conversations import clean
from bot.store.queues import held_by
from bot.store.reviews import of_ids
from bot.store.statements import few_lengths
from bot.store.tables import outlines, reviews

# At a desk that promises nothing a reply falls due after all others (seconds).
_NEVER = 1e9
# Out of a person's hands, so nothing that could be late any more.
_LEAVING = (State.RELEASED.value, State.SENDING.value)


class Order(StrEnum):
    """Which comes first."""

    DUE = "due"
    OLDEST = "oldest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which open reviews to look for; an empty part lets everything through.

    `promises` says within how many seconds the desks reply, those that say so. `holder` is who is on it, as
    `channel:person`; `longer` for how long it has been open at least (seconds). What is snoozed is shown only when asked
    for. `now` in unix seconds. `after` is the review after which the page begins.
    """

    desks: tuple[str, ...]
    promises: Mapping[str, float] = field(default_factory=dict, hash=False)
    angry: bool = False
    risky: bool = False
    overdue: bool = False
    escalated: bool = False
    snoozed: bool = False
    holder: str = ""
    language: str = ""
    longer: float = 0.0
    now: float = 0.0
    order: Order = Order.DUE
    after: str = ""
    limit: int = 25

    def place(self, desk: str, opened_at: float) -> float:
        """Where a review stands in this order: smaller first."""
        if self.order is Order.DUE:
            return opened_at + self.promises.get(desk, _NEVER)
        return opened_at if self.order is Order.OLDEST else -opened_at


@dataclass(frozen=True, slots=True)
class Kind:
    """How many reviews of one desk in one language are open, and of what kind they are. Snoozed ones count apart."""

    desk: str
    language: str
    count: int
    angry: int
    risky: int
    overdue: int
    escalated: int
    snoozed: int


# The outlines lag a few seconds behind, so a review without one is open all the same. Nothing below may demand one by
# itself: SQLite would turn the join around and go through the outlines of all reviews that ever were.
_outlined = and_(outlines.c.review == reviews.c.id)
_language = func.coalesce(outlines.c.language, "")
_feeling = case((reviews.c.judged != "", reviews.c.judged), else_=func.coalesce(outlines.c.feeling, ""))
_angry = _feeling == Feeling.ANGRY.value
_risky = func.length(func.coalesce(outlines.c.risks, "")) > 1
_snoozed = reviews.c.state == State.SNOOZED.value
_PLACED = select(reviews.c.desk, reviews.c.opened_at)
_OPENED = select(reviews.c.id, reviews.c.opened_at).where(reviews.c.id.in_(bindparam("ids", expanding=True)))


def page(conn: Connection, wanted: Wanted) -> tuple[list[str], bool]:
    """The ids of a page of them, and whether there are more. It stays what it was while others come and go."""
    place = _place(wanted)
    asked = select(reviews.c.id).outerjoin(outlines, _outlined).where(*_narrowed(wanted))
    if wanted.after:
        last = conn.execute(_PLACED.where(reviews.c.id == clean(wanted.after))).one_or_none()
        if last is None:
            return [], False
        at = wanted.place(last.desk, last.opened_at)
        asked = asked.where(or_(place > at, and_(place == at, reviews.c.id > clean(wanted.after))))
    ids: list[str] = list(conn.execute(asked.order_by(place, reviews.c.id).limit(wanted.limit + 1)).scalars())
    return ids[: wanted.limit], len(ids) > wanted.limit


def placed(conn: Connection, wanted: Wanted, ids: Collection[str]) -> list[tuple[float, Review]]:
    """The reviews with these ids at the desks that are asked for, whatever became of them, each with its place, in
    order."""
    opened = {row.id: row.opened_at for row in conn.execute(_OPENED, {"ids": few_lengths(list(ids))})} if ids else {}
    found = [
        (wanted.place(review.desk, opened[review.id]), review)
        for review in of_ids(conn, *ids)
        if review.desk in wanted.desks
    ]
    return sorted(found, key=lambda one: (one[0], one[1].id))


def kinds(conn: Connection, wanted: Wanted) -> list[Kind]:
    """How many are open at these desks, of all or of those one person is on, whatever else is asked for."""
    awake = case((_snoozed, 0), else_=1)
    asked: Select[Any] = (
        select(
            reviews.c.desk,
            _language,
            func.sum(awake),
            *(
                func.sum(case((kind, awake), else_=0))
                for kind in (_angry, _risky, _overdue(wanted), reviews.c.escalated)
            ),
            func.sum(1 - awake),
        )
        .select_from(reviews)
        .outerjoin(outlines, _outlined)
        .where(_open(wanted), *_held(wanted))
        .group_by(reviews.c.desk, _language)
    )
    return [Kind(row[0], row[1], *map(int, row[2:])) for row in conn.execute(asked)]


def desk_of(conn: Connection, review: str) -> str | None:
    """Whose a review is; None when there is none of that id."""
    found = conn.execute(_PLACED.where(reviews.c.id == clean(review))).one_or_none()
    return None if found is None else str(found.desk)


def _open(wanted: Wanted) -> ColumnElement[bool]:
    return and_(reviews.c.closed_at.is_(None), reviews.c.desk.in_(wanted.desks))


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = [_open(wanted), _snoozed if wanted.snoozed else ~_snoozed]
    if wanted.angry:
        parts.append(_angry)
    if wanted.risky:
        parts.append(_risky)
    if wanted.overdue:
        parts.append(_overdue(wanted))
    if wanted.escalated:
        parts.append(reviews.c.escalated)
    parts += _held(wanted)
    if wanted.language:
        parts.append(_language == clean(wanted.language))
    if wanted.longer:
        parts.append(reviews.c.opened_at <= wanted.now - wanted.longer)
    return parts


def _held(wanted: Wanted) -> list[ColumnElement[bool]]:
    return [held_by(clean(wanted.holder))] if wanted.holder else []


def _overdue(wanted: Wanted) -> ColumnElement[bool]:
    late = [
        and_(reviews.c.desk == desk, reviews.c.opened_at <= wanted.now - within)
        for desk, within in wanted.promises.items()
    ]
    return and_(reviews.c.state.not_in(_LEAVING), or_(false(), *late))


def _place(wanted: Wanted) -> ColumnElement[float]:
    if wanted.order is Order.NEWEST:
        return -reviews.c.opened_at
    if wanted.order is Order.OLDEST or not wanted.promises:
        return reviews.c.opened_at + (_NEVER if wanted.order is Order.DUE else 0.0)
    return reviews.c.opened_at + case(
        *((reviews.c.desk == desk, s) for desk, s in wanted.promises.items()), else_=_NEVER
    )
