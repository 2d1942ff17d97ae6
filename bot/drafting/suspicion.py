"""Signs that somebody tries to steer the drafter: what a message asks of it, and what a draft shows that it should not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from bot.drafting import disguise, steering, values
from bot.drafting.disguise import fold
from bot.drafting.steering import Words
from bot.review.model import Sign

# So many words in a row are no coincidence.
_RUN = 8
_MOST_SHOWN = 80
_DATA = ">"
_MARKER = re.compile(
    r"<\|[\w ]{1,40}\|?>|\[/?(?:inst|sys|system|info|agent|ai)\b[^\]\n]{0,40}\]?|<</?sys>>"
    r"|</?(?:system|assistant|instructions?|prompt|admin|override|i_am_\w+|now entering)\b[^>\n]{0,60}>"
    r"|^[\s#*>-]{0,8}(?:assistant|system (?:prompt|message|override|instructions?|note)|ai|developer)\s{0,2}:"
    r"|(?:begin|end|start)[ _](?:system|prompt|instructions?|evaluation|override)\b|\w+_override\b|system-note",
    re.IGNORECASE | re.MULTILINE,
)
_SHOUTED_MARKER = re.compile(r"^[\s#*>-]{0,8}SYSTEM\s?:|\bSYSTEM (?:ALERT|NOTICE|OVERRIDE|MODE)\b|AGENT (?:COMMAND|DIRECTIVE)", re.MULTILINE)
_CODE = re.compile(
    r"os\.(?:popen|system)|subprocess\.|__\w{3,20}__\b|\b(?:eval|exec)\s?\(|\brm -rf\b|\bcurl -?\S{1,200}|\bdrop table\b|/etc/(?:passwd|shadow)"
    r"|\bid_rsa\b|document\.cookie|<script\b|javascript:|console\.log\(|\|\s?(?:ba)?sh\b|\bsystem\('",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)?")
_SLOT = re.compile(r"https?://[^\s<>]{1,300}(?:[{<\[$][\w .-]{2,60}[}>\]]|[?&]\w{1,40}=(?=[\s\"')]|$))|\]\([^)\n]{0,200}[{<][^)\n]{1,100}\)")
_MENTION = re.compile(r"<![^>\s]{1,60}>|<@[^>\s]{1,60}>|<at>[^<]{0,100}</at>|(?<![\w@.])@(?:everyone|channel|here|all|team)\b", re.IGNORECASE)
_TAG = re.compile(r"</?(?:a|b|body|br|button|div|embed|form|html|iframe|img|input|link|meta|object|p|script|span|style|svg|table)\b[^>]{0,500}>", re.IGNORECASE)
_SPEAKER = re.compile(r"^\s{0,8}[\[(*]{0,2}(?:DAN|GPT|STAN|SYSTEM|ASSISTANT|USER|DEVELOPER|AI)[\])*]{0,2}\s?:", re.MULTILINE)
_SQUEEZED = (
    "ignoreprevious", "ignoreallprevious", "ignoreyourinstructions", "ignoretheaboveinstructions", "disregardprevious", "disregardallprevious",
    "forgetprevious", "forgetallprevious", "forgetyourinstructions", "yoursystemprompt", "thesystemprompt", "systeminstruction", "doanythingnow",
)  # fmt: skip
_TURNED = frozenset({"instructions", "instruction", "previous", "ignore", "disregard", "prompt", "system", "password"})


class Kind(StrEnum):
    """What a sign is of. Those up to `SLOT` are asked for in a message, the others stand in a draft or in either."""

    OVERRIDE = "override"
    ROLE = "role"
    PROMPT = "prompt"
    SECRET = "secret"
    MACHINE = "machine"
    SHAPE = "shape"
    CODE = "code"
    SLOT = "slot"
    MARKER = "marker"
    HIDDEN = "hidden"
    ENCODED = "encoded"
    LEAK = "leak"
    LINK = "link"
    MAIL = "mail"
    PHONE = "phone"
    MENTION = "mention"
    MARKUP = "markup"


def signs(message: str, reply: str, sources: Sequence[str], system: str) -> tuple[Sign, ...]:
    """What in a customer's message and in the draft speaks of an attempt, each kind once per text.

    `sources` are what the draft may take links and addresses from. One that only repeats the message gives no links,
    and no addresses either when the message itself is suspicious. `system` is what the model was told; lines that begin
    with `>` are data. Its words are no secret where a source has them too.
    """
    asked = list(_in_message(message))
    others = [text for text in sources if text.strip() not in message]
    addresses = others if asked else [*others, message]
    shown = [
        *_in_reply(reply),
        *_leaks(reply, others, system),
        *_unknown(Kind.LINK, values.links, reply, others),
        *_unknown(Kind.MAIL, values.mails, reply, addresses),
        *_unknown(Kind.PHONE, values.phones, reply, addresses),
    ]
    return tuple([*_each_once("message", asked), *_each_once("reply", shown)])


def _each_once(where: str, found: Iterable[tuple[str, str]]) -> Iterator[Sign]:
    first: dict[str, str] = {}
    for kind, what in found:
        first.setdefault(kind, " ".join(what.split())[:_MOST_SHOWN])
    return (Sign(Kind(kind).value, where, what) for kind, what in first.items())


def _in_message(message: str) -> Iterator[tuple[str, str]]:
    folded = fold(message)
    said = steering.words(folded)
    yield from steering.attempts(said)
    yield from _matches(Kind.MARKER, message, _MARKER, _SHOUTED_MARKER)
    yield from _matches(Kind.CODE, folded, _CODE)
    yield from _matches(Kind.SLOT, message, _IMAGE, _SLOT)
    yield from ((Kind.HIDDEN, what) for what in disguise.hidden(message))
    yield from ((Kind.ENCODED, blob) for blob, meant in disguise.decoded(message) if _is_speech(meant))
    yield from _in_disguise(folded, said)


def _in_disguise(folded: str, said: Words) -> Iterator[tuple[str, str]]:
    """Orders spelled apart or with figures for letters, read backwards or in ROT13."""
    letters = disguise.squeezed(folded)
    for order in _SQUEEZED:
        if order in letters:
            yield Kind.OVERRIDE, order
    for turned in disguise.turned(said.line):
        if not _TURNED.isdisjoint(turned.split()):
            yield Kind.ENCODED, turned


def _in_reply(reply: str) -> Iterator[tuple[str, str]]:
    folded = fold(reply)
    said = steering.words(folded)
    for _, what in steering.attempts(said, reply=True):
        yield Kind.ROLE, what
    yield from _matches(Kind.ROLE, reply, _SPEAKER)
    yield from _matches(Kind.MARKER, reply, _MARKER)
    yield from _matches(Kind.MENTION, reply, _MENTION)
    yield from _matches(Kind.MARKUP, reply, _IMAGE, _TAG)
    yield from ((Kind.HIDDEN, what) for what in disguise.hidden(reply))
    yield from ((Kind.ENCODED, blob) for blob, _ in disguise.decoded(reply))
    yield from ((kind, what) for kind, what in _in_disguise(folded, said) if kind == Kind.ENCODED)


def _matches(kind: Kind, text: str, *patterns: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        if found := pattern.search(text):
            yield kind, found[0]


def _is_speech(meant: str) -> bool:
    """Whether what was encoded is words or code rather than a number, a name or the body of a token."""
    return " " in meant.strip() or bool(_CODE.search(meant))


def _leaks(reply: str, sources: Sequence[str], system: str) -> Iterator[tuple[str, str]]:
    """Words in a row that the model was told and no source has, plain or in disguise."""
    told = [_runs_of_line(line) for line in system.splitlines() if not line.startswith(_DATA) and line.count(" ") >= _RUN - 1]
    if not told:
        return
    plain = fold(reply)
    versions = [plain, *disguise.turned(plain), *(fold(meant) for _, meant in disguise.decoded(reply))]
    for version in versions:
        for run in _runs(version):
            if any(run in runs for runs in told) and not any(run in " ".join(_words(fold(text))) for text in sources):
                yield Kind.LEAK, run
                return


@lru_cache(maxsize=1024)
def _runs_of_line(line: str) -> frozenset[str]:
    """A template's lines come again with every draft."""
    return frozenset(_runs(fold(line)))


def _runs(folded: str) -> list[str]:
    found = _words(folded)
    return [" ".join(found[at : at + _RUN]) for at in range(len(found) - _RUN + 1)]


def _words(folded: str) -> list[str]:
    return re.findall(r"\w+", folded)


def _unknown(
    kind: Kind, find: Callable[[str], Iterator[values.Value]], reply: str, sources: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Links or addresses of a reply that no source gives."""
    for value in find(reply):
        if not any(value.held(_given(kind, text)) for text in sources):
            yield kind, reply[value.start : value.end]


@lru_cache(maxsize=512)
def _given(kind: Kind, text: str) -> frozenset[str]:
    find = {Kind.LINK: values.links, Kind.MAIL: values.mails, Kind.PHONE: values.phones}[kind]
    return frozenset().union(*(value.gives for value in find(text)))
