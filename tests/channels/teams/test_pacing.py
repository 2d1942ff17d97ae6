"""What Teams allows: seven posts a second in a channel, eight in two, sixty in thirty, and thirty a second in all."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import Refusal
from bot.channels.pacing import Limits
from bot.channels.teams.pacing import CHANNEL, TENANT, Pace
from tests.doubles.teams.limits import SEND
from tests.doubles.teams.limits import TENANT as ALLOWED


class Time:
    """Time that passes only while somebody sleeps, and then exactly as long as they wanted."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    def pace(self, channel: Limits, tenant: Limits = ()) -> Pace:
        """A pace by this clock."""
        return Pace(channel, tenant, clock=self.clock, sleep=self.sleep)

    async def post(self, pace: Pace, channel: str = "C1") -> float:
        """When one more was posted."""
        async with pace.turn(channel):
            return self.now


async def test_every_window_is_kept() -> None:
    """Whatever the order in which they fill up; and nobody waits longer than that."""
    time, windows = Time(), ((3, 0.125), (4, 0.5), (6, 1.0))
    pace = time.pace(windows)
    at = [await time.post(pace) for _ in range(12)]
    for most, seconds in windows:
        assert min(later - first for first, later in zip(at, at[most:], strict=False)) == seconds


async def test_all_channels_share_what_the_tenant_may() -> None:
    """Each channel by itself would have room."""
    time = Time()
    pace = time.pace(((7, 1.0),), ((4, 0.25),))
    at = [await time.post(pace, f"C{number}") for number in range(6)]
    assert [one - at[0] for one in at] == [0, 0, 0, 0, 0.25, 0.25]


async def test_a_full_hour_puts_off_instead_of_waiting() -> None:
    """With the time at which there is room again."""
    time = Time()
    pace = time.pace(((2, 3600.0),))
    await time.post(pace)
    time.now += 100.0
    await time.post(pace)
    with pytest.raises(Refusal) as caught:
        await time.post(pace)
    assert caught.value.wait == 3500.0
    assert not caught.value.final
    assert await time.post(pace, "C2") == time.now
    time.now += 3500.0
    assert await time.post(pace) == time.now


async def test_a_pause_that_teams_asked_for_is_kept_in_every_channel() -> None:
    """429 is for the bot and not for the one post."""
    time = Time()
    pace = time.pace(((7, 1.0),))
    with pytest.raises(Refusal):
        async with pace.turn("C1"):
            raise Refusal("slow down", wait=3.0)
    assert await time.post(pace, "C2") == 1003.0


def test_what_we_keep_to_is_within_what_is_published() -> None:
    """Fewer than Teams counts, in each of its windows."""
    for ours, published in ((CHANNEL, SEND), (TENANT, ALLOWED)):
        allowed = dict(published)
        assert {seconds for _, seconds in ours} == allowed.keys()
        assert all(most < allowed[seconds] for most, seconds in ours)


async def test_channels_that_rest_are_forgotten() -> None:
    """A thousand of them are not kept for ever."""
    time = Time()
    pace = time.pace(((1, 0.0),))
    for number in range(1002):
        await time.post(pace, f"C{number}")
    assert len(pace._lines) <= 1001
