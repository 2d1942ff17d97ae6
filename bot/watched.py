"""The desk, the models and the look-ups as they are, with somebody who watches what comes of their work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.channels.base import Answer, Click, Event, Receipt, Refusal, Silence
from bot.desk import FrontDesk, ToDeliver, ToDraft, ToShow
from bot.drafting.facts import Facts, Found, Question
from bot.drafting.model import AS_SET, Answered, Fault, Manner, Messages, Model, NoAnswer, S
from bot.phrases import say
from bot.review.actions import ACTS, Action, Delivered, Drafted, DraftFailed, Lost, NotSent
from bot.watching import Watch

_VERBS = frozenset(act.verb for act in ACTS)


class WatchedDesk(FrontDesk):
    """A front desk whose five verbs are counted and traced."""

    def __init__(self, watch: Watch, *parts: Any) -> None:
        super().__init__(*parts)
        self._watch = watch

    async def receive(self, event: Event) -> Receipt:
        """See `FrontDesk.receive`."""
        channel = event.thread.place.channel
        with self._watch.span("receive", channel=channel):
            receipt = await super().receive(event)
        self._watch.came_in(channel, receipt.value)
        return receipt

    async def draft(self, claim: ToDraft) -> Action:
        """See `FrontDesk.draft`."""
        with self._watch.span("draft", desk=claim.review.desk, review=claim.review.id):
            action = await super().draft(claim)
        self._watch.drafted(claim.review.desk, _outcome(action, claim))
        return action

    async def draft_broke(self, claim: ToDraft, why: str) -> None:
        """See `FrontDesk.draft_broke`."""
        self._watch.drafted(claim.review.desk, "broke")
        await super().draft_broke(claim, why)

    async def show(self, claim: ToShow) -> None:
        """See `FrontDesk.show`."""
        channel = claim.place.channel
        try:
            with self._watch.span("show", channel=channel, review=claim.card.review):
                await super().show(claim)
        except Refusal as no:
            self._watch.posted(channel, "card", "refused", no.reason)
            raise
        except Silence:
            self._watch.posted(channel, "card", "silent", say("watch.silent"))
            raise
        self._watch.posted(channel, "card", "done")

    async def act(self, click: Click) -> Answer:
        """See `FrontDesk.act`."""
        verb = click.verb if click.verb in _VERBS else "unknown"
        with self._watch.span("act", verb=verb, review=click.review):
            answer = await super().act(click)
        self._watch.clicked(verb, done=answer.done)
        return answer

    async def deliver(self, claim: ToDeliver) -> Action:
        """See `FrontDesk.deliver`."""
        channel = claim.thread.place.channel
        try:
            with self._watch.span("deliver", channel=channel, review=claim.review.id):
                action = await super().deliver(claim)
        except Silence:
            self._watch.posted(channel, "reply", "silent", say("watch.silent"))
            raise
        self._watch.posted(channel, "reply", type(action).__name__.lower(), _trouble(action))
        return action


def _trouble(action: Action) -> str | None:
    """What a delivery says about its channel: nothing when it was for our own reasons that the words stayed."""
    if isinstance(action, NotSent | Lost):
        return action.why
    return "" if isinstance(action, Delivered) else None


def _outcome(action: Action, claim: ToDraft) -> str:
    if isinstance(action, Drafted):
        return "makeshift" if action.draft.makeshift else "drafted"
    return "rested" if claim.rests and isinstance(action, DraftFailed) else "empty"


class WatchedModel:
    """A model whose answers are counted and timed."""

    def __init__(self, model: Model, watch: Watch, timer: Callable[[], float]) -> None:
        """`timer` in seconds, from anywhere."""
        self.name = model.name
        self._model = model
        self._watch = watch
        self._timer = timer

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        """See `Model.answer`."""
        began = self._timer()
        try:
            with self._watch.span("ask the model", model=self.name):
                answered = await self._model.answer(messages, shape, fault, manner)
        except NoAnswer as none:
            spent = (none.tokens.sent, none.tokens.received)
            self._watch.went("model", self.name, none.reason if none.down else "")
            self._watch.answered(self.name, "failed", self._timer() - began, spent)
            raise
        self._watch.went("model", self.name)
        spent = (answered.tokens.sent, answered.tokens.received)
        self._watch.answered(self.name, "answered", self._timer() - began, spent)
        return answered

    def back(self) -> int:
        """See `Model.back`."""
        return self._model.back()

    async def close(self) -> None:
        """See `Model.close`."""
        await self._model.close()


class WatchedFacts:
    """Look-ups whose failures are heard of."""

    def __init__(self, facts: Facts, watch: Watch, titles: Mapping[str, str]) -> None:
        """`titles` are those of the look-ups, by their names: a fact's own title may quote the customer."""
        self._facts = facts
        self._watch = watch
        self._titles = titles

    async def look(self, question: Question) -> Found:
        """See `Facts.look`."""
        with self._watch.span("look up", desk=question.desk):
            found = await self._facts.look(question)
        for failed in found.failed:
            self._watch.went("lookup", failed.name, failed.reason)
        for name in {fact.ref.split(":")[1] for fact in found.facts}:
            self._watch.went("lookup", self._titles[name])
        return found
