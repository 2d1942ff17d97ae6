"""Twenty thousand articles: how long until they can be searched, how long a question takes, and the memory."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bot.drafting.knowledge import Knowledge, Section
from bot.drafting.knowledge.library import Library
from bot.drafting.knowledge.reading import Origin
from bot.drafting.knowledge.vectors import Nearest, Vector, unit
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.meter import median, percentile, rss
from tests.bench.worker import Result, ask

PART = "knowledge"
BUILT, ANSWERED = 10.0, 20.0
_SYLLABLES = [a + b + c for a in "bdfghklmnprstv" for b in "aeiouy" for c in ("", "n", "r", "s", "l")]


@dataclass(frozen=True, slots=True)
class Size:
    """How many articles of a hundred words, how many questions, and how many numbers a vector has."""

    articles: int = 20_000
    questions: int = 1_000
    numbers: int = 1_536


class Language:
    """Words of an invented language, some of them everywhere and most of them rare, as in a real one."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._words = [
            "".join(self._draw.choices(_SYLLABLES, k=self._draw.choice((1, 2, 2, 3)))) for _ in range(20_000)
        ]
        self._often = list(accumulate(1 / (place + 3) for place in range(len(self._words))))

    def say(self, words: int) -> str:
        """So many words."""
        return " ".join(self._draw.choices(self._words, cum_weights=self._often, k=words))

    def ask(self, section: Section, *, story: bool) -> str:
        """A question for this section: some of its words among others, perhaps in several sentences."""
        known = [*self._draw.sample(section.title.split(), 3), *self._draw.sample(section.text.split(), 4)]
        words = [*known, *self.say(40 if story else 5).split()]
        self._draw.shuffle(words)
        return ". ".join(" ".join(words[at : at + 8]) for at in range(0, len(words), 8)) if story else " ".join(words)


def _lines(language: Language, count: int) -> Iterator[str]:
    for number in range(count):
        row = {"id": str(number), "title": language.say(5), "text": language.say(100), "language": "da"}
        yield json.dumps(row | {"audience": "public"})


def by_letters(folder: str, articles: int, questions: int) -> Result:
    """Read, index, and ask (seconds of CPU, milliseconds of CPU and wall, MB)."""
    language, path = Language(1), Path(folder) / f"{articles}.jsonl"
    path.write_text("\n".join(_lines(language, articles)), "utf-8")
    gc.collect()
    before, begun = rss(), time.process_time()
    library = Library([Origin(path)])
    built, grown = time.process_time() - begun, rss() - before
    sections = list(library.current)
    asked = [language.ask(sections[number * 7 % articles], story=number % 3 == 0) for number in range(questions)]
    took, waited = _timed(library.current, asked)
    begun = time.process_time()
    asyncio.run(library.refreshed())
    return {"built": built, "rss": grown, "took": took, "waited": waited, "look": (time.process_time() - begun) * 1000}


def _timed(knowledge: Knowledge, questions: list[str]) -> tuple[list[float], list[float]]:
    took, waited = [], []
    for question in questions:
        clock, begun = time.perf_counter(), time.process_time()
        knowledge.search(question, ["da"])
        took.append((time.process_time() - begun) * 1000)
        waited.append((time.perf_counter() - clock) * 1000)
    return took, waited


def by_meaning(articles: int, numbers: int, questions: int) -> Result:
    """Arrange vectors and look for the nearest (seconds and milliseconds of CPU, MB, share found as by multiplying)."""
    draw = random.Random(1)
    topics = [[draw.gauss(0, 1) for _ in range(numbers)] for _ in range(200)]

    def near(topic: list[float], apart: float) -> Vector:
        return unit(number + draw.gauss(0, apart) for number in topic)

    before = rss()
    vectors = [near(topics[number % len(topics)], 1.0) for number in range(articles)]
    begun = time.process_time()
    nearest = Nearest(vectors)
    built, grown = time.process_time() - begun, rss() - before
    took, same = [], 0
    for number in range(questions):
        question = near(topics[number % len(topics)], 1.5)
        begun = time.process_time()
        found = nearest.search(question, 4)
        took.append((time.process_time() - begun) * 1000)
        same += found[0][0] == _first(question, vectors)
    return {"built": built, "rss": grown, "took": took, "same": same / questions}


def _first(question: Vector, vectors: list[array[float]]) -> int:
    asked = question.tolist()
    return max(range(len(vectors)), key=lambda at: sum(a * b for a, b in zip(asked, vectors[at], strict=True)))


def run(databases: Databases, much: Size) -> tuple[list[Figure], Result]:
    """Each in a process of its own, for its memory."""
    letters = ask(by_letters, folder=str(databases.folder), articles=much.articles, questions=much.questions)
    meaning = ask(by_meaning, articles=much.articles, numbers=much.numbers, questions=max(4, much.questions // 100))
    figures = [
        Figure(PART, f"{much.articles:,} articles read and indexed, CPU", letters["built"], "s", BUILT),
        Figure(PART, "a question, CPU, p50", median(letters["took"]), "ms"),
        Figure(PART, "a question, CPU, p99", percentile(letters["took"], 0.99), "ms", ANSWERED),
        Figure(PART, "a look at the files, nothing changed", letters["look"], "ms"),
        Figure(PART, "memory", letters["rss"], "MB"),
        Figure(PART, f"as many vectors of {much.numbers:,} arranged, CPU", meaning["built"], "s"),
        Figure(PART, "the nearest of them, CPU, p50", median(meaning["took"]), "ms", ANSWERED),
        Figure(PART, "not the nearest, but one as near", 100 * (1 - meaning["same"]), "%"),
        Figure(PART, "memory of the vectors", meaning["rss"], "MB"),
    ]
    return figures, {"letters": letters, "meaning": meaning}
