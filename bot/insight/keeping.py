"""Keeps the outlines of reviews and the words they are found by up with the audit: a few at a time, whoever else does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bot.insight.outlines import Outline, outline
from bot.store import audit, outlines, reviews, words
from bot.store.audit import Entry
from bot.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Batch:
    """Outlines to be written, and the line of the audit up to which it will then have been seen to; 0 when that is not
    known. `full` when there may be more at once."""

    made: tuple[Outline, ...]
    upto: int
    full: bool


def keep_up(conn: Connection, now: float, limit: int) -> int:
    """Make a few of the outlines that are behind; how many. Once it makes none, all are as the audit is."""
    batch = prepare(conn, now, limit)
    if batch is None:
        return 0
    write(conn, batch)
    return len(batch.made)


def prepare(conn: Connection, now: float, limit: int) -> Batch | None:
    """Make outlines without writing them; None when there is nothing to write."""
    ids, upto = outlines.behind(conn, now, limit)
    if not ids and not upto:
        return None
    earlier = {review: Outline(**row) for review, row in outlines.of(conn, ids).items()}
    entries = _entries(conn, ids)
    made = tuple(
        outline(review, entries[review.id], earlier.get(review.id))
        for review in reviews.of_ids(conn, *ids)
        # It may have gone on since the ids were read, and its lines with it.
        if entries.get(review.id) and entries[review.id][-1].line.version == review.version
    )
    return Batch(made, upto, len(ids) == limit)


def write(conn: Connection, batch: Batch) -> None:
    """Write what was prepared, each outline with the words of its review, and how far the audit was seen to."""
    words.keep(conn, outlines.keep(conn, [asdict(one) for one in batch.made]))
    if batch.upto:
        outlines.advance(conn, batch.upto)


def _entries(conn: Connection, ids: Sequence[str]) -> dict[str, list[Entry]]:
    try:
        return audit.entries(conn, *ids)
    except (ValueError, KeyError, TypeError):
        # Somebody tampered with one of them, which `audit verify` tells; the others are seen to all the same.
        return {} if len(ids) == 1 else {key: found for one in ids for key, found in _entries(conn, [one]).items()}
