"""What somebody typed, as plain text: the rich original with its lists and links, without the mention of the bot."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from bot.channels.payload import Payload, part, parts, text

# In an activity's plain text a mention is marked so; in the rich original it is a span of this kind.
_AT = re.compile(r"<at(?:\s[^<>]*)?>(.*?)</at>", re.DOTALL)
_MENTION = "/Mention"
_BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table", "hr", "codeblock", "pre"})
_LISTS = frozenset({"ul", "ol"})
_HIDDEN = frozenset({"script", "style", "title", "attachment"})
_SPACE = re.compile(r"[ \t\r\n\f]+")
_LINES = re.compile(r"\n{3,}")
_ADDRESS = ("http://", "https://", "mailto:")
# A message of Teams has 100 KB at most; what is longer is not worth taking apart (characters).
_LONGEST = 200_000
# Each line begins with the marks of every quotation and list it stands in: a message of nothing but those would become a
# thousand times as long.
_DEEP = 10


def heard(activity: Payload, bot: str, *, addresses: bool = False) -> str:
    """The words of a message. `bot` is our own id there; with `addresses` a link is read as where it leads."""
    ours = own_names(activity, bot)
    for attachment in parts(activity, "attachments"):
        rich = text(attachment, "content")
        if text(attachment, "contentType") == "text/html" and rich.strip():
            found = _plain(rich, ours, addresses=addresses)
            if found is not None:
                return found
    return (
        _AT.sub(lambda at: _mention(html.unescape(at[1]), ours), text(activity, "text")).replace("&nbsp;", " ").strip()
    )


def own_names(activity: Payload, bot: str) -> list[str]:
    """The labels of the mentions that are of us, as often as we are mentioned. Another's may read the same."""
    names = []
    for entity in parts(activity, "entities"):
        if text(entity, "type") == "mention" and text(entity, "mentioned", "id").casefold() == bot.casefold():
            label = _AT.search(text(entity, "text"))
            names.append(html.unescape(label[1]) if label else text(part(entity, "mentioned"), "name"))
    return names


def files(activity: Payload) -> tuple[str, ...]:
    """The names of what is attached; pictures mostly have none but their kind."""
    found = []
    for attachment in parts(activity, "attachments"):
        kind = text(attachment, "contentType")
        if kind and kind != "text/html" and not kind.startswith("application/vnd.microsoft.card"):
            found.append(text(attachment, "name") or kind)
    return tuple(found)


def _mention(label: str, ours: list[str]) -> str:
    """A mention as it is read: nothing for one of us, whose label is then used up."""
    if label in ours:
        ours.remove(label)
        return ""
    return f"@{label}"


def _plain(rich: str, ours: list[str], *, addresses: bool) -> str | None:
    """The text of a piece of HTML; None when it cannot be taken apart."""
    if len(rich) > _LONGEST:
        return None
    reader = _Reader(list(ours), addresses=addresses)
    try:
        reader.feed(rich)
        reader.close()
    except (AssertionError, ValueError):  # Python's parser gives up so on a broken declaration
        return None
    return reader.told()


class _Reader(HTMLParser):
    """Writes down what a browser would show of the elements that Teams' own editor makes."""

    def __init__(self, ours: list[str], *, addresses: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._ours = ours
        self._addresses = addresses
        self._lines: list[str] = [""]
        self._prefix = ""  # what the last line begins with before anything was written: quotation marks and a bullet
        self._lists: list[int | None] = []  # the next number of each list that is open, None where it has bullets
        self._quotes = 0
        self._verbatim = 0
        self._hidden = 0
        self._links: list[tuple[str, int]] = []  # where each open link leads, and the length of its line before it
        self._spans: list[bool] = []  # for each open span whether it is a mention
        self._label: list[str] | None = None
        self._called = bool(ours)  # what stood around a mention of us is left out with it

    def told(self) -> str:
        """Everything that was read."""
        lines = (line.rstrip(" ") if line.strip() else "" for line in "\n".join(self._lines).split("\n"))
        # A space that somebody typed on purpose comes as one that HTML does not collapse.
        words = _LINES.sub("\n\n", "\n".join(lines)).strip("\n").strip(" ").replace("\xa0", " ")
        return words.strip() if self._called else words

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "br":
            self._line()
        elif tag in _BLOCKS:
            self._break()
            self._verbatim += tag == "pre"
        elif tag == "blockquote":
            self._quotes += 1
            self._break()
        elif tag in _LISTS:
            self._break()
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag in ("td", "th"):
            if self._lines[-1].strip():
                self._lines[-1] += " | "
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self._lines[-1])))
        elif tag in ("img", "emoji"):
            self._write(given.get("alt") or "")
        elif tag == "span":
            self._spans.append((given.get("itemtype") or "").endswith(_MENTION))
            if self._spans[-1]:
                self._label = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # `<p/>` opens a paragraph in HTML, but nothing will close it here.
        self.handle_starttag(tag, attrs)
        if tag not in ("br", "img", "hr"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self._verbatim = max(0, self._verbatim - (tag == "pre"))
            self._break()
        elif tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
            self._break()
        elif tag in _LISTS and self._lists:
            self._lists.pop()
            self._break()
        elif tag == "a" and self._links:
            self._lead(*self._links.pop())
        elif tag == "span" and self._spans and self._spans.pop() and self._label is not None:
            label, self._label = "".join(self._label), None
            self._write(_mention(_SPACE.sub(" ", label.replace("\xa0", " ")).strip(), self._ours))

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._label is not None:
            self._label.append(data)
        elif self._verbatim:
            first, *more = data.split("\n")
            self._lines[-1] += first
            for line in more:
                self._line()
                self._lines[-1] += line
        else:
            self._write(_SPACE.sub(" ", data))

    def _write(self, words: str) -> None:
        self._lines[-1] += words.lstrip(" ") if self._lines[-1] == self._prefix else words

    def _line(self, bullet: str = "") -> None:
        """Begin a line."""
        self._prefix = "> " * min(self._quotes, _DEEP) + bullet
        self._lines.append(self._prefix)

    def _break(self) -> None:
        """What follows stands on a line of its own; a line with nothing but its bullet is that line."""
        if self._lines[-1].strip(" ") != self._prefix.strip(" "):
            self._line()
        elif not self._prefix.strip("> "):
            self._lines.pop()
            self._line()

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        if self._lines[-1].strip(" ") == self._prefix.strip(" "):
            self._lines.pop()
        self._line("  " * (min(len(self._lists), _DEEP) - 1) + ("- " if number is None else f"{number}. "))

    def _lead(self, address: str, begun: int) -> None:
        """A link is read as its words, and where it leads if that is not what they say."""
        line = self._lines[-1]
        label = line[begun:].strip()
        if not address.startswith(_ADDRESS):
            return
        bare = address.removeprefix("mailto:")
        if self._addresses:
            self._lines[-1] = line[:begun] + bare
        elif label not in (bare, bare.rstrip("/"), bare.partition("://")[2], bare.partition("://")[2].rstrip("/")):
            self._lines[-1] = f"{line} ({bare})" if label else line + bare
