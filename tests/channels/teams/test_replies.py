"""Replies: sent once, addressing nobody, and found again by who said what when an answer was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.channels.base import CannotLook, Message, Person, Refusal, Silence, Speaker
from bot.channels.card import Step
from bot.channels.teams.channel import LIMIT, TeamsChannel
from bot.review.model import Release
from tests.channels.slack.cards import HOSTILE, card
from tests.channels.slack.conftest import Notebook
from tests.channels.slack.soon import soon
from tests.channels.slack.test_replies import release
from tests.channels.teams.office import made, place, setup, thread
from tests.doubles.teams import FakeTeams
from tests.doubles.teams import Message as Post

SEND, REPLIES = "connector.send", "graph.replies"


@pytest.fixture
async def question(teams: FakeTeams) -> Post:
    """What Kim of Acme wants to know."""
    return await teams.act.write(teams.town.kim, teams.town.support, "Where is my parcel?")


@pytest.fixture
async def disclosing(teams: FakeTeams, inbox: Notebook, kind: str) -> AsyncIterator[TeamsChannel]:
    """A channel whose desk says how its replies came about."""
    (desk,) = setup(teams).desks
    channel = await made(teams, inbox, desks=(replace(desk, disclosure=kind),))
    yield channel
    await channel.close()


def released(inbox: Notebook, teams: FakeTeams, **more: Any) -> Release:
    """A release of just now, whose card stands in the inbox."""
    made = release()
    now = teams.clock.wall()
    steps = (Step(now - 3600, "The customer wrote.", 1), Step(now, "Approved by Ana.", made.version))
    inbox.cards["01REVIEW"] = card(opened_at=now - 3600, history=steps, **more)
    return made


# --- replies


async def test_a_reply_stands_in_the_customers_thread(channel: TeamsChannel, teams: FakeTeams, question: Post) -> None:
    """As plain text, from the bot, and nothing else goes out."""
    ref = await channel.send_reply(thread(question), release())
    (post,) = teams.posts()
    assert (post.id, post.root, post.text, post.text_format) == (ref, question.id, "It left on **Monday**.", "plain")
    assert len(teams.called(SEND)) == 1
    assert not teams.warnings


async def test_a_reply_addresses_nobody(channel: TeamsChannel, teams: FakeTeams, question: Post) -> None:
    """What looks like a mention, a link or markup in the words is letters in the thread."""
    words = f"<at>{teams.town.ana.real_name}</at> [here](https://evil.example) <b>now</b> {HOSTILE}"
    await channel.send_reply(thread(question), release(words))
    (call,) = teams.called(SEND)
    assert set(call.json) == {"type", "from", "text", "textFormat"}
    assert call.json["textFormat"] == "plain"
    assert call.json["text"].startswith(words[:60])


@pytest.mark.parametrize(
    ("kind", "line"),
    [("name", "approved by Ana."), ("team", "approved by Nordlys support."), ("ai", "Drafted with AI."), ("none", "")],
)
async def test_the_disclosure_is_the_desks_choice(
    disclosing: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook, line: str
) -> None:
    """With a name, the name of whoever let the words go; the reply is found with it and without."""
    made = released(inbox, teams, signer="Ana")
    ref = await disclosing.send_reply(thread(question), made)
    said = teams.posts()[0].text.removeprefix(made.words).strip()
    assert said.endswith(line)
    assert bool(said) is bool(line)
    assert await disclosing.find_reply(thread(question), made) == ref


async def test_a_reply_that_is_too_long_is_not_tried(channel: TeamsChannel, teams: FakeTeams, question: Post) -> None:
    """The limit is what a card can hold to be edited."""
    with pytest.raises(Refusal) as caught:
        await channel.send_reply(thread(question), release("x" * (LIMIT + 1)))
    assert caught.value.final
    assert not teams.called(SEND)


async def test_a_thread_keeps_its_order(channel: TeamsChannel, teams: FakeTeams, question: Post) -> None:
    """Although the first one takes its time."""
    teams.faults.slow(SEND, 0.2)
    await asyncio.gather(*(channel.send_reply(thread(question), release(f"Word {n}")) for n in range(4)))
    assert [post.text for post in teams.posts(question)] == [f"Word {n}" for n in range(4)]


async def test_a_reply_that_was_taken_without_a_name_is_looked_for(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """202, or 201 with nothing in it: taken, it seems, but only the thread can tell."""
    made = released(inbox, teams)
    teams.faults.status(SEND, 202, landed=True)
    with pytest.raises(Silence):
        await channel.send_reply(thread(question), made)
    assert await channel.find_reply(thread(question), made) == teams.posts()[0].id


# --- looking


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("words", ["It left on Monday.", "a < b & c\n\n  <at>Kim</at>  “ü”\n- one\n- two 👩‍👩‍👧‍👦"])
async def test_a_landed_reply_is_found_by_its_words(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook, html: bool, words: str
) -> None:
    """Graph gives plain text back as it is, or as HTML."""
    made = replace(released(inbox, teams), words=words)
    teams.html_only = html
    teams.faults.lose(SEND, landed=True)
    with pytest.raises(Silence):
        await channel.send_reply(thread(question), made)
    assert await channel.find_reply(thread(question), made) == teams.posts()[0].id


async def test_a_reply_on_a_later_page_is_found(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """The thread may have become busy meanwhile."""
    made = released(inbox, teams)
    ref = await channel.send_reply(thread(question), made)
    for number in range(60):
        await teams.act.reply(teams.town.kai, question, f"And another thing, the {number}th")
    assert await channel.find_reply(thread(question), made) == ref
    assert len(teams.called(REPLIES)) == 2


async def test_a_reply_is_found_beneath_an_old_message_that_somebody_liked(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """Graph lists what changed last first, and a reaction is a change: the search does not end at an old message."""
    old = await teams.act.reply(teams.town.kai, question, "And the second one?")
    old.at -= 7200
    made = released(inbox, teams)
    ref = await channel.send_reply(thread(question), made)
    await teams.act.react(teams.town.ana, old, "like")
    assert await channel.find_reply(thread(question), made) == ref


async def test_an_absence_counts_only_the_second_time(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """How soon a post can be read is not documented. The same words of somebody else are not ours."""
    made = released(inbox, teams)
    await teams.act.reply(teams.town.ana, question, made.words)
    assert await channel.find_reply(thread(question), made) is None
    assert len(teams.called(REPLIES)) == 2


async def test_a_reply_that_can_be_read_a_moment_later_is_found(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """The second look is there for this."""
    made = released(inbox, teams)
    teams.faults.unreadable()
    ref = await channel.send_reply(thread(question), made)
    looking = asyncio.create_task(channel.find_reply(thread(question), made))
    await teams.until(lambda: teams.called(REPLIES))
    teams.reveal()
    assert await looking == ref


async def test_the_same_words_of_an_earlier_reply_are_not_these(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """A short answer is often given twice in one thread; what was delivered has an id that is known."""
    first = await channel.send_reply(thread(question), release())
    bot = Person("teams", teams.app.bot.id, "Countersign")
    known = Message(2, first, Speaker.BOT, bot, "It left on **Monday**.", teams.clock.wall())
    made = released(inbox, teams, messages=(known,))
    assert await channel.find_reply(thread(question), made) is None
    second = await channel.send_reply(thread(question), made)
    assert await channel.find_reply(thread(question), made) == second


async def test_a_reply_from_before_the_release_is_not_this_one(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """However alike: these words were not let go yet."""
    made = released(inbox, teams)
    await channel.send_reply(thread(question), made)
    teams.posts()[0].at -= 1800
    assert await channel.find_reply(thread(question), made) is None


async def test_a_reply_that_somebody_deleted_is_not_sent_again(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """Whose words are gone cannot be compared: a person looks."""
    made = released(inbox, teams)
    await channel.send_reply(thread(question), made)
    await teams.act.delete(teams.posts()[0])
    with pytest.raises(CannotLook) as caught:
        await channel.find_reply(thread(question), made)
    assert "deleted" in caught.value.reason


async def test_without_consent_a_person_looks(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """The card names the permission that is missing, and who gives it."""
    teams.town.support_team.consent.clear()
    with pytest.raises(CannotLook) as caught:
        await channel.find_reply(thread(question), released(inbox, teams))
    assert "ChannelMessage.Read.Group" in caught.value.reason
    assert "Look in the thread." in caught.value.reason


async def test_a_team_that_graph_has_no_name_for_is_asked_for(
    teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """Not every activity tells the group's id; the connector knows it, and it is written down."""
    channel = await made(teams, inbox)
    book = channel._office.book
    known = await book.find(place(teams.town.support))
    assert known
    book._known.clear()
    await book._notes.note(
        place(teams.town.support),
        f'{{"service_url": "{known.service_url}", "tenant": "{known.tenant}", "team": "{known.team}"}}',
    )
    release = released(inbox, teams)
    ref = await channel.send_reply(thread(question), release)
    assert await channel.find_reply(thread(question), release) == ref
    again = await book.find(place(teams.town.support))
    assert again
    assert again.group == teams.town.support_team.group
    await channel.close()


@pytest.mark.parametrize("fault", ["lose", "cut", "status", "ratelimit", "page"])
async def test_what_may_pass_is_looked_at_again_later(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook, fault: str
) -> None:
    """Nothing is concluded from an answer that did not come."""
    more = {} if fault in ("ratelimit", "page") else {"landed": False}
    args = (503,) if fault == "status" else ()
    getattr(teams.faults, fault)(REPLIES, *args, times=None, **more)
    with pytest.raises(Silence):
        await channel.find_reply(thread(question), released(inbox, teams))


async def test_a_page_that_lies_elsewhere_is_not_asked_for(
    channel: TeamsChannel, teams: FakeTeams, question: Post, inbox: Notebook
) -> None:
    """The token is for Graph alone. What is not read is not absent either."""
    for number in range(60):
        await teams.act.reply(teams.town.kai, question, f"And another thing, the {number}th")
    home, teams.base = teams.base, f"http://127.0.0.1:{teams.port}/elsewhere"
    with pytest.raises(Silence):
        await channel.find_reply(thread(question), released(inbox, teams))
    teams.base = home
    assert len(teams.called(REPLIES)) == 1


async def test_a_database_that_is_down_stops_the_looking_only(
    channel: TeamsChannel, question: Post, inbox: Notebook
) -> None:
    """Nothing is concluded from it."""
    inbox.down = True
    with pytest.raises(Silence):
        await channel.find_reply(thread(question), release())


# --- who reads along


async def test_the_audience_names_who_reads_along(channel: TeamsChannel, teams: FakeTeams) -> None:
    """Guests by where their mail goes, members of other tenants by the tenant; our own are not named."""
    town = teams.town
    assert await channel.audience(place(town.support)) == "private acme.example"
    assert await channel.audience(place(town.shared)) == f"private {town.initech.id}"
    assert await channel.audience(place(town.review)) == "private"


async def test_the_audience_is_known_without_consent_too(channel: TeamsChannel, teams: FakeTeams) -> None:
    """The connector tells who is in a channel to any bot that is there."""
    teams.town.support_team.consent.clear()
    assert await channel.audience(place(teams.town.support)) == "private acme.example"


async def test_the_audience_is_looked_at_again_when_somebody_came(channel: TeamsChannel, teams: FakeTeams) -> None:
    """It is remembered for a minute, and for less when Teams tells."""
    town = teams.town
    await channel.audience(place(town.support))
    zed = teams.world.user("zoe", town.globex, guest=True)
    town.support_team.members.append(zed)
    assert await channel.audience(place(town.support)) == "private acme.example"
    assert len(teams.called("graph.members")) == 1
    channel._office.look_again()
    assert await channel.audience(place(town.support)) == "private acme.example globex.example"


@pytest.mark.parametrize("status", [503, 429])
async def test_an_audience_that_cannot_be_had_is_none(channel: TeamsChannel, teams: FakeTeams, status: int) -> None:
    """It is never guessed."""
    teams.faults.error("graph.members", status, "ServiceError")
    with pytest.raises((Silence, Refusal)):
        await channel.audience(place(teams.town.support))


# --- running


async def test_settings_that_microsoft_does_not_take_make_the_program_unready(
    teams: FakeTeams, inbox: Notebook
) -> None:
    """`/readyz` says what to do; a Microsoft that is only slow is no trouble of ours."""
    channel = await made(teams, inbox, password="wrong")
    running = asyncio.create_task(channel.run())
    assert "TEAMS_APP_PASSWORD" in await soon(channel.trouble)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await channel.close()
