"""Folders and files become sections. What cannot be read is named with file, line and reason; the rest is read on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.drafting.frontmatter import BadFrontMatter
from bot.drafting.knowledge import markdown, page, rows
from bot.drafting.knowledge.article import TOO_LONG, About, BadArticle, Part, clean, name_of, sections
from bot.drafting.knowledge.section import BadKnowledge, Section

# Bytes. A table of twenty thousand articles has thirty million.
LARGEST = 200_000_000
Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Origin:
    """A file or folder of articles. `audience` and `language` hold where an article does not say itself."""

    path: Path
    audience: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one file says."""

    path: Path
    sections: tuple[Section, ...]
    problems: tuple[BadKnowledge, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What all files say. `passed_over` are those in a folder that are of no format known here."""

    sheets: tuple[Sheet, ...]
    problems: tuple[BadKnowledge, ...]
    passed_over: tuple[Path, ...]

    @property
    def sections(self) -> Iterator[Section]:
        return (section for sheet in self.sheets for section in sheet.sections)


class Reader:
    """Reads the same folders and files again and again, and of them only what has changed since."""

    def __init__(self, origins: Sequence[Origin]) -> None:
        self._origins = tuple(origins)
        self._known: dict[tuple[Path, str], tuple[Stamp, Sheet]] = {}

    def read(self) -> Contents:
        """What they say now. Raises nothing."""
        known: dict[tuple[Path, str], tuple[Stamp, Sheet]] = {}
        problems: list[BadKnowledge] = []
        passed_over: list[Path] = []
        for origin in self._origins:
            for path, topic in _files(origin.path, problems, passed_over):
                try:
                    stamp = _stamp(path)
                    old = self._known.get((path, topic))
                    sheet = old[1] if old and old[0] == stamp else read_file(path, topic, origin)
                    known[path, topic] = (stamp, sheet)
                except OSError as error:
                    problems.append(BadKnowledge(path, 0, f"it cannot be read ({error.strerror})"))
        self._known = known
        sheets = tuple(sheet for _, sheet in known.values())
        problems += [problem for sheet in sheets for problem in sheet.problems]
        problems += _twice(sheets)
        return Contents(sheets, tuple(problems), tuple(passed_over))


def read_file(path: Path, topic: str, origin: Origin) -> Sheet:
    """What a file says. `topic` is its name within its folder, without the ending. Raises `OSError`."""
    language = topic.rpartition(".")[2] if "." in topic else ""
    if not (len(language) == 2 and language.isascii() and language.islower()):
        language = ""
    default = About("", language or origin.language, origin.audience)
    try:
        if path.stat().st_size > LARGEST:
            return _bad(path, 0, f"it is larger than {LARGEST:,} bytes")
        text = path.read_bytes().decode("utf-8-sig")
        return _READERS[path.suffix.lower()](path, topic.removesuffix(f".{language}"), text, default)
    except UnicodeDecodeError:
        return _bad(path, 1, "it is not UTF-8 text")
    except BadArticle as bad:
        return _bad(path, 1, bad.reason)


def read_article(path: Path) -> Iterator[Section]:
    """The sections of one file. Raises `BadKnowledge` with the first thing that is wrong."""
    sheet = read_file(path, path.stem, Origin(path))
    if sheet.problems:
        raise sheet.problems[0]
    yield from sheet.sections


def _files(top: Path, problems: list[BadKnowledge], passed_over: list[Path]) -> Iterator[tuple[Path, str]]:
    """Each file with its topic, in an order that stays."""
    if top.is_dir():
        for folder, inner, names in os.walk(top):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            for path in (Path(folder, name) for name in sorted(names) if not name.startswith(".")):
                if path.suffix.lower() in _READERS:
                    yield path, path.relative_to(top).with_suffix("").as_posix()
                else:
                    passed_over.append(path)
    elif not top.exists():
        problems.append(BadKnowledge(top, 0, "there is no such file or folder"))
    elif top.suffix.lower() in _READERS:
        yield top, top.stem
    else:
        problems.append(BadKnowledge(top, 0, f"a file of articles ends in {', '.join(sorted(_READERS))}"))


def _stamp(path: Path) -> Stamp:
    """What is another one after every change of a file."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _twice(sheets: Sequence[Sheet]) -> Iterator[BadKnowledge]:
    """Two files with the same references: a draft could not say which it means."""
    owner: dict[str, Path] = {}
    for sheet in sheets:
        taken = {owner[s.ref]: s.ref for s in sheet.sections if owner.setdefault(s.ref, sheet.path) != sheet.path}
        for other, ref in taken.items():
            yield BadKnowledge(sheet.path, 0, f"{ref} stands in {other} already")


def _bad(path: Path, line: int, reason: str) -> Sheet:
    return Sheet(path, (), (BadKnowledge(path, line, reason),))


def _markdown(path: Path, topic: str, text: str, default: About) -> Sheet:
    lines: dict[str, int] = {}
    first = 1
    try:
        about, lines, first, parts = markdown.read(clean(text))
        return _sheet(path, topic, about.over(default), parts)
    except BadFrontMatter as bad:
        return _bad(path, bad.line, bad.reason)
    except BadArticle as bad:
        return _bad(path, lines.get(bad.field, first), bad.reason)


def _page(path: Path, topic: str, text: str, default: About) -> Sheet:
    about, parts = page.read(text)
    return _sheet(path, topic, about.over(default), [Part(p.heading, clean(p.text), p.asked) for p in parts])


def _sheet(path: Path, topic: str, about: About, parts: list[Part]) -> Sheet:
    if sum(len(part.text) for part in parts) > TOO_LONG:
        raise BadArticle(f"it is longer than {TOO_LONG:,} characters; part it into several articles")
    name = "/".join(name_of(part) for part in topic.split("/"))
    spoken = topic.rpartition("/")[2].replace("-", " ").replace("_", " ").strip()
    return Sheet(path, tuple(sections(name, about.over(About(spoken)), parts)), ())


def _table(read: Callable[[str], Iterator[rows.Row]]) -> Callable[[Path, str, str, About], Sheet]:
    def sheet(path: Path, topic: str, text: str, default: About) -> Sheet:
        found: list[Section] = []
        problems: list[BadKnowledge] = []
        lines: dict[str, int] = {}
        name = "/".join(name_of(part) for part in topic.split("/"))
        for row in read(text):
            try:
                found += _row(row, name, default, lines)
            except BadArticle as bad:
                problems.append(BadKnowledge(path, row.line, bad.reason))
        if not found and not problems:
            problems.append(BadKnowledge(path, 1, "it has no rows"))
        return Sheet(path, tuple(found), tuple(problems))

    return sheet


def _row(row: rows.Row, name: str, default: About, lines: dict[str, int]) -> list[Section]:
    if row.problem:
        raise BadArticle(row.problem)
    part = Part(row.part.heading, clean(row.part.text), clean(row.part.asked))
    about = row.about.over(default)
    own = name_of(row.values.get("id", "")) or str(row.line)
    found = sections(f"{name}/{own}", About(clean(about.title), about.language, about.audience), [part])
    key = f"{own}.{about.language}"
    if lines.setdefault(key, row.line) != row.line:
        raise BadArticle(f"its id {own} stands on line {lines[key]} already")
    return found


_READERS: dict[str, Callable[[Path, str, str, About], Sheet]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".html": _page,
    ".htm": _page,
    ".csv": _table(rows.read_csv),
    ".jsonl": _table(rows.read_jsonl),
    ".ndjson": _table(rows.read_jsonl),
}
