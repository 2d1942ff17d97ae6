"""What a reviewer should look at before the words on the table go out, in sentences, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.channels.words import in_one_line
from bot.phrases import say
from bot.review.model import Draft, Review, Sign, Statement

# How much of a sentence is quoted, and of what speaks of an attempt, in characters; and how many signs are named at once.
_QUOTE, _SIGN, _SIGNS = 160, 60, 3
# What a sentence that no source bears out is shown for already.
_IN_SENTENCES = frozenset({"link", "mail", "phone"})


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at, in a sentence. `strike` is the click that takes a sentence out, if any."""

    text: str
    strike: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text: `kept`, `added` or `removed` in a comparison, `doubtful` in a draft."""

    kind: str
    text: str


def checks(review: Review) -> Iterator[Check]:
    """Attempts to steer the draft, what its translation lost, and what no source bears out."""
    if review.draft is None:
        return
    for where in ("message", "reply"):
        if signs := [sign for sign in review.draft.signs if sign.where == where and _stands(sign, review)]:
            yield Check(say(f"steered.{where}", signs=_listed(signs)))
    translation = review.draft.translation
    if translation and translation.changed and not review.edited:
        yield Check(say("check.changed", words=", ".join(map(_cut, translation.changed))))
    for at, one in review.unsupported:
        yield Check(say("check.unsupported", sentence=_cut(one.text)), {"sentence": str(at)})
    for one in _doubted(review):
        yield Check(say("check.doubt", words=", ".join(map(_cut, one.doubts)), sentence=_cut(one.text)))


def hidden(draft: Draft) -> str:
    """What the model was not shown, in a sentence; empty when there was nothing."""
    kinds = [_several(one.count, say(f"masked.{one.kind}")) for one in draft.masked]
    return say("check.hidden", kinds=", ".join(kinds)) if kinds else ""


def marked(review: Review) -> tuple[Span, ...]:
    """The words on the table, with those that no source has as `doubtful`. The spans' texts, put together, are they."""
    words = review.words
    found = sorted(
        (begin + at, begin + at + len(doubt))
        for one in (review.draft.statements if review.draft else ())
        if (begin := words.find(one.text)) >= 0
        for doubt in one.doubts
        if (at := one.text.find(doubt)) >= 0
    )
    spans, end = [], 0
    for first, last in found:
        if first < end:
            continue
        spans += [Span("kept", words[end:first]), Span("doubtful", words[first:last])]
        end = last
    return tuple(span for span in (*spans, Span("kept", words[end:])) if span.text)


def _doubted(review: Review) -> list[Statement]:
    stated = review.draft.statements if review.draft else ()
    return [one for one in stated if one.sources and one.doubts and one.text in review.words]


def _stands(sign: Sign, review: Review) -> bool:
    """Whether there is still something to look at, and the sentence it stands in does not say so already."""
    if sign.where == "message" or review.draft is None:
        return True
    if sign.what in _flat(review.draft.reply) and sign.what not in _flat(review.words):
        return False
    shown = [one.text for _, one in review.unsupported] + [one.text for one in _doubted(review)]
    return sign.kind not in _IN_SENTENCES or not any(sign.what in _flat(text) for text in shown)


def _listed(signs: list[Sign]) -> str:
    named = [say("check.sign", sign=say(f"sign.{one.kind}"), words=_cut(one.what, _SIGN)) for one in signs[:_SIGNS]]
    return "; ".join([*named, *(["…"] if len(signs) > _SIGNS else [])])


def _several(count: int, kind: str) -> str:
    return kind if count == 1 else say("check.kind", count=count, kind=kind)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, limit: int = _QUOTE) -> str:
    return in_one_line(text, limit)
