"""The two pictures that Teams wants with an app: a tick above a line to sign on, drawn here so that nothing has to be kept."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable

Point = tuple[float, float]
Colour = tuple[int, int, int]
BLUE: Colour = (0x1D, 0x35, 0x57)
WHITE: Colour = (0xFF, 0xFF, 0xFF)
# Strokes in a square of side one, and half their width.
_STROKES: tuple[tuple[Point, Point], ...] = (
    ((0.26, 0.46), (0.43, 0.62)),
    ((0.43, 0.62), (0.76, 0.25)),
    ((0.26, 0.80), (0.76, 0.80)),
)
_HALF = 0.045


def colour_icon() -> bytes:
    """192 by 192 pixels in full colour."""
    return _png(192, lambda covered: bytes((*_mixed(BLUE, WHITE, covered), 0xFF)))


def outline_icon() -> bytes:
    """32 by 32 pixels, white on nothing."""
    return _png(32, lambda covered: bytes((*WHITE, round(0xFF * covered))))


def _png(side: int, dye: Callable[[float], bytes]) -> bytes:
    """https://www.w3.org/TR/png-3/: a header, the lines each after a 0 for "unfiltered", and an end."""
    rows = (b"\0" + b"".join(dye(_covered(x, y, side)) for x in range(side)) for y in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _covered(x: int, y: int, side: int) -> float:
    """How much of a pixel the strokes cover, from 0 to 1."""
    at = ((x + 0.5) / side, (y + 0.5) / side)
    nearest = min(_distance(at, *stroke) for stroke in _STROKES)
    return min(1.0, max(0.0, (_HALF - nearest) * side + 0.5))


def _distance(at: Point, begin: Point, end: Point) -> float:
    run, rise = end[0] - begin[0], end[1] - begin[1]
    along = ((at[0] - begin[0]) * run + (at[1] - begin[1]) * rise) / (run * run + rise * rise)
    share = min(1.0, max(0.0, along))
    return math.hypot(at[0] - begin[0] - share * run, at[1] - begin[1] - share * rise)


def _mixed(ground: Colour, ink: Colour, share: float) -> Colour:
    red, green, blue = (round(low + (high - low) * share) for low, high in zip(ground, ink, strict=True))
    return red, green, blue
