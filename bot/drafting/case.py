"""What the drafter is given, and what it makes of it before anybody writes a word."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.base import Message
from bot.drafting import conversation, language, rules
from bot.drafting.conversation import Heard
from bot.drafting.facts import NOTHING, Found
from bot.drafting.guess import guess
from bot.drafting.knowledge import Find
from bot.drafting.knowledge.replies import Example
from bot.drafting.knowledge.retriever import Retriever
from bot.drafting.privacy import ALL, Kind
from bot.drafting.prompts import Template
from bot.review.model import Mood, Sentiment, Source

_MOST_ARTICLES = 4
_NOT_ASKED = Sentiment(Mood.NEUTRAL, False, (), "")


@dataclass(frozen=True, slots=True)
class Case:
    """Words in.

    `languages` are ISO 639-1, those the desk expects, its own first. `thread` is the whole conversation as it reads
    now, oldest first. What customers wrote up to number `covers` and after the last answer is what is to be answered.
    `instruction` is what a reviewer asked for, or empty. `limit` is the longest reply the channel takes, in
    characters; `today` an ISO date. `desk_id` and `customer_id` (`channel:person`) are for what is looked up; a model
    never sees them. `masks` are the kinds of personal data it does not see either. Without `feelings` nobody is asked
    how the customer sounds. `reads` are the languages its reviewers read (ISO 639-1), best first; none
    means all. `thrift` is why the model is not to be asked at all, a clause for the card, or empty.
    """

    desk: str
    tone: str
    languages: tuple[str, ...]
    template: Template
    customer: str
    thread: tuple[Message, ...]
    covers: int
    instruction: str
    limit: int
    today: str
    desk_id: str = ""
    customer_id: str = ""
    masks: frozenset[Kind] = ALL
    feelings: bool = True
    reads: tuple[str, ...] = ()
    thrift: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be told about a case without a model.

    `languages` are those the customer may be writing, likeliest first; `sure` that it is the first one. `finds` are in
    one of these, `elsewhere` in others and only looked for when `finds` has nothing that may be quoted.
    `found` is what look-ups came to, `examples` what the desk answered to similar questions.
    """

    heard: Heard
    languages: tuple[str, ...]
    sure: bool
    sentiment: Sentiment
    risks: tuple[str, ...]
    finds: tuple[Find, ...]
    elsewhere: tuple[Find, ...]
    found: Found = NOTHING
    examples: tuple[Example, ...] = ()

    @property
    def quotable(self) -> list[Find]:
        """The articles a model may see: nothing internal, which it might pass on."""
        return [find for find in (*self.finds, *self.elsewhere) if find.section.public][:_MOST_ARTICLES]

    @property
    def looked_up(self) -> tuple[Source, ...]:
        """What look-ups found, for the card."""
        return tuple(Source(fact.ref, f"{fact.title}: {fact.text}", fact.public) for fact in self.found.facts)

    @property
    def language(self) -> str:
        """ISO 639-1 of what the customer writes, or empty when that is not sure."""
        return self.languages[0] if len(self.languages) == 1 else ""


async def read(case: Case, articles: Retriever, *, guessing: bool = False) -> Reading:
    """Everything that can be told about a case without a model. `guessing` asks for a second opinion on the language."""
    heard = conversation.listen(case.thread, case.covers)
    spoken = language.spoken(heard.customer_texts, case.languages)
    if guessing and len(spoken) != 1 and (likely := await guess(heard.question, spoken or case.languages)):
        spoken = (likely,)
    languages = spoken or _own_for_few_words(heard, case.languages)
    # Somebody whose language is not known is read with the desk's own lists rather than with all of them: "sur" is
    # anger in Danish and "on" in French.
    lists = languages or case.languages[:1]
    sentiment = rules.sentiment(heard.question, lists) if case.feelings else _NOT_ASKED
    finds = await articles.search(heard.question, languages)
    elsewhere: list[Find] = []
    if not any(find.section.public for find in finds):
        others = [code for code in articles.languages if code not in languages]
        elsewhere = await articles.search(heard.question, others)
    return Reading(
        heard=heard,
        languages=languages,
        sure=len(spoken) == 1,
        sentiment=sentiment,
        risks=rules.risks(heard.question, lists, angry=sentiment.angry),
        finds=tuple(finds),
        elsewhere=tuple(elsewhere),
    )


def _own_for_few_words(heard: Heard, expected: tuple[str, ...]) -> tuple[str, ...]:
    """The desk's own language for somebody who never wrote more than a few words."""
    most = max((len(language.words_of(text)) for text in heard.customer_texts), default=0)
    return expected[:1] if most < language.FEW_WORDS else ()
