"""Everything that can be made to go wrong in the fake Teams, and what is left of it."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.doubles.teams import FakeTeams, NotSoon
from tests.doubles.teams.mouth import Answer, Mouth, card, words


async def post(teams: FakeTeams, mouth: Mouth) -> Answer:
    return await mouth.send(teams.town.review.id, words("Hi"))


@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("kind", ["lose", "cut"])
async def test_an_answer_is_lost(teams: FakeTeams, mouth: Mouth, kind: str, landed: bool) -> None:
    """The caller sees a broken connection either way; whether the post is there is another matter."""
    getattr(teams.faults, kind)("connector.send", landed=landed)
    with pytest.raises(aiohttp.ClientError):
        await post(teams, mouth)
    assert len(teams.posts()) == landed
    await post(teams, mouth)
    assert len(teams.posts()) == landed + 1


@pytest.mark.parametrize("landed", [True, False])
async def test_an_answer_never_comes(teams: FakeTeams, mouth: Mouth, landed: bool) -> None:
    """The line stays open, until the caller's patience ends."""
    teams.faults.hang("connector.*", landed=landed)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await post(teams, mouth)
    assert len(teams.posts()) == landed


@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("status", [408, 412, 500, 502, 503, 504])
async def test_a_status_that_says_nothing(teams: FakeTeams, mouth: Mouth, status: int, landed: bool) -> None:
    """It may have landed, and the body is empty."""
    fault = teams.faults.status("connector.send", status, landed=landed)
    answer = await post(teams, mouth)
    assert (answer.status, answer.json, len(teams.posts())) == (status, None, landed)
    assert fault.hits == 1


async def test_accepted_without_an_id(teams: FakeTeams, mouth: Mouth) -> None:
    """202 and nothing else, though it is there."""
    teams.faults.status("connector.send", 202, landed=True)
    answer = await post(teams, mouth)
    assert (answer.status, answer.json, len(teams.posts())) == (202, None, 1)


@pytest.mark.parametrize("landed", [True, False])
async def test_an_error_in_microsofts_words(teams: FakeTeams, mouth: Mouth, landed: bool) -> None:
    """On any operation, of Graph as well."""
    teams.faults.error("connector.send", 502, "ServiceError", landed=landed)
    answer = await post(teams, mouth)
    assert (answer.status, answer.error, len(teams.posts())) == (502, "ServiceError", landed)
    teams.faults.error("graph.*", 403, "Forbidden", times=None)
    assert (await mouth.replies(teams.town.review.id, "1")).error == "Forbidden"


async def test_a_page_of_somebody_elses(teams: FakeTeams, mouth: Mouth) -> None:
    """Status 200 and HTML."""
    teams.faults.page("connector.send")
    answer = await post(teams, mouth)
    assert (answer.status, answer.json) == (200, None)
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("given", "header"), [(7, "7"), (None, None)])
async def test_a_storm_of_429(teams: FakeTeams, mouth: Mouth, given: int | None, header: str | None) -> None:
    """Until it is cleared, everything is refused, and nothing lands; with or without a hint how long."""
    teams.faults.ratelimit("connector.*", times=None, retry_after=given)
    for _ in range(3):
        answer = await post(teams, mouth)
        assert (answer.status, answer.error, answer.headers.get("retry-after")) == (429, "Throttled", header)
    assert teams.posts() == []
    teams.faults.clear()
    assert (await post(teams, mouth)).status == 201


async def test_a_late_call_lands_though_the_caller_has_gone(teams: FakeTeams, mouth: Mouth) -> None:
    """Slow before it takes effect: the worst case of all."""
    await mouth.token("https://api.botframework.com")
    teams.faults.slow("connector.send", 20)  # a fifth of a second here
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await post(teams, mouth)
    assert teams.posts() == []
    await teams.until(teams.posts)


async def test_a_slow_answer_to_what_has_landed(teams: FakeTeams, mouth: Mouth) -> None:
    """The post is there before the answer is."""
    teams.clock.scale = 1.0
    teams.faults.slow("connector.send", 3600, landed=True)
    posting = asyncio.create_task(post(teams, mouth))
    await teams.until(teams.posts)
    assert not posting.done()
    teams.skip(3600)
    assert (await posting).status == 201


async def test_updates_vanish_now_and_then(teams: FakeTeams, mouth: Mouth) -> None:
    """404 for a card that is there, by the dice; nothing changes then, and the next try may do."""
    body = {"type": "TextBlock", "text": "Hi", "wrap": True}
    own = (await mouth.send(teams.town.review.id, card(body))).json["id"]
    fault = teams.faults.vanish(times=None, chance=0.5)
    told = [await mouth.update(teams.town.review.id, own, card({**body, "text": str(n)})) for n in range(20)]
    failed = [answer for answer in told if answer.status != 200]
    assert {(answer.status, answer.error) for answer in failed} == {(404, "ActivityNotFoundInConversation")}
    assert 0 < len(failed) == fault.hits < 20
    last = max(n for n, answer in enumerate(told) if answer.status == 200)
    assert teams.card(teams.posts()[0])["body"][0]["text"] == str(last)


async def test_no_token_to_be_had(teams: FakeTeams, mouth: Mouth) -> None:
    """Entra may fail as everything else does."""
    teams.faults.status("login.token", 503, landed=False)
    assert (await mouth.ask()).status == 503
    assert teams.entra.issued == []
    assert (await mouth.ask()).status == 200


async def test_a_fault_for_one_conversation_and_one_call(teams: FakeTeams, mouth: Mouth) -> None:
    """It waits for its conversation, lets so many calls pass, and strikes once."""
    town = teams.town
    fault = teams.faults.lose("connector.send", landed=False, after=1)
    fault.conversation = town.review.id
    await mouth.send(town.support.id, words("1"))
    await post(teams, mouth)
    with pytest.raises(aiohttp.ClientError):
        await post(teams, mouth)
    await post(teams, mouth)
    assert len(teams.posts(town.review)) == 2
    assert [call.fault is not None for call in teams.called("connector.send")] == [False, False, True, False]
    assert [call.ok for call in teams.called("connector.send")] == [True, True, False, True]


async def test_waiting_for_what_happens(teams: FakeTeams, mouth: Mouth) -> None:
    """`until` looks whenever something happens, and says what did not; watchers see every message."""
    seen: list[str] = []
    teams.happenings.watchers.append(lambda message: seen.append(message.text))
    waiting = asyncio.create_task(teams.until(teams.posts))
    await post(teams, mouth)
    assert len(await waiting) == 1
    assert seen == ["Hi"]
    with pytest.raises(NotSoon, match="no second post"):
        await teams.until(lambda: len(teams.posts()) == 2, 0.01, "no second post")
