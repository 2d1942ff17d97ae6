"""The values that a look-up may ask with: who the customer is, and what patterns find in their words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice, product

import regex

from bot.drafting.facts import Question

KNOWN = ("customer", "name", "first_name", "last_name")
EMAIL = "email"
MOST = 3  # values of one variable, and calls of one look-up for one draft
MOST_PATTERN = 200
_MOST_TEXT = 20_000
_MOST_VALUE = 100
# A pattern that tries every way to part a text can take years; the loop must not wait for it.
_PATIENCE = 0.05  # seconds
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_BRACES = re.compile(r"[{}]")
_EMAIL = r"(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}(?![\w-])"


class Endless(Exception):
    """A pattern took too long."""


def names(template: str) -> list[str]:
    """The variables of a template, in its order, each once."""
    return list(dict.fromkeys(_VARIABLE.findall(template)))


def template_fault(template: str, known: frozenset[str]) -> str:
    """Why a template cannot be used with these variables; empty when it can."""
    if unknown := [name for name in names(template) if name not in known]:
        return f"has {{{unknown[0]}}}, but the variables here are {', '.join(sorted(known))}"
    if _BRACES.search(_VARIABLE.sub("", template)):
        return "must have variables as {name}, in small letters, and no other braces"
    return ""


def pattern_fault(pattern: str) -> str:
    """Why a pattern cannot be used; empty when it can."""
    if len(pattern) > MOST_PATTERN:
        return f"must be at most {MOST_PATTERN} characters long"
    try:
        regex.compile(pattern)
    except regex.error as error:
        return f"must be a regular expression: {str(error).partition(chr(10))[0]}"
    return ""


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its variables filled in. A value is never a template."""
    return _VARIABLE.sub(lambda found: values[found[1]], template)


class Variables:
    """What a template's variables can stand for."""

    def __init__(self, wanted: list[str], find: Mapping[str, str]) -> None:
        patterns = {EMAIL: _EMAIL, **find}
        self._wanted = wanted
        self._patterns = {
            name: regex.compile(pattern, regex.IGNORECASE if name == EMAIL else 0)
            for name, pattern in patterns.items()
            if name in wanted
        }

    def values(self, question: Question) -> list[dict[str, str]]:
        """What to ask with, each in the order of the template: nothing when a variable has no value. Raises `Endless`."""
        known = _about(question)
        text = "\n\n".join(question.texts)[:_MOST_TEXT]
        options = [
            _found(self._patterns[name], text) if name in self._patterns else known[name] for name in self._wanted
        ]
        return [dict(zip(self._wanted, values, strict=True)) for values in islice(product(*options), MOST)]

    def told(self, values: Mapping[str, str]) -> str:
        """The values that the customer wrote, for people to read."""
        return ", ".join(value for name, value in values.items() if name in self._patterns)


def _about(question: Question) -> dict[str, list[str]]:
    words = question.name.split()
    told = {
        "customer": question.customer,
        "name": " ".join(words),
        "first_name": words[0] if words else "",
        "last_name": words[-1] if len(words) > 1 else "",
    }
    return {name: [value] if value else [] for name, value in told.items()}


def _found(pattern: regex.Pattern[str], text: str) -> list[str]:
    """What a pattern finds, each once: its first group where it has one."""
    found: dict[str, None] = {}
    try:
        for match in pattern.finditer(text, timeout=_PATIENCE):
            value = (match[1] if pattern.groups else match[0]) or ""
            if 0 < len(value) <= _MOST_VALUE:
                found[value] = None
            if len(found) == MOST:
                break
    except TimeoutError:
        raise Endless from None
    return list(found)
