"""Reactions to what the bot posted; of those to others' messages Teams does not tell."""

from __future__ import annotations

from collections.abc import Iterator

from bot.channels.base import Rated, Thread
from bot.channels.payload import Payload, parts, text
from bot.channels.teams import activities
from bot.channels.teams.activities import Spot, Told
from bot.channels.teams.office import NAME, Office

# What is plainly meant; who laughs or is surprised may mean anything. The newer ones are named by their character, as in
# `1f44d_thumbsup`.
_THUMBS = {"like": 1, "heart": 1, "plusone": 1, "1f44d": 1, "sad": -1, "angry": -1, "1f44e": -1}


async def take(office: Office, activity: Payload, at: Spot) -> None:
    """Hand the thumbs of a `messageReaction` to the desk. Raises `NotStored`, `Odd`."""
    found, ref = list(_thumbs(activity)), text(activity, "replyToId")
    if not found or not ref:
        return
    writer = activities.writer_of(activity)
    stamp = text(activity, "timestamp")
    name = f"{NAME}:{at.channel}:{ref}:reaction:{text(activity, 'id')}:{stamp}"
    told = Told("said", at, ref, activities.seconds(stamp), (name,), writer)
    by, speaker = await office.writer(told)
    for number, (thumb, added) in enumerate(found):
        thread, keys = Thread(at.place, at.root), (f"{name}:{number}",)
        await office.inbox.receive(
            Rated(thread=thread, ref=ref, by=by, speaker=speaker, at=told.at, keys=keys, thumb=thumb, added=added)
        )


def _thumbs(activity: Payload) -> Iterator[tuple[int, bool]]:
    """Each thumb and whether it was added, those taken away first: changing one's mind comes as both at once."""
    for field, added in (("reactionsRemoved", False), ("reactionsAdded", True)):
        for one in parts(activity, field):
            thumb = _THUMBS.get(text(one, "type").casefold().partition("_")[0])
            if thumb is not None:
                yield thumb, added
