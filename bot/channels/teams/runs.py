"""Text on a card that nothing can be made of: runs, in which Teams reads neither Markdown nor HTML.

Teams' own client makes links of Markdown in a TextBlock or a FactSet and swallows tags there. What a customer or a model
wrote, and every name, stands in runs or in the box of an input.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Element = dict[str, Any]
Run = dict[str, Any]
# Each line is an element of its own; a text of blank lines would be a card of nothing else.
_LINES = 60


def run(text: str, **look: Any) -> Run:
    """A stretch of text in one look."""
    return {"type": "TextRun", "text": text, **look}


def line(*runs: Run, **look: Any) -> Element:
    """One line of text."""
    return {"type": "RichTextBlock", "inlines": list(runs), **look}


def said(text: str, **look: Any) -> Element:
    """One line in one look; a line break in it becomes a space."""
    return line(run(" ".join(text.split()) or " ", **look))


def lines(runs: Iterable[Run]) -> list[Element]:
    """The runs with their line breaks, an element for each line: not every client breaks a line within one.

    A blank line becomes a gap. What is beyond so many lines is left out, with an ellipsis.
    """
    rows: list[list[Run]] = [[]]
    for one in runs:
        first, *others = one["text"].split("\n")
        rows[-1].append(one | {"text": first})
        rows += [[one | {"text": other}] for other in others]
    made: list[Element] = []
    gap = False
    for row in rows:
        shown = [one for one in row if one["text"]]
        if not "".join(one["text"] for one in shown).strip():
            gap = bool(made)
            continue
        if len(made) == _LINES:
            made.append(line(run("…"), spacing="None"))
            break
        made.append(line(*shown, spacing="Small" if gap else "None"))
        gap = False
    return made
