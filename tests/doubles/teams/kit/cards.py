"""Whole cards: what Teams takes, and the error it answers with otherwise."""

from __future__ import annotations

from typing import Any

from tests.doubles.slack.kit.rules import Fields, Findings, Need, Rule, anything, boolean, listing, record
from tests.doubles.teams.kit import walk
from tests.doubles.teams.kit.actions import action, execute, select
from tests.doubles.teams.kit.elements import background, items, vertical
from tests.doubles.teams.kit.rules import pixels, text, word
from tests.doubles.teams.wire import Json, Refused, dumps

BYTES = 28 * 1024  # of JSON in UTF-8
VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")  # Teams knows no later one
SINCE = {"Action.Execute": "1.4", "Table": "1.5", "ActionSet": "1.2", "RichTextBlock": "1.2", "TextRun": "1.2"}
PRIMARY = 6  # more buttons in a row than Teams' clients show

_mention = record({"type": Need(word("mention")), "text": Need(text), "mentioned": Need(anything)})
_msteams = record({"width": word("full"), "entities": listing(_mention, 100, 0)})
_refresh = record({"type": word("Refresh"), "action": execute, "userIds": listing(text, 60, 0), "expires": text})
_CARD: Fields = {
    "type": Need(word("AdaptiveCard")),
    "version": word(*VERSIONS),
    "$schema": text,
    "body": items,
    "actions": listing(action, 100, 0),
    "selectAction": select,
    "fallbackText": text,
    "backgroundImage": background,
    "minHeight": pixels,
    "rtl": boolean,
    "speak": text,
    "lang": text,
    "verticalContentAlignment": vertical,
    "refresh": _refresh,
    "authentication": anything,
    "msteams": _msteams,
}


def _consistent(found: Findings, at: str, card: Any) -> None:
    """Ids of inputs are unique in the whole card; nothing is newer than the version; what is toggled is there."""
    ids = [one["id"] for one, _ in walk.inputs(card)]
    for name in sorted({one for one in ids if ids.count(one) > 1}):
        found.add(at, f"the input id {name} is there twice")
    for one, _ in walk.everything(card):
        if card["version"] < SINCE.get(one["type"], "1.0"):
            found.add(at, f"{one['type']} needs version {SINCE[one['type']]}, the card says {card['version']}")
    known = {one["id"] for one, _ in walk.everything(card) if "id" in one}
    for one, _ in walk.actions(card):
        targets = (t if isinstance(t, str) else t["elementId"] for t in one.get("targetElements", ()))
        for target in targets:
            if target not in known:
                found.add(at, f"there is no element {target} to toggle")


shown: Rule = record(_CARD)
_posted = record({**_CARD, "version": Need(word(*VERSIONS))}, _consistent)


def problems(card: Any) -> list[str]:
    """What is wrong with a card, each with a JSON pointer."""
    found = Findings()
    _posted(found, "", card)
    return found.problems


def check(card: Any) -> Json:
    """The card, if Teams can show it. Raises `Refused`."""
    if wrong := problems(card):
        raise Refused(400, "BadSyntax", f"Invalid Adaptive Card: {'; '.join(wrong)}")
    size = len(dumps(card).encode("utf-8", "surrogatepass"))
    if size > BYTES:
        raise Refused(413, "MessageSizeTooBig", f"Message size too large: a card of {size} bytes, {BYTES} at most.")
    taken: Json = card
    return taken


def advice(card: Json) -> list[str]:
    """What Teams shows otherwise than meant."""
    told = []
    for row in walk.rows(card):
        primary = [one for one in row if str(one.get("mode", "primary")).lower() == "primary"]
        if len(primary) > PRIMARY:
            told.append(f"{len(primary)} primary actions in a row; Teams shows {PRIMARY}")
    told += [f"{one['type']} without a title" for row in walk.rows(card) for one in row if not one.get("title")]
    for one, _ in walk.inputs(card):
        if "label" not in one and one["type"] != "Input.Toggle":
            told.append(f"{one['type']} {one['id']} without a label, which screen readers need")
        if (one.get("isRequired") or "regex" in one) and "errorMessage" not in one:
            told.append(f"{one['type']} {one['id']} can be wrong, but has no errorMessage")
    for one, _ in walk.everything(card):
        if one["type"] == "Image" and not one.get("altText"):
            told.append("an Image without altText, which screen readers need")
        if one["type"] == "TextBlock" and one.get("wrap") is not True:
            told.append("a TextBlock that does not wrap is cut off")
    return told
