"""What edits of one kind teach, put into words: a rule for a template, or an article. Pure, and without anybody's name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bot.drafting.privacy import Mask, placeholders
from bot.drafting.prompts import DIVIDER
from bot.phrases import say

# One edit: sentences of a draft and what they became, one of the two empty where it was added or taken out.
Pairs = Sequence[tuple[str, str]]

HEADING = "What reviewers keep correcting:"
_NOBODY = {
    "en": "the customer",
    "da": "kunden",
    "sv": "kunden",
    "no": "kunden",
    "fr": "le client",
    "de": "der Kunde",
    "es": "el cliente",
}
_LEFT_OUT = "…"
_NAME, _LOOKALIKE = "[NAME_", "[TEXT_"
_MOST_SENTENCES = 12
_MOST_QUOTED = 300
# An order, a parcel, an invoice: of one customer, and no article.
_ONE_CASE = re.compile(r"\d{5}")
_BRACES = str.maketrans({"{": "(", "}": ")"})


def nobodys(text: str, mask: Mask, language: str) -> str:
    """A text with neutral words in the place of whatever is personal in it.

    A placeholder that somebody typed stays one: nobody knows what was meant.
    """
    hidden = mask.hide(text)
    for placeholder in placeholders(hidden):
        if placeholder.startswith(_NAME):
            hidden = hidden.replace(placeholder, _NOBODY.get(language, _NOBODY["en"]))
        elif not placeholder.startswith(_LOOKALIKE):
            hidden = hidden.replace(placeholder, _LEFT_OUT)
    return " ".join(hidden.split())


def is_repeated(edits: Iterable[Pairs], enough: int) -> bool:
    """Whether so many edits take out, add or change the very same words."""
    counted = _counted(edits)
    return any(count >= enough for _, count in counted.items())


def rule(matter: str, edits: Iterable[Pairs]) -> str:
    """A line for a template, from the change that most edits have; of several, from the newest. Empty without any."""
    counted = _counted(edits)
    if not counted:
        return ""
    before, after = map(_quotable, counted.most_common(1)[0][0])
    about = _quotable(matter)
    if before and after:
        return say("learning.rule_instead", matter=about, before=before, after=after)
    return (
        say("learning.rule_say", matter=about, after=after)
        if after
        else say("learning.rule_not", matter=about, before=before)
    )


def with_rule(template: str, line: str) -> str:
    """A template's text with one more rule, above whatever changes from case to case, so that it can be cached."""
    lines = template.split("\n")
    entry = f"- {line}"
    if HEADING in lines:
        at = lines.index(HEADING) + 1
        while lines[at].startswith("- "):
            at += 1
        return "\n".join([*lines[:at], entry, *lines[at:]])
    fence = lines.index("---", 1) + 1
    at = next(i for i, text in enumerate(lines) if i >= fence and ("{{" in text or text.strip() == DIVIDER))
    return "\n".join([*lines[:at], HEADING, entry, "", *lines[at:]])


def article(matter: str, language: str, edits: Iterable[Pairs], *, public: bool) -> str:
    """A Markdown file with the sentences that people keep adding or correcting, the most repeated first; empty when all
    of them are about somebody's own case."""
    listed = list(_sentences(edits))[:_MOST_SENTENCES]
    if not listed:
        return ""
    title = say("learning.title", matter=" ".join(matter.split()))
    fields = f"title: {title}\nlanguage: {language}\naudience: {'public' if public else 'internal'}"
    return f"---\n{fields}\n---\n\n" + "\n".join(f"- {sentence}" for sentence in listed) + "\n"


def _sentences(edits: Iterable[Pairs]) -> Iterator[str]:
    said = Counter(after for pairs in edits for after in {after for _, after in pairs if after})
    for sentence, count in said.most_common():
        if count > 1 or not _ONE_CASE.search(sentence):
            yield sentence


def _counted(edits: Iterable[Pairs]) -> Counter[tuple[str, str]]:
    """In how many edits each change is, those of the newest edit first."""
    return Counter(pair for pairs in edits for pair in dict.fromkeys(pairs) if any(pair))


def _quotable(text: str) -> str:
    line = text.translate(_BRACES)
    return line if len(line) <= _MOST_QUOTED else f"{line[: _MOST_QUOTED - 1]}…"
