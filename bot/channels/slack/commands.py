"""`/countersign`: what can be asked for by typing. Only the one who asks reads the answer."""

from __future__ import annotations

from typing import Any

from bot.channels import wording
from bot.channels.base import Click, Person
from bot.channels.card import Card
from bot.channels.slack.blocks import Block, summary
from bot.channels.slack.office import Office
from bot.channels.slack.payload import Payload, text
from bot.channels.slack.words import cut, cut_escaped, escaped
from bot.phrases import say
from bot.review.model import State

COMMAND = "/countersign"
# How many reviews an answer lists; the page has them all.
_MOST = 10
_LOOKED_AT = 200
WORDS = ("help", "queue", "mine", "stats", "audit", "pause", "resume", "version")


async def answer(office: Office, body: Payload) -> dict[str, Any]:
    """The answer to a slash command, as the body of the response. Raises `NotStored`."""
    by = await office.presser(body)
    word, _, rest = text(body, "text").strip().partition(" ")
    if by is None:
        return _only_you(say("slack.click.foreign"))
    match word.lower():
        case "queue":
            return _listed(office, await office.inbox.queue(by, _LOOKED_AT), say("slack.command.queue_empty"))
        case "mine":
            mine = [card for card in await office.inbox.queue(by, _LOOKED_AT) if card.signer == by.name]
            return _listed(office, mine, say("slack.command.mine_empty"))
        case "stats":
            return _only_you(_figures(await office.inbox.queue(by, _LOOKED_AT)))
        case "audit":
            return await _story(office, by, rest)
        case "version":
            return _only_you(say("slack.command.version", version=office.setup.version))
        case "pause" | "resume":
            return _only_you(say("slack.command.not_yet", word=word.lower()))
        case "" | "help":
            return _only_you(_help())
    return _only_you(say("slack.command.unknown", word=cut(word, 40)) + "\n" + _help())


def listed(office: Office, cards: list[Card]) -> list[Block]:
    """Reviews as lines with links, the newest first: for answers and the Home tab."""
    lines = []
    for card in cards:
        link = office.setup.link(card.review)
        title = cut_escaped(card.customer or say("slack.command.nobody"), 60)
        last = cut_escaped(card.messages[-1].text if card.messages else "", 100).replace("\n", " ")
        angry = "😡 " if card.sentiment and card.sentiment.angry else ""
        name = f"<{link}|{title}>" if link else title
        lines.append(f"{angry}*{name}* · {escaped(card.headline)} · {wording.time(card.opened_at)}\n{last}")
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": line, "verbatim": True}, "block_id": f"review-{number}"}
        for number, line in enumerate(lines)
    ]


def _listed(office: Office, cards: list[Card], nothing: str) -> dict[str, Any]:
    if not cards:
        return _only_you(nothing)
    shown = cards[:_MOST]
    blocks = listed(office, shown)
    if more := len(cards) - len(shown):
        blocks.append(_note(say("slack.command.more", count=more)))
    return _only_you("\n".join(cut(card.headline, 100) for card in shown)) | {"blocks": blocks}


def _figures(cards: list[Card]) -> str:
    """What the open reviews alone can tell."""
    waiting = [card for card in cards if card.state is State.IN_REVIEW]
    angry = sum(1 for card in waiting if card.sentiment and card.sentiment.angry)
    stuck = sum(1 for card in cards if card.state is State.STUCK)
    return say("slack.command.stats", open=len(cards), waiting=len(waiting), angry=angry, stuck=stuck)


async def _story(office: Office, by: Person, asked: str) -> dict[str, Any]:
    """The history of one review, named by its id or by a link to its page."""
    review = asked.strip().strip("<>").partition("|")[0].rstrip("/").rpartition("/")[2].partition("?")[0]
    if not review:
        return _only_you(say("slack.command.audit_what"))
    card = await office.inbox.card(review)
    # Whoever may not decide at a desk reads nothing of it either; an unknown review answers the same.
    if card is None or not await _may_read(office, by, card):
        return _only_you(say("refused.unknown"))
    lines = [f"{wording.time(step.at)} {step.text}" for step in card.history]
    link = office.setup.link(card.review)
    return _only_you(cut("\n".join([summary(card).partition("\n")[0], *map(escaped, lines), link]), 3000))


async def _may_read(office: Office, by: Person, card: Card) -> bool:
    """Whether this person may decide at the card's desk, as a click of theirs on it would show."""
    why = await office.inbox.check(Click(card.review, card.version, "redraft", by))
    return why != say("refused.forbidden")


def _help() -> str:
    return "\n".join(f"`{COMMAND} {word}` {say(f'slack.help.{word}')}" for word in WORDS)


def _note(sentence: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": escaped(sentence), "verbatim": True}]}


def _only_you(sentence: str) -> dict[str, Any]:
    return {"response_type": "ephemeral", "text": sentence}
