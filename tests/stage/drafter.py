"""A drafter that says what it is told to, and remembers what it was asked."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from bot.drafting.drafter import Case, Drafter
from bot.drafting.knowledge import Knowledge
from bot.drafting.knowledge.retriever import Fixed
from bot.review.model import Call, Draft, Mood, Sentiment
from tests.stage.channel import Gate

CALM = Sentiment(Mood.NEUTRAL, False, (), "scripted")


def draft_of(reply: str, case: Case | None = None) -> Draft:
    """A draft with this reply."""
    template = str(case.template) if case else "support_reply@1"
    return Draft(reply, "en", CALM, "question", (), (), template, "scripted")


class ScriptedDrafter(Drafter):
    """Takes one entry of `script` for each call: the reply, a whole draft, what to raise, or a gate to wait at.

    Without a script it answers by repeating what it was asked, so that a reply shows what it was drafted for.
    """

    def __init__(self) -> None:
        super().__init__(Fixed(Knowledge(())))
        self.script: deque[str | Draft | Exception | Gate] = deque()
        self.cases: list[Case] = []
        self.raised = 0
        self.free = 0
        self.down = False
        self.calls: tuple[Call, ...] = ()

    def back(self) -> int:
        """As many as the test says."""
        return self.free

    def away(self) -> bool:
        """As the test says."""
        return self.down

    async def draft(self, case: Case, calls: list[Call] | None = None) -> Draft:
        """See `Drafter.draft`."""
        self.cases.append(case)
        if calls is not None:
            calls += self.calls
        entry = self.script.popleft() if self.script else ""
        if isinstance(entry, Gate):
            await entry.hold()
            entry = ""
        if isinstance(entry, Exception):
            self.raised += 1
            raise entry
        if isinstance(entry, Draft):
            return replace(entry, template=str(case.template))
        return draft_of(entry or self.answer(case), case)

    @staticmethod
    def answer(case: Case) -> str:
        """What it says of its own accord."""
        asked = " / ".join(message.text for message in case.thread if message.text)
        hint = f" ({case.instruction})" if case.instruction else ""
        return f"You wrote: {asked[-200:]}{hint}"
