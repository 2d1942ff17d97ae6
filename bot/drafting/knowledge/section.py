"""What every format is read into, and what a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.review.model import Source


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
    """A section that may answer. None comes up that is below the floor of whoever found it; scores of different
    retrievers cannot be compared."""

    section: Section
    score: float
