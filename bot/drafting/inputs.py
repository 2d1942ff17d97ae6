"""What a template's variables say in one case: everything a customer wrote behind marks, and masked."""

from __future__ import annotations

from collections.abc import Iterator

from bot.drafting import conversation, language
from bot.drafting.case import Case, Reading
from bot.drafting.knowledge import Find
from bot.drafting.knowledge.replies import Example
from bot.drafting.privacy import ALL, Mask, blank
from bot.drafting.prompts import NOTHING, PromptInputs

_MOST_NAME = 200
_MOST_EXAMPLE = 2_000


def names(case: Case) -> tuple[str, ...]:
    """Everybody whose name a model need not know: the customer, and whoever writes in the thread."""
    return tuple(dict.fromkeys((case.customer, *(message.by.name for message in case.thread))))


def filled(case: Case, reading: Reading, mask: Mask) -> tuple[PromptInputs, bool]:
    """The template's variables, and whether the conversation had to be shortened for them."""
    customer = conversation.quoted(mask.hide_name(case.customer[:_MOST_NAME]))
    # What somebody says there that their name is, counts as known in the texts after it.
    thread, thread_cut = conversation.thread_as_data(reading.heard, mask.hide)
    message, message_cut = conversation.message_as_data(reading.heard, mask.hide)
    values = PromptInputs(
        desk=case.desk,
        tone=case.tone,
        language=_language_asked_for(reading),
        articles="\n\n".join(map(_article, reading.quotable)) or "(no article fits)",
        instruction=mask.hide(case.instruction.strip()) or NOTHING,
        today=case.today,
        limit=str(case.limit),
        customer=customer,
        thread=thread,
        message=message,
        facts="\n\n".join(_facts(reading, mask)) or NOTHING,
        examples=_examples(case, reading) or NOTHING,
    )
    return values, message_cut or thread_cut


def _language_asked_for(reading: Reading) -> str:
    names = " or ".join(language.named(code) for code in reading.languages)
    if reading.sure:
        return names
    return "the language of the customer's message" + (f", which is probably {names}" if names else "")


def _article(find: Find) -> str:
    section = find.section
    return f"[{section.ref}] {section.source.title}\n{conversation.quoted(section.text)}"


def _facts(reading: Reading, mask: Mask) -> Iterator[str]:
    for fact in reading.found.facts:
        if not fact.public:
            continue
        yield f"[{fact.ref}] {mask.hide(fact.title)}\n{conversation.quoted(mask.hide(fact.text))}"


def _examples(case: Case, reading: Reading) -> str:
    """Earlier replies, without what in them is somebody else's: they were written to other people."""
    return "\n\n".join(conversation.quoted(_nobodys(case, example)) for example in reading.examples)


def _nobodys(case: Case, example: Example) -> str:
    other = Mask(ALL, (example.customer,), case.languages)
    return blank(other.hide(example.words[:_MOST_EXAMPLE]))
