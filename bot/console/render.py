"""Turns values into pages. Whatever a customer or a model wrote is text here, whatever it looks like."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.channels.checks import hidden
from bot.channels.wording import lasting
from bot.console.assets import Assets
from bot.console.ways import ways
from bot.phrases import say

FOLDER = Path(__file__).parent / "pages"
# What HTML cannot carry: control characters, halves of surrogate pairs, and code points that are no characters.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_TINTS = 6


def harmless(value: object) -> object:
    """Text with what HTML cannot carry made visible as U+FFFD; anything else as it is."""
    if isinstance(value, Markup):
        return Markup(_UNFIT.sub("\ufffd", value))  # noqa: S704 - it was markup before
    if isinstance(value, str):
        return _UNFIT.sub("\ufffd", value)
    return value


def cued(text: str, cues: Iterable[str]) -> Markup:
    """The text with every cue marked, without regard to case. Cues are the customer's own words."""
    wanted = sorted({cue.strip() for cue in cues if cue.strip()}, key=len, reverse=True)
    if not wanted:
        return escape(harmless(text))
    pieces = re.split("(" + "|".join(map(re.escape, wanted)) + ")", text, flags=re.IGNORECASE)
    mark = Markup("<mark>{}</mark>")
    return Markup("").join(
        mark.format(harmless(piece)) if odd % 2 else escape(harmless(piece)) for odd, piece in enumerate(pieces)
    )


def apart(text: object) -> str:
    """A name inside a sentence, isolated, so that its writing direction cannot turn the sentence around."""
    return f"\u2068{str(text).translate(_DIRECTIONS)}\u2069"


# Explicit overrides and isolates, which could close the isolation from within.
_DIRECTIONS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def iso(at: float) -> str:
    """A time for `<time datetime>`, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def moment(at: float) -> str:
    """A time to read until the browser has put it into the reader's own zone."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def initials(name: str) -> str:
    """One or two letters for a face."""
    words = re.findall(r"[^\W\d_]+", name)
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def tint(name: str) -> int:
    """A stable colour for a name, 1 to 6."""
    return zlib.crc32(name.encode("utf-8", "replace")) % _TINTS + 1


def language(code: str) -> str:
    """The language's name, or its code when we have no name for it."""
    try:
        return say(f"page.language.{code}")
    except KeyError:
        return code.upper()


class Pages:
    """The templates of `pages/`."""

    def __init__(self, assets: Assets) -> None:
        self.env = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=harmless,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.env.globals |= {"say": say, "asset": assets.url}
        self.env.filters |= {
            "apart": apart,
            "cued": cued,
            "hidden": hidden,
            "initials": initials,
            "iso": iso,
            "lasting": lasting,
            "language": language,
            "moment": moment,
            "tint": tint,
            "ways": ways,
        }

    def draw(self, page: str, /, **values: object) -> str:
        """The page as HTML. Raises Jinja's `UndefinedError` for a value that was not given."""
        return self.env.get_template(page).render(values)
