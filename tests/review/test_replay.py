"""The audit is proof: replayed through the same law it lands on the row, and an altered one does not replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.review.actions import Action
from bot.review.machine import Forged, replay
from bot.review.model import Actor, Decision, Draft, Line, Role
from tests.review.lives import ANA, DRAFT, WAYS, life, lines
from tests.review.walks import walks


@given(walks())
def test_replay_lands_on_the_row(made: list[Decision]) -> None:
    """Whatever happened to a review, its audit alone leads to exactly where it stands."""
    assert replay(lines(made)) == made[-1].review


@given(walks(), st.data())
def test_a_missing_line_is_found(made: list[Decision], data: st.DataObject) -> None:
    """Taking a line out anywhere but at the end breaks the replay at the line after it."""
    assume(len(made) > 1)
    audit = lines(made)
    gone = data.draw(st.integers(0, len(audit) - 2))
    with pytest.raises(Forged) as forged:
        replay(audit[:gone] + audit[gone + 1 :])
    assert (forged.value.review, forged.value.version) == ("r1", audit[gone + 1].version)


@given(walks(), st.data())
def test_a_repeated_line_is_found(made: list[Decision], data: st.DataObject) -> None:
    """The same line twice breaks the replay at the second one."""
    audit = lines(made)
    index = data.draw(st.integers(0, len(audit) - 1))
    with pytest.raises(Forged):
        replay([*audit[: index + 1], *audit[index:]])


@given(walks(), st.data())
def test_swapped_lines_are_found(made: list[Decision], data: st.DataObject) -> None:
    """Two lines in the wrong order break the replay."""
    assume(len(made) > 1)
    audit = lines(made)
    index = data.draw(st.integers(0, len(audit) - 2))
    with pytest.raises(Forged):
        replay([*audit[:index], audit[index + 1], audit[index], *audit[index + 2 :]])


def _alterations(line: Line) -> Iterator[Line]:
    """The line with one thing about it altered: each of its own fields, and what of its step shows in the line."""
    yield line._replace(review="r2")
    yield line._replace(version=line.version + 1)
    for state in {"received", "sent"} - {line.before}:
        yield line._replace(before=type(line.after)(state))
    yield line._replace(after=next(state for state in type(line.after) if state is not line.after))
    yield line._replace(action=replace(line.action, by=Actor("x", "X", Role.NOBODY)))
    for name in ("seen", "claim"):
        if hasattr(line.action, name):
            yield line._replace(action=_with(line.action, name, getattr(line.action, name) + 1))


def _with(action: Action, name: str, value: Any) -> Action:
    assert name in {field.name for field in fields(action)}
    return replace(action, **{name: value})


@pytest.mark.parametrize("way", WAYS)
def test_an_altered_line_is_found(way: str) -> None:
    """Every field of every line counts: altered, it breaks the replay at that line or, for a claim, at its result."""
    audit = lines(life(*WAYS[way]))
    for index, line in enumerate(audit):
        for altered in _alterations(line):
            with pytest.raises(Forged) as forged:
                replay([*audit[:index], altered, *audit[index + 1 :]])
            assert forged.value.version in {line.version, line.version + 1}


def test_an_exchanged_decision_is_found() -> None:
    """A rejection cannot be turned into an approval: what follows would not follow."""
    approved, rejected = lines(life(*WAYS["released"])), lines(life(*WAYS["rejected"]))
    with pytest.raises(Forged, match="Review r1, version 4"):
        replay([*approved[:3], rejected[3]._replace(action=approved[3].action)])


def test_another_draft_leads_to_another_row() -> None:
    """The texts are not in the line, so the replay cannot know them; it lands on a row with other words.

    That they are the recorded ones is what the digests are for (tests/store/test_verify.py).
    """
    audit = lines(life(*WAYS["in review"]))
    other = audit[2]._replace(action=_with(audit[2].action, "draft", replace(DRAFT, reply="We owe you nothing.")))
    assert replay([*audit[:2], other]).words == "We owe you nothing."
    assert isinstance(DRAFT, Draft)


def test_an_audit_without_lines_has_no_review() -> None:
    """Asking for it is an error of the caller, not a forgery."""
    with pytest.raises(ValueError, match="no review"):
        replay([])


def test_a_decision_by_somebody_without_the_right_does_not_replay() -> None:
    """An audit that says a reader approved was not written by this law."""
    audit = lines(life(*WAYS["released"]))
    with pytest.raises(Forged):
        replay([*audit[:3], audit[3]._replace(action=replace(audit[3].action, by=replace(ANA, role=Role.NOBODY)))])
