"""`/countersign`: what was typed is handed to the table of commands, and its answer drawn in blocks. Only the one who
asks reads it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from bot.channels import commands
from bot.channels.base import NotStored, Place, Refusal, Silence, Thread
from bot.channels.card import Card
from bot.channels.commands import Manner, Readout
from bot.channels.pictures import Picture
from bot.channels.slack.blocks import SECTION, Block
from bot.channels.slack.events import NAME
from bot.channels.slack.office import Office
from bot.channels.slack.payload import Payload, text
from bot.channels.slack.words import cut_escaped, escaped
from bot.channels.words import clean, cut
from bot.phrases import say

COMMAND = "/countersign"
# How much of a long text is shown, so that the whole answer stays readable in a chat.
_CODE, _ROWS = 2800, 80
# With `should_escape`, as the manifest has it, Slack writes a typed address as `<address>` or `<address|label>`.
_ADDRESS = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>")
# "Copy link" of a message: its channel, its `ts` without the dot, and in a thread the first message's `ts`.
# https://docs.slack.dev/reference/methods/chat.getPermalink
_PERMALINK = re.compile(r"https?://[^/\s]+/archives/([A-Z0-9]+)/p(\d{10})(\d{6})(?:\?(?:\S*&)?thread_ts=(\d+\.\d+))?")


async def answer(office: Office, body: Payload) -> dict[str, Any]:
    """The answer to a slash command, as the body of the response. Raises `NotStored`."""
    by = await office.presser(body)
    if by is None:
        return _only_you(say("slack.click.foreign"))
    typed = _ADDRESS.sub(r"\1", text(body, "text")).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    said = await commands.answer(office.inbox, by, typed, manner(office, text(body, "channel_id")))
    if said.picture:
        office.errands.run("chart", _shown(office, text(body, "channel_id"), by.id, said.picture))
    return _drawn(office, said)


async def _shown(office: Office, channel: str, asker: str, draw: Callable[[], Awaitable[Picture | None]]) -> None:
    """Post a chart where it was asked for, if only colleagues read there; whoever asked is told why there is none."""
    try:
        if picture := await draw():
            await office.rooms.for_cards(channel)
            await office.client.upload(channel, "reviews.png", picture.png, picture.title, picture.words)
    except Refusal as no:
        await office.whisper(channel, asker, say("slack.chart.refused", why=no.reason))
    except (Silence, NotStored):
        await office.whisper(channel, asker, say("slack.chart.later"))


def manner(office: Office, channel: str) -> Manner:
    """How commands are spoken in a channel."""
    setup = office.setup
    here = Place(NAME, channel)
    return Manner(call=COMMAND, here=here, thread_of=thread_of, now=setup.clock(), version=setup.version)


def thread_of(link: str) -> Thread | None:
    """The thread that a permalink leads to; None when it is none."""
    found = _PERMALINK.match(link)
    if found is None:
        return None
    channel, seconds, rest, root = found.groups()
    return Thread(Place(NAME, channel), root or f"{seconds}.{rest}")


def listed(office: Office, cards: Iterable[Card]) -> list[Block]:
    """Reviews as blocks of two lines, the first with a link to the review's page."""
    return [_entry(office, card) for card in cards]


def section(line: str) -> Block:
    """A paragraph, its text escaped already."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": line or "-", "verbatim": True}}


def paragraphs(sentences: Iterable[str]) -> list[Block]:
    """Sentences, a line each, as few blocks as hold them."""
    lines: list[str] = []
    for sentence in sentences:
        line = cut_escaped(sentence, SECTION)
        if lines and len(lines[-1]) + 1 + len(line) <= SECTION:
            lines[-1] += f"\n{line}"
        else:
            lines.append(line)
    return [section(line) for line in lines]


def _entry(office: Office, card: Card) -> Block:
    """In rich text, because a customer's name and words must not be parsed."""
    link = office.setup.link(card.review)
    angry = "😡 " if card.sentiment and card.sentiment.angry else ""
    title = angry + (cut(clean(card.customer), 60) or say("command.nobody"))
    name = {"type": "link", "url": link, "text": title} if link else {"type": "text", "text": title}
    facts = " · ".join(cut(clean(fact), 200) for fact in commands.facts(card, office.setup.clock()))
    last = cut(clean(card.messages[-1].text if card.messages else "").replace("\n", " "), 100)
    said = {"type": "text", "text": f" · {facts}\n{last}"}
    elements = [name | {"style": {"bold": True}}, said]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _drawn(office: Office, said: Readout) -> dict[str, Any]:
    """An answer as blocks, and as plain text for notifications and screen readers."""
    names = (f"{card.customer or say('command.nobody')}: {card.headline}" for card in said.cards)
    plain = escaped("\n".join([*said.sentences, *names, *said.notes]))
    if not said.cards and not said.link:
        return _only_you(plain)
    layout = [*paragraphs(said.sentences), *listed(office, said.cards), *paragraphs(said.notes), *_page(said)]
    return _only_you(plain) | {"blocks": layout}


def _page(said: Readout) -> Iterator[Block]:
    """A long text letter by letter, and the way to its page."""
    if said.code:
        text = {"type": "text", "text": clean(said.cut(_CODE, _ROWS)) or " "}
        yield {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [text]}]}
    if said.link:
        link = {"type": "link", "url": said.link, "text": say("prompts.page")}
        yield {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [link]}]}


def _only_you(sentence: str) -> dict[str, Any]:
    return {"response_type": "ephemeral", "text": sentence}
