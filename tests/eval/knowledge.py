"""Whether the right article is found, and nothing where none answers: by letters alone, as without an endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.drafting.knowledge import Knowledge, Section
from tests.eval.figures import Figure, records

_TOPIC = "knowledge"
_MOST = 4


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, in which language, and the articles that answer it; none when nothing does."""

    text: str
    language: str
    answers: frozenset[str] = frozenset()


def rows(data: Path) -> Iterator[Figure]:
    """The figures, set by set."""
    kb = data / "kb"
    faq, help_centre = Knowledge.read(kb / "bot_faq_de_en.jsonl"), Knowledge.read(kb / "help_centre_en_es_fr_zh.jsonl")
    places = Knowledge.read(kb / "hospitality_faq.jsonl")
    german = list(_german(data, faq))
    yield from _found("German bot, its users' messages", faq, [one for one in german if one.answers])
    for language in help_centre.languages:
        bare, questions = _titles_asked(one for one in help_centre if one.language == language)
        yield from _found(f"help centre, {language}: titles asked of texts", bare, questions)
    yield from _found("places: questions asked of answers", *_titles_asked(places))
    yield _nothing("German bot: messages about nothing in it", faq, [one for one in german if not one.answers])
    bank = [Question(one["text"], "en") for one in records(data / "intents" / "banking77_en.jsonl")]
    yield _nothing("places: a bank's customers ask", places, bank)
    yield _nothing("help centre, en: a bank's customers ask", help_centre, bank)


def _german(data: Path, faq: Knowledge) -> Iterator[Question]:
    article = {one["group"]: one["id"] for one in records(data / "kb" / "bot_faq_de_en.jsonl") if one["lang"] == "de"}
    topics = {_name(section.topic): section.topic for section in faq}
    for one in records(data / "intents" / "bot_utterances_de.jsonl"):
        ids = {article[intent] for intent in one["intents"] if intent in article}
        yield Question(one["text"], "de", frozenset(topics[_name(id_)] for id_ in ids))


def _name(topic: str) -> str:
    """An article's id as its topic shows it, without the file's name in front."""
    return topic.rpartition("/")[2].replace("_", "-")


def _titles_asked(sections: Iterable[Section]) -> tuple[Knowledge, list[Question]]:
    """The articles without their titles, and these as questions. Articles that read the same answer the same."""
    kept = list(sections)
    same: dict[str, set[str]] = {}
    for one in kept:
        same.setdefault(one.title, set()).add(one.topic)
        same.setdefault(one.text, set()).add(one.topic)
    asked = {one.topic: one for one in kept}.values()
    questions = [Question(one.title, one.language, frozenset(same[one.title] | same[one.text])) for one in asked]
    return Knowledge(replace(one, title="") for one in kept), questions


def _found(name: str, among: Knowledge, questions: Sequence[Question]) -> Iterator[Figure]:
    first = four = none = 0
    for one in questions:
        topics = [find.section.topic for find in among.search(one.text, [one.language], _MOST)]
        first += bool(topics) and topics[0] in one.answers
        four += bool(one.answers.intersection(topics))
        none += not topics
    yield Figure(_TOPIC, name, first, len(questions), "right article first")
    yield Figure(_TOPIC, name, four, len(questions), f"right article among {_MOST}")
    yield Figure(_TOPIC, name, none, len(questions), "nothing found, though there is an article")


def _nothing(name: str, among: Knowledge, questions: Sequence[Question]) -> Figure:
    none = sum(not among.search(one.text, [one.language], _MOST) for one in questions)
    return Figure(_TOPIC, name, none, len(questions), "nothing found, as there is no article")
