"""Block Kit in the fake Slack: every limit has a case that is just right and one that is a little too much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.doubles.slack.kit import blocks
from tests.doubles.slack.wire import Refused

Block = dict[str, Any]
Make = Callable[[int], Block]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain("Go"), **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def options(count: int, text: int = 1, value: int = 4) -> list[Block]:
    return [{"text": plain("x" * text), "value": f"{number:0{value}d}"} for number in range(count)]


def field(**element: Any) -> Block:
    return {"type": "input", "label": plain("Reply"), "element": {"type": "plain_text_input", **element}}


def menu(kind: str, **more: Any) -> Block:
    return actions({"type": kind, **more})


def confirm(**more: int) -> Block:
    sizes = {"title": 5, "text": 5, "confirm": 5, "deny": 5, **more}
    return actions(button(confirm={name: plain("x" * size) for name, size in sizes.items()}))


def rich(*elements: Block, part: str = "rich_text_section", **more: Any) -> Block:
    return {"type": "rich_text", "elements": [{"type": part, "elements": list(elements), **more}]}


IMAGE = {"type": "image", "image_url": "https://example.com/a.png"}
SECTION = {"type": "section", "text": mrkdwn("x")}
LIMITS: dict[str, tuple[int, Make]] = {
    "section text": (3000, lambda n: {"type": "section", "text": mrkdwn("x" * n)}),
    "section fields": (10, lambda n: {"type": "section", "fields": [plain("x")] * n}),
    "a section's field": (2000, lambda n: {"type": "section", "fields": [plain("x" * n)]}),
    "header": (150, lambda n: {"type": "header", "text": plain("x" * n)}),
    "context": (10, lambda n: {"type": "context", "elements": [mrkdwn("x")] * n}),
    "actions": (25, lambda n: actions(*(button() for _ in range(n)))),
    "button text": (75, lambda n: actions(button(text=plain("x" * n)))),
    "button value": (2000, lambda n: actions(button(value="x" * n))),
    "button url": (3000, lambda n: actions(button(url="https://example.com/".ljust(n, "x")))),
    "action_id": (255, lambda n: actions(button(action_id="x" * n))),
    "block_id": (255, lambda n: {"type": "divider", "block_id": "x" * n}),
    "alt text": (2000, lambda n: {**IMAGE, "alt_text": "x" * n}),
    "overflow": (5, lambda n: menu("overflow", options=options(n))),
    "options": (100, lambda n: menu("static_select", options=options(n))),
    "option text": (75, lambda n: menu("static_select", options=options(1, text=n))),
    "option value": (150, lambda n: menu("static_select", options=options(1, value=n))),
    "radio buttons": (10, lambda n: menu("radio_buttons", options=options(n))),
    "checkboxes": (10, lambda n: menu("checkboxes", options=options(n))),
    "placeholder": (150, lambda n: menu("users_select", placeholder=plain("x" * n))),
    "confirm title": (100, lambda n: confirm(title=n)),
    "confirm text": (300, lambda n: confirm(text=n)),
    "confirm confirm": (30, lambda n: confirm(confirm=n)),
    "confirm deny": (30, lambda n: confirm(deny=n)),
    "input label": (2000, lambda n: {**field(), "label": plain("x" * n)}),
    "input hint": (2000, lambda n: {**field(), "hint": plain("x" * n)}),
    "typed text": (3000, lambda n: field(initial_value="x" * n)),
    "max_length": (3000, lambda n: field(max_length=n)),
    "own max_length": (10, lambda n: field(max_length=10, initial_value="x" * n)),
    "markdown": (12_000, lambda n: {"type": "markdown", "text": "x" * n}),
}


def refusal(given: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        blocks.message_blocks(given)
    return caught.value


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit(limit: str) -> None:
    """What just fits is taken; one more is refused with a pointer to the place."""
    most, make = LIMITS[limit]
    blocks.message_blocks([make(most)])
    refused = refusal([make(most + 1)])
    assert refused.error == "invalid_blocks"
    assert "[json-pointer:/blocks/0" in refused.body["response_metadata"]["messages"][0]


WRONG: dict[str, Any] = {
    "no type": {"text": plain("x")},
    "a type Slack does not know": {"type": "sektion"},
    "a field Slack does not know": {"type": "divider", "color": "red"},
    "a null": {"type": "divider", "block_id": None},
    "a number for a text": {"type": "header", "text": {"type": "plain_text", "text": 7}},
    "a word for a number": field(max_length="7"),
    "one button without its list": {"type": "actions", "elements": button()},
    "an element that is a word": actions("button"),  # type: ignore[arg-type]
    "a confirmation that is a word": actions(button(confirm="sure?")),
    "an image from two places": {**IMAGE, "alt_text": "x", "slack_file": {"id": "F1"}},
    "a section of nothing": {"type": "section"},
    "an empty text": {"type": "section", "text": mrkdwn("")},
    "a text that is only a string": {"type": "section", "text": "x"},
    "mrkdwn in a header": {"type": "header", "text": mrkdwn("x")},
    "mrkdwn on a button": actions(button(text=mrkdwn("x"))),
    "no buttons": actions(),
    "a style Slack does not know": actions(button(style="warning")),
    "an action_id twice in a block": actions(button(action_id="go"), button(action_id="go")),
    "a text field among buttons": actions({"type": "plain_text_input"}),
    "a button in context": {"type": "context", "elements": [button()]},
    "a button as input": {**field(), "element": button()},
    "a link that is none": actions(button(url="example")),
    "an image without words": IMAGE,
    "both options and groups": menu("static_select", options=options(1), option_groups=[]),
    "a choice that is not offered": menu("static_select", options=options(1), initial_option=options(2)[1]),
    "a value twice": menu("overflow", options=options(1) * 2),
    "a confirmation without a title": actions(button(confirm={"text": plain("x")})),
    "min above max": field(min_length=5, max_length=4),
    "rich text of an unknown kind": rich({"type": "blink", "text": "x"}),
    "rich text without its text": rich({"type": "text"}),
    "an empty rich text": rich({"type": "text", "text": ""}),
    "a style that is not true or false": rich({"type": "text", "text": "x", "style": {"bold": "yes"}}),
    "a mention in preformatted text": rich({"type": "user", "user_id": "U1"}, part="rich_text_preformatted"),
    "a list of texts": rich({"type": "text", "text": "x"}, part="rich_text_list", style="bullet"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case: str) -> None:
    """Each alone makes the whole message invalid."""
    assert refusal([SECTION, WRONG[case]]).error == "invalid_blocks"


RIGHT: dict[str, Block] = {
    "rich text": rich(
        {"type": "text", "text": "<!channel> *x*", "style": {"bold": True}},
        {"type": "link", "url": "https://example.com"},
        {"type": "user", "user_id": "U1"},
        {"type": "emoji", "name": "wave"},
        part="rich_text_quote",
    ),
    "a list": rich(
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]},
        part="rich_text_list",
        style="bullet",
    ),
    "code": rich({"type": "text", "text": "x"}, part="rich_text_preformatted", border=1),
    "a section with a menu": {**SECTION, "accessory": {"type": "overflow", "options": options(2)}},
    "the same action_id in two blocks": actions(button(action_id="go")),
    "a date": menu("datepicker", initial_date="2026-11-23"),
    "a multi menu in a section": {**SECTION, "accessory": {"type": "multi_static_select", "options": options(2)}},
    "a table": {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]},
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_taken(case: str) -> None:
    """And every block and element has a name afterwards."""
    first, second = blocks.message_blocks([RIGHT[case], actions(button(action_id="go"))])
    assert first["block_id"]
    assert second["elements"][0]["action_id"] == "go"


def test_the_message_as_a_whole() -> None:
    """Fifty blocks, each with its own block_id, 12,000 characters of Markdown, about 13,200 of everything."""
    divider = {"type": "divider"}
    assert len(blocks.message_blocks([divider] * 50)) == 50
    assert refusal([divider] * 51).error == "invalid_blocks"
    assert refusal([{**divider, "block_id": "a"}] * 2).error == "invalid_blocks"
    assert refusal([{"type": "markdown", "text": "x" * 6_001}] * 2).error == "invalid_blocks"
    long = {"type": "section", "text": mrkdwn("x" * 3000)}
    assert len(blocks.message_blocks([long] * 4)) == 4
    assert refusal([long] * 5).error == "msg_blocks_too_long"
    assert refusal([{**long, "text": mrkdwn("<" * 3000)}] * 4).error == "msg_blocks_too_long"


@pytest.mark.parametrize("given", ["[", "{}", {}, ["x"], "null"])
def test_what_is_no_list_of_blocks(given: Any) -> None:
    """It is refused before anybody looks inside."""
    assert refusal(given).error == "invalid_blocks_format"


MODAL: Block = {"type": "modal", "title": plain("Edit"), "submit": plain("Send"), "blocks": [field()]}
VIEW_LIMITS: dict[str, tuple[int, Make]] = {
    "title": (24, lambda n: {"title": plain("x" * n)}),
    "submit": (24, lambda n: {"submit": plain("x" * n)}),
    "close": (24, lambda n: {"close": plain("x" * n)}),
    "blocks": (100, lambda n: {"blocks": [{"type": "divider"}] * n}),
    "private_metadata": (3000, lambda n: {"private_metadata": "x" * n}),
    "callback_id": (255, lambda n: {"callback_id": "x" * n}),
    "external_id": (255, lambda n: {"external_id": "x" * n}),
}


@pytest.mark.parametrize("limit", VIEW_LIMITS)
def test_a_limit_of_views(limit: str) -> None:
    """One more than the limit is an invalid argument."""
    most, make = VIEW_LIMITS[limit]
    blocks.view({**MODAL, **make(most)}, "modal")
    with pytest.raises(Refused, match="invalid_arguments"):
        blocks.view({**MODAL, **make(most + 1)}, "modal")


@pytest.mark.parametrize(
    ("changes", "without"),
    [
        ({}, "title"),
        ({}, "blocks"),
        ({}, "submit"),  # an input block needs one
        ({"type": "home"}, ""),
        ({"title": mrkdwn("x")}, ""),
        ({"blocks": [{"type": "markdown", "text": "x"}]}, ""),  # only messages have those
        ({"blocks": [field(focus_on_load=True), field(focus_on_load=True)]}, ""),
    ],
)
def test_views_that_are_refused(changes: Block, without: str) -> None:
    """A modal has a title and blocks, and what belongs to messages only is not among them."""
    given = {name: value for name, value in {**MODAL, **changes}.items() if name != without}
    with pytest.raises(Refused, match="invalid_arguments"):
        blocks.view(given, "modal")


def test_a_home_tab_has_no_title() -> None:
    """But it has blocks."""
    blocks.view({"type": "home", "blocks": [SECTION]}, "home")
    with pytest.raises(Refused, match="invalid_arguments"):
        blocks.view({"type": "home", "title": plain("x"), "blocks": [SECTION]}, "home")
