"""Cards, bank accounts and national ids: by checksum, or because somebody says that it is one.

A number that is called an order, a booking or a case stays, because the reply is about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from bot.drafting.masking.kinds import Glance, Span, Spans, words
from bot.drafting.masking.words import label

_CARD = re.compile(
    r"(?<![\w./-])(?:\d{4}(?P<mark>[ -])\d{4}(?P=mark)\d{4}(?P=mark)\d{1,7}|3\d{3}[ -]\d{6}[ -]\d{4,5}|\d{12,19})(?![\w-])"
)
# First digits that some network has issued (ISO/IEC 7812): Visa, Mastercard, American Express, Diners, JCB, Discover,
# UnionPay, Maestro.
_ISSUED = re.compile(r"4|5[0-8]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[04-9]|6|1800|2131")
_USUAL = (15, 16)
_CARDS = words(["card", "cards", "kort", "kortet", "kortnummer", "carte", "karte", "tarjeta"])
_NOT_DIGITS = re.compile(r"\D")

_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?!\w)", re.IGNORECASE)

_ACCOUNT = r"[A-Z]{0,4}\d[\dA-Z]*(?:[ -]\d[\dA-Z]*){0,6}(?!\w)"
_IDENTITY = r"[A-Z]{0,6}-?\d[\w-]*(?:[ +-]\d[\w-]*){0,6}(?!\w)"


# What every number of a person has in it, with 0 for digits.
_SHAPES = ("000000", "00 00 00", "00 000 000", "000-00-0000")


class _Identity(NamedTuple):
    """A country's number: a piece of every way to write it, with 0 for digits, the whole, and what else has to be true."""

    shapes: tuple[str, ...]
    written: re.Pattern[str]
    valid: Callable[[str], bool]


@cache
def _identities() -> tuple[_Identity, ...]:
    # Imported here, because it takes 40 ms and most messages have no digits in them.
    from stdnum.de import idnr
    from stdnum.dk import cpr
    from stdnum.es import dni, nie
    from stdnum.fi import hetu
    from stdnum.fr import nir
    from stdnum.no import fodselsnummer
    from stdnum.se import personnummer
    from stdnum.us import ssn

    rows: tuple[tuple[tuple[str, ...], str, Callable[[str], bool]], ...] = (
        (
            ("000000-0000", "000000+0000", "0000000000"),
            r"(?:19|20)?\d{6}[-+]\d{4}|(?:19|20)?\d{10}",
            lambda n: personnummer.is_valid(n if n[-5] in "-+" else f"{n[:-4]}-{n[-4:]}"),
        ),
        (("000000-0000",), r"\d{6}-\d{4}", cpr.is_valid),  # since 2007 without a checksum, so only in its usual shape
        (("000000 00000", "00000000000"), r"\d{6} ?\d{5}", fodselsnummer.is_valid),
        (("000000",), r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", hetu.is_valid),
        (("000000", "000 000"), r"[12] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d", nir.is_valid),
        (("00 000 000 000", "00000000000"), r"\d{2} \d{3} \d{3} \d{3}|\d{11}", idnr.is_valid),
        (("00000000",), r"\d{8}-?[A-Z]", dni.is_valid),
        (("0000000",), r"[XYZ]-?\d{7}-?[A-Z]", nie.is_valid),
        (("000-00-0000",), r"\d{3}-\d{2}-\d{4}", ssn.is_valid),
        # National Insurance: the letters HMRC gives out (NIM39110).
        (
            ("00 00 00", "00 0000", "0000 00", "000000"),
            r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]",
            lambda _: True,
        ),
    )
    return tuple(
        _Identity(shapes, re.compile(rf"(?<![\w./-])(?:{written})(?![\w/-])", re.IGNORECASE), valid)
        for shapes, written, valid in rows
    )


def cards(glance: Glance) -> Spans:
    """Payment cards."""
    text = glance.text
    for found in _CARD.finditer(text):
        digits = _NOT_DIGITS.sub("", found[0])
        if 12 <= len(digits) <= 19 and not label("order").near(text, found.start()) and _is_card(digits, glance, found):
            yield Span(*found.span())


def _is_card(digits: str, glance: Glance, found: re.Match[str]) -> bool:
    from stdnum import luhn

    if label("card").near(glance.text, found.start()):
        return True
    if not (_ISSUED.match(digits) and luhn.is_valid(digits)):
        return False
    # One number in ten has the right checksum, so unusual lengths need a word about cards somewhere.
    return len(digits) in _USUAL or not _CARDS.isdisjoint(glance.words)


def ibans(glance: Glance) -> Spans:
    """International bank account numbers, cut back to what the checksum holds for."""
    if glance.shape.count("0") < 8:
        return
    from stdnum import iban

    for found in _IBAN.finditer(glance.text):
        written = found[0]
        while len(written) > 14:
            if iban.is_valid(written):
                yield Span(found.start(), found.start() + len(written))
                break
            # The words after it may look like one more group.
            written = written[: max(written.rfind(" "), written.rfind("-"), 0)]


def national_ids(glance: Glance) -> Spans:
    """Personal numbers of SE, DK, NO, FI, FR, DE, ES, UK and US, and whatever is called a passport, a licence or an id."""
    text = glance.text
    for identity in _identities() if any(shape in glance.shape for shape in _SHAPES) else ():
        if not any(shape in glance.shape for shape in identity.shapes):
            continue
        for found in identity.written.finditer(text):
            if identity.valid(found[0]) and not label("order").near(text, found.start()):
                yield Span(*found.span())
    for found in label("national_id", _IDENTITY).values(glance):
        if _numerous(found["value"]):
            yield Span(*found.span("value"))


def accounts(glance: Glance) -> Spans:
    """Whatever is called an account number."""
    for found in label("account", _ACCOUNT).values(glance):
        if _numerous(found["value"]):
            yield Span(*found.span("value"))


def _numerous(written: str) -> bool:
    """Three digits and four characters: less than that tells nobody who it is."""
    return len(written) >= 4 and sum(c.isdigit() for c in written) >= 3
