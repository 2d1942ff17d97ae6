"""Charts are pictures that a strict page may show: no inline styles, no addresses, no text that could be markup."""

from __future__ import annotations

import json
import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from bot.insight.cases import Thumbs
from bot.insight.charts import CHARTS, PAPER, SCREEN, png, spec, svg
from bot.insight.figures import Figures, Period, Team, figures
from tests.insight.samples import HOUR, MONDAY, case

PERIOD = Period(date(2026, 11, 2), date(2026, 11, 8))


def _figures() -> Figures:
    first = case(feeling="angry", replied_at=MONDAY + 60, price=0.2, tokens=10)
    again = case(opened_at=MONDAY + HOUR, outcome="rejected")
    return figures([first, again], [], Thumbs(0, 0), [], {"support": Team("Support")}, PERIOD, MONDAY)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_fits_a_strict_page(name: str) -> None:
    """It is XML without styles, scripts or links, coloured by the page's own variables, and hidden from what reads aloud:
    the page has words for it."""
    drawn = spec(name, _figures())
    assert drawn is not None
    picture = svg(drawn)
    root = ET.fromstring(picture)
    assert root.get("aria-hidden") == "true"
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "style", "image", "a", "foreignObject"}
    names = {attribute for element in root.iter() for attribute in element.attrib}
    assert not [one for one in names if one == "style" or one.startswith("on") or one.endswith("href")]
    assert "var(--chart-" in picture


@pytest.mark.parametrize("name", CHARTS)
def test_the_same_chart_is_a_picture_for_chats(name: str) -> None:
    """With colours of its own, because nothing there knows the page's."""
    drawn = spec(name, _figures(), PAPER)
    assert drawn is not None
    assert "var(" not in json.dumps(drawn)
    assert png(drawn).startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_is_fetched(name: str) -> None:
    """The data stand in the specification."""
    drawn = spec(name, _figures())
    assert drawn is not None
    assert list(drawn["data"]) == ["values"]
    assert re.findall(r"https?://[^\"]*", json.dumps(drawn)) == [drawn["$schema"]]


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_to_draw_is_no_chart(name: str) -> None:
    """An empty frame says less than a sentence."""
    empty = figures([], [], Thumbs(0, 0), [], {}, PERIOD, MONDAY)
    assert spec(name, empty) is None


def test_bars_have_the_figures() -> None:
    """On Monday one was sent as drafted and one rejected."""
    drawn = spec("outcomes", _figures(), SCREEN)
    assert drawn is not None
    monday = {row["what"]: row["n"] for row in drawn["data"]["values"] if row["when"] == "11-02"}
    assert monday["Sent as drafted"] == 1
    assert monday["Rejected"] == 1
    assert sum(monday.values()) == 2
