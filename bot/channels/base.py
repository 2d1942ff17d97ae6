"""What a channel gives to the desk, what the desk gives to a channel, and how a channel says that something failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.phrases import say
from bot.review.model import Release

if TYPE_CHECKING:
    from bot.channels.card import Card
    from bot.channels.pictures import Pictures
    from bot.channels.prompts import Prompts
    from bot.channels.standing import Standing


@dataclass(frozen=True, slots=True)
class Place:
    """A channel in the sense of Slack and Teams: where people write. Written `slack:C0123` in settings."""

    channel: str
    id: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.id}"


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a conversation stands: a place and the message it hangs from."""

    place: Place
    root: str


class Speaker(StrEnum):
    """Whose message it is. The channel knows the facts (team, tenant, guest), so the channel says."""

    CUSTOMER = "customer"
    STAFF = "staff"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the channel knows them. `name` is for people to read, never to decide on.

    `groups` are what else gives them a right at a desk, written as in its settings: `slack:S0123`, `group:leads`.
    """

    channel: str
    id: str
    name: str
    groups: frozenset[str] = field(default=frozenset(), compare=False)

    def __str__(self) -> str:
        return f"{self.channel}:{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something happened to message `ref` of a thread.

    `keys` are all the names under which the channel may tell the same thing again; one of them seen before makes it
    a duplicate. `at` is in unix seconds, by the channel's clock.
    """

    thread: Thread
    ref: str
    by: Person
    speaker: Speaker
    at: float
    keys: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Said(Event):
    """A new message. `files` are the names of what was attached."""

    text: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited(Event):
    """The message now reads so."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Deleted(Event):
    """The message is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen(Event):
    """The bot's own post came back as an event: a witness that the release with this key was delivered."""

    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rated(Event):
    """Somebody showed what they think of message `ref`, or no longer does. `thumb` is 1 for up and -1 for down; the root
    of its thread need not be known."""

    thumb: int
    added: bool = True


class Receipt(StrEnum):
    """What became of an event. In every case it may be acknowledged."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"  # no desk listens there, or there is nothing to answer


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it reads now. `number` grows with time within a desk's whole store."""

    number: int
    ref: str
    speaker: Speaker
    by: Person
    text: str
    at: float
    edited: bool = False
    deleted: bool = False
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Click:
    """Somebody pressed `verb` on a card that showed `version`. `fields` is what they typed, by the field's name."""

    review: str
    version: int
    verb: str
    by: Person
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Something told to colleagues that asks for no decision: a title, lines of text, and perhaps a page to look at.

    `link` is that page's address, empty without one.
    """

    title: str
    lines: tuple[str, ...] = ()
    link: str = ""

    @property
    def text(self) -> str:
        """All of it, for where nothing but text can stand."""
        return "\n".join(part for part in (self.title, *self.lines, self.link) if part)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a click came to, and the sentence for the one who pressed."""

    done: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Queue:
    """Open reviews, the newest first, and how many there are in all."""

    cards: tuple[Card, ...]
    count: int


class NotStored(Exception):
    """It could not be stored, so it must not be acknowledged: let it come again."""


class Inbox(Protocol):
    """The desk as a channel sees it. `prompts` are its templates, `pictures` its charts."""

    prompts: Prompts
    pictures: Pictures

    async def receive(self, event: Event) -> Receipt:
        """Store what happened. Raises `NotStored`; acknowledge only when this returns."""

    async def act(self, click: Click) -> Answer:
        """Decide. Raises `NotStored`; a refusal is an answer, not an error."""

    async def check(self, click: Click) -> str:
        """Why a click would not count, asked before anybody types; empty when it would. Raises `NotStored`."""

    async def card(self, review: str) -> Card | None:
        """The card of a review as it is now; None when there is none. Raises `NotStored`."""

    async def queue(self, by: Person, limit: int, *, mine: bool = False) -> Queue:
        """The open reviews of the desks at which this person may decide; with `mine` those they are on.

        Raises `NotStored`.
        """

    async def story(self, by: Person, about: str | Thread) -> Card | None:
        """The card of the review with this id, or of the newest one of this thread, which may hang from a card.

        None when there is none, or none that this person may read. Raises `NotStored`.
        """

    async def desks(self, by: Person, *, days: bool = False) -> tuple[Standing, ...]:
        """How the desks stand at which this person may decide; with `days`, what today was like there.

        Raises `NotStored`.
        """

    async def pause(self, by: Person, desk: str, *, paused: bool) -> Answer:
        """Stop making drafts at the desk of this id, or go on. Raises `NotStored`."""

    async def is_called(self, by: Person) -> bool:
        """Whether this person wants to be called when a review is escalated to them. Raises `NotStored`."""

    async def be_called(self, by: Person, *, wanted: bool) -> None:
        """Call this person from now on, or do not. Raises `NotStored`."""


class Refusal(Exception):
    """The channel certainly did not take it. `reason` is a sentence for the card.

    `final` means that trying again by itself is of no use; `wait` is the shortest pause the channel asked for, in
    seconds.
    """

    def __init__(self, reason: str, *, final: bool = False, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.wait = wait


class Silence(Exception):
    """No answer came: it may or may not have been taken."""


class CannotLook(Exception):
    """Whether it arrived cannot be found out. `reason` is a sentence for the card."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """A place where customers write or reviewers decide. Each method is one attempt: retries are the desk's."""

    name: str
    limit: int  # the longest reply in characters

    async def run(self) -> None:
        """Listen until cancelled, handing events and clicks to the inbox the channel was made with."""

    async def show_card(self, place: Place, card: Card, ref: str, look: bool) -> str:
        """Draw the card and return its reference; `ref` is the earlier one or empty.

        With `look`, an earlier first drawing may have landed unseen: find it by the card's key before posting
        another. Raises `Refusal` or `Silence`.
        """

    async def post_note(self, place: Place, key: str, note: Note, look: bool) -> str:
        """Tell colleagues something and return the message's reference. `key` marks it.

        With `look`, an earlier attempt may have landed unseen: find it by its key before posting another. Raises
        `Refusal`, as where outsiders would read along, or `Silence`.
        """

    async def audience(self, place: Place) -> str:
        """Who can read there, at most a minute ago, in words that can be compared: `private` or `public`, then the ids
        of other organisations, sorted. Empty where that never changes.

        Raises `Refusal` or `Silence`.
        """

    async def send_reply(self, thread: Thread, release: Release) -> str:
        """Post the words once, marked with `release.key`; return the message's reference. Raises `Refusal` or
        `Silence`."""

    async def find_reply(self, thread: Thread, release: Release) -> str | None:
        """The reference of the post marked with `release.key`; None when it is certainly not there.

        Raises `CannotLook`, or `Silence` when looking again later may help.
        """


class Unconnected:
    """Stands in for a channel that is in the database but no longer in the settings: it takes nothing."""

    limit = 4000

    def __init__(self, name: str) -> None:
        self.name = name

    async def run(self) -> None:
        """Nothing comes from here."""

    async def show_card(self, place: Place, card: Card, ref: str, look: bool) -> str:
        """Refused."""
        raise self._refusal()

    async def post_note(self, place: Place, key: str, note: Note, look: bool) -> str:
        """Refused."""
        raise self._refusal()

    async def audience(self, place: Place) -> str:
        """Nobody knows."""
        raise self._refusal()

    async def send_reply(self, thread: Thread, release: Release) -> str:
        """Refused."""
        raise self._refusal()

    async def find_reply(self, thread: Thread, release: Release) -> str | None:
        """Nobody can look there."""
        raise CannotLook(say("channel.unconnected", name=self.name))

    def _refusal(self) -> Refusal:
        return Refusal(say("channel.unconnected", name=self.name), final=True)
