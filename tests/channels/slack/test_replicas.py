"""Several replicas on one PostgreSQL and in one Slack: whoever is told, shown or pressed first, it happens once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.channels.slack.house import QUESTION, House, living, says
from tests.channels.slack.process import PATIENCE
from tests.doubles.slack import Delivery, Limits


@pytest.fixture(params=["http", "socket"])
async def house(request: pytest.FixtureRequest, tmp_path: Path, postgresql: sa.URL) -> AsyncIterator[House]:
    """Two replicas: behind a balancer that gives each try to the next, and with a connection of Socket Mode each."""
    socket_mode = request.param == "socket"
    async with living(tmp_path, socket_mode=socket_mode, replicas=2, database=postgresql, limits=Limits.none()) as made:
        if socket_mode:
            assert len(made.slack.sockets.connections) == 2
        yield made


def doors(*deliveries: Delivery) -> set[int]:
    """Which replicas were told."""
    return {attempt.connection for delivery in deliveries for attempt in delivery.attempts}


def asked(house: House) -> list[Delivery]:
    """What customers wrote, on its way to us."""
    return [told for told in house.slack.told("message") if "client_msg_id" in told.event]


async def test_two_share_one_slack(house: House) -> None:
    """Every event is told to both at once, and two reviewers press on each card, each at another replica. Every
    question gets one card and one reply, and of two reviewers one reads who was first.
    """
    slack, town = house.slack, house.slack.town
    slack.courier.doubled = True
    people = [(town.kim, town.support), (town.mia, town.grid_support), (town.tom, town.internal)] * 2
    threads = [await slack.act.write(person, channel, QUESTION) for person, channel in people]
    await house.card(number=len(threads) - 1)
    for card in house.cards():
        pressed = await asyncio.gather(*(slack.act.press(who, card, "decide.approve") for who in (town.ana, town.lea)))
        assert len(doors(*pressed)) == 2
    for thread in threads:
        await house.replies(thread)
    for card in house.cards():
        await house.shows(card, "Delivered.", buttons=False)
    await slack.settled()
    assert all(len(doors(told)) == 2 for told in asked(house))
    assert [len(slack.posts(thread=thread)) for thread in threads] == [1] * 6
    assert len(house.cards()) == 6
    refused = [whisper.text for who in (town.ana, town.lea) for whisper in slack.whispers(who)]
    assert len(refused) == 6
    assert all("Approved by" in said for said in refused)
    assert not slack.complaints
    assert not slack.courier.lost()
    assert house.verified() == 6


async def test_what_one_does_not_answer_the_other_is_told(house: House) -> None:
    """A replica that stands still is told first. Slack tells the other one, which answers for both; the first wakes up
    and hears the same again.
    """
    slack, town = house.slack, house.slack.town
    slack.clock.patience, slack.courier.retries = 0.5, [0.0] * 20
    frozen = house.bot
    frozen.send(signal.SIGSTOP)
    threads = [await slack.act.write(town.kim, town.support, f"{QUESTION} {number}") for number in (1, 2)]
    await slack.until(lambda: all(told.acknowledged for told in asked(house)), PATIENCE)
    assert any(len(doors(told)) == 2 for told in asked(house))
    await house.card(number=1)
    slack.clock.patience = 3.0
    frozen.send(signal.SIGCONT)
    for card in house.cards():
        await slack.act.press(town.ana, card, "decide.approve")
    for thread in threads:
        await house.replies(thread)
    await slack.settled()
    assert [len(slack.posts(thread=thread)) for thread in threads] == [1, 1]
    assert len(house.cards()) == 2
    assert house.verified() == 2


async def test_one_dies_and_the_other_goes_on(house: House) -> None:
    """With cards and replies in its hands."""
    slack, town = house.slack, house.slack.town
    threads = [await slack.act.write(town.kim, town.support, f"{QUESTION} {number}") for number in range(4)]
    await house.card(number=3)
    slack.courier.retries = [0.0] * 20
    slack.faults.slow("chat.postMessage", 0.3, landed=True, times=4)
    for card in house.cards():
        await slack.act.press(town.ana, card, "decide.approve")
    await slack.until(lambda: slack.posts(thread=threads[0]), PATIENCE)
    await house.bot.kill()
    for card in house.cards():
        await house.shows(card, "Delivered.", buttons=False)
    await slack.act.reply(town.kim, threads[0], "And where is my other parcel?")
    await slack.settled()
    assert says(await house.card(), "other parcel")
    assert [len(slack.posts(thread=thread)) for thread in threads] == [1] * 4
    assert len(house.cards()) == 5
    assert house.verified() == 5
