"""Who is a customer and who a colleague, and that asking Slack for a name never holds a message up."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import Speaker
from bot.channels.slack.client import SlackClient
from bot.channels.slack.directory import Directory, profile_of
from bot.channels.slack.people import Profile, Staff, Us, is_ours, speaker
from tests.channels.slack.stub import TOKEN, Json, Stub, refused

US = Us(team="T0HOME", enterprise="E0HOME")
OURS, SISTER, THEIRS = frozenset({"T0HOME"}), frozenset({"T0SISTER", "E0HOME"}), frozenset({"T0ACME"})
C, S, B = Speaker.CUSTOMER, Speaker.STAFF, Speaker.BOT

WHO = [
    # profile, groups, staff, shared, whose
    (Profile("U1", "Mia", THEIRS), "", Staff(), True, C),
    (Profile("U1", "Mia", THEIRS, stranger=True), "", Staff(colleagues="staff"), True, C),
    (Profile("U1", "Ana", OURS), "", Staff(), True, S),  # a channel shared with customers: ours are staff
    (Profile("U1", "Tom", OURS), "", Staff(), False, C),  # an internal help desk: colleagues are its customers
    (Profile("U1", "Tom", OURS), "", Staff(colleagues="staff"), False, S),
    (Profile("U1", "Tom", OURS), "", Staff(colleagues="customers"), True, C),
    (Profile("U1", "Ana", OURS), "", Staff(frozenset({"U1"})), False, S),
    (Profile("U1", "Ext", THEIRS), "", Staff(frozenset({"U1"})), True, S),  # an outside agent, by name
    (Profile("U1", "Ana", OURS), "S1", Staff(frozenset({"S1"})), False, S),
    (Profile("U1", "Ana", OURS), "S2", Staff(frozenset({"S1"})), False, C),
    (Profile("U1", "Pia", THEIRS), "", Staff(frozenset({"T0ACME"})), True, S),  # a partner's whole team
    (Profile("U1", "Sam", SISTER), "", Staff(), True, S),  # another workspace of our own organisation
    (Profile("U1", "Gus", OURS, guest=True), "", Staff(colleagues="staff"), False, C),
    (Profile("U1", "Gus", OURS, guest=True), "", Staff(colleagues="staff", guests="staff"), False, S),
    (Profile("U1", "Who", frozenset()), "", Staff(colleagues="staff"), False, C),
    (Profile("U1", "Bot", OURS, bot=True), "", Staff(), False, B),
    (Profile("USLACKBOT", "Slackbot", OURS), "", Staff(), False, B),
]


@pytest.mark.parametrize(("profile", "groups", "staff", "shared", "whose"), WHO)
def test_staff_is_declared_and_everybody_else_is_a_customer(
    profile: Profile, groups: str, staff: Staff, shared: bool, whose: Speaker
) -> None:
    """By name, group, team and enterprise; guests and colleagues as the desk says."""
    assert speaker(profile, frozenset({groups} - {""}), US, staff, shared=shared) is whose


def test_who_may_press_belongs_to_us_or_is_named() -> None:
    """Buttons work for everybody in a channel, so whose presser it is has to be looked at."""
    assert is_ours(Profile("U1", "Ana", OURS), US, Staff())
    assert is_ours(Profile("U1", "Sam", SISTER), US, Staff())
    assert not is_ours(Profile("U1", "Kim", THEIRS), US, Staff())
    assert is_ours(Profile("U1", "Kim", THEIRS), US, Staff(frozenset({"U1"})))
    assert not is_ours(Profile("U1", "Who", frozenset()), Us(), Staff())


def test_a_profile_is_read_as_slack_shows_it() -> None:
    """The display name first; the enterprise counts as a home."""
    user: Json = {"id": "U1", "team_id": "T1", "enterprise_user": {"enterprise_id": "E1"}, "is_restricted": True}
    user |= {"profile": {"display_name": " ", "real_name": "Ana Alves"}, "real_name": "x", "name": "ana"}
    assert profile_of(user) == Profile("U1", "Ana Alves", frozenset({"T1", "E1"}), guest=True)


@pytest.fixture
async def directory(stub: Stub) -> Directory:
    """A directory that knows nobody yet."""
    return Directory(SlackClient(TOKEN, stub.base), frozenset({"S1"}), lambda: 0.0)


FALLBACK = Profile("U1", "U1", THEIRS)


async def test_a_user_is_asked_for_once(directory: Directory, stub: Stub) -> None:
    """Ten messages at once from one writer are one question."""
    found = await asyncio.gather(*(directory.look("U1", FALLBACK) for _ in range(10)))
    assert {profile.name for profile in found} == {"Name U1"}
    assert len(stub.of("users.info")) == 1
    await directory.close()
    await directory._client.close()


async def test_a_failure_is_not_asked_again_at_once(directory: Directory, stub: Stub) -> None:
    """What the message itself says is used, and Slack is left in peace."""
    stub.answers["users.info"] = refused("user_not_found")
    assert await directory.look("U1", FALLBACK) == FALLBACK
    assert await directory.look("U1", FALLBACK) == FALLBACK
    assert len(stub.of("users.info")) == 1
    await directory._client.close()


async def test_a_slow_answer_holds_nothing_up(directory: Directory, stub: Stub) -> None:
    """After a second the message goes on without the name."""

    async def slowly(_: Json) -> Json:
        await asyncio.sleep(5)
        return {"ok": True}

    stub.answers["users.info"] = slowly
    async with asyncio.timeout(2):
        assert await directory.look("U1", FALLBACK) == FALLBACK
        assert await directory.look("U1", FALLBACK) == FALLBACK  # not even a second the second time
    await directory.close()
    await directory._client.close()


async def test_groups_are_read_and_survive_a_failure(stub: Stub) -> None:
    """Who was staff a minute ago still is when Slack cannot be asked, and no longer after an hour of that."""
    now = [0.0]
    directory = Directory(SlackClient(TOKEN, stub.base), frozenset({"S1"}), lambda: now[0])
    stub.answers["usergroups.users.list"] = lambda _: {"ok": True, "users": ["U1", "U2", 3]}
    await directory.refresh_groups()
    assert directory.groups_of("U1") == {"S1"}
    stub.answers["usergroups.users.list"] = refused("paid_teams_only")
    now[0] = 3599.0
    await directory.refresh_groups()
    assert directory.groups_of("U1") == {"S1"}
    assert directory.groups_of("U9") == frozenset()
    now[0] = 3600.0
    assert directory.groups_of("U1") == frozenset()
    await directory._client.close()
