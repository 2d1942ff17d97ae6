"""A share of the questions comes without a draft, by lot, so that what drafts save can be measured."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from bot.channels.card import Card
from bot.review.actions import DraftFailed
from bot.review.model import State
from bot.store import audit, costs
from tests.stage.drafter import draft_of
from tests.stage.play import DESK, LEA, PATIENCE, Stage, desk, staged

SAID = (
    "This one is yours to write: now and then a question comes without a draft, by lot, so that we can see what"
    " drafts save."
)


@pytest.fixture
async def holding(database: sa.URL) -> AsyncIterator[Stage]:
    """A desk that holds every draft back, on a database of either kind."""
    async with staged(database, desk=desk(hold_back=1.0)) as stage:
        yield stage


async def test_a_question_that_is_held_back_is_written_by_a_person(holding: Stage) -> None:
    """No model is asked, the card says kindly why, and the reply goes out as ever."""
    card = await holding.in_review()
    (shown,) = holding.shown()
    assert (shown.reply, shown.problem, shown.state) == ("", SAID, State.IN_REVIEW)
    assert holding.drafter.cases == []
    assert {"edit", "redraft", "reject"} <= {button.verb for button in card.buttons}
    assert "No draft, by lot: a person writes this one, to see what drafts save." in [s.text for s in shown.history]
    await holding.presses("edit", words="It is on its way.")
    await holding.works()
    assert holding.replies() == ["It is on its way."]
    assert await holding.steps() == ["Received", "Start", "DraftFailed", "Edit", "Depart", "Delivered"]


async def test_the_record_knows_that_it_was_held_back(holding: Stage) -> None:
    """Read back from the audit, and it cost nothing."""
    await holding.in_review()
    review = await holding.review()
    entries = await holding.engine.read(lambda conn: audit.entries(conn, review.id))
    (failed,) = (one.line.action for one in entries[review.id] if isinstance(one.line.action, DraftFailed))
    assert failed.draft.held
    assert await holding.engine.read(costs.of_all) == []


async def test_how_the_customer_sounds_is_told_by_the_rules(holding: Stage) -> None:
    """An angry customer may be held back like any other, and is flagged."""
    card = await holding.in_review("This is the third time I ask! I am furious and will see my lawyer!")
    assert card.sentiment is not None
    assert (card.sentiment.angry, card.sentiment.judge, card.problem) == (True, "rules", SAID)


async def test_what_the_customer_adds_does_not_draw_again(holding: Stage) -> None:
    """The lot is the review's."""
    await holding.in_review()
    await holding.says("It is red.", ref="2")
    await holding.settles()
    card = await holding.card()
    assert (len(card.messages), card.reply, card.problem) == (2, "", SAID)
    assert holding.drafter.cases == []


@pytest.mark.parametrize("instruction", ["", "Say sorry first"])
async def test_whoever_asks_for_a_draft_gets_one(instruction: str, holding: Stage) -> None:
    """And the record no longer calls it held back, whatever the customer writes afterwards."""
    await holding.in_review()
    assert (await holding.presses("redraft", instruction=instruction)).done
    await holding.works()
    review = await holding.review()
    assert review.draft is not None
    assert (review.draft.held, review.problem) == (False, "")
    assert review.words.startswith("You wrote: Where is my parcel?")
    await holding.says("It is red.", ref="2")
    await holding.settles()
    assert (await holding.card()).reply == "You wrote: Where is my parcel? / It is red."


async def test_a_draft_that_was_asked_for_comes_although_the_customer_wrote_meanwhile(holding: Stage) -> None:
    """The wish is not lost with the draft that was under way."""
    await holding.in_review()
    assert (await holding.presses("redraft", instruction="")).done
    await holding.says("It is red.", ref="2")
    await holding.settles()
    assert (await holding.card()).reply == "You wrote: Where is my parcel? / It is red."


async def test_a_pause_is_no_lot(holding: Stage) -> None:
    """While drafting is paused, nobody is compared with anybody."""
    await holding.desk.pause(LEA, "support", paused=True)
    card = await holding.in_review()
    assert card.problem.startswith("Drafting is paused by Lea")
    review = await holding.review()
    assert review.draft is not None
    assert not review.draft.held


async def test_neither_is_a_model_that_is_down(holding: Stage) -> None:
    """A draft made for want of it comes as it would without the lot, and stays what it is when it is made again."""
    holding.drafter.down = True
    holding.drafter.script.append(replace(draft_of("From an article."), makeshift=True))
    assert (await holding.in_review()).reply == "From an article."
    holding.drafter.down, holding.drafter.free = False, 1
    holding.clock.move(PATIENCE.renew)
    await holding.works()
    assert (await holding.card()).reply == "You wrote: Where is my parcel?"


async def test_neither_is_a_budget_that_is_spent(sqlite: sa.URL) -> None:
    """Then nobody has the model's drafts."""
    async with staged(sqlite, desk=desk(hold_back=1.0, budget=0.0)) as stage:
        assert (await stage.in_review()).reply


async def test_some_are_held_back_and_others_are_not(sqlite: sa.URL) -> None:
    """As many as the desk asks for, and the same ones at every replica."""
    async with staged(sqlite, desk=desk(hold_back=0.5)) as stage:
        cards: list[Card] = [await stage.in_review(root=str(root)) for root in range(1, 21)]
        held = {card.review for card in cards if card.problem == SAID}
        assert held == {card.review for card in cards if desk(hold_back=0.5).draws(card.review)}
        assert 0 < len(held) < 20


def test_the_share_is_the_one_that_was_asked_for() -> None:
    """Of 20,000 ids as the program makes them a tenth, within four standard deviations; none at none, all at all."""
    milliseconds = count(1_790_000_000_000)
    ids = [str(ULID.from_timestamp(next(milliseconds) / 1000)) for _ in range(20_000)]
    drawn = sum(desk(hold_back=0.1).draws(one) for one in ids)
    assert abs(drawn - 2_000) < 4 * (20_000 * 0.1 * 0.9) ** 0.5
    assert not any(map(DESK.draws, ids))
    assert all(map(desk(hold_back=1.0).draws, ids))


@given(st.text(max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_whoever_is_drawn_for_a_small_share_is_drawn_for_a_larger_one(review: str, one: float, other: float) -> None:
    """So that a desk that asks for more keeps those it has."""
    small, large = sorted((one, other))
    assert not desk(hold_back=small).draws(review) or desk(hold_back=large).draws(review)
