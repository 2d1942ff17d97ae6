"""Guests of our own workspace count as customers: whatever `slack:*` may, they may not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.slack.manifest import SHORTCUT
from tests.channels.slack.house import QUESTION, House, living
from tests.doubles.slack import Limits


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Everybody of our own may decide, as docs/slack.md has it for a first try."""
    async with living(tmp_path, limits=Limits.none(), people={"slack:*": "agent"}) as made:
        yield made


async def test_a_guest_reads_and_decides_nothing(house: House) -> None:
    """By command, on the Home tab, by a button, by the shortcut."""
    slack, town = house.slack, house.slack.town
    question = await slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    asked = await slack.act.command(town.gus, town.support, "/countersign", "queue")
    assert "parcel" not in json.dumps(asked.answer)
    town.review.members.append(town.gus)
    await slack.act.press(town.gus, card, "decide.approve")
    assert await house.whisper(town.gus)
    await slack.settled()
    assert not slack.posts(thread=question)
    asked = await slack.act.command(town.ana, town.support, "/countersign", "queue")
    assert "parcel" in json.dumps(asked.answer)


async def test_the_shortcut_is_for_those_who_may_decide_there(tmp_path: Path) -> None:
    """A colleague without a role at the desk is told so, and no review is opened."""
    async with living(tmp_path, limits=Limits.none()) as house:
        slack, town = house.slack, house.slack.town
        town.internal.members.append(town.bot)
        asked = await slack.act.write(town.ana, town.internal, "A customer asks by phone where the parcel is.")
        await slack.settled()
        await slack.act.shortcut(town.tom, asked, SHORTCUT)
        assert "no role" in await house.whisper(town.tom)
        await slack.settled()
        assert house.rows()["reviews"] == 0


async def test_a_support_channel_that_is_lost_is_told_of(house: House) -> None:
    """Nothing would come from there any more, and no card could say so: `/readyz` does, until the app is back."""
    slack, town = house.slack, house.slack.town
    await slack.admin.remove_bot(town.support)
    assert await house.bot.told(f"Nothing is heard from {town.support.id}")
    await slack.admin.invite_bot(town.support)
    await slack.act.write(town.kim, town.support, QUESTION)
    await house.card()
