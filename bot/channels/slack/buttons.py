"""What can be pressed on a card: its buttons and its menu, what they carry, and how a press is read again."""

from __future__ import annotations

from typing import Any

from bot.channels.card import Card
from bot.channels.checks import Check
from bot.channels.form import Button
from bot.channels.slack.payload import Payload, text
from bot.channels.words import clean, cut
from bot.phrases import say

Element = dict[str, Any]
# https://docs.slack.dev/reference/block-kit
LABEL, ELEMENTS, OPTIONS, TITLE, QUESTION, ANSWER = 75, 25, 5, 100, 300, 30
# What a button's action_id begins with: whether the click decides at once or asks for something first.
DECIDE, ASK = "decide.", "ask."
# The menu with what is needed less often. An option's value is what a button of its own would have for an action_id, a
# space, and what that button would carry.
MENU, COPY = "menu", "copy"


def actions(card: Card, link: str) -> list[Element]:
    """The block with everything that can be pressed; none when nothing can. `link` leads to the review's page."""
    menu = _menu(card, link)
    made = [_button(card, button) for button in card.buttons if not button.aside][: ELEMENTS - len(menu)]
    return [{"type": "actions", "block_id": "decide", "elements": [*made, *menu]}] if made or menu else []


def striking(card: Card, check: Check) -> Element:
    """The button that takes a sentence out at once; which one stands in its name."""
    return {
        "type": "button",
        "action_id": ".".join([f"{DECIDE}strike", *(check.strike or {}).values()]),
        "text": plain_text(cut(say("check.remove"), LABEL)),
        "accessibility_label": cut(say("check.remove_about"), LABEL),
        "value": carried(card.review, card.version),
    }


def chosen(name: str) -> tuple[str, dict[str, str]]:
    """The verb that an action_id names, and what was chosen with it."""
    verb, _, sentence = name.partition(".")[2].partition(".")
    return verb, {"sentence": sentence} if sentence else {}


def carried(review: str, version: int) -> str:
    """What a button carries: ids and nothing else, because the row in the database is the truth."""
    return f"{review}:{version}"


def pressed(value: str) -> tuple[str, int] | None:
    """The review and version that a button or a form carries; None when it carries none."""
    review, _, version = value.rpartition(":")
    if not review or len(version) > 9 or not (version.isascii() and version.isdecimal()):
        return None
    return review, int(version)


def name_and_value(action: Payload) -> tuple[str, str]:
    """The action_id and the value of what was pressed, on its own or in the menu."""
    if option := text(action, "selected_option", "value"):
        name, _, value = option.partition(" ")
        return name, value
    return text(action, "action_id"), text(action, "value")


def plain_text(words: str) -> Element:
    """A text object in which nothing is parsed."""
    return {"type": "plain_text", "text": words, "emoji": False}


def _button(card: Card, button: Button) -> Element:
    made: Element = {
        "type": "button",
        "action_id": _name(button)[:255],
        "text": plain_text(cut(button.label, LABEL)),
        "value": carried(card.review, card.version),
    }
    made |= {"style": button.style} if button.style in ("primary", "danger") else {}
    return made | ({"confirm": _question(button.confirm)} if button.confirm else {})


def _menu(card: Card, link: str) -> list[Element]:
    """None without anything to choose: the link alone stands on the card already."""
    choices = [(button.label, _name(button)) for button in card.buttons if button.aside][: OPTIONS - 1]
    choices += [(say("slack.card.copy"), COPY)] if choices and link else []
    here = carried(card.review, card.version)
    options = [{"text": plain_text(cut(label, LABEL)), "value": f"{name} {here}"} for label, name in choices]
    return [{"type": "overflow", "action_id": MENU, "options": options}] if options else []


def _name(button: Button) -> str:
    return f"{ASK if button.fields else DECIDE}{button.verb}"


def _question(words: str) -> Element:
    """What is asked before a click counts."""
    return {
        "title": plain_text(cut(say("confirm.title"), TITLE)),
        "text": plain_text(cut(clean(words), QUESTION) or "-"),
        "confirm": plain_text(cut(say("confirm.yes"), ANSWER)),
        "deny": plain_text(cut(say("confirm.no"), ANSWER)),
    }
