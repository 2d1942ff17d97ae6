"""What a customer thinks of a reply, whatever the channel."""

from __future__ import annotations

from bot.store.engine import Connection
from bot.store.tables import thumbs
from tests.channels.contract.ground import Ground


async def replied(ground: Ground) -> str:
    """A thread whose reply has arrived."""
    root, card = await ground.asked("Where is my parcel?")
    assert (await ground.presses(card, "approve")).done
    await ground.works.works()
    assert len(await ground.replies(root)) == 1
    return root


async def given(ground: Ground) -> list[int]:
    """The thumbs on record."""

    def look(conn: Connection) -> list[int]:
        rows = conn.execute(thumbs.select()).all()
        kept = " ".join(row.person for row in rows)
        assert ground.customer.id not in kept
        assert len(kept.split(":")) == len(rows) + 1
        return [row.thumb for row in rows]

    return await ground.works.engine.read(look)


async def test_a_customers_thumb_is_counted_once(ground: Ground) -> None:
    """For the reply it was put on, without saying whose it is."""
    root = await replied(ground)
    await ground.reacts(root)
    assert await given(ground) == [1]


async def test_what_is_taken_away_no_longer_counts(ground: Ground) -> None:
    """And can be given anew."""
    root = await replied(ground)
    await ground.reacts(root)
    await ground.reacts(root, added=False)
    assert await given(ground) == []
    await ground.reacts(root, up=False)
    assert await given(ground) == [-1]


async def test_the_last_word_counts(ground: Ground) -> None:
    """Whoever changed their mind has one opinion; taking the old sign away leaves it."""
    root = await replied(ground)
    await ground.reacts(root)
    await ground.reacts(root, up=False)
    assert await given(ground) == [-1]
    await ground.reacts(root, added=False)
    assert await given(ground) == [-1]


async def test_colleagues_do_not_rate_themselves(ground: Ground) -> None:
    """It is the customers' opinion that counts."""
    root = await replied(ground)
    await ground.reacts(root, staff=True)
    assert await given(ground) == []
