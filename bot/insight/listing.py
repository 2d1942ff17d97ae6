"""Reviews one after the other, as programs read them: by their outlines, the newest first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BindParameter, Select, bindparam, select

from bot.insight.outlines import Outline
from bot.store.conversations import clean
from bot.store.engine import Connection
from bot.store.tables import outlines

_DESKS: BindParameter[str] = bindparam("desks", expanding=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reviews; an empty part lets everything through.

    `since` and `until` are when they were opened (unix seconds), the second excluded. `before` is the id of the review
    after which the page begins: ids grow with time, so a page stays what it was.
    """

    desks: tuple[str, ...]
    outcome: str = ""
    template: str = ""
    model: str = ""
    since: float | None = None
    until: float | None = None
    before: str = ""
    limit: int = 50


def listed(conn: Connection, wanted: Wanted) -> list[Outline]:
    """At most `limit` outlines, newest first."""
    if not wanted.desks:
        return []
    found = conn.execute(_narrowed(wanted).limit(wanted.limit), {"desks": sorted(wanted.desks)})
    return [Outline(**row) for row in found.mappings()]


def _narrowed(wanted: Wanted) -> Select[tuple[object, ...]]:
    question = select(outlines).where(outlines.c.desk.in_(_DESKS))
    for name in ("outcome", "template", "model"):
        if value := getattr(wanted, name):
            question = question.where(outlines.c[name] == clean(value))
    if wanted.since is not None:
        question = question.where(outlines.c.opened_at >= wanted.since)
    if wanted.until is not None:
        question = question.where(outlines.c.opened_at < wanted.until)
    if wanted.before:
        question = question.where(outlines.c.review < clean(wanted.before))
    return question.order_by(outlines.c.review.desc())
