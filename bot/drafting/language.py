"""Which language a customer writes, told from small words and letters, so that it costs neither a model nor numpy."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

# How much a small word, a piece of a word and a letter weigh, and how much must speak for a language before it counts
# as known: in all, ahead of the next one, and per word. Tuned on messages of every language; see the tests.
_WORTH = {"words": 1.0, "clear": 0.5, "signs": 0.15, "letters": 0.8}
_ENOUGH = 1.0
_AHEAD = 0.35
_AHEAD_SHARE = 0.08
_PER_WORD = 0.2
# A long message is no clearer than its beginning.
_MOST_WORDS = 120
_MOST_TEXT = 4_000
# With fewer words than this, an unknown language only means that too little was said.
FEW_WORDS = 4

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NOT_WORDS = re.compile(r"(?<!\S)\S{1,200}@\S+|\b\w{1,20}://\S+|www\.\S+|[@#]\w+|<[^<>\s]*>|\{\{[^{}]*\}\}")
# Danish says "you" with a capital I in the midst of a sentence, where Norwegian and Swedish have a small i for "in".
_YOU = re.compile(r"(?<=[a-zæøå,] )I(?= [a-zæøå])")
_SAME = {"nb": "no", "nn": "no"}


@dataclass(frozen=True, slots=True)
class Profile:
    """A language's English name and what shows it, with the weight of each."""

    name: str
    words: Mapping[str, float]
    signs: Mapping[str, float]
    letters: Mapping[str, float]


@cache
def profiles() -> dict[str, Profile]:
    """The languages that can be told apart, by ISO 639-1 code."""
    table = _table()
    words = _weighed({code: (row["words"] + row["shop"]).split() for code, row in table.items()}, _WORTH["words"])
    clear = _weighed({code: row["clear"].split() for code, row in table.items()}, _WORTH["clear"])
    signs = _weighed({code: row["signs"].split() for code, row in table.items()}, _WORTH["signs"])
    letters = _weighed({code: list(row["letters"]) for code, row in table.items()}, _WORTH["letters"])
    return {
        code: Profile(row["name"], words[code], signs[code] | clear[code], letters[code]) for code, row in table.items()
    }


@cache
def small_words() -> frozenset[str]:
    """The words of every language that say nothing about what is asked."""
    return frozenset(word for row in _table().values() for word in row["words"].split())


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("bot.drafting").joinpath("data/languages.toml").read_text(encoding="utf-8"))


def _weighed(cues: Mapping[str, Iterable[str]], worth: float) -> dict[str, dict[str, float]]:
    """What several languages share says little about each of them."""
    shared = Counter(cue for of_one in cues.values() for cue in set(of_one))
    return {code: {cue: worth / shared[cue] for cue in of_one} for code, of_one in cues.items()}


def words_of(text: str) -> list[str]:
    """The words of a message in lower case, without addresses, mentions and markup."""
    text = _NOT_WORDS.sub(" ", text[:_MOST_TEXT])
    kept = {found.start() for found in _YOU.finditer(text)}
    return [found[0] if found.start() in kept else found[0].lower().replace("’", "'") for found in _WORD.finditer(text)]


def likely(text: str) -> tuple[str, ...]:
    """ISO 639-1 of the languages `text` may be in, likeliest first: one when sure, none when nothing is known.

    Danish and Norwegian share whole sentences, so two is an honest answer.
    """
    return _likely(text[:_MOST_TEXT])


# A customer's earlier messages come again with the next one, and a draft is asked about several times.
@lru_cache(maxsize=512)
def _likely(text: str) -> tuple[str, ...]:
    words = words_of(text)[:_MOST_WORDS]
    sums = [sum(column) for column in zip(*map(_scores, words), strict=True)]
    scores = sorted(zip(sums, profiles(), strict=False), reverse=True)
    best = scores[0][0] if scores else 0.0
    if best < _ENOUGH or best < _PER_WORD * len(words):
        return ()
    ahead = max(_AHEAD, _AHEAD_SHARE * best)
    return tuple(code for score, code in scores if best - score < ahead)


def detect(text: str) -> str:
    """ISO 639-1 of the language of `text`, or empty when unsure."""
    found = likely(text)
    return found[0] if len(found) == 1 else ""


@lru_cache(maxsize=16_384)
def _scores(word: str) -> tuple[float, ...]:
    """What one word says for each language, in the order of `profiles`."""
    return tuple(_score(word, profile) for profile in profiles().values())


def _score(word: str, profile: Profile) -> float:
    framed = f"^{word}$"
    signs = sum(weight for sign, weight in profile.signs.items() if sign in framed)
    letters = max((profile.letters.get(letter, 0.0) for letter in word), default=0.0)
    return profile.words.get(word, 0.0) + signs + letters


def spoken(texts: Iterable[str], expected: tuple[str, ...]) -> tuple[str, ...]:
    """The languages a customer may be writing, from the newest of their messages backwards, likeliest first.

    What a message leaves open is settled by what they wrote before, and ordered by what the desk expects.
    """
    still_open: tuple[str, ...] = ()
    for text in texts:
        found = likely(text)
        if still_open:
            found = tuple(code for code in found if code in still_open)
        if len(found) == 1:
            return found
        still_open = found or still_open
    return tuple(sorted(still_open, key=lambda code: code not in expected))


def named(code: str) -> str:
    """A language's English name; the code itself when it has none here."""
    profile = profiles().get(code)
    return profile.name if profile else code


def code_of(label: str) -> str:
    """ISO 639-1 from what a model calls a language (`da`, `da-DK`, `nb_NO`, `Danish`), or empty."""
    label = label.strip().lower()
    for code, profile in profiles().items():
        if label == profile.name.lower():
            return code
    code = re.split(r"[-_ ]", label)[0]
    code = _SAME.get(code, code)
    return code if re.fullmatch(r"[a-z]{2}", code) else ""
