"""`countersign doctor`: what is there, what is missing, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `mend` says what to do, and is empty when nothing is to be done."""

    name: str
    ok: bool
    said: str
    mend: str = ""
