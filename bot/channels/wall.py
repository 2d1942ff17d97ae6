"""The wall on which the local workspace's messages hang, as the web channel needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.channels.base import Person, Speaker


class NotYours(Exception):
    """Only its author may change a message."""


class NoSuchMessage(Exception):
    """There is no such message or thread."""


@dataclass(frozen=True, slots=True)
class Post:
    """A message of the workspace. `root` is the message its thread hangs from; `edits` counts its changes."""

    ref: str
    root: str
    by: Person
    speaker: Speaker
    text: str
    at: float
    edits: int = 0
    deleted: bool = False

    @property
    def edited(self) -> bool:
        return self.edits > 0


@dataclass(frozen=True, slots=True)
class WebThread:
    """A thread, oldest message first."""

    root: str
    posts: tuple[Post, ...]


class Wall(Protocol):
    """Every method raises `NotStored` when the wall cannot be reached."""

    async def post(self, key: str, root: str, speaker: Speaker, by: Person, text: str) -> Post | None:
        """Hang up a message once: the same key again gives what already hangs there. No root begins a thread.

        None when there is no such thread.
        """

    async def note(self, place: str, key: str, by: Person, text: str) -> Post:
        """Hang something up for colleagues at another place, once: the same key again gives what already hangs there."""

    async def find(self, key: str) -> Post | None:
        """The message that was hung up with this key."""

    async def get(self, ref: str) -> Post | None:
        """The message with this reference."""

    async def change(self, ref: str, text: str) -> Post:
        """The message now reads so; `at` is when it was changed. Raises `NoSuchMessage`."""

    async def remove(self, ref: str) -> Post:
        """The message is gone; `at` is when it went. Raises `NoSuchMessage`."""

    async def untold(self) -> list[Post]:
        """Recent messages of people that the desk was never told of."""

    async def threads(self, limit: int) -> list[WebThread]:
        """The latest threads, newest first."""
