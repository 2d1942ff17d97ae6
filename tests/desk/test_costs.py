"""What drafts cost is counted, and a budget that is used up ends in the articles and a word to the leads."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from bot.channels.card import Card
from bot.review.model import Usage
from bot.store import costs
from tests.stage.drafter import draft_of
from tests.stage.play import DESK, LEA, Stage, staged

USAGE = Usage("gpt", 1000, 100, 0.5, 2.0)


def costly(stage: Stage, usage: Usage = USAGE) -> None:
    """The next draft takes so much."""
    stage.drafter.script.append(replace(draft_of("Hi"), usage=usage))


async def test_what_drafts_cost_is_counted_by_desk_month_and_model(either: Stage) -> None:
    """Two drafts of one model are one row; what took no tokens is not counted."""
    costly(either)
    await either.in_review()
    costly(either)
    await either.in_review(root="2")
    costly(either, Usage("other", 10, 1, 0.1, 1.0))
    await either.in_review(root="3")
    await either.in_review(root="4")
    rows = await either.engine.read(costs.of_all)
    assert rows == [
        costs.Cost("support", "2026-09", "gpt", 2, 2000, 200, 1.0, 4.0),
        costs.Cost("support", "2026-09", "other", 1, 10, 1, 0.1, 1.0),
    ]


async def test_a_draft_that_nobody_will_read_is_counted_too(stage: Stage) -> None:
    """The customer wrote more while it was made."""
    costly(stage)
    await stage.says("Where is my parcel?", ref="1")
    stage.clock.move(DESK.settle)
    (claim,) = (await stage.desk.take_drafts(1)).claims
    await stage.says("And my refund?")
    await stage.desk.draft(claim)
    assert [row.drafts for row in await stage.engine.read(costs.of_all)] == [1]
    assert (await stage.review()).draft is None


def called(stage: Stage) -> list[Card]:
    """The drawings of cards that called somebody."""
    return [card for drawn in stage.channel.world.cards.values() for card in drawn if card.calls]


async def test_a_budget_that_is_used_up_ends_in_the_articles_and_calls_the_leads_once(sqlite: sa.URL) -> None:
    """The drafter is told not to ask the model, and why; with the next month it may again."""
    async with staged(sqlite, desk=replace(DESK, budget=0.8)) as stage:
        for root in ("1", "2"):
            costly(stage)
            await stage.in_review(root=root)
        assert [case.thrift for case in stage.drafter.cases] == ["", ""]
        await stage.in_review(root="3")
        await stage.in_review(root="4")
        spent = "this month's budget for the model is used up"
        assert [case.thrift for case in stage.drafter.cases] == ["", "", spent, spent]
        assert [(card.calls, card.call) for card in called(stage)] == [
            (
                (str(LEA),),
                "Support has used up what drafts may cost in 2026-09. Until the month is over they come from the"
                " articles alone. An admin can raise the budget in the settings.",
            )
        ]
        stage.clock.move(31 * 86_400.0)
        await stage.in_review(root="5")
        assert stage.drafter.cases[-1].thrift == ""


async def test_without_a_budget_nobody_is_called(stage: Stage) -> None:
    """However much it costs."""
    costly(stage, replace(USAGE, price=1e6))
    await stage.in_review()
    await stage.in_review(root="2")
    assert [case.thrift for case in stage.drafter.cases] == ["", ""]
    assert called(stage) == []
