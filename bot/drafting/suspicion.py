"""Signs that somebody tries to steer the drafter: what a message asks of it, and what a draft shows that it should not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from bot.drafting import disguise, steering, values
from bot.drafting.disguise import fold
from bot.drafting.quantities import Value
from bot.drafting.steering import Words
from bot.review.model import Sign

# So many words in a row are no coincidence; a model that asks for what is missing does so in the prompt's words.
_RUN = 10
_MOST_SHOWN = 80
_DATA = ">"
# What passes for the frame around a message: tags, the names of speakers at the start of a line, and headings.
_FRAME = re.compile(
    r"<\|[\w ]{1,40}\|?>|\[/?(?:inst|sys|system|info|agent|ai)\b[^\]\n]{0,40}|<</?sys>>"
    r"|</?(?:system|assistant|instructions?|prompt|admin|override|i_am_\w{1,20}|now entering)\b[^>\n]{0,60}>",
    re.IGNORECASE,
)
_LINE = re.compile(
    r"^[ \t#*>-]{0,8}(?:(?:assistant|system (?:prompt|message|override|instructions?|note)|ai|developer)\s{0,2}:"
    r"|-{0,5} ?(?:begin|end|start) (?:system|prompt|instructions?|evaluation|override)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(
    r"^[ \t#*>-]{0,8}SYSTEM\s?:|SYSTEM (?:ALERT|NOTICE|OVERRIDE|MODE)\b|AGENT (?:COMMAND|DIRECTIVE)|_OVERRIDE\b|system-note",
    re.MULTILINE,
)
_CODE = re.compile(
    r"os\.(?:popen|system)|subprocess\.|__\w{3,20}__\b|\b(?:eval|exec)\s?\(|\brm -rf\b|\bcurl -?\S{1,200}|\bdrop table\b|/etc/(?:passwd|shadow)"
    r"|\bid_rsa\b|document\.cookie|<script\b|javascript:|console\.log\(|\|\s?(?:ba)?sh\b|\bsystem\('",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)?")
_SLOT = re.compile(
    r"https?://[^\s<>]{1,300}(?:[{<\[$][\w .-]{2,60}[}>\]]|[?&]\w{1,40}=(?=[\s\"')]|$))|\]\([^)\n]{0,200}[{<][^)\n]{1,100}\)"
)
_MENTION = re.compile(
    r"<![^>\s]{1,60}>|<@[^>\s]{1,60}>|<at>[^<]{0,100}</at>|(?<![\w@.])@(?:everyone|channel|here|all|team)\b",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"</?(?:a|b|body|br|button|div|embed|form|html|iframe|img|input|link|meta|object|p|script|span|style|svg|table)\b[^>]{0,500}>",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"^\s{0,8}[\[(*]{0,2}(?:DAN|GPT|STAN|SYSTEM|ASSISTANT|USER|DEVELOPER|AI)[\])*]{0,2}\s?:", re.MULTILINE
)
_SQUEEZED = (
    "ignoreprevious", "ignoreallprevious", "ignoreyourinstructions", "ignoretheaboveinstructions", "disregardprevious", "disregardallprevious",
    "forgetprevious", "forgetallprevious", "forgetyourinstructions", "yoursystemprompt", "thesystemprompt", "systeminstruction", "doanythingnow",
)  # fmt: skip
_TELLING = ("instructions", "instruction", "previous", "ignore", "disregard", "prompt", "system", "password")
_SHIFTED = frozenset(code for word in _TELLING for code in disguise.shifted(word))


class Kind(StrEnum):
    """What a sign is of. Those up to `SLOT` are asked for in a message, the others stand in a draft or in either."""

    OVERRIDE = "override"
    ROLE = "role"
    PROMPT = "prompt"
    SECRET = "secret"  # noqa: S105
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
    plain = fold(reply)
    decoded = list(disguise.decoded(reply))
    shown = [
        *_in_reply(reply, plain),
        *((Kind.ENCODED, blob) for blob, _ in decoded),
        *_leaks([plain, *(fold(meant) for _, meant in decoded)], others, system),
        *_unknown(Kind.LINK, values.links, reply, others),
        *_unknown(Kind.MAIL, values.mails, reply, addresses),
        *_unknown(Kind.PHONE, values.phones, reply, addresses),
    ]
    return (*_each_once("message", asked), *_each_once("reply", shown))


def _each_once(where: str, found: Iterable[tuple[str, str]]) -> Iterator[Sign]:
    first: dict[str, str] = {}
    for kind, what in found:
        first.setdefault(kind, " ".join(what.split())[:_MOST_SHOWN])
    return (Sign(Kind(kind).value, where, what) for kind, what in first.items())


def _in_message(message: str) -> Iterator[tuple[str, str]]:
    folded = fold(message)
    said = steering.words(folded)
    yield from steering.attempts(said)
    yield from _matches(Kind.MARKER, message, _FRAME, _LINE, _HEADING)
    yield from _matches(Kind.CODE, folded, _CODE)
    yield from _matches(Kind.SLOT, message, _IMAGE, _SLOT)
    yield from ((Kind.HIDDEN, what) for what in disguise.hidden(message))
    yield from ((Kind.ENCODED, blob) for blob, meant in disguise.decoded(message) if _is_speech(meant))
    letters = disguise.squeezed(folded)
    yield from ((Kind.OVERRIDE, order) for order in _SQUEEZED if order in letters)
    yield from _in_cipher(folded, said)


def _in_cipher(folded: str, said: Words) -> Iterator[tuple[str, str]]:
    """Telling words read backwards or with their letters moved, and Morse."""
    for code in _SHIFTED.intersection(said.line.split()):
        yield Kind.ENCODED, code
    for signals in disguise.morse(folded):
        yield Kind.ENCODED, signals


def _in_reply(reply: str, folded: str) -> Iterator[tuple[str, str]]:
    said = steering.words(folded)
    for _, what in steering.attempts(said, reply=True):
        yield Kind.ROLE, what
    yield from _matches(Kind.ROLE, reply, _SPEAKER)
    yield from _matches(Kind.MARKER, reply, _FRAME, _LINE, _HEADING)
    yield from _matches(Kind.MENTION, reply, _MENTION)
    yield from _matches(Kind.MARKUP, reply, _IMAGE, _TAG)
    yield from ((Kind.HIDDEN, what) for what in disguise.hidden(reply))
    yield from _in_cipher(folded, said)


def _matches(kind: Kind, text: str, *patterns: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        if found := pattern.search(text):
            yield kind, found[0]


def _is_speech(meant: str) -> bool:
    """Whether what was encoded is words or code rather than a number, a name or the body of a token."""
    return " " in meant.strip() or bool(_CODE.search(meant))


def _leaks(versions: Sequence[str], sources: Sequence[str], system: str) -> Iterator[tuple[str, str]]:
    """Words in a row that the model was told and no source has, in a folded reply or what stands encoded in it."""
    lines = (line for line in system.splitlines() if not line.startswith(_DATA) and line.count(" ") >= _RUN - 1)
    told = frozenset().union(*map(_runs_of_line, lines))
    shown = [run for version in versions for run in _runs(version) if run in told]
    if shown:
        said = [" ".join(_words(fold(text))) for text in sources]
        yield from ((Kind.LEAK, run) for run in shown if not any(run in text for text in said))


@lru_cache(maxsize=512)
def _runs_of_line(line: str) -> frozenset[str]:
    """What may be shown of a line, as it is and turned round. A template's lines come again with every draft."""
    folded = fold(line)
    return frozenset(run for version in (folded, *disguise.turned(folded)) for run in _runs(version))


def _runs(folded: str) -> list[str]:
    found = _words(folded)
    return [" ".join(found[at : at + _RUN]) for at in range(len(found) - _RUN + 1)]


def _words(folded: str) -> list[str]:
    return re.findall(r"\w+", folded)


def _unknown(
    kind: Kind, find: Callable[[str], Iterator[Value]], reply: str, sources: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Links or addresses of a reply that no source gives."""
    for value in find(reply):
        if not any(value.held(_given(kind, text)) for text in sources):
            yield kind, reply[value.start : value.end]


@lru_cache(maxsize=512)
def _given(kind: Kind, text: str) -> frozenset[str]:
    find = {Kind.LINK: values.links, Kind.MAIL: values.mails, Kind.PHONE: values.phones}[kind]
    return frozenset().union(*(value.gives for value in find(text)))
