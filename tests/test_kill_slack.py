"""Kill-anywhere with Slack as the channel: the whole program, at every call it makes and everything it is told.

The first call and delivery of every kind in each story, and the others shared out among the stories;
`make test ARGS=--every-point` dies at each of them in each story.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.killing.chat import everywhere, some
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
async def test_one_reply_wherever_it_dies(story: str, mode: str, ears: str, tmp_path: Path, every_point: bool) -> None:
    """Afterwards everything customers wrote is stored and answered, what was released stands in the thread exactly once,
    one card a review shows the outcome, and the audit holds.
    """
    told = partial(live, story=story, socket_mode=mode == "socket", echoes=ears == "echoes")
    turn = _TOLD.index((story, mode, ears))
    chosen = list if every_point else partial(some, turn=turn, turns=len(_TOLD))
    struck, wrong = await everywhere(told, tmp_path, chosen)
    assert wrong == []
    assert {"chat.postMessage, asked", "chat.postMessage, landed", "chat.update, landed", "message, over"} <= struck
