"""Figures drawn as pictures: a specification of Vega-Lite, turned into SVG for pages and PNG for chats. Pure.

On a page the colours are the page's own variables, so that one picture fits light and dark, and nothing in it is an inline
style, which the pages' policy forbids. Nothing is fetched: the data stand in the specification. The library brings a
JavaScript engine of 90 MB, so it is imported when the first picture is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.insight.contacts import FEELINGS, Shift
from bot.insight.figures import Figures, Stretch
from bot.phrases import say

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_VERSION = "5.20"
_WIDTH, _HEIGHT = 440, 190
_PNG_SCALE = 2.0
_MINUTE = 60.0
_MONTH = 28


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they stand for. `series` are told apart by people who see no red or no green, and by lightness."""

    ink: str
    line: str
    ground: str | None
    series: tuple[str, ...]


SCREEN = Palette("var(--ink-2)", "var(--line)", None, tuple(f"var(--chart-{n})" for n in range(1, 7)))
# Okabe and Ito's colours, darkened or lightened until neighbours differ in grey too.
PAPER = Palette("#474c46", "#e4e4dd", "#ffffff", ("#0a6b50", "#3f8fd0", "#8b5aa8", "#c8500a", "#e5ae2e", "#a7aaa3"))

# What became of reviews, in the order in which it is stacked, with its colour.
OUTCOMES = ("as_is", "edited", "written", "rejected", "by_hand", "unanswered")
_MOODS = {"angry": 3, "negative": 4, "neutral": 5, "positive": 0}


def outcomes(stretches: Sequence[Stretch], palette: Palette = SCREEN) -> dict[str, Any]:
    """How many reviews were opened in each stretch, by what became of them."""
    names = {outcome: say(f"page.outcome.{outcome}") for outcome in OUTCOMES}
    rows = [
        {
            "when": label(one, stretches),
            "what": names[outcome],
            "n": getattr(one.accepted, outcome).part,
            "order": place,
        }
        for one in stretches
        for place, outcome in enumerate(OUTCOMES)
    ]
    return _bars(rows, list(names.values()), palette.series, say("page.chart.reviews"), palette)


def acceptance(stretches: Sequence[Stretch], palette: Palette = SCREEN) -> dict[str, Any]:
    """Which share of the drafts that were decided on was sent as it was, in each stretch."""
    rows = [
        {"when": label(one, stretches), "what": say("page.chart.accepted"), "n": one.accepted.accepted.rate}
        for one in stretches
        if one.accepted.accepted.rate is not None
    ]
    when = [label(one, stretches) for one in stretches]
    return _lines(rows, when, [say("page.chart.accepted")], palette, axis={"format": "%"}, scale={"domain": [0, 1]})


def reply_times(stretches: Sequence[Stretch], palette: Palette = SCREEN) -> dict[str, Any]:
    """How long customers waited for their reply in each stretch, in minutes."""
    names = {"p50": say("page.chart.p50"), "p90": say("page.chart.p90")}
    rows = [
        {"when": label(one, stretches), "what": names[which], "n": getattr(one.times.reply, which) / _MINUTE}
        for one in stretches
        for which in names
        if one.times.reply.count
    ]
    when = [label(one, stretches) for one in stretches]
    return _lines(rows, when, list(names.values()), palette, title=say("page.chart.minutes"))


def moods(stretches: Sequence[Stretch], palette: Palette = SCREEN) -> dict[str, Any]:
    """How customers sounded in each stretch, in shares."""
    names = {feeling: say(f"page.mood.{feeling}") for feeling in FEELINGS}
    rows = [
        {"when": label(one, stretches), "what": names[feeling], "n": count, "order": FEELINGS.index(feeling)}
        for one in stretches
        for feeling, count in one.feelings.items()
    ]
    colours = tuple(palette.series[_MOODS[feeling]] for feeling in FEELINGS)
    return _bars(rows, list(names.values()), colours, say("page.chart.customers"), palette, stack="normalize")


def before_and_after(shift: Shift, palette: Palette = SCREEN) -> dict[str, Any]:
    """How the same customers sounded before a reply and after it."""
    names = {feeling: say(f"page.mood.{feeling}") for feeling in FEELINGS}
    sides = {say("page.chart.before"): shift.before, say("page.chart.after"): shift.after}
    rows = [
        {"when": side, "what": names[feeling], "n": told.get(feeling, 0), "order": FEELINGS.index(feeling)}
        for side, told in sides.items()
        for feeling in FEELINGS
    ]
    colours = tuple(palette.series[_MOODS[feeling]] for feeling in FEELINGS)
    spec = _bars(rows, list(names.values()), colours, "", palette, stack="normalize")
    spec["height"] = 150
    across = spec["encoding"]
    across["x"], across["y"] = across["y"], across["x"] | {"sort": list(sides)}
    across["y"]["axis"] |= {"labelOverlap": False, "labelFontSize": 12}
    return spec


def costs(stretches: Sequence[Stretch], palette: Palette = SCREEN) -> dict[str, Any]:
    """What drafts cost in each stretch."""
    name = say("page.chart.price")
    rows = [{"when": label(one, stretches), "what": name, "n": one.cost.price, "order": 0} for one in stretches]
    spec = _bars(rows, [name], palette.series, name, palette)
    spec["encoding"]["color"]["legend"] = None
    return spec


def label(one: Stretch, stretches: Sequence[Stretch]) -> str:
    """A stretch under its bar, as short as can be: a month as `2026-11`, else its first day as `11-23`."""
    monthly = len(stretches) > 2 and (stretches[2].first - stretches[1].first).days >= _MONTH
    return one.first.strftime("%Y-%m" if monthly else "%m-%d")


CHARTS = ("outcomes", "acceptance", "times", "moods", "shift", "costs")


def spec(name: str, figures: Figures, palette: Palette = SCREEN) -> dict[str, Any] | None:
    """The chart of this name, one of `CHARTS`; None where there is nothing to draw. Raises `KeyError`."""
    if name == "shift":
        return before_and_after(figures.shift, palette) if figures.shift.pairs else None
    drawn = {"outcomes": outcomes, "acceptance": acceptance, "times": reply_times, "moods": moods, "costs": costs}[name]
    worth_drawing = {
        "outcomes": figures.accepted.opened,
        "acceptance": figures.accepted.accepted.whole,
        "times": figures.times.reply.count,
        "moods": sum(figures.feelings.values()),
        "costs": figures.cost.price,
    }[name]
    return drawn(figures.stretches, palette) if worth_drawing else None


def svg(drawn: dict[str, Any]) -> str:
    """The picture for a page. What reads it aloud reads the page's own words for it."""
    picture: str = _library().vegalite_to_svg(drawn, vl_version=_VERSION)
    return picture.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def png(drawn: dict[str, Any]) -> bytes:
    """The picture for a chat."""
    picture: bytes = _library().vegalite_to_png(drawn, vl_version=_VERSION, scale=_PNG_SCALE)
    return picture


@cache
def _library() -> Any:
    import vl_convert

    return vl_convert


def _bars(
    rows: list[dict[str, Any]],
    names: list[str],
    colours: Sequence[str],
    title: str,
    palette: Palette,
    stack: str = "zero",
) -> dict[str, Any]:
    axis = {"format": "%"} if stack == "normalize" else {}
    return _spec(
        rows,
        {"type": "bar", "cornerRadius": 1},
        {
            "x": _when(),
            "y": {"field": "n", "type": "quantitative", "stack": stack, "title": title or None, "axis": _axis(axis)},
            "color": _colours(names, colours),
            "order": {"field": "order", "type": "quantitative"},
        },
        palette,
    )


def _lines(
    rows: list[dict[str, Any]],
    when: list[str],
    names: list[str],
    palette: Palette,
    title: str = "",
    axis: dict[str, Any] | None = None,
    scale: dict[str, Any] | None = None,
) -> dict[str, Any]:
    legend = {"orient": "top", "title": None, "symbolStrokeWidth": 2, "columnPadding": 34}
    return _spec(
        rows,
        {"type": "line", "point": {"size": 34, "filled": True}, "strokeWidth": 2},
        {
            "x": _when() | {"scale": {"domain": when}},
            "y": {
                "field": "n",
                "type": "quantitative",
                "title": title or None,
                "axis": _axis(axis or {}),
                "scale": scale or {"zero": True},
            },
            "color": _colours(names, (palette.series[0], palette.series[3])) | {"legend": legend},
            # Told apart without any colour too.
            "strokeDash": {"field": "what", "type": "nominal", "scale": {"domain": names, "range": [[1, 0], [5, 4]]}},
            "shape": {"field": "what", "type": "nominal", "scale": {"domain": names, "range": ["circle", "square"]}},
        },
        palette,
    )


def _when() -> dict[str, Any]:
    return {
        "field": "when",
        "type": "ordinal",
        "title": None,
        "axis": {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 14},
    }


def _axis(more: dict[str, Any]) -> dict[str, Any]:
    return {"tickCount": 4, **more}


def _colours(names: list[str], colours: Sequence[str]) -> dict[str, Any]:
    scale = {"domain": names, "range": list(colours[: len(names)])}
    legend = {
        "orient": "top",
        "title": None,
        "columns": 4 if len(names) == 4 else 3,
        "symbolType": "square",
        "columnPadding": 26,
    }
    return {"field": "what", "type": "nominal", "scale": scale, "legend": legend}


def _spec(
    rows: list[dict[str, Any]], mark: dict[str, Any], encoding: dict[str, Any], palette: Palette
) -> dict[str, Any]:
    words = {"labelColor": palette.ink, "titleColor": palette.ink, "labelFontSize": 11, "titleFontSize": 11}
    axis = {**words, "titleFontWeight": "normal", "gridColor": palette.line, "domainColor": palette.line}
    return {
        "$schema": _SCHEMA,
        "width": _WIDTH,
        "height": _HEIGHT,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": palette.ground,
        "padding": 2 if palette.ground is None else 16,
        "data": {"values": rows},
        "mark": mark,
        "encoding": encoding,
        "config": {
            "aria": False,
            "font": "Roboto, Helvetica, Arial, sans-serif",
            "view": {"stroke": None},
            "axis": {**axis, "tickColor": palette.line},
            "axisX": {"grid": False},
            "legend": {**words, "labelLimit": 200},
            "scale": {"bandPaddingInner": 0.22},
        },
    }
