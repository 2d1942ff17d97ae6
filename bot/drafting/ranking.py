"""How well a text answers a question: by letters in a row that both have, not by words, because of compounds.

"Leveringsadressen" and "adresse" share letters and no stem, so runs of letters beat every stemmer on Nordic languages.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

_RUN = 4
# BM25's usual settings.
_K, _B = 1.2, 0.75

_WORDS = re.compile(r"\w+")


def plain(text: str) -> str:
    """Lower case, accents and punctuation gone: customers leave them out."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(bare.replace("_", " ")))


def runs(words: str, length: int = _RUN) -> list[str]:
    """Every run of so many letters in `plain` words."""
    framed = f" {words} "
    return [framed[at : at + length] for at in range(len(framed) - length + 1)]


class Ranking:
    """Texts of one language, judged by BM25 on runs of four letters.

    Scores are divided by what a run found in one text only is worth and by the root of the question's length, so that
    one floor serves small and large collections, short and long questions.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """`texts` are `plain`."""
        self._texts = texts
        self._lengths = [max(1, len(text)) for text in texts]
        self._mean = sum(self._lengths) / max(1, len(texts))
        self._spread = Counter(run for text in texts for run in set(runs(text)))
        self._weighed = lru_cache(maxsize=256)(self._weigh)

    def judge(self, question: str, candidates: Iterable[int]) -> list[tuple[int, float]]:
        """The texts at these places that share something with a `plain` question, best first, with their scores."""
        asked = set(runs(question))
        if not asked:
            return []
        full = self._rarity(1) * math.sqrt(len(asked))
        scored = ((self._score(at, asked) / full, at) for at in candidates)
        return [(at, score) for score, at in sorted(scored, reverse=True) if score > 0]

    def _score(self, at: int, asked: set[str]) -> float:
        found = self._weighed(at)
        # fsum, because the order of a set differs from one process to the next and the score must not.
        return math.fsum(map(found.__getitem__, asked & found.keys()))

    def _weigh(self, at: int) -> dict[str, float]:
        """What each run of a text counts for: more when it is rare or comes often, less in a long text."""
        size = _K * (1 - _B + _B * self._lengths[at] / self._mean)
        return {
            run: self._rarity(self._spread[run]) * (count * (_K + 1) / (count + size))
            for run, count in Counter(runs(self._texts[at])).items()
        }

    def _rarity(self, texts: int) -> float:
        return math.log(1 + (len(self._texts) - texts + 0.5) / (texts + 0.5))
