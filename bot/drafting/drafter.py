"""Words in, a draft out: by the model when one is configured and answers, else from the articles alone.

What is known is gathered first, look-ups included, because a model that has read the customer must not choose what is
done. What it writes is then held against what it was given, by rules that no message can talk round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.channels.base import Speaker
from bot.drafting import answers, evidence, offline, prompts, suspicion, translation
from bot.drafting.case import Case, Reading, read
from bot.drafting.evidence import Basis
from bot.drafting.facts import NOTHING, Facts, Found, Question
from bot.drafting.inputs import filled, names
from bot.drafting.knowledge import Section
from bot.drafting.knowledge.replies import Replies
from bot.drafting.knowledge.retriever import Retriever
from bot.drafting.model import Answer, Answered, Manner, Messages, Model, NoAnswer, Price, Tokens
from bot.drafting.privacy import Mask
from bot.drafting.prompts import Template
from bot.drafting.translation import Wanted, translate
from bot.phrases import say
from bot.review.model import Call, Draft, Mood, Sentiment, Usage

__all__ = ["Case", "Drafter"]

_FREE = Price()


class Drafter:
    """Makes drafts, and changes nothing."""

    def __init__(
        self,
        articles: Retriever,
        model: Model | None = None,
        facts: Facts | None = None,
        prices: Mapping[str, Price] | None = None,
        replies: Replies | None = None,
    ) -> None:
        """Without a `model` every draft is made from the articles. `prices` are by the name of the model; `replies` are
        those that were approved before."""
        self._articles = articles
        self._replies = replies
        self._model = model
        self._facts = facts
        self._prices = prices or {}

    async def draft(self, case: Case, calls: list[Call] | None = None) -> Draft:
        """A draft for the case; empty when nothing fits. A model's failure ends in the offline draft and its `note`.

        What was asked of models is added to `calls`, letter by letter.
        """
        reading = await read(case, self._articles, guessing=self._model is not None)
        reading = replace(reading, found=await self._look(case))
        if self._model is None or case.thrift:
            return _weighed(case, reading, offline.draft(case, reading, case.thrift), "")
        return await self._asked(self._model, case, reading, [] if calls is None else calls)

    async def _look(self, case: Case) -> Found:
        if self._facts is None:
            return NOTHING
        texts = tuple(message.text for message in reversed(case.thread) if not message.deleted)
        return await self._facts.look(Question(case.desk_id, case.customer_id, case.customer, texts))

    async def _asked(self, model: Model, case: Case, reading: Reading, calls: list[Call]) -> Draft:
        if self._replies:
            examples = await self._replies.search(case.desk_id, reading.heard.question)
            reading = replace(reading, examples=tuple(examples))
        mask = Mask(case.masks, names(case), case.languages)
        inputs, shortened = filled(case, reading, mask)
        messages = prompts.render(case.template, inputs)
        clock = asyncio.get_running_loop().time
        began = clock()
        answered = await _answer(model, messages, answers.Examiner(case, reading, mask), case.template)
        calls += answered.calls
        if isinstance(answered, NoAnswer):
            draft, by = replace(offline.draft(case, reading, answered.reason), makeshift=answered.down), model.name
        else:
            draft, by = answers.draft(case, reading, answered, mask), answered.by
            if shortened:
                draft = replace(draft, note=f"{draft.note} {say('note.shortened')}".strip())
        draft, further = await _translated(model, mask, case, reading, draft, calls)
        usage = self._usage(by, answered.tokens + further, clock() - began)
        return _weighed(case, reading, replace(draft, masked=mask.found, usage=usage), messages[0][1])

    def _usage(self, model: str, tokens: Tokens, seconds: float) -> Usage:
        price = self._prices.get(model, _FREE).of(tokens)
        return Usage(model, tokens.sent, tokens.received, price, round(seconds, 3))

    async def unworded(self, case: Case) -> Draft:
        """What can be told of a case without anybody writing a word: while drafting is paused, or held back."""
        return replace(offline.draft(case, await read(case, self._articles)), reply="", note="")

    def blank(self, case: Case) -> Draft:
        """A draft that says nothing, for when drafting itself broke. It reads nothing, so that it cannot break too."""
        quiet = Sentiment(Mood.NEUTRAL, False, (), "rules")
        return Draft("", "", quiet, "", (), (), str(case.template), offline.NAME)

    def back(self) -> int:
        """How many drafts that the model could not make may be asked of it again now."""
        return self._model.back() if self._model else 0

    def away(self) -> bool:
        """Whether the model is known to be down."""
        return self._model is not None and not self._model.back()

    async def close(self) -> None:
        """Let go of the model's connections."""
        if self._model is not None:
            await self._model.close()


async def _answer(
    model: Model, messages: Messages, examiner: answers.Examiner, template: Template
) -> Answered[Answer] | NoAnswer:
    """What the model says; one of its faulty answers when nothing better comes."""
    try:
        return await model.answer(messages, Answer, examiner.fault, Manner(template.model, template.temperature))
    except NoAnswer as none:
        return Answered(examiner.spare, model.name, none.tokens, calls=none.calls) if examiner.spare else none


async def _translated(
    model: Model, mask: Mask, case: Case, reading: Reading, draft: Draft, calls: list[Call]
) -> tuple[Draft, Tokens]:
    """The draft with a translation for reviewers who do not read it, and what that took."""
    if not draft.reply or not case.reads or draft.language in ("", *case.reads):
        return draft, Tokens()
    wanted = Wanted(reading.heard.question, draft.reply, draft.language, case.reads[0])
    try:
        answered = await translate(model, mask, wanted)
    except NoAnswer as none:
        calls += none.calls
        note = say("note.untranslated", reason=none.reason)
        return replace(draft, note=f"{draft.note} {note}".strip()), none.tokens
    calls += answered.calls
    made = translation.reading(answered.answer, mask, wanted)
    return replace(draft, translation=made), answered.tokens


def _weighed(case: Case, reading: Reading, draft: Draft, system: str) -> Draft:
    """The draft with what bears out its sentences, what speaks of an attempt to steer it, and what was not found."""
    bases = [Basis(find.section.ref, _whole(find.section), True) for find in reading.quotable]
    bases += [Basis(fact.ref, f"{fact.title}\n{fact.text}", fact.public) for fact in reading.found.facts]
    heard = reading.heard
    told = [message.text for message in (*heard.before, *heard.asked)]
    # A link is not ours because a customer wrote it.
    ours = (message.text for message in heard.before if message.speaker is not Speaker.CUSTOMER)
    known = [*ours, *(basis.text for basis in bases), case.customer, case.desk, case.today]
    missing = (say("note.failed_lookup", name=one.name, reason=one.reason) for one in reading.found.failed)
    return replace(
        draft,
        statements=evidence.weigh(draft.reply, draft.language, bases, told) if draft.reply else (),
        signs=suspicion.signs(heard.question, draft.reply, known, system),
        note=" ".join(filter(None, (draft.note, *missing))),
    )


def _whole(section: Section) -> str:
    return f"{section.source.title}\n{section.text}"
