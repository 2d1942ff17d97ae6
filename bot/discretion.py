"""What a reply must not tell its reader: the words of internal articles, links for colleagues, another customer's name.

Nothing here looks anything up. What is suspicious in the words is found first, which in nearly every reply is nothing;
only then is the conversation asked whether there is an innocent reason.
"""

from __future__ import annotations

import re
import string
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_address

from bot.drafting.knowledge import Section
from bot.drafting.privacy import placeholders
from bot.drafting.ranking import plain
from bot.phrases import say

# Who reads a place, when that could not be found out. No channel ever says so.
UNKNOWN = "unknown"
# So many words in a row are no coincidence.
RUN = 8
# Names that only a network of one's own resolves: RFC 6761, RFC 6762, RFC 8375, and what people use without one.
OWN_NETWORK = (".local", ".localhost", ".internal", ".intranet", ".corp", ".lan", ".home.arpa")
_WITH_SCHEME = r"\b(?:https?|ftps?|wss?|smb)://(?:[^\s/@<>]*@)?(\[[0-9a-f:.]+\]|[^\W_][\w.-]*)"
_BARE = r"(?<![\w@./-])(?![\w.+-]*@)((?:[\w-]+\.)+[\w-]+|localhost(?=[:/]))"
_LINK = re.compile(rf"(?:{_WITH_SCHEME}|{_BARE})(:\d+)?(/[^\s<>\"'|()\[\]?#]*)?", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@./-])(?:@\w[\w.-]*|(?=[\w.+-]*[^\W\d_])[\w+-]+(?:[._@][\w+-]+)+)")
_LONGEST_NAME = 4
# A name is not torn by a comma, and what stands between its parts is short, as in `van der`.
_PAUSES, _SHORT = ",;:!?)…", 3
_POSSESSIVE = re.compile(r"(?:['’]s?|(?<=\w)s)$", re.IGNORECASE)
_MARKS = string.punctuation + "“”„‚‘’«»‹›…–—¿¡،؛؟。、「」"


class Kind(StrEnum):
    """What a reply would tell."""

    GAP = "gap"
    PASSAGE = "passage"
    LINK = "link"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a reply must not go out. `what` are words of it: a placeholder that stands for nothing, words of
    an article, a link without its scheme, or a name."""

    kind: Kind
    what: str

    @property
    def sentence(self) -> str:
        """For whoever wants to send it."""
        return say(f"discretion.{self.kind.value}", what=self.what)

    @property
    def record(self) -> str:
        """For the audit, which outlives an erased person and so quotes nothing."""
        return say(f"stopped.{self.kind.value}")


@dataclass(frozen=True, slots=True)
class Doubts:
    """What a reply perhaps must not say. `names` are those in it that may be customers', in every way to write them."""

    objections: tuple[Objection, ...]
    names: tuple[str, ...]


class Secrets:
    """What the articles hold that customers must not read, in eight bytes for each word of the internal ones."""

    def __init__(self, sections: Iterable[Section] = ()) -> None:
        self.learn(sections)

    def learn(self, sections: Iterable[Section]) -> None:
        """From now on these are the articles, and no others. Any thread may say so; whoever asks meanwhile is
        answered by the old ones or the new ones, never by some of both."""
        held = _Held(sections)
        # The same words are asked about when they are approved and when they are sent.
        self._suspect = lru_cache(maxsize=256)(held.suspect)

    def suspect(self, words: str, internal: tuple[str, ...]) -> Doubts:
        """What in these words may be none of the reader's business.

        `internal` are patterns for links, as in `wiki.example.org`, `*.corp.example` or `example.org/staff`.
        """
        return self._suspect(words, internal)


class _Held:
    """The secrets of these sections."""

    def __init__(self, sections: Iterable[Section]) -> None:
        passages: set[int] = set()
        links: set[str] = set()
        public: list[Section] = []
        for section in sections:
            if section.public:
                public.append(section)
            else:
                passages.update(map(hash, _runs(f"{section.heading}\n{section.text}")))
                links.update(_links(section.text))
        # What a public article says as well is no secret.
        for section in public:
            whole = f"{section.title}\n{section.heading}\n{section.asked}\n{section.text}"
            passages.difference_update(map(hash, _runs(whole)))
        self._passages = array("q", sorted(passages))
        self._told = frozenset(link for section in public for link in _links(section.text))
        self._hosts = frozenset(map(_host, self._told))
        self._links = frozenset(links - self._told)

    def suspect(self, words: str, internal: tuple[str, ...]) -> Doubts:
        """See `Secrets.suspect`."""
        passages = (Objection(Kind.PASSAGE, run) for run in _runs(words) if self._holds(hash(run)))
        links = (Objection(Kind.LINK, link) for link in _links(words) if self._keeps(link, internal))
        gaps = (Objection(Kind.GAP, gap) for gap in placeholders(words))
        names = {form for name in _names(words) if name for form in _forms(name)}
        return Doubts((*gaps, *passages, *links), tuple(sorted(names)))

    def _holds(self, passage: int) -> bool:
        at = bisect_left(self._passages, passage)
        return at < len(self._passages) and self._passages[at] == passage

    def _keeps(self, link: str, internal: Sequence[str]) -> bool:
        if link in self._told:
            return False
        if link in self._links or any(_fits(link, pattern.casefold()) for pattern in internal):
            return True
        return _unreachable(_host(link)) and _host(link) not in self._hosts


def unexcused(objections: Iterable[Objection], told: Iterable[str]) -> Objection | None:
    """The first objection to something that is not `told`: what stands in the conversation, and who is in it."""
    known = [f" {plain(text)} " for text in told]
    return next((one for one in objections if not any(f" {plain(one.what)} " in text for text in known)), None)


def other_readers(before: str, now: str) -> str:
    """Why words that were written for the readers `before` must not go to those `now`; see `Channel.audience`."""
    if not (meant := _readers(before)):
        return say("sending.readers_unknown")
    return say("sending.readers_changed", before=meant, after=_readers(now) or now)


def _readers(audience: str) -> str:
    """Who that is, in words; empty when it is not known."""
    kind, _, others = audience.partition(" ")
    own = {"private": say("readers.private"), "public": say("readers.public")}.get(kind, "")
    return say("readers.shared", own=own, others=others.replace(" ", ", ")) if own and others else own


def _runs(text: str) -> Iterator[str]:
    """Every eight words in a row, without capitals, accents and punctuation."""
    words = plain(text).split()
    return (" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def _links(text: str) -> Iterator[str]:
    """Host and path, in small letters, of everything that a chat would make a link of."""
    for found in _LINK.finditer(text):
        named, bare, port, path = found.groups("")
        if not (named or port or path) and _is_chance(bare):
            continue
        link = (named or bare).rstrip(".") + path.rstrip(_MARKS)
        yield link.casefold().removeprefix("www.")


def _is_chance(host: str) -> bool:
    """Whether it is as likely a version, the router on the customer's own desk, or a full stop without a space."""
    return host.replace(".", "").isdecimal() or host.rpartition(".")[2].istitle()


def _host(link: str) -> str:
    return link.partition("/")[0]


def _fits(link: str, pattern: str) -> bool:
    return fnmatchcase(link, pattern) or fnmatchcase(link, f"{pattern}/*")


def _unreachable(host: str) -> bool:
    """Whether only one's own network knows this host."""
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." not in host or host.endswith(OWN_NETWORK)


def _names(text: str) -> Iterator[str]:
    """What may be somebody's full name, in any script, or their handle or address."""
    yield from (found[0].strip(_MARKS) for found in _HANDLE.finditer(text))
    for line in text.splitlines():
        words = line.split()
        opening = [at for at, word in enumerate(words) if _opens(word)]
        for at in opening:
            for name in _beginning(words[at : at + _LONGEST_NAME]):
                yield name
                if (owner := _POSSESSIVE.sub("", name)) != name:
                    yield owner


def _beginning(words: Sequence[str]) -> Iterator[str]:
    """The names of two words or more that may begin with the first one: `Ludwig van Beethoven`, `Jonas P. Weber`."""
    for end in range(1, len(words)):
        before, word = words[end - 1], words[end]
        if before[-1] in _PAUSES or (before[-1] == "." and len(before) > _SHORT):
            return
        if _opens(word):
            yield " ".join(words[: end + 1]).strip(_MARKS)
        elif len(word) > _SHORT:
            return


def _opens(word: str) -> bool:
    """Whether a name can begin or end with it: in scripts without capitals with every word."""
    first = word[0] if word[0].isalpha() else word.lstrip(_MARKS)[:1]
    return first.isalpha() and not first.islower()


def _forms(name: str) -> tuple[str, ...]:
    """The ways in which a name may be on record."""
    return name, name.lower(), name.upper(), name.title()
