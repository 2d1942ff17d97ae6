"""What a chat may see of a desk's figures at a glance: a chart, drawn for a channel in which only its people read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.channels.base import Person, Place


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as PNG; `title` says of what, `words` say what it shows to those who do not see it."""

    png: bytes
    title: str
    words: str


class Pictures(Protocol):
    """The charts as a channel sees them."""

    async def chart(self, by: Person, place: Place) -> Picture | None:
        """What became of the last weeks' reviews of the desks that review at this place and that this person leads; None
        without any. Raises `NotStored`."""


class NoPictures:
    """Stands in where nobody draws."""

    async def chart(self, by: Person, place: Place) -> Picture | None:
        """There is none."""
        return None
