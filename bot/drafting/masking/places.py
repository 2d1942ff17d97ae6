"""Postal addresses, as they are written in English, Nordic, German, French and Spanish."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from bot.drafting.masking.kinds import Glance, Span, Spans, words
from bot.drafting.masking.words import either, label, table

_NAME = r"[A-ZÀ-ÖØ-Þ][\w.'’-]*"
_NAMES = rf"{_NAME}(?: (?:{_NAME}|of|the|de|du|des|la|le|les|del|los|las|van|von|am|an|der|dem|den|und|og|och|y|e))*"
_PLACE = r"(?:Sta?\. ?)?[A-ZÀ-ÖØ-Þ][\w'’-]*"
_TOWN = rf"{_PLACE}(?:[ -](?:{_PLACE}|am|an|der|sur|de|la|le|en))*"
_STATES = (
    "A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]"
    "|AP|AE|AA|PR"
)
_UK = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}"
_ZIP = rf"(?:{_STATES})\.? \d{{5}}(?:-\d{{4}})?"
_CODE = r"(?:(?:DK|SE|S|NO|N|FIN|FI|D|DE|F|FR|E|ES|CH|AT|A)-)?(?:\d{4,5}|\d{3} \d{2})"
_GAP = r"(?:,\s?|\s?\n\s{0,8}|\s-\s|\s)"
# A house number is not part of a longer one, of an amount or of a time.
_HOUSE = r"\d{1,4}(?:[ -]?[A-Za-z](?![\w]))?(?:-\d{1,4})?(?!\w|[.,]\d|:\d)"
_INSIDE = rf"(?:{_GAP}(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Room|Box|No|#)\.? ?#?[\w-]{{1,8}})*"
_FLOOR = (
    r"(?:,? ?(?:\d{1,2}\.? ?(?:sal|tr|etg?\.?|th|tv|mf|dør|OG|Stock)\.?(?: ?(?:th|tv|mf|dør \w+)\.?)?"
    r"|st\.? ?(?:th|tv|mf)\.?|lgh \d+))?"
)
_THEN_TOWN = rf"(?:{_GAP}{_CODE}{_GAP}{_TOWN})?"
_THEN_STATE = rf"(?:{_GAP}{_TOWN})?(?:{_GAP}{_TOWN})?(?:{_GAP}(?:{_ZIP}|{_UK}|\d{{4,6}})(?!\w))?"


class _Rule(NamedTuple):
    """One way to write an address, and whether a text may have one at all."""

    worth: Callable[[Glance], bool]
    written: re.Pattern[str]


@cache
def _rules() -> tuple[_Rule, ...]:
    streets = table()["streets"]
    english, doubtful, french, spanish = (
        either(streets[part]) for part in ("english", "doubtful", "french", "spanish")
    )
    ends = (*streets["attached"], *streets["apart"])
    attached = "|".join(map(re.escape, streets["attached"]))
    apart = "|".join(map(re.escape, [*streets["apart"], *(end.capitalize() for end in ends)]))
    rows: tuple[tuple[Callable[[Glance], bool], str], ...] = (
        # 12 Harbour Street, Flat 4, Leeds LS1 4AP
        (
            _has(streets["english"]),
            rf"(?<![\w.,#-])\d{{1,5}}(?:[/-]\d{{1,5}})?[A-Za-z]?,? (?:{_NAME} ){{1,4}}(?i:{english})\.?"
            rf"(?: (?:North|South|East|West|N|S|E|W)(?!\w))?{_INSIDE}{_THEN_STATE}",
        ),
        # 221 Primrose Hill, Leeds
        (
            _has(streets["doubtful"]),
            rf"(?<![\w.,#-])\d{{2,5}}[A-Za-z]?,? (?![KMGT]B )(?:{_NAME} ){{1,4}}(?i:{doubtful})(?=[,.\n]|\s\w+ \d|$){_INSIDE}{_THEN_STATE}",
        ),
        # Nørre Havnegade 12, 3. tv, 2100 København Ø; Lange Straße 5a, 10115 Berlin
        (
            _ends(ends),
            rf"(?<!\w)(?:{_NAME}[ -]){{0,2}}(?:[A-ZÀ-ÖØ-Þ][\w'’-]+(?:{attached})|(?!Auf|Den|Der|Zu){_NAME} (?:{apart}))"
            rf" {_HOUSE}{_FLOOR}{_THEN_TOWN}",
        ),
        # Am Alten Hafen 3, 20457 Hamburg
        (
            lambda glance: "00000 " in glance.shape,
            rf"(?<!\w)(?:Am|An der|Auf der|Im|Unter den|Zum|Zur)(?: {_NAME}){{1,2}} {_HOUSE}{_GAP}{_CODE}{_GAP}{_TOWN}",
        ),
        # 8 bis, rue des Lilas, 75011 Paris
        (
            _has(streets["french"]),
            rf"(?<![\w.,])\d{{1,4}}(?: ?(?:bis|ter|[A-D]))?,? (?i:{french})(?: (?:de|du|des|la|le|les|à|aux?))*"
            rf" (?:[dl]['’])?(?:{_NAMES}){_THEN_TOWN}(?: (?i:cedex)(?: \d{{1,2}})?)?",
        ),
        # Calle de Alcalá 20, 3.º B, 28013 Madrid
        (
            _has(streets["spanish"]),
            rf"(?i:{spanish})\.? ?(?:(?:de|del|la|las|los|el) )*(?:{_NAMES}),? ?(?:n\.?[º°o]\.? ?)?{_HOUSE}"
            rf"(?:,? ?\d{{1,2}}\.?[ºª°]?(?: ?[A-Z](?!\w)| ?(?:izq|dcha|izda)\.?))?{_THEN_TOWN}",
        ),
        # Springfield, IL 62701
        (lambda glance: " 00000" in glance.shape, rf"(?<!\w){_TOWN}, (?:{_ZIP})(?!\w)"),
        # LS1 4AP, with its space; "A1 8GB" is a thing
        (lambda glance: " 0" in glance.shape, r"[A-Z](?<!\w.)[A-Z]?\d[A-Z\d]? \d(?![GT]B|XL)[ABD-HJLNP-UW-Z]{2}(?!\w)"),
        # Postboks 123, 0150 Oslo
        (_has(streets["boxes"]), rf"(?i:{either(streets['boxes'])}) \d{{1,6}}{_INSIDE}{_THEN_TOWN}(?!\w)"),
        # Box 123, 114 55 Stockholm; PSC 12, Box 34, APO AE 09012
        (
            _has(["box"]),
            rf"(?<!\w)(?:(?:PSC|Unit|CMR) \d+,? )?Box \d{{1,6}}{_GAP}(?:[APDF]PO (?:{_ZIP})|{_CODE}{_GAP}{_TOWN})(?!\w)",
        ),
        # A line of its own: 2100 København Ø
        (lambda glance: "000" in glance.shape, rf"(?m:^)[ \t]*(?:{_CODE}) {_TOWN}[ \t]*(?m:$)"),
        # Named by its country: SE-114 55 Stockholm
        (
            lambda glance: "-000" in glance.shape,
            rf"(?<!\w)(?:DK|SE|NO|FI|FIN|CH|AT|DE|FR|ES)-(?:\d{{4,5}}|\d{{3}} \d{{2}})(?: {_TOWN})?(?!\w)",
        ),
    )
    return tuple(_Rule(worth, re.compile(written)) for worth, written in rows)


def _has(phrases: list[str]) -> Callable[[Glance], bool]:
    trigger = words(phrases)
    return lambda glance: not trigger.isdisjoint(glance.words)


def _ends(ends: tuple[str, ...]) -> Callable[[Glance], bool]:
    return lambda glance: any(word.endswith(ends) for word in glance.words)


# After "my address is": up to the end of the sentence or line, when a number comes soon.
_SAID = r"(?=[^\n]{0,25}\d)(?-i:[A-ZÀ-Þ#\d])[^\n?!;|]{5,120}"
_IS = re.compile(r"[:=]|(?<!\w)(?:is|as|are|now|at|er|är|est|ist|es|lautet|på|au|der|la)\W*$", re.IGNORECASE)
_NUMBER = re.compile(r"\d")
_SENTENCE_END = re.compile(
    r"\.\s+(?=[A-ZÀ-Þ](?!\.)\w*\s+[a-zà-ÿ])|\.?\s*$|\s(?:please|and|but|because|for this|og|och|und|et|pero|men|mais|aber)\s"
)


@cache
def _other() -> re.Pattern[str]:
    return re.compile(rf"{either(table()['before']['address'])}[\s-]*$", re.IGNORECASE)


@cache
def _leading() -> re.Pattern[str]:
    return re.compile(rf"{either(table()['streets']['leading'])}:? ", re.IGNORECASE)


def addresses(glance: Glance) -> Spans:
    """Streets with numbers, postcodes with towns, and whatever is called an address."""
    for rule in _rules():
        if rule.worth(glance):
            for found in rule.written.finditer(glance.text):
                yield _trimmed(glance.text, *found.span())
    for found in label("address", _SAID).values(glance):
        span = _said(glance.text, found)
        if span is not None:
            yield span


def _trimmed(text: str, start: int, end: int) -> Span:
    """Without what ends a sentence, and without the small word that began it: "Till Storgatan 5."."""
    first = _leading().match(text, start, end)
    if first:
        start = first.end()
    return Span(start, start + len(text[start:end].rstrip(" .,\t\n")))


def _said(text: str, found: re.Match[str]) -> Span | None:
    """The address somebody says it is, or None when something else is said about an address."""
    start, end = found.span("value")
    number = _NUMBER.search(text, start, end)
    if (
        number is None
        or not _IS.search(found[1] + found[2])
        or _other().search(text, max(0, found.start() - 16), found.start())
        or label("order").near(text, number.start())
    ):
        return None
    cut = _SENTENCE_END.search(text, number.end(), end)
    end = cut.start() if cut else end
    return None if "@" in text[start:end] else _trimmed(text, start, end)
