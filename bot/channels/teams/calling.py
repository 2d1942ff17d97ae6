"""Calls the leads, as when a review is escalated: one message in its card's thread that mentions them."""

from __future__ import annotations

import asyncio
import html
from typing import Any

from bot.channels.base import Place, Refusal, Silence
from bot.channels.card import Card
from bot.channels.teams.cards import TYPE
from bot.channels.teams.connector import conversation
from bot.channels.teams.office import Office
from bot.channels.teams.people import Profile
from bot.channels.teams.runs import said
from bot.channels.teams.setup import NAME
from bot.channels.words import clean, cut
from bot.log import log

_MOST, _SENTENCE, _TRIES = 50, 1500, 6


async def call(office: Office, place: Place, card: Card, ref: str) -> None:
    """Mention those of the called who are in the review channel, below the card that stands there. Raises nothing.

    The card says the same, so that it never waits for this. A program that dies before the card is noted as drawn
    draws it again and calls again: being called twice is better than not at all.
    """
    called = {person.removeprefix(f"{NAME}:") for person in card.calls if person.startswith(f"{NAME}:")}
    if not called or not card.call:
        return
    roster = await office.directory.roster(place) or {}
    people = [profile for profile in roster.values() if profile.id in called][:_MOST]
    if not people:
        log.warning("teams_nobody_to_call", review=card.review)
        return
    message = _message(people, card.call)
    try:
        await _post(office, place.id, ref, message)
    except (Refusal, Silence) as error:
        office.errands.run("call", _insist(office, place.id, ref, message, error))


def _message(people: list[Profile], sentence: str) -> dict[str, Any]:
    """A card, in which the sentence can stand as letters, and the names as mentions and nothing else.

    https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
    """
    mentions = [(f"<at>{html.escape(person.name, quote=False)}</at>", person) for person in people]
    entities = [
        {"type": "mention", "text": text, "mentioned": {"id": person.id, "name": person.name}}
        for text, person in mentions
    ]
    names = {"type": "TextBlock", "text": " ".join(text for text, _ in mentions), "wrap": True}
    body = [names, said(cut(clean(sentence), _SENTENCE))]
    card = {"type": "AdaptiveCard", "version": "1.5", "body": body, "msteams": {"entities": entities}}
    return {"attachments": [{"contentType": TYPE, "content": card}]}


async def _post(office: Office, channel: str, ref: str, message: dict[str, Any]) -> None:
    address = await office.whereabouts.of(channel)
    async with office.pace.turn(channel, ref):
        await office.connector.post(address, conversation(channel, ref), message)


async def _insist(office: Office, channel: str, ref: str, message: dict[str, Any], error: Refusal | Silence) -> None:
    """Try again a few times, each after a longer pause, unless it is of no use."""
    for attempt in range(_TRIES):
        if isinstance(error, Refusal) and error.final:
            break
        asked = error.wait if isinstance(error, Refusal) else 0.0
        await asyncio.sleep(max(asked, office.setup.look_again * 2**attempt))
        try:
            await _post(office, channel, ref, message)
            return
        except (Refusal, Silence) as again:
            error = again
    log.error("teams_call_failed", channel=channel, error=type(error).__name__, said=str(error))
