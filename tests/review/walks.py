"""Lives of reviews as hypothesis makes them up: steps of every kind by anybody at any time, the refused ones left out."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from bot.review.actions import Action, Correct, Edit, Received, Redraft, Wake
from bot.review.machine import Refused, decide
from bot.review.model import SYSTEM, Decision, Feeling
from tests.review.lives import ANA, KINDS, LEA, NOW, a

_LATER = [kind for kind in KINDS if kind is not Received]
_WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@st.composite
def walks(draw: st.DrawFn, most: int = 14) -> list[Decision]:
    """The decisions of one review, at least one."""
    made = [decide(None, a(Received, None))]
    clock = NOW
    for _ in range(draw(st.integers(0, most))):
        clock += draw(st.sampled_from([0.0, 0.5, 3.0, 40.0]))
        action = _step(draw, made, clock)
        try:
            made.append(decide(made[-1].review, action))
        except Refused:
            continue
    return made


def _step(draw: st.DrawFn, made: list[Decision], clock: float) -> Action:
    kind = draw(st.sampled_from(_LATER))
    # Mostly what was last seen; sometimes an older card, or a claim that has lapsed.
    seen = made[-1].review if draw(st.integers(0, 5)) else draw(st.sampled_from(made)).review
    action = replace(a(kind, seen), at=clock)
    if isinstance(action, Edit):
        action = replace(action, words=draw(_WORDS))
    if isinstance(action, Redraft):
        action = replace(action, instruction=draw(st.text(max_size=5)))
    if isinstance(action, Correct):
        action = replace(action, feeling=draw(st.sampled_from(Feeling)))
    if isinstance(action, Wake) and draw(st.booleans()):
        action = replace(action, by=SYSTEM)
    return replace(action, by=LEA) if action.by == ANA and draw(st.booleans()) else action
