"""What goes wrong before anything runs: a sentence on standard error, exit code 1, and never a traceback."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import pytest

from bot.phrases import say
from tests.cli.house import COUNTERSIGN, PATIENCE, House

COMMANDS = ["run", "migrate", "audit verify", "audit export"]
SECRET = "sesame"
# what DATABASE_URL is -> what is said about it
ADDRESSES = {
    "nonsense": "DATABASE_URL cannot be used. It must look like sqlite:///data/countersign.db or ",
    "sqlite://": "DATABASE_URL cannot be used. SQLite needs a file, as in sqlite:///data/countersign.db.",
    f"mysql://me:{SECRET}@here/x": "DATABASE_URL cannot be used. It must be sqlite or postgresql, but is mysql.",
    f"postgresql://me:{SECRET}@here:port/x": "Environment variable DATABASE_URL must have a number as its port.",
    "sqlite:///config/countersign.yaml": "It said: file is not a database",
    "sqlite:///config": "It said: unable to open database file",
}


def refused(answer: subprocess.CompletedProcess[str], said: str) -> None:
    """It failed, and this is all it said."""
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1, "one line"
    assert SECRET not in answer.stderr


@pytest.mark.parametrize("url", ADDRESSES, ids=[url.replace(SECRET, "***") for url in ADDRESSES])
def test_a_database_that_is_none(url: str, house: House) -> None:
    """Bad address, no server, no database, no file: said the same way by every command, in turn."""
    command = COMMANDS[[*ADDRESSES].index(url) % len(COMMANDS)]
    refused(house.command(*command.split(), DATABASE_URL=url), ADDRESSES[url])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_server_that_is_away(command: str, house: House) -> None:
    """Every command that needs the database says that it does not answer."""
    url = f"postgresql://me:{SECRET}@127.0.0.1:1/x"
    refused(house.command(*command.split(), DATABASE_URL=url), "port 1 failed: Connection refused")


def test_a_folder_that_cannot_be_written_to(house: House) -> None:
    """The folder of the database cannot be made."""
    refused(house.command("run", DATABASE_URL="sqlite:///config/countersign.yaml/x/y.db"), "Not a directory")


def test_a_full_disk(house: House) -> None:
    """A database that cannot be made whole is not made, and the next attempt starts afresh."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
    answer = subprocess.run(
        [sys.executable, "-c", full + COUNTERSIGN[2], "migrate"],
        cwd=house.folder,
        env=house.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    refused(answer, "The database cannot be used now.")
    assert house.command("migrate").returncode == 0


@pytest.mark.parametrize("command", ["run", "prompts check"])
def test_settings_that_are_missing(command: str, house: House) -> None:
    """A command names the file it wants."""
    house.settings.unlink()
    refused(house.command(*command.split()), "config/countersign.yaml: cannot be read (No such file or directory)")


def test_settings_with_several_mistakes(house: House) -> None:
    """A line each."""
    house.configure({"slots": 0, "colour": "red"})
    answer = house.command("migrate")
    assert answer.returncode == 1
    assert [line.split(": ")[1].split()[0] for line in answer.stderr.splitlines()] == ["colour", "slots"]


def test_a_template_that_is_missing(house: House) -> None:
    """The program does not start without one that a desk needs."""
    answer = house.command("run", COUNTERSIGN_PROMPTS="nowhere")
    refused(answer, "nowhere/support_reply.md: it cannot be read (No such file or directory).")


def test_samples_that_are_none(house: House) -> None:
    """They are no reason to fail with a traceback either."""
    (house.folder / "samples.yaml").write_text("- foo\n", "utf-8")
    answer = house.command("run", COUNTERSIGN_SAMPLES="samples.yaml")
    refused(
        answer, "samples.yaml, line 1: samples.0 must be a group of keys (id, label, language, text), but is 'foo'."
    )


def test_an_open_door(house: House) -> None:
    """Without sign-in it listens on this machine only, and says so before it touches anything."""
    refused(house.command("run", HOST="0.0.0.0"), say("start.open_door", host="0.0.0.0"))
    assert not house.database.exists()


def test_a_port_that_is_taken(house: House) -> None:
    """Which one, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        why = "Address already in use"
        said = say("start.port_taken", host="127.0.0.1", port=port, why=why) + "\n"
        assert house.command("run", PORT=str(port)).stderr == said
        assert "is in use, which is right if" in house.command("doctor", PORT=str(port)).stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop(number: signal.Signals, house: House) -> None:
    """Told to stop, it ends with 0 and has said nothing on standard error but lines of its log."""
    with house.running() as program:
        assert program.ready.status_code == 200
        assert program.end(number) == 0
        events = [json.loads(line)["event"] for line in program.said().splitlines()]
    assert (events[0], events[-1]) == ("started", "stopped")
