"""The Home tab: what waits for this person. Each sees only the desks at which they may decide."""

from __future__ import annotations

from typing import Any

from bot.channels.base import Person
from bot.channels.slack.commands import COMMAND, listed
from bot.channels.slack.events import NAME
from bot.channels.slack.office import Office
from bot.channels.slack.words import escaped
from bot.phrases import say

# The Home tab takes 100 blocks: https://docs.slack.dev/surfaces/app-home
_MOST = 40


async def publish(office: Office, user: str) -> None:
    """Draw the Home tab for a user. Raises `NotStored`, `Refusal`, `Silence`."""
    cards = await office.inbox.queue(Person(NAME, user, ""), _MOST)
    view: dict[str, Any] = {
        "type": "home",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": say("slack.home.title"), "emoji": False}},
            *(listed(office, cards) or [_section(say("slack.command.queue_empty"))]),
            {"type": "divider"},
            _section(say("slack.home.more", command=COMMAND)),
        ],
    }
    await office.client.tell("views.publish", user_id=user, view=view)


def _section(sentence: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": escaped(sentence), "verbatim": True}}
