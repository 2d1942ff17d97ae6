"""One message a second a channel, threads in order, and no knocking while Slack asked for a pause."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import Refusal
from bot.channels.slack.pacing import Pace


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_posts_in_one_channel_are_set_apart() -> None:
    """Each waits for its turn; another channel does not."""
    pace, times = Pace(0.1), list[float]()

    async def post(channel: str) -> None:
        async with pace.turn(channel):
            times.append(now())

    began = now()
    async with asyncio.timeout(5):
        await asyncio.gather(*(post("C1") for _ in range(4)), post("C2"))
    waits = sorted(at - began for at in times)
    assert waits[1] < 0.05  # the first of either channel
    assert [wait > 0.09 * number for number, wait in enumerate(waits[2:], 1)] == [True, True, True]


async def test_a_thread_keeps_its_order_whatever_the_network_does() -> None:
    """The second waits until the first has its answer, even when that is slow."""
    pace, order = Pace(0.0), list[int]()

    async def post(number: int) -> None:
        async with pace.turn("C1", "1.1"):
            await asyncio.sleep(0.05 if number == 0 else 0)
            order.append(number)

    await asyncio.gather(*(post(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]
    assert pace._threads == {}


async def test_a_long_line_is_not_joined() -> None:
    """A card's or a reply's lease goes on meanwhile: better tried again later, and told when."""
    pace = Pace(3.0)
    async with pace.turn("C1"):
        pass
    waiting = asyncio.create_task(_post(pace))  # 3 s
    await asyncio.sleep(0)
    with pytest.raises(Refusal) as caught:  # 6 s
        await _post(pace)
    assert 5 < caught.value.wait <= 6
    assert not caught.value.final
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_pause_slack_asked_for_is_kept_by_everybody() -> None:
    """429 holds for the method in the whole workspace: others wait too, or are put off when it is long."""
    pace = Pace(0.0)
    with pytest.raises(Refusal):
        async with pace.turn("C1"):
            raise Refusal("slow down", wait=0.2)
    began = now()
    await _post(pace, "C2")
    assert now() - began > 0.15
    with pytest.raises(Refusal):
        async with pace.turn("C1"):
            raise Refusal("slow down", wait=30)
    with pytest.raises(Refusal) as caught:
        await _post(pace, "C2")
    assert caught.value.wait > 25


async def _post(pace: Pace, channel: str = "C1") -> None:
    async with pace.turn(channel):
        pass
