"""What a model was shown for a draft is kept with it, is verified with it, and is erased with it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.review.model import Call
from bot.store import dossier, erasure, exchanges
from bot.store.tables import exchanges as rows
from bot.store.verify import Broken, verify
from tests.stage.play import MIA, Stage
from tests.store.forger import forge

CALLS = (
    Call("gpt-x", (("system", "You draft."), ("human", "> zebra \0\ud83d")), "nonsense", "the answer was unreadable"),
    Call("gpt-x", (("system", "You draft. Again."),), '{"reply": "Hello"}'),
)


async def _asked(stage: Stage) -> str:
    stage.drafter.calls = CALLS
    return (await stage.in_review()).review


async def test_it_is_kept_letter_by_letter(either: Stage) -> None:
    """Every attempt, under the version of the draft; the record verifies, and a customer is handed what is theirs."""
    review = await _asked(either)
    assert await either.engine.read(lambda conn: exchanges.of(conn, review)) == {3: CALLS}
    found = await either.engine.read(lambda conn: dossier.of(conn, MIA, 0.0))
    assert found is not None
    assert CALLS in [step.asked for step in found.conversations[0].reviews[0].steps]
    await either.verified()


async def test_nothing_is_kept_when_no_model_was_asked(either: Stage) -> None:
    """An offline draft has no exchange."""
    await either.in_review()
    assert await either.engine.read(lambda conn: conn.execute(sa.select(rows)).all()) == []
    await either.verified()


async def test_it_is_erased_with_the_rest(either: Stage) -> None:
    """Whoever is erased is erased there too, and the record still verifies."""
    review = await _asked(either)
    await either.engine.write(lambda conn: erasure.erase(conn, MIA, "ana", either.clock()))
    assert await either.engine.read(lambda conn: exchanges.of(conn, review)) == {3: None}
    await either.verified()


FORGED = {
    "is not what was recorded": (("UPDATE exchanges SET text = text - 1",), ("UPDATE exchanges SET text = text + 1",)),
    "belongs to no draft": (("UPDATE exchanges SET version = 2",), ("UPDATE exchanges SET version = 3",)),
    "is missing": (
        ("CREATE TABLE hidden AS SELECT * FROM exchanges", "DELETE FROM exchanges"),
        ("INSERT INTO exchanges SELECT * FROM hidden", "DROP TABLE hidden"),
    ),
}


@pytest.mark.parametrize("what", FORGED)
async def test_one_that_was_forged_is_named(what: str, either: Stage) -> None:
    """Other words, none, or those of another step."""
    review = await _asked(either)
    done, undone = FORGED[what]
    forge(either.engine, *done)
    with pytest.raises(Broken) as broken:
        await either.engine.read(verify)
    assert broken.value.what.startswith(f"what was said with models for {review}, version ")
    assert broken.value.what.endswith(what)
    forge(either.engine, *undone)
