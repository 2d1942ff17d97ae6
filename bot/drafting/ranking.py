"""How well a text answers a question: by letters in a row that both have, not by words, because of compounds.

"Leveringsadressen" and "adresse" share letters and no stem, so runs of letters beat every stemmer on Nordic languages.
"""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from heapq import nlargest
from itertools import chain
from operator import truediv
from sys import intern

_RUN = 4
# BM25's usual settings.
_K, _B = 1.2, 0.75
# How many texts are judged for a question; as many again for its sentences by themselves.
_CANDIDATES = 16
# How many places of runs are looked at for one question, the rarest runs first, and one more for every other text: with
# twenty thousand articles this finds the right one as often as all places do, in 3 milliseconds instead of 50
# (docs/decisions/0015). All sentences together have half as many again.
_LOOKS = 3_000
# Fifteen kilobytes each; the same articles come up for most questions.
_KEPT = 1_024

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
                    self._places[intern(run)] = array("I", (at,))
        self._counted = lru_cache(maxsize=_KEPT)(self._count)

    def search(self, questions: Sequence[str]) -> Iterator[tuple[int, float]]:
        """Texts that share something with the first of these `plain` questions, which holds the others, or with one of
        the others by itself, each with its best score."""
        asked = [frozenset(runs(question)) for question in questions if question]
        worth = {run: self._rarity(len(self._places[run])) for run in {*chain(*asked)} if run in self._places}
        one_of = self._rarity(1)
        fulls = [one_of * math.sqrt(len(wanted)) for wanted in asked]
        for at in self._candidates([worth.keys() & wanted for wanted in asked], worth):
            shared = self._shared(at, worth)
            # fsum, because the order of a set differs from one process to the next and the score must not.
            sums = (math.fsum(map(shared.__getitem__, shared.keys() & wanted)) for wanted in asked)
            if (score := max(map(truediv, sums, fulls))) > 0:
                yield at, score

    def _candidates(self, asked: Sequence[Set[str]], worth: Mapping[str, float]) -> Iterable[int]:
        """Some for the whole question, and a few more for each sentence by itself."""
        if not asked or len(self._texts) <= _CANDIDATES:
            return range(len(self._texts)) if asked else ()
        first, *others = asked
        looks = _LOOKS + len(self._texts) // 2
        found = dict.fromkeys(self._likely(first, worth, _CANDIDATES, looks))
        for wanted in others:
            found |= dict.fromkeys(self._likely(wanted, worth, _CANDIDATES // len(others), looks // (2 * len(others))))
        return found

    def _likely(self, wanted: Iterable[str], worth: Mapping[str, float], most: int, looks: int) -> list[int]:
        """The texts that share the rarest of these runs."""
        shared: defaultdict[int, float] = defaultdict(float)
        for run in sorted(wanted, key=worth.__getitem__, reverse=True):
            looks -= len(self._places[run])
            if looks < 0 and shared:
                break
            weight = worth[run]
            for at in self._places[run]:
                shared[at] += weight
        return nlargest(most, shared, key=shared.__getitem__)

    def _shared(self, at: int, worth: Mapping[str, float]) -> dict[str, float]:
        """The runs that a text shares: each counts more when it is rare or comes often, and less in a long text."""
        counts = self._counted(at)
        size = _K * (1 - _B + _B * max(1, len(self._texts[at])) / self._mean)
        return {
            run: worth[run] * (counts[run] * (_K + 1) / (counts[run] + size)) for run in worth.keys() & counts.keys()
        }

    def _count(self, at: int) -> Counter[str]:
        return Counter(map(intern, runs(self._texts[at])))

    def _rarity(self, texts: int) -> float:
        return math.log(1 + (len(self._texts) - texts + 0.5) / (texts + 0.5))
