"""Reviews as rows. `record` is the only write of a review, its audit line and its release, and loses with `Conflict`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, case, func, insert, select, update

from bot.review.actions import Delivered, MarkSent
from bot.review.model import Decision, Draft, Feeling, Release, Review, State
from bot.store import audit
from bot.store.bell import Topic, ring_after
from bot.store.conflict import Conflict
from bot.store.conversations import clean
from bot.store.statements import few_lengths
from bot.store.tables import releases, replies, reviews, texts
from bot.store.texts import CHANGED, ERASED, Kept, digest, put, read

_draft, _edited, _instruction = texts.alias("d"), texts.alias("e"), texts.alias("i")
PLAIN = ("version", "due", "covers", "claim", "tries", "doubt", "moved", "release", "problem", "holder", "escalated")
_VALUES = ("state", "judged")
PRIVATE = ("draft", "edited", "instruction")
FULL: Select[Any] = (
    select(
        *(reviews.c[name] for name in ("id", "conversation", "desk", *_VALUES, *PLAIN, *PRIVATE)),
        _draft.c.body.label("draft_body"),
        _edited.c.body.label("edited_body"),
        _instruction.c.body.label("instruction_body"),
    )
    .join(_draft, _draft.c.id == reviews.c.draft, isouter=True)
    .join(_edited, _edited.c.id == reviews.c.edited, isouter=True)
    .join(_instruction, _instruction.c.id == reviews.c.instruction, isouter=True)
)
OF_DESKS = reviews.c.desk.in_(bindparam("desks", expanding=True))
OPEN_AT_DESKS = and_(reviews.c.closed_at.is_(None), OF_DESKS)
_BY_ID = FULL.where(reviews.c.id == bindparam("id"))
_BY_IDS = FULL.where(reviews.c.id.in_(bindparam("ids", expanding=True)))
_OPEN_OF = FULL.where(reviews.c.conversation == bindparam("conversation"), reviews.c.closed_at.is_(None))
_OPEN = FULL.where(OPEN_AT_DESKS).order_by(reviews.c.id.desc()).limit(bindparam("limit"))
_CLOSED = (
    FULL.where(reviews.c.closed_at.is_not(None), OF_DESKS)
    .order_by(reviews.c.closed_at.desc())
    .limit(bindparam("limit"))
)
_DUE = (
    FULL.where(
        reviews.c.state == bindparam("state"), reviews.c.due.is_not(None), reviews.c.due <= bindparam("now"), OF_DESKS
    )
    .order_by(reviews.c.due)
    .limit(bindparam("limit"))
    # On PostgreSQL two workers that look at once see different reviews; SQLite has one writer anyway.
    .with_for_update(skip_locked=True, of=reviews)
)
_NEXT_DUE = (
    select(reviews.c.due)
    .where(reviews.c.state == bindparam("state"), reviews.c.due.is_not(None), OF_DESKS)
    .order_by(reviews.c.due)
    .limit(1)
)
_INSERT = insert(reviews)
_STEP = (
    update(reviews)
    .where(reviews.c.id == bindparam("the_id"), reviews.c.version == bindparam("seen"))
    # Attempts start anew with a version. Those at a first drawing do not: one of them may hang there unseen.
    .values(card_tries=case((reviews.c.card_version > 0, 0), else_=reviews.c.card_tries))
)
# A card that was never shown need not tell that nothing will come of it.
_STEP_IF_SHOWN = _STEP.values(
    card_due=case((reviews.c.card_version > 0, bindparam("redraw")), else_=reviews.c.card_due)
)
# Whoever is at a first drawing is not joined by another: there would be two cards.
_STEP_WITH_CARD = _STEP.values(
    card_due=case(
        (reviews.c.card_version > 0, bindparam("redraw")), else_=func.coalesce(reviews.c.card_due, bindparam("redraw"))
    )
)
_RELEASE = insert(releases)
_REPLY = insert(replies)
_RELEASED: Select[Any] = (
    select(
        releases.c.review,
        releases.c.version,
        releases.c.conversation,
        releases.c.text,
        releases.c.digest,
        releases.c.audience,
        texts.c.salt,
        texts.c.body,
    )
    .join_from(reviews, releases, (releases.c.review == reviews.c.id) & (releases.c.version == reviews.c.release))
    .join(texts, texts.c.id == releases.c.text, isouter=True)
    .where(reviews.c.id.in_(bindparam("ids", expanding=True)))
)

_NEW_CARD: dict[str, Any] = {"card_version": 0, "card_ref": "", "card_due": None, "card_tries": 0}
# The states that are worth a card of their own. In the others a card is only drawn again.
_CARDED = frozenset({State.IN_REVIEW, State.SNOOZED, State.STUCK, State.SENT, State.REJECTED})
# While words are on their way the card waits a little (seconds), so that in the usual case one drawing shows the end.
_PATIENCE = {State.RELEASED: 1.0, State.SENDING: 1.0}
# Who has something to do now. A card under way can wait for the next look.
_WAKES: dict[State, tuple[Topic, ...]] = {
    State.RECEIVED: (Topic.DRAFTS, Topic.CARDS),
    State.RELEASED: (Topic.REPLIES,),
    State.DRAFTING: (),
    State.SENDING: (),
}


def get(conn: Connection, review: str) -> Review | None:
    """The review with this id."""
    row = conn.execute(_BY_ID, {"id": clean(review)}).one_or_none()
    return None if row is None else from_row(row)


def of_ids(conn: Connection, *ids: str) -> list[Review]:
    """The reviews with these ids, in no order."""
    return [from_row(row) for row in conn.execute(_BY_IDS, {"ids": few_lengths(ids)})] if ids else []


def open_of(conn: Connection, conversation: str) -> Review | None:
    """The open review of a conversation; there is at most one."""
    row = conn.execute(_OPEN_OF, {"conversation": conversation}).one_or_none()
    return None if row is None else from_row(row)


def open_page(conn: Connection, desks: tuple[str, ...], limit: int, before: str | None = None) -> list[Review]:
    """Open reviews of these desks, the newest first, those before the given id."""
    page = _OPEN.where(reviews.c.id < before) if before else _OPEN
    return [from_row(row) for row in conn.execute(page, {"desks": desks, "limit": limit})]


def closed_page(conn: Connection, desks: tuple[str, ...], limit: int) -> list[Review]:
    """Closed reviews of these desks, the last closed first."""
    return [from_row(row) for row in conn.execute(_CLOSED, {"desks": desks, "limit": limit})]


def due(conn: Connection, desks: tuple[str, ...], states: tuple[State, ...], now: float, limit: int) -> list[Review]:
    """Reviews of these desks in these states that a worker should look at, state by state, the longest overdue first."""
    found: list[Review] = []
    for state in states:
        if limit > len(found):
            values = {"desks": desks, "state": state.value, "now": now, "limit": limit - len(found)}
            found += [from_row(row) for row in conn.execute(_DUE, values)]
    return found


def next_due(conn: Connection, desks: tuple[str, ...], states: tuple[State, ...]) -> float | None:
    """When the next review in one of these states falls due (unix seconds)."""
    times = (conn.execute(_NEXT_DUE, {"desks": desks, "state": state.value}).scalar() for state in states)
    return min((time for time in times if time is not None), default=None)


def record(conn: Connection, decision: Decision, told: Kept | None = None) -> None:
    """Write what the law decided: the row, the audit line and, if there is one, the release.

    `told` is the customer's message a step is about, already kept. Raises `Conflict` when the version has moved.
    """
    review, action = decision.review, decision.line.action
    words = audit.private_words(action)
    kept = put(conn, words) if words is not None else told
    if decision.before is None:
        conn.execute(_INSERT, _row(review, action.at))
    else:
        _update(conn, decision.before, review, action.at, kept)
    audit.write(conn, (decision.line, kept))
    if decision.release is not None:
        _write_release(conn, decision.release, kept if decision.release.words == words else None)
    if isinstance(action, Delivered | MarkSent):
        ref = action.ref if isinstance(action, Delivered) else ""
        conn.execute(_REPLY, {"review": review.id, "version": review.release, "ref": ref, "at": action.at})
    # A review that has just been opened has no card that could be out of date.
    wakes = (Topic.DRAFTS,) if decision.before is None else _WAKES.get(review.state, (Topic.CARDS,))
    ring_after(conn, Topic.PAGES, *wakes)


def claim(conn: Connection, decisions: Sequence[Decision]) -> None:
    """Write the steps by which a worker takes reviews: all rows in one statement and all audit lines in another.

    Raises `Conflict` when the version of one of them has moved.
    """
    if not decisions:
        return
    rows = [
        _moved(step.review) | {"redraw": step.line.action.at + _PATIENCE.get(step.review.state, 0.0)}
        for step in decisions
    ]
    if conn.execute(_STEP_IF_SHOWN, rows).rowcount != len(rows):
        raise Conflict
    audit.write(conn, *((step.line, None) for step in decisions))
    ring_after(conn, Topic.PAGES)


def releases_of(conn: Connection, *ids: str) -> dict[str, Release]:
    """The releases in force of these reviews. Erased or changed words read as such and must not be sent."""
    found = conn.execute(_RELEASED, {"ids": few_lengths(ids)}) if ids else ()
    return {row.review: _release(row) for row in found}


def release_of(conn: Connection, review: Review) -> tuple[Release, int]:
    """The release in force and where its words are kept."""
    row = conn.execute(_RELEASED, {"ids": (review.id,)}).one()
    return _release(row), row.text


def _release(row: Row[Any]) -> Release:
    words = read(row.text, row.body)
    if row.body is not None and digest(row.salt, row.body) != bytes(row.digest):
        words = CHANGED
    return Release(row.review, row.version, row.conversation, words, row.audience)


def _write_release(conn: Connection, release: Release, kept: Kept | None) -> None:
    kept = kept or put(conn, release.words)
    conn.execute(
        _RELEASE,
        {
            "review": release.review,
            "version": release.version,
            "conversation": release.conversation,
            "text": kept.id,
            "digest": kept.digest,
            "audience": release.audience,
        },
    )


def _row(review: Review, at: float) -> dict[str, Any]:
    row = {name: getattr(review, name) for name in ("id", "conversation", "desk", *PLAIN)}
    return row | dict.fromkeys(PRIVATE) | _NEW_CARD | _named(review) | {"opened_at": at, "closed_at": None}


def _update(conn: Connection, before: Review, after: Review, at: float, kept: Kept | None) -> None:
    """Write where the review now is, if the row still is what was decided on."""
    values = _moved(after)
    for name in PRIVATE:
        if getattr(after, name) != getattr(before, name):
            values[name] = kept.id if kept is not None and getattr(after, name) else None
    if after.closed:
        values["closed_at"] = at
    redraw = at + _PATIENCE.get(after.state, 0.0)
    step = _STEP_WITH_CARD if after.state in _CARDED else _STEP_IF_SHOWN
    done = conn.execute(step, values | {"redraw": redraw})
    if done.rowcount != 1:
        raise Conflict


def _moved(after: Review) -> dict[str, Any]:
    """The same columns at every step, so that several steps can go into one statement."""
    values = {name: getattr(after, name) for name in PLAIN}
    return values | _named(after) | {"the_id": after.id, "seen": after.version - 1}


def _named(review: Review) -> dict[str, str]:
    """What is a name of a few, as it is kept."""
    return {"state": review.state.value, "judged": review.judged.value if review.judged else ""}


def from_row(row: Row[Any]) -> Review:
    """The review in a row of `FULL`."""
    return Review(
        id=row.id,
        conversation=row.conversation,
        desk=row.desk,
        version=row.version,
        state=State(row.state),
        due=row.due,
        covers=row.covers,
        claim=row.claim,
        tries=row.tries,
        doubt=bool(row.doubt),
        moved=row.moved,
        release=row.release,
        draft=_draft_of(row),
        edited=read(row.edited, row.edited_body),
        instruction=read(row.instruction, row.instruction_body),
        problem=row.problem,
        holder=row.holder,
        escalated=bool(row.escalated),
        judged=Feeling(row.judged) if row.judged else None,
    )


def _draft_of(row: Row[Any]) -> Draft | None:
    return None if row.draft is None else _read_draft(read(row.draft, row.draft_body))


def _read_draft(text: str) -> Draft:
    """A draft that cannot be read, because somebody tampered with it, must not stop the work on others."""
    try:
        return audit.draft_of_text(text)
    except (ValueError, KeyError, TypeError):
        return audit.draft_of_text(ERASED)
