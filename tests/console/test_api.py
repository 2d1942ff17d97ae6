"""The read API: the same rows and rights as the pages, a page at a time, described, and never a fault of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import hypothesis
import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase
from hypothesis import settings as trials

from bot.channels.card import Card
from bot.review.model import State
from tests.console.conftest import House, running, settings

QUESTIONS = ("How do I return a jacket?", "Where is my parcel?", "Can I change my password?")


@pytest.fixture
async def decided(root: Path, tmp_path: Path, database: sa.URL) -> AsyncIterator[tuple[House, list[Card]]]:
    """Three questions: approved, rejected, open."""
    async with running(settings(root, tmp_path, database)) as house:
        for text in QUESTIONS:
            await house.say(text)
        cards = [await house.card(text=text) for text in QUESTIONS]
        await house.decide(cards[0], "approve")
        await house.card(State.SENT, QUESTIONS[0])
        await house.decide(cards[1], "reject", reason="tone")
        yield house, cards


async def _got(house: House, path: str, **asked: str | int) -> Any:
    answer = await house.client.get(f"/api/v1/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _all(house: House, path: str, **asked: str | int) -> list[Any]:
    """Every item, two at a time."""
    found: list[Any] = []
    cursor = ""
    while True:
        page = await _got(house, path, limit=2, cursor=cursor, **asked)
        assert len(page["items"]) <= 2
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = page["next"]


async def test_reviews_are_read_page_by_page(decided: tuple[House, list[Card]]) -> None:
    """The newest first, each once, with what became of it."""
    house, cards = decided
    found = await _all(house, "reviews")
    assert [one["review"] for one in found] == sorted((card.review for card in cards), reverse=True)
    outcomes = {one["review"]: one["outcome"] for one in found}
    assert [outcomes[card.review] for card in cards] == ["as_is", "rejected", "open"]
    assert all(datetime.fromisoformat(one["opened_at"]).tzinfo for one in found)
    only = await _got(house, "reviews", outcome="rejected")
    assert [one["review"] for one in only["items"]] == [cards[1].review]
    assert (await _got(house, "reviews", since="2999-01-01T00:00:00Z"))["items"] == []


async def test_the_audit_is_read_page_by_page(decided: tuple[House, list[Card]]) -> None:
    """Every line once, newest first, also when lines are added between two pages."""
    house, cards = decided
    first = await _got(house, "audit", limit=3)
    await house.decide(await house.card(text=QUESTIONS[2]), "claim")
    rest = await _got(house, "audit", cursor=first["next"], limit=200)
    numbers = [line["number"] for line in first["items"] + rest["items"]]
    assert numbers == sorted(set(numbers), reverse=True)
    assert rest["next"] is None
    steps = [line["step"] for line in await _all(house, "audit", actor="web:ana")]
    assert steps == ["Claim", "Reject", "Approve"]
    assert {line["review"] for line in await _all(house, "audit", step="Reject")} == {cards[1].review}


async def test_figures_are_those_of_the_page(decided: tuple[House, list[Card]]) -> None:
    """One reply went out as drafted."""
    house, _ = decided
    found = await _got(house, "figures")
    assert found["five"]["volume"] == 1
    assert found["accepted"]["as_is"]["part"] == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("reviews?desk=elsewhere", 403),
        ("audit?desk=elsewhere", 403),
        ("figures?desk=elsewhere", 403),
        ("reviews?limit=0", 400),
        ("reviews?cursor=%00", 400),
        ("audit?cursor=-1", 400),
        ("audit?since=yesterday", 400),
        ("figures?since=2026-02-30", 400),
        ("nothing", 404),
    ],
)
async def test_what_cannot_be_read_is_told_as_json(house: House, path: str, status: int) -> None:
    """A program gets a sentence it can log, not a page."""
    answer = await house.client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["done"]) == (status, False)
    assert answer.json()["sentence"]


async def test_nothing_that_can_be_asked_breaks_it(house: House) -> None:
    """What the description allows and what it does not, in thousands of ways: never a 5xx, always as described."""
    await house.say(QUESTIONS[0])
    await house.card()
    told = (await house.client.get("/api/v1/openapi.json")).json()
    assert set(told["paths"]) == {"/api/v1/reviews", "/api/v1/audit", "/api/v1/figures"}
    schema = schemathesis.openapi.from_dict(told)
    with httpx2.Client(base_url=house.address, timeout=30) as client:
        await _fuzzed(schema, client)


async def _fuzzed(schema: Any, client: httpx2.Client) -> None:
    for operation in schema.get_all_operations():
        case = operation.ok().as_strategy()

        @trials(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
        def asked(case: Any) -> None:
            answer = client.get(case.path, params=case.query or {})
            assert answer.status_code < 500, (case.query, answer.text)

        await asyncio.to_thread(hypothesis.given(case=case)(asked))
