"""Reactions that say what somebody thinks of a reply: https://docs.slack.dev/reference/events/reaction_added"""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.base import Person, Place, Rated, Speaker, Thread
from bot.channels.slack.events import NAME, Told, us_of
from bot.channels.slack.payload import Payload, part, seconds, text
from bot.channels.slack.people import Profile

KINDS = frozenset({"reaction_added", "reaction_removed"})
# What is plainly meant; of the other emoji nobody knows. Whatever the colour of the hand: `+1::skin-tone-3`.
_UP = ("+1", "thumbsup", "heart", "tada", "clap", "raised_hands", "pray", "100")
_DOWN = ("-1", "thumbsdown", "angry", "rage", "disappointed")
_THUMBS = dict.fromkeys(_UP, 1) | dict.fromkeys(_DOWN, -1)


@dataclass(frozen=True, slots=True)
class Reaction:
    """A thumb, before anybody looked up whose it is. `told` is what is needed for that."""

    told: Told
    thumb: int
    added: bool

    def event(self, by: Person, speaker: Speaker) -> Rated:
        """The event for the desk. Slack does not say which thread the message stands in."""
        told = self.told
        thread = Thread(Place(NAME, told.channel), told.root)
        about = {"thread": thread, "ref": told.ref, "by": by, "speaker": speaker, "at": told.at, "keys": told.keys}
        return Rated(**about, thumb=self.thumb, added=self.added)  # type: ignore[arg-type]


def read(envelope: Payload) -> Reaction | None:
    """What a reaction means; None when it is no thumb, or not to a message of ours."""
    event, item = part(envelope, "event"), part(part(envelope, "event"), "item")
    user, channel, ref = text(event, "user"), text(item, "channel"), text(item, "ts")
    thumb = _THUMBS.get(text(event, "reaction").partition("::")[0])
    if thumb is None or not (user and channel and ref) or text(item, "type") != "message":
        return None
    us, author = us_of(envelope).user, text(event, "item_user")
    if us and author and us != author:
        return None
    told, name = text(envelope, "event_id"), f"slack:{channel}:{ref}:{text(event, 'type')}:{text(event, 'event_ts')}"
    return Reaction(
        Told(
            kind="rated",
            channel=channel,
            root=ref,
            ref=ref,
            at=seconds(text(event, "event_ts")),
            keys=(*((f"slack:event:{told}",) if told else ()), name),
            writer=Profile(user, user),
            shared=envelope.get("is_ext_shared_channel") is True,
        ),
        thumb,
        text(event, "type") == "reaction_added",
    )
