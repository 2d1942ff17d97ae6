"""The things one can press, choose from and type into, with the limits of Block Kit."""

from __future__ import annotations

from typing import Any

from tests.doubles.slack.kit.rules import (
    Fields,
    Findings,
    Need,
    Rule,
    anything,
    at_least_one,
    boolean,
    by_type,
    exactly_one,
    listing,
    one_of,
    plain,
    record,
    string,
    text,
    url,
    whole,
)  # fmt: skip

TYPED = 3000  # what a plain_text_input can hold


def _action(found: Findings, at: str, value: Any) -> None:
    """An action_id, which may stand only once in its block."""
    string(255)(found, at, value)
    if value in found.action_ids:
        found.add(at, f"`action_id` {value} already exists in this block")
    found.action_ids.add(str(value))


def _focus(found: Findings, at: str, value: Any) -> None:
    boolean(found, at, value)
    found.focused += value is True
    if found.focused > 1:
        found.add(at, "only one element may have focus_on_load")


confirm = record(
    {
        "title": Need(plain(100)),
        "text": Need(text(300)),
        "confirm": Need(plain(30)),
        "deny": Need(plain(30)),
        "style": one_of("primary", "danger"),
    }
)
_SOME: Fields = {"type": Need(anything), "action_id": _action}
_INPUT: Fields = {**_SOME, "focus_on_load": _focus}
_HINTED: Fields = {**_INPUT, "placeholder": plain(150)}
_MENU: Fields = {**_HINTED, "confirm": confirm}


def _options(found: Findings, at: str, value: Any) -> None:
    """What was chosen beforehand has to be among the options."""
    every = [*value.get("options", ()), *(o for group in value.get("option_groups", ()) for o in group["options"])]
    for name in ("initial_option", "initial_options"):
        chosen = value.get(name)
        for option in chosen if isinstance(chosen, list) else [chosen] if chosen else []:
            if option not in every:
                found.add(f"{at}/{name}", "must be one of the options")
    values = [option["value"] for option in every]
    if len(values) != len(set(values)):
        found.add(at, "option values must be unique")


def _option(label: Rule, **more: Rule) -> Rule:
    fields: Fields = {"text": Need(label), "value": Need(string(150)), "description": plain(75), **more}
    return record(fields)


_choice = _option(plain(75))
_rich_choice = _option(text(75))
_group = record({"label": Need(plain(75)), "options": Need(listing(_choice, 100))})


def _menu(several: bool, source: Fields, *also: Rule) -> Rule:
    return record({**_MENU, **source, **({"max_selected_items": whole(1, 100)} if several else {})}, *also)


def _static(several: bool) -> Rule:
    source: Fields = {
        "options": listing(_choice, 100),
        "option_groups": listing(_group, 100),
        **({"initial_options": listing(_choice, 100)} if several else {"initial_option": _choice}),
    }
    return _menu(several, source, exactly_one("options", "option_groups"), _options)


_filter = record(
    {
        "include": listing(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
    at_least_one("include", "exclude_external_shared_channels", "exclude_bot_users"),
)
_SOURCES: dict[str, tuple[Fields, Fields]] = {
    "users": ({"initial_user": string()}, {"initial_users": listing(string(), 100)}),
    "channels": (
        {"initial_channel": string(), "response_url_enabled": boolean},
        {"initial_channels": listing(string(), 100)},
    ),
    "conversations": (
        {
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": _filter,
        },
        {
            "initial_conversations": listing(string(), 100),
            "default_to_current_conversation": boolean,
            "filter": _filter,
        },
    ),
    "external": (
        {"initial_option": _choice, "min_query_length": whole(0, 1000)},
        {"initial_options": listing(_choice, 100), "min_query_length": whole(0, 1000)},
    ),
}
_menus = {f"{name}_select": _menu(False, one) for name, (one, _) in _SOURCES.items()}
_multi_menus = {f"multi_{name}_select": _menu(True, many) for name, (_, many) in _SOURCES.items()}


def _typed(found: Findings, at: str, value: Any) -> None:
    """What stands there at the beginning has to fit as well."""
    most, least = value.get("max_length", TYPED), value.get("min_length", 0)
    if least > most:
        found.add(f"{at}/min_length", "must not be greater than max_length")
    if len(value.get("initial_value", "")) > most:
        found.add(f"{at}/initial_value", f"must be less than {most + 1} characters")


_button = record(
    {
        **_SOME,
        "text": Need(plain(75)),
        "url": url,
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "confirm": confirm,
        "accessibility_label": string(75),
    }
)
_overflow_choice = _option(plain(75), url=url)
_overflow = record({**_SOME, "options": Need(listing(_overflow_choice, 5)), "confirm": confirm}, _options)
_radio = record(
    {**_INPUT, "options": Need(listing(_rich_choice, 10)), "initial_option": _rich_choice, "confirm": confirm}, _options
)
_checks = record(
    {
        **_INPUT,
        "options": Need(listing(_rich_choice, 10)),
        "initial_options": listing(_rich_choice, 10),
        "confirm": confirm,
    },
    _options,
)
_date = record({**_MENU, "initial_date": string(10, 10)})
_time = record({**_MENU, "initial_time": string(5, 5), "timezone": string()})
_moment = record({**_INPUT, "initial_date_time": whole(10**9, 10**10 - 1), "confirm": confirm})
_plain_input = record(
    {
        **_HINTED,
        "initial_value": string(TYPED, 0),
        "multiline": boolean,
        "min_length": whole(0, TYPED),
        "max_length": whole(1, TYPED),
        "dispatch_action_config": anything,
    },
    _typed,
)
_line_input = record({**_HINTED, "initial_value": string(TYPED, 0), "dispatch_action_config": anything})
_number = record(
    {
        **_HINTED,
        "is_decimal_allowed": Need(boolean),
        "initial_value": string(),
        "min_value": string(),
        "max_value": string(),
        "dispatch_action_config": anything,
    }
)
image = record(
    {
        "type": Need(anything),
        "image_url": url,
        "slack_file": record({"id": string(), "url": url}, exactly_one("id", "url")),
        "alt_text": Need(string(2000)),
    },
    exactly_one("image_url", "slack_file"),
)

_everywhere = {
    "static_select": _static(False),
    "multi_static_select": _static(True),
    **_menus,
    **_multi_menus,
    "radio_buttons": _radio,
    "checkboxes": _checks,
    "datepicker": _date,
    "timepicker": _time,
    "datetimepicker": _moment,
}
_pressed = {"button": _button, "overflow": _overflow}
in_actions = by_type(
    {**{n: r for n, r in _everywhere.items() if not n.startswith("multi_")}, **_pressed}, "element in actions"
)
in_section = by_type({**_everywhere, **_pressed, "image": image}, "accessory")
in_input = by_type(
    {
        **_everywhere,
        "plain_text_input": _plain_input,
        "email_text_input": _line_input,
        "url_text_input": _line_input,
        "number_input": _number,
    },
    "element in input",
)
