"""How often the fake Teams lets a bot speak and ask."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.doubles.teams import FakeTeams, Limits
from tests.doubles.teams.mouth import Mouth, words


@pytest.fixture
async def pacing() -> AsyncIterator[tuple[FakeTeams, Mouth]]:
    """Teams with its limits, whose time stands still unless it is told to jump."""
    async with FakeTeams(scale=1e6, patience=15.0, limits=Limits(per_tenant=False)) as server, Mouth(server) as mouth:
        yield server, mouth


async def said(mouth: Mouth, conversation: str, count: int) -> list[int]:
    """The statuses of so many posts."""
    return [(await mouth.send(conversation, words("Hi"))).status for _ in range(count)]


async def test_so_many_posts_a_thread(pacing: tuple[FakeTeams, Mouth]) -> None:
    """Seven in a second, eight in two, sixty in thirty, whichever reply chain of the channel they go to."""
    teams, mouth = pacing
    town = teams.town
    thread = teams.happenings.say(town.support, town.kim, words="Hi")
    assert await said(mouth, town.support.id, 7) == [201] * 7
    answer = await mouth.send(thread.conversation, words("Hi"))
    assert (answer.status, answer.error, answer.headers["retry-after"]) == (429, "Throttled", "1")
    assert await said(mouth, town.review.id, 1) == [201]
    teams.skip(1)
    assert await said(mouth, town.support.id, 2) == [201, 429]
    for _ in range(8):
        teams.skip(2)
        await said(mouth, town.support.id, 7)
    assert len(teams.posts(town.support)) == 60
    teams.skip(10)
    assert (await mouth.send(town.support.id, words("Hi"))).headers["retry-after"] == "3"
    assert teams.meter.refusals["connector.send"] == 7


async def test_a_refusal_without_a_hint(pacing: tuple[FakeTeams, Mouth]) -> None:
    """The page promises no Retry-After."""
    teams, mouth = pacing
    teams.limits.retry_after = False
    await said(mouth, teams.town.support.id, 7)
    answer = await mouth.send(teams.town.support.id, words("Hi"))
    assert answer.status == 429
    assert "retry-after" not in answer.headers
    assert len(teams.posts()) == 7


async def test_so_many_new_threads_and_questions(pacing: tuple[FakeTeams, Mouth]) -> None:
    """New threads and members have measures of their own; the whole roster is nearly forbidden."""
    teams, mouth = pacing
    review = teams.town.review.id
    given = {"isGroup": True, "channelData": {"channel": {"id": review}}, "activity": words("Hi")}
    assert [(await mouth.create(**given)).status for _ in range(8)] == [*[201] * 7, 429]
    assert [(await mouth.members(review)).status for _ in range(15)] == [*[200] * 14, 429]
    assert [(await mouth.members(review, "members")).status for _ in range(6)] == [*[200] * 5, 429]
    assert await said(mouth, review, 1) == [201]


async def test_thirty_a_second_in_a_tenant(pacing: tuple[FakeTeams, Mouth]) -> None:
    """Whatever they are; Graph and the token endpoint do not count."""
    teams, mouth = pacing
    teams.limits.per_tenant, teams.limits.per_thread = True, False
    assert await said(mouth, teams.town.support.id, 20) == [201] * 20
    assert [(await mouth.members(teams.town.review.id)).status for _ in range(11)] == [*[200] * 10, 429]
    assert (await mouth.update(teams.town.support.id, teams.posts()[0].id, words("x"))).status == 429
    assert (await mouth.replies(teams.town.support.id, teams.posts()[0].id)).status == 200
    teams.skip(1)
    assert (await mouth.members(teams.town.review.id)).status == 200


async def test_no_limits_for_a_benchmark() -> None:
    """They can be taken away."""
    async with FakeTeams(scale=1e6, limits=Limits.none()) as teams, Mouth(teams) as mouth:
        assert await said(mouth, teams.town.support.id, 40) == [201] * 40
