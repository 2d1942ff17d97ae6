"""What may go wrong with a call to the outside, the first time of each kind in every life of the process."""

from __future__ import annotations

from enum import StrEnum

from bot.drafting.drafter import Case, Drafter
from bot.drafting.knowledge import Knowledge
from bot.drafting.knowledge.retriever import Fixed
from bot.review.model import Call, Draft, Mood, Sentiment
from tests.killing.death import Death


class Trouble(StrEnum):
    """What comes of the first drawing, the first sending, and for some the first look."""

    NONE = "none"
    REFUSED = "refused"
    LANDED = "answer lost, landed"
    VANISHED = "answer lost, not landed"
    HAZY = "answer lost, landed, the first look fails"
    BLIND = "answer lost, landed, looking is impossible"


class Once:
    """Whether a call is the first of its name."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def __call__(self, name: str) -> bool:
        first = name not in self._names
        self._names.add(name)
        return first


class ScriptedDrafter(Drafter):
    """Answers with the customer's own words; when calls are refused, its first draft breaks."""

    def __init__(self, trouble: Trouble, death: Death) -> None:
        super().__init__(Fixed(Knowledge(())))
        self._breaks = trouble is Trouble.REFUSED
        self._death = death

    async def draft(self, case: Case, calls: list[Call] | None = None) -> Draft:
        """See `Drafter.draft`."""
        self._death.passes("draft, asked")
        if self._breaks:
            self._breaks = False
            raise RuntimeError("the drafter broke, as it was told to")
        self._death.passes("draft, made")
        words = " / ".join(message.text for message in case.thread)
        quiet = Sentiment(Mood.NEUTRAL, False, (), "rules")
        return Draft(f"You wrote: {words}", "en", quiet, "", (), (), str(case.template), "scripted")
