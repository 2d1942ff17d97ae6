"""Addresses with variables in them. No value can change where a request goes: scheme, host, port and path are the template's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from bot.lookups import variables

# Servers and proxies in front of them decode an address before they look for dots and slashes, some of them twice, so
# encoding these is not enough (https://owasp.org/www-community/attacks/Path_Traversal).
_UNFIT = re.compile(r"[/\\%]|\.\.|^\.$")
_HALF_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")


def fault(template: str, known: frozenset[str]) -> str:
    """Why an address cannot be used with these variables; empty when it can."""
    if reason := variables.template_fault(template, known):
        return reason
    try:
        parts = urlsplit(template)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "must be an address with https:// or http://"
    if parts.scheme not in ("https", "http") or not host or re.search(r"[\s\x00-\x1f\x7f|<>]", template):
        return "must be an address with https:// or http://"
    if variables.names(parts.netloc) or variables.names(parts.fragment):
        return "may have variables in its path and behind its ? only"
    if "@" in parts.netloc or parts.fragment:
        return "must have no user, no password and no #"
    if _HALF_ENCODED.search(template) or any(part in (".", "..") for part in parts.path.split("/")):
        return "must be written out, with %25 for % and no dots alone in its path"
    return ""


def fits(value: str) -> bool:
    """Whether a value may stand in an address."""
    return not _UNFIT.search(value) and not any(unicodedata.category(letter)[0] == "C" for letter in value)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The address with these values, all of which fit, percent-encoded."""
    return variables.filled(template, {name: quote(value, safe="") for name, value in values.items()})


def origin(template: str) -> str:
    """Where an address leads, without its path."""
    parts = urlsplit(template)
    return f"{parts.scheme}://{parts.netloc}"
