"""About one message a second in each channel."""

from __future__ import annotations

from bot.channels import pacing
from bot.phrases import say


class Pace(pacing.Pace):
    """Gives turns. `every` is the shortest time between two posts in one channel (seconds).

    https://docs.slack.dev/apis/web-api/rate-limits: "no more than one message per second per channel".
    """

    def __init__(self, every: float = 1.0) -> None:
        super().__init__(((1, every),), say("slack.trouble.limited"))
