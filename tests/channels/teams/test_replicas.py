"""Several replicas on one PostgreSQL and in one Teams: whoever is told, shown or pressed first, it happens once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.channels.slack.process import PATIENCE
from tests.channels.teams.house import QUESTION, House, living, says
from tests.doubles.teams import Delivery, Limits

MORE = "And where is my other parcel?"


@pytest.fixture
async def house(tmp_path: Path, postgresql: sa.URL) -> AsyncIterator[House]:
    """Two replicas behind a balancer that gives each try to the next."""
    async with living(tmp_path, replicas=2, database=postgresql, limits=Limits.none()) as made:
        yield made


def doors(*deliveries: Delivery) -> set[int]:
    """Which replicas were told."""
    return {attempt.replica for delivery in deliveries for attempt in delivery.attempts}


async def test_two_share_one_teams(house: House) -> None:
    """Everything is told to both at once, and two reviewers press on each card, each at another replica. Every question
    gets one card and one reply, and of two reviewers one sees who was first.
    """
    teams, town = house.teams, house.teams.town
    teams.courier.doubled = True
    people = [(town.kim, town.support), (town.mia, town.shared), (town.kai, town.support)] * 2
    threads = [await teams.act.write(person, channel, QUESTION) for person, channel in people]
    await house.card(number=len(threads) - 1)
    for card in house.cards():
        seen = teams.act.snapshot(card)
        pressed = await asyncio.gather(*(teams.act.press(who, seen, "approve") for who in (town.ana, town.lea)))
        assert len(doors(*pressed)) == 2
        assert sorted("That was at" in str(told.answer) for told in pressed) == [False, True]
    for thread in threads:
        await house.replies(thread)
    for card in house.cards():
        await house.shows(card, "Delivered.", pressable=False)
    await house.settled()
    assert all(len(doors(told)) == 2 for told in teams.told("message"))
    assert [len(teams.posts(thread)) for thread in threads] == [1] * 6
    assert len(house.cards()) == 6
    assert house.verified() == 6


async def test_what_one_does_not_answer_the_other_is_told(house: House) -> None:
    """A replica that stands still is told first. Teams tells the other one, which answers for both; the first wakes up
    and hears the same again.
    """
    teams, town = house.teams, house.teams.town
    teams.clock.patience, teams.courier.retries = 0.5, [0.0] * 20
    frozen = house.bot
    frozen.send(signal.SIGSTOP)
    threads = [await teams.act.write(town.kim, town.support, f"{QUESTION} {number}") for number in (1, 2)]
    await teams.until(lambda: all(told.acknowledged for told in teams.told("message")), PATIENCE)
    assert any(len(doors(told)) == 2 for told in teams.told("message"))
    await house.card(number=1)
    teams.clock.patience = PATIENCE
    frozen.send(signal.SIGCONT)
    for card in house.cards():
        await house.press(town.ana, card, "approve")
    for thread in threads:
        await house.replies(thread)
    await house.settled()
    assert [len(teams.posts(thread)) for thread in threads] == [1, 1]
    assert len(house.cards()) == 2
    assert house.verified() == 2


async def test_one_dies_and_the_other_goes_on(house: House) -> None:
    """With cards and replies in its hands."""
    teams, town = house.teams, house.teams.town
    threads = [await teams.act.write(town.kim, town.support, f"{QUESTION} {number}") for number in range(4)]
    await house.card(number=3)
    teams.courier.retries = [0.0] * 20
    teams.faults.slow("connector.send", 3.0, landed=True, times=4)
    for card in house.cards():
        await house.press(town.ana, card, "approve")
    await teams.until(lambda: teams.posts(threads[0]), PATIENCE)
    await house.bot.kill()
    for card in house.cards():
        await house.shows(card, "Delivered.", pressable=False)
    await teams.act.reply(town.kim, threads[0], MORE)
    await house.settled()
    assert says(await house.card(), MORE)
    assert [len(teams.posts(thread)) for thread in threads] == [1] * 4
    assert len(house.cards()) == 5
    assert house.verified() == 5
