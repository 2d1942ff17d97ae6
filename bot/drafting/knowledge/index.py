"""The sections of all articles, looked up language by language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path

from bot.drafting.knowledge.reading import Origin, Reader
from bot.drafting.knowledge.section import Find, Section
from bot.drafting.ranking import Ranking, plain, sought

# Below this, what was found shares only everyday words with the question. Tuned on questions of two shops in six
# languages: it keeps about 95 % of the right finds and lets one question in ten through that nothing answers.
FLOOR = 1.7
_MOST_SENTENCES = 8
_MOST_TEXT = 1_200
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


class Shelf:
    """Texts of one language, and which of them share enough with a question."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._ranking = Ranking(map(plain, texts))

    def search(self, parts: Sequence[Set[str]]) -> Iterator[tuple[int, float]]:
        """Places and scores of the texts that answer a question, or one of its sentences by itself."""
        return self._ranking.search(parts, FLOOR)


class Knowledge:
    """The sections of all articles, looked up language by language. It never changes, so any thread may ask."""

    def __init__(self, sections: Iterable[Section], before: Knowledge | None = None) -> None:
        """The index of a language whose sections are the same as `before` is kept."""
        of_language: dict[str, list[Section]] = {}
        for section in sections:
            of_language.setdefault(section.language, []).append(section)
        self._sections = {code: tuple(found) for code, found in sorted(of_language.items())}
        self._refs = {section.ref: section for section in self}
        self._shelves = {code: _kept(code, found, before) or _shelf(found) for code, found in self._sections.items()}

    @classmethod
    def read(cls, *paths: Path) -> Knowledge:
        """The articles in these folders and files. Raises `BadKnowledge`."""
        contents = Reader([Origin(path) for path in paths]).read()
        if contents.problems:
            raise contents.problems[0]
        return cls(contents.sections)

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 of the languages there are articles in."""
        return tuple(self._sections)

    def get(self, ref: str) -> Section | None:
        """The section with this reference."""
        return self._refs.get(ref)

    def of(self, language: str) -> tuple[Section, ...]:
        """The sections in this language."""
        return self._sections.get(language, ())

    def shelf(self, language: str) -> Shelf:
        """The index of this language."""
        return self._shelves[language]

    def __iter__(self) -> Iterator[Section]:
        """Every section, also the internal ones."""
        return (section for sections in self._sections.values() for section in sections)

    def __len__(self) -> int:
        return len(self._refs)

    def search(self, question: str, languages: Sequence[str], most: int = 4) -> list[Find]:
        """What may answer a question, best first; nothing when no section comes up to the floor.

        Each sentence is also asked by itself: people tell a story around their question.
        """
        parts = in_parts(question)
        found = [
            Find(self._sections[language][at], score)
            for language in languages
            if language in self._shelves
            for at, score in self._shelves[language].search(parts)
        ]
        return sorted(found, key=lambda find: -find.score)[:most]


def in_parts(question: str) -> list[Set[str]]:
    """What a question asks for, as runs of letters, and behind it what each of its sentences does if it has several."""
    question = question[:_MOST_TEXT]
    parts = (part.strip() for part in _SENTENCE_END.split(question))
    sentences = [part for part in parts if len(part.split()) > 2][:_MOST_SENTENCES]
    texts = (question, *sentences) if len(sentences) > 1 else (question,)
    return [sought(words) for text in texts if (words := plain(text))]


def _kept(code: str, sections: Sequence[Section], before: Knowledge | None) -> Shelf | None:
    return before.shelf(code) if before and before.of(code) == tuple(sections) else None


def _shelf(sections: Sequence[Section]) -> Shelf:
    return Shelf(map(_weighted, sections))


def _weighted(section: Section) -> str:
    """Title and heading count twice."""
    head = f"{section.title} {section.heading} {section.asked}"
    return f"{head} {head} {section.text}"
