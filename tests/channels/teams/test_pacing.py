"""What Teams allows: seven posts a second in a channel, eight in two, sixty in thirty, and thirty a second in all."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import Refusal
from bot.channels.teams.pacing import Pace


def now() -> float:
    return asyncio.get_running_loop().time()


async def _post(pace: Pace, channel: str = "C1") -> float:
    async with pace.turn(channel):
        return now()


async def test_every_window_is_kept() -> None:
    """Whatever the order in which they fill up."""
    windows = ((3, 0.1), (4, 0.3), (6, 0.6))
    pace, at = Pace(windows, ()), list[float]()
    for _ in range(9):
        at.append(await _post(pace))
    for most, seconds in windows:
        for first, later in zip(at, at[most:], strict=False):
            assert later - first >= seconds - 0.001


async def test_all_channels_share_what_the_tenant_may() -> None:
    """Each channel by itself would have room."""
    pace = Pace(((7, 1.0),), ((4, 0.2),))
    began = now()
    at = sorted([await _post(pace, f"C{number}") for number in range(6)])
    assert at[3] - began < 0.1
    assert at[4] - began >= 0.19


async def test_a_full_hour_puts_off_instead_of_waiting() -> None:
    """With the time at which there is room again."""
    pace = Pace(((2, 3600.0),), ())
    await _post(pace)
    await _post(pace)
    with pytest.raises(Refusal) as caught:
        await _post(pace)
    assert 3590 < caught.value.wait <= 3600
    assert not caught.value.final
    assert await _post(pace, "C2")


async def test_channels_that_rest_are_forgotten() -> None:
    """A thousand of them are not kept for ever."""
    pace = Pace(((1, 0.0),), ())
    for number in range(1002):
        await _post(pace, f"C{number}")
    assert len(pace._lines) <= 1001
