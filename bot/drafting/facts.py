"""What can be looked up about a customer, without anything that does the looking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fact:
    """What a look-up found: `text` for the model and the reviewer, `title` for the card, `ref` as in `lookup:order`.

    `text` has at most 2,000 characters; it and the title may hold what strangers wrote. Only a `public` one may be told
    to customers.
    """

    ref: str
    title: str
    text: str
    public: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A look-up that came to nothing: its name on the card, and the reason as a clause that quotes nobody."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What came of all look-ups of a case."""

    facts: tuple[Fact, ...] = ()
    failed: tuple[Failed, ...] = ()


NOTHING = Found()


@dataclass(frozen=True, slots=True)
class Question:
    """Whom it is about: the desk's id, the customer's id and name in their channel, and what they wrote, newest first,
    in which look-ups search for what their patterns name. The text itself goes nowhere."""

    desk: str
    customer: str
    name: str
    texts: tuple[str, ...]


class Facts(Protocol):
    """Read-only look-ups."""

    async def look(self, question: Question) -> Found:
        """Everything that can be found, in the order of the settings. Never raises."""
