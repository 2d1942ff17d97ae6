"""What reviewers live through at a desk that holds drafts back, whatever the channel."""

from __future__ import annotations

from tests.channels.contract.ground import Ground


async def test_a_reply_without_a_draft_is_written_by_hand(holding: Ground) -> None:
    """The card has no words and cannot be approved; what the person writes reaches the customer."""
    root, card = await holding.asked("Where is my parcel?")
    assert (card.reply, card.problem[:30]) == ("", "This one is yours to write: no")
    assert not (await holding.presses(card, "approve")).done
    assert (await holding.presses(card, "edit", words="With the neighbour.")).done
    await holding.works.works()
    assert await holding.replies(root) == ["With the neighbour."]


async def test_whoever_wants_a_draft_asks_for_it(holding: Ground) -> None:
    """It comes onto the same card."""
    root, card = await holding.asked("Where is my parcel?")
    assert (await holding.presses(card, "redraft", instruction="short")).done
    await holding.works.works()
    drafted = await holding.card(root)
    assert (drafted.review, drafted.reply) == (card.review, "You wrote: Where is my parcel? (short)")
