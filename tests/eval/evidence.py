"""How well a draft's sentences are tied to articles: their own words, one number changed, and words from elsewhere."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.drafting import sentences
from bot.drafting.evidence import Basis, weigh
from bot.review.model import Statement
from tests.eval.figures import Figure, records

TOPIC = "evidence"
HELP = Path("kb", "help_centre_en_es_fr_zh.jsonl")
# Name and language of what is measured, and the files and records it is in.
SHELVES = (
    ("bank, en", "en", Path("kb", "bank_articles.jsonl")),
    ("help, en", "en", HELP),
    ("help, es", "es", HELP),
    ("help, fr", "fr", HELP),
    ("bot, de", "de", Path("kb", "bot_faq_de_en.jsonl")),
)
MOST_ARTICLE = 2_000
OTHERS = 3
EACH = 4
LEAST_WORDS = 5
SEED = 5
_NUMBER = re.compile(r"(?<![\w.,/-])\d{1,4}(?![\w.,/-]*\d)")


def rows(data: Path) -> Iterator[Figure]:
    """What is tied and doubted among four articles, one of them the right one, then across languages."""
    for name, code, path in SHELVES:
        yield from _shelf(name, code, [record for record in records(data / path) if record["lang"] == code])
    pages = list(records(data / HELP))
    for code in ("es", "fr"):
        yield from _across(code, pages)


def _shelf(name: str, code: str, articles: Sequence[dict[str, Any]]) -> Iterator[Figure]:
    chance = random.Random(SEED)
    seen: Counter[str] = Counter()
    for article in articles:
        others = _others(articles, article, chance)
        right, wrong = [_basis(article), *others[:OTHERS]], others
        for sentence in _sentences(article, chance):
            for statement in weigh(sentence, code, right, ()):
                seen["own"] += 1
                seen["tied"] += article["id"] in statement.sources
                seen["undoubted"] += not statement.doubts
            if changed := _changed(sentence, [source.text for source in right]):
                seen["changed"] += 1
                seen["doubted"] += _doubted(weigh(changed[0], code, right, ()), changed[1])
            if swapped := _swapped(sentence, [source.text for source in right]):
                seen["swapped"] += 1
                seen["swap doubted"] += _doubted(weigh(swapped[0], code, right, ()), swapped[1])
            if not any(sentence in source.text for source in wrong):
                for statement in weigh(sentence, code, wrong, ()):
                    seen["foreign"] += 1
                    seen["untied"] += not statement.sources or bool(statement.doubts)
                    seen["alone"] += not statement.sources
    yield Figure(TOPIC, f"{name}: own sentence tied", seen["tied"], seen["own"], "to the article it is from")
    yield Figure(TOPIC, f"{name}: own sentence without doubts", seen["undoubted"], seen["own"], "no word marked in it")
    yield Figure(TOPIC, f"{name}: changed number doubted", seen["doubted"], seen["changed"], "one number made another")
    yield Figure(
        TOPIC, f"{name}: swapped number doubted", seen["swap doubted"], seen["swapped"], "for another of the sources"
    )
    yield Figure(TOPIC, f"{name}: other article's sentence unsupported", seen["alone"], seen["foreign"], "no source")
    yield Figure(
        TOPIC, f"{name}: the same, or with a doubt", seen["untied"], seen["foreign"], "no source or a word marked"
    )


def _across(code: str, pages: Sequence[dict[str, Any]]) -> Iterator[Figure]:
    """Sentences in one language against the English article that says the same, and against others."""
    chance = random.Random(SEED)
    english = {page["group"]: page for page in pages if page["lang"] == "en"}
    seen: Counter[str] = Counter()
    for page in (page for page in pages if page["lang"] == code):
        right = english[page["group"]]
        others = _others(list(english.values()), right, chance)
        for sentence in _sentences(page, chance):
            valued = bool(_NUMBER.search(sentence) or "://" in sentence)
            for statement in weigh(sentence, code, [_basis(right), *others[:OTHERS]], ()):
                seen["all"] += 1
                seen["tied"] += right["id"] in statement.sources
                seen["valued"] += valued
                seen["valued tied"] += valued and right["id"] in statement.sources
            for statement in weigh(sentence, code, others, ()):
                seen["foreign"] += 1
                seen["alone"] += not statement.sources
    yield Figure(
        TOPIC, f"{code} against en: tied", seen["tied"], seen["all"], "to the English article of the same name"
    )
    yield Figure(TOPIC, f"{code} against en: tied, with a number", seen["valued tied"], seen["valued"], "or a link")
    yield Figure(
        TOPIC, f"{code} against en: another article's unsupported", seen["alone"], seen["foreign"], "no source"
    )


def _basis(article: dict[str, Any]) -> Basis:
    return Basis(
        article["id"], f"{article['title']}\n{article['body'][:MOST_ARTICLE]}", article["audience"] == "public"
    )


def _others(articles: Sequence[dict[str, Any]], article: dict[str, Any], chance: random.Random) -> list[Basis]:
    pool = [other for other in articles if other["group"] != article["group"]]
    return [_basis(other) for other in chance.sample(pool, OTHERS + 1)]


def _sentences(article: dict[str, Any], chance: random.Random) -> list[str]:
    """A few whole sentences of an article."""
    body = article["body"][:MOST_ARTICLE]
    found = [body[start:end] for start, end in sentences.spans(body)]
    whole = [sentence for sentence in found if len(sentence.split()) >= LEAST_WORDS and sentence[-1] in ".!"]
    return chance.sample(whole, min(EACH, len(whole)))


def _changed(sentence: str, sources: Sequence[str]) -> tuple[str, str] | None:
    """The sentence with its first number made another that no source has, and that number."""
    if not (found := _NUMBER.search(sentence)):
        return None
    number = int(found[0])
    other = next(
        str(more)
        for more in range(number + 1, number + 500)
        if not any(re.search(rf"(?<!\d){more}(?!\d)", text) for text in sources)
    )
    return sentence[: found.start()] + other + sentence[found.end() :], other


def _swapped(sentence: str, sources: Sequence[str]) -> tuple[str, str] | None:
    """The sentence with its first number replaced by another that stands in the sources, the harder case."""
    if not (found := _NUMBER.search(sentence)):
        return None
    there = sorted({other[0] for text in sources for other in _NUMBER.finditer(text)} - set(_NUMBER.findall(sentence)))
    if not there:
        return None
    other = there[len(sentence) % len(there)]
    return sentence[: found.start()] + other + sentence[found.end() :], other


def _doubted(statements: Sequence[Statement], number: str) -> bool:
    return any(number in doubt for statement in statements for doubt in statement.doubts)
