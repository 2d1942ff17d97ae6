"""Calls the leads, as when a review is escalated: one message in its card's thread that mentions them."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from bot.channels.base import Refusal, Silence
from bot.channels.card import Card
from bot.channels.slack.events import NAME
from bot.channels.slack.office import Office
from bot.channels.slack.words import cut_escaped
from bot.log import log

_SOMEBODY = re.compile(rf"{NAME}:([UW][A-Z0-9]+)")
_MOST, _SENTENCE, _TRIES = 50, 1500, 6


async def call(office: Office, channel: str, card: Card, ts: str) -> None:
    """Mention those of the called who are in Slack, below the card that stands there. Raises nothing.

    The card says the same, so that it never waits for this. A program that dies before the card is noted as drawn
    draws it again and calls again: being called twice is better than not at all.
    """
    found = [match[1] for person in card.calls if (match := _SOMEBODY.fullmatch(person))]
    if not found or not card.call:
        return
    mentions = " ".join(f"<@{user}>" for user in found[:_MOST])
    text = f"{mentions} {cut_escaped(card.call, _SENTENCE)}"
    message = {"channel": channel, "thread_ts": ts, "text": text, "unfurl_links": False, "unfurl_media": False}
    try:
        await _post(office, message)
    except (Refusal, Silence) as error:
        office.errands.run("call", _insist(office, card.review, message, error))


async def _post(office: Office, message: dict[str, Any]) -> None:
    async with office.pace.turn(message["channel"]):
        await office.client.tell("chat.postMessage", **message)


async def _insist(office: Office, review: str, message: dict[str, Any], error: Refusal | Silence) -> None:
    """Try again a few times, each after a longer pause, unless it is of no use."""
    for attempt in range(_TRIES):
        if isinstance(error, Refusal) and error.final:
            break
        asked = error.wait if isinstance(error, Refusal) else 0.0
        await asyncio.sleep(max(asked, office.setup.look_again * 2**attempt))
        try:
            await _post(office, message)
            return
        except (Refusal, Silence) as again:
            error = again
    log.error("slack_call_failed", review=review, error=type(error).__name__, said=str(error))
