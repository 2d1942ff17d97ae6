"""How much of what the model reads is the same from one case of a desk to the next, and need not be read anew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from bot.backtest import Listener
from bot.drafting.drafter import Drafter
from bot.drafting.knowledge import Knowledge
from bot.drafting.knowledge.retriever import Fixed
from tests.drafting.stories import case
from tests.eval.figures import Figure, records

TOPIC = "prompts"
ASKED = Path("intents", "banking77_en.jsonl")
ARTICLES = Path("kb", "bank_articles.jsonl")
# So many different questions, spread over the file, which is sorted by what is asked.
MOST = 100
_NO_ARTICLE = "(no article fits)"


def rows(data: Path) -> Iterator[Figure]:
    """Means in characters of the whole prompt, of a bank's customers with its articles; see the data's README."""
    drafter = Drafter(Fixed(Knowledge.read(data / ARTICLES)), listener := Listener())
    texts = [record["text"] for record in records(data / ASKED)]
    questions = texts[:: max(len(texts) // MOST, 1)]

    def read(question: str, wish: str = "") -> str:
        """Everything the model would read, one message after the other."""
        asyncio.run(drafter.draft(case(question, instruction=wish)))
        return "\n".join(words for _, words in listener.heard.pop())

    first = [read(question) for question in questions]
    bare = [prompt for prompt in first if _NO_ARTICLE in prompt]
    full = [prompt for prompt in first if _NO_ARTICLE not in prompt]
    again = [read(question, "Shorter, please.") for question in questions]
    for name, prompts in (("without articles", bare), ("with articles", full)):
        note = f"characters; {len(prompts)} different questions to one desk, each with the one before"
        yield Figure(TOPIC, f"common prefix, {name}", _shared(pairwise(prompts)), _length(prompts), note)
    note = f"characters; {len(first)} questions, each with itself and a reviewer's wish"
    yield Figure(TOPIC, "common prefix, redraft", _shared(zip(first, again, strict=True)), _length(first), note)


def _shared(pairs: Iterable[tuple[str, str]]) -> int:
    return round(fmean(_prefix(one, other) for one, other in pairs))


def _prefix(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _length(prompts: list[str]) -> int:
    return round(fmean(len(prompt) for prompt in prompts))
