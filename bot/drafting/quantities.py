"""Numbers with their units, dates and times, brought to one form: `two weeks` is `14 days`, `1.299,50 kr` `SEK 1299.50`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.drafting import claims

# Digits beyond this are an order number, not a quantity; as many as the second are a phone number in most countries.
_MOST_DIGITS = 12
_PHONE_DIGITS = 8
_MINUTES_OF_HALF_A_DAY = 720
_KR = ("SEK", "DKK", "NOK")
_NUMBER = re.compile(
    r"(?<!\w)(?:(?P<iso>\d{4}-\d\d-\d\d)|(?P<day>\d{1,2}[./-]\d{1,2}[./-]\d{2}(?:\d\d)?)|(?P<time>\d{1,2}[:h]\d\d)"
    # With its country, with the nought for none, and as Danes, Norwegians and Americans part theirs.
    r"|(?P<phone>(?:\+|00)\d(?:[ ()./-]{0,2}\d){6,16}|0\d(?:[ /-]?\d){6,9}|\d\d(?: \d\d){3}|\d{3} \d\d \d{3}|\d{3}[-.]\d{3}[-.]\d{4})"
    r"|(?P<number>\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3}){1,4}(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?))(?!\d)"
)
_SIGN_OR_WORD = r"([%€$£]|[^\W\d_]+(?:\.m\b)?)"
_AFTER = re.compile(rf"[\s-]{{0,2}}{_SIGN_OR_WORD}")
_SECOND = re.compile(r"\.?\s{1,2}([^\W\d_]+)")
_BEFORE = re.compile(r"([€$£]|[^\W\d_]{2,10})\.?\s{0,2}$")
_DAY_MONTH = re.compile(r"(?:st|nd|rd|th|er|º|ª|\.)?\s{1,2}(?:(?:of|de)\s{1,2})?([^\W\d_]+)")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_YEAR = re.compile(r"\.?,?\s{1,2}(?:de\s)?(\d{4})(?!\d)")
_BETWEEN = re.compile(r"\s{0,2}([-–—]|[^\W\d_]{1,3})\s{0,2}")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SEPARATOR = re.compile(r"[ '’\u00a0\u202f]|[.,](?=\d{3}(?:\D|$))")
_NO_DIGIT = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a text. A source has it that gives one of each of `needs`; `gives` is what it lends as a source."""

    start: int
    end: int
    needs: tuple[frozenset[str], ...]
    gives: frozenset[str]

    def held(self, given: frozenset[str]) -> bool:
        """Whether a source that gives these has it."""
        return all(not need.isdisjoint(given) for need in self.needs)


def plain(start: int, end: int, key: str) -> Value:
    """A value that there is one way to write."""
    return Value(start, end, (frozenset({key}),), frozenset({key}))


@dataclass(frozen=True, slots=True)
class _Amount:
    """So many of a kind, empty for a bare number; `shift` is added to what `number` times `factor` gives."""

    start: int
    end: int
    number: str
    kind: str = ""
    factor: int = 1
    shift: int = 0

    def needs(self) -> frozenset[str]:
        if not self.kind:
            return frozenset({f"number {self.number}"})
        # In a table of prices the currency stands elsewhere.
        exact = f"{self.kind} {self._size()}"
        return frozenset({exact, f"bare {self.number}"} if self.kind in _currencies() else {exact})

    def gives(self) -> frozenset[str]:
        kinds = {self.kind or "bare", "number"}
        if self.kind in (*_KR, "kr"):
            kinds |= {"kr"} | set(_KR if self.kind == "kr" else ())
        keys = {f"{kind} {self.number if kind == 'number' else self._size()}" for kind in kinds}
        digits = _NO_DIGIT.sub("", self.number)
        return frozenset(keys | {_phone(digits)} if len(digits) >= _PHONE_DIGITS and not self.kind else keys)

    def _size(self) -> str:
        if len(self.number) > _MOST_DIGITS or (self.factor == 1 and not self.shift):
            return self.number
        return format((Decimal(self.number) * self.factor + self.shift).normalize(), "f")


def in_digits(text: str) -> list[Value]:
    """What is written in digits, in order, with the unit it has; `2 to 6 days` is one value that needs both."""
    found: list[Value] = []
    opening: _Amount | None = None
    for one in _NUMBER.finditer(text):
        if found and one.start() < found[-1].end:
            continue  # the year of a date that began before it
        if value := _written(one) or _dated(text, one):
            opening = None
        else:
            amount = _amount(text, one)
            value = _valued(amount)
            if opening is not None and amount.kind not in ("", "time"):
                found.pop()
                value = _range(replace(amount, start=opening.start, number=opening.number), value)
            opening = amount if not amount.kind and _opens_range(text, one.end()) else None
        found.append(value)
    return found


def in_words(text: str) -> Iterator[Value]:
    """What is written in words, in order: a number before what is counted, and the days of the week."""
    known = claims.load()
    if known.telling.isdisjoint(_WORD.findall(text.casefold())):
        return
    words = [(found.start(), found.end(), found[0].casefold()) for found in _WORD.finditer(text)]
    for (start, end, word), (_, next_end, following), (_, last_end, last) in zip(
        words, [*words[1:], _NO_WORD], [*words[2:], _NO_WORD, _NO_WORD], strict=False
    ):
        if word in known.weekdays:
            yield plain(start, end, f"weekday {known.weekdays[word]}")
        elif word in known.numbers:
            for numbers, countable in known.counted:
                if word not in numbers:
                    continue
                number = str(numbers[word])
                if following in known.working and last in countable:
                    yield _valued(_Amount(start, last_end, number, "workdays"))
                    break
                if following in countable:
                    yield _valued(_Amount(start, next_end, number, *_kind(following)))
                    break


_NO_WORD = (0, 0, "")


def loosely(text: str) -> Iterator[str]:
    """What a source also gives: the numbers it has in words, such as `three steps`. Very short ones mean other things."""
    numbers = claims.load().numbers
    for word in numbers.keys() & set(_WORD.findall(text.casefold())):
        if len(word) > 2:
            yield f"number {numbers[word]}"


def _written(found: re.Match[str]) -> Value | None:
    """What is a date, a time or a phone number by its look."""
    if found["iso"]:
        year, month, day = found["iso"].split("-")
        return _date(found.start(), found.end(), {f"{month}-{day}"}, year)
    if found["day"]:
        # Whether the month comes first only the writer knows.
        first, second, year = re.split(r"[./-]", found["day"])
        days = {
            f"{int(month):02}-{int(day):02}" for day, month in ((first, second), (second, first)) if int(month) < 13
        }
        return _date(found.start(), found.end(), days, year if len(year) == 4 else f"20{year}")
    if found["time"]:
        hours, minutes = re.split("[:h]", found["time"])
        return plain(found.start(), found.end(), f"time {int(hours) * 60 + int(minutes)}")
    return plain(found.start(), found.end(), _phone(found["phone"])) if found["phone"] else None


def _dated(text: str, found: re.Match[str]) -> Value | None:
    """A day of a month: `12. november 2026`, `November 12th`."""
    number = found["number"]
    if len(number) > 2:
        return None
    months = claims.load().months
    start, end, month = found.start(), 0, 0
    if (after := _DAY_MONTH.match(text, found.end())) and (month := months.get(after[1].casefold(), 0)):
        end = after.end()
    elif (before := _before(text, start)) and (month := months.get(before[1].casefold(), 0)):
        start = before.start()
        ordinal = _ORDINAL.match(text, found.end())
        end = ordinal.end() if ordinal else found.end()
    if not month or not number.isdecimal():
        return None
    year = _YEAR.match(text, end)
    return _date(start, year.end() if year else end, {f"{month:02}-{int(number):02}"}, year[1] if year else "")


def _date(start: int, end: int, days: set[str], year: str) -> Value:
    """`days` are `month-day`, more than one when it can be read so. What names no year is borne out by any."""
    if not year:
        dated = frozenset(f"day {day}" for day in days)
        return Value(start, end, (dated,), dated | {f"yearless {day}" for day in days})
    full = frozenset(f"date {year}-{day}" for day in days)
    return Value(start, end, (full | {f"yearless {day}" for day in days},), full | {f"day {day}" for day in days})


def _amount(text: str, found: re.Match[str]) -> _Amount:
    """A number with the unit behind or before it."""
    known = claims.load()
    bare = _Amount(found.start(), found.end(), _normal(found["number"]))
    if after := _AFTER.match(text, found.end()):
        unit, end = after[1].casefold(), after.end()
        second = _SECOND.match(text, end)
        following = second[1].casefold() if second else ""
        if second and f"{unit}-{following}" in known.percent:
            return replace(bare, end=second.end(), kind="%")
        if second and {unit, following} & known.working and (unit in known.units or following in known.units):
            return replace(bare, end=second.end(), kind="workdays")
        if second and unit in known.more and following in known.units:
            unit, end = following, second.end()
        if unit in known.clock:
            afternoon = unit.startswith("p") and bare.number != "12"
            return replace(bare, end=end, kind="time", factor=60, shift=_MINUTES_OF_HALF_A_DAY if afternoon else 0)
        if kind := _kind(unit):
            return replace(bare, end=end, kind=kind[0], factor=kind[1])
    if before := _before(text, found.start()):
        word = before[1].casefold()
        if word in known.currency:
            return replace(bare, start=before.start(), kind=known.currency[word])
        if word in known.clock:
            return replace(bare, kind="time", factor=60)
    return bare


def _kind(unit: str) -> tuple[str, int] | tuple[()]:
    """What is counted and how many of it a unit has; nothing for a word that is none."""
    known = claims.load()
    if unit in known.percent:
        return "%", 1
    if unit in known.currency:
        return known.currency[unit], 1
    return known.units.get(unit, ())


def _before(text: str, start: int) -> re.Match[str] | None:
    return _BEFORE.search(text, max(0, start - 13), start)


def _opens_range(text: str, end: int) -> bool:
    between = _BETWEEN.match(text, end)
    return bool(between and between[1].casefold() in claims.load().joining and text[between.end() :][:1].isdecimal())


def _valued(amount: _Amount) -> Value:
    return Value(amount.start, amount.end, (amount.needs(),), amount.gives())


def _range(first: _Amount, last: Value) -> Value:
    return Value(first.start, last.end, (first.needs(), *last.needs), first.gives() | last.gives)


def _currencies() -> frozenset[str]:
    return frozenset(claims.load().currency.values())


def _phone(digits: str) -> str:
    """The end of it: a country, and the nought that stands for none, come and go."""
    return f"phone {_NO_DIGIT.sub('', digits)[-_PHONE_DIGITS:]}"


def _normal(written: str) -> str:
    """A number without separators and needless noughts: 1.299,50 is 1299.5."""
    whole, _, part = _SEPARATOR.sub("", written).replace(",", ".").partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    return f"{whole}.{part}" if part else whole
