"""What a pressed button comes to. The desk decides; here it is only asked, and its answer shown to whoever pressed."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.channels.base import Answer, Click, NotStored, Thread
from bot.channels.card import Card
from bot.channels.form import Button
from bot.channels.payload import Payload, part, text
from bot.channels.teams import activities
from bot.channels.teams.activities import Odd, Spot
from bot.channels.teams.buttons import Pressed, pressed
from bot.channels.teams.cards import drawn, failed, shown, small, told
from bot.channels.teams.office import Office, Stranger
from bot.channels.teams.runs import said
from bot.channels.words import clean
from bot.log import log
from bot.phrases import say

Body = dict[str, Any]
# A click that got no answer in time comes again: at once, and half a minute later as if it were another one.
# https://github.com/microsoft/botbuilder-dotnet/issues/5005
_MOST = 1000


class Clicks:
    """Buttons. Nothing is asked of a model or of Microsoft before the answer, so that it comes in time."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._done: OrderedDict[Click, None] = OrderedDict()

    async def invoked(self, activity: Payload) -> Body:
        """`Action.Execute`: its answer is the card as it is now, or a sentence. Raises `Odd`."""
        if text(activity, "name") != "adaptiveCard/action":
            log.debug("teams_invoke", name=text(activity, "name")[:40])
            return {}
        found, at = pressed(part(activity, "value")), activities.spot(activity)
        if found is None or at is None:
            log.warning("teams_click_odd")
            return failed(400, "BadRequest", say("refused.out_of_turn"))
        try:
            return await self._decided(activity, at, found)
        except Stranger as stranger:
            # Not even the card as it is now is theirs to read.
            return told(str(stranger))
        except NotStored:
            return told(say("teams.click.not_stored"))

    async def submitted(self, activity: Payload, at: Spot) -> None:
        """`Action.Submit`, which old clients send, has no answer: the card is redrawn, and a refusal said below it.

        Raises `NotStored`, `Odd`.
        """
        found = pressed(part(activity, "value"))
        if found is None:
            raise Odd("value")
        try:
            answer = await self._answer(activity, at, found)
        except Stranger as stranger:
            answer = Answer(False, str(stranger))
        if not answer.done:
            name = text(activity, "from", "name") or "-"
            thread = Thread(at.place, at.root or text(activity, "id"))
            kept = [clean(value) for value in found.fields.values() if value.strip()]
            body = [said(f"{name}: {answer.sentence}"), *(_kept(number, value) for number, value in enumerate(kept))]
            self._office.errands.run("whisper", self._office.tell(thread, body))

    async def _decided(self, activity: Payload, at: Spot, found: Pressed) -> Body:
        answer = await self._answer(activity, at, found)
        card = await self._office.inbox.card(found.review)
        if card is None or (not answer.done and card.version == found.version):
            # The card that is there stays, with all that was typed on it.
            return told(answer.sentence)
        link = self._office.setup.link(card.review)
        if answer.done:
            return shown(drawn(card, link))
        return shown(_too_late(card, found, answer.sentence, link))

    async def _answer(self, activity: Payload, at: Spot, found: Pressed) -> Answer:
        """What the desk says. The same click of the same person is the same click, however often it is told.

        Raises `NotStored`, `Odd`, and `Stranger` also for one of ours who pressed elsewhere.
        """
        if not self._office.reviews_in(at.channel):
            raise Stranger(say("teams.click.foreign"))
        by = await self._office.presser(activity, at.place)
        click = Click(found.review, found.version, found.verb, by, _Fields(found.fields))
        answer = await self._office.inbox.act(click)
        if not answer.done and click in self._done:
            return Answer(True, say("teams.click.again"))
        if answer.done:
            self._done[click] = None
            if len(self._done) > _MOST:
                self._done.popitem(last=False)
        return answer


class _Fields(dict[str, str]):
    """What was filled in, as part of a click that can be remembered."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


def _too_late(card: Card, found: Pressed, why: str, link: str) -> Body:
    """The card as it is now, with why the click did not count; what was typed stands in its box again, or in one of its
    own when there is nothing more to decide or it does not fit."""
    typed = {name: clean(value) for name, value in found.fields.items() if value.strip()}
    if not typed:
        return drawn(replace(card, problem=why), link)
    again = next((button for button in card.buttons if button.verb == found.verb), None)
    if again is not None:
        kept = say("teams.click.kept", why=why, label=again.label)
        buttons = tuple(_filled(one, typed) if one is again else one for one in card.buttons)
        drawing = drawn(replace(card, problem=kept, buttons=buttons), link)
        if all(json.dumps(value) in json.dumps(drawing) for value in typed.values()):
            return drawing
    return _with_kept(small(replace(card, problem=why), link), typed)


def _filled(button: Button, typed: Mapping[str, str]) -> Button:
    fields = (replace(field, value=typed.get(field.name, field.value)) for field in button.fields)
    return replace(button, fields=tuple(fields))


def _with_kept(drawing: Body, typed: Mapping[str, str]) -> Body:
    """Nothing can be decided any more; the words can be copied."""
    kept = [_kept(number, value) for number, value in enumerate(typed.values())]
    return drawing | {"body": [*drawing["body"], *kept]}


def _kept(number: int, value: str) -> Body:
    """A box with what was typed, from which it can be copied."""
    box = {"type": "Input.Text", "id": f"kept_{number}", "isMultiline": True}
    return box | {"label": say("teams.click.typed"), "value": value}
