"""The articles a desk answers from, and the question whether one of them answers a message."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.drafting import frontmatter
from bot.drafting.ranking import Ranking, plain, runs
from bot.review.model import Source

# Below this, what was found shares only everyday words with the question. Tuned on questions of two shops in six
# languages: it keeps about 95 % of the right finds and lets one question in ten through that nothing answers.
FLOOR = 1.7
_MOST_SENTENCES = 8
_MOST_TEXT = 1_200
_CANDIDATES = 32
_FIELDS = frozenset({"title", "language", "audience"})
_AUDIENCES = ("public", "internal")
_HEADING = re.compile(r"^##? +(.+?)\s*$")
_ALSO = "Also asked:"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


class BadKnowledge(ValueError):
    """An article cannot be read. `path` and `line` say where; line 0 means the file or folder itself."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}." if line else f"{path}: {reason}.")
        self.path = path
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Section:
    """What an article says under one heading. `asked` are other ways to ask for it, never shown to a customer."""

    ref: str
    topic: str
    title: str
    heading: str
    language: str
    public: bool
    text: str
    asked: str = ""

    @property
    def source(self) -> Source:
        title = f"{self.title}: {self.heading}" if self.heading else self.title
        return Source(self.ref, title, self.public)


@dataclass(frozen=True, slots=True)
class Find:
    """A section that may answer, and how well; none is below `FLOOR`."""

    section: Section
    score: float


class _Shelf:
    """The sections of one language. The ranking judges them; when they are many, FTS5 looks up which are worth it."""

    def __init__(self, sections: list[Section], *, trigram: bool) -> None:
        texts = [plain(_weighted(section)) for section in sections]
        self.sections = sections
        self._ranking = Ranking(texts)
        self._table = _table(texts) if trigram and len(texts) > _CANDIDATES else None

    def search(self, questions: Sequence[str]) -> Iterator[tuple[Section, float]]:
        """What answers the first of these, which holds the others, or one of the others by itself."""
        asked = [words for question in questions if (words := plain(question[:_MOST_TEXT]))]
        candidates = self._candidates(asked[0]) if asked else ()
        for words in asked:
            for at, score in self._ranking.judge(words, candidates):
                if score < FLOOR:
                    break
                yield self.sections[at], score

    def _candidates(self, words: str) -> Sequence[int]:
        if self._table is None:
            return range(len(self.sections))
        triples = sorted({f'"{triple}"' for triple in runs(words, 3)})
        found = self._table.execute(
            "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?", (" OR ".join(triples), _CANDIDATES)
        )
        return [row[0] for row in found]


def _table(texts: Sequence[str]) -> sqlite3.Connection:
    # SQLite serialises the calls on one connection by itself, so any thread may ask.
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    memory.execute("CREATE VIRTUAL TABLE texts USING fts5(words, tokenize='trigram')")
    memory.executemany("INSERT INTO texts(rowid, words) VALUES (?, ?)", enumerate(texts))
    return memory


@cache
def has_trigram() -> bool:
    """Whether this Python's SQLite has FTS5 with the trigram tokenizer (SQLite 3.34 or newer)."""
    with closing(sqlite3.connect(":memory:")) as memory:
        try:
            memory.execute("CREATE VIRTUAL TABLE probe USING fts5(words, tokenize='trigram')")
        except sqlite3.OperationalError:
            return False
    return True


class Knowledge:
    """The sections of all articles, looked up language by language."""

    def __init__(self, sections: Iterable[Section], *, trigram: bool | None = None) -> None:
        """Without `trigram` every section is judged, which is slower from a few thousand on; None takes what is there."""
        of_language: dict[str, list[Section]] = {}
        for section in sections:
            of_language.setdefault(section.language, []).append(section)
        use = has_trigram() if trigram is None else trigram
        self._shelves = {code: _Shelf(found, trigram=use) for code, found in sorted(of_language.items())}

    @classmethod
    def read(cls, folder: Path, *, trigram: bool | None = None) -> Knowledge:
        """The articles in a folder's `*.md`. Raises `BadKnowledge`."""
        if not folder.is_dir():
            raise BadKnowledge(folder, 0, "there is no such folder")
        pages = sorted(folder.glob("*.md"))
        return cls((section for page in pages for section in read_article(page)), trigram=trigram)

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 of the languages there are articles in."""
        return tuple(self._shelves)

    def __iter__(self) -> Iterator[Section]:
        """Every section, also the internal ones."""
        return (section for shelf in self._shelves.values() for section in shelf.sections)

    def __len__(self) -> int:
        return sum(len(shelf.sections) for shelf in self._shelves.values())

    def search(self, question: str, languages: Sequence[str], most: int = 4) -> list[Find]:
        """What may answer a question, best first; nothing when no section comes up to the floor.

        Each sentence is also asked by itself: people tell a story around their question.
        """
        best: dict[str, Find] = {}
        questions = (question, *_sentences(question[:_MOST_TEXT]))
        for language in languages:
            if language in self._shelves:
                for section, score in self._shelves[language].search(questions):
                    if section.ref not in best or best[section.ref].score < score:
                        best[section.ref] = Find(section, score)
        return sorted(best.values(), key=lambda find: -find.score)[:most]


def _sentences(text: str) -> list[str]:
    parts = (part.strip() for part in _SENTENCE_END.split(text))
    sentences = [part for part in parts if len(part.split()) > 2]
    return sentences[:_MOST_SENTENCES] if len(sentences) > 1 else []


def _weighted(section: Section) -> str:
    """Title and heading count twice."""
    head = f"{section.title} {section.heading} {section.asked}"
    return f"{head} {head} {section.text}"


def read_article(path: Path) -> Iterator[Section]:
    """An article's sections, one for each heading. Raises `BadKnowledge`."""
    try:
        page = frontmatter.split(path.read_text(encoding="utf-8"), _FIELDS, _FIELDS)
    except frontmatter.BadFrontMatter as error:
        raise BadKnowledge(path, error.line, error.reason) from error
    except UnicodeDecodeError as error:
        raise BadKnowledge(path, 1, "it is not UTF-8 text") from error
    language, audience = page.fields["language"], page.fields["audience"]
    if not re.fullmatch("[a-z]{2}", language):
        raise BadKnowledge(
            path, page.lines["language"], f"language is {language[:20]!r}; it has to be two letters such as en or da"
        )
    if audience not in _AUDIENCES:
        raise BadKnowledge(
            path,
            page.lines["audience"],
            f"audience is {audience[:20]!r}; the allowed ones are {' and '.join(_AUDIENCES)}",
        )
    topic = path.stem.removesuffix(f".{language}")
    known: set[str] = set()
    for heading, asked, text in _parts(page.body):
        ref = f"{topic}.{language}" + (f"#{_slug(heading)}" if heading else "")
        if ref in known:
            raise BadKnowledge(path, page.first_line, f"two sections have the heading {heading!r}")
        known.add(ref)
        yield Section(ref, topic, page.fields["title"], heading, language, audience == "public", text, asked)
    if not known:
        raise BadKnowledge(path, page.first_line, "it has no text")


def _parts(body: str) -> Iterator[tuple[str, str, str]]:
    """Heading, other ways to ask and text of each section that has text."""
    heading, asked = "", ""
    lines: list[str] = []
    for line in [*body.split("\n"), "## end"]:
        if found := _HEADING.match(line):
            if text := "\n".join(lines).strip():
                yield heading, asked, text
            heading, asked, lines = found[1], "", []
        elif line.startswith(_ALSO):
            asked = line.removeprefix(_ALSO).strip()
        else:
            lines.append(line)


def _slug(heading: str) -> str:
    return plain(heading).replace(" ", "-")
