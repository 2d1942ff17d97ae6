"""`audit verify` names the first thing that does not fit, whatever the forger changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store import seals
from bot.store.audit import entries as entries_of
from bot.store.engine import Engine
from bot.store.tables import audit, reviews
from bot.store.verify import Broken, Findings, verify
from tests.review.lives import NOW, WAYS
from tests.store.forger import forge
from tests.store.records import led, put

# Lines 1 to 4 are sealed, 5 to 10 are sealed by a second seal, 11 to 14 are not sealed.
SEALED, OPEN = 10, 4


@pytest.fixture
async def record(engine: Engine, tmp_path: Path) -> Engine:
    """Three reviews, two of them under a seal each."""
    key = seals.load_key(tmp_path / "seal.key")
    for root, way in (("1", WAYS["rejected"]), ("2", WAYS["sent"]), ("3", WAYS["released"])):
        await put(engine, led, way, root)
        if root != "3":
            await put(engine, seals.seal, key, NOW)
    return engine


async def _verify(engine: Engine) -> Findings:
    return await engine.read(verify)


async def _broken(engine: Engine, *statements: str) -> str:
    """What `verify` says after these changes."""
    forge(engine, *statements)
    with pytest.raises(Broken) as broken:
        await _verify(engine)
    assert str(broken.value) == broken.value.what
    return broken.value.what


async def test_an_untouched_record_holds(record: Engine) -> None:
    """Every line, seal and review is counted, and the key that signed is named."""
    found = await _verify(record)
    assert (found.lines, found.sealed, found.seals, found.reviews) == (SEALED + OPEN, SEALED, 2, 3)
    assert (found.erased, len(found.keys)) == (0, 1)


async def test_an_empty_record_holds(engine: Engine) -> None:
    """There is nothing to find fault with on the first day."""
    assert await _verify(engine) == Findings()


SEALED_LINE = [
    "UPDATE audit SET actor = 'web:leo' WHERE number = 4",
    "UPDATE audit SET actor_name = 'Leo' WHERE number = 4",
    "UPDATE audit SET at = at + 1 WHERE number = 4",
    "UPDATE audit SET details = replace(details, 'tone', 'facts') WHERE number = 4",
    "UPDATE audit SET role = 'admin' WHERE number = 4",
    "UPDATE audit SET text = NULL, digest = NULL WHERE number = 4",
    "UPDATE audit SET action = 'Withdrawn' WHERE number = 4",
]


@pytest.mark.parametrize("statement", SEALED_LINE)
async def test_a_sealed_line_that_was_changed_is_named(statement: str, record: Engine) -> None:
    """Whatever about it: the person, the time, the decision, the reason."""
    assert await _broken(record, statement) == "line 4 (r1, version 4) was changed after the seal"


@pytest.mark.parametrize("number", [2, 5, 10])
async def test_a_sealed_line_that_is_missing_is_named(number: int, record: Engine) -> None:
    """In the middle of a stretch, as its first and as its last line."""
    gone = f"DELETE FROM audit WHERE number = {number}"
    assert await _broken(record, gone) == f"line {number} is missing from the audit"


async def test_a_line_that_was_put_in_is_named(record: Engine, tmp_path: Path) -> None:
    """A number that was free when the seal was made does not belong below it."""
    forge(record, "DELETE FROM seals", "UPDATE audit SET number = number + 100 WHERE number > 4")
    key = seals.load_key(tmp_path / "other.key")
    await put(record, seals.seal, key, NOW)
    found = await _broken(record, "UPDATE audit SET number = 50 WHERE number = 105")
    assert found == "line 50 (r2, version 1) was put in after the seal"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit SET actor = 'customer', role = 'customer' WHERE number = 14", r"line 14 .* not theirs to take"),
        (
            "UPDATE audit SET after = 'sent' WHERE number = 14",
            r"line 14 \(r3, version 4\) does not follow from those before",
        ),
        ("UPDATE audit SET before = 'sending' WHERE number = 14", r"line 14 .* does not follow"),
        ("UPDATE audit SET version = 9 WHERE number = 13", r"line 13 \(r3, version 9\) does not follow"),
        (
            "UPDATE audit SET details = replace(details, '\"seen\":3', '\"seen\":2') WHERE number = 14",
            r"line 14 .* moved on",
        ),
        ("DELETE FROM audit WHERE number = 12", r"line 13 \(r3, version 3\)"),
        ("UPDATE audit SET at = at - 1000 WHERE number = 12", r"line 12 .*It is not time yet"),
        ("UPDATE audit SET action = 'Bribed' WHERE number = 12", r"line 12 \(r3, version 2\) cannot be read"),
        ("UPDATE audit SET details = '{' WHERE number = 12", "line 12 .* cannot be read"),
        ("UPDATE audit SET details = '{\"seen\":1}' WHERE number = 12", "line 12 .* cannot be read"),
        ("UPDATE audit SET role = 'king' WHERE number = 12", "line 12 .* cannot be read"),
    ],
)
async def test_an_unsealed_line_that_the_law_would_not_allow_is_named(
    statement: str, found: str, record: Engine
) -> None:
    """Between two seals the law itself is the evidence: no forger can write a life it would not have allowed."""
    assert re.search(found, await _broken(record, statement))


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("UPDATE reviews SET state = 'sent' WHERE id = 'r1'", "state"),
        ("UPDATE reviews SET version = 9 WHERE id = 'r1'", "version"),
        ("UPDATE reviews SET release = 3 WHERE id = 'r1'", "release"),
        ("UPDATE reviews SET covers = 99 WHERE id = 'r1'", "covers"),
        ("UPDATE reviews SET problem = 'x', tries = 5 WHERE id = 'r1'", "problem, tries"),
        ("UPDATE reviews SET holder = 'web:leo', judged = 'angry' WHERE id = 'r1'", "holder, judged"),
        ("UPDATE reviews SET escalated = (1 = 1) WHERE id = 'r1'", "escalated"),
    ],
)
async def test_a_review_that_is_not_where_its_audit_leads_is_named(statement: str, field: str, record: Engine) -> None:
    """The row is only what the record leads to; where they differ, the row was changed."""
    assert await _broken(record, statement) == f"review r1 is not where its audit leads: {field}"


@pytest.mark.parametrize(
    ("change", "field"),
    [("edited = draft", "edited"), ("instruction = draft", "instruction"), ("draft = NULL", "draft")],
)
async def test_an_open_review_with_other_texts_is_named(change: str, field: str, record: Engine) -> None:
    """What is on the table of a review that is open is what its audit put there."""
    statement = f"UPDATE reviews SET {change} WHERE id = 'r3'"
    assert await _broken(record, statement) == f"review r3 is not where its audit leads: {field}"


OTHERS = "(SELECT {} FROM audit WHERE number = 7)"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("audience = 'everybody'", "the release of r3, version 4, is for others than were decided on"),
        ("conversation = 'c1'", "the release of r3, version 4, is not one that was decided on"),
        (f"digest = {OTHERS.format('digest')}", "the text of the release of r3, version 4, is not the one recorded"),
        (
            f"text = {OTHERS.format('text')}, digest = {OTHERS.format('digest')}",
            "the release of r3, version 4, has other words than were decided on",
        ),
    ],
)
async def test_a_release_of_something_else_than_was_decided_on_is_named(
    change: str, found: str, record: Engine
) -> None:
    """Who may read the words, where, and the words themselves were decided on together."""
    assert await _broken(record, f"UPDATE releases SET {change} WHERE review = 'r3'") == found


async def test_a_review_without_an_audit_is_named(record: Engine) -> None:
    """Nothing is in review that was not opened by a line."""
    others = ", ".join(column.name for column in reviews.columns if column.name != "id")
    copied = f"INSERT INTO reviews (id, {others}) SELECT 'r9', {others} FROM reviews WHERE id = 'r1'"
    assert await _broken(record, copied) == "review r9 has no audit"


@pytest.mark.parametrize("body", ["salt", "'{}'"])
async def test_a_text_that_was_changed_is_named(body: str, record: Engine) -> None:
    """The words may be erased, but not exchanged: the digest in the line is of the words that were there."""
    text = await record.read(lambda conn: conn.execute(sa.select(audit.c.text).where(audit.c.number == 7)).scalar())
    changed = f"UPDATE texts SET body = {body} WHERE id = {text}"
    assert await _broken(record, changed) == "the text of line 7 (r2, version 3) is not the one recorded"
    entries = await record.read(lambda conn: entries_of(conn, "r2"))
    assert [entry.number for entry in entries["r2"] if not entry.intact] == [7]


async def test_a_text_with_another_salt_is_named(record: Engine) -> None:
    """Nor can a digest be met by choosing the salt."""
    salts = "UPDATE texts SET salt = body"
    assert (await _broken(record, salts)).startswith("the text of line 1 ")


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM seals WHERE number = 1", "line 1 (r1, version 1) was put in after the seal"),
        (
            "UPDATE seals SET digest = signature WHERE number = 1",
            "seal 1 does not fit the lines up to 4 or the seal before it",
        ),
        ("UPDATE seals SET signature = digest WHERE number = 2", "seal 2 is not signed by the key it names"),
        ("UPDATE seals SET key = digest WHERE number = 2", "seal 2 is not signed by the key it names"),
        ("UPDATE seals SET key = lines WHERE number = 2", "seal 2 is not signed by the key it names"),
        ("UPDATE seals SET upto = 11 WHERE number = 2", "line 11 (r3, version 1) was put in after the seal"),
        ("UPDATE seals SET upto = 9 WHERE number = 2", "line 10 is missing from the audit"),
    ],
)
async def test_a_seal_that_was_changed_is_named(statement: str, found: str, record: Engine) -> None:
    """A seal missing from the chain, another digest, signature, key or end."""
    assert await _broken(record, statement) == found


async def test_a_line_and_its_seal_changed_together_break_the_signature(record: Engine, tmp_path: Path) -> None:
    """A forger who knows how seals are made, but has not the key, can only sign with another; and that shows."""
    own = seals.public_key(seals.load_key(tmp_path / "seal.key")).hex()
    forge(record, "UPDATE audit SET actor_name = 'Leo' WHERE number = 4", "DELETE FROM seals")
    stranger = seals.load_key(tmp_path / "stranger.key")
    await put(record, seals.seal, stranger, NOW)
    found = await _verify(record)
    assert found.keys == {seals.public_key(stranger).hex()}
    assert own not in found.keys


async def test_verifying_changes_nothing(record: Engine) -> None:
    """It reads, on a snapshot, while others write."""

    def everything(conn: Connection) -> list[object]:
        return [conn.execute(sa.select(table)).all() for table in audit.metadata.sorted_tables]

    before = await record.read(everything)
    await _verify(record)
    assert await record.read(everything) == before
