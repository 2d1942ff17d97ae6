"""`audit verify` and `audit export` on a real record."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
from contextlib import closing

import pytest

from bot.store.audit import EXPORTED
from bot.store.texts import ERASED
from tests.cli.conftest import FORMULA, ODD
from tests.cli.house import COUNTERSIGN, House


def change(house: House, *statements: str) -> None:
    """Change the record as somebody would who owns the file: without the triggers that refuse it."""
    with closing(sqlite3.connect(house.database)) as conn:
        for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            conn.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            conn.execute(statement)
        conn.commit()


def erase(house: House) -> None:
    """Take the words of the last line away, as the law on personal data may demand."""
    change(house, "DELETE FROM texts WHERE id = (SELECT text FROM audit ORDER BY number DESC LIMIT 1)")


def lines(house: House) -> list[dict[str, object]]:
    """The export, line by line."""
    answer = house.command("audit", "export")
    assert (answer.returncode, answer.stderr) == (0, f"{len(answer.stdout.splitlines())} lines written.\n")
    assert answer.stdout.isascii()
    return [json.loads(line) for line in answer.stdout.splitlines()]


def test_a_record_that_holds(archive: House) -> None:
    """What was checked is counted, on standard error, so that it can be kept apart."""
    answer = archive.command("audit", "verify")
    assert (answer.returncode, answer.stdout) == (0, "")
    first, second, third = answer.stderr.splitlines()
    assert first == "The audit holds: 14 lines of 3 reviews follow from one another."
    assert second == "6 lines are sealed by 1 seals; 0 texts were erased."
    assert third.endswith(" (this installation's).")


BROKEN = {
    "a decision in another name": (
        "UPDATE audit SET actor_name = 'Leo' WHERE action = 'Approve'",
        "line 4 (r1, version 4) was changed after the seal",
    ),
    "a line taken out": ("DELETE FROM audit WHERE number = 3", "line 3 is missing from the audit"),
    "other words": (
        "UPDATE texts SET body = CAST('Sure, we pay.' AS BLOB) WHERE id = (SELECT max(text) FROM audit)",
        "the text of line 14 (r3, version 4) is not the one recorded",
    ),
    "a review moved by hand": (
        "UPDATE reviews SET state = 'sent' WHERE id = 'r2'",
        "review r2 is not where its audit leads: state",
    ),
}


@pytest.mark.parametrize(("statement", "what"), BROKEN.values(), ids=BROKEN)
def test_a_record_that_was_tampered_with(statement: str, what: str, archive: House) -> None:
    """The first thing that does not fit is named, and the command fails."""
    change(archive, statement)
    answer = archive.command("audit", "verify")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == f"The audit does not hold: {what}.\n"


def test_erased_words(archive: House) -> None:
    """They leave the record whole, and the export says that they are gone."""
    erase(archive)
    assert "; 1 texts were erased.\n" in archive.command("audit", "verify").stderr
    assert lines(archive)[-1]["text"] == ERASED


def test_an_export_for_a_program(archive: House) -> None:
    """One JSON object a line, oldest first, every column, and whatever people wrote, letter by letter."""
    found = lines(archive)
    assert [line["number"] for line in found] == list(range(1, 15))
    assert {tuple(line) for line in found} == {EXPORTED}
    assert [line["text"] for line in found if line["action"] == "Edit"] == [FORMULA, ODD]
    assert all(bool(line["digest"]) == (line["text"] is not None) for line in found)


def test_an_export_for_a_spreadsheet(archive: House) -> None:
    """No cell begins a formula, what cannot be written down does not stop it, and a pipe gets what a file gets."""
    target = archive.folder / "audit.csv"
    answer = archive.command("audit", "export", "--format", "csv", str(target))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "14 lines written.\n")
    head, *rows = csv.reader(io.StringIO(target.read_bytes().decode("utf-8"), newline=""))
    assert tuple(head) == EXPORTED
    assert [row[0] for row in rows] == [str(number) for number in range(1, 15)]
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r\n＝＋－＠") and cell]
    said = [row[head.index("text")] for row in rows if row[head.index("action")] == "Edit"]
    assert said == ["'" + FORMULA, "'@nul\0lone?end"]
    command = [*COUNTERSIGN, "audit", "export", "--format", "csv"]
    piped = subprocess.run(command, cwd=archive.folder, env=archive.environment(), capture_output=True, check=True)
    assert piped.stdout == target.read_bytes()


def test_a_full_disk(archive: House) -> None:
    """An export that is not whole is not called one."""
    answer = archive.command("audit", "export", "/dev/full")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.endswith("/dev/full cannot be written: No space left on device.\n")
    assert "lines written" not in answer.stderr


def test_a_reader_who_has_seen_enough(archive: House) -> None:
    """`| head` ends it without a word."""
    command = f"'{COUNTERSIGN[0]}' -c '{COUNTERSIGN[2]}' audit export | head -c 1"
    answer = subprocess.run(
        ["sh", "-c", command],
        cwd=archive.folder,
        env=archive.environment(PYTHONUNBUFFERED="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == "{"
    assert "Traceback" not in answer.stderr


def test_the_export_of_yesterday_is_safe(archive: House) -> None:
    """When the record cannot be read, the file that is there is left alone."""
    target = archive.folder / "audit.jsonl"
    target.write_text("yesterday", "utf-8")
    archive.database.unlink()
    answer = archive.command("audit", "export", str(target))
    assert answer.returncode == 1
    assert "No such file or directory" in answer.stderr
    assert target.read_text("utf-8") == "yesterday"
