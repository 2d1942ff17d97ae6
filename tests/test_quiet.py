"""What customers and colleagues write stays in the house: it is in no line of the log, and no tracer gets it."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from tests.channels.slack.house import living, says
from tests.cli.house import House, Program, until
from tests.cli.model import Model, model

# One word for each thing that somebody may write; none of them may turn up in the log.
ASKED, NAMED, DRAFTED, EDITED, TOLD, NOTED, GARBLED = (
    "Quagga", "Thylacine", "Aurochs", "Dodo", "Moa", "Tarpan", "Bluebuck",
)  # fmt: skip
WORDS = (ASKED, NAMED, DRAFTED, EDITED, TOLD, NOTED, GARBLED)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A folder with settings and nothing else."""
    return House(tmp_path / "house")


@pytest.fixture
def drafting() -> Iterator[Model]:
    """A model that says what it is told to."""
    with model() as running:
        yield running


def quiet(log: str) -> None:
    """There is a log, and none of the words is in it, in whatever way they may be written down."""
    assert '"event": "started"' in log
    assert [word for word in WORDS if word.casefold() in log.casefold()] == []


def presses(program: Program, text: str, verb: str, **fields: str) -> None:
    """Ana presses a button on the card of this conversation."""
    card = program.card(text)
    program.post(f"/reviews/{card.review}/{verb}", by="web:ana", version=card.version, fields=fields)


def glances(program: Program, *pages: str) -> None:
    """Somebody looks at pages, whole or broken."""
    for page in pages:
        with suppress(httpx2.ReadError):
            program.client.get(page)


def test_a_whole_day_in_the_workspace(house: House, drafting: Model) -> None:
    """Drafts, edits, instructions, notes, a model that answers nonsense, rows that cannot be read, pages that break."""
    house.configure({"workspace.customers": [f"{NAMED} Lindqvist", "Jonas Weber"], "model.attempts": 1, "slots": 2})
    drafting.script(
        {"do": "good", "reply": f"Hello, your {DRAFTED} is on its way. Kind regards, the desk"},
        {"do": "content", "text": f"Sure! {{reply: {GARBLED}"},
        {"do": "content", "text": json.dumps({"answer": GARBLED})},
        {"do": "anything", "body": {"choices": [GARBLED], "error": GARBLED}},
        {"do": "anything", "body": [GARBLED] * 9},
        {"do": "bad_request"},
        {"do": "page"},
    )
    noisy = {
        "OPENAI_BASE_URL": drafting.url,
        "OPENAI_LOG": "debug",
        "COUNTERSIGN_LOG_LEVEL": "debug",
        "PYTHONWARNINGS": "always",
    }
    with house.running(**noisy) as program:
        program.say(f"Where is my {ASKED} one?")
        presses(program, "one?", "redraft", instruction=f"Mention the {TOLD}")
        presses(program, "one?", "edit", words=f"Your {EDITED} is fine" + "!" * 5000)
        presses(program, "one?", "edit", words=f"Your {EDITED} at https://wiki.corp/{EDITED}")
        presses(program, "one?", "escalate", note=f"See the {NOTED}")
        for number in ("two", "three", "four", "five", "six"):
            program.say(f"Where is my {ASKED} {number}?")
            program.card(f"{number}?")
        presses(program, "two?", "reject", reason="other", note=f"The {NOTED}")
        presses(program, "three?", "approve")
        program.post("/messages/say", by=ASKED, text=ASKED, nonce=ASKED)
        program.post(f"/reviews/{ASKED}/{EDITED}", by="web:leo", version=EDITED)
        glances(program, f"/audit?conversation={ASKED}&since={EDITED}", f"/audit/{ASKED}")
        _spoil(house.database)
        glances(program, "/columns/reviews")
        until(lambda: '"claiming_broke"' in "".join(program.log), "a row cannot be read")
        until(lambda: '"library"' in "".join(program.log), "a page breaks")
        assert program.end() == 0
        quiet(program.said())


def _spoil(database: Path) -> None:
    """Rows as only somebody makes them who owns the file; Python's own error quotes what it cannot read."""
    with closing(sqlite3.connect(database, timeout=30)) as conn:
        conn.execute(f"UPDATE messages SET speaker = '{ASKED}' WHERE number = (SELECT max(number) FROM messages)")
        conn.execute(f"UPDATE posts SET speaker = '{ASKED}'")
        conn.execute("UPDATE reviews SET state = 'received', due = 1 WHERE id = (SELECT max(id) FROM reviews)")
        conn.commit()


async def test_a_day_in_slack(tmp_path: Path) -> None:
    """Posts that are refused, cards that do not fit, and answers that are lost, at a customer whose name is known."""
    async with living(tmp_path) as house:
        slack, town = house.slack, house.slack.town
        slack.faults.error("chat.postMessage", "invalid_blocks")
        await slack.act.write(town.kim, town.support, f"Where is my {ASKED}?")
        card = await house.card()
        slack.faults.error("chat.postMessage", "is_archived")
        await slack.act.press(town.ana, card, "decide.approve")
        await house.shows(card, "The channel is archived.")
        assert says(card, ASKED)
        log = house.log()
    quiet(log)
    assert town.kim.name not in log


# --- tracers

_TRACERS = {
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_TRACING_V2": "true",
    "LANGCHAIN_TRACING_V2": "true",
    "LANGSMITH_API_KEY": "lsv2_pt_invented",
    "LANGCHAIN_API_KEY": "lsv2_pt_invented",
    "LANGSMITH_PROJECT": "somebody-elses",
    "LANGSMITH_OTEL_ENABLED": "true",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
}


@contextmanager
def tracer() -> Iterator[tuple[str, list[str]]]:
    """A server that takes whatever a tracer sends: its address, and what it was sent."""
    taken: list[str] = []

    class Taking(BaseHTTPRequestHandler):
        def _take(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            taken.append(f"{self.path} {self.rfile.read(size).decode('utf-8', 'replace')}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PATCH = _take  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """It says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_no_tracer_is_told(house: House, drafting: Model) -> None:
    """Whatever a developer's shell says: drafts come from the model, and nobody else hears of them."""
    with tracer() as (address, taken):
        places = dict.fromkeys(("LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT"), address)
        _asks_about_a_jacket(house, drafting, **places)
    assert taken == []


def test_our_own_traces_tell_no_words(house: House, drafting: Model) -> None:
    """Where a collector was named, it hears of steps and times from us, and from nobody anything else."""
    with tracer() as (address, taken):
        places = dict.fromkeys(("LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"), address)
        _asks_about_a_jacket(house, drafting, **places)
    assert taken
    assert [one for one in taken if not one.startswith("/v1/traces ")] == []
    words = ("jacket", "Lindqvist", "colleague", "web:customer")
    assert [word for word in words if word.casefold() in "".join(taken).casefold()] == []


def _asks_about_a_jacket(house: House, drafting: Model, **places: str) -> None:
    with house.running(OPENAI_BASE_URL=drafting.url, **_TRACERS, **places) as program:
        program.say("How do I return my jacket?")
        card = program.card("jacket")
        assert drafting.calls() >= 1
        assert "colleague will look into it" in card.text
        assert program.end() == 0
