"""What the command line does with the articles: say what was read of them, and try a question on them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

from bot import wiring
from bot.drafting.knowledge import BadKnowledge, Find
from bot.drafting.knowledge.reading import Reader
from bot.log import configure
from bot.phrases import say
from bot.records import Complaint
from bot.settings import Settings

_SHOWN = 60


def check_knowledge(settings: Settings) -> Iterator[str]:
    """What was read, by language and audience. Raises `Complaint` with everything that could not be."""
    contents = Reader(wiring.origins(settings)).read()
    yield say("knowledge.files", files=len(contents.sheets), passed=len(contents.passed_over))
    pieces = Counter((section.language, section.public) for section in contents.sections)
    for language in sorted({language for language, _ in pieces}):
        yield say("knowledge.count", language=language, public=pieces[language, True], internal=pieces[language, False])
    if contents.problems:
        told = [str(problem) for problem in contents.problems]
        raise Complaint("\n".join([*told, say("knowledge.broken", count=len(told))]))
    yield say("knowledge.fine" if pieces else "knowledge.none")


def search_knowledge(settings: Settings, question: str, language: str, most: int) -> Iterator[str]:
    """What is found for a question, in all languages or in one. Raises `Complaint`."""
    configure("error")  # what is in trouble is told in words
    try:
        finds, trouble = asyncio.run(_searched(settings, question, language, most))
    except BadKnowledge as bad:
        raise Complaint(str(bad)) from None
    if trouble:
        yield say("knowledge.not_all", trouble=trouble)
    for rank, find in enumerate(finds, start=1):
        section = find.section
        words = " ".join(section.text.split())
        shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
        audience = "public" if section.public else "internal"
        yield f"{rank:>2}  {find.score:.3f}  {audience:<8}  {section.ref}  {section.source.title}: {shown}"
    if not finds:
        yield say("knowledge.nothing")


async def _searched(settings: Settings, question: str, language: str, most: int) -> tuple[list[Find], str]:
    articles, meaning = wiring.read_articles(settings)
    try:
        if meaning:
            await meaning.refreshed()
        languages = (language,) if language else articles.languages
        return await articles.search(question, languages, most), articles.trouble
    finally:
        if meaning:
            await meaning.close()
