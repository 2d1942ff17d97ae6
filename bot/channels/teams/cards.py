"""The neutral card as an Adaptive Card 1.5, small enough for Teams, and what is answered to whoever pressed a button."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Message, Speaker
from bot.channels.card import Card
from bot.channels.checks import Check, Span
from bot.channels.teams.buttons import row, striking
from bot.channels.teams.runs import Element, Run, line, lines, run, said
from bot.channels.words import clean, cut
from bot.phrases import say
from bot.review.model import CLOSED, Feeling, Sentiment, State, Translation

AdaptiveCard = dict[str, Any]
TYPE = "application/vnd.microsoft.card.adaptive"
# What Teams takes is documented as 28 KB here and 100 KB there, counted as UTF-16; in UTF-8 some texts are longer (bytes).
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
_BYTES = 25_000
_MESSAGES, _CHECKS, _LINE = 5, 6, 300
# How much of the words around a change is shown, on each side.
_BESIDE = 60
_FACES = {Feeling.ANGRY: "😡", Feeling.NEGATIVE: "🙁", Feeling.NEUTRAL: "😐", Feeling.POSITIVE: "🙂"}
_LANGUAGES = frozenset({"da", "de", "en", "es", "fi", "fr", "nb", "nl", "nn", "no", "sv"})
_CLOSE = {"spacing": "None"}
_STYLES = {State.SENT: "good", State.STUCK: "attention", State.REJECTED: "default", State.RETIRED: "default"}


@dataclass(frozen=True, slots=True)
class _Room:
    """How many characters of each text are shown; the rest stands on the review's page."""

    message: int = 500
    last: int = 1800
    reply: int = 3000
    compared: int = 1500

    def shrunk(self, share: float) -> _Room:
        return _Room(*(int(value * share) for value in (self.message, self.last, self.reply, self.compared)))


def drawn(card: Card, link: str) -> AdaptiveCard:
    """The largest drawing that fits. `link` leads to the review's page, and is empty when there is none."""
    for share in (1.0, 0.6, 0.3, 0.1):
        made = _card(card, link, _whole(card, link, _Room().shrunk(share)))
        if weight(made) <= _BYTES:
            return made
    for drawing in (small, bare):
        if weight(made := drawing(card, link)) <= _BYTES:
            return made
    return made | {"actions": row(card, link, box=0)}


def small(card: Card, link: str) -> AdaptiveCard:
    """A card that leaves out whatever Teams may have taken offence at."""
    last = next((message.text for message in reversed(card.messages) if message.speaker is Speaker.CUSTOMER), "")
    texts = (last, card.problem, card.reply)
    return _card(card, link, [_header(card), *(said(cut(clean(one), 400)) for one in texts if one.strip())])


def bare(card: Card, link: str) -> AdaptiveCard:
    """Nothing but where the review stands and its buttons."""
    return _card(card, link, [said(summary(card), weight="Bolder")])


def weight(card: AdaptiveCard) -> int:
    """The size of a card in bytes, in whichever of the two ways of counting it is larger."""
    written = json.dumps(card, ensure_ascii=False)
    return max(len(written.encode("utf-16-le", "surrogatepass")), len(written.encode("utf-8", "surrogatepass")))


def summary(card: Card) -> str:
    """The card in one line, for the notification. Teams shows it as it is."""
    return cut(" ".join(clean(_title(card)).split()), _LINE) or "-"


# --- what is answered to a pressed button: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model


def shown(card: AdaptiveCard) -> dict[str, Any]:
    """The presser sees this card now."""
    return {"statusCode": 200, "type": TYPE, "value": card}


def told(sentence: str) -> dict[str, Any]:
    """The presser reads this sentence."""
    return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": sentence}


def failed(status: int, code: str, sentence: str) -> dict[str, Any]:
    """The presser sees that it did not count."""
    value = {"code": code, "message": sentence}
    return {"statusCode": status, "type": "application/vnd.microsoft.error", "value": value}


# --- the card


def _card(card: Card, link: str, body: list[Element]) -> AdaptiveCard:
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "msteams": {"width": "full"},
        "fallbackText": cut(clean(card.headline), _LINE),
        # Whatever else is drawn, by this a card is found again whose answer was lost.
        "body": [body[0] | {"id": card.review}, *body[1:]],
        "actions": row(card, link),
    }


def _whole(card: Card, link: str, room: _Room) -> list[Element]:
    return [
        _header(card),
        *_conversation(card, link, room),
        *_notices(card),
        *_words(card, room),
        *_checks(card),
        *_grounds(card),
    ]


def _title(card: Card) -> str:
    late = say("card.overdue") if card.overdue else ""
    return " · ".join(part for part in (late, card.headline, card.customer) if part)


def _header(card: Card) -> Element:
    signs = "⏰ " if card.overdue else ""
    if card.sentiment is not None and card.state not in CLOSED:
        signs += f"{_FACES[card.sentiment.feeling]} "
    title = said(cut(clean(signs + _title(card)), _LINE), weight="Bolder", size="Medium")
    items = [title, said(cut(clean(card.desk), _LINE), isSubtle=True, size="Small") | _CLOSE, _times(card)]
    return {"type": "Container", "style": _style(card), "bleed": True, "items": items}


def _style(card: Card) -> str:
    angry = card.sentiment is not None and card.sentiment.angry
    urgent = card.state not in CLOSED and (card.overdue or angry)
    return "attention" if urgent else _STYLES.get(card.state, "emphasis")


def _times(card: Card) -> Element:
    """Times in the reader's own zone, which only a TextBlock can show. Nobody else's words stand in it."""
    told = f"{say('card.opened')} {_date(card.opened_at)}"
    if card.deadline is not None:
        told += f" · {say('card.was_due' if card.overdue else 'card.due')} {_date(card.deadline)}"
    return {"type": "TextBlock", "text": told, "wrap": True, "isSubtle": True, "size": "Small"} | _CLOSE


def _date(at: float) -> str:
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{{{{DATE({stamp},SHORT)}}}} {{{{TIME({stamp})}}}}"


def _conversation(card: Card, link: str, room: _Room) -> list[Element]:
    """What was said, the newest last, and how it sounds."""
    shown = card.messages[-_MESSAGES:]
    made: list[Element] = []
    if hidden := len(card.messages) - len(shown):
        made.append(said(say("teams.card.earlier", count=hidden), italic=True, isSubtle=True))
    for message in shown:
        made.append(_message(message, link, room.last if message is shown[-1] else room.message))
    if card.translation:
        made += _translated(card.translation, card.translation.message, room.last)
    if card.sentiment is not None:
        made.append(_sounds(card, card.sentiment))
    return made


def _message(message: Message, link: str, limit: int) -> Element:
    name = clean(message.by.name).strip() or message.by.id or "-"
    who = " · ".join([cut(name, 100), *([say("teams.card.edited")] if message.edited else [])])
    items = [said(who, weight="Bolder")]
    whole = say("teams.card.deleted") if message.deleted else clean(message.text).strip()
    items += lines([run(cut(whole, limit))])
    if len(whole) > limit and link:
        page = {"type": "Action.OpenUrl", "url": link}
        items.append(line(run(say("teams.card.whole"), selectAction=page, size="Small")))
    if message.files:
        items.append(said(cut(clean(say("teams.card.files", names=", ".join(message.files))), _LINE), italic=True))
    style = "emphasis" if message.speaker is Speaker.CUSTOMER else "default"
    return {"type": "Container", "style": style, "items": items, "spacing": "Small"}


def _sounds(card: Card, sentiment: Sentiment) -> Element:
    """The flag with the customer's own words that show it."""
    cues = ", ".join(f"“{cut(clean(cue), 80)}”" for cue in sentiment.cues[:3])
    mood = f"{_FACES[sentiment.feeling]} {say(f'page.mood.{sentiment.feeling.value}')}" + (f": {cues}" if cues else "")
    facts = [say("card.corrected")] if sentiment.judge == "person" else []
    facts += [say(f"page.language.{card.language}")] if card.language in _LANGUAGES else []
    facts += [cut(clean(card.intent), 120)] if card.intent else []
    loud = {"color": "Attention", "weight": "Bolder"} if sentiment.angry else {}
    runs = [run(mood, **loud), *(run(f" · {fact}") for fact in facts if fact)]
    runs += [run(f" · ⚠ {cut(clean(risk), 80)}", color="Warning") for risk in card.risks[:5]]
    return line(*(one | {"text": one["text"].replace("\n", " ")} for one in runs), spacing="Small")


def _notices(card: Card) -> list[Element]:
    """What keeps the reviewer from simply pressing Approve, and what came of it once they did."""
    made = [_notice(f"⬆ {card.escalation}", weight="Bolder")] if card.escalation else []
    made += [_notice(f"✋ {say('history.claim', name=card.holder)}")] if card.holder else []
    made += [_notice(f"⚠ {card.problem}", color="Attention")] if card.problem else []
    made += [_notice(f"↻ {change}", color="Warning") for change in card.changes[-5:]]
    made += [_notice(card.note, isSubtle=True)] if card.note and card.state not in CLOSED else []
    made += [_notice(f"✔ {card.outcome}", weight="Bolder")] if card.outcome else []
    return made


def _notice(text: str, **look: Any) -> Element:
    return said(cut(clean(text), _LINE), **look)


def _words(card: Card, room: _Room) -> list[Element]:
    """The reply as the customer will read it, and what a person changed in it. A sent one stands in the conversation."""
    made: list[Element] = []
    if card.reply.strip() and card.state is not State.SENT:
        made = [said(_label(card), weight="Bolder") | {"separator": True}]
        made += lines([run(cut(clean(card.reply), room.reply))])
        if len(card.reply) > room.reply:
            made.append(said(say("teams.card.cut", count=len(card.reply)), italic=True, isSubtle=True))
    if made and card.translation and card.translation.reply:
        made += _translated(card.translation, card.translation.reply, room.reply)
    if card.comparison:
        made.append(said(say("teams.card.compared"), weight="Bolder") | {"separator": True})
        made += lines(_compared(card.comparison, room.compared))
    return made


def _translated(translation: Translation, words: str, limit: int) -> list[Element]:
    label = say("card.translated", language=say(f"page.language.{translation.language}"))
    return [said(label, italic=True, isSubtle=True), *lines([run(cut(clean(words), limit), isSubtle=True)])]


def _checks(card: Card) -> list[Element]:
    """What to look at before the words go out, with a button for each sentence that can be taken out."""
    if not card.checks:
        return []
    shown = card.checks[:_CHECKS]
    items = [said(f"⚠ {say('check.title')}", weight="Bolder")]
    items += [_removable(card, check) if check.strike else _notice(f"• {check.text}") for check in shown]
    if more := len(card.checks) - len(shown):
        items.append(said(say("check.more", count=more), isSubtle=True))
    return [{"type": "Container", "style": "warning", "items": items}]


def _removable(card: Card, check: Check) -> Element:
    """A sentence, and beside it the button that takes it out."""
    columns = [
        {
            "type": "Column",
            "width": "stretch",
            "verticalContentAlignment": "Center",
            "items": [_notice(f"• {check.text}")],
        },
        {"type": "Column", "width": "auto", "items": [{"type": "ActionSet", "actions": [striking(card, check)]}]},
    ]
    return {"type": "ColumnSet", "columns": columns, "spacing": "Small"}


def _label(card: Card) -> str:
    match card.state:
        case State.RECEIVED | State.DRAFTING:
            return say("teams.card.replaced")
        case State.REJECTED | State.RETIRED:
            return say("teams.card.unsent")
        case State.RELEASED | State.SENDING | State.STUCK:
            return say("teams.card.released")
    return say("teams.card.draft")


def _compared(spans: tuple[Span, ...], room: int) -> list[Run]:
    looks: dict[str, dict[str, Any]] = {
        "added": {"weight": "Bolder", "underline": True},
        "removed": {"strikethrough": True, "isSubtle": True},
    }
    made: list[Run] = []
    for span in spans:
        text = cut(_near(clean(span.text)) if span.kind == "kept" else clean(span.text), room)
        if not text:
            break
        made.append(run(text, **looks.get(span.kind, {})))
        room -= len(text)
    return made


def _near(text: str) -> str:
    """Of what was kept, only what stands beside a change."""
    return text if len(text) <= 2 * _BESIDE else f"{text[:_BESIDE].rstrip()} … {text[-_BESIDE:].lstrip()}"


def _grounds(card: Card) -> list[Element]:
    """What the draft leans on and who made it, as small print."""
    titles = [(cut(clean(source.title or source.ref), 100), source.public) for source in card.sources[:8]]
    named = [title if public else say("teams.card.internal", title=title) for title, public in titles]
    made = [f"{say('teams.card.sources')} {' · '.join(named)}"] if named else []
    model = say("page.frame.offline") if card.model == "offline" else card.model
    made += [cut(clean(card.hidden), _LINE)] if card.hidden else []
    made += [cut(clean(" · ".join(one for one in (card.template, model) if one)), _LINE)]
    lines = [said(one, isSubtle=True, size="Small") for one in made if one]
    return [one | ({"spacing": "Medium"} if one is lines[0] else _CLOSE) for one in lines]
