"""What the fake Bot Connector tells of people, teams and channels."""

from __future__ import annotations

import pytest

from tests.doubles.teams import FakeTeams
from tests.doubles.teams.mouth import Mouth, words


async def test_members_page_by_page(teams: FakeTeams, mouth: Mouth) -> None:
    """Never fewer than fifty on a page; those of the channel, without bots, each with the directory object."""
    town = teams.town
    for number in range(50):
        town.support_team.members.append(town.world.user(f"extra{number}"))
    thread = teams.happenings.say(town.support, town.kim, words="Hi")
    first = await mouth.members(thread.conversation, "pagedmembers?pageSize=2")
    assert len(first.json["members"]) == 50
    second = await mouth.members(
        town.support.id, f"pagedmembers?continuationToken={first.json['continuationToken']}&pageSize=2"
    )
    assert "continuationToken" not in second.json
    everybody = [*first.json["members"], *second.json["members"]]
    assert len(everybody) == 55
    assert everybody == (await mouth.members(town.support.id, "members")).json
    kim = next(one for one in everybody if one["id"] == town.kim.id)
    assert (kim["objectId"], kim["userRole"], kim["tenantId"]) == (town.kim.aad, "guest", town.home.id)
    assert kim["userPrincipalName"] == "kim_acme.example#EXT#@northwind.example"
    assert (await mouth.members(town.support.id, "pagedmembers?pageSize=many")).status == 400


@pytest.mark.parametrize("key", ["id", "aad", "email"])
async def test_a_single_member(teams: FakeTeams, mouth: Mouth, key: str) -> None:
    """By any of their names; a stranger says whose tenant they are of; whoever is not there is not found."""
    town = teams.town
    mia = await mouth.members(town.shared.id, f"members/{getattr(town.mia, key)}")
    assert (mia.status, mia.json["tenantId"]) == (200, town.initech.id)
    for place, person in ((town.support, town.mia), (town.shared, town.tom)):
        answer = await mouth.members(place.id, f"members/{getattr(person, key)}")
        assert (answer.status, answer.error) == (404, "MemberNotFoundInConversation")


async def test_the_team_and_its_channels(teams: FakeTeams, mouth: Mouth) -> None:
    """The group behind the team, which messages do not tell; General has no name."""
    team = teams.town.support_team
    assert (await mouth.connector("GET", f"teams/{team.id}")).json["aadGroupId"] == team.group
    listed = (await mouth.connector("GET", f"teams/{team.id}/conversations")).json["conversations"]
    assert listed[0] == {"id": team.id, "name": None}
    assert {one["name"] for one in listed[1:]} == {"Help Acme", "Help others", "Help Initech"}
    assert (await mouth.connector("GET", "teams/19:nowhere@thread.tacv2")).status == 404


async def test_what_is_not_there(teams: FakeTeams, mouth: Mouth) -> None:
    """Neither a path without its slash nor an operation that Teams has not."""
    assert (await mouth.connector("GET", "conversations")).status == 405
    assert (await mouth.connector("POST", "/conversations", words("Hi"))).status == 404
