"""What is played for the pictures: each story ends where something is worth looking at."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from tests.channels.slack.house import House
from tests.channels.slack.process import PATIENCE
from tests.doubles.slack import Message
from tests.pictures.drawing import Post, Scene
from tests.stage import doubtful

POLITE = "Hi! Can I still change the delivery address of my order? It has not left yet I think."
CROSS = "This is the THIRD time I am asking. My parcel is two weeks late, nobody answers. I want my money back NOW."
ODD = "Does the tent pole fit the 2014 model, and would it glow in the dark if I painted it?"


def shows(card: Message, *words: str) -> bool:
    """Whether a card shows all of this."""
    shown = json.dumps(card.blocks, ensure_ascii=False)
    return all(word in shown for word in words)


async def _asked(house: House, text: str) -> tuple[Message, Message]:
    """A customer's question and its card, with a decision to make."""
    slack, town = house.slack, house.slack.town
    before = len(slack.posts(town.review))
    question = await slack.act.write(town.kim, town.support, text)
    card = await house.card(lambda post: any(e["action_id"] == "ask.edit" for _, e in post.elements()), before)
    return question, card


async def pending(house: House) -> Scene:
    """A draft that waits for somebody."""
    _, card = await _asked(house, POLITE)
    return _of(house, "pending", card)


async def angry(house: House) -> Scene:
    """A customer who has had enough."""
    _, card = await _asked(house, CROSS)
    return _of(house, "angry", card)


async def decided(house: House) -> Scene:
    """Edited and sent: who, what, and what was changed."""
    slack, town = house.slack, house.slack.town
    _, card = await _asked(house, POLITE)
    await slack.act.press(town.ana, card, "ask.edit")
    form = await slack.modal_of(town.ana)
    words = form.fields["blocks"][-1]["element"]["initial_value"]
    await slack.act.submit(town.ana, {"words": words + "\n\nSend me the new address and I will change it today."})
    await _until(house, card, "Delivered.")
    return _of(house, "decided", card)


async def reply(house: House) -> Scene:
    """The customer's side of it."""
    slack, town = house.slack, house.slack.town
    question, card = await _asked(house, POLITE)
    await slack.act.press(town.ana, card, "decide.approve")
    (sent,) = await house.replies(question)
    return _of(house, "reply", question, sent)


async def stuck(house: House) -> Scene:
    """Nobody can tell whether the reply arrived: a person looks."""
    slack, town = house.slack, house.slack.town
    _, card = await _asked(house, POLITE)
    slack.faults.lose("chat.postMessage", landed=False, channel=town.support.id)
    slack.faults.error("conversations.replies", "missing_scope", times=None)
    slack.app.events.discard("message.channels")
    await slack.act.press(town.ana, card, "decide.approve")
    await _until(house, card, "It is not there: send it")
    slack.faults.clear()
    slack.app.events.add("message.channels")
    return _of(house, "stuck", card)


async def draftless(house: House) -> Scene:
    """Nothing in the knowledge base answers: the person writes."""
    _, card = await _asked(house, ODD)
    return _of(house, "draftless", card)


async def form(house: House) -> Scene:
    """Edit opens with the words in hand."""
    slack, town = house.slack, house.slack.town
    _, card = await _asked(house, POLITE)
    await slack.act.press(town.ana, card, "ask.edit")
    view = await slack.modal_of(town.ana)
    return Scene("form", view=view.fields | {"type": "modal"}, width=600)


async def home(house: House) -> Scene:
    """The Home tab of somebody who decides."""
    slack, town = house.slack, house.slack.town
    await slack.act.open_home(town.lea)
    await slack.until(lambda: slack.home(town.lea), PATIENCE)
    shown = slack.home(town.lea)
    assert shown
    return Scene("home", view=shown.fields | {"type": "home"}, names=_names(house))


async def doubted(house: House) -> Scene:
    """What no source says, an attempt to steer, and a language that nobody here reads. Needs the model's answer."""
    _, card = await _asked(house, doubtful.QUESTION)
    return _of(house, "doubted", card)


STORIES: tuple[Callable[[House], Awaitable[Scene]], ...] = (
    pending,
    angry,
    decided,
    reply,
    form,
    draftless,
    doubted,
    home,
    stuck,
)


async def _until(house: House, card: Message, *words: str) -> None:
    await house.slack.until(lambda: shows(card, *words), PATIENCE * 3, f"the card never shows {words}")


def _of(house: House, name: str, *messages: Message) -> Scene:
    posts = [
        Post(m.user.real_name or m.user.name, float(m.ts), m.blocks, m.text, bool(m.user.bot_id)) for m in messages
    ]
    return Scene(name, posts, names=_names(house))


def _names(house: House) -> dict[str, str]:
    world = house.slack.town.world
    named = {channel.id: channel.name for channel in world.channels.values()}
    return named | {user.id: user.real_name for user in world.users.values()}
