"""What `countersign doctor` says about look-ups. Nothing about any customer is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.lookups.answers import Unanswered
from bot.lookups.asking import Lookups
from bot.phrases import say

_PATIENCE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Finding:
    """One look-up that was looked at: whether it can be asked, and what is said of it."""

    ok: bool
    said: str


async def examine(lookups: Lookups) -> AsyncIterator[Finding]:
    """Each look-up, in the order of the settings."""
    for name, way in lookups.ways():
        try:
            async with asyncio.timeout(_PATIENCE):
                await way.reach()
            yield Finding(True, say("doctor.lookup_fine", name=name))
        except TimeoutError:
            yield Finding(False, say("doctor.lookup_bad", name=name, why=say("lookup.slow", seconds=f"{_PATIENCE:g}")))
        except Unanswered as unanswered:
            yield Finding(False, say("doctor.lookup_bad", name=name, why=unanswered.reason))
