"""Reviews are found by what was written in them, in any script, on either database; and no longer once it was erased."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, update

from bot.channels.base import Person
from bot.insight.keeping import keep_up
from bot.review.actions import Amended
from bot.store import conversations, erasure, overwriting
from bot.store.engine import Engine
from bot.store.tables import conversations as threads
from bot.store.tables import messages
from bot.store.words import compact, found, tokens
from tests.review.lives import NOW, WAYS
from tests.store.records import MIA, led, open_review, put, said, step
from tests.store.test_erasure import DAY, in_files

SAID = {
    "1": "Where is my PARCEL? I ordered on 12/11, order #A-4711!",
    "2": "Jeg vil gerne have min pakke på søndag. Café Ångström",
    "3": "返品したいのですが、注文番号はどこですか",
    "4": "Πού είναι το δέμα μου; Где моя посылка? أين طردي؟",
    "5": "nul\x00byte and \ud800 half 'quoted' \"double\" OR NOT NEAR(x) * : ^",
}


def here(conn: Connection, text: str) -> list[str]:
    """In which of the conversations this is found."""
    wanted = found(conn.dialect.name, text)
    return [] if wanted is None else sorted(one[1:] for one in conn.execute(wanted).scalars())


async def looked(engine: Engine, text: str) -> list[str]:
    """The same with an engine."""
    return await engine.read(lambda conn: here(conn, text))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("parcel", "1"),
        ("PARC whe", "1"),
        ("parcel pakke", ""),
        ("4711", "1"),
        ("#A-4711", "1"),
        ("arcel", ""),
        ("sondag", ""),
        ("søn", "2"),
        ("angstrom", "2"),
        ("CAFE\u0301", "2"),
        ("返品", "3"),
        ("注文番号", "3"),
        ("品", "3"),
        ("品返", ""),
        ("ですか", "3"),
        ("δεμα", "4"),
        ("посылк", "4"),
        ("طرد", "4"),
        ('"double"', "5"),
        ("NOT", "5"),
        ("nul*", "5"),
        ("where OR", "1"),
        ("tokens: where", ""),
        ("'", ""),
        ("%", ""),
        ("NEAR(x)", "5"),
        ("\x00", ""),
        ("\ud800", ""),
        ("_", ""),
    ],
)
async def test_what_is_found(engine: Engine, text: str, where: str) -> None:
    """Every word by its beginning, in any case; what looks like an operator is a word or nothing."""

    def filled(conn: Connection) -> None:
        for root, words in SAID.items():
            open_review(conn, root, words)
        keep_up(conn, NOW, 9)

    await engine.write(filled)
    assert await looked(engine, text) == list(where)


@given(st.text(max_size=60))
def test_a_text_is_found_by_itself(text: str) -> None:
    """Whatever is typed, every word that is searched for is one that was put down."""
    down = set(tokens(text))
    for wanted in tokens(text, whole=False):
        assert any(word.startswith(wanted) for word in down)
        assert not set(wanted) & set("'\\\" *&|!():<>^-+\x00")


async def test_the_reply_is_found_once_it_was_sent(engine: Engine) -> None:
    """A draft is not: nobody wrote it."""
    await put(engine, led, WAYS["released"], "1")
    await put(engine, led, WAYS["sent"], "2")
    await engine.write(lambda conn: keep_up(conn, NOW, 9))
    assert await looked(engine, "costs nothing") == ["2"]
    assert await looked(engine, "parcel") == ["1", "2"]


async def test_what_another_customer_wrote_is_still_found(engine: Engine) -> None:
    """An erasure takes what is erased: another's words in the same thread stay, and stay findable."""

    def filled(conn: Connection) -> None:
        review = open_review(conn, "1", "zebra")
        jon = Person("web", "jon", "Jon")
        number, _ = conversations.add(conn, review.conversation, said("horse", ref="2", by=jon))
        step(conn, review, Amended, message=number)
        keep_up(conn, NOW, 9)

    await engine.write(filled)
    assert (await looked(engine, "zebra"), await looked(engine, "horse")) == (["1"], ["1"])
    await engine.write(lambda conn: erasure.erase(conn, MIA, "ana", NOW))
    assert (await looked(engine, "zebra"), await looked(engine, "horse")) == ([], ["1"])
    await engine.write(lambda conn: keep_up(conn, NOW, 9))
    assert (await looked(engine, "zebra"), await looked(engine, "horse")) == ([], ["1"])


async def test_erased_words_are_gone_from_the_files(light: Engine) -> None:
    """From the table, from the full-text index beside it, and from the journal: at a person's wish, or after their time."""
    path = Path(light.url.database or "")

    def filled(conn: Connection) -> None:
        for number in range(300):
            open_review(conn, str(number), f"{'zebra' if number % 100 == 50 else 'horse'}{number:04} and more")
        # All but three are Jon's.
        his = [f"c{number}" for number in range(300) if number % 100 != 50]
        conn.execute(update(threads).where(threads.c.id.in_(his)).values(customer="jon"))
        conn.execute(update(messages).where(messages.c.conversation.in_(his)).values(person="jon"))

    await light.write(filled)
    while await light.write(lambda conn: keep_up(conn, NOW, 1000)):
        continue
    hers = [f"zebra{number:04}".encode() for number in range(50, 300, 100)]
    assert in_files(path, *hers) == set(hers)
    await light.write(lambda conn: erasure.erase(conn, MIA, "ana", NOW))
    # So small an index is merged as it goes; a large one is not, so that erasing has to see to it.
    assert await light.write(compact) is False
    assert overwriting.overwrite(light.sql) is True
    assert in_files(path, *hers, b"ebra0") == set()
    assert len(await looked(light, "horse")) == 297


async def test_what_was_kept_for_long_enough_is_not_found(engine: Engine) -> None:
    """It leaves the search with its texts, and its index is written anew once."""
    await put(engine, led, WAYS["rejected"], "1")
    await engine.write(lambda conn: keep_up(conn, NOW, 9))
    assert await looked(engine, "parcel") == ["1"]
    later = NOW + 31 * DAY
    await engine.write(lambda conn: erasure.expire(conn, "support", later - 30 * DAY, 9, later))
    assert await looked(engine, "parcel") == []
    assert [await engine.write(compact), await engine.write(compact)] == [True, False]
