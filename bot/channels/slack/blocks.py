"""The neutral card as Block Kit, within every limit: what people or models wrote stands in `rich_text`, unparsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.channels import wording
from bot.channels.base import Message, Speaker
from bot.channels.card import Card
from bot.channels.checks import Check, Span
from bot.channels.slack.buttons import actions, plain_text, striking
from bot.channels.slack.richtext import Element, flat, plain, rich
from bot.channels.slack.words import cut_escaped, escaped
from bot.channels.words import clean, cut
from bot.phrases import say
from bot.review.model import CLOSED, Feeling, Sentiment, State, Translation

Block = dict[str, Any]
# https://docs.slack.dev/reference/block-kit/blocks
HEADER, SECTION, CONTEXT, BLOCKS = 150, 3000, 10, 50
# Slack refuses a message beyond this as `msg_blocks_too_long`. It is not documented; others measured it, with entities
# written out and some 125 for each block (slackapi/bolt-js#2509, #2867). Some room is left.
_WEIGHT, _BLOCK = 12_000, 125
_MESSAGES, _CHECKS = 5, 6
_LINE = 300
# How much of the words around a change is shown, on each side.
_BESIDE = 60
# The notification and what screen readers read aloud; Slack advises at most 4,000 characters.
_SUMMARY = 3000
_FACES = {Feeling.ANGRY: "😡", Feeling.NEGATIVE: "🙁", Feeling.NEUTRAL: "😐", Feeling.POSITIVE: "🙂"}


@dataclass(frozen=True, slots=True)
class _Room:
    """How many characters of each text are shown; the rest stands on the review's page."""

    message: int = 500
    last: int = 1800
    reply: int = 3000
    compared: int = 1500

    def shrunk(self, share: float) -> _Room:
        return _Room(*(int(value * share) for value in (self.message, self.last, self.reply, self.compared)))


def blocks(card: Card, link: str) -> list[Block]:
    """The card. `link` leads to the review's page, and is empty when there is none."""
    for share in (1.0, 0.6, 0.3, 0.15):
        made = _drawn(card, link, _Room().shrunk(share))
        if weight(made) <= _WEIGHT:
            return made
    return small(card, link)


def weight(value: Any) -> int:
    """The size of blocks as Slack counts it."""
    if isinstance(value, list):
        return sum(map(weight, value))
    if not isinstance(value, dict):
        return 0
    own = _BLOCK if value.get("type") in _OUTER else 0
    inside = (
        len(escaped(one)) if key in ("text", "url") and isinstance(one, str) else weight(one)
        for key, one in value.items()
    )
    return own + sum(inside)


_OUTER = frozenset({"header", "context", "rich_text", "divider", "section", "actions"})


def _drawn(card: Card, link: str, room: _Room) -> list[Block]:
    made = [_header(card), _where(card, link), _conversation(card, room)]
    made += _notices(card)
    made += _words(card, room)
    made += _checks(card)
    made += _grounds(card)
    return made + actions(card, link)


def small(card: Card, link: str) -> list[Block]:
    """A card that leaves out whatever Slack may have taken offence at."""
    last = next((message.text for message in reversed(card.messages) if message.speaker is Speaker.CUSTOMER), "")
    texts = (last, card.problem, card.reply)
    made = [_header(card), *(_plain_section(cut(clean(text), 500)) for text in texts if clean(text).strip())]
    return [*made, *_linked(link), *actions(card, link)]


def bare(card: Card, link: str) -> list[Block]:
    """Nothing but where the review stands and its buttons."""
    return [_header(card), *_linked(link), *actions(card, link)]


def summary(card: Card) -> str:
    """The card in one text, for notifications and screen readers: escaped, so that it addresses nobody."""
    last = next((message.text for message in reversed(card.messages) if message.speaker is Speaker.CUSTOMER), "")
    lines = [f"{_title(card)}: {cut(last, 600)}", cut(card.escalation, _LINE), cut(card.problem, _LINE), card.outcome]
    if card.reply and card.state not in CLOSED:
        lines.append(f"{_label(card)}: {cut(flat(rich(card.reply)), 1200)}")
    return cut_escaped("\n".join(line for line in lines if line.strip()), _SUMMARY)


def _title(card: Card) -> str:
    late = say("card.overdue") if card.overdue else ""
    return " · ".join(part for part in (late, card.headline, card.customer) if part)


def _header(card: Card) -> Block:
    signs = "⏰ " if card.overdue else ""
    if card.sentiment is not None and card.state not in CLOSED:
        signs += f"{_FACES[card.sentiment.feeling]} "
    title = cut(clean(signs + _title(card)).replace("\n", " "), HEADER)
    return {"type": "header", "text": plain_text(title or "-")}


def _where(card: Card, link: str) -> Block:
    channel, _, place = card.place.partition(":")
    # Elsewhere a place is called by an id that nobody can read, as `19:…@thread.tacv2`; then where it is has to do.
    spot = f"<#{place}>" if channel == "slack" and place.isalnum() else escaped(channel.capitalize())
    facts = [cut_escaped(card.desk, _LINE), spot, f"{escaped(say('card.opened'))} {_date(card.opened_at)}"]
    if card.deadline is not None:
        due = escaped(say("card.was_due" if card.overdue else "card.due"))
        facts.append(f"{f'*{due}*' if card.overdue else due} {_date(card.deadline)}")
    facts += [f"<{link}|{escaped(say('slack.card.page'))}>"] if link else []
    return _context(facts)


def _date(at: float) -> str:
    """A time in the reader's own zone; clients too old for that show the server's."""
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{wording.time(at)}>"


def _conversation(card: Card, room: _Room) -> Block:
    """What was said, the newest last, and how it sounds."""
    shown = card.messages[-_MESSAGES:]
    elements: list[Element] = []
    if hidden := len(card.messages) - len(shown):
        elements.append(_line(say("slack.card.earlier", count=hidden), italic=True))
    for message in shown:
        elements += _message(message, room.last if message is shown[-1] else room.message)
    if card.translation:
        elements.append(_line(_translated(card.translation), italic=True))
        elements.append({"type": "rich_text_quote", "elements": plain(cut(clean(card.translation.message), room.last))})
    if card.sentiment is not None:
        elements.append(_sounds(card, card.sentiment))
    return {"type": "rich_text", "elements": elements or [_line("-")]}


def _message(message: Message, limit: int) -> list[Element]:
    name = clean(message.by.name).strip() or message.by.id or "-"
    said = [name, *([say("slack.card.edited")] if message.edited else [])]
    elements = [_line(" · ".join(said), bold=True)]
    text = say("slack.card.deleted") if message.deleted else cut(clean(message.text).strip(), limit)
    if text:
        elements.append({"type": "rich_text_quote", "elements": plain(text)})
    if message.files:
        elements.append(_line(cut(say("slack.card.files", names=", ".join(message.files)), _LINE), italic=True))
    return elements


def _sounds(card: Card, sentiment: Sentiment) -> Element:
    """The flag with the customer's own words that show it."""
    cues = ", ".join(f"“{cut(clean(cue), 80)}”" for cue in sentiment.cues[:3])
    facts = [say(f"page.mood.{sentiment.feeling.value}") + (f": {cues}" if cues else "")]
    facts += [say("card.corrected")] if sentiment.judge == "person" else []
    if card.language in _LANGUAGES:
        facts.append(say(f"page.language.{card.language}"))
    facts += [cut(clean(card.intent), 120)] if card.intent else []
    facts += [f"⚠ {cut(clean(risk), 80)}" for risk in card.risks[:5]]
    return _line(f"{_FACES[sentiment.feeling]} " + " · ".join(fact for fact in facts if fact))


_LANGUAGES = frozenset({"da", "de", "en", "es", "fi", "fr", "nb", "nl", "nn", "no", "sv"})


def _notices(card: Card) -> list[Block]:
    """What keeps the reviewer from simply pressing Approve, and what came of it once they did."""
    lines = [f"⬆ {card.escalation}"] if card.escalation else []
    lines += [f"✋ {say('card.holder', name=card.holder)}"] if card.holder else []
    lines += [f"⚠ {card.problem}"] if card.problem else []
    lines += [f"↻ {change}" for change in card.changes[-5:]]
    lines += [card.note] if card.note and card.state not in CLOSED else []
    lines += [f"✔ {card.outcome}"] if card.outcome else []
    elements = [_line(cut(clean(line), _LINE)) for line in lines]
    return [{"type": "rich_text", "elements": elements}] if elements else []


def _words(card: Card, room: _Room) -> list[Block]:
    """The reply as the customer will read it, and what a person changed in it. A sent one stands in the conversation."""
    made: list[Block] = []
    if card.reply.strip() and card.state is not State.SENT:
        label = _line(_label(card), bold=True)
        made = [{"type": "divider"}, {"type": "rich_text", "elements": [label, *rich(cut(card.reply, room.reply))]}]
        if len(card.reply) > room.reply:
            note = _line(say("slack.card.cut", count=len(card.reply)), italic=True)
            made.append({"type": "rich_text", "elements": [note]})
    if made and card.translation and card.translation.reply:
        words = {"type": "rich_text_quote", "elements": plain(cut(clean(card.translation.reply), room.reply))}
        made.append({"type": "rich_text", "elements": [_line(_translated(card.translation), italic=True), words]})
    if card.comparison:
        compared = {"type": "rich_text_section", "elements": _compared(card.comparison, room.compared)}
        made.append({"type": "rich_text", "elements": [_line(say("slack.card.compared"), bold=True), compared]})
    return made


def _translated(translation: Translation) -> str:
    return say("card.translated", language=say(f"page.language.{translation.language}"))


def _checks(card: Card) -> list[Block]:
    """What to look at before the words go out, with a button for each sentence that can be taken out."""
    if not card.checks:
        return []
    shown = card.checks[:_CHECKS]
    notes = [_line(cut(clean(check.text), _LINE)) for check in shown if not check.strike]
    listed = [{"type": "rich_text_list", "style": "bullet", "elements": notes}] if notes else []
    head = {"type": "rich_text", "elements": [_line(f"⚠ {say('check.title')}", bold=True), *listed]}
    more = len(card.checks) - len(shown)
    rest = [_context([escaped(say("check.more", count=more))])] if more else []
    return [head, *(_removable(card, check) for check in shown if check.strike), *rest]


def _removable(card: Card, check: Check) -> Block:
    return _plain_section(cut(clean(check.text), _LINE) or "-") | {"accessory": striking(card, check)}


def _label(card: Card) -> str:
    match card.state:
        case State.RECEIVED | State.DRAFTING:
            return say("slack.card.replaced")
        case State.REJECTED | State.RETIRED:
            return say("slack.card.unsent")
        case State.RELEASED | State.SENDING | State.STUCK:
            return say("slack.card.released")
    return say("slack.card.draft")


def _compared(spans: tuple[Span, ...], room: int) -> list[Element]:
    elements: list[Element] = []
    for span in spans:
        text = cut(_near(clean(span.text)) if span.kind == "kept" else clean(span.text), room)
        if not text:
            break
        styles = {"added": {"bold": True}, "removed": {"strike": True}}.get(span.kind)
        elements.append({"type": "text", "text": text} | ({"style": styles} if styles else {}))
        room -= len(text)
    return elements or plain("")


def _near(text: str) -> str:
    """Of what was kept, only what stands beside a change."""
    return text if len(text) <= 2 * _BESIDE else f"{text[:_BESIDE].rstrip()} … {text[-_BESIDE:].lstrip()}"


def _grounds(card: Card) -> list[Block]:
    """What the draft leans on and who made it, as small print."""
    titles = [(cut_escaped(source.title or source.ref, 100), source.public) for source in card.sources[:8]]
    named = [title if public else say("slack.card.internal", title=title) for title, public in titles]
    made = [f"{escaped(say('slack.card.sources'))} {' · '.join(named)}"] if named else []
    model = say("page.frame.offline") if card.model == "offline" else card.model
    made += [cut_escaped(card.hidden, _LINE)] if card.hidden else []
    made += [cut_escaped(" · ".join(one for one in (card.template, model) if one), _LINE)]
    return [_context(made)] if any(made) else []


def _linked(link: str) -> list[Block]:
    return [_context([f"<{link}|{escaped(say('slack.card.page'))}>"])] if link else []


def _context(texts: list[str]) -> Block:
    """One line of small print; each text is mrkdwn, already escaped."""
    joined = [{"type": "mrkdwn", "text": text, "verbatim": True} for text in texts if text][:CONTEXT]
    return {"type": "context", "elements": joined}


def _plain_section(text: str) -> Block:
    return {"type": "section", "text": plain_text(text)}


def _line(text: str, **style: bool) -> Element:
    element: Element = {"type": "text", "text": text or " "}
    return {"type": "rich_text_section", "elements": [element | ({"style": style} if style else {})]}
