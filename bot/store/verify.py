"""`audit verify`: the record against its seals, against the law that made it, and against the rows it led to."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.review.actions import Drafted, DraftFailed
from bot.review.machine import Refused, decide
from bot.review.model import Review, State
from bot.store import erasure, reviews, seals
from bot.store.audit import ENTRIES, entry_of
from bot.store.exchanges import mark
from bot.store.tables import audit, exchanges, releases, replies, texts
from bot.store.tables import reviews as review_rows
from bot.store.tables import seals as seal_rows
from bot.store.texts import ERASED, digest, to_bytes

_ALL = ENTRIES.order_by(audit.c.number)
_Drafting = Drafted | DraftFailed
_IN_PARTS = {"yield_per": 1000}
# What a row of `FULL` says after its id and before its texts.
_NAMES = ("conversation", "desk", "state", "judged", *reviews.PLAIN)
_plain = attrgetter(*reviews.PLAIN)
_REVIEWS = reviews.FULL.add_columns(replies.c.version.label("replied")).outerjoin(
    replies, replies.c.review == review_rows.c.id
)
_RELEASES = select(
    *(releases.c[name] for name in ("review", "version", "conversation", "audience", "digest")),
    texts.c.salt,
    texts.c.body,
).outerjoin(texts, texts.c.id == releases.c.text)
_EXCHANGES = select(exchanges, texts.c.body).outerjoin(texts, texts.c.id == exchanges.c.text)
_SEALS = select(seal_rows).order_by(seal_rows.c.number)


class Broken(Exception):
    """The audit does not hold. `what` names the first line or seal that does not fit."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(slots=True)
class Findings:
    """What was verified: lines read, lines sealed, seals, reviews, texts erased, and the keys that signed.

    `erasures` is how often something was erased, `taken` how many texts that took in all; those of messages nobody
    reviewed are no part of `erased`.
    """

    lines: int = 0
    sealed: int = 0
    seals: int = 0
    reviews: int = 0
    erased: int = 0
    erasures: int = 0
    taken: int = 0
    keys: set[str] = field(default_factory=set)


def verify(conn: Connection, found: Findings | None = None) -> Findings:
    """Read the whole audit once. Raises `Broken` at the first thing that does not fit.

    `found` fills while it goes on, for whoever watches.
    """
    found = found or Findings()
    standing: dict[str, Review] = {}
    released: dict[tuple[str, int], tuple[str, bytes, str | None]] = {}
    asked: dict[tuple[str, int], str] = {}
    # Closed by hand, because an error leaves a cursor on the server open otherwise.
    with conn.execute(_SEALS) as sealed, conn.execute(_ALL, execution_options=_IN_PARTS) as lines:
        stretches = iter(sealed)
        stretch = _Stretch(next(stretches, None), b"")
        for row in lines:
            found.lines += 1
            number = row[0]
            while number > stretch.upto:
                stretch = _Stretch(next(stretches, None), stretch.close(found))
            stretch.add(number, row)
            _follow(standing, released, asked, row, found)
        while stretch.row is not None:
            stretch = _Stretch(next(stretches, None), stretch.close(found))
    found.reviews = len(standing)
    found.erasures, found.taken = erasure.on_record(conn)
    _compare(conn, standing)
    _compare_releases(conn, released)
    _compare_exchanges(conn, asked)
    return found


class _Stretch:
    """The lines between two seals, as they are read."""

    def __init__(self, row: Row[Any] | None, before: bytes) -> None:
        self.row = row
        self.upto: float = math.inf if row is None else row.upto
        self._before = before
        self._expected: Iterator[tuple[int, bytes]] = iter(seals.leaves(bytes(row.lines)) if row is not None else ())
        self._hashes: list[bytes] = []

    def add(self, number: int, row: Row[Any]) -> None:
        if self.row is None:
            return
        line = seals.line_hash(row)
        comes, expected = next(self._expected, (0, b""))
        if 0 < comes < number:
            raise Broken(f"line {comes} is missing from the audit")
        if comes != number:
            raise Broken(f"{_line(row)} was put in after the seal")
        if expected != line[:16]:
            raise Broken(f"{_line(row)} was changed after the seal")
        self._hashes.append(line)

    def close(self, found: Findings) -> bytes:
        """The digest the next seal is chained to."""
        if self.row is None:
            return b""
        missing = next(self._expected, None)
        if missing is not None:
            raise Broken(f"line {missing[0]} is missing from the audit")
        digest = seals.chained(self._before, self.row.upto, self._hashes)
        if digest != bytes(self.row.digest):
            raise Broken(f"seal {self.row.number} does not fit the lines up to {self.row.upto} or the seal before it")
        if not seals.signed(bytes(self.row.key), bytes(self.row.signature), digest):
            raise Broken(f"seal {self.row.number} is not signed by the key it names")
        found.seals += 1
        found.sealed += len(self._hashes)
        found.keys.add(bytes(self.row.key).hex())
        return digest


def _follow(
    standing: dict[str, Review],
    released: dict[tuple[str, int], tuple[str, bytes, str | None]],
    asked: dict[tuple[str, int], str],
    row: Row[Any],
    found: Findings,
) -> None:
    """Take the step again, by the same law."""
    try:
        entry = entry_of(row)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Broken(f"{_line(row)} cannot be read") from error
    if not entry.intact:
        raise Broken(f"the text of {_line(row)} is not the one recorded")
    if entry.text is not None and row.body is None:
        found.erased += 1
    line = entry.line
    try:
        decision = decide(standing.get(line.review), line.action)
    except Refused as refusal:
        raise Broken(f"{_line(row)}: {str(refusal).rstrip('.')}") from refusal
    if decision.line != line:
        raise Broken(f"{_line(row)} does not follow from those before it")
    standing[line.review] = _light(decision.review)
    action = line.action
    if isinstance(action, _Drafting) and (action.draft.exchange or action.draft.reply == ERASED):
        asked[(line.review, line.version)] = action.draft.exchange
    if (release := decision.release) is not None:
        audience = None if _erased(decision.review) else release.audience
        released[(release.review, release.version)] = (release.conversation, _mark(to_bytes(release.words)), audience)


def _line(row: Row[Any]) -> str:
    return f"line {row.number} ({row.review}, version {row.version})"


def _erased(review: Review) -> bool:
    """Whether the draft, which said for whom it was made, is gone."""
    return review.draft is not None and review.draft.reply == ERASED


def _light(review: Review) -> Review:
    """A finished review without its texts, so that a long audit needs little memory."""
    return review._replace(draft=None, edited="", instruction="") if review.closed else review


def _compare(conn: Connection, standing: dict[str, Review]) -> None:
    """Every row is where its audit leads."""
    with conn.execute(_REVIEWS, execution_options=_IN_PARTS) as rows:
        for row in rows:
            _hold(row, standing.pop(row.id, None))
    if standing:
        raise Broken(f"review {next(iter(standing))} is missing, but its audit is there")


def _hold(row: Row[Any], led: Review | None) -> None:
    if led is None:
        raise Broken(f"review {row.id} has no audit")
    leads = (led.conversation, led.desk, led.state.value, led.judged or "", *_plain(led))
    said: Sequence[Any] = row[1 : len(leads) + 1]
    differing = [name for name, stands, must in zip(_NAMES, said, leads, strict=True) if stands != must]
    if not led.closed:
        differing += _differing_texts(row, led)
    if row.replied != (led.release if led.state is State.SENT else None):
        differing.append("reply")
    if differing:
        raise Broken(f"review {row.id} is not where its audit leads: {', '.join(sorted(differing))}")


def _differing_texts(row: Row[Any], led: Review) -> list[str]:
    try:
        stands = reviews.from_row(row)
    except ValueError as error:
        raise Broken(f"review {row.id} cannot be read") from error
    return [name for name in reviews.PRIVATE if not _same(getattr(stands, name), getattr(led, name))]


def _same(stands: object, led: object) -> bool:
    """Whether a row and the audit say the same; what was erased says nothing any more."""
    return stands == led or any(value == ERASED or getattr(value, "reply", "") == ERASED for value in (stands, led))


def _compare_releases(conn: Connection, released: dict[tuple[str, int], tuple[str, bytes, str | None]]) -> None:
    """Every release has exactly the words and the thread that were decided on."""
    with conn.execute(_RELEASES, execution_options=_IN_PARTS) as rows:
        for review, version, thread, readers, mark, salt, body in map(tuple, rows):
            what = f"the release of {review}, version {version},"
            conversation, words, audience = released.pop((review, version), ("", b"", ""))
            if conversation != thread:
                raise Broken(f"{what} is not one that was decided on")
            if body is not None and digest(salt, body) != bytes(mark):
                raise Broken(f"the text of {what} is not the one recorded")
            if body is not None and words not in (_mark(bytes(body)), _GONE):
                raise Broken(f"{what} has other words than were decided on")
            if audience not in (None, readers):
                raise Broken(f"{what} is for others than were decided on")
    if released:
        review, version = next(iter(released))
        raise Broken(f"the release of {review}, version {version}, is missing")


def _compare_exchanges(conn: Connection, asked: dict[tuple[str, int], str]) -> None:
    """What was said with models is what each draft says of it; of an erased draft nobody can tell."""
    with conn.execute(_EXCHANGES, execution_options=_IN_PARTS) as rows:
        for row in rows:
            what = f"what was said with models for {row.review}, version {row.version},"
            expected = asked.pop((row.review, row.version), None)
            if expected is None:
                raise Broken(f"{what} belongs to no draft")
            if row.body is not None and expected and mark(bytes(row.body)) != expected:
                raise Broken(f"{what} is not what was recorded")
    missing = next((where for where, expected in asked.items() if expected), None)
    if missing is not None:
        raise Broken(f"what was said with models for {missing[0]}, version {missing[1]}, is missing")


def _mark(words: bytes) -> bytes:
    """Enough of a hash to tell words apart, and little to remember of each."""
    return hashlib.sha256(words).digest()[:16]


_GONE = _mark(to_bytes(ERASED))
