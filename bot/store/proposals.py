"""What the program proposes to learn from people's edits, with its evidence; and what was decided on it.

The sentences of the evidence are kept as texts, so that erasing a customer takes theirs; the words of a proposal are made
of those that are left. An open proposal never grows: with more evidence it is replaced by another one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, func, insert, select, update

from bot.review.model import State
from bot.store.conversations import clean
from bot.store.statements import few_lengths, insert_once
from bot.store.tables import conversations, evidence, proposals, reviews, texts, verdicts
from bot.store.texts import put, to_text

# Fewer edits of a kind are chance.
ENOUGH = 3

_EDITED = (
    select(reviews.c.id)
    .where(
        reviews.c.state == State.SENT.value,
        reviews.c.edited.is_not(None),
        reviews.c.closed_at >= bindparam("since"),
        reviews.c.desk == bindparam("desk"),
    )
    .order_by(reviews.c.closed_at.desc(), reviews.c.id.desc())
    .limit(bindparam("limit"))
)
_ALL = select(proposals).order_by(proposals.c.number)
_ONE = select(proposals).where(proposals.c.number == bindparam("number"))
_HELD = _ONE.with_for_update()
_EVIDENCE = (
    select(evidence.c.review, texts.c.body)
    .join(texts, texts.c.id == evidence.c.text, isouter=True)
    .where(evidence.c.proposal == bindparam("proposal"))
    .order_by(evidence.c.review.desc())
)
_OF_LESSON = (
    proposals.c.desk == bindparam("desk"),
    proposals.c.matter == bindparam("matter"),
    proposals.c.kind == bindparam("kind"),
    proposals.c.language == bindparam("language"),
)
_OPEN = select(proposals.c.number).where(*_OF_LESSON, proposals.c.status == "open")
_USED = (
    select(evidence.c.review)
    .join(proposals, proposals.c.number == evidence.c.proposal)
    .where(*_OF_LESSON, proposals.c.status.in_(("accepted", "dismissed")))
)
_PROVE = insert(evidence)
_CLOSE = (
    update(proposals)
    .where(proposals.c.number == bindparam("the_number"), proposals.c.status == "open")
    .values(status=bindparam("end"), decided_at=bindparam("time"), chosen=bindparam("review"))
)
_JUDGED = select(verdicts).where(verdicts.c.review.in_(bindparam("ids", expanding=True)))
_LEFT = (
    select(func.count())
    .select_from(evidence.join(texts, texts.c.id == evidence.c.text))
    .where(evidence.c.proposal == proposals.c.number)
    .scalar_subquery()
)
_WANE = (
    update(proposals)
    .where(proposals.c.status == "open", _LEFT < ENOUGH)
    .values(status="withdrawn", decided_at=bindparam("time"))
)
# Erasing them waits until what was read here is written down, so that the copy is erased with the rest.
_HOLD = (
    select(conversations.c.id)
    .join(reviews, reviews.c.conversation == conversations.c.id)
    .where(reviews.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(conversations.c.id)
    .with_for_update(read=True, of=conversations)
)
# Whether a row of `reviews` was accepted as an example.
CHOSEN = exists().where(proposals.c.chosen == reviews.c.id).correlate(reviews)


class Form(StrEnum):
    """What a proposal would change."""

    EXAMPLE = "example"  # a reply of the desk that drafts are shown first
    TEMPLATE = "template"  # a rule more in the desk's template
    ARTICLE = "article"  # a new file in the knowledge folder


class Status(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    REPLACED = "replaced"  # by one with more evidence
    WITHDRAWN = "withdrawn"  # too little evidence was left after an erasure


@dataclass(frozen=True, slots=True)
class Lesson:
    """What people keep correcting: a `kind` of edit in drafts of one desk about one matter, in one language."""

    desk: str
    matter: str
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A lesson with what would come of it. Times in unix seconds; `chosen` is the review of an accepted example."""

    number: int
    lesson: Lesson
    form: Form
    status: Status
    at: float
    decided_at: float | None
    chosen: str


# Sentences of a draft and what they became, one of the two empty where it was added or taken out.
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """An edit: its review and the sentences; None when they were erased."""

    review: str
    pairs: Pairs | None


class NoProposal(LookupError):
    """There is no such proposal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no proposal {number}.")


def edited(conn: Connection, desk: str, since: float, limit: int) -> list[str]:
    """The reviews of a desk, closed since then, whose reply a person had changed; the last closed first."""
    return list(conn.execute(_EDITED, {"desk": desk, "since": since, "limit": limit}).scalars())


def hold(conn: Connection, ids: Collection[str]) -> None:
    """Keep the threads of these reviews from being erased until the transaction ends."""
    conn.execute(_HOLD, {"ids": few_lengths(sorted(ids))}).all()


def used(conn: Connection, lesson: Lesson) -> frozenset[str]:
    """The reviews on which a proposal of this lesson was decided already."""
    return frozenset(conn.execute(_USED, _key(lesson)).scalars())


def propose(conn: Connection, lesson: Lesson, form: Form, found: Mapping[str, Pairs], at: float) -> int | None:
    """Propose this, in the stead of an open proposal of the same lesson; its number. None when there is nothing new.

    `found` are the edits by their reviews.
    """
    before = conn.execute(_OPEN, _key(lesson)).scalar()
    if before is not None:
        if found.keys() <= {one.review for one in evidence_of(conn, before)}:
            return None
        _end(conn, before, Status.REPLACED, at)
    values = _key(lesson) | {"form": form.value, "status": Status.OPEN.value, "at": at}
    # Somebody who looked at the same time may have proposed it.
    once = insert_once(proposals, conn.dialect.name).returning(proposals.c.number)
    number: int | None = conn.execute(once, values).scalar()
    if number is None:
        return None
    rows = [
        {"proposal": number, "review": review, "text": put(conn, json.dumps(list(pairs), ensure_ascii=False)).id}
        for review, pairs in found.items()
    ]
    conn.execute(_PROVE, rows)
    return number


def all_of(conn: Connection) -> list[Proposal]:
    """Every proposal there was, the oldest first."""
    return [_proposal(row) for row in conn.execute(_ALL)]


def get(conn: Connection, number: int, *, held: bool = False) -> Proposal:
    """One proposal, `held` until the transaction ends. Raises `NoProposal`."""
    row = conn.execute(_HELD if held else _ONE, {"number": number}).one_or_none()
    if row is None:
        raise NoProposal(number)
    return _proposal(row)


def evidence_of(conn: Connection, number: int) -> list[Evidence]:
    """What a proposal is made from, the newest edit first."""
    return [
        Evidence(row.review, None if row.body is None else tuple((a, b) for a, b in json.loads(to_text(row.body))))
        for row in conn.execute(_EVIDENCE, {"proposal": number})
    ]


def accept(conn: Connection, number: int, at: float, chosen: str = "") -> None:
    """It was accepted; of an example, `chosen` is the review."""
    _end(conn, number, Status.ACCEPTED, at, chosen)


def dismiss(conn: Connection, number: int, at: float) -> None:
    """It was dismissed."""
    _end(conn, number, Status.DISMISSED, at)


def _end(conn: Connection, number: int, status: Status, at: float, chosen: str = "") -> None:
    conn.execute(_CLOSE, {"the_number": number, "end": status.value, "time": at, "review": chosen})


def wane(conn: Connection, at: float) -> None:
    """Withdraw the open proposals of whose evidence an erasure left too little."""
    conn.execute(_WANE, {"time": at})


def judge(conn: Connection, review: str, kind: str) -> None:
    """Keep what a model takes the rest of an edit for, so that it is asked once; empty for nothing in particular."""
    conn.execute(insert_once(verdicts, conn.dialect.name), {"review": review, "kind": kind})


def judged(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """What a model took these edits for, those it was asked about."""
    found = conn.execute(_JUDGED, {"ids": few_lengths(list(ids))}) if ids else ()
    return {row.review: row.kind for row in found}


def _key(lesson: Lesson) -> dict[str, Any]:
    return {name: clean(value) for name, value in asdict(lesson).items()}


def _proposal(row: Row[Any]) -> Proposal:
    lesson = Lesson(row.desk, row.matter, row.kind, row.language)
    return Proposal(row.number, lesson, Form(row.form), Status(row.status), row.at, row.decided_at, row.chosen)
