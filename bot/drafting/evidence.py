"""What bears out each sentence of a draft, told by rules: its words, its numbers, and what it promises or refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache

from bot.drafting import claims, quantities, sentences, values
from bot.drafting.claims import Manners
from bot.drafting.disguise import fold
from bot.drafting.language import detect, small_words
from bot.drafting.quantities import Value
from bot.review.model import Statement

# The conversation as a source. A customer may be its author, so it bears out no promise and no refusal.
THREAD = "thread"
# A source that has no more than this share of a sentence's words says something else; of a sentence whose numbers and
# links it has, less is enough. Tuned on paraphrases in six languages and on sentences about other matters.
FLOOR = 0.5
FLOOR_WITH_VALUES = 0.3
# Words are told by their beginnings: `returned` is `returns`, `Rücksendung` is `Rücksendungen`.
_STEM = 5
# A shorter number stands in every text, so it counts only where the source speaks of the same thing.
_LONG_NUMBER = re.compile(r"\d(?:[.,\u00a0\u202f ]?\d){2}")
_FEW_STEMS = 3
# A section of an article is shorter; a customer's message of fifty thousand characters bears nothing out by its end.
_MOST_SOURCE = 12_000
_SHORT_GREETING, _SHORT_CLOSING, _SHORT_PART = 5, 6, 3
_EVERYWHERE = ("link ", "mail ", "phone ", "code ", "date ", "day ", "weekday ", "time ")
_JOINT = re.compile(r"\s*[,;:–—(]\s*|\s+(?:and|but|et|mais|und|aber|y|pero|og|men|och)\s+")
_WORD = re.compile(r"[^\W\d_]+")
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Basis:
    """What a draft may lean on: a section of an article or what a look-up found. Only a `public` one may be quoted."""

    ref: str
    text: str
    public: bool


@dataclass(frozen=True, slots=True)
class _Passage:
    """A sentence of a source."""

    text: str
    stems: frozenset[str]
    gives: frozenset[str]


class _Known:
    """What a source says, taken apart as far as a sentence asks for: most of a thread has nothing to do with it."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def stems(self) -> frozenset[str]:
        return gist(self._text)

    @cached_property
    def near(self) -> frozenset[frozenset[str]]:
        """The stems of each sentence and the next."""
        stems = [passage.stems for passage in self.passages]
        return frozenset(map(frozenset.union, stems, [*stems[1:], _NOTHING]))

    @cached_property
    def gives(self) -> frozenset[str]:
        return frozenset(quantities.loosely(self._text)).union(*(value.gives for value in self._values))

    @cached_property
    def passages(self) -> tuple[_Passage, ...]:
        return tuple(
            _Passage(self._text[start:end], gist(self._text[start:end]), _NOTHING.union(*(one.gives for one in held)))
            for start, end, held in _sentences(self._text, self._values)
        )

    @cached_property
    def language(self) -> str:
        """ISO 639-1, or empty when it is not sure."""
        return detect(self._text)

    @cached_property
    def _values(self) -> list[Value]:
        return values.find(self._text)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A sentence of the draft, also in small letters. Positions of `values` are within it."""

    language: str
    text: str
    low: str
    stems: frozenset[str]
    values: tuple[Value, ...]


def weigh(reply: str, language: str, sources: Sequence[Basis], thread: Sequence[str]) -> tuple[Statement, ...]:
    """Every sentence that claims, promises or refuses something, in order, with what bears it out.

    `language` is ISO 639-1 of the reply. Courtesies are left out, unless there is something in them that no source has.
    What bears a sentence out has most of its words; in another language, all of its numbers and links.
    """
    manners = claims.load().manners_of(language)
    given = [*sources, *(Basis(THREAD, text, public=True) for text in thread)]
    known = [(basis, _known(basis.text[:_MOST_SOURCE])) for basis in given]
    statements = []
    signed = False
    for claim in _claims(reply, language):
        kind = _courtesy(claim, manners, signed=signed)
        signed = signed or kind == "closing"
        if kind and not claim.values and not _commits(claim, manners):
            continue
        tied = _tied(claim, known)
        doubts = _doubts(claim, manners, tied, [source for _, source in known])
        if doubts or not kind:
            statements.append(Statement(claim.text, _named(basis for basis, _ in tied), doubts))
    return tuple(statements)


def _tied(claim: _Claim, known: Sequence[tuple[Basis, _Known]]) -> list[tuple[Basis, _Known]]:
    """The sources that bear a sentence out, best first."""
    shares = [(_share(claim, source), basis, source) for basis, source in known]
    near = sorted((one for one in shares if one[0] > FLOOR_WITH_VALUES), key=lambda one: -one[0])
    whole = [one for one in near if claim.values and _has_all(claim, one[2])]
    found = whole or [one for one in near if one[0] > FLOOR]
    if not found and claim.values:
        found = [one for one in shares if _has_all(claim, one[2]) and _is_foreign(claim, one[2])]
    return [(basis, source) for _, basis, source in found]


def _share(claim: _Claim, source: _Known) -> float:
    """Of a sentence's words those that a source has in one place. One word that two languages share is chance."""
    shared = len(claim.stems & source.stems)
    if not shared or (shared == 1 and _is_foreign(claim, source)):
        return 0.0
    if shared > FLOOR_WITH_VALUES * len(claim.stems):
        shared = max(len(claim.stems & near) for near in source.near)
    return shared / len(claim.stems)


def _has_all(claim: _Claim, source: _Known) -> bool:
    if not all(value.held(source.gives) for value in claim.values):
        return False
    most = _nearest(claim, [source])
    return all(_says(source, value, claim, most) for value in claim.values)


def _is_foreign(claim: _Claim, source: _Known) -> bool:
    return source.language not in ("", claim.language)


def _named(bases: Iterable[Basis]) -> tuple[str, ...]:
    """Each reference once; an internal article only where no other source says the same."""
    found = list(bases)
    open_ones = [basis for basis in found if basis.public]
    return tuple(dict.fromkeys(basis.ref for basis in open_ones or found))


def _doubts(
    claim: _Claim, manners: Manners, tied: Sequence[tuple[Basis, _Known]], known: Sequence[_Known]
) -> tuple[str, ...]:
    """The words of a sentence that no source has, in order."""
    most = _nearest(claim, known) if claim.values else 0
    spans = [
        (value.start, value.end)
        for value in claim.values
        if not any(_says(source, value, claim, most) for source in known)
    ]
    spans += _unkept(claim, manners, tied)
    return tuple(dict.fromkeys(claim.text[start:end] for start, end in sorted(spans)))


def _nearest(claim: _Claim, sources: Iterable[_Known]) -> int:
    """How many of a sentence's words the sentence of a source has that has most of them."""
    most = 0
    for source in sources:
        # None of its sentences has more of them than all together.
        if len(claim.stems & source.stems) > most:
            most = max(most, *(len(claim.stems & passage.stems) for passage in source.passages))
    return most


def _says(source: _Known, value: Value, claim: _Claim, most: int) -> bool:
    """Whether a source has this value, and a small number not in another matter than the claim's.

    `most` is how many of the claim's words stand in one sentence; half of them make it the same matter. In another
    language nothing can be said of that.
    """
    if not value.held(source.gives):
        return False
    if not most or _is_foreign(claim, source) or _is_telling(value, claim.text):
        return True
    return any(
        value.held(passage.gives)
        and 2 * len(claim.stems & passage.stems) >= (most if len(passage.stems) > _FEW_STEMS else 1)
        for passage in source.passages
    )


def _is_telling(value: Value, text: str) -> bool:
    """Whether it can hardly mean anything else: an address, a date, a number of three digits or more."""
    return min(value.needs[0]).startswith(_EVERYWHERE) or bool(_LONG_NUMBER.search(text, value.start, value.end))


def _unkept(claim: _Claim, manners: Manners, tied: Sequence[tuple[Basis, _Known]]) -> Iterator[tuple[int, int]]:
    """Where a sentence promises or refuses what no article says, or the opposite of what one says."""
    if claim.text.endswith("?"):
        return
    refused, promised = _refused(claim, manners), _promised(claim, manners)
    articles = [source for basis, source in tied if basis.ref != THREAD]
    if not articles:
        yield from refused
        yield from promised
        return
    said = refused or promised or [found.span() for found in manners.allowed.finditer(claim.low)]
    if said and _is_contrary(claim, manners, articles):
        yield from said
        return
    # What is promised in words of its own, as in `free` or `has been cancelled`, has to stand there.
    told = _NOTHING.union(*(source.stems for source in articles))
    yield from (span for span in promised if (own := gist(claim.text[slice(*span)])) and not own & told)


def _commits(claim: _Claim, manners: Manners) -> bool:
    return bool(_refused(claim, manners) or _promised(claim, manners))


def _refused(claim: _Claim, manners: Manners) -> list[tuple[int, int]]:
    return [found.span() for found in manners.refusal.finditer(claim.low)]


def _promised(claim: _Claim, manners: Manners) -> list[tuple[int, int]]:
    found = manners.promise.finditer(claim.low)
    return [one.span() for one in found if not _handed_over(claim.low, one, manners)]


def _handed_over(text: str, promise: re.Match[str], manners: Manners) -> bool:
    """Whether all that is promised is that somebody looks into it."""
    start = max((found.end() for found in _JOINT.finditer(text, 0, promise.start())), default=0)
    following = _JOINT.search(text, promise.end())
    return bool(manners.handover.search(text, start, following.start() if following else len(text)))


def _is_contrary(claim: _Claim, manners: Manners, articles: Iterable[_Known]) -> bool:
    """Whether the passages nearest to a sentence all say no where it does not, or the other way round."""
    refuses = bool(manners.negation.search(claim.low))
    nearest = [
        (len(claim.stems & passage.stems), passage, source.language)
        for source in articles
        for passage in source.passages
    ]
    most = max((shared for shared, _, _ in nearest), default=0)
    if most * 2 <= len(claim.stems):
        return False
    return all(_says_no(passage.text, code) != refuses for shared, passage, code in nearest if shared == most)


def _says_no(text: str, code: str) -> bool:
    return bool(claims.load().manners_of(code).negation.search(_small(text)))


def _courtesy(claim: _Claim, manners: Manners, *, signed: bool) -> str:
    """What kind of courtesy a sentence is, or nothing; `signed` means that it stands after a closing."""
    text = claim.low
    words = len(_WORD.findall(text))
    if words <= _SHORT_CLOSING and manners.closing.match(text):
        return "closing"
    if (signed and words <= _SHORT_CLOSING) or (words <= _SHORT_GREETING and manners.greeting.match(text)):
        return "short"
    if text.endswith("?") or manners.ask.match(text):
        return "question"
    if not claim.stems and not claim.values:
        return "empty"
    if not (manners.courtesy.search(text) or manners.handover.search(text)):
        return ""
    parts = [part for part in _JOINT.split(text) if part]
    polite = [bool(manners.courtesy.search(part) or manners.handover.search(part)) for part in parts]
    short = all(one or len(part.split()) <= _SHORT_PART for one, part in zip(polite, parts, strict=True))
    return "polite" if short else ""


def _claims(reply: str, language: str) -> Iterator[_Claim]:
    """The reply's sentences with their values."""
    for start, end, found in _sentences(reply, values.find(reply)):
        held = tuple(replace(one, start=one.start - start, end=min(one.end, end) - start) for one in found)
        text = reply[start:end]
        yield _Claim(language, text, _small(text), gist(text), held)


def _sentences(text: str, found: Sequence[Value]) -> Iterator[tuple[int, int, Sequence[Value]]]:
    """Start and end of every sentence, and those of the values that stand in it."""
    at = 0
    for start, end in sentences.spans(text):
        first = at
        while at < len(found) and found[at].start < end:
            at += 1
        yield start, end, found[first:at]


# Articles come again, and a thread grows by one message: fifty threads of twenty messages, some kilobytes each.
_known = lru_cache(maxsize=1_024)(_Known)


def gist(text: str) -> frozenset[str]:
    """The beginnings of the words that say something, without numbers, which are compared by themselves."""
    return frozenset(word[:_STEM] for word in set(_WORD.findall(fold(text))) - _small_words())


def _small(text: str) -> str:
    """In small letters, each in its place."""
    low = text.lower()
    return low if len(low) == len(text) else text


@cache
def _small_words() -> frozenset[str]:
    return frozenset(map(fold, small_words() | claims.load().fillers))
