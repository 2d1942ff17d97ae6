"""A desk names freely where it listens and where it reviews: Teams and Slack, Slack and Teams, Teams and the page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.channels.crossing import Town, living
from tests.channels.premises import QUESTION, SHORT, sqlite, verified
from tests.channels.slack.process import PATIENCE
from tests.channels.slack.soon import soon

WORDS = "Dear Kim, it comes tomorrow."
RED = "Hello, where is my RED parcel?"
Opens = Callable[..., AbstractAsyncContextManager[Town]]


@pytest.fixture(params=[("teams", "slack"), ("slack", "teams"), ("teams", "web")], ids=" ".join)
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Opens:
    """Opens a desk, with the patience a test asks for."""
    return partial(living, tmp_path, *request.param)


@pytest.fixture
async def town(opens: Opens) -> AsyncIterator[Town]:
    """A desk as it is shipped."""
    async with opens() as made:
        yield made


async def test_an_approval_there_is_one_reply_here(town: Town, tmp_path: Path) -> None:
    """The customer's name and words stand on the card, the reply in their thread and nowhere else."""
    question = await town.street.asks(QUESTION)
    card = await town.card(QUESTION, asks=True)
    assert "kim" in card.text.casefold()
    assert not town.street.replies(question)
    await town.office.presses(card, "approve")
    await town.card("Delivered.", asks=False)
    await town.office.presses(card, "approve")
    await town.settled()
    assert len(town.street.replies(question)) == 1
    assert len(town.slack.posts()) + len(town.teams.posts()) == 1 + ("web" not in town.office.place)
    assert verified(sqlite(tmp_path)) == 1


async def test_what_is_typed_there_is_read_here(town: Town) -> None:
    """With letters that either chat would take for markup."""
    question = await town.street.asks(QUESTION)
    words = f"{WORDS} <b>Promised</b> & 2 < 3 [x](y) <at>Kim</at> <!channel>"
    await town.office.presses(await town.card(asks=True), "edit", words=words)
    await town.card("Delivered.", asks=False)
    (reply,) = town.street.replies(question)
    assert reply.startswith(words)
    await town.settled()


async def test_a_rejected_draft_is_not_sent(town: Town) -> None:
    """Neither here nor there."""
    question = await town.street.asks(QUESTION)
    await town.office.presses(await town.card(asks=True), "reject", reason="tone", note="Too stiff.")
    await town.card("Rejected by", asks=False)
    await town.settled()
    assert not town.street.replies(question)


async def test_what_a_customer_changes_makes_the_card_old(town: Town) -> None:
    """It is drawn again where it stands, and a click on what it showed before changes nothing."""
    question = await town.street.asks(QUESTION)
    old = await town.card(asks=True)
    await town.street.edits(question, RED)
    new = await town.card(RED, asks=True)
    await town.office.presses(old, "approve")
    await soon(lambda: "Nothing was changed by your click" in town.office.told(), PATIENCE)
    await town.settled()
    assert not town.street.replies(question)
    await town.office.presses(new, "approve")
    await town.card("Delivered.", asks=False)
    assert len(town.street.replies(question)) == 1


@pytest.mark.parametrize(("landed", "verb"), [(True, "mark_sent"), (False, "resend")])
async def test_a_lost_answer_here_is_a_question_there(opens: Opens, landed: bool, verb: str) -> None:
    """Nobody can look whether the reply arrived: a person does, and ends it with one click."""
    async with opens(SHORT) as town:
        question = await town.street.asks(QUESTION)
        card = await town.card(asks=True)
        town.street.falls_silent(landed=landed)
        await town.office.presses(card, "approve")
        await town.office.presses(await town.card("May or may not have been sent", asks=False), verb)
        await town.card("looked and found it sent" if landed else "Delivered.", asks=False)
        await town.settled()
        assert len(town.street.replies(question)) == 1
