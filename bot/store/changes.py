"""Who changed what in how the program works. Lines are only ever added, and hold nothing that a customer wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from bot.store.conversations import clean
from bot.store.tables import changes

Details = Mapping[str, str | int | float | None]

_ADD = insert(changes)
_OF = select(changes).where(changes.c.subject == bindparam("subject")).order_by(changes.c.number)


class What(StrEnum):
    """The changes there are."""

    SAVED = "template_saved"
    READ = "template_read"  # from its file, at start
    ACTIVATED = "template_activated"
    ROLLED_BACK = "template_rolled_back"
    ACCEPTED = "proposal_accepted"
    DISMISSED = "proposal_dismissed"


@dataclass(frozen=True, slots=True)
class Changed:
    """One line: when (unix seconds), who, what, of which thing, and what there is to know besides."""

    number: int
    at: float
    person: str
    what: str
    subject: str
    details: Mapping[str, Any]


def add(conn: Connection, what: What, subject: str, person: str, at: float, details: Details) -> None:
    """Write down a change."""
    kept = json.dumps({key: value for key, value in details.items() if value not in (None, "")}, ensure_ascii=False)
    values = {"what": what.value, "subject": subject, "person": clean(person), "at": at, "details": clean(kept)}
    conn.execute(_ADD, values)


def of(conn: Connection, subject: str) -> list[Changed]:
    """The changes of one thing, oldest first."""
    return [
        Changed(row.number, row.at, row.person, row.what, row.subject, json.loads(row.details))
        for row in conn.execute(_OF, {"subject": subject})
    ]
