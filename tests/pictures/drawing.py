"""Blocks as a page in Slack's manner, and the page as a picture."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from markupsafe import Markup
from playwright.async_api import Browser

Blocks = Sequence[Mapping[str, Any]]
_REFERENCE = re.compile(r"&lt;(.+?)&gt;")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_CODE = re.compile(r"`([^`\n]+)`")
_TOKEN = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Post:
    """A message as it stands in a channel. `at` in unix seconds."""

    name: str
    at: float
    blocks: Blocks = ()
    text: str = ""
    app: bool = False

    @property
    def time(self) -> str:
        """The time of day, in UTC so that a picture does not depend on where it is taken."""
        return datetime.fromtimestamp(self.at, UTC).strftime("%H:%M")


@dataclass(frozen=True)
class Scene:
    """One picture: messages of a channel, or a modal or Home tab (`view`)."""

    name: str
    posts: Sequence[Post] = ()
    view: Mapping[str, Any] | None = None
    width: int = 720
    look: str = "light"
    names: Mapping[str, str] = field(default_factory=dict)


async def draw(browser: Browser, scene: Scene, folder: Path) -> Path:
    """The scene as a PNG in this folder."""
    sheet = await browser.new_page(
        viewport={"width": scene.width, "height": 400}, device_scale_factor=1.5, timezone_id="UTC"
    )
    try:
        await sheet.set_content(page(scene))
        target = folder / f"{scene.name}.png"
        await sheet.locator("main").screenshot(path=target)
        return target
    finally:
        await sheet.close()


def page(scene: Scene) -> str:
    """The scene as HTML; what a block leaves out is left out."""
    room = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, undefined=ChainableUndefined
    )
    room.filters["mrkdwn"] = lambda text: _mrkdwn(text, scene.names)
    values = {"posts": scene.posts, "view": scene.view, "width": scene.width, "look": scene.look, "title": scene.name}
    return room.get_template("page.html").render(values, names=scene.names)


def _mrkdwn(text: str, names: Mapping[str, str]) -> Markup:
    """The few things of Slack's mrkdwn that the cards use: references, bold, code."""
    # What Slack is sent is escaped already, but for its own references.
    shown = _REFERENCE.sub(lambda found: _reference(found[1], names), escape(text, quote=False))
    shown = shown.replace("&amp;lt;", "&lt;").replace("&amp;gt;", "&gt;").replace("&amp;amp;", "&amp;")
    return Markup(_CODE.sub(r'<span class="code">\1</span>', _BOLD.sub(r"<b>\1</b>", shown)))


def _reference(inside: str, names: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        _, at, form, *_ = target.split("^")
        when = datetime.fromtimestamp(int(at), UTC)
        tokens = {"time": when.strftime("%H:%M"), "date_short_pretty": when.strftime("%d %b"), "ago": "a moment ago"}
        return _TOKEN.sub(lambda found: tokens.get(found[1], label), form)
    if target[0] in "#@":
        return f'<span class="pill">{target[0]}{names.get(target[1:], target[1:])}</span>'
    return f"<a>{label or target}</a>"
