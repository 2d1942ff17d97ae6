"""The elements of Adaptive Cards 1.5: https://adaptivecards.io/explorer, schema 1.5.0."""

from __future__ import annotations

from tests.doubles.slack.kit.rules import Fields, Need, Rule, anything, boolean, by_type, listing, record
from tests.doubles.teams.kit.actions import action, select
from tests.doubles.teams.kit.inputs import INPUTS
from tests.doubles.teams.kit.rules import address, either, features, later, number, pixels, text, word

_MANY = 1000
_SIZES = ("default", "small", "medium", "large", "extraLarge")
_across = word("left", "center", "right")
_down = word("top", "center", "bottom")
_style = word("default", "emphasis", "good", "attention", "warning", "accent")
_picture_size = word("auto", "stretch", "small", "medium", "large")

background = either(
    address,
    record(
        {
            "type": word("BackgroundImage"),
            "url": Need(address),
            "fillMode": word("cover", "repeatHorizontally", "repeatVertically", "repeat"),
            "horizontalAlignment": _across,
            "verticalAlignment": _down,
        }
    ),
)
vertical = _down
items = listing(later(lambda: element), _MANY, 0)
_LOOK: Fields = {"type": Need(anything), "id": text, "isVisible": boolean, "requires": features}
_SPACED: Fields = {
    **_LOOK,
    "fallback": either(word("drop"), later(lambda: element)),
    "separator": boolean,
    "spacing": word("default", "none", "small", "medium", "large", "extraLarge", "padding"),
}
_ANY: Fields = {**_SPACED, "height": word("auto", "stretch")}
_WORDS: Fields = {
    "text": Need(text),
    "color": word("default", "dark", "light", "accent", "good", "warning", "attention"),
    "fontType": word("default", "monospace"),
    "isSubtle": boolean,
    "size": word(*_SIZES),
    "weight": word("default", "lighter", "bolder"),
}
_BOX: Fields = {
    "selectAction": select,
    "style": _style,
    "verticalContentAlignment": _down,
    "bleed": boolean,
    "backgroundImage": background,
    "minHeight": pixels,
    "rtl": boolean,
}
_RUN: Fields = {**_WORDS, **dict.fromkeys(("highlight", "italic", "strikethrough", "underline"), boolean)}
_inline = either(text, by_type({"TextRun": record({"type": Need(anything), **_RUN, "selectAction": select})}, "inline"))
_fact = record({"type": word("Fact"), "title": Need(text), "value": Need(text)})
_image = record(
    {
        **_SPACED,
        "url": Need(address),
        "altText": text,
        "backgroundColor": text,
        "height": either(pixels, word("auto", "stretch")),
        "horizontalAlignment": _across,
        "selectAction": select,
        "size": _picture_size,
        "style": word("default", "person"),
        "width": pixels,
    }
)
_source = record({"type": word("MediaSource"), "mimeType": Need(text), "url": Need(address)})
_width = either(number, pixels, word("auto", "stretch"))
_column = record({**_SPACED, **_BOX, "type": word("Column"), "items": items, "width": _width})
_CELLS: Fields = {"horizontalCellContentAlignment": _across, "verticalCellContentAlignment": _down}
_cell = record({**_BOX, "type": word("TableCell"), "items": Need(items)})
_row = record({**_CELLS, "type": word("TableRow"), "cells": listing(_cell, _MANY, 0), "style": _style})
_table_column = record({**_CELLS, "type": word("TableColumnDefinition"), "width": _width})

element: Rule = by_type(
    {
        **INPUTS,
        "TextBlock": record(
            {
                **_ANY,
                **_WORDS,
                "horizontalAlignment": _across,
                "maxLines": number,
                "wrap": boolean,
                "style": word("default", "heading"),
            }
        ),
        "RichTextBlock": record(
            {**_ANY, "inlines": Need(listing(_inline, _MANY, 0)), "horizontalAlignment": _across}
        ),
        "FactSet": record({**_ANY, "facts": Need(listing(_fact, _MANY, 0))}),
        "Image": _image,
        "ImageSet": record({**_ANY, "images": Need(listing(_image, _MANY)), "imageSize": _picture_size}),
        "Media": record({**_ANY, "sources": Need(listing(_source, 10)), "poster": address, "altText": text}),
        "Container": record({**_ANY, **_BOX, "items": Need(items)}),
        "ColumnSet": record(
            {
                **_ANY,
                "columns": listing(_column, 100, 0),
                "selectAction": select,
                "style": _style,
                "bleed": boolean,
                "minHeight": pixels,
                "horizontalAlignment": _across,
            }
        ),
        "Table": record(
            {
                **_ANY,
                **_CELLS,
                "columns": listing(_table_column, 100, 0),
                "rows": listing(_row, _MANY, 0),
                "firstRowAsHeader": boolean,
                "showGridLines": boolean,
                "gridStyle": _style,
            }
        ),
        "ActionSet": record({**_ANY, "actions": Need(listing(action, 100))}),
    },
    "element",
)  # fmt: skip
