"""How often the language of one message is told, by the lists of words and by the second opinion on what they leave open."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bot.drafting import language
from bot.drafting.guess import guess
from tests.eval.figures import Figure, records

TOPIC = "language"
EXPECTED = ("en", "fr", "da", "sv", "no", "de", "es")
TEXTS = (
    Path("sentiment", "nordic_de_fr_es.jsonl"),
    Path("intents", "bot_utterances_de.jsonl"),
    Path("intents", "banking77_en.jsonl"),
)


def rows(data: Path) -> Iterator[Figure]:
    """Right among all by language, of single messages with seven languages to choose from; then what is told wrong."""
    texts = [(one["lang"], one["text"]) for path in TEXTS for one in records(data / path)]
    lists = [_only(language.spoken([text], EXPECTED)) for _, text in texts]
    both = asyncio.run(_with_guesses(texts, lists))
    for name, told in (("lists alone", lists), ("with a second opinion", both)):
        right = Counter(code for (code, _), said in zip(texts, told, strict=True) if said == code)
        whole = Counter(code for code, _ in texts)
        for code in EXPECTED:
            yield Figure(TOPIC, f"{name}: {code}", right[code], whole[code], "told, and right")
        wrong = sum(bool(said) and said != code for (code, _), said in zip(texts, told, strict=True))
        yield Figure(TOPIC, f"{name}: wrong", wrong, sum(map(bool, told)), "of those told")


def _only(found: tuple[str, ...]) -> str:
    return found[0] if len(found) == 1 else ""


async def _with_guesses(texts: list[tuple[str, str]], lists: list[str]) -> list[str]:
    told = []
    for (_, text), said in zip(texts, lists, strict=True):
        told.append(said or await guess(text, language.spoken([text], EXPECTED) or EXPECTED))
    return told
