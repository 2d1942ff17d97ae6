"""Several models in a row: who is asked, who is left alone, and when the first one is tried again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.drafting.drafter import Drafter
from bot.drafting.model import AS_SET, Answer, Answered, Fault, Manner, Messages, Model, NoAnswer, Price, S, Tokens
from bot.drafting.relay import Relay
from tests.drafting.stories import ARTICLES, TEMPLATE, case

CASE = case("Hej! Hvornår får jeg mine penge tilbage? Jeg sendte støvlerne retur for ti dage siden.")
REPLY = "Hej Maja, dine penge er på vej tilbage til din konto. Venlig hilsen, Nordlys support"
GOOD = Answer(reply=REPLY, language="da", mood="neutral", angry=False, cues=[], intent="refund", risks=[], sources=[])
DOWN = NoAnswer("the model could not be reached", down=True, tokens=Tokens(5, 1))
REFUSED = NoAnswer("the model refused", tokens=Tokens(7, 2))


class Line:
    """A model that does what it is told with each case, and then answers."""

    def __init__(self, name: str, *does: NoAnswer) -> None:
        self.name = name
        self.does = deque(does)
        self.asked: list[Manner] = []
        self.gate: asyncio.Event | None = None

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        self.asked.append(manner)
        if self.gate:
            await self.gate.wait()
        if self.does:
            raise self.does.popleft()
        return Answered(shape.model_validate(GOOD.model_dump()), self.name, Tokens(100, 10))

    def back(self) -> int:
        return 1_000

    async def close(self) -> None:
        self.asked.clear()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def ask(model: Model) -> Answered[Answer]:
    return await model.answer([("system", "x")], Answer, lambda _: None)


async def test_the_second_model_is_asked_when_the_first_cannot_answer() -> None:
    """The draft names who wrote it and why, and what both took."""
    relay = Relay([Line("first", DOWN), Line("second")], Clock())
    answered = await ask(relay)
    assert (answered.by, answered.instead, answered.tokens) == ("second", DOWN.reason, Tokens(105, 11))
    draft = await Drafter(ARTICLES, Relay([Line("first", REFUSED), Line("second")], Clock())).draft(CASE)
    assert (draft.model, draft.note) == ("second", "Written by second, because the model refused.")
    assert not draft.makeshift


async def test_when_no_model_answers_the_reason_is_the_first_ones() -> None:
    """It is the one that is to be mended; the draft is the article's and is made again when the model is back."""
    relay = Relay([Line("first", DOWN), Line("second", NoAnswer("the quota is used up", down=True))], Clock())
    draft = await Drafter(ARTICLES, relay).draft(CASE)
    assert (draft.model, draft.makeshift) == ("offline", True)
    assert draft.note == "Taken from an article as it stands, because the model could not be reached."
    assert draft.usage.model == "first"


async def test_what_a_model_refuses_is_no_outage() -> None:
    """A refused message is refused tomorrow too: nothing is drafted anew, and nobody is left alone for it."""
    first = Line("first", *[REFUSED] * 9)
    relay = Relay([first], Clock())
    for _ in range(9):
        draft = await Drafter(ARTICLES, relay).draft(CASE)
        assert not draft.makeshift
    assert len(first.asked) == 9
    assert (relay.back(), relay.troubles()) == (1_000, [])


async def test_a_model_that_is_down_is_left_alone_and_tried_with_one_case() -> None:
    """Nobody waits for it meanwhile; each failed trial makes the rest longer, and an answer ends it."""
    clock, first = Clock(), Line("first", *[DOWN] * 4)
    relay = Relay([first, Line("second")], clock)
    for _ in range(3):
        await ask(relay)
    assert (len(first.asked), relay.back()) == (3, 0)
    answered = await ask(relay)
    assert len(first.asked) == 3
    assert answered.instead == "the model is left alone for a while: the model could not be reached"
    assert relay.troubles() == [
        "The model first is left alone for a while, because the model could not be reached. One draft will show when it"
        " is back."
    ]
    clock.now += 30
    assert relay.back() == 1
    assert (await ask(relay)).by == "second"  # the trial failed
    clock.now += 59
    assert relay.back() == 0
    clock.now += 1
    assert (await ask(relay)).by == "first"
    assert (relay.back(), relay.troubles()) == (1_000, [])


async def test_only_one_case_finds_out_whether_a_model_is_back() -> None:
    """The others that come at the same time do not wait for it."""
    clock, first = Clock(), Line("first", *[DOWN] * 3)
    relay = Relay([first, Line("second")], clock)
    for _ in range(3):
        await ask(relay)
    clock.now += 30
    first.gate = asyncio.Event()
    trial = asyncio.create_task(ask(relay))
    await asyncio.sleep(0)
    assert relay.back() == 0
    assert (await ask(relay)).by == "second"
    first.gate.set()
    assert (await trial).by == "first"


@pytest.mark.parametrize("failures", [1, 2])
async def test_a_few_failures_are_bad_luck(failures: int) -> None:
    """An answer in between starts the count anew."""
    first = Line("first", *[DOWN] * failures)
    relay = Relay([first], Clock())
    for _ in range(failures):
        with pytest.raises(NoAnswer):
            await ask(relay)
    await ask(relay)
    first.does.extend([DOWN] * failures)
    for _ in range(failures):
        with pytest.raises(NoAnswer):
            await ask(relay)
    assert relay.back() == 1_000


async def test_a_template_may_want_another_model_than_the_settings() -> None:
    """That is meant for the first choice; the second one is asked as it is set."""
    first, second = Line("first", DOWN), Line("second")
    template = replace(TEMPLATE, model="dear", temperature=0.1)
    await Drafter(ARTICLES, Relay([first, second], Clock())).draft(replace(CASE, template=template))
    assert (first.asked, second.asked) == ([Manner("dear", 0.1)], [AS_SET])


async def test_what_a_draft_cost_stands_on_it() -> None:
    """By the tokens that the server counted and the price in the settings; a model without a price costs nothing."""
    prices = {"first": Price(2.0, 8.0)}
    draft = await Drafter(ARTICLES, Relay([Line("first")], Clock()), prices=prices).draft(CASE)
    assert (draft.usage.tokens_in, draft.usage.tokens_out) == (100, 10)
    assert draft.usage.price == pytest.approx(100 * 2e-6 + 10 * 8e-6)
    assert (await Drafter(ARTICLES, Relay([Line("second")], Clock()), prices=prices).draft(CASE)).usage.price == 0
