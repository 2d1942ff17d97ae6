"""Kill-anywhere with Slack as the channel: the whole program, at every call it makes and everything it is told."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.killing.chat import everywhere
from tests.killing.slack import live

# Which story is told how, and whether the program hears its own posts or has to look for them.
_TOLD = [
    ("approve", "http", "deaf"),
    ("edit", "http", "echoes"),
    ("edit", "socket", "deaf"),
    ("more", "socket", "deaf"),
]


@pytest.mark.timeout(300)  # on a machine with much else to do
@pytest.mark.parametrize(("story", "mode", "ears"), _TOLD)
async def test_one_reply_wherever_it_dies(story: str, mode: str, ears: str, tmp_path: Path) -> None:
    """Afterwards everything customers wrote is stored and answered, what was released stands in the thread exactly once,
    one card a review shows the outcome, and the audit holds.
    """
    told = partial(live, story=story, socket_mode=mode == "socket", echoes=ears == "echoes")
    struck, wrong = await everywhere(told, tmp_path)
    assert wrong == []
    assert {"chat.postMessage, asked", "chat.postMessage, landed", "chat.update, landed", "message, over"} <= struck
