"""Text as it was meant before somebody disguised it: without invisible characters, decoded, turned round."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from string import ascii_lowercase
from urllib.parse import unquote

_TAGS = 0xE0000  # Unicode's tag characters repeat ASCII from here on and are drawn as nothing.
# The flags of England, Scotland and Wales are spelled with them, behind a black flag.
_TAGGED = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]{3,}")
# What turns the direction of writing round, without the marks that Arabic and Hebrew need.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Between letters these say nothing; a byte order mark at the start of a paste, and the joiner of emoji, are innocent.
_NOTHING = re.compile("(?<=\\w)[\u00ad\u180e\u200b\u2060-\u2064\ufeff]+(?=\\w)")
_STRUCK = re.compile("(?:\\w[\u0300-\u036f]{2,}|[^\\s][\u0334-\u0338])")
_MOST_NOTHING, _MOST_STRUCK = 2, 4
_INVISIBLE = "\u00ad\u0300-\u036f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
_ODD = re.compile(f"[{_INVISIBLE}\U000e0020-\U000e007f]")
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<![0-9a-z])(?:[0-9a-f]{2}[ :]?){10,}(?![0-9a-z])", re.IGNORECASE)
_BITS = re.compile(r"(?<!\d)(?:[01]{8}[ ,]?){4,}(?!\d)")
_ESCAPED = re.compile(r"(?:\\x[0-9a-f]{2}|\\u[0-9a-f]{4}){4,}", re.IGNORECASE)
_ENTITIES = re.compile(r"(?:&#x?[0-9a-f]{2,5};){4,}", re.IGNORECASE)
_PERCENT = re.compile(r"(?:%[0-9a-f]{2}){6,}", re.IGNORECASE)
_MORSE = re.compile(r"(?<![\w.-])(?:[.-]{1,5}[ /]{1,3}){6,}[.-]{1,5}(?![\w.-])")
_READABLE = re.compile(r"[\w\s.,;:!?'\"<>()/=*#@&-]")
_LEAST_TEXT, _MOSTLY = 6, 0.95
_LEET = str.maketrans("013457@$", "oieastas")


def fold(text: str) -> str:
    """Small letters without accents, styles and invisible characters; tag characters as the letters they stand for."""
    if text.isascii():
        return text.lower()
    if max(text) > "\U000e0000":
        text = _TAGGED.sub(lambda found: f" {_untagged(found[0])} ", text)
    bare = _UNSEEN.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", bare)


def hidden(text: str) -> Iterator[str]:
    """What a text has that nobody sees, as what it says or by the names of its characters."""
    if not _ODD.search(text):
        return
    for found in _TAGGED.finditer(text):
        yield _untagged(found[0])
    turning = sorted(set(_TURNING.findall(text)))
    nothing = _NOTHING.findall(text)
    if len(nothing) >= _MOST_NOTHING:
        turning += sorted(set("".join(nothing)))
    if len(struck := _STRUCK.findall(text)) >= _MOST_STRUCK:
        yield " ".join(struck[:_MOST_STRUCK])
    for letter in turning:
        yield f"U+{ord(letter):04X}"


def decoded(text: str) -> Iterator[tuple[str, str]]:
    """What stands encoded in a text, and what it reads once decoded."""
    for hint, pattern, decode in _CODES:
        if hint not in text:
            continue
        for found in pattern.finditer(text):
            if _is_text(meant := decode(found[0])):
                yield found[0], meant


def morse(text: str) -> Iterator[str]:
    """What stands in dots and dashes; a line of one of them only parts what is above from what is below."""
    for found in _MORSE.finditer(text):
        if "." in found[0] and "-" in found[0]:
            yield found[0]


def turned(text: str) -> Iterator[str]:
    """A text read backwards and with its letters moved by half the alphabet."""
    yield codecs.encode(text, "rot13")
    yield text[::-1]


def shifted(word: str) -> Iterator[str]:
    """A word read backwards, and with its letters moved along the alphabet by so many places as there are."""
    yield word[::-1]
    for places in range(1, len(ascii_lowercase)):
        yield word.translate(str.maketrans(ascii_lowercase, ascii_lowercase[places:] + ascii_lowercase[:places]))


def squeezed(folded: str) -> str:
    """Its letters alone, with figures as the letters they look like: `1gn0re`, `i g n o r e` and `i-gnore` are one."""
    return re.sub(r"[\W_]+", "", folded.translate(_LEET))


def _untagged(tags: str) -> str:
    return "".join(chr(ord(tag) - _TAGS) for tag in tags).rstrip("\x7f")


def _is_text(meant: str) -> bool:
    return len(meant) >= _LEAST_TEXT and len(_READABLE.findall(meant)) >= _MOSTLY * len(meant)


def _from_base64(blob: str) -> str:
    bare = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _from_hex(blob: str) -> str:
    try:
        return bytes.fromhex(re.sub("[ :]", "", blob)).decode("utf-8")
    except ValueError:
        return ""


def _from_bits(blob: str) -> str:
    return bytes(int(octet, 2) for octet in re.findall("[01]{8}", blob)).decode("utf-8", "replace")


def _from_escapes(blob: str) -> str:
    return "".join(chr(int(code, 16)) for code in re.findall(r"\\[xu]([0-9a-fA-F]+)", blob))


# What a text must have for a code to be in it, how the code looks, and how it is read.
_CODES = (
    ("", _BASE64, _from_base64),
    ("", _HEX, _from_hex),
    ("01", _BITS, _from_bits),
    ("\\", _ESCAPED, _from_escapes),
    ("&#", _ENTITIES, html.unescape),
    ("%", _PERCENT, unquote),
)
