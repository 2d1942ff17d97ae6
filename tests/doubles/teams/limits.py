"""How often a bot may ask, per thread and per tenant.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit; a thread is a channel there, with all the
reply chains in it.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.doubles.teams.clock import Clock, Moment
from tests.doubles.teams.wire import Refused

Windows = tuple[tuple[float, int], ...]  # seconds, and how many calls fit into them
SEND: Windows = ((1, 7), (2, 8), (30, 60), (3600, 1800))
MEMBERS: Windows = ((1, 14), (2, 16), (30, 120), (3600, 3600))
WINDOWS: Mapping[str, Windows] = {
    "connector.send": SEND,
    "connector.reply": SEND,
    "connector.create": SEND,
    "connector.pagedmembers": MEMBERS,
    "connector.member": MEMBERS,
    "connector.channels": MEMBERS,
    "connector.members": ((60, 5),),  # the roster as a whole is being withdrawn
}
SHARED = {"connector.reply": "connector.send", "connector.pagedmembers": "connector.member"}
TENANT: Windows = ((1, 30),)


@dataclass
class Limits:
    """Which limits hold; `Limits.none()` takes them away, as a benchmark wants it.

    The page promises no Retry-After, so it can be left out.
    """

    per_thread: bool = True
    per_tenant: bool = True
    retry_after: bool = True

    @classmethod
    def none(cls) -> Limits:
        """Nothing is limited."""
        return cls(per_thread=False, per_tenant=False)


@dataclass
class Meter:
    """Counts calls against the limits; refused ones do not count."""

    clock: Clock
    limits: Limits = field(default_factory=Limits)
    refusals: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _past: dict[str, deque[Moment]] = field(default_factory=lambda: defaultdict(deque))

    def call(self, method: str, channel: str) -> None:
        """A call of this method, for this channel. Raises `Refused` with status 429."""
        counted = []
        if self.limits.per_tenant:
            counted.append(("tenant", TENANT))
        if self.limits.per_thread and method in WINDOWS:
            counted.append((f"{SHARED.get(method, method)} {channel}", WINDOWS[method]))
        for key, windows in counted:
            if wait := self._wait(key, windows):
                raise self.refuse(method, math.ceil(wait) if self.limits.retry_after else None)
        for key, _ in counted:
            self._past[key].append(self.clock.mark())

    def refuse(self, method: str, seconds: int | None) -> Refused:
        """Status 429, with or without the pause in whole seconds."""
        self.refusals[method] += 1
        headers = {} if seconds is None else {"retry-after": str(max(1, seconds))}
        return Refused(429, "Throttled", "Too many requests.", headers=headers)

    def _wait(self, key: str, windows: Windows) -> float:
        """Seconds until there is room again; 0 when there is."""
        past = self._past[key]
        while past and self.clock.since(past[0]) >= windows[-1][0]:
            past.popleft()
        waits = [0.0]
        for seconds, most in windows:
            if len(past) >= most and (left := seconds - self.clock.since(past[-most])) > 0:
                waits.append(left)
        return max(waits)
