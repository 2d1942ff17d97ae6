"""What a button asks before it counts, and the law's action that a filled-in click amounts to."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.channels.base import Click
from bot.channels.words import in_one_line
from bot.phrases import say
from bot.review.actions import (
    BY_VERB,
    Act,
    Approve,
    Claim,
    Correct,
    Edit,
    Escalate,
    Reason,
    Redraft,
    Reject,
    Releasing,
    Snooze,
    Strike,
)
from bot.review.model import Actor, Feeling, Review

# An instruction or a note is a sentence or two, not a document.
_NOTE = 1000
# How long a review can be put off, in minutes.
_PAUSES = ("30", "120", "480", "1440")


@dataclass(frozen=True, slots=True)
class Field:
    """Something to type or choose before a button counts. `choices` are (value, label); `limit` in characters."""

    name: str
    label: str
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    limit: int = 0
    required: bool = True
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Button:
    """A decision the reviewer may take.

    `fields` are asked for first; `style` is `primary`, `danger` or empty; `confirm` is a question to be answered with
    yes before it counts, or empty. An `aside` is needed less often and may stand in a menu.
    """

    verb: str
    label: str
    style: str = ""
    fields: tuple[Field, ...] = ()
    confirm: str = ""
    aside: bool = False


class Unreadable(Exception):
    """What was filled in makes no sense; the message says what to do."""


_STYLES: dict[type[Act], str] = {Approve: "primary", Reject: "danger"}
_ASIDE = frozenset({Escalate, Snooze, Correct, Strike})
# How much of a sentence is shown where one is chosen, in characters.
_MOST_CHOICE = 70


def button(act: type[Act], review: Review, limit: int, confirm: str = "") -> Button:
    """The button for a decision on this review.

    `limit` is the channel's longest reply in characters; `confirm` what an approval is asked first.
    """
    label, style = say(f"button.{act.verb}"), _STYLES.get(act, "")
    if act is Claim and review.holder:
        label = say("card.take_over")
    if act is Edit and not review.words.strip():
        label, style = say("card.write"), "primary"
    asked = confirm if act is Approve else ""
    return Button(act.verb, label, style, _fields(act, review, limit), asked, act in _ASIDE)


def action_of(
    click: Click, review: Review, by: Actor, at: float, limit: int, hold: float, without: Callable[[str, str], str]
) -> Act:
    """The decision a click on this review stands for. `without` takes a sentence out of a reply. Raises `Unreadable`."""
    act = BY_VERB.get(click.verb)
    if act is None:
        raise Unreadable(say("refused.verb", verb=click.verb))
    values: dict[str, Any] = {"by": by, "at": at, "seen": click.version}
    if issubclass(act, Releasing):
        values |= {"limit": limit, "hold": hold}
    if act is Edit:
        values["words"] = _words(click)
    if act is Redraft:
        values["instruction"] = _short(click, "instruction")
    if act is Reject:
        values |= {"reason": _reason(click), "note": _short(click, "note")}
    if act is Escalate:
        values["note"] = _short(click, "note")
    if act is Snooze:
        values["until"] = at + 60.0 * _minutes(click)
    if act is Correct:
        values["feeling"] = _feeling(click)
    if act is Strike:
        values["words"] = _struck(click, review, without)
    return act(**values)


def _fields(act: type[Act], review: Review, limit: int) -> tuple[Field, ...]:
    if act is Edit:
        return (Field("words", say("field.words"), value=review.words, limit=limit, lines=8),)
    if act is Redraft:
        return (Field("instruction", say("field.instruction"), limit=_NOTE, required=False, lines=2),)
    if act is Reject:
        choices = tuple((reason.value, say(f"reason.{reason.value}")) for reason in Reason)
        return (
            Field("reason", say("field.reason"), choices=choices),
            Field("note", say("field.note"), limit=_NOTE, required=False, lines=2),
        )
    if act is Escalate:
        return (Field("note", say("field.escalate"), limit=_NOTE, required=False, lines=2),)
    if act is Snooze:
        return (Field("minutes", say("field.snooze"), choices=tuple((m, say(f"snooze.{m}")) for m in _PAUSES)),)
    if act is Correct:
        choices = tuple((feeling.value, say(f"page.mood.{feeling.value}")) for feeling in Feeling)
        now = review.sentiment.feeling.value if review.sentiment else ""
        return (Field("feeling", say("field.feeling"), value=now, choices=choices),)
    if act is Strike:
        choices = tuple((str(at), in_one_line(one.text, _MOST_CHOICE)) for at, one in review.unsupported)
        return (Field("sentence", say("field.sentence"), choices=choices),)
    return ()


def _words(click: Click) -> str:
    """What was typed; empty when none of it can be seen, as a customer would get it then."""
    typed = click.fields.get("words", "")
    return typed if any(unicodedata.category(letter)[0] not in "CZ" for letter in typed) else ""


def _reason(click: Click) -> Reason:
    try:
        return Reason(click.fields.get("reason", ""))
    except ValueError:
        raise Unreadable(say("refused.reason")) from None


def _minutes(click: Click) -> int:
    chosen = click.fields.get("minutes", "")
    if chosen not in _PAUSES:
        raise Unreadable(say("refused.snooze"))
    return int(chosen)


def _feeling(click: Click) -> Feeling:
    try:
        return Feeling(click.fields.get("feeling", ""))
    except ValueError:
        raise Unreadable(say("refused.feeling")) from None


def _struck(click: Click, review: Review, without: Callable[[str, str], str]) -> str:
    chosen = click.fields.get("sentence", "")
    found = next((one for at, one in review.unsupported if str(at) == chosen), None)
    # A click on an older card is for the law to refuse: only it can say what happened since.
    if found is None and click.version == review.version:
        raise Unreadable(say("refused.sentence"))
    return without(review.words, found.text) if found else review.words


def _short(click: Click, name: str) -> str:
    text = click.fields.get(name, "").strip()
    if len(text) > _NOTE:
        raise Unreadable(say("refused.note_too_long", length=len(text), limit=_NOTE))
    return text
