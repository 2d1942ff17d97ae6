"""Whatever somebody who owns the database does to it, `audit verify` says in one sentence what does not fit."""

from __future__ import annotations

import pytest

from bot.records import Complaint, verify_audit
from bot.settings import Settings
from bot.store.engine import StoreDown
from tests.cli.house import House
from tests.cli.test_record import change

LAST = "WHERE number = 14"  # not sealed yet, so that only the law can tell
TAMPERINGS = {
    "an unknown step": f"UPDATE audit SET action = 'Foo' {LAST}",
    "details that are no JSON": f"UPDATE audit SET details = '{{' {LAST}",
    "details that are a list": f"UPDATE audit SET details = '[]' {LAST}",
    "details that are missing": f"UPDATE audit SET details = '{{}}' {LAST}",
    "details nobody knows": f"UPDATE audit SET details = '{{\"x\": 1}}' {LAST}",
    "an unknown role": f"UPDATE audit SET role = 'king' {LAST}",
    "a role that may not": f"UPDATE audit SET role = 'nobody' {LAST}",
    "an unknown state": f"UPDATE audit SET before = 'nowhere' {LAST}",
    "another state": f"UPDATE audit SET before = 'sent' {LAST}",
    "a version that is none": f"UPDATE audit SET version = 'x' {LAST}",
    "words taken off the line": f"UPDATE audit SET text = NULL {LAST}",
    "a digest taken off the line": f"UPDATE audit SET digest = NULL {LAST}",
    "a line taken off the end": f"DELETE FROM audit {LAST}",
    "other words, other salt": "UPDATE texts SET body = x'7878', salt = x'00' WHERE id = (SELECT max(text) FROM audit)",
    "a review in an unknown state": "UPDATE reviews SET state = 'nowhere' WHERE id = 'r3'",
    "a review taken away": "DELETE FROM reviews WHERE id = 'r3'",
    "a review put in": "INSERT INTO reviews SELECT 'r9', conversation, desk, version, state, due, covers, claim, tries,"
    " doubt, moved, release, draft, edited, instruction, problem, opened_at, 1, card_version, card_ref, card_due,"
    " card_tries, holder, escalated, judged FROM reviews WHERE id = 'r3'",
    "a seal that covers nothing": "UPDATE seals SET lines = x''",
    "a seal cut off": "UPDATE seals SET lines = x'00'",
    "a seal that reaches further": "UPDATE seals SET upto = 999",
    "another signature": "UPDATE seals SET signature = x'00'",
    "another key": "UPDATE seals SET key = x'00'",
    "a line with another number": "UPDATE audit SET number = 99 WHERE number = 2",
    "seals taken away": "DROP TABLE seals",
}


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found(statement: str, archive: House) -> None:
    """It complains, in one sentence, and never breaks off with an error of its own."""
    settings = Settings(
        _env_file=None,
        DATABASE_URL=f"sqlite:///{archive.database}",
        desks={"a": {"name": "A", "listens": ["web:a"], "reviews": "web:b"}},
    )
    assert list(verify_audit(settings)), "before that it holds"
    change(archive, statement)
    with pytest.raises((Complaint, StoreDown)) as caught:
        list(verify_audit(settings))
    assert str(caught.value).count("\n") == 0
    assert not str(caught.value).endswith("..")
