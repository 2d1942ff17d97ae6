"""The record of every step: written once, read back as the very actions it was made of, and replayed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic_core import from_json
from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select

from bot.review import actions
from bot.review.actions import Action, Change, Reason
from bot.review.model import Actor, Draft, Feeling, Line, Mood, Role, Sentiment, State
from bot.store.statements import few_lengths
from bot.store.tables import audit, texts
from bot.store.texts import ERASED, Kept, digest, to_text

_KINDS: dict[str, type[Action]] = {
    kind.__name__: kind
    for kind in vars(actions).values()
    if isinstance(kind, type) and issubclass(kind, Action) and not kind.__subclasses__()
}
_ENUMS: dict[str, type[StrEnum]] = {"change": Change, "reason": Reason, "feeling": Feeling}
# A long audit is read line by line, and calling an enum costs ten times as much as a look into a table.
_STATES, _ROLES = {state.value: state for state in State}, {role.value: role for role in Role}
_DRAFTS = TypeAdapter(Draft)
_INSERT = insert(audit)
# What an `Entry` is read from.
ENTRIES = select(audit, texts.c.salt, texts.c.body).join_from(audit, texts, texts.c.id == audit.c.text, isouter=True)
_OF_REVIEWS = ENTRIES.where(audit.c.review.in_(bindparam("ids", expanding=True))).order_by(
    audit.c.review, audit.c.version
)
_LAST = select(func.max(audit.c.number))
_NAME = select(audit.c.actor_name).where(audit.c.actor == bindparam("actor")).order_by(audit.c.number.desc()).limit(1)


class Entry(NamedTuple):
    """An audit line with where it stands. `text` is what was kept apart: None without one, `[erased]` afterwards.

    `intact` is False when the text is there but is not the one the line's digest was made from.
    """

    number: int
    line: Line
    text: str | None
    intact: bool


def write(conn: Connection, *lines: tuple[Line, Kept | None]) -> None:
    """Append lines, each with where its private words are, if it has any."""
    conn.execute(_INSERT, [_row(line, kept) for line, kept in lines])


def _row(line: Line, kept: Kept | None) -> dict[str, Any]:
    by = line.action.by
    return {
        "review": line.review,
        "version": line.version,
        "at": line.action.at,
        "actor": by.id,
        "actor_name": by.name,
        "role": by.role.value,
        "action": type(line.action).__name__,
        "before": line.before.value if line.before else "",
        "after": line.after.value,
        "details": json.dumps(_details(line.action), separators=(",", ":"), ensure_ascii=False),
        "text": kept.id if kept else None,
        "digest": kept.digest if kept else None,
    }


def private_words(action: Action) -> str | None:
    """What of an action is kept apart from the audit, as text; None when there is nothing to keep."""
    if action.private is None:
        return None
    value = getattr(action, action.private)
    return draft_to_text(value) if isinstance(value, Draft) else value or None


def entries(conn: Connection, *ids: str) -> dict[str, list[Entry]]:
    """The audit of these reviews, oldest first."""
    found: dict[str, list[Entry]] = {review: [] for review in ids}
    for row in conn.execute(_OF_REVIEWS, {"ids": few_lengths(ids)}) if ids else ():
        found[row.review].append(entry_of(row))
    return found


def entry_of(row: Sequence[Any]) -> Entry:
    """An entry from a row that begins with the columns of `ENTRIES`."""
    # By their places, because asking a row for a column by its name costs more than most of what is done with it.
    number, review, version, at, actor, name, role, kind, before, after, details, kept, mark, salt, body = row[:15]
    text, intact = None, True
    if kept is not None:
        intact = body is None or _recorded(mark, salt, body)
        text = ERASED if body is None else to_text(body) if intact else repr(body)
    # What was put in the place of a text need not even be readable as one.
    action = _action(kind, _actor(actor, name, role), at, details, text if intact else ERASED)
    line = Line(review, version, action, _STATES[before] if before else None, _STATES[after])
    return Entry(number, line, text, intact)


def _recorded(mark: bytes | None, salt: bytes, body: object) -> bool:
    """Whether the text is the one whose digest the line holds."""
    return isinstance(body, bytes) and bool(mark) and digest(salt, body) == mark


@lru_cache(maxsize=1024)
def _actor(who: str, name: str, role: str) -> Actor:
    return Actor(who, name, _ROLES[role])


def _details(action: Action) -> dict[str, Any]:
    return {
        field.name: getattr(action, field.name)
        for field in dataclasses.fields(action)
        if field.name not in ("by", "at", action.private)
    }


def _action(name: str, by: Actor, at: float, details: str, text: str | None) -> Action:
    kind = _KINDS[name]
    values: dict[str, Any] = from_json(details)
    for named in _ENUMS.keys() & values.keys():
        values[named] = _ENUMS[named](values[named])
    if kind.private == "draft":
        values["draft"] = draft_of_text(text or ERASED)
    elif kind.private is not None:
        values[kind.private] = text or ""
    return kind(by=by, at=at, **values)


def draft_to_text(draft: Draft) -> str:
    """A draft as it is kept."""
    return json.dumps(_DRAFTS.dump_python(draft, exclude_defaults=True), separators=(",", ":"), ensure_ascii=False)


@lru_cache(maxsize=256)  # a draft is read again at every step and for every card
def draft_of_text(text: str) -> Draft:
    """The reverse of `draft_to_text`; for an erased draft, one that says so.

    What a newer version of the program keeps besides is passed over, so that both can run on one database. Raises
    `ValueError` for what is no draft.
    """
    if text == ERASED:
        return Draft(ERASED, "", Sentiment(Mood.NEUTRAL, False, (), ""), "", (), (), "", "")
    return _DRAFTS.validate_python(json.loads(text))


def lines(found: Iterable[Entry]) -> Iterator[Line]:
    """Only the lines, for replay."""
    return (entry.line for entry in found)


EXPORTED = (
    "number",
    "review",
    "version",
    "at",
    "actor",
    "actor_name",
    "role",
    "action",
    "before",
    "after",
    "details",
    "text",
    "digest",
)
_EVERYTHING = (
    select(*(audit.c[name] for name in EXPORTED), texts.c.body)
    .join_from(audit, texts, texts.c.id == audit.c.text, isouter=True)
    .order_by(audit.c.number)
)
_AT_ONCE = 1000


def export(conn: Connection, *asked: ColumnElement[bool]) -> Iterator[list[tuple[Any, ...]]]:
    """The lines that are asked for, or all, oldest first and some at a time, each with the values of `EXPORTED`.

    `at` is in unix seconds, `digest` as hex.
    """
    result = conn.execution_options(yield_per=_AT_ONCE).execute(_EVERYTHING.where(*asked))
    for rows in result.partitions():
        yield [
            (
                *line,
                None if text is None else ERASED if body is None else to_text(body),
                None if mark is None else bytes(mark).hex(),
            )
            for *line, text, mark, body in map(tuple, rows)
        ]


def count(conn: Connection, *asked: ColumnElement[bool]) -> int:
    """How many lines that are."""
    return conn.execute(select(func.count()).select_from(audit).where(*asked)).scalar_one()


def last(conn: Connection) -> int:
    """The number of the last line, 0 without any."""
    return conn.execute(_LAST).scalar() or 0


def name_of(conn: Connection, actor: str) -> str | None:
    """What somebody (`channel:person`) was last called; None for whoever took no step."""
    name: str | None = conn.execute(_NAME, {"actor": actor}).scalar()
    return name
