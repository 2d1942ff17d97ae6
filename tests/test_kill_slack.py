"""Kill-anywhere with Slack as the channel: the whole program, at every call it makes and everything it is told."""

from __future__ import annotations

import asyncio
import itertools
import re
from pathlib import Path

import pytest

from tests.killing.slack import Life, live

# How many lives go on at once; much of the time they wait for a lease to end.
_LANES = 5
# Which story is told how, and whether the program hears its own posts or has to look for them.
_TOLD = [
    ("approve", "http", "deaf"),
    ("approve", "socket", "echoes"),
    ("edit", "http", "echoes"),
    ("edit", "socket", "deaf"),
    ("more", "http", "echoes"),
    ("more", "socket", "deaf"),
]


def kind(point: str) -> str:
    """The point without its count."""
    return re.sub(r" #\d+$", "", point)


@pytest.mark.timeout(300)  # on a machine with much else to do
@pytest.mark.parametrize(("story", "mode", "ears"), _TOLD)
async def test_one_reply_wherever_it_dies(story: str, mode: str, ears: str, tmp_path: Path) -> None:
    """Afterwards everything customers wrote is stored and answered, what was released stands in the thread exactly once,
    one card a review shows the outcome, and the audit holds.
    """
    numbers = itertools.count()
    free = asyncio.Semaphore(_LANES)

    async def life(at: str = "") -> Life:
        async with free:
            folder = tmp_path / str(next(numbers))
            folder.mkdir()
            return await live(folder, story, at, socket_mode=mode == "socket", echoes=ears == "echoes")

    whole = await life()
    assert whole.faults == []
    lives = await asyncio.gather(*(life(point) for point in whole.points))
    assert [(life.at, life.faults) for life in lives if life.faults] == []
    struck = {kind(life.at) for life in lives if life.struck}
    assert {kind(life.at) for life in lives} <= struck, "a point of this kind was never the last"
    assert sum(not life.struck for life in lives) <= len(lives) / 4, "most points are reached again"
    assert {"chat.postMessage, asked", "chat.postMessage, landed", "chat.update, landed", "message, over"} <= struck
