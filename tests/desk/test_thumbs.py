"""A customer's thumb on a reply: counted once, taken back by whoever gave it, and nobody's once they are erased."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channels.base import Person, Place, Rated, Receipt, Speaker, Thread
from bot.store import erasure, thumbs
from bot.store.tables import thumbs as rows
from tests.stage.channel import NAME, SUPPORT
from tests.stage.play import ANA, JON, MIA, Stage


async def replied(stage: Stage, root: str = "1") -> str:
    """The reference of a reply that has arrived."""
    await stage.released(root)
    await stage.works()
    return next(reply.ref for reply in stage.channel.world.replies if reply.thread.root == root)


def rated(stage: Stage, ref: str, thumb: int = 1, *, by: Person = MIA, added: bool = True, key: str = "") -> Rated:
    """What a channel tells of a reaction."""
    speaker = Speaker.CUSTOMER if by in (MIA, JON) else Speaker.STAFF
    about = {"ref": ref, "by": by, "speaker": speaker, "at": stage.clock(), "keys": (key,) if key else ()}
    return Rated(thread=Thread(SUPPORT, ref), thumb=thumb, added=added, **about)  # type: ignore[arg-type]


async def given(stage: Stage) -> list[int]:
    """The thumbs on record, in order."""
    return sorted(row.thumb for row in await stage.engine.read(lambda conn: conn.execute(rows.select()).all()))


async def test_every_customer_has_a_thumb_for_a_reply(either: Stage) -> None:
    """And one only, however often they change their mind."""
    ref = await replied(either)
    for by, thumb in ((MIA, 1), (MIA, -1), (JON, 1), (MIA, 1), (JON, -1)):
        assert await either.tell(rated(either, ref, thumb, by=by)) is Receipt.STORED
    assert await given(either) == [-1, 1]
    assert await either.engine.read(lambda conn: thumbs.given(conn, JON, [ref])) == {ref: -1}


async def test_what_is_told_twice_counts_once(either: Stage) -> None:
    """A reaction that comes again after it was taken back does not bring it back."""
    ref = await replied(either)
    assert await either.tell(rated(either, ref, key="a")) is Receipt.STORED
    assert await either.tell(rated(either, ref, added=False, key="b")) is Receipt.STORED
    assert await either.tell(rated(either, ref, key="a")) is Receipt.DUPLICATE
    assert await given(either) == []


async def test_nobody_takes_back_anothers(stage: Stage) -> None:
    """Nor their own of the other kind."""
    ref = await replied(stage)
    await stage.tell(rated(stage, ref))
    await stage.tell(rated(stage, ref, by=JON, added=False))
    await stage.tell(rated(stage, ref, -1, added=False))
    assert await given(stage) == [1]


@pytest.mark.parametrize("whose", ["staff", "message", "place", "nothing"])
async def test_only_a_customers_thumb_on_the_bots_reply_counts(whose: str, stage: Stage) -> None:
    """Not a colleague's, not one on the customer's own message, not one in a channel that nobody listens to."""
    ref = await replied(stage)
    event = rated(stage, ref, by=ANA if whose == "staff" else MIA)
    if whose == "message":
        event = replace(event, ref="1")
    if whose == "place":
        event = replace(event, thread=Thread(Place(NAME, "elsewhere"), ref))
    if whose == "nothing":
        event = replace(event, ref="")
    assert await stage.tell(event) is Receipt.IGNORED
    assert await given(stage) == []


async def test_an_erased_customers_thumb_counts_and_is_nobodys(either: Stage) -> None:
    """Wherever they gave it: on the reply to their own question, and on one to another's."""
    own, others = await replied(either), await replied(either, "2")
    await either.tell(rated(either, own))
    await either.tell(rated(either, others, -1))
    await either.says("Mine too?", "3", ref="3", by=JON)
    await either.tell(rated(either, others, by=JON))

    assert await either.engine.write(lambda conn: erasure.erase(conn, MIA, "lea", either.clock()))
    assert await given(either) == [-1, 1, 1]
    assert await either.engine.read(lambda conn: thumbs.given(conn, MIA, [own, others])) == {}
    for row in await either.engine.read(lambda conn: conn.execute(rows.select()).all()):
        assert row.person.startswith("erased-")


async def test_somebody_who_only_put_a_thumb_is_known_and_can_be_erased(stage: Stage) -> None:
    """They wrote nothing, and yet there is something of them; of others there is not."""
    ref = await replied(stage)
    await stage.tell(rated(stage, ref, by=JON))
    await stage.tell(rated(stage, ref))
    assert await stage.engine.write(lambda conn: erasure.erase(conn, JON, "lea", stage.clock()))
    assert await stage.engine.read(lambda conn: thumbs.given(conn, JON, [ref])) == {}
    assert await stage.engine.read(lambda conn: thumbs.given(conn, MIA, [ref])) == {ref: 1}
    assert await stage.engine.write(lambda conn: erasure.erase(conn, JON, "lea", stage.clock())) is None
