"""Slack's events in the words of the desk: said, edited, deleted, and our own posts as witnesses of delivery."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.base import Deleted, Edited, Event, Person, Place, Said, Seen, Speaker, Thread
from bot.channels.slack.directory import name_of
from bot.channels.slack.payload import NOTHING, Payload, part, parts, seconds, text
from bot.channels.slack.people import Profile, Us
from bot.channels.slack.words import heard
from bot.channels.words import clean

# The metadata on a reply names its release, and that on a card its review. Any member of the workspace may read it, so
# there is nothing in it but an id: https://docs.slack.dev/messaging/message-metadata/
REPLY, CARD, NOTE = "countersign_reply", "countersign_card", "countersign_note"
NAME = "slack"
# What a person says. Every other subtype tells of the channel, of a bot or of Slack itself.
# https://docs.slack.dev/reference/events/message#subtypes
_SPOKEN = frozenset({"", "thread_broadcast", "file_share", "me_message"})


@dataclass(frozen=True, slots=True)
class Told:
    """What a message event says, before anybody looked up who its writer is.

    `kind` is `said`, `edited`, `deleted` or `seen`; `writer` is what the event itself tells of the user; `shared` is
    whether another organisation shares the channel; `key` is the release's of a post of our own.
    """

    kind: str
    channel: str
    root: str
    ref: str
    at: float
    keys: tuple[str, ...]
    writer: Profile
    text: str = ""
    files: tuple[str, ...] = ()
    shared: bool = False
    key: str = ""

    def event(self, by: Person, speaker: Speaker) -> Event:
        """The event for the desk."""
        thread = Thread(Place(NAME, self.channel), self.root)
        about = {"thread": thread, "ref": self.ref, "by": by, "speaker": speaker, "at": self.at, "keys": self.keys}
        match self.kind:
            case "said":
                return Said(**about, text=self.text, files=self.files)  # type: ignore[arg-type]
            case "edited":
                return Edited(**about, text=self.text)  # type: ignore[arg-type]
            case "deleted":
                return Deleted(**about)  # type: ignore[arg-type]
        return Seen(**about, key=self.key)  # type: ignore[arg-type]


def read(envelope: Payload) -> Told | None:
    """What a `message` event means; None when it is nothing that a desk acts on."""
    event = part(envelope, "event")
    channel, subtype = text(event, "channel"), text(event, "subtype")
    if not channel:
        return None
    if subtype == "message_changed":
        return _changed(envelope, event, channel)
    if subtype == "message_deleted":
        return _deleted(envelope, event, channel, part(event, "previous_message"), text(event, "deleted_ts"))
    if key := own_key(event, us_of(envelope)):
        return _told("seen", envelope, event, channel, key=key)
    if subtype not in _SPOKEN or _by_bot(event):
        return None
    return said(event, channel, envelope)


def said(message: Payload, channel: str, envelope: Payload = NOTHING) -> Told | None:
    """A message that a person wrote; None when it has no time or no writer."""
    ref = text(message, "ts")
    if not ref or not text(message, "user"):
        return None
    keys = [f"slack:{channel}:{ref}"]
    # One gesture can come as two messages with different times: only the client's own id shows that it was one.
    if client_id := text(message, "client_msg_id"):
        keys.append(f"slack:{channel}:client:{client_id}")
    return _told("said", envelope, message, channel, *keys, words=heard(text(message, "text")), files=_files(message))


def us_of(envelope: Payload) -> Us:
    """The installation an event was sent to. In a shared channel `team_id` may be another's; this one is ours."""
    ours = next(iter(parts(envelope, "authorizations")), NOTHING)
    return Us(
        team=text(ours, "team_id") or text(envelope, "team_id"),
        enterprise=text(ours, "enterprise_id") or text(envelope, "enterprise_id"),
        user=text(ours, "user_id"),
        app=text(envelope, "api_app_id"),
    )


def own_key(message: Payload, us: Us) -> str:
    """The release's key on a reply of our own; empty for any other message, also one of an app that copies ours."""
    if text(message, "metadata", "event_type") != REPLY or not is_own(message, us):
        return ""
    return text(message, "metadata", "event_payload", "key")


def is_own(message: Payload, us: Us) -> bool:
    """Whether our app posted it, by whatever of app, bot and user both sides know."""
    app = text(message, "app_id") or text(message, "bot_profile", "app_id")
    pairs = ((app, us.app), (text(message, "bot_id"), us.bot), (text(message, "user"), us.user))
    known = [theirs == ours for theirs, ours in pairs if theirs and ours]
    return bool(known) and all(known)


def _changed(envelope: Payload, event: Payload, channel: str) -> Told | None:
    """An edit, or what Slack makes of one: a deleted message that has replies stays as a `tombstone`."""
    message, before = part(event, "message"), part(event, "previous_message")
    if text(message, "subtype") == "tombstone":
        return _deleted(envelope, event, channel, before or message, text(message, "ts"))
    if _by_bot(message) or text(message, "subtype") not in _SPOKEN or not text(message, "ts"):
        return None
    words = heard(text(message, "text"))
    # A link preview is told as an edit that changes no word.
    if before and heard(text(before, "text")) == words:
        return None
    edited = text(message, "edited", "ts") or text(event, "event_ts")
    keys = (f"slack:{channel}:{text(message, 'ts')}:edit:{edited}",) if edited else ()
    return _told("edited", envelope, message, channel, *keys, words=words, at=seconds(edited))


def _deleted(envelope: Payload, event: Payload, channel: str, message: Payload, ref: str) -> Told | None:
    if not ref or _by_bot(message):
        return None
    gone = {"ts": ref, "thread_ts": text(message, "thread_ts") or text(event, "thread_ts")}
    keys = (f"slack:{channel}:{ref}:delete",)
    return _told("deleted", envelope, {**message, **gone}, channel, *keys, at=seconds(text(event, "event_ts")))


def _told(
    kind: str,
    envelope: Payload,
    message: Payload,
    channel: str,
    *keys: str,
    words: str = "",
    files: tuple[str, ...] = (),
    key: str = "",
    at: float = 0.0,
) -> Told:
    ref, event_id = text(message, "ts"), text(envelope, "event_id")
    return Told(
        kind=kind,
        channel=channel,
        root=text(message, "thread_ts") or ref,
        ref=ref,
        at=at or seconds(ref),
        keys=(*((f"slack:event:{event_id}",) if event_id else ()), *keys),
        writer=_writer(message),
        text=words,
        files=files,
        shared=envelope.get("is_ext_shared_channel") is True,
        key=key,
    )


def _writer(message: Payload) -> Profile:
    """The writer as far as the message tells. `user_team` is their home; it may be an enterprise's id."""
    home = text(message, "user_team") or text(message, "team") or text(message, "source_team")
    profile = part(message, "user_profile")
    return Profile(
        id=text(message, "user"),
        name=name_of({"profile": profile}) or text(message, "user"),
        homes=frozenset({home} - {""}),
        guest=profile.get("is_restricted") is True or profile.get("is_ultra_restricted") is True,
    )


def _by_bot(message: Payload) -> bool:
    """A bot's post carries `bot_id`, mostly without the subtype `bot_message`."""
    return bool(text(message, "bot_id")) or text(message, "subtype") == "bot_message"


def _files(message: Payload) -> tuple[str, ...]:
    """The names of attached files. In a shared channel the name may be missing until it is asked for."""
    names = (text(file, "name") or text(file, "title") or text(file, "id") for file in parts(message, "files"))
    return tuple(clean(name) for name in names if name)
