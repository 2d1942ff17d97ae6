"""The program with Teams as its channel, killed and begun again."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from tests.channels.slack.process import PATIENCE
from tests.channels.teams.house import QUESTION, House, living, verbs
from tests.doubles.teams import Delivery, Fault, Limits, Message, NotSoon
from tests.doubles.teams.faults import Faults
from tests.doubles.teams.wire import Json
from tests.doubles.teams.world import APPS, MEMBERS, SETTINGS
from tests.killing import chat
from tests.killing.chat import LONGEST, MORE, WORDS, Life, Points

# Where it makes a difference whether the call took effect. Everything else is a question.
_CHANGES = frozenset({"connector.send", "connector.update"})


class Death(Faults):
    """The faults of a Teams in which the program dies at one of these points."""

    def __init__(self, points: Points) -> None:
        super().__init__()
        self._points = points

    def take(self, method: str, conversation: str) -> Fault | None:
        """The fault for this call: at its end the caller is no more, and the call took effect or not."""
        for landed in (False, True) if method in _CHANGES else (False,):
            if self._points.passes(f"{method}, {'landed' if landed else 'asked'}"):
                return Fault("lose", method, landed=landed)
        return super().take(method, conversation)

    def told(self, delivery: Delivery, over: bool) -> None:
        """Something is about to be delivered, or was."""
        self._points.passes(f"{delivery.activity['type']}, {'over' if over else 'sent'}")


async def live(folder: Path, at: str, *, story: str, lost: bool, blind: bool) -> Life:
    """Live a story to its end, with a death at this point. With `lost` the answers to a card and to a reply that
    arrived are lost too; when `blind`, the customers' thread cannot be read.
    """
    life = Life(at)
    # Half a minute after a click that got no answer it comes again: a second is short here.
    async with living(folder, scale=0.02, limits=Limits.none(), patience=chat.PATIENCE, start=False) as house:
        teams, bot = house.teams, house.bot
        if blind:
            teams.admin.consent(teams.town.support_team, MEMBERS, SETTINGS, APPS)
        teams.courier.retries = [10.0] * 100
        points = Points(at, lambda: bot.send(signal.SIGKILL))
        teams.faults = death = Death(points)
        for channel in (teams.town.review, teams.town.support) if lost else ():
            death.lose("connector.send", landed=True).conversation = channel.id
        teams.courier.watchers.append(death.told)
        keeping = asyncio.create_task(chat.keep_alive(bot, teams.pulse.beat))
        people = asyncio.create_task(_people(house, STORIES[story]))
        try:
            async with asyncio.timeout(LONGEST):
                await chat.until_over(bot, house.database, people)
                await teams.settled()
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
    """The app is added to the staff's team, a customer asks, and everybody goes on until nothing asks for a decision any
    more. Where not every message is told, a mention is."""
    teams, town = house.teams, house.teams.town
    await teams.until(lambda: house.bot.lives, LONGEST)
    await teams.admin.install(town.staff_team)
    question = await teams.act.write(town.kim, town.support, f"{town.bot} {QUESTION}")
    for step in (*steps, _look):
        await step(house, question)


async def _approve(house: House, _: Message) -> None:
    """Press until the card says that it is done. Whoever sees an error, or a program that was begun anew, looks again."""
    await _decide(house, "approve")


async def _edit(house: House, _: Message) -> None:
    """The same with other words in the box on the card."""
    await _decide(house, "edit", edit_words=WORDS)


async def _write_more(house: House, question: Message) -> None:
    """The customer goes on while a decision waits."""
    teams, town = house.teams, house.teams.town
    await _seen(house, lambda card: "approve" in verbs(card))
    await teams.act.reply(town.kim, question, f"{town.bot} {MORE}")
    await _seen(house, lambda card: "approve" in verbs(card) and MORE in _written(card))


async def _look(house: House, question: Message) -> None:
    """Where the program does not know whether it answered, somebody looks and says so."""
    while not _is_over(await _seen(house, lambda card: _is_over(card) or "resend" in verbs(card))):
        await _press(house, "mark_sent" if house.teams.posts(question) else "resend")


async def _decide(house: House, verb: str, **inputs: str) -> None:
    while verb in verbs(
        await _seen(house, lambda card: verb in verbs(card) or "resend" in verbs(card) or _is_over(card))
    ):
        await _press(house, verb, **inputs)


async def _seen(house: House, fits: Callable[[Json], bool]) -> Json:
    """A card as Ana sees it, once it looks so."""
    found = await house.teams.until(
        lambda: next((card for card in map(_anas(house), house.cards()) if fits(card)), None), PATIENCE, "no such card"
    )
    assert found
    return found


async def _press(house: House, verb: str, **inputs: str) -> None:
    """And wait until it is worth looking again: the card has changed, or the program was begun anew."""
    teams, ana, look = house.teams, house.teams.town.ana, _anas(house)
    card = next(card for card in house.cards() if verb in verbs(look(card)))
    lives, before = house.bot.lives, look(card)
    await teams.act.press(ana, card, verb, inputs=inputs)
    await teams.until(lambda: house.bot.lives > lives or look(card) != before, LONGEST)


def _anas(house: House) -> Callable[[Message], Json]:
    return lambda card: house.teams.card(card, house.teams.town.ana)


def _written(card: Json) -> str:
    return json.dumps(card, ensure_ascii=False)


def _is_over(card: Json) -> bool:
    return not verbs(card) and any(words in _written(card) for words in ("Delivered.", "looked and found it sent"))


STORIES: dict[str, tuple[Step, ...]] = {
    "approve": (_approve,),
    "edit": (_edit,),
    "more": (_write_more, _approve),
}


# --- what is found afterwards


def _found(house: House) -> Iterator[str]:
    """Everything that is not as it should be."""
    teams, cards = house.teams, [card.card or {} for card in house.cards()]
    written = [
        post.words.removeprefix(f"{teams.town.bot} ") for post in teams.town.support.messages.values() if post.words
    ]
    yield from chat.recorded(house.database, written, [_review(card) for card in cards])
    yield from (f"a card shows {_written(card)}" for card in cards if not _is_over(card))
    sent = list(chat.sent(house.database).values())
    posts = [post.text for post in teams.posts(teams.town.support)]
    if len(posts) != len(sent):
        yield f"released and sent: {sent}, in the thread: {posts}"
    yield from (f"{words} reads {text}" for words, text in zip(sent, posts, strict=False) if not text.startswith(words))


def _review(card: Json) -> str:
    """The id of the review whose page a card leads to."""
    return _written(card).partition("/audit/")[2].partition('"')[0]
