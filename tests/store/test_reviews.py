"""`record` is the only write of a review: all of it or nothing, and only on what was read."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.review.actions import (
    Amended,
    Approve,
    Delivered,
    Drafted,
    Edit,
    MarkSent,
    Recall,
    Redraft,
    Reject,
    Start,
)
from bot.review.machine import decide
from bot.review.model import Decision, Review, State
from bot.store import audit, reviews
from bot.store.bell import Topic
from bot.store.conflict import Conflict
from bot.store.engine import Engine
from bot.store.tables import releases, replies, texts
from tests.review.lives import DRAFT, NOW, WAYS
from tests.store.records import contents, led, open_review, put, step

DESKS = ("support",)


@pytest.mark.parametrize("way", WAYS)
async def test_a_review_reads_back_as_it_was_decided(way: str, engine: Engine) -> None:
    """Whatever led there, the row gives back the very review, and its audit replays to it."""
    led_to = await engine.write(lambda conn: led(conn, WAYS[way]))
    read = await engine.read(lambda conn: reviews.get(conn, led_to.id))
    assert read == led_to
    entries = await engine.read(lambda conn: audit.entries(conn, led_to.id))
    assert replayed(entries[led_to.id]) == led_to


def replayed(entries: list[audit.Entry]) -> Review:
    """Where the audit leads, by the law alone."""
    review = None
    for line in audit.lines(entries):
        review = decide(review, line.action).review
    assert review is not None
    return review


async def test_a_step_on_a_version_that_moved_leaves_nothing_behind(engine: Engine) -> None:
    """Two decided on the same version: the second is a `Conflict`, and no row, line, text or release of it remains."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    await engine.write(lambda conn: step(conn, review, Reject))
    before = await engine.read(contents)
    for late in (Edit, Approve, Redraft, Amended):
        with pytest.raises(Conflict):
            await put(engine, step, review, late)
    assert await engine.read(contents) == before


async def test_of_two_that_decide_at_once_one_wins(engine: Engine) -> None:
    """However they fall, exactly one step is recorded; the others lose with `Conflict`."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    kinds = [Approve, Reject, Edit, Redraft, Amended, Approve, Edit, Reject]
    tries = [put(engine, step, review, kind) for kind in kinds]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    won = [outcome for outcome in outcomes if isinstance(outcome, Decision)]
    assert len(won) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == len(kinds) - 1
    assert await engine.read(lambda conn: reviews.get(conn, review.id)) == won[0].review


async def test_of_two_that_claim_at_once_one_works(engine: Engine) -> None:
    """A claim is a step too: the version decides which worker has the review."""
    review = await engine.write(open_review)
    claims = [engine.write(lambda conn: step(conn, review, Start)) for _ in range(6)]
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 5 + ["Decision"]


async def test_a_decision_writes_row_line_and_release_together(engine: Engine) -> None:
    """The words of the release are the decided ones, and the audit names the same text."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    decision = await engine.write(lambda conn: step(conn, review, Edit, words="Exactly these words."))
    assert decision.release is not None
    release, kept = await engine.read(lambda conn: reviews.release_of(conn, decision.review))
    assert release == decision.release
    lines = await engine.read(lambda conn: audit.entries(conn, review.id))
    assert (lines[review.id][-1].text, lines[review.id][-1].line) == ("Exactly these words.", decision.line)
    shared = await engine.read(lambda conn: conn.execute(sa.select(sa.func.count()).where(texts.c.id == kept)).scalar())
    assert shared == 1


async def test_an_approval_keeps_a_text_of_its_own(engine: Engine) -> None:
    """The draft is kept as a draft; the words that were released are kept as such, under their own salt."""
    review = await engine.write(lambda conn: led(conn, WAYS["released"]))
    release, _ = await engine.read(lambda conn: reviews.release_of(conn, review))
    assert release.words == DRAFT.reply


@pytest.mark.parametrize(("last", "ref"), [(Delivered, "m9"), (MarkSent, "")])
async def test_a_reply_is_written_when_it_is_known_to_be_there(
    last: type[Delivered | MarkSent], ref: str, engine: Engine
) -> None:
    """It names the release it went out on; a person who looked knows no reference."""
    way = WAYS["sending"] if last is Delivered else WAYS["stuck"]
    review = await engine.write(lambda conn: led(conn, way))
    before = await engine.read(lambda conn: conn.execute(sa.select(replies)).all())
    await engine.write(lambda conn: step(conn, review, last))
    after = await engine.read(lambda conn: conn.execute(sa.select(replies)).one())
    assert before == []
    assert (after.review, after.version, after.ref) == (review.id, review.release, ref)


async def test_the_open_queue_comes_newest_first_and_in_pages(engine: Engine) -> None:
    """Pages follow each other without a gap; closed reviews are in a list of their own."""
    for number in range(1, 6):
        await put(engine, open_review, str(number))
    first = await engine.read(lambda conn: reviews.open_page(conn, DESKS, 2))
    then = await engine.read(lambda conn: reviews.open_page(conn, DESKS, 9, before=first[-1].id))
    assert [review.id for review in first + then] == ["r5", "r4", "r3", "r2", "r1"]
    await engine.write(lambda conn: led(conn, WAYS["rejected"], "6"))
    await engine.write(lambda conn: led(conn, WAYS["sent"], "7"))
    assert "r6" not in {review.id for review in await engine.read(lambda conn: reviews.open_page(conn, DESKS, 9))}
    assert [r.id for r in await engine.read(lambda conn: reviews.closed_page(conn, DESKS, 9))] == ["r7", "r6"]


async def test_what_is_due_comes_longest_overdue_first(engine: Engine) -> None:
    """Only this state, only what is due, and no more than asked for."""
    for root, due in (("1", 30.0), ("2", 10.0), ("3", 20.0), ("4", 99.0)):
        await put(engine, open_review, root, due=NOW + due)
    states = (State.DRAFTING, State.RECEIVED)
    found = await engine.write(lambda conn: reviews.due(conn, DESKS, states, NOW + 50, 2))
    assert [review.id for review in found] == ["r2", "r3"]
    await engine.write(lambda conn: step(conn, found[1], Start, at=NOW + 50, lease=NOW + 60))
    found = await engine.write(lambda conn: reviews.due(conn, DESKS, states, NOW + 70, 2))
    assert [review.id for review in found] == ["r3", "r2"]
    assert await engine.write(lambda conn: reviews.due(conn, DESKS, (State.DRAFTING,), NOW + 59, 9)) == []
    assert await engine.read(lambda conn: reviews.next_due(conn, DESKS, (State.DRAFTING, State.RECEIVED))) == NOW + 10
    assert await engine.read(lambda conn: reviews.next_due(conn, DESKS, (State.SENDING,))) is None
    assert await engine.write(lambda conn: reviews.due(conn, ("sales",), states, NOW + 99, 9)) == []
    assert await engine.read(lambda conn: reviews.next_due(conn, ("sales",), states)) is None


async def test_two_workers_that_look_at_once_see_different_reviews(heavy: Engine) -> None:
    """On PostgreSQL a worker passes over what another is about to take, so they share the work without waiting."""
    for number in range(4):
        await put(heavy, open_review, str(number))
    with heavy.sql.begin() as one, heavy.sql.begin() as other:
        mine = reviews.due(one, DESKS, (State.RECEIVED,), NOW, 2)
        theirs = reviews.due(other, DESKS, (State.RECEIVED,), NOW, 9)
        assert {review.id for review in mine} & {review.id for review in theirs} == set()
        assert len(mine) + len(theirs) == 4


async def test_a_step_rings_for_those_who_have_something_to_do(light: Engine) -> None:
    """Opening wakes the drafters, a draft wakes the card drawers, a release wakes the senders; pages hear everything."""
    heard: list[set[Topic]] = []

    async def ringing(way: tuple[type, ...], root: str) -> None:
        review = await light.write(lambda conn: led(conn, way[:-1], root)) if len(way) > 1 else None
        with light.bell.listen(*Topic) as everything:
            ears = {topic: light.bell.listen(topic) for topic in Topic}
            entered = {topic: ear.__enter__() for topic, ear in ears.items()}
            if review is None:
                await light.write(lambda conn: open_review(conn, root))
            else:
                await light.write(lambda conn: step(conn, review, way[-1]))
            heard.append({topic for topic, ear in entered.items() if await ear.wait(0)})
            assert await everything.wait(0)
            for ear in ears.values():
                ear.__exit__(None, None, None)

    await ringing(WAYS["received"], "1")
    await ringing(WAYS["in review"], "2")
    await ringing(WAYS["released"], "3")
    assert heard[0] >= {Topic.DRAFTS, Topic.PAGES}
    assert heard[1] == {Topic.CARDS, Topic.PAGES}
    assert heard[2] == {Topic.REPLIES, Topic.PAGES}


async def test_an_unchanged_text_is_not_kept_twice_for_the_row(engine: Engine) -> None:
    """The same words edited again after a recall still read as those words."""
    review = await engine.write(lambda conn: led(conn, WAYS["released with edited words"]))
    recalled = await engine.write(lambda conn: step(conn, review, Recall))
    again = await engine.write(lambda conn: step(conn, recalled.review, Edit, words=review.edited))
    assert await engine.read(lambda conn: reviews.get(conn, review.id)) == again.review


def _count(conn: Connection) -> int:
    return conn.execute(sa.select(sa.func.count()).select_from(releases)).scalar_one()


async def test_a_redraft_and_a_second_approval_make_a_second_release(engine: Engine) -> None:
    """Each decision has its own; the one in force is the last."""
    review = await engine.write(lambda conn: led(conn, (*WAYS["released"], Amended, Start, Drafted, Approve)))
    assert await engine.read(_count) == 2
    release, _ = await engine.read(lambda conn: reviews.release_of(conn, review))
    assert release.version == review.release == review.version


async def test_a_review_that_is_not_there_is_none(engine: Engine) -> None:
    """Neither an unknown id nor one that no database could hold is an error."""
    for strange in ("nonesuch", "", "r1\x00", "\ud800", "r" * 10_000):
        assert await put(engine, reviews.get, strange) is None
