"""What a chat may ask about prompt templates, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.phrases import say

if TYPE_CHECKING:
    from bot.channels.base import Answer, Person


@dataclass(frozen=True, slots=True)
class Listed:
    """A template: its version in use, as in `support_reply@3`, who put it into use and when (unix seconds), and how many
    newer drafts there are."""

    version: str
    by: str
    at: float
    drafts: int


@dataclass(frozen=True, slots=True)
class Printed:
    """An answer: a sentence, perhaps a long text, and the address of its page; empty without one."""

    sentence: str
    text: str = ""
    link: str = ""


class Prompts(Protocol):
    """The templates as a channel sees them. Whatever is refused is an answer. Each raises `NotStored`."""

    async def listed(self, by: Person) -> tuple[tuple[Listed, ...], str]:
        """The templates of the desks that this person leads, and the address of their page."""

    async def shown(self, by: Person, wanted: str) -> Printed:
        """A version's text; of `name` alone that in use."""

    async def previewed(self, by: Person, wanted: str, review: str) -> Printed:
        """What the model would see for a review."""

    async def rolled_back(self, by: Person, name: str, note: str) -> Answer:
        """Put the version back into use that was before the present one."""


class NoPrompts:
    """Stands in where nobody handles templates."""

    async def listed(self, by: Person) -> tuple[tuple[Listed, ...], str]:
        """None."""
        return (), ""

    async def shown(self, by: Person, wanted: str) -> Printed:
        """There is none."""
        return Printed(say("prompts.unknown", name=wanted[:60]))

    async def previewed(self, by: Person, wanted: str, review: str) -> Printed:
        """There is none."""
        return Printed(say("prompts.unknown", name=wanted[:60]))

    async def rolled_back(self, by: Person, name: str, note: str) -> Answer:
        """There is none."""
        from bot.channels.base import Answer

        return Answer(False, say("prompts.unknown", name=name[:60]))
