"""What people wrote is kept to the character, apart from the record, and can be erased from it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.review.actions import Drafted, Edit, Escalate, Redraft, Reject
from bot.review.model import State
from bot.store import audit, conversations, reviews, texts
from bot.store.engine import Engine
from bot.store.tables import texts as rows
from bot.store.verify import verify
from tests.review.lives import DRAFT, WAYS, a
from tests.store.records import led, open_review, put, said, step, talk

STRANGE = {
    "empty": "",
    "spaces": " \t\r\n\u00a0",
    "NUL": "before\x00after\x00",
    "half a character": "\ud83d without its other half \udc00",
    "long": "a line of words, and then some more\n" * 1_400,
    "right to left": "שלום עולם مرحبا \u202eevil\u2066",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈🇩🇰",
    "markup": "<script>alert(1)</script> {{7*7}} ${x} %s {0.__class__} <@U123> @channel *bold* \\u0000 --; DROP TABLE texts",
    "combining": "Z̸̢̛͙a̴͔̋l̶͇̈́g̷̣̈o̷͓͝ ﷽",
    "beyond the first plane": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U0010ffff",
}


def test_the_long_one_is_as_long_as_promised() -> None:
    """Fifty thousand characters are what the issue names."""
    assert len(STRANGE["long"]) >= 50_000


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
async def test_a_text_reads_back_to_the_character(text: str, engine: Engine) -> None:
    """Kept, read, and with the digest it was given."""
    kept = await put(engine, texts.put, text)
    assert await put(engine, texts.get, kept.id) == (text, kept.digest)


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
async def test_whatever_people_type_goes_through_a_whole_review(text: str, engine: Engine) -> None:
    """As a message, an instruction, a draft, an edit and a note: nothing of it is changed or lost, and it verifies."""

    def live(conn: Connection) -> list[str]:
        review = open_review(conn, text=text)
        review = step(conn, review, a(WAYS["drafting"][1], review)).review
        review = step(conn, review, Drafted, draft=replace(DRAFT, reply=text or "-", note=text)).review
        review = step(conn, review, Redraft, instruction=text).review
        review = step(conn, review, a(WAYS["drafting"][1], review)).review
        review = step(conn, review, Drafted).review
        review = step(conn, review, Escalate, note=text).review
        if text.strip():
            edited = step(conn, review, Edit, words=text, limit=10**6).review
            assert reviews.get(conn, review.id) == edited
            assert reviews.release_of(conn, edited)[0].words == text
        else:
            step(conn, review, Reject, note=text)
        return [entry.text or "" for entry in audit.entries(conn, review.id)[review.id]]

    told = await engine.write(live)
    message = await engine.read(lambda conn: conversations.as_it_reads(conn, "c1")["c1"][0])
    assert message.text == text
    assert told[0] == told[3] == told[6] == told[7] == text
    assert (await engine.read(verify)).erased == 0


def test_a_draft_that_was_kept_before_audiences_were_known_reads_as_for_none() -> None:
    """Nor does one that a newer version of the program kept stand in the way."""
    kept = json.loads(audit.draft_to_text(DRAFT))
    del kept["audience"]
    assert audit.draft_of_text(json.dumps(kept | {"later": 1})) == replace(DRAFT, audience="")


async def test_names_and_references_are_kept_as_the_database_can_hold_them(engine: Engine) -> None:
    """PostgreSQL's text takes neither NUL nor half a character; a name with either is stored all the same."""
    event = said("Hello", ref="m\x001", keys=("k\x00", "k\ud800"), files=("a\x00.png",))
    odd = replace(event, by=replace(event.by, name="Mia \x00\ud83d", id="mi\x00a"))
    await put(engine, talk, odd)
    assert await put(engine, conversations.is_new, odd.keys, 1.0)
    assert not await put(engine, conversations.is_new, odd.keys, 1.0)
    message = await engine.read(lambda conn: conversations.as_it_reads(conn, "c1")["c1"][0])
    assert (message.by.name, message.ref, message.files) == ("Mia \ufffd?", "m\ufffd1", ("a\ufffd.png",))


async def test_every_text_has_a_salt_of_its_own(engine: Engine) -> None:
    """The same words twice have two digests, so a digest in the audit tells nobody what was said."""
    one, other = await put(engine, texts.put, "yes"), await put(engine, texts.put, "yes")
    assert one.digest != other.digest
    salts = await engine.read(lambda conn: conn.execute(sa.select(rows.c.salt)).scalars().all())
    assert len({bytes(salt) for salt in salts}) == 2
    assert all(len(salt) == 16 for salt in salts)


async def test_what_people_wrote_is_in_no_other_table(engine: Engine) -> None:
    """Erasing the text erases it: neither rows nor audit hold a copy."""

    def live(conn: Connection) -> None:
        review = open_review(conn, text="SECRET one")
        review = step(conn, review, a(WAYS["drafting"][1], review)).review
        review = step(conn, review, Drafted, draft=replace(DRAFT, reply="SECRET two", intent="SECRET")).review
        review = step(conn, review, Redraft, instruction="SECRET three").review
        review = step(conn, review, a(WAYS["drafting"][1], review)).review
        review = step(conn, review, Drafted).review
        step(conn, review, Edit, words="SECRET four")

    await engine.write(live)
    assert await engine.read(lambda conn: _places_of(conn, "SECRET")) == {"texts"}


def _places_of(conn: Connection, words: str) -> set[str]:
    """The tables in which these words stand somewhere."""
    found = set()
    for table in rows.metadata.sorted_tables:
        for row in conn.execute(sa.select(table)):
            if any(words in str(value) or (isinstance(value, bytes) and words.encode() in value) for value in row):
                found.add(table.name)
    return found


def _erase(conn: Connection) -> None:
    conn.execute(sa.delete(rows))


@pytest.mark.parametrize("way", WAYS)
async def test_erased_words_read_as_such_and_the_record_still_holds(way: str, engine: Engine) -> None:
    """Texts and salts are gone for good; who decided what and when stays provable."""
    review = await put(engine, led, WAYS[way])
    await engine.write(_erase)
    found = await engine.read(verify)
    assert found.erased == sum(kind.private is not None or kind.__name__ == "Received" for kind in WAYS[way])
    assert (found.lines, found.reviews) == (len(WAYS[way]), 1)
    entries = await engine.read(lambda conn: audit.entries(conn, review.id)[review.id])
    assert all(entry.intact and entry.text in (None, texts.ERASED) for entry in entries)
    messages = await engine.read(lambda conn: conversations.as_it_reads(conn, review.conversation))
    assert {(message.text, message.deleted) for message in messages[review.conversation]} == {("", True)}
    read = await put(engine, reviews.get, review.id)
    assert read is not None
    assert (read.words or texts.ERASED) == texts.ERASED
    if review.state in (State.RELEASED, State.SENDING, State.STUCK, State.SENT):
        release, _ = await put(engine, reviews.release_of, review)
        assert release.words == texts.ERASED


async def test_the_number_of_an_erased_text_is_not_given_away_again(engine: Engine) -> None:
    """Otherwise a later text would turn up where an erased one stood."""
    kept = await put(engine, texts.put, "first")
    await engine.write(_erase)
    assert await put(engine, texts.get, kept.id) is None
    assert (await put(engine, texts.put, "second")).id > kept.id
