"""What is to be answered and what was said before, out of a thread as it reads now."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.channels.base import Message, Speaker

MOST_MESSAGE = 24_000  # characters; a customer's longest message is 50,000
MOST_THREAD = 12_000
# Control characters, and halves of characters that cannot be sent as UTF-8.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NAMES = {Speaker.CUSTOMER: "customer", Speaker.STAFF: "support", Speaker.BOT: "support"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A thread from the drafter's side. `asked` are the messages to answer, `before` the ones before them."""

    asked: tuple[Message, ...]
    before: tuple[Message, ...]

    @property
    def question(self) -> str:
        """The words to answer."""
        return "\n\n".join(text for message in self.asked if (text := message.text.strip()))

    @property
    def customer_texts(self) -> list[str]:
        """What the customer wrote, newest first, the words to answer as one."""
        earlier = [message.text for message in self.before if message.speaker is Speaker.CUSTOMER]
        return [self.question, *reversed(earlier)]


def listen(thread: tuple[Message, ...], covers: int) -> Heard:
    """Part a thread at the last answer; a later customer message than `covers` is not looked at.

    When nothing stands behind the last answer, an answered message was edited: the newest one is taken.
    """
    said = [message for message in thread if not message.deleted and (message.text.strip() or message.files)]
    said = [message for message in said if message.number <= covers or message.speaker is not Speaker.CUSTOMER]
    start = len(said)
    while start and said[start - 1].speaker is Speaker.CUSTOMER:
        start -= 1
    if start == len(said):
        start = max((at for at, message in enumerate(said) if message.speaker is Speaker.CUSTOMER), default=start)
        return Heard(tuple(said[start : start + 1]), tuple(said[:start] + said[start + 1 :]))
    return Heard(tuple(said[start:]), tuple(said[:start]))


def quoted(text: str) -> str:
    """Text as data: every line behind a mark, so that no line of it can pass for one of ours."""
    return "\n".join(f"> {line}" for line in _UNSEEN.sub("", text).splitlines()) or "> (nothing)"


def message_as_data(heard: Heard, hide: Callable[[str], str]) -> tuple[str, bool]:
    """The words to answer for the model, and whether something had to be left out.

    `hide` masks them before they are quoted: a signature or an address goes over several lines, and a mark before each
    would hide it from the rules.
    """
    text = "\n\n".join(_words(message) for message in heard.asked)
    return quoted(hide(text[:MOST_MESSAGE])), len(text) > MOST_MESSAGE


def thread_as_data(heard: Heard, hide: Callable[[str], str]) -> tuple[str, bool]:
    """What was said before for the model, its newest part when it is long, and whether something was left out."""
    parts: list[str] = []
    left = MOST_THREAD
    for message in reversed(heard.before):
        part = f"[{_NAMES[message.speaker]}]\n{quoted(hide(_words(message)))}"
        left -= len(part)
        if left < 0:
            break
        parts.append(part)
    return "\n".join(reversed(parts)) or "(nothing)", left < 0


def _words(message: Message) -> str:
    files = f"(attached: {', '.join(message.files)})" if message.files else ""
    return "\n".join(part for part in (message.text.strip(), files) if part)
