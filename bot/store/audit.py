"""The record of every step: written once, read back as the very actions it was made of, and replayed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, insert, select

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
_DRAFTS = TypeAdapter(Draft)
_INSERT = insert(audit)
_OF_REVIEWS = (
    select(audit, texts.c.salt, texts.c.body)
    .join_from(audit, texts, texts.c.id == audit.c.text, isouter=True)
    .where(audit.c.review.in_(bindparam("ids", expanding=True)))
    .order_by(audit.c.review, audit.c.version)
)


@dataclass(frozen=True, slots=True)
class Entry:
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


def entry_of(row: Row[Any]) -> Entry:
    """An entry from a row of `audit` joined with its text's salt and body."""
    text, intact = None, True
    if row.text is not None:
        intact = row.body is None or _recorded(row)
        text = ERASED if row.body is None else to_text(row.body) if intact else repr(row.body)
    # What was put in the place of a text need not even be readable as one.
    action = _action_of(row, text if intact else ERASED)
    line = Line(row.review, row.version, action, State(row.before) if row.before else None, State(row.after))
    return Entry(row.number, line, text, intact)


def _recorded(row: Row[Any]) -> bool:
    """Whether the text is the one whose digest the line holds."""
    return isinstance(row.body, bytes) and bool(row.digest) and digest(row.salt, row.body) == bytes(row.digest)


def _details(action: Action) -> dict[str, Any]:
    return {
        field.name: getattr(action, field.name)
        for field in dataclasses.fields(action)
        if field.name not in ("by", "at", action.private)
    }


def _action_of(row: Row[Any], text: str | None) -> Action:
    kind = _KINDS[row.action]
    values: dict[str, Any] = {
        name: _ENUMS[name](value) if name in _ENUMS else value for name, value in json.loads(row.details).items()
    }
    if kind.private == "draft":
        values["draft"] = draft_of_text(text or ERASED)
    elif kind.private is not None:
        values[kind.private] = text or ""
    return kind(by=Actor(row.actor, row.actor_name, Role(row.role)), at=row.at, **values)


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
    select(audit, texts.c.body)
    .join_from(audit, texts, texts.c.id == audit.c.text, isouter=True)
    .order_by(audit.c.number)
)


def export(conn: Connection) -> Iterator[dict[str, Any]]:
    """Every line as plain values, oldest first; `at` in unix seconds, `digest` as hex."""
    for row in conn.execution_options(yield_per=1000).execute(_EVERYTHING):
        values = {name: getattr(row, name) for name in EXPORTED}
        body = None if row.text is None else ERASED if row.body is None else to_text(row.body)
        yield values | {"text": body, "digest": row.digest and bytes(row.digest).hex()}
