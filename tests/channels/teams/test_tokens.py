"""One token for its whole life, asked for once however many want it, and every refusal in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bot.channels.base import Refusal
from bot.channels.teams.tokens import CONNECTOR, GRAPH, Tokens
from bot.channels.teams.wire import Wire
from tests.doubles.teams import FakeTeams

Ask = Callable[..., Tokens]


@pytest.fixture
async def ask(teams: FakeTeams) -> AsyncIterator[Ask]:
    """Makes the tokens of an app, the right one unless a test says otherwise."""
    wire, made = Wire(1.0), list[Tokens]()

    def make(**wrong: str) -> Tokens:
        app = teams.app
        right = {"app": app.id, "password": app.secret, "tenant": app.tenant.id, "login_url": teams.login_url}
        made.append(Tokens(wire, **(right | wrong)))
        return made[-1]

    yield make
    for tokens in made:
        await tokens.close()
    await wire.close()


async def test_whoever_asks_at_the_same_time_shares_the_question(ask: Ask, teams: FakeTeams) -> None:
    """And whoever asks later shares the answer; each resource has a token of its own."""
    tokens = ask()
    shown = await asyncio.gather(*(tokens.headers(CONNECTOR) for _ in range(20)))
    assert {one["Authorization"] for one in shown} == {f"Bearer {teams.entra.issued[0].token}"}
    await tokens.headers(GRAPH)
    await tokens.headers(GRAPH)
    assert [one.audience for one in teams.entra.issued] == [
        "https://api.botframework.com",
        "https://graph.microsoft.com",
    ]


async def test_a_token_is_renewed_while_the_old_one_still_serves(ask: Ask, teams: FakeTeams) -> None:
    """Nobody waits for it, although Entra takes its time."""
    tokens = ask()
    teams.entra.lifetime = 2
    first = await tokens.headers(CONNECTOR)
    await asyncio.sleep(1.1)
    teams.faults.slow("login.token", 0.3)
    assert await asyncio.wait_for(tokens.headers(CONNECTOR), 0.2) == first
    await teams.until(lambda: len(teams.entra.issued) == 2)
    await asyncio.sleep(0.05)
    assert await tokens.headers(CONNECTOR) == {"Authorization": f"Bearer {teams.entra.issued[1].token}"}


async def test_a_token_whose_life_is_over_is_not_shown(ask: Ask, teams: FakeTeams) -> None:
    """Nor one that lives no time at all, which serves once."""
    tokens = ask()
    teams.entra.lifetime = 0
    assert await tokens.headers(CONNECTOR) != await tokens.headers(CONNECTOR)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"password": "another"}, "does not take the app's secret"),
        ({"password": "last year's"}, "has expired"),
        ({"app": "00000000-0000-0000-0000-000000000000"}, "does not know the app"),
        ({"tenant": "11111111-1111-1111-1111-111111111111"}, "does not know the tenant"),
    ],
)
async def test_wrong_settings_are_named(ask: Ask, teams: FakeTeams, wrong: dict[str, str], word: str) -> None:
    """Until somebody mends them: the program says so too, and not only the card."""
    teams.app.old_secrets.append("last year's")
    tokens = ask(**wrong)
    with pytest.raises(Refusal) as caught:
        await tokens.headers(CONNECTOR)
    assert caught.value.final
    assert word in caught.value.reason
    assert tokens.locked_out == caught.value.reason


async def test_mended_settings_are_noticed(ask: Ask, teams: FakeTeams) -> None:
    """A secret can be made good on Entra's side too."""
    tokens = ask(password="new secret")
    with pytest.raises(Refusal):
        await tokens.headers(CONNECTOR)
    teams.app.secret = "new secret"
    await tokens.headers(CONNECTOR)
    assert tokens.locked_out == ""


@pytest.mark.parametrize("fault", ["lose", "hang", "cut", "page", "status", "ratelimit"])
async def test_an_entra_that_does_not_answer_is_a_refusal_that_may_pass(ask: Ask, teams: FakeTeams, fault: str) -> None:
    """Nothing was posted, so nobody has to look for anything."""
    tokens = ask()
    more = {"status": (503,)}.get(fault, ())
    landed = {} if fault in ("page", "ratelimit") else {"landed": False}
    getattr(teams.faults, fault)("login.token", *more, **landed)
    with pytest.raises(Refusal) as caught:
        await tokens.headers(CONNECTOR)
    assert not caught.value.final
    assert tokens.locked_out == ""
    assert await tokens.headers(CONNECTOR)
