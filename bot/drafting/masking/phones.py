"""Phone numbers. A bare row of digits may be an order, so it needs a word about phones before it, a + or a 0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.drafting.masking.kinds import Glance, Span, Spans
from bot.drafting.masking.words import label

REGIONS = {
    "en": ("GB", "US"),
    "fr": ("FR", "BE"),
    "da": ("DK",),
    "sv": ("SE", "FI"),
    "no": ("NO",),
    "de": ("DE", "AT", "CH"),
    "es": ("ES",),
}

_RUN = re.compile(r"(?<![\w/=#.,-])(?<!\d )(?:\+|\()?\d(?:[ \u00a0\u202f.\-/()]{0,2}\d){5,18}(?![\w@])(?![.,-]\d| \d)")
_GROUP = re.compile(r"\S+")
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d[-./]\d\d?[-./]\d\d?|\d\d?([-./])\d\d?\1(?:19|20)?\d\d)(?!\d)"  # 2026-11-23, 23.11.26
    r"|^(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d$"  # 2025-2026
    r"|^\d\d?\.\d\d ?- ?\d\d?\.\d\d$"  # 08.00-16.00
    r"|^(?!\d\d\.\d\d\.\d\d\.\d\d$)\d{1,3}(?:\.\d{1,3}){3}$"  # 192.168.1.10
)
_DECIMAL = re.compile(r"\d+(?:[ .]\d{3})*[.,]\d\d")
_MONEY = r"(?:kr|dkk|sek|nok|eur|euros?|usd|gbp|chf|dollars?|pounds?|[€$£]|:-|,-)"
_THOUSANDS = re.compile(r"\d{1,3}(?:[ .\u00a0\u202f]\d{3})+")
_BEFORE_MONEY = re.compile(rf"{_MONEY}\s?$", re.IGNORECASE)
_AFTER_MONEY = re.compile(rf"\s?{_MONEY}(?!\w)", re.IGNORECASE)
_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}")
_SEPARATED = re.compile(r"\d[^\d+]+\d")
_DIGITS = re.compile(r"\d")


class Phones:
    """Finds phone numbers as they are written in these regions (ISO 3166-1), and international ones."""

    def __init__(self, regions: Sequence[str]) -> None:
        self._regions = regions

    def __call__(self, glance: Glance) -> Spans:
        """Where they stand."""
        text = glance.text
        for run in _RUN.finditer(text):
            for start, end in _parts(text, *run.span()):
                if self._is_phone(text, start, end):
                    yield Span(start, end)
                    break

    def _is_phone(self, text: str, start: int, end: int) -> bool:
        written = text[start:end]
        digits = len(_DIGITS.findall(written))
        if not 6 <= digits <= 15 or label("order").near(text, start):
            return False
        if written.startswith("+") or (written.startswith("00") and digits > 9):
            return digits > 7
        if _DATE.search(written) or _DECIMAL.fullmatch(written) or _is_amount(text, start, end):
            return False
        if _AMERICAN.fullmatch(written) or label("phone").near(text, start):
            return True
        return (bool(_SEPARATED.search(written)) or written.startswith("0")) and digits > 7 and self._valid(written)

    def _valid(self, written: str) -> bool:
        # Imported here, because it takes 25 ms and most messages have no such row of digits in them.
        from phonenumbers import NumberParseException, is_valid_number, parse

        for region in self._regions:
            try:
                if is_valid_number(parse(written, region)):
                    return True
            except NumberParseException:
                return False
        return False


def regions(languages: Sequence[str]) -> tuple[str, ...]:
    """Where customers who write these languages (ISO 639-1) have their phones."""
    return tuple(dict.fromkeys(region for code in languages for region in REGIONS.get(code, ())))


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The whole run, then without its last and without its first group: "call 20123456 5 pm"."""
    yield start, end
    groups = [found.span() for found in _GROUP.finditer(text, start, end)]
    if len(groups) > 1:
        yield start, groups[-2][1]
        yield groups[1][0], end


def _is_amount(text: str, start: int, end: int) -> bool:
    near = _BEFORE_MONEY.search(text, max(0, start - 10), start) or _AFTER_MONEY.match(text, end)
    return bool(near) and bool(_THOUSANDS.fullmatch(text, start, end) or text[start:end].isdigit())
