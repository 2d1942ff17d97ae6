"""Traces reach a collector with what was done and where, and never with what anybody said."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from bot import traces
from bot.channels.card import Card
from bot.review.model import State
from bot.settings import Settings
from bot.start import CannotStart, start
from tests.console.conftest import House, running, settings
from tests.doubles.openai_server import OpenAIServer

WORDS = "My zebrastriped jacket does not fit"


class Collector:
    """A collector of traces on this machine."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = HTTPServer(("127.0.0.1", 0), Door)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def spans(self) -> list[Span]:
        """All that came in."""
        told = map(ExportTraceServiceRequest.FromString, self.bodies)
        return [
            span for one in told for part in one.resource_spans for scope in part.scope_spans for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that waits for traces."""
    here = Collector()
    yield here
    here.close()


def attributes(span: Span) -> dict[str, str]:
    """What a span tells, as text."""
    return {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}


async def test_a_message_is_traced_on_its_way(root: Path, tmp_path: Path, sqlite: sa.URL, collector: Collector) -> None:
    """Each of the five verbs, the model and the routes; the model's span lies within the draft's."""
    __import__("bot.drafting.llm")  # its two seconds are no part of what is tested here
    async with OpenAIServer() as model:
        given = {"otel_exporter_otlp_endpoint": collector.address, "openai_base_url": model.url}
        async with running(settings(root, tmp_path, sqlite).model_copy(update=given)) as house:
            card = await _answered(house)
    found = {span.name: span for span in collector.spans}
    verbs = {"receive", "draft", "ask the model", "show", "act", "deliver"}
    assert verbs | {"POST /messages/say", "POST /reviews/{review}/{verb}", "GET /audit/{review}"} <= found.keys()
    assert found["ask the model"].trace_id == found["draft"].trace_id
    assert found["ask the model"].parent_span_id == found["draft"].span_id
    assert attributes(found["act"]) == {"countersign.verb": "edit", "countersign.review": card.review}
    assert attributes(found["receive"]) == {"countersign.channel": "web"}
    assert attributes(found["GET /audit/{review}"])["http.response.status_code"] == "200"
    told = b" ".join(collector.bodies).lower()
    assert (b"countersign" in told, b"zebra" in told, b"mia lindqvist" in told) == (True, False, False)


async def _answered(house: House) -> Card:
    """A customer wrote, a person answered with other words, and the reply is there."""
    await house.say(WORDS)
    card = await house.card(text=WORDS)
    assert (await house.decide(card, "edit", words="Zebras are welcome to return it.")).json()["done"]
    await house.client.get(f"/audit/{card.review}?word=zebrastriped")
    await house.card(State.SENT)
    return card


def test_an_error_is_told_by_its_kind(collector: Collector) -> None:
    """What it says may be what a customer wrote."""
    opened = traces.Traces(collector.address, "1")
    with pytest.raises(ValueError, match="zebra"), opened.span("draft"):
        raise ValueError("zebra")
    opened.close()
    (span,) = collector.spans
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes(span) == {"error.type": "ValueError"}
    assert len(span.events) == 0
    assert b"zebra" not in b"".join(collector.bodies)


def test_off_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address nothing is opened, and nothing is needed."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert traces.opened("", "1") is None


def test_a_missing_extra(root: Path, tmp_path: Path, sqlite: sa.URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program does not start, and says what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    wanted: Settings = settings(root, tmp_path, sqlite).model_copy(
        update={"otel_exporter_otlp_endpoint": "http://127.0.0.1:9", "port": 0}
    )
    with pytest.raises(CannotStart) as refused:
        start(wanted, lambda _: None)
    assert str(refused.value) == (
        "OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra that sends traces is not installed. "
        "Install it with pip install 'countersign[otel]', or remove the variable."
    )
