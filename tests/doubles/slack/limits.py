"""How often an app may ask: one message a second per channel, and so many calls a minute per method.

https://docs.slack.dev/apis/web-api/rate-limits; the figures are of "at least", and no burst is published.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from tests.doubles.slack.clock import Clock, Moment
from tests.doubles.slack.wire import Refused

TIERS = {
    "apps.connections.open": 50,
    "bots.info": 50,
    "chat.delete": 50,
    "chat.getPermalink": 1000,
    "chat.postEphemeral": 100,
    "chat.update": 50,
    "conversations.history": 50,
    "conversations.info": 50,
    "conversations.members": 100,
    "conversations.replies": 50,
    "files.info": 100,
    "reactions.add": 50,
    "team.info": 50,
    "usergroups.users.list": 20,
    "users.conversations": 50,
    "users.info": 100,
    "views.open": 100,
    "views.publish": 100,
    "views.push": 100,
    "views.update": 100,
}
READS = ("conversations.history", "conversations.replies")


@dataclass
class Limits:
    """Which limits hold. None or False takes one away; `Limits.none()` takes all, as a benchmark wants it.

    `distributed` is the rule of 29 May 2025 for apps sold outside the Marketplace: history and replies once a minute
    with at most 15 messages.
    """

    posts_a_second: float | None = 1.0
    burst: int = 3
    posts_a_minute: int | None = 300
    tiers: bool = True
    distributed: bool = False
    connections: int = 10

    @classmethod
    def none(cls) -> Limits:
        """Nothing is limited but the number of sockets."""
        return cls(posts_a_second=None, posts_a_minute=None, tiers=False)


@dataclass
class _Bucket:
    """Tokens that drip in at `rate` a second, up to `size`."""

    rate: float
    size: float
    tokens: float
    at: Moment


@dataclass
class Meter:
    """Counts calls against the limits."""

    clock: Clock
    limits: Limits = field(default_factory=Limits)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def call(self, method: str) -> None:
        """A call of this method, by the app in its workspace."""
        if self.limits.distributed and method in READS:
            self._take(method, method, 1 / 60, 1)
        elif self.limits.tiers and method in TIERS:
            self._take(method, method, TIERS[method] / 60, TIERS[method])

    def post(self, channel: str) -> None:
        """A message to this channel."""
        method = "chat.postMessage"
        if self.limits.posts_a_minute:
            self._take(method, method, self.limits.posts_a_minute / 60, self.limits.posts_a_minute)
        if self.limits.posts_a_second:
            self._take(method, f"{method} {channel}", self.limits.posts_a_second, self.limits.burst)

    def refuse(self, method: str, wait: float) -> Refused:
        """Status 429, with the pause in whole seconds."""
        self.refusals[method] += 1
        seconds = max(1, math.ceil(wait))
        return Refused("ratelimited", status=429, headers={"retry-after": str(seconds)})

    def _take(self, method: str, key: str, rate: float, size: float) -> None:
        now = self.clock.mark()
        bucket = self._buckets.setdefault(key, _Bucket(rate, size, size, now))
        bucket.tokens = min(bucket.size, bucket.tokens + self.clock.since(bucket.at) * bucket.rate)
        bucket.at = now
        if bucket.tokens < 1:
            raise self.refuse(method, (1 - bucket.tokens) / bucket.rate)
        bucket.tokens -= 1
