"""Help, version, and the commands that only look or prepare."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

import bot
from bot.phrases import say
from bot.store.schema import HEAD
from tests.cli.house import House

HELP = {
    "": ["run", "migrate", "doctor", "audit", "prompts", "--version", "config/countersign.yaml"],
    "run": ["Ctrl-C"],
    "migrate": ["bring it up to date"],
    "doctor": ["how to mend it"],
    "audit": ["verify", "export"],
    "audit verify": ["seals", "Exits with"],
    "audit export": ["--format", "jsonl|csv", "standard output"],
    "prompts": ["check"],
    "prompts check": ["every template"],
}
HEAVY = ["sqlalchemy", "fastapi", "langchain", "uvicorn", "pydantic", "yaml", "rich", "alembic", "openai"]


@pytest.mark.parametrize("command", HELP)
def test_help(command: str, house: House) -> None:
    """Every command explains itself, in whole sentences, without any settings."""
    house.settings.unlink()
    answer = house.command(*command.split(), "--help")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "Usage: " in answer.stdout
    assert not [word for word in HELP[command] if word not in answer.stdout]
    assert "..." not in answer.stdout.replace("[ARGS]...", "")


def test_help_is_quick() -> None:
    """It loads none of what a running program needs. Half a second of waiting for a list of words annoys."""
    look = (
        "import sys\nfrom bot.cli import main\nsys.argv = ['countersign', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert "Usage: " in answer.stdout
    assert answer.stderr == "[]\n"


def test_version(house: House) -> None:
    """One line, for a bug report."""
    assert house.command("--version").stdout == f"countersign {bot.__version__}\n"


@pytest.mark.parametrize("words", ["nonsense", "audit nonsense", "run --fast", "audit export --format xml"])
def test_a_command_that_is_none(words: str, house: House) -> None:
    """What is wrong is on standard error, with the way to the help."""
    answer = house.command(*words.split())
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "--help" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_migrate_twice(house: House) -> None:
    """The second time there is nothing to do, and nothing is done."""
    first = house.command("migrate")
    assert (first.returncode, first.stdout, first.stderr) == (0, f"The database is at migration {HEAD}.\n", "")
    with closing(sqlite3.connect(house.database)) as conn:
        conn.execute("CREATE TABLE mark (x)")
    second = house.command("migrate")
    assert second.stdout == f"The database is at migration {HEAD}; there was nothing to do.\n"
    with closing(sqlite3.connect(house.database)) as conn:
        conn.execute("SELECT x FROM mark")


def test_good_prompts(house: House) -> None:
    """Each template that is fine is named."""
    answer = house.command("prompts", "check")
    assert answer.returncode == 0
    assert answer.stderr.endswith("support_reply.md: fine.\n")


def test_bad_prompts(house: House) -> None:
    """Every mistake in every file in a sentence of its own, and a template that a desk needs and nobody wrote."""
    prompts = house.folder / "prompts"
    prompts.mkdir()
    house.configure({"prompts": "prompts"})
    (prompts / "odd.md").write_text(
        "---\nname: odd\npurpose: Odd.\n---\nBe {{tune}}.\n--- customer ---\n{{message}} {{x\n", "utf-8"
    )
    answer = house.command("prompts", "check")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert [line.split(": ")[0] for line in answer.stderr.splitlines()] == [
        "prompts/odd.md, line 5",
        "prompts/odd.md, line 7",
        "prompts/support_reply.md",
    ]
    assert "there is no variable {{tune}}; the allowed names are articles, " in answer.stderr


def test_the_doctor_finds_nothing(house: House) -> None:
    """All is well in a new house, and what can be had beyond that is said without failing."""
    answer = house.command("doctor")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "FAIL" not in answer.stdout
    assert not house.database.exists()
    for key in ("sqlite", "settings", "door", "template", "knowledge", "database", "model"):
        assert f"ok    {say(f'doctor.{key}')}: " in answer.stdout
    assert say("doctor.no_model_mend") in answer.stdout


def test_the_doctor_looks_at_a_database(archive: House) -> None:
    """One that is up to date is fine; one that is not will be, and how is said."""
    assert say("doctor.database_fine", url="sqlite:///data/countersign.db") in archive.command("doctor").stdout
    with closing(sqlite3.connect(archive.database)) as conn:
        conn.execute("DROP TABLE alembic_version")
        conn.commit()
    answer = archive.command("doctor")
    assert answer.returncode == 0
    assert say("doctor.migrate") in answer.stdout
