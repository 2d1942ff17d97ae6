"""The draft that needs no model: the words of the article that fits, between a greeting and a close."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from bot.drafting import language
from bot.drafting.case import Case, Reading
from bot.drafting.knowledge import Find
from bot.phrases import say
from bot.review.model import Draft, Mood, Source

NAME = "offline"
_MOST_INTERNAL = 2
# A display name may be a sentence, a link or a mention; only what looks like a first name is used to greet.
_FIRST_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def draft(case: Case, reading: Reading, reason: str = "") -> Draft:
    """The offline draft. `reason` is a clause that says why the model has not made it, empty when there is none."""
    find = next((find for find in reading.finds if find.section.public), None)
    elsewhere = next((find for find in reading.elsewhere if find.section.public), None)
    reply, note = "", _nothing_note(elsewhere, reason)
    if find is not None:
        reply, note = letter(case, find, upset=reading.sentiment.mood is Mood.NEGATIVE), _quoted_note(case, reason)
        if len(reply) > case.limit:
            reply, note = "", _too_long_note(case.limit, reason)
    leaning = find or elsewhere
    return Draft(
        reply=reply,
        language=find.section.language if find else reading.language,
        sentiment=reading.sentiment,
        intent=leaning.section.title if leaning else "",
        risks=reading.risks,
        sources=((leaning.section.source,) if leaning else ()) + internal(reading),
        template=str(case.template),
        model=NAME,
        note=note,
    )


def internal(reading: Reading) -> tuple[Source, ...]:
    """What the reviewer may want to read beside the draft and the customer may not."""
    found = (find.section for find in (*reading.finds, *reading.elsewhere) if not find.section.public)
    return tuple(section.source for section in found)[:_MOST_INTERNAL]


def letter(case: Case, find: Find, *, upset: bool) -> str:
    """A section's words as a reply, in the section's language."""
    words = _letters()[find.section.language]
    name = _FIRST_NAME.fullmatch(case.customer.split()[0]) if case.customer.split() else None
    greeting = words["greeting"].format(name=name[0]) if name and len(name[0]) <= 40 else words["hello"]
    regret = [words["regret"]] if upset else []
    return "\n\n".join([greeting, *regret, find.section.text, f"{words['close']}\n{case.desk}"])


def _quoted_note(case: Case, reason: str) -> str:
    if reason:
        return say("note.from_article", reason=reason)
    return say("note.no_instruction") if case.instruction.strip() else ""


def _nothing_note(elsewhere: Find | None, reason: str) -> str:
    if elsewhere is None:
        return say("note.nothing_because", reason=reason) if reason else say("note.nothing")
    written = language.named(elsewhere.section.language)
    if reason:
        return say("note.other_language_because", article=written, reason=reason)
    return say("note.other_language", article=written)


def _too_long_note(limit: int, reason: str) -> str:
    if reason:
        return say("note.article_too_long_because", limit=limit, reason=reason)
    return say("note.article_too_long", limit=limit)


@cache
def _letters() -> dict[str, dict[str, str]]:
    table = tomllib.loads(files("bot.drafting").joinpath("data/letters.toml").read_text(encoding="utf-8"))
    return {code: {key: str(words) for key, words in row.items()} for code, row in table.items()}
