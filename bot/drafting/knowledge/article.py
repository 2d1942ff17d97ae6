"""An article, whatever its format was, and how it is parted into sections."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NoReturn

from bot.drafting.knowledge.section import Section
from bot.drafting.ranking import plain

# Characters. What is longer is parted at the end of a paragraph, so that a card can quote it and a model need not read
# a whole manual.
LONGEST = 1_500
# Characters. Nobody writes such an article; it is an export in the wrong format, or somebody tries what happens.
TOO_LONG = 200_000
_LONGEST_TITLE = 200
_LONGEST_NAME = 80
_AUDIENCES = ("public", "internal")
_CUT = re.compile(rf".{{1,{LONGEST}}}(?=\s|$)|.{{1,{LONGEST}}}", re.DOTALL)
# Form feeds and their like, which PDF and Word leave behind.
_UNSEEN = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


class BadArticle(ValueError):
    """An article cannot be used. `reason` is a sentence's end, `field` the one that is wrong, empty for the text."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


@dataclass(frozen=True, slots=True)
class Part:
    """What stands under one heading. `asked` are other ways to ask for it."""

    heading: str
    text: str
    asked: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of an article, or of all in a file that do not say it themselves; what is empty is not said."""

    title: str = ""
    language: str = ""
    audience: str = ""

    def over(self, otherwise: About) -> About:
        """This, and `otherwise` where this says nothing."""
        return About(
            self.title or otherwise.title, self.language or otherwise.language, self.audience or otherwise.audience
        )


def clean(text: str) -> str:
    """A text as it may be quoted. Raises `BadArticle` for what is none."""
    if "\0" in text:
        raise BadArticle("it holds a NUL character, as text in UTF-16 does; save it as UTF-8")
    if len(text) > TOO_LONG:
        raise BadArticle(f"it is longer than {TOO_LONG:,} characters; part it into several articles")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadArticle("it holds half a character (a lone surrogate)") from None
    return _UNSEEN.sub(" ", text.replace("\r\n", "\n"))


def sections(topic: str, about: About, parts: Iterable[Part]) -> list[Section]:
    """The sections of an article; without `audience` they are internal. Raises `BadArticle`."""
    _check(about)
    found: list[Section] = []
    used: Counter[str] = Counter()
    for part in parts:
        slug = name_of(part.heading)
        for piece in _pieces(part.text):
            used[slug] += 1
            ref = f"{topic}.{about.language}" + (f"#{slug}" if slug else "")
            found.append(
                Section(
                    ref=ref if used[slug] == 1 else f"{ref}{'-' if slug else '#'}{used[slug]}",
                    topic=topic,
                    title=about.title,
                    heading=" ".join(part.heading.split())[:_LONGEST_TITLE],
                    language=about.language,
                    public=about.audience == "public",
                    text=piece,
                    asked=part.asked,
                )
            )
    if not found:
        raise BadArticle("it has no text")
    return _apart(found)


def name_of(words: str) -> str:
    """Words as part of a reference."""
    return plain(words[:_LONGEST_TITLE]).replace(" ", "-")[:_LONGEST_NAME].strip("-")


def _check(about: About) -> None:
    if not about.title.strip():
        raise BadArticle("it has no title", "title")
    if len(about.title) > _LONGEST_TITLE:
        raise BadArticle(f"its title is longer than {_LONGEST_TITLE} characters", "title")
    if not about.language:
        raise BadArticle(
            "its language is not known; say it there, in the file's name as in returns.en.md, or under knowledge in the"
            " settings",
            "language",
        )
    if not re.fullmatch("[a-z]{2}", about.language):
        _not("language", about.language, "it has to be two letters such as en or da")
    if about.audience and about.audience not in _AUDIENCES:
        _not("audience", about.audience, f"the allowed ones are {' and '.join(_AUDIENCES)}")


def _not(field: str, value: str, rule: str) -> NoReturn:
    raise BadArticle(f"{field} is {value[:20]!r}; {rule}", field)


def _apart(found: list[Section]) -> list[Section]:
    """A heading may read like another one with its number behind: then that number goes on."""
    known: set[str] = set()
    for at, section in enumerate(found):
        ref = section.ref
        while ref in known:
            ref += "-2"
        known.add(ref)
        found[at] = replace(section, ref=ref) if ref != section.ref else section
    return found


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of whole paragraphs, none longer than `LONGEST`."""
    piece = ""
    for paragraph in re.split(r"\n\s*\n", text.strip()) if len(text) > LONGEST else [text.strip()]:
        if piece and len(piece) + 2 + len(paragraph) > LONGEST:
            yield piece
            piece = ""
        if len(paragraph) > LONGEST:
            yield from filter(None, (cut.strip() for cut in _CUT.findall(paragraph)))
        else:
            piece = f"{piece}\n\n{paragraph}" if piece else paragraph
    if piece:
        yield piece
