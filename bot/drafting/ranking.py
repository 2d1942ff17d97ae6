"""How well a text answers a question: by letters in a row that both have, not by words, because of compounds.

"Leveringsadressen" and "adresse" share letters and no stem, so runs of letters beat every stemmer on Nordic languages.
"""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from heapq import nlargest

_RUN = 4
# BM25's usual settings.
_K, _B = 1.2, 0.75
# How many places of runs are looked at for one question, the rarest runs first: with twenty thousand articles this
# finds the right one as often as all places do, in 3 milliseconds instead of 50 (docs/decisions/0015).
_LOOKS = 15_000

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
        self._mean = sum(map(len, texts)) / max(1, len(texts)) or 1.0
        self._places: dict[str, array[int]] = {}
        for at, text in enumerate(texts):
            for run in set(runs(text)):
                if run in self._places:
                    self._places[run].append(at)
                else:
                    self._places[run] = array("I", (at,))
        self._counted = lru_cache(maxsize=256)(self._count)

    def likely(self, question: str, most: int, looks: int = _LOOKS) -> Sequence[int]:
        """The texts that share the rarest runs with a `plain` question; all, when they are no more than `most`."""
        if len(self._texts) <= most:
            return range(len(self._texts))
        shared: defaultdict[int, float] = defaultdict(float)
        for places in sorted(filter(None, map(self._places.get, set(runs(question)))), key=len):
            looks -= len(places)
            if looks < 0 and shared:
                break
            worth = self._rarity(len(places))
            for at in places:
                shared[at] += worth
        return nlargest(most, shared, key=shared.__getitem__)

    def judge(self, question: str, candidates: Iterable[int]) -> list[tuple[int, float]]:
        """The texts at these places that share something with a `plain` question, best first, with their scores."""
        asked = set(runs(question))
        if not asked:
            return []
        full = self._rarity(1) * math.sqrt(len(asked))
        worth = {run: self._rarity(len(self._places[run])) for run in asked if run in self._places}
        scored = ((self._score(at, worth) / full, at) for at in candidates)
        return [(at, score) for score, at in sorted(scored, reverse=True) if score > 0]

    def _score(self, at: int, worth: dict[str, float]) -> float:
        """What is shared counts more when it is rare or comes often, and less in a long text."""
        counts = self._counted(at)
        size = _K * (1 - _B + _B * max(1, len(self._texts[at])) / self._mean)
        # fsum, because the order of a set differs from one process to the next and the score must not.
        return math.fsum(
            worth[run] * (counts[run] * (_K + 1) / (counts[run] + size)) for run in worth.keys() & counts.keys()
        )

    def _count(self, at: int) -> Counter[str]:
        return Counter(runs(self._texts[at]))

    def _rarity(self, texts: int) -> float:
        return math.log(1 + (len(self._texts) - texts + 0.5) / (texts + 0.5))
