"""Every way in which a post can fail has a name, and every attempt is exactly one request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.channels.base import Refusal, Silence
from bot.channels.teams.connector import Connector, TeamsRefusal
from bot.channels.teams.tokens import Tokens
from bot.channels.teams.wire import Wire
from bot.phrases import say
from tests.channels.teams.office import address
from tests.doubles.teams import FakeTeams

HELLO = {"text": "Hello", "textFormat": "plain"}
SEND, UPDATE = "connector.send", "connector.update"


class Line:
    """A connector of our own, and what it is made of."""

    def __init__(self, teams: FakeTeams, timeout: float = 2.0) -> None:
        self.teams = teams
        self.wire = Wire(timeout)
        app = teams.app
        self.tokens = Tokens(self.wire, app.id, app.secret, app.tenant.id, teams.login_url)
        self.connector = Connector(self.wire, self.tokens, app.id)
        self.address = address(teams, teams.town.support)

    async def post(self, conversation: str = "", activity: dict[str, Any] | None = None) -> str:
        """Say hello, usually at the top of the support channel."""
        where = conversation or self.teams.town.support.id
        return await self.connector.post(self.address, where, activity or HELLO)

    async def close(self) -> None:
        """Let everything go."""
        await self.tokens.close()
        await self.wire.close()


@pytest.fixture
async def line(teams: FakeTeams) -> AsyncIterator[Line]:
    """A connector that speaks to the fake Teams."""
    made = Line(teams)
    yield made
    await made.close()


async def failing(line: Line) -> Refusal | Silence:
    """What a post ends in; one attempt is one request."""
    with pytest.raises((Refusal, Silence)) as caught:
        await line.post()
    assert len(line.teams.called(SEND)) == 1
    error = caught.value
    assert isinstance(error, Refusal | Silence)
    return error


async def test_a_post_into_a_thread_stands_there_once(line: Line, teams: FakeTeams) -> None:
    """As the bot's, below the message that the conversation's id names; its id comes back."""
    asked = await teams.act.write(teams.town.kim, teams.town.support, "Where is my parcel?")
    ref = await line.post(asked.conversation)
    (post,) = teams.posts(asked)
    assert (post.id, post.text, post.root, post.user) == (ref, "Hello", asked.id, teams.app.bot)
    assert not teams.warnings


async def test_three_hundred_posts_take_one_token_and_one_connection(line: Line, teams: FakeTeams) -> None:
    """The SDK by itself would ask for a token and open a connection for each."""
    for _ in range(300):
        await line.post()
    assert len(teams.posts()) == 300
    assert len(teams.called("login.token")) == 1
    assert teams.connections("connector") == 1


@pytest.mark.parametrize("status", [408, 412, 500, 502, 503, 504, 202])
@pytest.mark.parametrize("landed", [True, False])
async def test_an_answer_that_says_nothing_is_silence(line: Line, teams: FakeTeams, status: int, landed: bool) -> None:
    """The connector can take a post and still answer so: only looking can tell."""
    teams.faults.status(SEND, status, landed=landed)
    assert isinstance(await failing(line), Silence)
    assert len(teams.posts()) == landed


@pytest.mark.parametrize("fault", ["lose", "cut", "hang"])
async def test_a_lost_answer_is_silence_and_the_post_is_not_sent_again(
    line: Line, teams: FakeTeams, fault: str
) -> None:
    """Dropped, torn in the middle, or never coming."""
    getattr(teams.faults, fault)(SEND, landed=True)
    assert isinstance(await failing(line), Silence)
    assert len(teams.posts()) == 1


async def test_a_page_instead_of_an_answer_is_silence(line: Line, teams: FakeTeams) -> None:
    """A proxy's, with status 200."""
    teams.faults.page(SEND, landed=True)
    assert isinstance(await failing(line), Silence)


async def test_no_connection_is_a_refusal_that_may_pass(line: Line) -> None:
    """Nothing can have arrived where nobody listens, so nobody need look."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    await line.post()
    line.address = type(line.address)(f"http://127.0.0.1:{port}/", "t")
    with pytest.raises(Refusal) as caught:
        await line.post()
    assert (caught.value.final, caught.value.reason) == (False, say("teams.trouble.unreachable"))


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (403, "MessageWritesBlocked", "blocked"),
        (403, "BotNotInConversationRoster", "Add it again"),
        (403, "BotDisabledByAdmin", "administrator"),
        (403, "ForbiddenOperationException", "does not let"),
        (404, "ConversationNotFound", "no longer there"),
        (413, "MessageSizeTooBig", "that long"),
        (400, "BadSyntax", "BadSyntax"),
    ],
)
async def test_what_somebody_has_to_mend_is_final(
    line: Line, teams: FakeTeams, status: int, code: str, word: str
) -> None:
    """Trying again would not help, and the card says in words what would."""
    teams.faults.error(SEND, status, code, "Whatever Microsoft says")
    error = await failing(line)
    assert isinstance(error, TeamsRefusal)
    assert (error.final, error.code) == (True, code)
    assert word in error.reason
    assert not teams.posts()


async def test_a_thread_that_is_blocked_is_named_although_the_word_for_it_is_hidden(
    line: Line, teams: FakeTeams
) -> None:
    """It stands in JSON in a text in JSON."""
    teams.town.support.refuses = "MessageWritesBlocked"
    error = await failing(line)
    assert isinstance(error, TeamsRefusal)
    assert (error.code, error.final) == ("MessageWritesBlocked", True)


@pytest.mark.parametrize(("after", "wait"), [(7, 7.0), (None, 1.0)])
async def test_too_much_asks_for_a_pause(line: Line, teams: FakeTeams, after: int | None, wait: float) -> None:
    """429 is certainly not taken; that it says when to come again is promised nowhere."""
    teams.faults.ratelimit(SEND, retry_after=after)
    error = await failing(line)
    assert isinstance(error, Refusal)
    assert (error.wait, error.final) == (wait, False)


async def test_a_token_that_is_not_taken_any_more_is_replaced_for_the_next_attempt(
    line: Line, teams: FakeTeams
) -> None:
    """401 is a refusal: the desk comes again, with another token."""
    await line.post()
    teams.entra.revoke()
    with pytest.raises(Refusal) as caught:
        await line.post()
    assert not caught.value.final
    await line.post()
    assert (len(teams.posts()), len(teams.called("login.token"))) == (2, 2)


async def test_a_card_is_changed_where_it_stands(line: Line, teams: FakeTeams) -> None:
    """However often: the last one counts."""
    ref = await line.post()
    for words in ("Hello?", "Hello!"):
        await line.connector.replace(line.address, teams.town.support.id, ref, {"text": words})
    (post,) = teams.posts()
    assert (post.id, post.text) == (ref, "Hello!")


async def test_a_card_that_is_not_found_may_be_there_the_next_time(line: Line, teams: FakeTeams) -> None:
    """MicrosoftDocs/msteams-docs#6139: the refusal passes by itself."""
    ref = await line.post()
    teams.faults.vanish()
    with pytest.raises(TeamsRefusal) as caught:
        await line.connector.replace(line.address, teams.town.support.id, ref, HELLO)
    assert not caught.value.final
    await line.connector.replace(line.address, teams.town.support.id, ref, HELLO)


async def test_a_message_of_ours_can_be_taken_away(line: Line, teams: FakeTeams) -> None:
    """What `doctor` posts to see whether it may does not stay."""
    await line.connector.remove(line.address, teams.town.support.id, await line.post())
    assert not teams.posts()


async def test_people_are_read_page_by_page(line: Line, teams: FakeTeams) -> None:
    """All of them, and one of them by their object id."""
    town = teams.town
    for number in range(600):
        town.support_team.members.append(teams.world.user(f"crowd{number}"))
    found = await line.connector.members(line.address, town.support.id)
    assert {one["objectId"] for one in found} == {user.aad for user in town.support.people if not user.app_id}
    one = await line.connector.member(line.address, town.support.id, town.kim.aad)
    assert one["userRole"] == "guest"
    assert await line.connector.group(line.address) == town.support_team.group


async def test_a_slow_microsoft_holds_nobody_else_up(line: Line, teams: FakeTeams) -> None:
    """Everything waits on sockets, never in the way of the loop."""
    teams.faults.hang(SEND, landed=False)
    slow = asyncio.create_task(line.post())
    await teams.until(lambda: teams.called(SEND))
    assert await asyncio.wait_for(line.post(), 1.0)
    assert not slow.done()
    with pytest.raises(Silence):
        await slow


async def test_without_a_password_no_token_is_asked_for(teams: FakeTeams, line: Line) -> None:
    """A local connector wants none; Microsoft's own refuses."""
    line.tokens = Tokens(line.wire, teams.app.id, "", teams.app.tenant.id, teams.login_url)
    line.connector = Connector(line.wire, line.tokens, teams.app.id)
    with pytest.raises(Refusal):
        await line.post()
    assert not teams.called("login.token")
