"""Who may call the bot: the Bot Connector with its signed token, and nobody else, however near they come."""

from __future__ import annotations

import asyncio

import pytest

from tests.doubles.teams import FakeTeams
from tests.doubles.teams.callers import CALLERS
from tests.doubles.teams.ear import Ear
from tests.doubles.teams.wire import Json

# The one check that finds each caller out.
FOUND_OUT_BY = {
    "missing": "scheme",
    "another scheme": "scheme",
    "garbage": "readable",
    "three words": "readable",
    "expired": "expiry",
    "never expires": "expiry",
    "not yet valid": "start",
    "another audience": "audience",
    "no audience": "audience",
    "another issuer": "issuer",
    "another serviceurl": "serviceurl",
    "no serviceurl": "serviceurl",
    "unknown key": "key",
    "borrowed kid": "signature",
    "alg none": "algorithm",
    "public key as secret": "algorithm",
    "endorsed for webchat": "endorsement",
    "not endorsed": "endorsement",
    "own token": "key",
}
SINGLE = [name for name, check in FOUND_OUT_BY.items() if check != "readable" and name not in ("missing", "own token")]


async def activity(teams: FakeTeams) -> Json:
    """What the connector would send."""
    said = teams.happenings.say(teams.town.support, teams.town.kim, words="Hi")
    return teams.activities.said(said)


def test_every_caller_is_listed() -> None:
    """None is left out here."""
    assert FOUND_OUT_BY.keys() == CALLERS.keys()


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_caller_is_sent_away(teams: FakeTeams, listener: Ear, caller: str) -> None:
    """By the check that is meant for it; the handler never runs."""
    attempt = await teams.act.intrude(caller, await activity(teams))
    assert attempt.status in (401, 403)
    assert listener.refused == [FOUND_OUT_BY[caller]]
    assert listener.heard == []


@pytest.mark.parametrize("caller", SINGLE)
async def test_a_caller_is_wrong_in_one_way_only(teams: FakeTeams, listener: Ear, caller: str) -> None:
    """A bot that leaves out the one check believes it."""
    listener.lax = {FOUND_OUT_BY[caller]}
    if FOUND_OUT_BY[caller] == "key":
        listener.lax |= {"endorsement"}  # there is no key that could have one
    assert (await teams.act.intrude(caller, await activity(teams))).status == 200
    assert len(listener.heard) == 1


async def test_the_connector_is_believed(teams: FakeTeams, listener: Ear) -> None:
    """Its token serves for many activities, and every door of the key server is where its document says."""
    for text in ("1", "2", "3"):
        await teams.act.write(teams.town.kim, teams.town.support, text)
    assert len(listener.heard) == 3
    assert len({heard.headers["authorization"] for heard in listener.heard}) == 1
    assert len(teams.called("openid.metadata")) == len(teams.called("openid.keys")) == 1


async def test_a_token_for_another_channel_of_the_bot_framework(teams: FakeTeams, listener: Ear) -> None:
    """The key may sign for Teams, not for web chat."""
    forged = {**await activity(teams), "channelId": "webchat"}
    await teams.act.deliver(forged)
    assert listener.refused == ["endorsement"]


async def test_a_rotated_key(teams: FakeTeams, listener: Ear) -> None:
    """Teams signs with a new one, the old one is gone; whoever fetches the document again goes on."""
    await teams.act.write(teams.town.kim, teams.town.support, "1")
    old = teams.passport.ring.current
    teams.admin.rotate_keys()
    await teams.act.write(teams.town.kim, teams.town.support, "2")
    assert [heard.activity["text"] for heard in listener.heard] == ["1", "2"]
    assert old not in teams.passport.ring.published()
    teams.admin.rotate_keys(keep=True)
    assert len(teams.passport.ring.published()) == 4
    assert len(teams.called("openid.keys")) == 2


async def test_a_slow_key_server(teams: FakeTeams, listener: Ear) -> None:
    """It keeps the bot waiting for as long as one likes."""
    teams.clock.scale = 1.0
    teams.faults.slow("openid.keys", 3600)
    writing = asyncio.create_task(teams.act.write(teams.town.kim, teams.town.support, "Hi"))
    await teams.until(lambda: teams.called("openid.keys"))
    assert listener.heard == []
    teams.skip(3600)
    await writing
    assert len(listener.heard) == 1


async def test_a_failing_key_server(teams: FakeTeams, listener: Ear) -> None:
    """A bot that cannot fetch the keys does not answer well, and Teams comes again."""
    teams.faults.status("openid.*", 503, landed=False)
    await teams.act.write(teams.town.kim, teams.town.support, "Hi")
    await teams.settled()
    [delivery] = teams.told("message")
    assert [attempt.status for attempt in delivery.attempts] == [500, 200]
    assert len(listener.heard) == 1


async def test_a_local_connector_sends_no_token(teams: FakeTeams, listener: Ear) -> None:
    """For TEAMS_ALLOW_UNSIGNED."""
    teams.courier.signing = False
    await teams.act.write(teams.town.kim, teams.town.support, "Hi")
    assert listener.refused == ["scheme"]
