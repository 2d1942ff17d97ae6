"""What a model does not get to see: personal data goes out as [EMAIL_1] and comes back as it was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.drafting.masking import names, numbers, online, phones, places
from bot.drafting.masking.kinds import Glance, Kind, Spans
from bot.review.model import Masked

__all__ = ["ALL", "Kind", "Mask", "placeholders"]

ALL = frozenset(Kind)

# Words that only look like a placeholder get one themselves, so that nobody can write one and read another's value.
_LOOKALIKE = "TEXT"
_LABELS = [*(kind.value.upper() for kind in Kind), _LOOKALIKE]
_RANK = {label: rank for rank, label in enumerate(_LABELS)}
_BENT = "|".join(r"[ _\\-]{0,3}".join(label.split("_")) for label in _LABELS)
# As a model may bend it: other case, spaces, a backslash before what Markdown would take for itself. Any other word in
# capitals with _1 behind it looks like one too. There is no bracket inside, so two of them never overlap.
_LOOKS = re.compile(
    rf"(?P<bent>\\)?\[[ \t]{{0,3}}(?P<label>(?ai:{_BENT})|[A-Z]{{2,24}}(?:_[A-Z]{{2,24}}){{0,3}}(?=\\?_))"
    r"[ \t_\\-]{0,3}(?P<number>[0-9]{1,9})[ \t]{0,3}(?(bent)\\)\]"
)
_BARE = re.compile(rf"(?<!\w)(?:{'|'.join(_LABELS)})_[0-9]{{1,9}}(?!\w)")
_WRITTEN = {label.replace("_", ""): label for label in _LABELS}
_NOT_LETTERS = re.compile(r"[^A-Z]")

Finder = Callable[[Glance], Spans]
_FINDERS: Mapping[Kind, Finder] = {
    Kind.URL_SECRET: online.url_secrets,
    Kind.TOKEN: online.tokens,
    Kind.PASSWORD: online.passwords,
    Kind.EMAIL: online.emails,
    Kind.IP: online.addresses,
}
# These are made of digits, and most messages have none.
_OF_DIGITS: Mapping[Kind, Finder] = {
    Kind.IBAN: numbers.ibans,
    Kind.CARD: numbers.cards,
    Kind.NATIONAL_ID: numbers.national_ids,
    Kind.ACCOUNT: numbers.accounts,
    Kind.ADDRESS: places.addresses,
}


class Mask:
    """Hides personal data from one call of a model, over all the texts that go into it, and brings it back.

    `people` are the display names of who takes part; `languages` (ISO 639-1) say whose phone numbers to expect. The same
    words get the same placeholder in every text. `show(hide(text)) == text`, whatever the text.
    """

    def __init__(
        self,
        kinds: frozenset[Kind] = ALL,
        people: Iterable[str] = (),
        languages: Sequence[str] = tuple(phones.REGIONS),
    ) -> None:
        self._kinds = kinds
        self._regions = phones.regions(languages)
        self._known = names.Known(people) if Kind.NAME in kinds else None
        self._given: dict[tuple[str, str], str] = {}
        self._hidden: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def hide(self, text: str) -> str:
        """The text with placeholders for what is personal in it."""
        return self._without(text, self.spans(text))

    def hide_name(self, name: str) -> str:
        """A display name without any word of it, also one that means something else in a sentence (Rose, Will, Bo)."""
        if self._known is None:
            return self.hide(name)
        words = ((start, end, Kind.NAME.value.upper()) for start, end in names.each(name))
        return self._without(name, _apart((*self._found_in(name), *words)))

    def spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        """What `hide` takes out, in its order: start, end and label of each."""
        return _apart(self._found_in(text))

    def show(self, text: str) -> str:
        """The text with what this mask hid in place of its placeholders, also where their case or spaces changed."""
        return _LOOKS.sub(lambda found: self._hidden.get(_upright(found), found[0]), text)

    def invented(self, text: str) -> tuple[str, ...]:
        """Placeholders in a model's words that `show` cannot restore, each once, as they are written."""
        strange = [found[0] for found in _LOOKS.finditer(text) if _upright(found) not in self._hidden]
        bare = [found[0] for found in _BARE.finditer(_LOOKS.sub("", text)) if f"[{found[0]}]" in self._hidden]
        return tuple(dict.fromkeys(strange + bare))

    @property
    def found(self) -> tuple[Masked, ...]:
        """How many different values of each kind were hidden so far."""
        counts = ((kind.value, self._counts[kind.value.upper()]) for kind in Kind)
        return tuple(Masked(kind, count) for kind, count in counts if count)

    def _found_in(self, text: str) -> Iterator[tuple[int, int, str]]:
        seen = _seen(text, self._kinds, self._regions)
        yield from seen.spans
        if self._known is not None:
            # What somebody said their name is, counts as known in the texts after it.
            for name in seen.introduced:
                self._known.add(name)
            for start, end in self._known.spans(seen.glance):
                yield start, end, Kind.NAME.value.upper()

    def _without(self, text: str, spans: Iterable[tuple[int, int, str]]) -> str:
        parts, at = [], 0
        for start, end, label in spans:
            parts += [text[at:start], self._placeholder(label, text[start:end])]
            at = end
        return "".join([*parts, text[at:]])

    def _placeholder(self, label: str, value: str) -> str:
        placeholder = self._given.get((label, value))
        if placeholder is None:
            self._counts[label] += 1
            placeholder = self._given[label, value] = f"[{label}_{self._counts[label]}]"
            self._hidden[placeholder] = value
        return placeholder


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is in a text whoever takes part: start, end and label of each, and the names that somebody gives."""

    glance: Glance
    spans: tuple[tuple[int, int, str], ...]
    introduced: tuple[str, ...]


# A thread's messages come again with each new one: fifty threads of twenty messages.
@lru_cache(maxsize=1_024)
def _seen(text: str, kinds: frozenset[Kind], regions: tuple[str, ...]) -> _Seen:
    glance = Glance(text)
    finders = dict(_FINDERS)
    if glance.numbers:
        finders |= {**_OF_DIGITS, Kind.PHONE: phones.Phones(regions)}
    spans = [(*found.span(), _LOOKALIKE) for found in _LOOKS.finditer(text)] if "[" in text else []
    spans += [
        (start, end, kind.value.upper())
        for kind, find in finders.items()
        if kind in kinds
        for start, end in find(glance)
    ]
    return _Seen(glance, tuple(spans), tuple(names.introduced(glance)))


def placeholders(text: str) -> tuple[str, ...]:
    """What looks like a placeholder in any text, each once: a reply that still has one must not be sent."""
    return tuple(dict.fromkeys(found[0] for found in _LOOKS.finditer(text)))


def blank(text: str) -> str:
    """A hidden text with a mere dash for every placeholder, where nobody is to put anything back."""
    return _LOOKS.sub("–", text)


def _apart(spans: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """The spans in their order; those that overlap become one, named after the kind that comes first."""
    ordered = sorted(spans)
    while ordered:
        start, end, label = ordered.pop(0)
        while ordered and ordered[0][0] < end:
            _, further, other = ordered.pop(0)
            end, label = max(end, further), min(label, other, key=_RANK.__getitem__)
        yield start, end, label


def _upright(found: re.Match[str]) -> str:
    """The placeholder as it was given out, however it was bent."""
    label = _NOT_LETTERS.sub("", found["label"].upper())
    return f"[{_WRITTEN.get(label, found['label'])}_{int(found['number'])}]"
