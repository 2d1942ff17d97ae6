"""Teams' activities in the words of the desk: said, edited, deleted; and where they come from. No shape is trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bot.channels.base import Deleted, Edited, Event, Person, Place, Said, Speaker, Thread
from bot.channels.payload import Payload, part, text
from bot.channels.teams.address import Address
from bot.channels.teams.heard import files, heard
from bot.channels.teams.people import Profile, account
from bot.channels.teams.setup import NAME

# A thread: `19:…@thread.tacv2;messageid=1790000000000`; without the message it is the channel itself.
_CONVERSATION = re.compile(r"(19:[^;\x00]+)(?:;messageid=([0-9]+))?")
# Messages are named by their time in milliseconds.
_ID = re.compile(r"[0-9]{1,15}")
# A channel or a thread of one. A chat's id holds those of the people in it.
_OF_A_TEAM = re.compile(r"19:[\w-]+@thread\.(?:tacv2|skype)(?:;messageid=[0-9]+)?", re.ASCII)


class Odd(Exception):
    """The activity lacks what its kind always has. The argument names it, for the log."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a channel something happened: `root` is the thread's first message, empty in the channel itself."""

    channel: str
    root: str

    @property
    def place(self) -> Place:
        """The channel as a place."""
        return Place(NAME, self.channel)


@dataclass(frozen=True, slots=True)
class Told:
    """What a message's activity says, before anybody looked up who its writer is. `at` is in unix seconds."""

    kind: Literal["said", "edited", "deleted"]
    spot: Spot
    ref: str
    at: float
    keys: tuple[str, ...]
    writer: Profile
    text: str = ""
    files: tuple[str, ...] = ()

    def event(self, by: Person, speaker: Speaker) -> Event:
        """The event for the desk."""
        thread = Thread(self.spot.place, self.spot.root)
        about = {"thread": thread, "ref": self.ref, "by": by, "speaker": speaker, "at": self.at, "keys": self.keys}
        match self.kind:
            case "said":
                return Said(**about, text=self.text, files=self.files)  # type: ignore[arg-type]
            case "edited":
                return Edited(**about, text=self.text)  # type: ignore[arg-type]
        return Deleted(**about)  # type: ignore[arg-type]


def spot(activity: Payload) -> Spot | None:
    """Where it happened; None for a chat, which is no channel. Raises `Odd`."""
    conversation = part(activity, "conversation")
    found = _CONVERSATION.fullmatch(text(conversation, "id"))
    if text(conversation, "conversationType") in ("personal", "groupChat"):
        return None
    if found is None:
        raise Odd("conversation")
    return Spot(found[1], found[2] or "")


def trace(activity: Payload) -> str:
    """The channel or thread and the message in it, by ids that tell nothing of anybody, as far as they can be read."""
    where = text(activity, "conversation", "id") or text(activity, "channelData", "channel", "id")
    known = ((_OF_A_TEAM, where), (_ID, text(activity, "id")))
    return " ".join(told for pattern, told in known if pattern.fullmatch(told))


def read(activity: Payload, bot: str) -> Told | None:
    """What a `message`, `messageUpdate` or `messageDelete` means; None when it is nothing that a desk acts on.

    Raises `Odd`.
    """
    at, ref = spot(activity), text(activity, "id")
    if at is None:
        return None
    if not _ID.fullmatch(ref):
        raise Odd("id")
    at, writer = Spot(at.channel, at.root or ref), writer_of(activity)
    stamp = text(activity, "timestamp")
    when = seconds(stamp) or float(ref) / 1000
    name = f"{NAME}:{at.channel}:{ref}"
    match text(activity, "type"), text(activity, "channelData", "eventType"):
        case "message", _:
            told = Told("said", at, ref, when, (name,), writer, _words(activity, bot), files(activity))
            return told if told.text or told.files else None
        case "messageUpdate", "editMessage":
            return Told("edited", at, ref, when, (f"{name}:edit:{stamp}",), writer, _words(activity, bot))
        case "messageUpdate", "undeleteMessage":
            # The words are back: for the desk they were said just now.
            keys = (f"{name}:undelete:{stamp}",)
            return Told("said", at, ref, when, keys, writer, _words(activity, bot), files(activity))
        case "messageDelete", _:
            return Told("deleted", at, ref, when, (f"{name}:delete:{stamp}",), writer)
    raise Odd("event_type")


def writer_of(activity: Payload) -> Profile:
    """Who did it, as far as the activity tells. Raises `Odd`: people have an object id, and nothing is done for others."""
    told = part(activity, "from")
    profile = account(told)
    if not profile.bot and not text(told, "aadObjectId"):
        raise Odd("from")
    home, host = text(activity, "channelData", "tenant", "id").casefold(), tenant_of(activity)
    if profile.tenant or home in ("", host):
        return profile
    return Profile(profile.id, profile.name, home, profile.guest, profile.bot)


def tenant_of(activity: Payload) -> str:
    """The tenant in which it happened; empty when it is not told. Where somebody comes from is another matter."""
    found = text(activity, "conversation", "tenantId") or text(activity, "channelData", "tenant", "id")
    return found.casefold()


def address_of(activity: Payload) -> Address:
    """How the place is reached, as far as the activity tells."""
    data = part(activity, "channelData")
    return Address(
        service_url=text(activity, "serviceUrl"),
        tenant=tenant_of(activity),
        team=text(data, "team", "id") or text(data, "teamsTeamId"),
        group=text(data, "team", "aadGroupId"),
        name=text(data, "channel", "name"),
    )


def seconds(stamp: str) -> float:
    """A time as the connector writes it (`2026-11-23T14:02:00.1234567Z`), in unix seconds; 0 when it is none."""
    try:
        found = datetime.fromisoformat(stamp)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _words(activity: Payload, bot: str) -> str:
    if not isinstance(activity.get("text"), str | None):
        raise Odd("text")
    return heard(activity, bot)
