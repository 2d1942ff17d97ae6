"""The process is really killed, at every write and every call to the outside, in every kind of trouble.

Each point is a life of its own: forked, ended there by SIGKILL, and followed by another that finishes the story. Both
run the real front desk, store and workers; the channel speaks to a file that outlives them (tests/killing).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest
import sqlalchemy as sa

from bot.review.model import State
from bot.store import schema
from tests.killing.child import FIRST_START
from tests.killing.executioner import Executioner, Nursery, Result, everywhere
from tests.killing.troubles import Trouble
from tests.killing.wrong import RIGHT
from tests.stage.databases import Postgres, Sqlite

# How many lives go on at once, each on a database of its own; much of the time they wait for a lease to end.
_LANES = 3
# The story that has every kind of point is told in every trouble. The others are told where they differ from it; on
# PostgreSQL, where a life costs twice as much, only the one in which two reviews follow upon each other.
_TOLD = [
    *(("sqlite", "approve", trouble) for trouble in Trouble),
    *(("postgresql", "approve", trouble) for trouble in Trouble if trouble is not Trouble.HAZY),
    ("postgresql", "late", Trouble.LANDED),
    ("sqlite", "late", Trouble.REFUSED),
    ("sqlite", "late", Trouble.LANDED),
    ("sqlite", "echo", Trouble.VANISHED),
    ("sqlite", "echo", Trouble.BLIND),
    ("sqlite", "redraft", Trouble.NONE),
    ("sqlite", "more", Trouble.LANDED),
    ("sqlite", "handled", Trouble.NONE),
    ("sqlite", "reject", Trouble.NONE),
    ("sqlite", "by hand", Trouble.NONE),
    ("sqlite", "delete", Trouble.NONE),
]
# Here it dies at every point. Elsewhere at the first of each kind, and at a third of those that follow, which is another
# one from story to story: most of them come in every trouble alike.
_WHOLE = {("sqlite", "approve", Trouble.LANDED), ("postgresql", "late", Trouble.LANDED)}
# Every commit of the desk and every call it makes, without which the killing would prove little.
_SURE = {
    "FrontDesk.receive",
    "FrontDesk.take_drafts",
    "FrontDesk.take_cards",
    "FrontDesk.show",
    "FrontDesk.act",
    "FrontDesk.take_replies",
    "draft",
    "show_card",
    "send_reply",
}
Lanes = Callable[[str], list[Executioner]]


@pytest.fixture(scope="module")
def nurseries(root: Path) -> Iterator[list[Nursery]]:
    """Processes that fork lives."""
    nurseries = [Nursery(root) for _ in range(_LANES)]
    yield nurseries
    for nursery in nurseries:
        nursery.close()


@pytest.fixture
def lanes(request: pytest.FixtureRequest, nurseries: list[Nursery], tmp_path: Path) -> Iterator[Lanes]:
    """As many empty databases of a kind as there are lanes, each with its executioner."""
    made: list[sa.URL] = []

    def of(kind: str) -> list[Executioner]:
        executioners = []
        for number, nursery in enumerate(nurseries):
            folder = tmp_path / str(number)
            folder.mkdir()
            if kind == "sqlite":
                sqlites: Sqlite = request.getfixturevalue("sqlites")
                made.append(sqlites.fresh(folder / "countersign.db"))
            else:
                postgreses: Postgres = request.getfixturevalue("postgreses")
                made.append(postgreses.fresh())
            executioners.append(Executioner(nursery, made[-1], folder))
        return executioners

    yield of
    for url in made:
        if url.get_backend_name() == "postgresql":
            request.getfixturevalue("postgreses").drop(url)


def calls(points: list[str]) -> set[str]:
    """The writes and calls that these points belong to: `show_card, landed #2` belongs to `show_card`."""
    return {point.split(", ")[0] for point in points}


def kinds(points: list[str]) -> set[str]:
    """The points without their count."""
    return {re.sub(r" #\d+$", "", point) for point in points}


@pytest.mark.parametrize(("kind", "story", "trouble"), _TOLD)
def test_one_reply_or_an_honest_doubt(kind: str, story: str, trouble: Trouble, lanes: Lanes) -> None:
    """Wherever the process dies, afterwards everything people wrote is stored, what was to be answered has exactly one
    reply with the words that were released, one card shows where the review stands, and the audit leads to the rows.
    Only where nobody can look may a review be stuck.
    """
    turn = _TOLD.index((kind, story, trouble))

    def kept(point: str) -> bool:
        return (kind, story, trouble) in _WHOLE or point.endswith(" #1") or (crc32(point.encode()) + turn) % 3 == 0

    result = everywhere(lanes(kind), story, trouble, only=kept)
    assert result.faults == []
    assert kinds(result.missed) <= kinds(result.killed), "a point of this kind was never the last"
    assert len(result.missed) <= len(result.killed) / 4, "most points are reached again, or the counting is wrong"
    if story == "approve":
        assert calls(result.killed) >= _SURE
        assert result.ends == {State.STUCK if trouble is Trouble.BLIND else State.SENT}
        assert ("find_reply" in calls(result.killed)) is (trouble not in (Trouble.NONE, Trouble.REFUSED))


@pytest.mark.parametrize(
    ("desk", "trouble", "found"),
    [
        ("Polite", Trouble.NONE, "the conversation was never stored"),
        ("Hasty", Trouble.NONE, "counts as sent, and nothing was"),
        ("Forgetful", Trouble.NONE, "was answered 2 times"),
        ("Hopeful", Trouble.LANDED, "was answered 2 times"),
        ("Proud", Trouble.NONE, "its card shows"),
        ("Blunt", Trouble.NONE, "has 2 cards"),
    ],
)
def test_a_desk_with_a_mistake_is_found_out(desk: str, trouble: Trouble, found: str, lanes: Lanes) -> None:
    """A desk that speaks, shows, notes or acknowledges in the wrong order is caught at some point; so the killing bites."""

    def near(point: str) -> bool:
        return point.startswith(("FrontDesk.receive", "an event", "send_reply", "show_card", "FrontDesk.show"))

    result = everywhere(lanes("sqlite"), "approve", trouble, desk, only=near)
    assert any(found in fault for fault in result.faults), result.faults


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_first_start_can_be_cut_short_anywhere(
    kind: str, nurseries: list[Nursery], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Killed while it creates its database, the program creates it at the next start, whole."""

    def empty(name: str) -> sa.URL:
        if kind == "sqlite":
            return sa.URL.create("sqlite", database=str(tmp_path / f"{name}.db"))
        postgreses: Postgres = request.getfixturevalue("postgreses")
        return postgreses.empty()

    whole = empty("whole")
    executioner = Executioner(nurseries[0], whole, tmp_path)
    points = executioner.points(executioner.plan(FIRST_START, Trouble.NONE))
    assert len(points) > 30
    result = Result()
    for number, point in enumerate([*points[::8], *points[-3:]]):
        url = empty(str(number))
        executioner = Executioner(nurseries[0], url, tmp_path)
        assert executioner.end(executioner.plan(FIRST_START, Trouble.NONE, RIGHT, point), result)
        assert schema.standing(url) == schema.HEAD
        assert tables(url) == tables(whole)
        assert not schema.bring_up_to_date(url)
    assert result.faults == []


def tables(url: sa.URL) -> dict[str, list[str]]:
    """Tables and their columns."""
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg") if url.host or url.query else url)
    inspector = sa.inspect(engine)
    found = {name: [column["name"] for column in inspector.get_columns(name)] for name in inspector.get_table_names()}
    engine.dispose()
    return found
