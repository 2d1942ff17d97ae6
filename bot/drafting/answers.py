"""What becomes of a model's answer: each part is checked before it stands on a card, because a message can talk a model
into anything."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from bot.drafting import language, offline, rules
from bot.drafting.case import Case, Reading
from bot.drafting.model import Answer, Answered, Fault
from bot.drafting.privacy import Mask
from bot.phrases import say
from bot.review.model import Draft, Mood, Sentiment, Source

_MOST_INTENT = 80
# A reply with control characters or half a character in it could be neither stored nor sent.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Examiner:
    """Says of each of the model's answers why it cannot be used.

    A wrong language and a gap that nobody can fill are complained of once. `spare` is such an answer, for when nothing
    better comes.
    """

    def __init__(self, case: Case, reading: Reading, mask: Mask) -> None:
        self._case = case
        self._reading = reading
        self._mask = mask
        self.spare: Answer | None = None

    def fault(self, answer: Answer) -> Fault | None:
        """Why this one cannot be used, or None."""
        reply, limit = cleaned(self._mask.show(answer.reply)), self._case.limit
        # Spaces and invisible characters alone would reach the customer as nothing.
        if all(unicodedata.category(letter)[0] in "CZ" for letter in reply):
            return Fault(say("model.empty"), "the reply was empty.")
        if len(reply) > limit:
            advice = f"the reply had {len(reply)} characters, and at most {limit} are allowed."
            return Fault(say("model.too_long", limit=limit), advice)
        if self.spare is not None:
            return None
        found = self._gap(answer) or self._language(answer)
        self.spare = answer if found else None
        return found

    def _gap(self, answer: Answer) -> Fault | None:
        if not (gaps := self._mask.invented(answer.reply)):
            return None
        advice = f"{', '.join(gaps)} stands for nothing; use only placeholders that you were given, letter by letter."
        return Fault(say("model.invented"), advice)

    def _language(self, answer: Answer) -> Fault | None:
        if not (wrong := wrong_language(self._reading, answer)):
            return None
        written, wanted = language.named(wrong), language.named(self._reading.language)
        reason = say("model.wrong_language", reply=written, customer=wanted)
        return Fault(reason, f"the reply was in {written}; write it in {wanted}.")


def draft(case: Case, reading: Reading, answered: Answered[Answer], mask: Mask) -> Draft:
    """The draft that the model's answer amounts to."""
    answer = answered.answer
    wrong = wrong_language(reading, answer)
    notes = []
    if answered.instead:
        notes.append(say("note.second", model=answered.by, reason=answered.instead))
    if wrong:
        customer = language.named(reading.language)
        notes.append(say("note.wrong_language", customer=customer, reply=language.named(wrong)))
    if gaps := mask.invented(answer.reply):
        notes.append(say("note.invented", gaps=", ".join(gaps)))
    cues = own_words(map(mask.show, answer.cues), reading.heard.question)
    return Draft(
        reply=cleaned(mask.show(answer.reply)),
        language=wrong or _language_of(reading, answer),
        sentiment=Sentiment(Mood(answer.mood), answer.angry, cues, "model") if case.feelings else reading.sentiment,
        intent=" ".join(cleaned(mask.show(answer.intent)).split())[:_MOST_INTENT],
        risks=_risks(case, reading, answer, wrong=bool(wrong)),
        sources=_sources(reading, answer.sources) + reading.looked_up + offline.internal(reading),
        template=str(case.template),
        model=answered.by,
        note=" ".join(notes),
    )


def wrong_language(reading: Reading, answer: Answer) -> str:
    """ISO 639-1 of the reply's language when it surely is not the customer's, else empty."""
    if not reading.sure:
        return ""
    written = language.likely(answer.reply) or (language.code_of(answer.language),)
    return "" if reading.language in written else written[0]


def _language_of(reading: Reading, answer: Answer) -> str:
    """The language of a reply that is in the right one."""
    return reading.language if reading.sure else language.detect(answer.reply) or language.code_of(answer.language)


def _risks(case: Case, reading: Reading, answer: Answer, *, wrong: bool) -> tuple[str, ...]:
    """The model's and the rules' together: a message can talk a model out of a warning, but not the rules."""
    named = {risk.strip().lower() for risk in answer.risks} | set(reading.risks)
    if answer.angry and case.feelings:
        named.add(rules.Risk.ANGRY)
    if wrong:
        named.add(rules.Risk.LANGUAGE)
    return tuple(risk.value for risk in rules.Risk if risk in named)


def own_words(cues: Iterable[str], question: str) -> tuple[str, ...]:
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
    given = {find.section.ref: find.section.source for find in reading.quotable}
    cited = (ref.strip().strip("[]") for ref in refs)
    return tuple(given[ref] for ref in dict.fromkeys(cited) if ref in given)


def cleaned(reply: str) -> str:
    """Without what could be neither stored nor sent."""
    return _UNSEEN.sub("", reply.replace("\r\n", "\n")).strip()
