"""Figures for Prometheus: what is counted, for whom, and that none of it is anybody's words."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from bot import log
from bot.console.viewer import ApiViewer
from bot.phrases import say
from bot.store.tables import audit
from bot.store.tokens import Scope
from bot.store.vitals import vitals, waiting
from bot.watching import Watch
from tests.console.conftest import House

WORDS = "Zebrastriped jackets from Mia"


async def figures(house: House) -> dict[tuple[str, ...], float]:
    """Each figure by its name and the values of its labels."""
    told = await house.page("/metrics")
    return {
        (sample.name.removeprefix("countersign_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


def _all_posted(found: Mapping[tuple[str, ...], float]) -> bool:
    """The reply, and a card for each message."""
    posts = ("posts_total", "web")
    return found.get((*posts, "reply", "delivered")) == 1 and found.get((*posts, "card", "done"), 0) >= 2


async def test_a_message_is_counted_on_its_way(either: House) -> None:
    """In, drafted, shown, decided and sent; what waits is counted in the store."""
    await either.say("How do I return a jacket that does not fit?")
    card = await either.card()
    await either.decide(card, "approve")
    await either.say("Where is my parcel?", root="")
    waiting_card = await either.card(text="parcel")
    with either.program.engine.bell.listen() as ear:
        while not _all_posted(found := await figures(either)):
            await ear.wait(0.05)
    assert found["events_total", "web", "stored"] == 2
    assert found["drafts_total", "nordlys", "drafted"] + found.get(("drafts_total", "nordlys", "empty"), 0) == 2
    assert found["clicks_total", "done", "approve"] == 1
    assert found["http_seconds_count", "POST", "/messages/say", "200"] == 2
    assert ("loop_lag_seconds_count",) in found
    assert waiting_card.review


async def test_what_waits_is_counted_by_desk_and_state(either: House) -> None:
    """And how long the oldest has waited; what was decided does not wait."""
    await either.say("Where is my parcel?")
    card = await either.card()
    counted = await either.program.engine.read(waiting)
    assert [(one.desk, one.state, one.count) for one in counted] == [("nordlys", "in_review", 1)]
    found = await figures(either)
    assert found["reviews", "nordlys", "in_review"] == 1
    assert 0 <= found["queue_age_seconds", "nordlys"] < 60
    await either.decide(card, "reject", reason="tone")
    assert await either.program.engine.read(waiting) == []


async def test_no_words_and_no_ids(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the figures nor in the log of requests, whatever is asked for."""
    written = io.StringIO()
    log.configure("debug", written)
    try:
        await house.say(WORDS)
        card = await house.card(text=WORDS)
        await house.client.get(f"/audit/{card.review}?word=zebrastriped")
        await house.client.get("/nowhere/zebrastriped?mia")
        await house.client.request("ZEBRA", "/")
        await house.post(f"/reviews/{card.review}/zebrastriped", {"by": "web:ana", "version": 1})
        told = await house.page("/metrics")
    finally:
        log.configure("error", io.StringIO())
        logging.getLogger().handlers.clear()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    for text in (told, json.dumps(requests)):
        assert "zebra" not in text.lower()
        assert "mia" not in text.lower()
        assert card.review not in text
    asked = {(line["method"], line["route"], line["status"]) for line in requests}
    assert {("GET", "/audit/{review}", 200), ("GET", "unknown", 404), ("POST", "/messages/say", 200)} <= asked
    assert all(line.keys() >= {"method", "route", "status", "ms"} for line in requests)


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
async def test_only_for_this_machine(house: House, header: str) -> None:
    """What comes by way of a proxy may come from anywhere."""
    assert (await house.client.get("/metrics")).status_code == 200
    refused = await house.client.get("/metrics", headers={header: "127.0.0.1"})
    assert refused.status_code == 403
    assert say("page.health.metrics") in refused.text
    assert "countersign_" not in refused.text


@dataclass(frozen=True)
class _Admits:
    """Knows one token."""

    desks: tuple[str, ...]

    async def admit(self, token: str, scope: Scope) -> ApiViewer | None:
        return ApiViewer("prometheus", self.desks) if (token, scope) == ("good", Scope.FIGURES) else None


@pytest.mark.parametrize(
    ("given", "desks", "status"),
    [
        ("Bearer good", ("nordlys",), 200),
        ("Bearer good", (), 403),
        ("Bearer good", ("elsewhere",), 403),
        ("Bearer bad", ("nordlys",), 403),
        ("Basic good", ("nordlys",), 403),
    ],
)
async def test_from_elsewhere_with_a_token(house: House, given: str, desks: tuple[str, ...], status: int) -> None:
    """It has to be for the figures, and for every desk."""
    app: Any = house.program.server.config.app
    app.state.passes = _Admits(desks)
    headers = {"x-forwarded-for": "203.0.113.7", "authorization": given}
    answer = await house.client.get("/metrics", headers=headers)
    assert (answer.status_code, "countersign_" in answer.text) == (status, status == 200)


async def test_counts_are_cheap(house: House) -> None:
    """Whoever scrapes all the time is given the same counts for a moment."""
    asked: list[str] = []
    sa.event.listen(house.program.engine.sql, "before_cursor_execute", lambda *given: asked.append(str(given[2])))
    for _ in range(5):
        await figures(house)
    assert len([one for one in asked if "GROUP BY reviews.desk" in one]) == 1


def test_a_watch_keeps_its_own_figures() -> None:
    """Two programs in one process, as in a test, do not count each other's."""
    one, other = Watch(lambda: 5.0), Watch(lambda: 5.0)
    one.drafted("north", "drafted")
    assert b'countersign_drafts_total{desk="north",outcome="drafted"} 1.0' in one.figures(())
    assert b"north" not in other.figures(())


def test_how_a_part_fares() -> None:
    """Failures are counted until it works again; since when is kept from the first."""
    now = [1.0]
    watch = Watch(lambda: now[0])
    for at, trouble in ((2.0, ""), (3.0, "one"), (4.0, "two")):
        now[0] = at
        watch.went("model", "m", trouble)
    fare = watch.fare("model", "m")
    assert (fare.good, fare.since, fare.at, fare.row, fare.trouble) == (2.0, 3.0, 4.0, 2, "two")
    now[0] = 5.0
    watch.went("model", "m")
    assert (fare.good, fare.since, fare.at, fare.row) == (5.0, None, 4.0, 0)


async def test_the_store_says_what_is_sealed(either: House) -> None:
    """The oldest line that is not sealed, until it is."""
    await either.say("Where is my parcel?")
    await either.card()
    engine = either.program.engine
    found = await engine.read(lambda conn: vitals(conn, 0.0))
    first = await engine.read(lambda conn: conn.execute(sa.select(sa.func.min(audit.c.at))).scalar_one())
    assert (found.sealed, found.unsealed) == (0, first)
    assert found.lines >= 3
    assert found.size > 10_000
    assert (found.replicas is None) == (engine.url.get_backend_name() == "sqlite")
