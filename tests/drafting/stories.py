"""A shop, its customer and what they say, for the tests of the drafter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.channels.base import Message, Person, Speaker
from bot.drafting import prompts
from bot.drafting.case import Case
from bot.drafting.knowledge import Knowledge
from bot.drafting.knowledge.retriever import Fixed

ROOT = Path(__file__).parents[2]
KNOWLEDGE = Knowledge.read(ROOT / "config" / "knowledge")
ARTICLES = Fixed(KNOWLEDGE)
TEMPLATE = prompts.load(ROOT / "prompts" / "support_reply.md", version=3)
MAJA = Person("web", "customer-1", "Maja Holm")
ANA = Person("web", "ana", "Ana")
BOT = Person("web", "bot", "Countersign")


def said(number: int, text: str, speaker: Speaker = Speaker.CUSTOMER, **more: Any) -> Message:
    """A message; who wrote it follows from the speaker."""
    by = {Speaker.CUSTOMER: MAJA, Speaker.STAFF: ANA, Speaker.BOT: BOT}[speaker]
    return Message(number, f"m{number}", speaker, by, text, 1_790_000_000.0 + number, **more)


def case(*messages: str | Message, **more: Any) -> Case:
    """A case in which these messages are to be answered; a plain text is the customer's."""
    thread = tuple(said(at, text) if isinstance(text, str) else text for at, text in enumerate(messages, start=1))
    values: dict[str, Any] = {
        "desk": "Nordlys support",
        "tone": "friendly and brief",
        "languages": ("en", "fr", "da", "sv", "no"),
        "template": TEMPLATE,
        "customer": "Maja Holm",
        "thread": thread,
        "covers": max((message.number for message in thread), default=0),
        "instruction": "",
        "limit": 4000,
        "today": "2026-11-23",
    }
    return Case(**{**values, **more})
