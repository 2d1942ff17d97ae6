"""`countersign erase` and `countersign export`, typed while the program runs and while it does not."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.phrases import say
from bot.store.tables import erasures, metadata
from tests.cli.house import House, Program, until
from tests.stage.databases import connected

MIA, JONAS = "web:customer-0", "web:customer-1"
# In what the customer writes, and in what is written to them.
MARK = "Quagga"
QUESTION = f"How do I return my {MARK} jacket?"


@pytest.fixture
def either(database: sa.URL, tmp_path: Path) -> House:
    """A house on a database of either kind."""
    return House(tmp_path / "house", {"DATABASE_URL": database.render_as_string(hide_password=False)})


def everything(database: sa.URL) -> str:
    """Every value of every table, and on SQLite every byte of its files, as text."""
    with connected(database) as engine, engine.connect() as conn:
        rows = [row for table in metadata.sorted_tables for row in conn.execute(sa.select(table))]
    values = [value for row in rows for value in row]
    text = "\n".join(
        bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
        for value in values
    )
    if database.get_backend_name() == "sqlite":
        path = Path(database.database or "")
        files = [file for file in path.parent.iterdir() if file.name.startswith(path.name)]
        text += "".join(file.read_bytes().decode("latin-1") for file in files)
    return text


def lives(program: Program) -> None:
    """Mia has one reply sent, one rejected with a note, one in review; Jonas has one in review."""
    program.say(f"{QUESTION} One")
    card = program.card("One")
    program.post(
        f"/reviews/{card.review}/edit", by="web:ana", version=card.version, fields={"words": f"Mia, the {MARK} is fine"}
    )
    program.card("One", "sent")
    program.say(f"{QUESTION} Two")
    card = program.card("Two")
    note = {"reason": "other", "note": f"No {MARK} here"}
    program.post(f"/reviews/{card.review}/reject", by="web:ana", version=card.version, fields=note)
    program.card("Two", "rejected")
    program.say(f"{QUESTION} Three")
    program.card("Three")
    program.post("/messages/say", by=JONAS, text="How do I return my Okapi?", nonce="nonce-jonas")
    program.card("Okapi")


def lines(text: str) -> list[str]:
    """What was said, a sentence each."""
    return text.splitlines()


def test_a_customer_is_erased_while_the_program_runs(either: House, database: sa.URL) -> None:
    """First what it would take, then it is done; the program goes on, the card is dead, the record holds, and another
    customer notices nothing."""
    with either.running() as program:
        lives(program)
        old = program.card("Three")
        dry = either.command("erase", "--customer", MIA)
        assert (dry.returncode, dry.stdout) == (0, "")
        assert lines(dry.stderr)[-1] == say("erase.not_sure")
        assert lines(dry.stderr)[1] == say("erase.would.nothing", count=1)
        assert program.card("Three") == old
        assert MARK in everything(database)
        done = either.command("erase", "--customer", MIA, "--yes")
        assert (done.returncode, done.stdout) == (0, "")
        count = lines(dry.stderr)[0].split()[0]
        assert lines(done.stderr)[0] == say("erase.done", texts=count, threads=3, posts=3)
        left = everything(database)
        assert not [word for word in (MARK, "Mia Lindqvist", MIA, "customer-0") if word in left]
        assert program.approve(old).json()["done"] is False
        assert not [card for card in program.cards() if MARK in card.text or "Mia" in card.text]
        assert MARK not in program.client.get("/columns/channel?as=web:customer-0").text
        other = program.card("Okapi")
        assert program.approve(other).json()["done"]
        program.card("Okapi", "sent")
        assert program.say("How do I return my Okapi?").json()["done"]
        until(lambda: len([card for card in program.cards("Okapi") if card.state == "in_review"]) == 1, "it goes on")
        assert program.end() == 0
    verified = either.command("audit", "verify")
    assert verified.returncode == 0
    assert say("erase.on_record", times=1, texts=count) in verified.stderr
    with connected(database) as engine, engine.connect() as conn:
        row = conn.execute(sa.select(erasures)).one()
    assert (row.desk, row.conversations, str(row.texts)) == ("", 3, count)
    assert row.person


def test_what_is_said_of_the_bytes(either: House, database: sa.URL) -> None:
    """On SQLite they are gone from the file; of PostgreSQL the command does not promise what it cannot keep."""
    with either.running() as program:
        program.say(QUESTION)
        program.card(MARK)
    said = either.command("erase", "--customer", MIA, "--yes").stderr
    if database.get_backend_name() == "sqlite":
        assert say("erase.bytes_gone", file=database.database) in said
    else:
        assert say("erase.bytes_postgresql") in said


@pytest.mark.parametrize("command", ["erase", "export"])
@pytest.mark.parametrize("customer", ["web:nobody", "slack:U0NOBODY", "teams:nobody"])
def test_an_unknown_customer(command: str, customer: str, archive: House) -> None:
    """A slip of the pen does not pass for an erasure."""
    answer = archive.command(command, "--customer", customer)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == say("erase.unknown", customer=customer) + "\n"


@pytest.mark.parametrize("customer", ["mia", "fax:mia", "web:", ":"])
def test_a_name_that_is_none(customer: str, archive: House) -> None:
    """How a customer is written is said."""
    answer = archive.command("erase", "--customer", customer, "--yes")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == say("erase.name", name=customer, channels="web, slack, teams") + "\n"


def test_twice(archive: House) -> None:
    """The second time nothing is known of them, and the record still holds."""
    assert archive.command("erase", "--customer", "web:mia", "--yes").returncode == 0
    again = archive.command("erase", "--customer", "web:mia", "--yes")
    assert (again.returncode, again.stderr) == (1, say("erase.unknown", customer="web:mia") + "\n")
    said = archive.command("audit", "verify").stderr
    assert said.startswith("The audit holds: 16 lines of 3 reviews "), "that two reviews were ended is on record"
    assert "1 erasures are on record; " in said


def test_no_database(house: House) -> None:
    """One sentence, and none is made."""
    answer = house.command("erase", "--customer", "web:mia", "--yes")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "cannot be used now" in answer.stderr
    assert not house.database.exists()


def test_what_is_kept_of_a_customer(either: House) -> None:
    """Their messages, what was drafted and sent, who decided by role; nothing that names a colleague or is another's."""
    with either.running() as program:
        lives(program)
        root = program.client.get("/columns/channel?as=web:customer-0").text
        assert root
    target = either.folder / "mia.json"
    target.touch(0o644)
    answer = either.command("export", "--customer", MIA, str(target))
    assert (answer.returncode, answer.stdout) == (0, "")
    assert answer.stderr == say("erase.exported", threads=3, customer=MIA) + "\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    found: dict[str, Any] = json.loads(target.read_text("utf-8"))
    assert (found["customer"], found["names"], found["erased"]) == (MIA, ["Mia Lindqvist"], 0)
    talks = found["conversations"]
    assert [talk["messages"][0]["text"] for talk in talks] == [f"{QUESTION} {n}" for n in ("One", "Two", "Three")]
    first = talks[0]["reviews"][0]
    assert first["reply"]["text"] == f"Mia, the {MARK} is fine"
    assert [(step["by"], step["text"]) for step in first["steps"] if step["action"] == "Edit"] == [
        ("agent", f"Mia, the {MARK} is fine")
    ]
    assert [step["draft"]["reply"][:6] for step in first["steps"] if step["action"] == "Drafted"] == ["Hi Mia"]
    rejected = talks[1]["reviews"][0]["steps"][-1]
    assert (rejected["action"], rejected["by"], rejected["outcome"]) == ("Reject", "agent", "other")
    text = target.read_text("utf-8")
    assert not [word for word in ("web:ana", '"Ana"', "Okapi", "Jonas") if word in text]
    piped = either.command("export", "--customer", MIA)
    assert json.loads(piped.stdout)["conversations"] == talks


def test_a_full_disk(archive: House) -> None:
    """A document that is not whole is not called one."""
    answer = archive.command("export", "--customer", "web:mia", "/dev/full")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.endswith("/dev/full cannot be written: No space left on device.\n")


def test_a_desk_that_keeps_texts_for_a_while(either: House, database: sa.URL) -> None:
    """When their time is over the closed ones go by themselves, and what is open stays."""
    with either.running() as program:
        lives(program)
    either.configure({"desks.nordlys.keep_days": 0.00001})
    with either.running() as program:
        until(lambda: MARK not in everything(database).replace(f"{QUESTION} Three", ""), "the closed ones are erased")
        assert program.card("Three").state == "in_review"
        assert program.card("Okapi").state == "in_review"
        assert program.end() == 0
        assert '"event": "forgotten"' in program.said()
    assert either.command("audit", "verify").returncode == 0
    with connected(database) as engine, engine.connect() as conn:
        rows = conn.execute(sa.select(erasures)).all()
    assert [(row.person, row.desk, row.conversations) for row in rows] == [("system", "nordlys", 2)]
