"""What a person sees and presses on a card, what it sends, and what the answer to it shows.

https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from tests.doubles.teams.kit import cards, walk
from tests.doubles.teams.wire import Json, NotOffered, Refused
from tests.doubles.teams.world import ADAPTIVE, Message, User

WORDS, ERROR = "application/vnd.microsoft.activity.message", "application/vnd.microsoft.error"
Given = Mapping[str, str]


class Clicks:
    """Which card whom was shown instead of the posted one, and the sentences that clicks were answered with.

    With `heeds_length` the client keeps to maxLength, which it need not.
    """

    def __init__(self, complaints: list[str]) -> None:
        self.complaints = complaints
        self.heeds_length = False
        self.whispers: list[tuple[User, str]] = []
        self._own: dict[tuple[str, str, str], Json] = {}

    def card(self, message: Message, user: User | None = None) -> Json | None:
        """The card that everybody sees, or this person."""
        own = self._own.get((message.channel.id, message.id, user.id)) if user else None
        return own or message.card

    def redrawn(self, message: Message) -> None:
        """The posted card was updated, so everybody sees that."""
        for key in [key for key in self._own if key[:2] == (message.channel.id, message.id)]:
            del self._own[key]

    def action(self, card: Json, name: str, old_client: bool = False) -> tuple[Json, walk.Path]:
        """What is pressed, by its verb, id or title. An old client knows no Action.Execute and shows its fallback."""
        offered = list(walk.actions(card))
        for one, path in offered:
            if name in (one.get("verb"), one.get("id"), one.get("title")) and one.get("isEnabled", True):
                shown = one.get("fallback") if old_client and one["type"] == "Action.Execute" else one
                if isinstance(shown, dict):
                    return shown, path
        raise NotOffered(f"nothing called {name!r} can be pressed, only {[_name(one) for one, _ in offered]}")

    def data(self, card: Json, action: Json, path: walk.Path, given: Given) -> Any:
        """What the action sends: its data with all that is filled in, touched or not."""
        carried = copy.deepcopy(action.get("data", {}))
        if str(action.get("associatedInputs", "auto")).lower() == "none":
            if given:
                raise NotOffered(f"{_name(action)} takes no inputs along")
            return carried
        filled, left = {}, set(given)
        for one, where in walk.inputs(card):
            if where == path[: len(where)]:
                filled[one["id"]] = self._filled(one, given.get(one["id"]))
                left.discard(one["id"])
        if left:
            raise NotOffered(f"no fields {sorted(left)} go with {_name(action)}, only {sorted(filled)}")
        if not isinstance(carried, dict):
            return carried  # a string takes nothing along
        return {**carried, **{name: value for name, value in filled.items() if value is not None}}

    def answered(self, user: User, message: Message, answer: Any) -> None:
        """Show what the bot answered to the one who pressed, and to nobody else."""
        try:
            self._show(user, message, answer)
        except Refused as refused:
            self.complaints.append(f"the answer to {user.name}'s click was refused: {refused.message}")

    def _show(self, user: User, message: Message, answer: Any) -> None:
        if not isinstance(answer, dict) or not answer.keys() >= {"statusCode", "type", "value"}:
            raise Refused(400, "BadAnswer", f"no statusCode, type and value in {str(answer)[:80]!r}")
        value = answer["value"]
        match answer["statusCode"], answer["type"]:
            case 200, kind if kind == ADAPTIVE:
                self._own[message.channel.id, message.id, user.id] = cards.check(value)
            case 200, kind if kind == WORDS:
                if not isinstance(value, str) or not value:
                    raise Refused(400, "BadAnswer", "a message without words")
                self.whispers.append((user, value))
            case ((400 | 412 | 500), kind) if kind == ERROR:
                if not isinstance(value, dict) or not all(isinstance(value.get(n), str) for n in ("code", "message")):
                    raise Refused(400, "BadAnswer", "an error without code and message")
                self.complaints.append(f"{user.name} saw the error {value['code']}: {value['message']}")
            case status, kind:
                raise Refused(400, "BadAnswer", f"statusCode {status} with type {kind}")

    def _filled(self, one: Json, given: str | None) -> str | None:
        """What the client sends for an input; None where it sends nothing."""
        kind = one["type"]
        if kind == "Input.Toggle":
            off, on = one.get("valueOff", "false"), one.get("valueOn", "true")
            chosen = given if given is not None else one.get("value", off)
            if chosen not in (on, off):
                raise NotOffered(f"{one['id']} is {on} or {off}, not {chosen}")
            return str(chosen)
        text = str(one.get("value", "")) if given is None else given
        if not text:
            if one.get("isRequired"):
                raise NotOffered(f"{one['id']} has to be filled in: {one.get('errorMessage', '')}")
            return "" if given is not None else None
        if kind == "Input.ChoiceSet":
            offered = [choice["value"] for choice in one["choices"]]
            wanted = text.split(",") if one.get("isMultiSelect") else [text]
            if not set(wanted) <= set(offered):
                raise NotOffered(f"{wanted} is not among the choices {offered}")
        if "regex" in one and not re.search(one["regex"], text):
            raise NotOffered(f"{one['id']}: {one.get('errorMessage', 'not in the required form')}")
        if self.heeds_length and len(text) > one.get("maxLength", len(text)):
            raise NotOffered(f"only {one['maxLength']} characters fit into {one['id']}")
        return text


def _name(action: Json) -> str:
    return str(action.get("verb") or action.get("id") or action.get("title") or action["type"])
