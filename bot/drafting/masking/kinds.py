"""What is kept from a model, and where it stands in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

_WORDS = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d")


class Kind(StrEnum):
    """A kind of personal data. Where two overlap, the one named first here gives the whole its name."""

    URL_SECRET = "url_secret"
    TOKEN = "token"
    PASSWORD = "password"
    EMAIL = "email"
    IBAN = "iban"
    IP = "ip"
    CARD = "card"
    NATIONAL_ID = "national_id"
    ACCOUNT = "account"
    PHONE = "phone"
    ADDRESS = "address"
    NAME = "name"


class Span(NamedTuple):
    """A stretch of a text, `text[start:end]`."""

    start: int
    end: int


Spans = Iterator[Span]


class Glance:
    """A text and what can be told of it at a glance, so that most rules need not read it."""

    def __init__(self, text: str) -> None:
        """`words` are the text's in lower case, without punctuation inside them; `numbers` whether it has a digit."""
        self.text = text
        self.words = frozenset(_WORDS.findall(text.lower()))
        self.numbers = _DIGITS.search(text) is not None

    @cached_property
    def shape(self) -> str:
        """The text with 0 for every digit."""
        return _DIGITS.sub("0", self.text)


def words(phrases: Iterable[str]) -> frozenset[str]:
    """One word of each phrase, the longest: where none of them is, no phrase is."""
    return frozenset(max(reversed(_WORDS.findall(phrase.lower())), key=len) for phrase in phrases)
