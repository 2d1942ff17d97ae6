"""What gets through `/api/messages`: everything Teams brings, stored before it is acknowledged; and nothing is a 5xx but
what could not be stored."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import log
from bot.channels.base import Person, Place, Said, Speaker, Thread
from tests.channels.teams.conftest import Bench, benched
from tests.doubles.teams.awkward import AWKWARD, BODIES, INVOKES, ODD
from tests.doubles.teams.wire import Json

MARK = "my-private-words"
# Rightly signed, and none of our business.
FOREIGN = frozenset({"another channelId", "tenant that is not ours"})


async def test_a_signed_message_is_stored_before_it_is_acknowledged(bench: Bench) -> None:
    """When the 200 leaves, the message is with the desk, its writer named."""
    teams, town = bench.teams, bench.town
    written = await teams.act.write(town.kim, town.support, "Where is my parcel?")
    (said,) = bench.inbox.events
    assert isinstance(said, Said)
    assert (said.text, said.speaker) == ("Where is my parcel?", Speaker.CUSTOMER)
    assert said.by == Person("teams", town.kim.aad, "Kim Kjær")
    assert said.thread == Thread(Place("teams", town.support.id), written.id)
    assert (said.ref, round(said.at, 1)) == (written.id, round(written.at, 1))
    assert teams.told("message")[0].status == 200


async def test_what_cannot_be_stored_is_not_acknowledged(bench: Bench) -> None:
    """Teams brings it again, and then it is stored once."""
    told = bench.message()
    bench.inbox.down = True
    assert (await bench.post(told)).status_code == 503
    bench.inbox.down = False
    assert (await bench.post(told)).status_code == 200
    assert (await bench.post(told)).status_code == 200
    assert len(bench.inbox.events) == 1


async def test_how_a_place_is_reached_is_written_once(bench: Bench) -> None:
    """Where a reply goes is kept across restarts; what says nothing new is not written again. It may move."""
    teams, town = bench.teams, bench.town
    place = Place("teams", town.support.id)
    await teams.act.write(town.kim, town.support, "One")
    first = json.loads(bench.notes.values[place])
    assert (first["service_url"], first["tenant"]) == (teams.service_url, teams.app.tenant.id)
    assert first["team"] == town.support_team.id
    teams.admin.move("amer")
    await teams.act.write(town.kim, town.support, "Two")
    assert json.loads(bench.notes.values[place])["service_url"] == teams.service_url
    bench.notes.down = True
    await teams.act.write(town.kim, town.support, "Three")
    assert len(bench.inbox.events) == 3


async def test_other_channels_are_none_of_our_business(bench: Bench) -> None:
    """Nothing is kept of a channel that no desk listens to, and nobody's name is asked for."""
    teams, town = bench.teams, bench.town
    await teams.act.write(town.kim, town.other, "Hi")
    assert not bench.inbox.events
    assert not bench.notes.values
    assert not [call for call in teams.calls if call.method.startswith("connector")]


async def test_what_becomes_of_a_team_that_no_desk_names_is_no_trouble(bench: Bench) -> None:
    """The app was tried out there, or by somebody for themselves; where it is needed it still is."""
    teams, town = bench.teams, bench.town
    for channel in (town.support, town.shared, town.review):
        await teams.act.write(town.ana, channel, "Good morning")
    await teams.admin.install(town.club)
    await teams.admin.uninstall(town.club)
    own = {"conversation": {"conversationType": "personal", "id": "a:1xyz", "tenantId": town.home.id}}
    gone = teams.activities.installation(town.ana, town.club, town.lobby, "remove") | own
    gone["channelData"] = {"tenant": {"id": town.home.id}}
    await teams.act.deliver(gone)
    assert bench.channel.notes() == []
    await teams.admin.uninstall(town.support_team)
    (note,) = bench.channel.notes()
    assert "taken out of Support," in note


@pytest.mark.parametrize("name", AWKWARD)
async def test_an_awkward_activity_is_answered_and_comes_to_nothing(bench: Bench, name: str) -> None:
    """It would not read better the second time, and a bot that fails again and again is not told anything any more."""
    written = io.StringIO()
    log.configure("debug", written)
    delivery = await bench.teams.act.deliver(AWKWARD[name](bench.message(MARK)))
    assert delivery.status == (403 if name in FOREIGN else 200)
    assert not [event for event in bench.inbox.events if isinstance(event, Said)]
    assert not bench.teams.posts()
    assert MARK not in written.getvalue()


# Their kind is known, and nothing is missing of what it always has: nobody need look at them.
READABLE = frozenset(
    {
        "conversationUpdate without channelData",
        "conversationUpdate with unknown eventType",
        "messageDelete of something unknown",
        "installationUpdate add-upgrade",
        "installationUpdate with unknown action",
        "messageReaction to something unknown",
        "read receipt",
        "event without name",
        "typing",
        "endOfConversation",
        "message without words",
        "personal chat",
    }
)


@pytest.mark.parametrize("name", sorted(AWKWARD.keys() - READABLE - FOREIGN))
async def test_what_cannot_be_read_can_be_looked_at_afterwards(bench: Bench, name: str) -> None:
    """The log has all of its shape, every field with its kind, so that somebody can teach us to read it, and where it can
    be looked up in Teams; the words, names and ids of people stand there only by their length.
    """
    told, written = AWKWARD[name](bench.message(MARK)), io.StringIO()
    log.configure("info", written)
    await bench.teams.act.deliver(told)
    (line,) = [one for one in map(json.loads, written.getvalue().splitlines()) if one["event"] == "teams_odd"]
    assert line["activity"].keys() == told.keys()
    if "id" in told and isinstance(told.get("conversation"), dict):
        assert line["where"] == f"{told['conversation']['id']} {told['id']}"
    assert line["activity"].get("type") == (
        told.get("type") if isinstance(told.get("type"), str | None) else "<number>"
    )
    assert not {MARK, bench.town.kim.real_name, bench.town.kim.aad} & set(written.getvalue().split('"'))


@pytest.mark.parametrize("name", sorted(READABLE))
async def test_what_can_be_read_needs_no_looking_at(bench: Bench, name: str) -> None:
    """Teams tells of much that is nothing to us."""
    written = io.StringIO()
    log.configure("info", written)
    await bench.teams.act.deliver(AWKWARD[name](bench.message(MARK)))
    assert "teams_odd" not in written.getvalue()


async def test_of_a_chat_nothing_is_written_down_that_names_people(bench: Bench) -> None:
    """The id of a chat between two is made of theirs."""
    town, written = bench.town, io.StringIO()
    log.configure("info", written)
    chat = {"id": f"19:{town.kim.aad}_{town.ana.aad}@unq.gbl.spaces", "tenantId": town.home.id}
    await bench.teams.act.deliver(bench.message() | {"type": "hologram", "conversation": chat, "id": town.kim.aad})
    (line,) = [one for one in map(json.loads, written.getvalue().splitlines()) if one["event"] == "teams_odd"]
    assert line["where"] == ""
    assert town.kim.aad not in written.getvalue()


async def test_what_cannot_be_read_is_written_down_and_counted(bench: Bench) -> None:
    """By its kind and what it lacks, and never with what somebody wrote."""
    written = io.StringIO()
    log.configure("info", written)
    for name in ("no from", "no id"):
        await bench.teams.act.deliver(AWKWARD[name](bench.message(MARK)))
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    odd = [(line["kind"], line["lacks"], line["count"]) for line in lines if line["event"] == "teams_odd"]
    assert odd == [("message", "from", 1), ("message", "id", 2)]


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_message_is_a_message(bench: Bench, name: str) -> None:
    """Other people's bots broke on it."""
    await bench.teams.act.deliver(ODD[name](bench.message("Where is it?")))
    assert [event.text for event in bench.inbox.events if isinstance(event, Said)] == ["Where is it?"]


@pytest.mark.parametrize("name", INVOKES)
async def test_an_invoke_nobody_asked_for_has_an_answer(bench: Bench, name: str) -> None:
    """Whatever Teams invents next: 200, and nothing happened."""
    delivery = await bench.teams.act.deliver(INVOKES[name](bench.message(MARK)))
    assert delivery.status == 200
    assert not bench.inbox.clicks
    assert not bench.inbox.events


@pytest.mark.parametrize("name", BODIES)
async def test_a_signed_body_that_cannot_be_read_is_refused(bench: Bench, name: str) -> None:
    """Teams never sends such a thing, and it names no address that the token could be good for."""
    assert 400 <= (await bench.post(BODIES[name])).status_code < 500


async def test_what_bots_say_is_no_question(bench: Bench) -> None:
    """Neither our own posts, should Teams ever tell of them, nor another bot's."""
    teams, town = bench.teams, bench.town
    for bot in (teams.app.bot, town.robot):
        said = teams.happenings.say(town.support, bot, words="Where is my parcel?")
        assert (await teams.act.deliver(teams.activities.said(said))).status == 200
    assert not bench.inbox.events


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE"])
async def test_only_posts_are_taken(bench: Bench, method: str) -> None:
    """Somebody looked at the address with a browser."""
    assert (await bench.client.request(method, "/api/messages")).status_code == 405


async def test_too_much_is_not_read(bench: Bench) -> None:
    """A megabyte is more than Teams sends, whether it says so before or not."""
    assert (await bench.post(b"x" * 1_000_001)).status_code == 413

    async def endless() -> object:
        for _ in range(11):
            yield b"x" * 100_000

    answer = await bench.client.post("/api/messages", content=endless())  # type: ignore[arg-type]
    assert answer.status_code == 413


async def test_without_consent_only_mentions_come_and_count_the_same(bench: Bench) -> None:
    """Without the resource-specific permission Teams tells only of what mentions the bot."""
    teams, town = bench.teams, bench.town
    teams.admin.consent(town.support_team)
    await teams.act.write(town.kim, town.support, "Nobody hears this")
    await teams.act.write(town.kim, town.support, f"{town.bot} where is my parcel?")
    assert [event.text for event in bench.inbox.events if isinstance(event, Said)] == ["where is my parcel?"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
_TYPES = [
    "message",
    "messageUpdate",
    "messageDelete",
    "conversationUpdate",
    "installationUpdate",
    "invoke",
    "event",
    "",
]
_KEYS = ["id", "from", "recipient", "conversation", "channelData", "text", "attachments", "entities", "value", "name"]
_KEYS += ["timestamp", "membersAdded", "membersRemoved", "action", "replyToId", "textFormat", "locale"]
_NESTED = [
    ("conversation", "id"),
    ("conversation", "tenantId"),
    ("channelData", "eventType"),
    ("channelData", "tenant"),
    ("channelData", "channel"),
    ("channelData", "team"),
    ("from", "aadObjectId"),
    ("from", "id"),
    ("value", "action"),
]


async def test_signed_but_odd_is_answered() -> None:
    """Whatever shape Teams thinks of next, it is never our failure."""
    async with benched() as bench:
        base = bench.message() | {"value": {"action": {"verb": "approve", "data": {}}}, "name": "adaptiveCard/action"}
        asked: list[Json] = []

        @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(
            st.sampled_from(_TYPES),
            st.dictionaries(st.sampled_from(_KEYS), _json, max_size=4),
            st.dictionaries(st.sampled_from(_NESTED), _json, max_size=3),
        )
        def gather(kind: str, fields: Json, inner: dict[tuple[str, str], object]) -> None:
            odd = {**base, "type": kind, **fields}
            for (outer, name), value in inner.items():
                if isinstance(odd.get(outer), dict):
                    odd[outer] = {**odd[outer], name: value}
            asked.append(odd)

        gather()
        assert len(asked) >= 300
        for odd in asked:
            answer = await bench.post(json.dumps(odd).encode("utf-8", "surrogatepass"))
            assert answer.status_code in (200, 403), odd
