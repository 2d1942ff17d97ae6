"""How often one may try to sign in: so that nobody fills the store or the provider's patience."""

from __future__ import annotations

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

# Behind a proxy a whole team has one address, and what it says of others is not to be trusted. A sign-in is two tries.
OF_ONE = 60
OF_ALL = 300


class Attempts:
    """Counted for each address and for all together, in this process."""

    def __init__(self, of_one: int = OF_ONE, of_all: int = OF_ALL) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._of_one = RateLimitItemPerMinute(of_one)
        self._of_all = RateLimitItemPerMinute(of_all)

    def allow(self, address: str) -> bool:
        """Whether one more from there is fine."""
        return self._limiter.hit(self._of_one, "one", address) and self._limiter.hit(self._of_all, "all")
