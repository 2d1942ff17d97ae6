"""What can be checked letter by letter in a text: numbers, amounts, dates, links and addresses, however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.drafting import quantities
from bot.drafting.quantities import Value

_WITH_SCHEME = r"https?://[^\s<>\"'|()\[\]{}]+"
_BARE = r"(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,8}[a-z]{2,24}(?![\w@-])(?:[/?][^\s<>\"'|()\[\]{}]*)?"
_LINK = re.compile(rf"{_WITH_SCHEME}|{_BARE}", re.IGNORECASE)
# No link is without one of these, and few other texts have them.
_LINKED = re.compile(r"\.[a-z]|://", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,24}")
_DIGIT = re.compile(r"\d")
_CODE = re.compile(r"(?<![\w-])[^\W\d_]{1,12}-?(?=\d)[\w-]{1,40}")
_FILES = frozenset(
    [
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "csv",
        "txt",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "html",
        "xml",
        "json",
        "py",
        "js",
        "exe",
    ]
)
_MARKS = ".,;:!?…*_'\"”’»/"


def find(text: str) -> list[Value]:
    """Every value of a text, in order."""
    found = [*links(text), *mails(text)]
    rest = _covered(text, found)
    if not _DIGIT.search(rest):
        return sorted([*found, *quantities.in_words(rest)], key=lambda value: value.start)
    codes = [quantities.plain(one.start(), one.end(), f"code {one[0].casefold()}") for one in _CODE.finditer(rest)]
    rest = _covered(rest, codes)
    found += [*codes, *quantities.in_digits(rest), *quantities.in_words(rest)]
    return sorted(found, key=lambda value: value.start)


def links(text: str) -> Iterator[Value]:
    """What a chat would make a link of. A page is known by host, path and query, a mere host by any of its pages."""
    if not _LINKED.search(text):
        return
    for found in _LINK.finditer(text):
        written = found[0].rstrip(_MARKS)
        scheme, _, bare = written.casefold().rpartition("://")
        page = bare.removeprefix("www.")
        host = re.split("[/?#]", page, maxsplit=1)[0]
        if scheme or page != host or _is_host(written):
            keys = frozenset({f"link {page}"})
            yield Value(found.start(), found.start() + len(written), (keys,), keys | {f"link {host}"})


def mails(text: str) -> Iterator[Value]:
    """Every mail address."""
    if "@" in text:
        for found in _MAIL.finditer(text):
            yield quantities.plain(found.start(), found.end(), f"mail {found[0].casefold()}")


def phones(text: str) -> Iterator[Value]:
    """What has the digits of a phone number."""
    for value in quantities.in_digits(text):
        if any(key.startswith("phone ") for key in value.gives):
            yield value


def _is_host(written: str) -> bool:
    """Whether it is no file, no abbreviation such as `f.eks`, and no full stop without a space behind it."""
    *labels, ending = written.split(".")
    return ending.casefold() not in _FILES and not ending.istitle() and max(map(len, labels)) > 2


def _covered(text: str, found: Sequence[Value]) -> str:
    """The text with what was found covered, everything else in its place."""
    if not found:
        return text
    parts, at = [], 0
    for value in sorted(found, key=lambda value: value.start):
        if value.start >= at:
            parts += [text[at : value.start], "\0" * (value.end - value.start)]
            at = value.end
    return "".join([*parts, text[at:]])
