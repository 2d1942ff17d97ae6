"""Front desks with one mistake each. Every one of them must be found out, or the killing proves nothing."""

from __future__ import annotations

import asyncio

from bot.channels.base import CannotLook, Channel, Event, Receipt, Refusal, Silence
from bot.desk import FrontDesk, ToDeliver, ToShow
from bot.review.actions import Action, Delivered, NotSent
from bot.review.model import SYSTEM
from bot.store import cards


class Hasty(FrontDesk):
    """Notes the reply as sent before sending it."""

    async def deliver(self, claim: ToDeliver) -> Action:
        sent = Delivered(by=SYSTEM, at=self._clock(), ref="soon")
        await self._result(claim.review, sent)
        await self._channels[claim.thread.place.channel].send_reply(claim.thread, claim.release)
        return sent


class Forgetful(FrontDesk):
    """Speaks again without looking."""

    async def _speak(self, channel: Channel, claim: ToDeliver) -> str:
        return await channel.send_reply(claim.thread, claim.release)


class Hopeful(FrontDesk):
    """Takes silence for a refusal."""

    async def deliver(self, claim: ToDeliver) -> Action:
        action: Action
        try:
            ref = await self._speak(self._channels[claim.thread.place.channel], claim)
        except (Refusal, Silence, CannotLook):
            now = self._clock()
            action = NotSent(by=SYSTEM, at=now, claim=claim.review.claim, why="No answer.", again=now)
        else:
            action = Delivered(by=SYSTEM, at=self._clock(), ref=ref)
        await self._result(claim.review, action)
        return action


class Polite(FrontDesk):
    """Acknowledges first and stores afterwards."""

    async def receive(self, event: Event) -> Receipt:
        self._storing = asyncio.create_task(super().receive(event))
        return Receipt.STORED


class Proud(FrontDesk):
    """Notes a card as drawn before drawing it."""

    async def show(self, claim: ToShow) -> None:
        card = claim.card
        await self._engine.write(lambda conn: cards.drawn(conn, card.review, card.version, "soon", self._clock(), None))
        await self._channels[claim.place.channel].show_card(claim.place, card, claim.ref, look=True)


class Blunt(FrontDesk):
    """Draws a new card without looking for the one that may be there."""

    async def show(self, claim: ToShow) -> None:
        card = claim.card
        ref = await self._channels[claim.place.channel].show_card(claim.place, card, claim.ref, look=False)
        await self._engine.write(lambda conn: cards.drawn(conn, card.review, card.version, ref, self._clock(), None))


RIGHT = "FrontDesk"
DESKS = {desk.__name__: desk for desk in (FrontDesk, Hasty, Forgetful, Hopeful, Polite, Proud, Blunt)}
