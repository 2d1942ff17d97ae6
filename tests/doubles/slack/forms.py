"""How what a person chose or typed looks in a payload, with the checks that Slack's client makes beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.doubles.slack.kit.elements import TYPED
from tests.doubles.slack.modals import View
from tests.doubles.slack.wire import Json, NotOffered

Given = str | Iterable[str]
TEXTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
PICKED = {  # element type -> the field that holds the choice
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
}
SEVERAL = ("checkboxes", "multi_static_select")


def filled(element: Json, given: Given) -> Json:
    """The part of an action or a state value that says what was chosen."""
    kind = element["type"]
    if kind in TEXTS:
        return {"value": _typed(element, str(given)) or None}
    if kind in PICKED:
        return {PICKED[kind]: str(given) or None}
    wanted = [given] if isinstance(given, str) else list(given)
    options = [*element.get("options", ()), *(o for g in element.get("option_groups", ()) for o in g["options"])]
    chosen = [option for option in options if option["value"] in wanted]
    if len(chosen) != len([value for value in wanted if value]):
        raise NotOffered(f"{wanted} is not among the options {[option['value'] for option in options]}")
    if kind in SEVERAL:
        return {"selected_options": chosen}
    return {"selected_option": chosen[0] if chosen else None}


def initial(element: Json) -> Given:
    """What stands there before anybody touches it."""
    for name, value in element.items():
        if name == "initial_option":
            return str(value["value"])
        if name == "initial_options":
            return [option["value"] for option in value]
        if name.startswith("initial_"):
            return str(value)
    return ""


def said_back(view: View, given: Mapping[str, Given], sending: bool = True) -> dict[str, dict[str, Json]]:
    """`state.values`: everything in the modal, touched or not; before `sending` nothing has to be filled in."""
    state: dict[str, dict[str, Json]] = {}
    left = set(given)
    for block in view.inputs():
        element, block_id = block["element"], block["block_id"]
        key = next((name for name in (element["action_id"], block_id) if name in given), None)
        entered = initial(element) if key is None else given[key]
        left.discard(key or "")
        if sending and not entered and not block.get("optional"):
            raise NotOffered(f"{block['label']['text']!r} has to be filled in")
        state[block_id] = {element["action_id"]: {"type": element["type"], **filled(element, entered)}}
    if left:
        raise NotOffered(f"the modal {view.title!r} has no fields {sorted(left)}")
    return state


def _typed(element: Json, text: str) -> str:
    if len(text) > element.get("max_length", TYPED):
        raise NotOffered(f"only {element.get('max_length', TYPED)} characters fit, not {len(text)}")
    if text and len(text) < element.get("min_length", 0):
        raise NotOffered(f"at least {element['min_length']} characters are needed")
    return text
