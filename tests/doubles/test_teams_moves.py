"""The app, the people and the connector come and go, and the bot is told."""

from __future__ import annotations

import pytest

from tests.doubles.teams import FakeTeams, NotOffered
from tests.doubles.teams.ear import Ear
from tests.doubles.teams.mouth import Mouth, words


async def test_the_app_comes_and_goes(teams: FakeTeams, listener: Ear) -> None:
    """Installation names the team's group; afterwards messages come, and after removal nothing does."""
    town = teams.town
    await teams.act.write(town.tom, town.lobby, f"{town.bot} hi")
    assert listener.heard == []
    await teams.admin.install(town.club, channel=town.lobby)
    joined, installed = (heard.activity for heard in listener.heard)
    assert (joined["type"], joined["membersAdded"]) == ("conversationUpdate", [{"id": town.bot.id}])
    assert (installed["type"], installed["action"]) == ("installationUpdate", "add")
    assert installed["channelData"]["team"]["aadGroupId"] == town.club.group
    assert installed["conversation"]["id"] == town.lobby.id
    await teams.act.write(town.tom, town.lobby, "hi")
    await teams.admin.upgrade(town.club)
    await teams.admin.uninstall(town.club)
    await teams.act.write(town.tom, town.lobby, "hi")
    kinds = [(one.activity["type"], one.activity.get("action")) for one in listener.heard[2:]]
    assert kinds == [
        ("message", None),
        ("installationUpdate", "add-upgrade"),
        ("installationUpdate", "remove"),
        ("conversationUpdate", None),
    ]


async def test_people_come_and_go(teams: FakeTeams, listener: Ear) -> None:
    """In a team, and in a channel with members of its own; names change; a channel is deleted."""
    town = teams.town
    await teams.admin.add(town.tom, town.support_team)
    await teams.admin.remove(town.tom, town.support_team)
    await teams.admin.add_to_channel(town.zed, town.shared)
    await teams.admin.remove_from_channel(town.zed, town.shared)
    await teams.admin.rename(town.support, "Help")
    await teams.admin.rename(town.support_team, "Desk")
    await teams.admin.remove_channel(town.other)
    told = [heard.activity for heard in listener.heard]
    assert [one["channelData"]["eventType"] for one in told] == [
        "teamMemberAdded", "teamMemberRemoved", "channelMemberAdded", "channelMemberRemoved", "channelRenamed",
        "teamRenamed", "channelDeleted",
    ]  # fmt: skip
    assert told[2]["membersAdded"] == [{"id": town.zed.id, "aadObjectId": town.zed.aad}]
    assert told[2]["conversation"]["id"] == town.shared.id
    with pytest.raises(NotOffered):
        await teams.act.write(town.zed, town.shared, "Hi")


async def test_a_private_channel_has_to_be_entered(teams: FakeTeams, listener: Ear, mouth: Mouth) -> None:
    """Until a member adds the app to it, nothing comes and nothing goes."""
    town = teams.town
    await teams.act.write(town.lea, town.vault, f"{town.bot} hi")
    assert (await mouth.send(town.vault.id, words("Hi"))).error == "BotNotInConversationRoster"
    await teams.admin.enable(town.vault)
    await teams.act.write(town.lea, town.vault, "hi")
    assert [heard.activity["type"] for heard in listener.heard] == ["conversationUpdate", "message"]
    assert listener.heard[0].activity["channelData"]["eventType"] == "channelMemberAdded"
    assert (await mouth.send(town.vault.id, words("Hi"))).status == 201
    await teams.admin.enable(town.vault, on=False)
    assert (await mouth.send(town.vault.id, words("Hi"))).status == 403


async def test_strangers_in_a_shared_channel(teams: FakeTeams, listener: Ear) -> None:
    """Nothing in an activity says that they are not of our tenant, unless Teams is made to tell."""
    town = teams.town
    await teams.act.write(town.mia, town.shared, "Hi")
    teams.activities.names_tenant = True
    await teams.act.write(town.mia, town.shared, "Hi")
    first, second = (heard.activity for heard in listener.heard)
    assert first["conversation"]["tenantId"] == town.home.id
    assert "tenantId" not in first["from"]
    assert second["from"]["tenantId"] == town.initech.id


async def test_the_connector_moves(teams: FakeTeams, listener: Ear, mouth: Mouth) -> None:
    """Activities name the new address, token and all, and the old one is closed."""
    town, old = teams.town, teams.service_url
    await teams.act.write(town.kim, town.support, "1")
    teams.admin.move("amer")
    await teams.act.write(town.kim, town.support, "2")
    await teams.act.deliver({**listener.heard[0].activity, "id": "3"})
    assert listener.heard.pop().activity["serviceUrl"] == old  # still rightly signed, for whoever is late
    assert [heard.activity["serviceUrl"] for heard in listener.heard] == [old, teams.service_url]
    answer = await mouth.call(
        "GET", f"{old}v3/conversations/{town.support.id}/pagedmembers", "https://api.botframework.com"
    )
    assert (answer.status, answer.error) == (403, "InvalidBotApiHost")
