"""Which texts of one language answer a question, and whether any does: letters shared, not words, because of compounds.

"Leveringsadressen" and "adresse" share letters and no stem, so runs of letters beat every stemmer on Nordic languages.
"""

from __future__ import annotations

import math
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import cache, lru_cache

RUN = 4  # letters in a run
_CANDIDATES = 20
_MOST_TEXT = 2_000
# BM25's usual settings.
_K, _B = 1.2, 0.75

_WORDS = re.compile(r"\w+")


def plain(text: str) -> str:
    """Lower case, accents and punctuation gone: customers leave them out."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(bare.replace("_", " ")))


def _runs(words: str, length: int = RUN) -> list[str]:
    framed = f" {words} "
    return [framed[at : at + length] for at in range(len(framed) - length + 1)]


@cache
def has_trigram() -> bool:
    """Whether this Python's SQLite has FTS5 with the trigram tokenizer (SQLite 3.34 or newer)."""
    with closing(sqlite3.connect(":memory:")) as memory:
        try:
            memory.execute("CREATE VIRTUAL TABLE probe USING fts5(words, tokenize='trigram')")
        except sqlite3.OperationalError:
            return False
    return True


class Ranking:
    """Texts, looked up by FTS5 and judged by BM25 on runs of four letters. Without FTS5 every text is judged.

    The judge is the same in both cases, and so is the meaning of its score: 1 is what one text scores that shares
    about a run a word with the question, whatever the number of texts.
    """

    def __init__(self, texts: Sequence[str], *, trigram: bool | None = None) -> None:
        self._texts = [plain(text) for text in texts]
        self._lengths = [max(1, len(text)) for text in self._texts]
        self._mean = sum(self._lengths) / max(1, len(self._lengths))
        self._spread = Counter(run for text in self._texts for run in set(_runs(text)))
        self._count = lru_cache(maxsize=2_000)(self._count_runs)
        use_trigram = has_trigram() if trigram is None else trigram
        self._table = _table(self._texts) if use_trigram else None

    def search(self, question: str, most: int) -> list[tuple[int, float]]:
        """The best texts with their scores, best first, none of them at zero."""
        words = plain(question[:_MOST_TEXT])
        runs = set(_runs(words))
        if not words or not self._texts:
            return []
        worth = {run: self._rarity(self._spread[run]) for run in runs if run in self._spread}
        full = self._rarity(1) * math.sqrt(len(runs))
        scored = ((self._score(at, worth) / full, at) for at in self._candidates(words))
        return [(at, score) for score, at in sorted(scored, reverse=True)[:most] if score > 0]

    def _candidates(self, words: str) -> Iterable[int]:
        if self._table is None:
            return range(len(self._texts))
        triples = {f'"{triple}"' for triple in _runs(words, 3)}
        rows = self._table.execute(
            "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?", (" OR ".join(triples), _CANDIDATES)
        )
        return [row[0] for row in rows]

    def _score(self, at: int, worth: dict[str, float]) -> float:
        runs = self._count(at)
        size = _K * (1 - _B + _B * self._lengths[at] / self._mean)
        return sum(weight * runs[run] * (_K + 1) / (runs[run] + size) for run, weight in worth.items() if run in runs)

    def _rarity(self, texts: int) -> float:
        return math.log(1 + (len(self._texts) - texts + 0.5) / (texts + 0.5))

    def _count_runs(self, at: int) -> Counter[str]:
        return Counter(_runs(self._texts[at]))


def _table(texts: Sequence[str]) -> sqlite3.Connection:
    # SQLite serialises calls on one connection itself, so any thread may ask.
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    memory.execute("CREATE VIRTUAL TABLE texts USING fts5(words, tokenize='trigram', detail='full')")
    memory.executemany("INSERT INTO texts(rowid, words) VALUES (?, ?)", enumerate(texts))
    return memory
