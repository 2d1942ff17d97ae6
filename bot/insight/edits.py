"""What kind of correction a person made of a draft, told by rules: its values, what it promises, and its words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from rapidfuzz.distance import Levenshtein

from bot.drafting import claims, evidence, quantities, sentences, values
from bot.drafting.language import likely

# Two sentences that have this share of their words in common are one, changed; with the second they say the same.
_ALIKE = 0.2
_SAME = 0.4


class Kind(StrEnum):
    """What was wrong with a draft."""

    FACT = "fact"  # a number, a date, a link
    POLICY = "policy"  # what is promised, allowed or refused
    TONE = "tone"  # courtesies, order, wording
    OMISSION = "omission"  # something was not said
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Change:
    """A sentence and what became of it; one of the two is empty where it was added or taken out.

    `kind` is None where the rules cannot tell.
    """

    kind: Kind | None
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence with what it says. Without `claims` it is a courtesy or a question; `stance` is whether it commits the
    desk, refuses, and says no."""

    text: str
    stems: frozenset[str]
    values: tuple[quantities.Value, ...]
    claims: bool
    stance: tuple[bool, bool, bool]

    @property
    def commits(self) -> bool:
        return self.stance[0] or self.stance[1]


def distance(drafted: str, sent: str) -> float:
    """The share of characters to be changed until a draft reads as what was sent: the Levenshtein distance by the length
    of the longer one, from 0 to 1."""
    return round(Levenshtein.normalized_distance(drafted, sent), 4)


def kinds(drafted: str, sent: str, language: str) -> frozenset[Kind]:
    """What kinds of correction an edit has; none where nothing was changed or the rules cannot tell.

    `language` is ISO 639-1 of the draft, empty when it is not known.
    """
    return kinds_of(changes(drafted, sent, language))


def kinds_of(found: Sequence[Change]) -> frozenset[Kind]:
    """The kinds of these changes. That the tone was changed as well says nothing while something weightier is open."""
    told = frozenset(change.kind for change in found if change.kind)
    return told - {Kind.TONE} if any(change.kind is None for change in found) else told


def changes(drafted: str, sent: str, language: str) -> tuple[Change, ...]:
    """What was changed, sentence by sentence, in the order of the words that were sent."""
    if _plain(drafted) == _plain(sent):
        return ()
    before, after = _read(drafted, language), _read(sent, language)
    if _other_language(drafted, sent):
        return tuple(_translated(before, after, drafted, sent))
    found = tuple(_compared(before, after, drafted, sent))
    # The same sentences, set out otherwise.
    return found or (Change(Kind.TONE, "", ""),)


def _other_language(drafted: str, sent: str) -> bool:
    one, other = set(likely(drafted)), set(likely(sent))
    return bool(one and other) and one.isdisjoint(other)


def _translated(before: Sequence[_Sentence], after: Sequence[_Sentence], drafted: str, sent: str) -> Iterator[Change]:
    first = [next((one.text for one in found if one.claims), "") for found in (before, after)]
    yield Change(Kind.LANGUAGE, *first)
    for one in before:
        if _lost(one, sent):
            yield Change(Kind.FACT, one.text, next((two.text for two in after if _lost(two, drafted)), ""))


def _read(text: str, language: str) -> list[_Sentence]:
    """The sentences of a text. What would be doubted were there no source at all is a value or a commitment."""
    known = likely(text)
    language = language if language in known or not known else known[0]
    claimed = {one.text: one.doubts for one in evidence.weigh(text, language, (), ())}
    manners = claims.load().manners_of(language)
    found = []
    for start, end in sentences.spans(text):
        words = text[start:end]
        held = tuple(values.find(words))
        shown = {words[value.start : value.end] for value in held}
        low = words.lower()
        stance = (
            any(doubt not in shown for doubt in claimed.get(words, ())),
            bool(manners.refusal.search(low)),
            bool(manners.negation.search(low)),
        )
        found.append(_Sentence(words, evidence.gist(words), held, words in claimed, stance))
    return found


def _compared(before: Sequence[_Sentence], after: Sequence[_Sentence], drafted: str, sent: str) -> Iterator[Change]:
    old, new = [_plain(one.text) for one in before], [_plain(one.text) for one in after]
    for step, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if step != "equal":
            # What was only moved is there on both sides.
            gone = [one for one in before[i:j] if _plain(one.text) not in new]
            come = [one for one in after[k:m] if _plain(one.text) not in old]
            for one, other in _pairs(gone, come):
                kind = _kind(one, other, drafted, sent)
                yield Change(kind, one.text if one else "", other.text if other else "")


def _pairs(gone: Sequence[_Sentence], come: Sequence[_Sentence]) -> Iterator[tuple[_Sentence | None, _Sentence | None]]:
    """Which sentence became which: those most alike first; the last one for the last one, however little is left of it."""
    left, new = list(gone), list(come)
    ranked = sorted(
        ((_likeness(one, other), i, k) for i, one in enumerate(gone) for k, other in enumerate(come)),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    for likeness, i, k in ranked:
        one, other = gone[i], come[k]
        alike = likeness >= _ALIKE or len(left) == len(new) == 1
        if one in left and other in new and alike and (one.claims == other.claims or len(gone) == len(come) == 1):
            left.remove(one)
            new.remove(other)
            yield one, other
    yield from ((one, None) for one in left)
    yield from ((None, other) for other in new)


def _kind(one: _Sentence | None, other: _Sentence | None, drafted: str, sent: str) -> Kind | None:
    if one is None or other is None:
        return _kind_of_one(one, other, drafted, sent)
    lost = _lost(one, sent)
    if not one.claims and not other.claims:
        return Kind.TONE if one.text.endswith("?") == other.text.endswith("?") else None
    if lost:
        return Kind.FACT
    if one.stance != other.stance:
        return Kind.POLICY
    if _lost(other, drafted):
        return Kind.OMISSION
    if _likeness(one, other) >= _SAME:
        return Kind.TONE
    return Kind.POLICY if one.commits else None


def _kind_of_one(gone: _Sentence | None, come: _Sentence | None, drafted: str, sent: str) -> Kind | None:
    """Of a sentence that was taken out or added."""
    one, elsewhere = (gone, sent) if gone else (come, drafted)
    if one is None or (not one.claims and one.text.endswith("?")):
        return None
    if not one.claims:
        return Kind.TONE
    if one.commits:
        return Kind.POLICY
    if one.stems <= evidence.gist(elsewhere) and not _lost(one, elsewhere):
        return Kind.TONE  # the words stand in another sentence
    if come:
        return Kind.OMISSION
    return Kind.FACT if one.values else None


def _lost(one: _Sentence, other: str) -> bool:
    """Whether it has a value that another text has not."""
    if not one.values:
        return False
    given = frozenset(quantities.loosely(other)).union(*(value.gives for value in values.find(other)))
    return not all(value.held(given) for value in one.values)


def _likeness(one: _Sentence, other: _Sentence) -> float:
    """The share of their words that both have, from 0 to 1; of sentences without any, whether both have none."""
    most = max(len(one.stems), len(other.stems))
    return len(one.stems & other.stems) / most if most else 1.0


def _plain(text: str) -> str:
    return " ".join(text.split())
