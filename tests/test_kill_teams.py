"""Kill-anywhere with Teams as the channel: the whole program, at every call it makes and everything it is told.

The first call and delivery of every kind in each story, and the others shared out among the stories;
`make test ARGS=--every-point` dies at each of them in each story.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.killing.chat import everywhere, some
from tests.killing.teams import live

# Which story is told, whether the answers to a card and a reply are lost in it, and whether the program may then read the
# thread or has to ask a person what stands there.
_TOLD = [
    ("approve", "lost", "reads"),
    ("approve", "lost", "blind"),
    ("edit", "heard", "blind"),
    ("more", "heard", "reads"),
]


@pytest.mark.timeout(300)  # on a machine with much else to do
@pytest.mark.parametrize(("story", "answer", "eyes"), _TOLD)
async def test_one_reply_wherever_it_dies(
    story: str, answer: str, eyes: str, tmp_path: Path, every_point: bool
) -> None:
    """Afterwards everything customers wrote is stored and answered, what was released stands in the thread exactly once,
    one card a review shows the outcome, and the audit holds.
    """
    told = partial(live, story=story, lost=answer == "lost", blind=eyes == "blind")
    turn = _TOLD.index((story, answer, eyes))
    chosen = list if every_point else partial(some, turn=turn, turns=len(_TOLD))
    struck, wrong = await everywhere(told, tmp_path, chosen)
    assert wrong == []
    assert {"connector.send, asked", "connector.send, landed", "connector.update, landed", "message, over"} <= struck
    assert answer != "lost" or eyes != "reads" or "graph.replies, asked" in struck
