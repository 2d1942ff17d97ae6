"""Leads are told of the last seal once a day, whatever happens on the way, so that the record is known elsewhere too."""

from __future__ import annotations

from pathlib import Path

from bot.channels.base import Note, Place
from bot.leads import ATTEMPT, Leads
from bot.store import seals
from tests.stage.channel import NAME, refuses, silent
from tests.stage.play import Stage

PLACE = Place(NAME, "leads")
DAY = 86_400.0


async def _sealed(stage: Stage, tmp_path: Path) -> Leads:
    await stage.in_review()
    key = seals.load_key(tmp_path / "seal.key")
    await stage.engine.write(lambda conn: seals.seal(conn, key, stage.clock()))
    return Leads(stage.desk, stage.engine, {"support": PLACE}, stage.clock)


def _notes(stage: Stage) -> list[Note]:
    return [note for place, note in stage.channel.world.notes.values() if place == PLACE]


async def test_the_seal_is_told_once_a_day(either: Stage, tmp_path: Path) -> None:
    """With its digest and its key; again the next day, and by however many replicas, once."""
    leads = await _sealed(either, tmp_path)
    other = Leads(either.desk, either.engine, {"support": PLACE}, either.clock)
    for _ in range(3):
        await leads.witness()
        await other.witness()
        either.clock.move(ATTEMPT)
    (note,) = _notes(either)
    (seal,) = await either.engine.read(lambda conn: seals.latest(conn, 5))
    assert seal.digest in note.text
    assert seal.key in note.text
    either.clock.move(DAY)
    await leads.witness()
    assert len(_notes(either)) == 2


async def test_a_failure_is_tried_again(either: Stage, tmp_path: Path) -> None:
    """When its time has come, and after silence only once it was looked whether the note is there."""
    leads = await _sealed(either, tmp_path)
    either.channel.noting += [refuses(), silent(landed=True)]
    await leads.witness()
    assert _notes(either) == []
    await leads.witness()
    assert _notes(either) == []
    for _ in range(3):
        either.clock.move(ATTEMPT)
        await leads.witness()
    assert len(_notes(either)) == 1


async def test_nobody_is_told_where_no_place_is_named(either: Stage, tmp_path: Path) -> None:
    """Nor before anything is sealed."""
    await Leads(either.desk, either.engine, {"support": PLACE}, either.clock).witness()
    assert _notes(either) == []
    await _sealed(either, tmp_path)
    assert not await Leads(either.desk, either.engine, {}, either.clock).tell("support", "k", Note("Something"))
    assert _notes(either) == []
