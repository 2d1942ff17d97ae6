"""How well a text answers a question: by letters in a row that both have, not by words, because of compounds.

"Leveringsadressen" and "adresse" share letters and no stem, so runs of letters beat every stemmer on Nordic languages.
"""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from heapq import nlargest
from itertools import chain, count

_RUN = 4
# BM25's usual settings.
_K, _B = 1.2, 0.75
# How many texts are judged for a question; as many again for its sentences by themselves.
_CANDIDATES = 16
# How many places of runs are looked at for one question, the rarest runs first, and one more for every other text: with
# twenty thousand articles this finds the right one as often as all places do, in 3 milliseconds instead of 50
# (docs/decisions/0015). All sentences together have a quarter as many again.
_LOOKS = 3_000

_WORDS = re.compile(r"\w+")


def plain(text: str) -> str:
    """Lower case, accents and punctuation gone: customers leave them out."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(bare.replace("_", " ")))


def runs(words: str, length: int = _RUN) -> list[str]:
    """Every run of so many letters in `plain` words."""
    framed = f" {words} "
    return [framed[at : at + length] for at in range(len(framed) - length + 1)]


def sought(words: str) -> Set[str]:
    """A question's runs, each once and in order, so that what is found does not depend on how a process orders sets."""
    return dict.fromkeys(runs(words)).keys()


class Ranking:
    """Texts of one language, judged by BM25 on runs of four letters.

    Scores are divided by what a run found in one text only is worth and by the root of the question's length, so that
    one floor serves small and large collections, short and long questions.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """`texts` are `plain`."""
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        # Each text as the numbers of its runs, which are counted in a fifth of the time that letters take.
        self._texts = [array("I", map(numbers.__getitem__, runs(text))) for text in texts]
        self._mean = sum(map(len, self._texts)) / max(1, len(self._texts)) or 1.0
        self._numbers = dict(numbers)
        self._places = [array("I") for _ in numbers]
        for at, text in enumerate(self._texts):
            for run in set(text):
                self._places[run].append(at)
        self._worth = [self._rarity(len(places)) for places in self._places]

    def search(self, asked: Sequence[Set[str]], floor: float = 0.0) -> Iterator[tuple[int, float]]:
        """Texts that share more than the floor with the first of these runs, which hold the others, or with one of the
        others by itself, each with its best score."""
        known = [dict.fromkeys(self._numbers[run] for run in part if run in self._numbers).keys() for part in asked]
        every = frozenset(chain(*known))
        one_of = self._rarity(1)
        fulls = [one_of * math.sqrt(len(part)) for part in asked]
        for at in self._candidates(known):
            shared = self._shared(at, every)
            # What everything together does not reach, no sentence does.
            if sum(shared.values()) > floor * min(fulls):
                score = max(
                    sum(map(shared.__getitem__, shared.keys() & part)) / full
                    for part, full in zip(known, fulls, strict=True)
                )
                if score > floor:
                    yield at, score

    def _candidates(self, asked: Sequence[Set[int]]) -> Iterable[int]:
        """Some for the whole question, and a few more for each sentence by itself."""
        if not asked or len(self._texts) <= _CANDIDATES:
            return range(len(self._texts)) if asked else ()
        first, *others = asked
        looks = _LOOKS + len(self._texts) // 2
        found = dict.fromkeys(self._likely(first, _CANDIDATES, looks))
        for part in others:
            found |= dict.fromkeys(self._likely(part, _CANDIDATES // len(others), looks // (4 * len(others))))
        return found

    def _likely(self, asked: Set[int], most: int, looks: int) -> list[int]:
        """The texts that share the rarest of these runs."""
        shared: defaultdict[int, float] = defaultdict(float)
        for run in sorted(asked, key=self._worth.__getitem__, reverse=True):
            looks -= len(self._places[run])
            if looks < 0 and shared:
                break
            weight = self._worth[run]
            for at in self._places[run]:
                shared[at] += weight
        return nlargest(most, shared, key=shared.__getitem__)

    def _shared(self, at: int, asked: Set[int]) -> dict[int, float]:
        """The runs that a text shares: each counts more when it is rare or comes often, and less in a long text."""
        text = self._texts[at]
        size = _K * (1 - _B + _B * max(1, len(text)) / self._mean)
        counts = Counter(filter(asked.__contains__, text))
        return {run: self._worth[run] * times * (_K + 1) / (times + size) for run, times in counts.items()}

    def _rarity(self, texts: int) -> float:
        return math.log(1 + (len(self._texts) - texts + 0.5) / (texts + 0.5))
