"""The program with Slack as its channel, killed and begun again."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from tests.channels.slack.house import QUESTION, House, actions, decidable, living, says
from tests.doubles.slack import Delivery, Fault, Limits, Message, NotSoon
from tests.doubles.slack.faults import Faults
from tests.killing import chat
from tests.killing.chat import LONGEST, MORE, WORDS, Life, Points


class Death(Faults):
    """The faults of a Slack in which the program dies at one of these points."""

    def __init__(self, points: Points) -> None:
        super().__init__()
        self._points = points

    def take(self, method: str, channel: str) -> Fault | None:
        """The fault for this call: at its end the caller is no more, and the call took effect or not."""
        for landed in (False, True):
            if self._points.passes(f"{method}, {'landed' if landed else 'asked'}"):
                return Fault("lose", method, landed=landed)
        return super().take(method, channel)

    def told(self, delivery: Delivery, over: bool) -> None:
        """Something is about to be delivered, or was."""
        kind = delivery.event.get("subtype") or delivery.event.get("type") or delivery.payload.get("type")
        self._points.passes(f"{kind}, {'over' if over else 'sent'}")


async def live(folder: Path, at: str, *, story: str, socket_mode: bool, echoes: bool) -> Life:
    """Live a story to its end, with a death at this point. With `echoes` Slack tells the program of its own posts."""
    life, limits = Life(at), Limits.none()
    async with living(folder, socket_mode=socket_mode, limits=limits, patience=chat.PATIENCE, start=False) as house:
        slack, bot = house.slack, house.bot
        slack.happenings.own_events = echoes
        slack.courier.retries = [0.2] * 100
        points = Points(at, lambda: bot.send(signal.SIGKILL))
        slack.faults = death = Death(points)
        slack.courier.watchers.append(death.told)
        keeping = asyncio.create_task(chat.keep_alive(bot, slack.pulse.beat))
        people = asyncio.create_task(_people(house, STORIES[story]))
        try:
            async with asyncio.timeout(LONGEST):
                await chat.until_over(bot, house.database, people)
                await slack.settled()
        except (TimeoutError, NotSoon) as error:
            life.faults.append(f"it hangs ({error}): {bot.log()[-3000:]}")
        finally:
            for task in (keeping, people):
                task.cancel()
            await asyncio.gather(keeping, people, return_exceptions=True)
        life.points, life.struck = points.names, points.struck
        if bot.lives > 2:
            life.faults.append(f"it was ready {bot.lives} times: {bot.log()[-3000:]}")
        life.faults += _found(house)
    return life


# --- what people do


Step = Callable[[House, Message], Awaitable[None]]


async def _people(house: House, steps: tuple[Step, ...]) -> None:
    """A customer asks, and everybody goes on until nothing asks for a decision any more."""
    await house.slack.until(lambda: house.bot.lives, LONGEST)
    question = await house.slack.act.write(house.slack.town.kim, house.slack.town.support, QUESTION)
    for step in steps:
        await step(house, question)


async def _approve(house: House, _: Message) -> None:
    """Press until the card says that it is done. Whoever sees an error, or a program that was begun anew, looks again."""

    async def press(card: Message) -> None:
        await house.slack.act.press(house.slack.town.ana, card, "decide.approve")

    await _decide(house, press)


async def _edit(house: House, _: Message) -> None:
    """The same through the form, which may not open, or not go away."""
    slack, ana = house.slack, house.slack.town.ana

    async def press(card: Message) -> None:
        lives = house.bot.lives
        await slack.act.press(ana, card, "ask.edit")
        await slack.until(lambda: slack.modal(ana) or house.bot.lives > lives or not decidable(card), LONGEST)
        if slack.modal(ana):
            await slack.act.submit(ana, {"words": WORDS})
            slack.modals.close(ana, every=True)

    await _decide(house, press)


async def _decide(house: House, press: Callable[[Message], Awaitable[None]]) -> None:
    while decidable(card := await house.card(lambda card: decidable(card) or says(card, "Delivered."))):
        seen = _Seen(house, card)
        await press(card)
        await house.slack.until(seen.changed, LONGEST)


class _Seen:
    """How a card looked in which life of the program."""

    def __init__(self, house: House, card: Message) -> None:
        self._bot, self._card = house.bot, card
        self._lives, self._looks = house.bot.lives, json.dumps(card.blocks)

    def changed(self) -> bool:
        """Whether it is worth looking again."""
        return self._bot.lives > self._lives or json.dumps(self._card.blocks) != self._looks


async def _write_more(house: House, question: Message) -> None:
    """The customer goes on while a decision waits."""
    await house.card()
    await house.slack.act.reply(house.slack.town.kim, question, MORE)
    await house.card(lambda card: decidable(card) and says(card, MORE))


STORIES: dict[str, tuple[Step, ...]] = {
    "approve": (_approve,),
    "edit": (_edit,),
    "more": (_write_more, _approve),
}


# --- what is found afterwards


def _found(house: House) -> Iterator[str]:
    """Everything that is not as it should be."""
    slack, cards = house.slack, house.cards()
    written = [message.text for message in slack.town.support.messages.values() if message.client_msg_id]
    shown = [(card.metadata or {})["event_payload"]["review"] for card in cards]
    yield from chat.recorded(house.database, written, shown)
    yield from (f"a card shows {card.text}" for card in cards if actions(card) or not says(card, "Delivered."))
    sent = chat.sent(house.database)
    posts = [((post.metadata or {})["event_payload"]["key"], post.text) for post in slack.posts(slack.town.support)]
    if sorted(key for key, _ in posts) != sorted(sent):
        yield f"released and sent: {sorted(sent)}, in the thread: {sorted(key for key, _ in posts)}"
    yield from (f"{key} reads {text}" for key, text in posts if key in sent and sent[key] not in text)
