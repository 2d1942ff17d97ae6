"""Adaptive Cards in the fake Teams: what schema 1.5 allows is taken, and what it does not know is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.doubles.teams.kit import cards, walk
from tests.doubles.teams.wire import Refused

Json = dict[str, Any]


def card(*body: Any, **more: Any) -> Json:
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(body), **more}


def field(**more: Any) -> Json:
    return {"type": "Input.Text", "id": "reply", "label": "Reply", **more}


def choice(**more: Any) -> Json:
    choices = [{"title": "Tone", "value": "tone"}, {"title": "Facts", "value": "facts"}]
    return {"type": "Input.ChoiceSet", "id": "why", "label": "Why", "choices": choices, **more}


def button(kind: str = "Action.Execute", **more: Any) -> Json:
    return {"type": kind, "title": "Go", **more}


def text(words: str = "Hi", **more: Any) -> Json:
    return {"type": "TextBlock", "text": words, "wrap": True, **more}


WHOLE = card(
    text(size="Large", weight="bolder", style="heading"),
    {"type": "RichTextBlock", "inlines": ["Dear ", {"type": "TextRun", "text": "Kim", "italic": True, "color": "good"}]},
    {"type": "FactSet", "facts": [{"title": "Language", "value": "da"}], "separator": True, "spacing": "extraLarge"},
    {
        "type": "ColumnSet",
        "columns": [
            {"width": "stretch", "items": [text()]},
            {"type": "Column", "width": "50px", "items": [], "selectAction": button("Action.OpenUrl", url="https://a.b/")},
            {"type": "Column", "width": 2},
        ],
    },
    {"type": "Container", "id": "more", "style": "emphasis", "isVisible": False, "items": [field(isMultiline=True)]},
    {"type": "Image", "url": "https://a.b/c.png", "altText": "c", "size": "small", "width": "10px"},
    {"type": "Table", "columns": [{"width": 1}], "rows": [{"type": "TableRow", "cells": [{"type": "TableCell", "items": [text()]}]}]},
    {"type": "ActionSet", "actions": [button("Action.ToggleVisibility", targetElements=["more", {"elementId": "more", "isVisible": True}])]},
    choice(value="tone", style="expanded", isRequired=True, errorMessage="Say why"),
    {"type": "Input.Toggle", "id": "sure", "title": "Sure", "valueOn": "yes"},
    {"type": "Input.Number", "id": "stars", "label": "Stars", "min": 1, "max": 5, "value": 3},
    {"type": "Input.Date", "id": "day", "label": "Day", "value": "2026-01-01"},
    actions=[
        button(verb="approve", data={"review": "r1", "type": "anything"}, fallback=button("Action.Submit", data={"a": 1})),
        button(verb="reject", associatedInputs="none", style="destructive", mode="secondary", tooltip="No", isEnabled=True),
        button("Action.ShowCard", card={"type": "AdaptiveCard", "body": [field(id="note")], "actions": [button(verb="redraft")]}),
    ],
    msteams={"width": "Full"},
    fallbackText="Look at it in Teams",
    lang="en",
)  # fmt: skip


def test_a_card_with_a_little_of_everything() -> None:
    """It is taken, and there is nothing to say against it."""
    assert cards.problems(WHOLE) == []
    assert cards.advice(WHOLE) == []
    assert cards.check(WHOLE) is WHOLE


WRONG: dict[str, Any] = {
    "no card": None,
    "no type": {"version": "1.5", "body": []},
    "another type": {"type": "HeroCard", "version": "1.5"},
    "no version": {"type": "AdaptiveCard", "body": []},
    "a later version": card(version="1.6"),
    "a version that is a number": card(version=1.5),
    "a property of a card that there is not": card(colour="red"),
    "an element that there is not": card({"type": "Carousel"}),
    "an element without type": card({"text": "Hi"}),
    "an element that is a word": card("Hi"),
    "a body that is no list": {**card(), "body": text()},
    "a property that there is not": card(text(colour="red")),
    "a required property that is missing": card({"type": "TextBlock"}),
    "a null": card(text(id=None)),
    "words that are a number": card({"type": "TextBlock", "text": 7}),
    "a word for a truth": card(text(isSubtle="true")),
    "a colour that there is not": card(text(color="red")),
    "a size that there is not": card(text(size="huge")),
    "a fact without value": card({"type": "FactSet", "facts": [{"title": "Language"}]}),
    "an inline without type": card({"type": "RichTextBlock", "inlines": [{"text": "Hi"}]}),
    "an inline that there is not": card({"type": "RichTextBlock", "inlines": [{"type": "Icon", "text": "Hi"}]}),
    "markdown in a run": card({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "Hi", "wrap": True}]}),
    "a picture without address": card({"type": "Image", "altText": "x"}),
    "a picture at a word": card({"type": "Image", "url": "picture"}),
    "a picture with a width of one": card({"type": "Image", "url": "https://a.b/", "width": 1}),
    "an input without id": card({"type": "Input.Text", "label": "Reply"}),
    "an input with an empty id": card(field(id="")),
    "a length that is a word": card(field(maxLength="7")),
    "a pattern that is none": card(field(regex="(")),
    "an input id that is there twice": card(field(), field()),
    "and twice in a nested card": card(
        field(), actions=[button("Action.ShowCard", card={"type": "AdaptiveCard", "body": [field()]})]
    ),
    "choices without choice": card({"type": "Input.ChoiceSet", "id": "why", "choices": []}),
    "a choice without value": card({"type": "Input.ChoiceSet", "id": "why", "choices": [{"title": "x"}]}),
    "a chosen one that is none": card(choice(value="taste")),
    "two choices of one value": card(choice(choices=[{"title": "a", "value": "1"}, {"title": "b", "value": "1"}])),
    "a comma where several can be chosen": card(
        choice(isMultiSelect=True, choices=[{"title": "a", "value": "1,2"}], value="")
    ),
    "a toggle without title": card({"type": "Input.Toggle", "id": "sure"}),
    "an action that there is not": card(actions=[button("Action.Http")]),
    "an action of 1.6": card(actions=[button("Action.Popover")]),
    "an action in the body": card(button()),
    "an element among actions": card(actions=[text()]),
    "an action with a property that there is not": card(actions=[button(value="1")]),
    "data that is a list": card(actions=[button(data=[1])]),
    "a style that there is not": card(actions=[button(style="danger")]),
    "a link without address": card(actions=[button("Action.OpenUrl")]),
    "a link that runs something": card(actions=[button("Action.OpenUrl", url="javascript:alert(1)")]),
    "a card shown on tapping": card(selectAction=button("Action.ShowCard", card=card())),
    "something toggled that is not there": card(actions=[button("Action.ToggleVisibility", targetElements=["more"])]),
    "a fallback that there is not": card(actions=[button(fallback=button("Action.Http"))]),
    "a fallback that is a word": card(actions=[button(fallback="keep")]),
    "a wrong nested card": card(actions=[button("Action.ShowCard", card={"type": "AdaptiveCard", "body": [{}]})]),
    "an action that is younger than the card": card(version="1.3", actions=[button()]),
    "a table that is younger than the card": card({"type": "Table", "rows": []}, version="1.4"),
    "sixty-one people to refresh for": card(refresh={"action": button(), "userIds": ["29:1"] * 61}),
    "a refresh that opens a link": card(refresh={"action": button("Action.OpenUrl", url="https://a.b/")}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_card_that_is_wrong(name: str) -> None:
    """It is refused, in words."""
    assert cards.problems(WRONG[name])
    with pytest.raises(Refused) as caught:
        cards.check(WRONG[name])
    assert (caught.value.status, caught.value.code) == (400, "BadSyntax")


RIGHT: dict[str, Any] = {
    "a later property of the card": card(rtl=True),
    "an empty card": card(),
    "capitals": card(text(size="ExtraLarge", color="Attention")),
    "an action of its time": card(version="1.4", actions=[button()]),
    "a toggled element": card(text(id="more"), actions=[button("Action.ToggleVisibility", targetElements=["more"])]),
    "several chosen": card(choice(isMultiSelect=True, value="tone,facts")),
    "sixty people to refresh for": card(refresh={"action": button(), "userIds": ["29:1"] * 60}),
    "a fallback that is dropped": card(actions=[button(fallback="drop")]),
    "a picture within": card({"type": "Image", "url": "data:image/png;base64,AAAA", "altText": "x"}),
    "data with types in it": card(actions=[button(data={"body": [{"type": "Nothing"}], "msteams": {"type": "x"}})]),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_card_that_is_right(name: str) -> None:
    """Next to each wrong one there is a right one."""
    assert cards.problems(RIGHT[name]) == []


def test_twenty_eight_kilobytes() -> None:
    """Counted as JSON in UTF-8: what just fits is taken."""
    room = cards.BYTES - len(json.dumps(card(text("")), separators=(",", ":")))
    cards.check(card(text("ø" * (room // 2) + "x" * (room % 2))))
    with pytest.raises(Refused) as caught:
        cards.check(card(text("ø" * (room // 2 + 1))))
    assert (caught.value.status, caught.value.code) == (413, "MessageSizeTooBig")


ADVISED: dict[str, tuple[Json, str]] = {
    "buttons": (card(actions=[button(id=str(n)) for n in range(7)]), "7 primary actions"),
    "title": (card(actions=[{"type": "Action.Execute"}]), "without a title"),
    "label": (card({"type": "Input.Text", "id": "reply"}), "without a label"),
    "error": (card(field(isRequired=True)), "no errorMessage"),
    "pattern": (card(field(regex="x")), "no errorMessage"),
    "picture": (card({"type": "Image", "url": "https://a.b/"}), "without altText"),
    "cut": (card({"type": "TextBlock", "text": "Hi"}), "does not wrap"),
}


@pytest.mark.parametrize("name", ADVISED)
def test_what_is_advised_against(name: str) -> None:
    """It is taken, with a warning; nothing else is said."""
    given, why = ADVISED[name]
    assert cards.problems(given) == []
    [told] = cards.advice(given)
    assert why in told


def test_what_can_be_read_and_where() -> None:
    """By the type of what shows it, so that a test can ask whether strangers' words stand where links are made."""
    seen = list(walk.texts(WHOLE))
    assert ("TextRun", "Kim") in seen
    assert ("TextRun", "Dear ") in seen
    assert ("FactSet", "Language: da") in seen
    assert ("TextBlock", "Hi") in seen
    assert ("Input.Choice", "Tone") in seen
    assert [path for one, path in walk.inputs(WHOLE) if one["id"] in ("reply", "note")] == [(), (1,)]
