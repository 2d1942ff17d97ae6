"""A fake shop, look-ups that ask it, and a log that is read."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from bot.drafting.facts import Question
from bot.log import configure
from tests.doubles.shop import Shop


def question(*texts: str, name: str = "Mia Lindqvist", desk: str = "north") -> Question:
    """What a customer of ours wrote, newest first."""
    return Question(desk, "U042", name, texts)


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock by which answers are kept."""
    return Clock()


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """The shop; whatever it complains of fails the test."""
    async with Shop() as shop:
        yield shop
    assert shop.complaints == []


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged."""
    stream = io.StringIO()
    before = structlog.get_config()
    configure("debug", stream)
    yield stream
    structlog.configure(**before)
