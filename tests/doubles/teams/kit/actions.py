"""The actions of Adaptive Cards 1.5: https://adaptivecards.io/explorer, schema 1.5.0."""

from __future__ import annotations

from tests.doubles.slack.kit.rules import Fields, Need, Rule, anything, boolean, by_type, listing, record
from tests.doubles.teams.kit.rules import address, data, either, features, later, text, word


def _shown() -> Rule:
    from tests.doubles.teams.kit.cards import shown

    return shown


_ANY: Fields = {
    "type": Need(anything),
    "title": text,
    "iconUrl": address,
    "id": text,
    "style": word("default", "positive", "destructive"),
    "fallback": either(word("drop"), later(lambda: action)),
    "tooltip": text,
    "isEnabled": boolean,
    "mode": word("primary", "secondary"),
    "requires": features,
}
_SENDS: Fields = {**_ANY, "data": data, "associatedInputs": word("auto", "none")}
_TARGET = either(text, record({"type": word("TargetElement"), "elementId": Need(text), "isVisible": boolean}))

_SELECT = {
    "Action.Execute": record({**_SENDS, "verb": text}),
    "Action.Submit": record(_SENDS),
    "Action.OpenUrl": record({**_ANY, "url": Need(address)}),
    "Action.ToggleVisibility": record({**_ANY, "targetElements": Need(listing(_TARGET, 100))}),
}
select: Rule = by_type(_SELECT, "action")
action: Rule = by_type({**_SELECT, "Action.ShowCard": record({**_ANY, "card": later(_shown)})}, "action")
execute: Rule = by_type({"Action.Execute": _SELECT["Action.Execute"]}, "action in refresh")
