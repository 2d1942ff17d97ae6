"""The decisions on an Adaptive Card: what is pressed, what is filled in first, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.card import Card
from bot.channels.checks import Check
from bot.channels.form import Button, Field
from bot.channels.payload import Payload, part, text
from bot.channels.teams.runs import Element, said
from bot.channels.words import clean, cut
from bot.phrases import say

Action = dict[str, Any]
# Teams' clients show so many buttons in a row. https://learn.microsoft.com/adaptive-cards/schema-explorer/action-execute
_ROW = 6
# A box that holds more would leave no room on the card for anything else (characters). Such a text is edited on its page.
BOX = 4000
_STYLES = {"primary": "positive", "danger": "destructive"}
_LABEL, _QUESTION, _CHOICES = 80, 400, 25
# What a form's own button says, where the one that opened it says something else.
_DONE = {"edit": "page.card.confirm_edit", "redraft": "page.card.confirm_redraft"}
# What an action carries beside what was filled in. Teams adds the inputs to the same object.
_VERB, _REVIEW, _VERSION = "verb", "review", "version"


@dataclass(frozen=True, slots=True)
class Pressed:
    """What somebody pressed, on a card of which review and version, and what they filled in, by the field's name."""

    verb: str
    review: str
    version: int
    fields: Mapping[str, str]


def pressed(value: Payload) -> Pressed | None:
    """What an invoke's or a message's `value` tells of a pressed button; None when it is none of ours.

    New clients send `Action.Execute`, with the data inside an action; old ones its fallback, with the data alone.
    """
    data = part(value, "action", "data") or value
    verb, review, version = text(data, _VERB), text(data, _REVIEW), data.get(_VERSION)
    if not verb or not review or not isinstance(version, int) or isinstance(version, bool):
        return None
    own = f"{verb}_"
    fields = {name.removeprefix(own): value for name, value in data.items() if name.startswith(own)}
    return Pressed(verb, review, version, {name: one for name, one in fields.items() if isinstance(one, str)})


def row(card: Card, link: str, box: int = BOX) -> list[Action]:
    """The buttons beneath a card. `link` leads to the review's page, and is empty when there is none; `box` is how many
    characters a box of a form may hold from the start, without which its button leads to the page too."""
    made = [_button(card, button, link, box) for button in card.buttons if not button.aside]
    asides = [button for button in card.buttons if button.aside]
    page = [{"type": "Action.OpenUrl", "title": say("teams.card.page"), "url": link}] if link else []
    last = [_more(card, asides, page)] if asides else page
    return made[: _ROW - len(last)] + last


def striking(card: Card, check: Check) -> Action:
    """The button that takes a sentence out at once."""
    made = _decides(card, Button("strike", ""), say("check.remove"))
    chosen = {f"strike_{name}": value for name, value in (check.strike or {}).items()}
    data = made["data"] | chosen
    return made | {"data": data, "fallback": made["fallback"] | {"data": data}}


def _button(card: Card, button: Button, link: str, box: int) -> Action:
    label = _label(button.label)
    if link and sum(len(field.value) for field in button.fields) > box:
        return {"type": "Action.OpenUrl", "title": label, "url": link}
    if not button.fields and not button.confirm:
        return _decides(card, button, label)
    asked = [said(cut(clean(button.confirm), _QUESTION), weight="Bolder")] if button.confirm else []
    title = say("confirm.yes") if button.confirm else say(_DONE[button.verb]) if button.verb in _DONE else label
    opening = _opens(label, [*asked, *_inputs(button)], [_decides(card, button, title)])
    return opening | ({"style": "positive"} if button.style == "primary" else {})


def _more(card: Card, asides: list[Button], page: list[Action]) -> Action:
    """What is needed less often, one beneath the other; each takes its own fields and overlooks the others."""
    items: list[Element] = []
    for button in asides:
        items += [
            *_inputs(button, required=False),
            {"type": "ActionSet", "actions": [_decides(card, button, _label(button.label))]},
        ]
    return _opens(say("teams.card.more"), items, page)


def _opens(title: str, body: list[Element], actions: list[Action]) -> Action:
    return {
        "type": "Action.ShowCard",
        "title": title,
        "card": {"type": "AdaptiveCard", "body": body, "actions": actions},
    }


def _decides(card: Card, button: Button, title: str) -> Action:
    """Ids and nothing else go along, because the row in the database is the truth."""
    data = {_VERB: button.verb, _REVIEW: card.review, _VERSION: card.version}
    shown = {"title": title, "data": data}
    shown |= {"style": _STYLES[button.style]} if button.style in _STYLES else {}
    shown |= {} if button.fields else {"associatedInputs": "none"}
    return {"type": "Action.Execute", "verb": button.verb, **shown, "fallback": {"type": "Action.Submit", **shown}}


def _inputs(button: Button, *, required: bool = True) -> list[Element]:
    return [_input(button, field, required=required) for field in button.fields]


def _input(button: Button, field: Field, *, required: bool) -> Element:
    """An empty box can be sent off where several buttons share a form; the desk says what is missing."""
    made: Element = {"id": f"{button.verb}_{field.name}", "label": _label(field.label)}
    if field.required and required:
        made |= {"isRequired": True, "errorMessage": say("teams.card.required")}
    if field.choices:
        choices = [{"title": _label(label), "value": key} for key, label in field.choices[:_CHOICES]]
        chosen = next(
            (key for key, _ in field.choices if key == field.value), field.choices[0][0] if not required else ""
        )
        return {"type": "Input.ChoiceSet", **made, "choices": choices} | ({"value": chosen} if chosen else {})
    made |= {"isMultiline": True} if field.lines > 1 else {}
    # A hint only: some clients ignore it, so the length is looked at again when it comes back.
    made |= {"maxLength": field.limit} if field.limit else {}
    return {"type": "Input.Text", **made} | ({"value": clean(field.value)} if field.value else {})


def _label(text: str) -> str:
    return cut(" ".join(clean(text).split()), _LABEL) or "-"
