"""Drafts of a running program with a model: what the model sees, what the card says of it, and what happens without it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.phrases import say
from tests.channels.slack.house import QUESTION, actions, living, says
from tests.cli.house import House, Program, until
from tests.cli.model import Model, model
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.shop import KEY, Says, Shop
from tests.doubles.slack import Message
from tests.stage import doubtful

# The desk's articles answer it.
ASKED = "How do I return a jacket that does not fit?"
BROKEN = {"do": "broken"}
RENEW = 4.0


@contextmanager
def shop() -> Iterator[Shop]:
    """The shop's server, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = Shop()
    running.orders["10777"] = Says(status=500)
    asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result()
    try:
        yield running
    finally:
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def selling() -> Iterator[Shop]:
    """A shop that knows one order, and fails with another."""
    with shop() as running:
        yield running
        assert running.complaints == []


@pytest.fixture(scope="module")
def drafting() -> Iterator[Model]:
    """A model that can be told to misbehave."""
    with model() as running:
        yield running
        assert running.complaints() == []


@pytest.fixture(scope="module")
def program(drafting: Model, selling: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program with a second model and a look-up; one for all tests, because its libraries take seconds to load."""
    folder = tmp_path_factory.mktemp("drafting")
    house = House(folder, {"OPENAI_BASE_URL": drafting.url, "SHOP_TOKEN": KEY})
    order = {
        "title": "Order",
        "url": selling.url,
        "headers": {"Authorization": "Bearer ${SHOP_TOKEN}"},
        "find": {"order": r"\b(\d{5})\b"},
        "path": {"Status": "status", "Carrier": "carrier.name"},
        "public": True,
    }
    changes = {"model.attempts": 1, "model.fallback_model": "spare", "patience.renew": RENEW}
    house.configure({**changes, "desks.nordlys.reads": ["en"], "lookups": {"order": order}})
    with house.running() as running:
        yield running
        assert running.end() == 0
        assert doubtful.MAIL not in running.said()


def sent(program: Program) -> str:
    """What the customer reads."""
    return program.client.get("/columns/channel?as=web:customer-0").text


def test_personal_data_never_reaches_the_model_and_comes_back(program: Program, drafting: Model) -> None:
    """Not with the draft and not with its translation; the card and the reply have what belongs into the gaps."""
    answer, translated = doubtful.script(reply="Hej\n\nVi skriver til [EMAIL_1] i dag.\n\nVenlig hilsen\nNordlys")
    drafting.script(answer, translated)
    before = len(drafting.seen())
    program.say(doubtful.QUESTION)
    card = program.card("hvor er min pakke")
    calls = json.dumps(drafting.seen()[before:], ensure_ascii=False)
    assert "Jeg har ventet i tre uger nu" in calls
    for hidden in (doubtful.MAIL, doubtful.CARD, "Mia", "Lindqvist"):
        assert hidden not in calls
    assert f"Vi skriver til {doubtful.MAIL} i dag." in card.text
    assert f"I can be reached at {doubtful.MAIL}, and my card is {doubtful.CARD}." in card.text
    assert "Not shown to the model: e-mail address, card number, " in card.text
    assert program.approve(card).json()["done"]
    program.card("hvor er min pakke", "sent")
    assert f"Vi skriver til {doubtful.MAIL} i dag." in sent(program)


def test_what_was_looked_up_is_a_source_on_the_card(program: Program, drafting: Model) -> None:
    """The model is told of it, and a sentence that leans on it is borne out."""
    drafting.script(
        {"do": "good", "reply": "Hello, order 10245 is shipped with Nordpost. It arrives on 14 May. Goodbye"}
    )
    program.say("Hello, where is my order 10245? It should be here by now.")
    card = program.card("my order 10245")
    assert "Carrier: Nordpost" in json.dumps(drafting.seen()[-1])
    assert "Order: 10245: Carrier: Nordpost" in " ".join(card.text.split())
    assert "No source says: “It arrives on 14 May.”" in card.text
    assert "No source says: “Hello, order 10245" not in card.text
    assert KEY not in json.dumps(drafting.seen())


def test_a_lookup_that_fails_is_named_on_the_card(program: Program) -> None:
    """With why; there is a draft all the same."""
    program.say("Hello, where is my order 10777? It should be here by now.")
    card = program.card("my order 10777")
    assert "Order could not be looked up: it answered with status 500." in card.text
    assert "gpt-4.1-mini" in card.text


def test_a_second_model_answers_when_the_first_is_down(program: Program, drafting: Model) -> None:
    """The card says which, and why; there is nothing to make again."""
    drafting.script(BROKEN)
    program.say(f"{ASKED} (second)")
    card = program.card("(second)")
    assert say("note.second", model="spare", reason=say("model.broken", status=500)) in card.text
    assert drafting.seen()[-1]["model"] == "spare"
    program.say(f"{ASKED} (first again)")
    assert say("model.broken", status=500) not in program.card("(first again)").text


def test_what_was_drafted_without_the_model_is_drafted_again_when_it_is_back(program: Program, drafting: Model) -> None:
    """From an article first, with the reason. The card that nobody touched changes by itself; of one that somebody is
    on no word does, and nothing is sent."""
    cards = {}
    for name in ("claimed", "untouched"):
        drafting.script(BROKEN, BROKEN)
        program.say(f"{ASKED} ({name})")
        cards[name] = program.card(f"({name})")
        assert say("note.from_article", reason=say("model.broken", status=500)) in cards[name].text
        if name == "claimed":
            claim = {"by": "web:ana", "version": cards[name].version}
            assert program.post(f"/reviews/{cards[name].review}/claim", **claim).json()["done"]
    renewed = say("history.renewed")
    until(lambda: any(renewed in card.text for card in program.cards("(untouched)")), "it is drafted again")
    again = program.card("(untouched)")
    assert "gpt-4.1-mini" in again.text
    assert say("model.broken", status=500) not in again.text
    assert (
        program.post(f"/reviews/{again.review}/approve", by="web:ana", version=cards["untouched"].version).json()[
            "done"
        ]
        is False
    )
    stays = program.card("(claimed)")
    assert stays.version == cards["claimed"].version + 1
    assert renewed not in stays.text
    assert say("note.from_article", reason=say("model.broken", status=500)) in stays.text


DEAR = {"COUNTERSIGN_MODEL__PRICES": json.dumps({"gpt-4.1-mini": {"sent": 4.0, "received": 16.0}})}


async def test_a_budget_that_is_used_up_calls_the_leads(tmp_path: Path) -> None:
    """The second draft comes from an article and says why; the leads are told once, below a card, and everybody
    can still decide."""
    async with OpenAIServer() as running:
        env = {"OPENAI_BASE_URL": running.url, **DEAR}
        async with living(tmp_path, environment=env, monthly_budget=0.001) as house:
            town = house.slack.town
            for number in range(3):
                await house.slack.act.write(town.kim, town.support, f"{QUESTION} ({number})")
                await house.card(number=number)
            assert len(running.seen) == 1
            first, second, third = (next(card for card in house.cards() if says(card, f"({n})")) for n in range(3))
            assert says(first, "gpt-4.1-mini")
            for card in (second, third):
                assert says(card, say("model.budget"))
                assert "decide.approve" in actions(card)

            def calls() -> list[Message]:
                return [post for card in (first, second, third) for post in house.slack.posts(thread=card)]

            await house.slack.until(calls)
            await house.slack.settled()
            (called,) = calls()
            assert called.text.startswith(f"<@{town.lea.id}> ")
            assert "has used up what drafts may cost" in called.text
