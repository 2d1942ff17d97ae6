"""Which cards have to be drawn, who draws them, and what is known of the drawing on show."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from bot.review.actions import Action, Amended, Approve, Claim, Delivered, Depart, Drafted, Start
from bot.store import cards
from bot.store.bell import Topic
from bot.store.cards import Stale
from bot.store.engine import Engine
from bot.store.tables import reviews
from tests.review.lives import NOW, WAYS
from tests.store.records import led, open_review, put, step

LATER = NOW + 1000
LEASE = 30.0
DESKS = ("support",)


async def _take(engine: Engine, now: float = LATER, limit: int = 9) -> list[Stale]:
    return await engine.write(lambda conn: cards.take(conn, DESKS, now, limit, LEASE))


async def _next(engine: Engine, *desks: str) -> float | None:
    return await engine.read(lambda conn: cards.next_due(conn, desks or DESKS))


async def _draw(
    engine: Engine, review: str, version: int, ref: str = "card-1", now: float = LATER, again: float | None = None
) -> None:
    await engine.write(lambda conn: cards.drawn(conn, review, version, ref, now, again))


@pytest.mark.parametrize(
    ("way", "due"),
    [
        ("received", False),
        ("drafting", False),
        ("in review", True),
        ("in review without words", True),
        ("claimed", True),
        ("escalated", True),
        ("snoozed", True),
        ("released", True),
        ("sending", True),
        ("stuck", True),
        ("sent", True),
        ("rejected", True),
        ("retired", False),
    ],
)
async def test_a_card_is_first_drawn_when_there_is_something_to_decide(way: str, due: bool, engine: Engine) -> None:
    """Nobody needs a card of a review that waits for its customer, is being drafted, or came to nothing unseen."""
    review = await engine.write(lambda conn: led(conn, WAYS[way]))
    assert [stale.review for stale in await _take(engine)] == ([review.id] if due else [])


@pytest.mark.parametrize("way", WAYS)
async def test_a_card_on_show_is_drawn_again_whenever_its_review_moves(way: str, engine: Engine) -> None:
    """Once somebody has seen it, every step makes it due, also one that leads to nothing."""
    review = await engine.write(open_review)
    await _draw(engine, review.id, review.version)
    for kind in WAYS[way][1:]:
        review = (await put(engine, step, review, kind)).review
        assert [stale.review for stale in await _take(engine)] == [review.id], kind.__name__
        await _draw(engine, review.id, review.version)
        assert await _next(engine) is None


async def test_a_card_waits_a_little_while_words_are_on_their_way(engine: Engine) -> None:
    """Approved, departed, delivered within a second: one drawing shows the end of it."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    await _draw(engine, review.id, review.version)
    released = await engine.write(lambda conn: step(conn, review, Approve))
    at = released.line.action.at
    assert await _take(engine, at) == []
    assert await _next(engine) == at + 1
    assert await _take(engine, at + 1) == [Stale(review.id, "card-1", review.version, 0)]


async def test_a_taken_card_is_kept_from_others_until_its_lease_ends(engine: Engine) -> None:
    """A worker that died with a card in hand is followed by another, who knows that it was tried before."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    assert await _take(engine) == [Stale(review.id, "", 0, 0)]
    assert await _take(engine, LATER + LEASE - 0.001) == []
    assert await _take(engine, LATER + LEASE) == [Stale(review.id, "", 0, 1)]


async def test_two_workers_never_draw_the_same_card(heavy: Engine) -> None:
    """On PostgreSQL two transactions that look at once take different cards and do not wait for each other."""
    for root in ("1", "2", "3", "4"):
        await put(heavy, led, WAYS["in review"], root)
    with heavy.sql.begin() as one, heavy.sql.begin() as other:
        mine, theirs = cards.take(one, DESKS, LATER, 2, LEASE), cards.take(other, DESKS, LATER, 9, LEASE)
    assert len(mine) == len(theirs) == 2
    assert {stale.review for stale in mine} & {stale.review for stale in theirs} == set()


async def test_many_workers_take_each_card_once(engine: Engine) -> None:
    """However many ask at the same time, no card is handed out twice."""
    for number in range(12):
        await put(engine, led, WAYS["in review"], str(number))
    taken = [stale for found in await asyncio.gather(*(_take(engine, limit=3) for _ in range(8))) for stale in found]
    taken += await _take(engine)
    assert sorted(stale.review for stale in taken) == sorted(f"r{number}" for number in range(12))


async def test_a_card_that_was_overtaken_while_it_was_drawn_is_due_again(engine: Engine) -> None:
    """The review moved on between taking and drawing: what hangs there is old, so it is drawn again at once."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    await _take(engine)
    moved = await engine.write(lambda conn: step(conn, review, Amended).review)
    await _draw(engine, review.id, review.version)
    assert await _take(engine) == [Stale(review.id, "card-1", review.version, 0)]
    await _draw(engine, review.id, moved.version)
    assert await _take(engine) == []


async def test_a_card_can_be_due_again_without_a_step(engine: Engine) -> None:
    """When its deadline passes it is drawn once more; a step that comes first makes it due at once."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    await _take(engine)
    await _draw(engine, review.id, review.version, again=LATER + 60)
    assert await _next(engine) == LATER + 60
    assert await _take(engine, LATER + 59) == []
    assert await _take(engine, LATER + 60) == [Stale(review.id, "card-1", review.version, 0)]
    await _draw(engine, review.id, review.version)
    assert await _next(engine) is None
    await _draw(engine, review.id, review.version, again=LATER + 600)
    moved = await put(engine, step, review, Claim)
    assert await _take(engine) == [Stale(review.id, "card-1", review.version, 0)]
    await _draw(engine, review.id, moved.review.version)
    assert await _next(engine) is None


async def test_a_card_that_was_overtaken_is_due_now_and_not_at_its_deadline(engine: Engine) -> None:
    """What hangs there is old: that is more urgent than any promise."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    await _take(engine)
    await put(engine, step, review, Claim)
    with engine.bell.listen(Topic.CARDS) as ear:
        await _draw(engine, review.id, review.version, again=LATER + 60)
        assert await ear.wait(0)
    assert await _next(engine) == LATER


async def test_a_drawing_that_failed_is_due_when_it_is_said_to_be(engine: Engine) -> None:
    """And the next attempt knows how many there were."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    await _take(engine)
    await engine.write(lambda conn: cards.later(conn, review.id, LATER + 7))
    assert await _next(engine) == LATER + 7
    assert await _take(engine, LATER + 6) == []
    assert await _take(engine, LATER + 7) == [Stale(review.id, "", 0, 1)]


async def test_a_first_drawing_whose_answer_was_lost_is_not_forgotten(engine: Engine) -> None:
    """It may hang there unseen. Also after the review has moved on, the next attempt must look before it posts."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    await _take(engine)
    await engine.write(lambda conn: cards.later(conn, review.id, LATER + 7))
    way: tuple[type[Action], ...] = (Amended, Start, Drafted)
    for kind in way:
        review = (await put(engine, step, review, kind)).review
    assert await _take(engine) == []
    assert [(stale.ref, stale.tries > 0) for stale in await _take(engine, LATER + 7)] == [("", True)]


async def test_a_card_on_show_that_moves_again_is_drawn_without_further_pause(engine: Engine) -> None:
    """Attempts are counted for one version: a new one does not inherit the back-off of the old."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    await _draw(engine, review.id, 1)
    for _ in range(3):
        assert await _take(engine, LATER) != []
        await engine.write(lambda conn: cards.later(conn, review.id, LATER))
    last: tuple[type[Action], ...] = (Approve, Depart, Delivered)
    for kind in last:
        review = (await put(engine, step, review, kind)).review
    assert await _take(engine) == [Stale(review.id, "card-1", 1, 0)]


async def test_cards_of_a_desk_that_left_the_settings_rest(engine: Engine) -> None:
    """Nobody draws them, nobody is woken for them, and they are due again when their desk is back."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    assert await engine.write(lambda conn: cards.take(conn, ("sales",), LATER, 9, LEASE)) == []
    assert await _next(engine, "sales") is None
    assert await _next(engine) is not None
    assert [stale.review for stale in await _take(engine)] == [review.id]


async def test_a_card_is_never_the_truth(engine: Engine) -> None:
    """Whatever is noted about drawings leaves the review itself alone."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    columns = [column for column in reviews.columns if not column.name.startswith("card_")]
    before = await engine.read(lambda conn: conn.execute(sa.select(*columns)).all())
    await _take(engine)
    await _draw(engine, review.id, 99, "elsewhere")
    await engine.write(lambda conn: cards.later(conn, review.id, 5.0))
    assert await engine.read(lambda conn: conn.execute(sa.select(*columns)).all()) == before
