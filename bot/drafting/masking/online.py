"""E-mail and network addresses, and what opens doors: passwords, keys, tokens, secrets in links."""

from __future__ import annotations

import ipaddress
import re
from functools import cache

from bot.drafting.masking.kinds import Glance, Span, Spans
from bot.drafting.masking.words import everyday, label, table

_EMAIL = re.compile(r"(?<![\w.%+-])\w[\w.%+'-]{0,63}@(?:[^\W_](?:[\w-]{0,62}\.)){1,8}[^\W\d_]{2,24}(?![\w@])")

_V4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\w)")
_V6 = re.compile(r"(?<![\w:.])(?=[0-9a-fA-F:]*:[0-9a-fA-F]*:[0-9a-fA-F:]*)[0-9a-fA-F:]{6,39}(?![\w:])")
_VERSION = re.compile(r"(?:\bv|version\w*|firmware|release|build)\W{0,3}$", re.IGNORECASE)
# The same in every house, so they say nothing about anybody and stand in every manual.
_EVERYBODYS = [
    ipaddress.ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "0.0.0.0/32", "::/127")
]

_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON web tokens
    r"|(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[\w-]{16,}"
    r"|gh[opusr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|xox[abposr]-[\w-]{10,}|xapp-[\w-]{10,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}"
    r"|hf_\w{20,}|npm_\w{20,}|shp(?:at|ca|pa|ss)_\w{20,}|whsec_[\w+/=]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r")(?![A-Za-z0-9])"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_BEARER = re.compile(r"\b(?:Bearer|Basic)\s+(?P<value>(?=\S*\d)[\w.~+/-]{16,}=*)", re.IGNORECASE)
_LONG = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/])")
_HEXADECIMAL = re.compile(
    r"(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{48}|[0-9a-f]{56}|[0-9a-f]{64,})",
    re.IGNORECASE,
)
_TURN = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z])(?=[0-9])")

_SECRET_NAMES = (
    r"(?:x-amz-)?(?:[\w-]*token|[\w-]*secret|[\w-]*signature|[\w-]*password|[\w-]*session(?:[_-]?id)?|credential|api[_-]?key|access[_-]?key|"
    r"auth[_-]?key|key|sig|auth|sid|jsessionid|phpsessid|passwd|pwd|pass|otp|code|jwt|hash|ticket|samlresponse|authorization)"
)
_PARAMETER = re.compile(rf"(?:[?&#;]|&amp;){_SECRET_NAMES}=(?P<value>[^&#\s<>|\"'\])]{{4,}})", re.IGNORECASE)
_SIGNED_IN = re.compile(r"://(?P<value>[^\s/:@]{1,64}:[^\s/@]{1,128})@")
_DOOR = re.compile(
    r"/(?:reset|reset-password|password-reset|verify|confirm|activate|invite|invitation|magic|magic-link|login|unsubscribe|share)/(?P<value>[\w~.-]{12,})",
    re.IGNORECASE,
)

_QUOTES = "'\"`“”‘’«»„"
_PASSWORD = rf"(?<=[{_QUOTES}])[^{_QUOTES}\n]{{3,64}}(?=[{_QUOTES}])|\S{{3,128}}"
_TELLING = re.compile(r"\d|[!@#$%^&*+=?~]|[a-zà-ÿ][A-ZÀ-Þ]")


def emails(glance: Glance) -> Spans:
    """E-mail addresses."""
    if "@" in glance.text:
        for found in _EMAIL.finditer(glance.text):
            yield Span(*found.span())


def addresses(glance: Glance) -> Spans:
    """IPv4 and IPv6 addresses that lead to somebody; version numbers are none."""
    text = glance.text
    for pattern, mark in ((_V4, "."), (_V6, ":")):
        if text.count(mark) < 2:
            continue
        for found in pattern.finditer(text):
            if _leads_somewhere(found[0]) and not _VERSION.search(text, max(0, found.start() - 16), found.start()):
                yield Span(*found.span())


def _leads_somewhere(written: str) -> bool:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return False
    return not any(address in net for net in _EVERYBODYS if net.version == address.version)


def tokens(glance: Glance) -> Spans:
    """Keys and tokens: of a known make, called so, or long and without any sense."""
    text = glance.text
    for found in label("token", r"(?=\S*\d)[^\s\"'<>,;&]{8,}").values(glance):
        yield Span(*found.span("value"))
    if max(map(len, text.split()), default=0) < 16:
        return
    for found in _KEY.finditer(text):
        yield Span(*found.span())
    for found in _BEARER.finditer(text):
        yield Span(*found.span("value"))
    for found in _LONG.finditer(text):
        if _senseless(found[0]) and not label("order").near(text, found.start()):
            yield Span(*found.span())


def _senseless(word: str) -> bool:
    """Long hexadecimal, or letters of both cases and digits that change places all the time."""
    if _HEXADECIMAL.fullmatch(word):
        return True
    mixed = any(c.islower() for c in word) and any(c.isupper() for c in word) and any(c.isdigit() for c in word)
    return mixed and len(_TURN.findall(word)) * 4 >= len(word)


def url_secrets(glance: Glance) -> Spans:
    """In links: passwords, and parameters and paths that let whoever has them in. The rest of the link stays."""
    text = glance.text
    if "/" not in text and "=" not in text:
        return
    for pattern in (_PARAMETER, _SIGNED_IN):
        for found in pattern.finditer(text):
            yield Span(*found.span("value"))
    for found in _DOOR.finditer(text):
        if any(c.isdigit() for c in found["value"]):
            yield Span(*found.span("value"))


def passwords(glance: Glance) -> Spans:
    """What stands after "password is" and the like, when it is not "wrong" or "expired"."""
    text = glance.text
    for found in label("password", _PASSWORD).values(glance):
        start, end = found.span("value")
        quoted = text[start - 1] in _QUOTES
        end = start + len(found["value"].rstrip(f"{_QUOTES}.,;:)?"))
        if end - start >= 3 and "]" not in found[2] and _is_password(text[start:end], found[2], quoted=quoted):
            yield Span(start, end)


def _is_password(word: str, between: str, *, quoted: bool) -> bool:
    if "://" in word or _is_state(word.lower()):
        return False
    if _TELLING.search(word):
        return len(word) > 3
    # A plain word has to be said to be it: "password: tulip", "the password is tulip", "password 'tulip'".
    return quoted or any(mark in between for mark in ":=") or bool(_SAID.search(between))


_SAID = re.compile(r"(?<!\w)(?:is|was|er|är|est|ist|es|lautet)\W*$", re.IGNORECASE)


@cache
def _states() -> tuple[frozenset[str], tuple[str, ...]]:
    words = table()["password"]
    return frozenset(words["states"].split()) | everyday(), tuple(words["endings"].split())


def _is_state(word: str) -> bool:
    states, endings = _states()
    return word in states or (word.isalpha() and word.endswith(endings))
