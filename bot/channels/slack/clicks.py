"""What a pressed button and a filled-in form come to. The desk decides; here it is only asked, and its answer shown."""

from __future__ import annotations

from typing import Any

from bot.channels.base import Click, NotStored, Person, Receipt, Refusal, Silence, Speaker
from bot.channels.card import Card
from bot.channels.form import Button
from bot.channels.slack import events, modals
from bot.channels.slack.buttons import ASK, COPY, DECIDE, chosen, name_and_value, pressed
from bot.channels.slack.office import Office
from bot.channels.slack.payload import Payload, part, parts, text
from bot.phrases import say

Body = dict[str, Any]
CLEAR: Body = {"response_action": "clear"}


class Clicks:
    """Buttons, forms and the message shortcut. Each answers within Slack's three seconds; errands do the rest."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def button(self, body: Payload) -> Body:
        """A button was pressed, or chosen from the menu. Raises `NotStored`, so that the presser sees that it did not
        count."""
        action = next(iter(parts(body, "actions")), {})
        name, value = name_and_value(action)
        found = pressed(value)
        if found is None or not (name == COPY or name.startswith((DECIDE, ASK))):
            return {}
        by = await self._office.presser(body)
        if by is None:
            self._whisper(body, say("slack.click.foreign"))
            return {}
        if name == COPY:
            self._whisper(body, say("slack.click.link", link=self._office.setup.link(found[0])))
            return {}
        verb, fields = chosen(name)
        click = Click(*found, verb, by, fields)
        if name.startswith(ASK):
            self._office.errands.run("form", self._open(body, click))
            return {}
        answer = await self._office.inbox.act(click)
        if not answer.done:
            self._whisper(body, answer.sentence)
        return {}

    async def submission(self, body: Payload) -> Body:
        """A form was sent off. What was typed is never lost: it stays, or is given back. Raises `NotStored`."""
        view = part(body, "view")
        found = modals.submitted(view)
        if found is None:
            return CLEAR
        verb, review, version = found
        values, title = modals.typed(view), text(view, "title", "text") or say("slack.modal.title")
        by = await self._office.presser(body)
        if by is None:
            return _update(modals.too_late(title, say("slack.click.foreign"), values))
        answer = await self._office.inbox.act(Click(review, version, verb, by, values))
        if answer.done:
            return CLEAR
        card = await self._office.inbox.card(review)
        button = _button(card, verb)
        if card is None or button is None:
            return _update(modals.too_late(title, answer.sentence, values))
        if card.version != version:
            return _update(modals.form(card, button, values, notice=answer.sentence))
        return {"response_action": "errors", "errors": {button.fields[0].name: answer.sentence}}

    async def shortcut(self, body: Payload) -> Body:
        """ "Draft a reply" on a message that nobody picked up. Raises `NotStored`."""
        channel = text(body, "channel", "id")
        by = await self._office.presser(body)
        told = events.said(part(body, "message"), channel)
        if by is None:
            self._whisper(body, say("slack.click.foreign"))
        elif told is None or self._office.desk_of(channel) is None or text(body, "message", "bot_id"):
            self._whisper(body, say("slack.shortcut.ignored"))
        elif not await self._answers(by, channel):
            self._whisper(body, say("command.no_role"))
        else:
            writer, _ = await self._office.writer(told, body)
            receipt = await self._office.inbox.receive(told.event(writer, Speaker.CUSTOMER))
            self._whisper(body, _RECEIPTS[receipt]())
        return {}

    async def _answers(self, by: Person, channel: str) -> bool:
        """Whether somebody may decide at the desk that listens to this channel. Raises `NotStored`."""
        desk = self._office.desk_of(channel)
        return desk is not None and any(one.name == desk.name for one in await self._office.inbox.desks(by))

    async def _open(self, body: Payload, click: Click) -> None:
        """Open the form that a button asks for, with the text in hand; the trigger lives three seconds."""
        try:
            card = await self._office.inbox.card(click.review)
            button = _button(card, click.verb)
            fields = {field.name: _anything(button, field.name) for field in button.fields} if button else {}
            why = await self._office.inbox.check(Click(click.review, click.version, click.verb, click.by, fields))
        except NotStored:
            await self._tell(body, say("slack.click.not_stored"))
            return
        if why or card is None or button is None:
            await self._tell(body, why or say("refused.out_of_turn"))
        elif not modals.fits(button):
            await self._tell(body, say("slack.click.too_long", link=self._office.setup.link(click.review)))
        else:
            view = modals.form(card, button, {})
            try:
                await self._office.client.tell("views.open", trigger_id=text(body, "trigger_id"), view=view)
            except (Refusal, Silence):
                await self._tell(body, say("slack.click.no_form"))

    def _whisper(self, body: Payload, sentence: str) -> None:
        self._office.errands.run("whisper", self._tell(body, sentence))

    async def _tell(self, body: Payload, sentence: str) -> None:
        channel = text(body, "channel", "id") or text(body, "container", "channel_id")
        if channel:
            await self._office.whisper(channel, text(body, "user", "id"), sentence)


def _button(card: Card | None, verb: str) -> Button | None:
    return next((button for button in card.buttons if button.verb == verb), None) if card else None


def _anything(button: Button, name: str) -> str:
    """A value that makes sense in a field, to ask whether the click would count before anything is typed."""
    field = next(field for field in button.fields if field.name == name)
    return field.value or (field.choices[0][0] if field.choices else "-")


def _update(view: Body) -> Body:
    return {"response_action": "update", "view": view}


_RECEIPTS = {
    Receipt.STORED: lambda: say("slack.shortcut.stored"),
    Receipt.DUPLICATE: lambda: say("slack.shortcut.known"),
    Receipt.IGNORED: lambda: say("slack.shortcut.ignored"),
}
