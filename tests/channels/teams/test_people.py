"""Who is a customer and who a colleague, and that asking Microsoft for it never holds a message up or loses one."""

from __future__ import annotations

import pytest

from bot.channels.base import Speaker
from bot.channels.teams.people import Profile, Staff, account, speaker
from tests.channels.teams.conftest import Bench, benched, desk
from tests.doubles.teams import Channel, Fault, Town, User
from tests.doubles.teams.faults import Kind
from tests.doubles.teams.wire import Json

US, THEM = "t-us", "t-them"
C, S, B = Speaker.CUSTOMER, Speaker.STAFF, Speaker.BOT

WHO = [
    # profile, staff, people from outside in the channel, whose
    (Profile("mia", "Mia", THEM), Staff(), True, C),
    (Profile("mia", "Mia", THEM), Staff(colleagues="staff", guests="staff"), True, C),
    (Profile("mia", "Mia", THEM), Staff(frozenset({"mia"})), True, S),  # an outside agent, by name
    (Profile("mia", "Mia", THEM), Staff(frozenset({THEM})), True, S),  # a partner's whole tenant
    (Profile("kim", "Kim", US, guest=True), Staff(colleagues="staff"), True, C),
    (Profile("kim", "Kim", US, guest=True), Staff(guests="staff"), True, S),
    (Profile("kim", "Kim", US, guest=True), Staff(frozenset({"kim"})), True, S),
    (Profile("ben", "Ben", US), Staff(), True, S),  # with guests or members of other tenants: ours are staff
    (Profile("ben", "Ben", US), Staff(), False, C),  # an internal help desk: colleagues are its customers
    (Profile("ben", "Ben"), Staff(), False, C),
    (Profile("ben", "Ben", US), Staff(colleagues="staff"), False, S),
    (Profile("ben", "Ben", US), Staff(colleagues="customers"), True, C),
    (Profile("ana", "Ana", US), Staff(frozenset({"ana"}), "customers"), False, S),
    (Profile("robot", "Robot", US, bot=True), Staff(frozenset({"robot"})), True, B),
]


@pytest.mark.parametrize(("profile", "staff", "outsiders", "whose"), WHO)
def test_staff_is_declared_and_everybody_else_is_a_customer(
    profile: Profile, staff: Staff, outsiders: bool, whose: Speaker
) -> None:
    """By name and tenant; guests and colleagues as the desk says."""
    assert speaker(profile, US, staff, outsiders=outsiders) is whose


SHOWN: list[tuple[Json, Profile]] = [
    ({"id": "29:1x", "aadObjectId": "A-1", "name": " Ana "}, Profile("a-1", "Ana")),
    ({"id": "29:1x", "objectId": "a-1", "tenantId": "T-1", "userRole": "user"}, Profile("a-1", "", "t-1")),
    ({"id": "29:1x", "objectId": "a-1", "userRole": "guest"}, Profile("a-1", "", guest=True)),
    (
        {"id": "x", "objectId": "a-1", "userPrincipalName": "kim_acme.example#EXT#@northwind.example"},
        Profile("a-1", "", guest=True),
    ),
    ({"id": "MCMj", "userId": "a-1", "displayName": "Kim", "roles": ["guest"]}, Profile("a-1", "Kim", guest=True)),
    ({"id": "MCMj", "userId": "a-1", "displayName": "Lea", "roles": ["owner"]}, Profile("a-1", "Lea")),
    ({"id": "MCMj", "userId": "a-1", "roles": None, "userRole": None}, Profile("a-1", "")),
    ({"id": "28:3f0b", "name": "Robot"}, Profile("28:3f0b", "Robot", bot=True)),
]


@pytest.mark.parametrize(("told", "profile"), SHOWN)
def test_people_are_known_however_they_are_shown(told: Json, profile: Profile) -> None:
    """By an activity, by the connector's roster, or by Graph."""
    assert account(told) == profile


async def whose(bench: Bench, user: User, channel: Channel) -> Speaker:
    """Whose message it is when this person writes there."""
    await bench.teams.act.write(user, channel, "Where is my parcel?")
    return bench.inbox.events[-1].speaker


async def test_guests_and_members_of_other_tenants_are_customers(bench: Bench) -> None:
    """A guest in a standard channel, and a member of another tenant in a shared one; our own people there are staff."""
    town = bench.town
    assert await whose(bench, town.kim, town.support) is C
    assert await whose(bench, town.mia, town.shared) is C
    assert await whose(bench, town.ana, town.support) is S
    assert await whose(bench, town.ben, town.support) is S
    assert await whose(bench, town.ben, town.shared) is S


async def test_a_tenant_that_the_activity_tells_needs_no_asking(bench: Bench) -> None:
    """It is not documented that it does; when it does, it counts."""
    bench.teams.activities.names_tenant = True
    assert await whose(bench, bench.town.mia, bench.town.shared) is C
    assert not [call for call in bench.teams.calls if "member" in call.method]


async def test_at_an_internal_help_desk_colleagues_are_customers() -> None:
    """Nobody from outside is in the team: whoever is not an agent asks."""
    town = Town()
    club = town.world.channel("Help us", town.world.team("Everybody", town.ben, town.tom, town.ana, owner=town.lea))
    async with benched(town, desks=(desk(town, listens=frozenset({club.id})),)) as bench:
        assert await whose(bench, town.tom, club) is C
        assert await whose(bench, town.ana, club) is S


async def test_who_writes_is_asked_once(bench: Bench) -> None:
    """The roster serves for all of the channel, and for a while."""
    town = bench.town
    for user in (town.kim, town.kai, town.ben, town.kim):
        await whose(bench, user, town.support)
    asked = [call.method for call in bench.teams.calls if "member" in call.method]
    assert len(asked) == 1


async def test_a_newcomer_is_known_although_the_roster_is_old(bench: Bench) -> None:
    """Somebody joined a moment ago; that was told to another replica, and the roster is still the old one."""
    town = bench.town
    await whose(bench, town.kim, town.support)
    town.support_team.members.append(town.tom)
    assert await whose(bench, town.tom, town.support) is S


async def test_who_left_our_people_is_looked_at_again(bench: Bench) -> None:
    """News of a team makes the roster old."""
    town = bench.town
    await whose(bench, town.kim, town.support)
    await bench.teams.admin.add(town.tom, town.support_team)
    await whose(bench, town.tom, town.support)
    await bench.teams.until(lambda: len([call for call in bench.teams.calls if "member" in call.method]) >= 2)


@pytest.mark.parametrize("fault", ["hang", "status", "ratelimit"])
async def test_when_nobody_can_be_asked_the_message_counts_all_the_same(fault: Kind) -> None:
    """Whoever is not named is taken for a customer: a draft too many does no harm. Soon nobody waits for it any more."""
    async with benched() as bench:
        faults, town = bench.teams.faults, bench.town
        for door in ("login.*", "connector.*", "graph.*"):
            faults.add(Fault(fault, door, times=None))
        assert await whose(bench, town.ben, town.support) is C
        assert await whose(bench, town.ana, town.support) is S
        asked = len(bench.teams.calls)
        for _ in range(5):
            await whose(bench, town.ben, town.support)
        assert len(bench.inbox.events) == 7
        assert len(bench.teams.calls) - asked <= 1
