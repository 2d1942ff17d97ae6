"""How often Teams lets a bot post.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit: per thread 7 posts in a second, 8 in two, 60
in thirty and 1,800 in an hour, and 30 requests a second in a tenant. A thread is a channel there, with all that hangs in
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.channels import pacing
from bot.channels.pacing import Limits, loop_time
from bot.phrases import say

# A little less than that: Teams counts when a post arrives, and one may be slower on its way than the next.
CHANNEL: Limits = ((6, 1.0), (7, 2.0), (55, 30.0), (1750, 3600.0))
TENANT: Limits = ((25, 1.0),)


class Pace(pacing.Pace):
    """Gives turns."""

    def __init__(
        self,
        channel: Limits = CHANNEL,
        tenant: Limits = TENANT,
        *,
        clock: Callable[[], float] = loop_time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(channel, say("teams.trouble.limited"), tenant, clock=clock, sleep=sleep)
