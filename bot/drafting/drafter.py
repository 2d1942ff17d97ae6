"""Words in, a draft out: by the model when one is configured and answers, else from the articles alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.drafting import conversation, language, offline, prompts, rules
from bot.drafting.case import Case, Reading, read
from bot.drafting.knowledge import Find, Knowledge
from bot.drafting.model import Answer, Fault, Model, NoAnswer
from bot.phrases import say
from bot.review.model import Draft, Mood, Sentiment, Source

__all__ = ["Case", "Drafter"]

_MOST_ARTICLES = 4
_MOST_INTENT = 80
# A reply with control characters or half a character in it could be neither stored nor sent.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Drafter:
    """Makes drafts. It looks nothing up but the articles it was given, and changes nothing."""

    def __init__(self, knowledge: Knowledge, model: Model | None = None) -> None:
        """Without a `model` every draft is made from the articles."""
        self._knowledge = knowledge
        self._model = model

    async def draft(self, case: Case) -> Draft:
        """A draft for the case; empty when nothing fits. A model's failure ends in the offline draft and its `note`."""
        reading = read(case, self._knowledge)
        if self._model is None:
            return offline.draft(case, reading)
        examiner = _Examiner(case, reading)
        inputs, shortened = _inputs(case, reading)
        try:
            answer = await self._model.answer(prompts.render(case.template, inputs), examiner.fault)
        except NoAnswer as none:
            if examiner.spare is None:
                return offline.draft(case, reading, none.reason)
            answer = examiner.spare
        draft = _draft(case, reading, answer, self._model.name)
        return replace(draft, note=f"{draft.note} {say('note.shortened')}".strip()) if shortened else draft

    def unworded(self, case: Case) -> Draft:
        """What can be told of a case without anybody writing a word: for a desk whose drafting is paused."""
        return replace(offline.draft(case, read(case, self._knowledge)), reply="", note="")

    def blank(self, case: Case) -> Draft:
        """A draft that says nothing, for when drafting itself broke. It reads nothing, so that it cannot break too."""
        quiet = Sentiment(Mood.NEUTRAL, False, (), "rules")
        return Draft("", "", quiet, "", (), (), str(case.template), offline.NAME)

    async def close(self) -> None:
        """Let go of the model's connections."""
        if self._model is not None:
            await self._model.close()


class _Examiner:
    """Says of each of the model's answers why it cannot be used.

    A wrong language is complained of once. `spare` is that answer, for when nothing better comes.
    """

    def __init__(self, case: Case, reading: Reading) -> None:
        self._case = case
        self._reading = reading
        self.spare: Answer | None = None

    def fault(self, answer: Answer) -> Fault | None:
        reply, limit = _clean(answer.reply), self._case.limit
        if not reply:
            return Fault(say("model.empty"), "the reply was empty.")
        if len(reply) > limit:
            advice = f"the reply had {len(reply)} characters, and at most {limit} are allowed."
            return Fault(say("model.too_long", limit=limit), advice)
        if self.spare is None and (wrong := _wrong_language(self._reading, answer)):
            self.spare = answer
            written, wanted = language.named(wrong), language.named(self._reading.language)
            reason = say("model.wrong_language", reply=written, customer=wanted)
            return Fault(reason, f"the reply was in {written}; write it in {wanted}.")
        return None


def _inputs(case: Case, reading: Reading) -> tuple[prompts.PromptInputs, bool]:
    """The template's variables, and whether the conversation had to be shortened for them."""
    message, message_cut = conversation.message_as_data(reading.heard)
    thread, thread_cut = conversation.thread_as_data(reading.heard)
    inputs = prompts.PromptInputs(
        desk=case.desk,
        tone=case.tone,
        language=_language_asked_for(reading),
        articles="\n\n".join(_article(find) for find in _quotable(reading)) or "(no article fits)",
        instruction=case.instruction.strip() or "(nothing)",
        today=case.today,
        limit=str(case.limit),
        customer=conversation.quoted(case.customer[:200]),
        thread=thread,
        message=message,
    )
    return inputs, message_cut or thread_cut


def _language_asked_for(reading: Reading) -> str:
    names = " or ".join(language.named(code) for code in reading.languages)
    if reading.sure:
        return names
    return "the language of the customer's message" + (f", which is probably {names}" if names else "")


def _quotable(reading: Reading) -> list[Find]:
    """The articles a model may see: nothing internal, which it might pass on."""
    return [find for find in (*reading.finds, *reading.elsewhere) if find.section.public][:_MOST_ARTICLES]


def _article(find: Find) -> str:
    section = find.section
    return f"[{section.ref}] {section.source.title}\n{conversation.quoted(section.text)}"


def _draft(case: Case, reading: Reading, answer: Answer, model: str) -> Draft:
    wrong = _wrong_language(reading, answer)
    note = ""
    if wrong:
        customer = language.named(reading.language)
        note = say("note.wrong_language", customer=customer, reply=language.named(wrong))
    return Draft(
        reply=_clean(answer.reply),
        language=wrong or _language_of(reading, answer),
        sentiment=Sentiment(Mood(answer.mood), answer.angry, _own_words(answer.cues, reading.heard.question), "model"),
        intent=" ".join(_clean(answer.intent).split())[:_MOST_INTENT],
        risks=_risks(reading, answer, wrong=bool(wrong)),
        sources=_sources(reading, answer.sources) + offline.internal(reading),
        template=str(case.template),
        model=model,
        note=note,
    )


def _wrong_language(reading: Reading, answer: Answer) -> str:
    """ISO 639-1 of the reply's language when it surely is not the customer's, else empty."""
    if not reading.sure:
        return ""
    written = language.likely(answer.reply) or (language.code_of(answer.language),)
    return "" if reading.language in written else written[0]


def _language_of(reading: Reading, answer: Answer) -> str:
    """The language of a reply that is in the right one."""
    return reading.language if reading.sure else language.detect(answer.reply) or language.code_of(answer.language)


def _risks(reading: Reading, answer: Answer, *, wrong: bool) -> tuple[str, ...]:
    """The model's and the rules' together: a message can talk a model out of a warning, but not the rules."""
    named = {risk.strip().lower() for risk in answer.risks} | set(reading.risks)
    if answer.angry:
        named.add(rules.Risk.ANGRY)
    if wrong:
        named.add(rules.Risk.LANGUAGE)
    return tuple(risk.value for risk in rules.Risk if risk in named)


def _own_words(cues: Iterable[str], question: str) -> tuple[str, ...]:
    """Those cues that the customer really wrote, as they wrote them."""
    found = []
    for cue in cues:
        words = cue.split()
        pattern = r"\s+".join(re.escape(word) for word in words)
        if words and (match := re.search(pattern, question, re.IGNORECASE)):
            found.append(" ".join(match[0].split()))
    return tuple(dict.fromkeys(found))[: rules.MOST_CUES]


def _sources(reading: Reading, refs: Iterable[str]) -> tuple[Source, ...]:
    """Those references that were among the articles the model was given."""
    given = {find.section.ref: find.section.source for find in _quotable(reading)}
    cited = (ref.strip().strip("[]") for ref in refs)
    return tuple(given[ref] for ref in dict.fromkeys(cited) if ref in given)


def _clean(reply: str) -> str:
    return _UNSEEN.sub("", reply.replace("\r\n", "\n")).strip()
