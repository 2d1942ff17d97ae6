"""What Microsoft Graph shows of the fake Teams, and to whom."""

from __future__ import annotations

import pytest

from tests.doubles.teams import FakeTeams, Message
from tests.doubles.teams.mouth import Mouth, card, words
from tests.doubles.teams.wire import Json
from tests.doubles.teams.world import APPS, MEMBERS, MESSAGES, SETTINGS

TEXT = {"type": "TextBlock", "text": "Hi", "wrap": True}


async def thread(teams: FakeTeams, mouth: Mouth, replies: int) -> Message:
    """A customer's thread with so many replies of the bot's."""
    asked = await teams.act.write(teams.town.kim, teams.town.support, f"{teams.town.bot} 1 < 2?")
    for number in range(replies):
        await mouth.send(asked.conversation, words(f"Reply {number}"))
    return asked


async def test_the_replies_newest_first(teams: FakeTeams, mouth: Mouth) -> None:
    """A bot's with its app id and the words, a person's with the directory object, as HTML."""
    town = teams.town
    asked = await thread(teams, mouth, 2)
    await teams.act.reply(town.ana, asked, "a & b")
    answer = await mouth.replies(town.support.id, asked.id)
    assert answer.status == 200
    mine, second, first = answer.json["value"]
    assert (first["body"], second["body"]["content"]) == ({"contentType": "text", "content": "Reply 0"}, "Reply 1")
    assert first["from"]["application"]["id"] == teams.app.id
    assert first["from"]["user"] is None
    assert (mine["from"]["application"], mine["from"]["user"]["id"]) == (None, town.ana.aad)
    assert mine["body"] == {"contentType": "html", "content": "<p>a &amp; b</p>"}
    assert (first["id"], first["replyToId"]) == (teams.posts()[0].id, asked.id)
    assert first["createdDateTime"] < second["createdDateTime"] < mine["createdDateTime"]
    assert first["channelIdentity"] == {"teamId": town.support_team.group, "channelId": town.support.id}


async def test_a_reaction_is_a_change_and_what_changed_last_comes_first(teams: FakeTeams, mouth: Mouth) -> None:
    """So that an old message may stand before a new one."""
    asked = await thread(teams, mouth, 2)
    first, _ = teams.posts()
    first.at -= 3600
    await teams.act.react(teams.town.kim, first)
    found = (await mouth.replies(teams.town.support.id, asked.id)).json["value"]
    assert [one["body"]["content"] for one in found] == ["Reply 0", "Reply 1"]
    assert found[0]["createdDateTime"] < found[1]["createdDateTime"] <= found[0]["lastModifiedDateTime"]


async def test_page_by_page(teams: FakeTeams, mouth: Mouth) -> None:
    """Twenty at a time, fifty at most, by @odata.nextLink; no other options."""
    asked = await thread(teams, mouth, 25)
    place = teams.town.support.id
    page = (await mouth.replies(place, asked.id)).json
    assert (len(page["value"]), page["value"][0]["body"]["content"]) == (20, "Reply 24")
    assert page["@odata.nextLink"].startswith(f"{teams.graph_url}/v1.0/teams/")
    rest = (await mouth.call("GET", page["@odata.nextLink"], "https://graph.microsoft.com")).json
    assert [one["body"]["content"] for one in rest["value"]] == [f"Reply {number}" for number in range(4, -1, -1)]
    assert "@odata.nextLink" not in rest
    assert len((await mouth.replies(place, asked.id, top=25)).json["value"]) == 25
    for query in ({"top": 51}, {"top": 0}, {"top": "many"}, {"filter": "x"}, {"orderby": "x"}):
        answer = await mouth.replies(place, asked.id, **query)
        assert (answer.status, answer.error) == (400, "BadRequest")


async def test_single_messages(teams: FakeTeams, mouth: Mouth) -> None:
    """The first of a thread, one of its replies, and the list of threads."""
    asked = await thread(teams, mouth, 1)
    base = f"teams/{teams.town.support_team.group}/channels/{teams.town.support.id}/messages"
    root = (await mouth.graph(f"{base}/{asked.id}")).json
    assert root["body"]["content"] == '<p><at id="0">Countersign</at> 1 &lt; 2?</p>'
    assert root["replyToId"] is None
    own = teams.posts()[0].id
    assert (await mouth.graph(f"{base}/{asked.id}/replies/{own}")).json["body"]["content"] == "Reply 0"
    assert [one["id"] for one in (await mouth.graph(base)).json["value"]] == [asked.id]
    for path in (f"{base}/{own}", f"{base}/1", f"{base}/{asked.id}/replies/1", f"{base}/1/replies"):
        assert (await mouth.graph(path)).status == 404


async def test_cards_html_and_what_is_gone(teams: FakeTeams, mouth: Mouth) -> None:
    """A card is an attachment; markdown comes as HTML, plain text sometimes too; what is deleted has no words."""
    asked = await thread(teams, mouth, 1)
    await mouth.send(asked.conversation, card(TEXT))
    await mouth.send(asked.conversation, {"type": "message", "text": "a  <b>\nc"})
    await mouth.send(asked.conversation, {"type": "message", "text": "<b>d</b>", "textFormat": "xml"})
    await mouth.delete(asked.conversation, teams.posts()[0].id)

    async def newest_first() -> list[Json]:
        """In another order than Graph's, which is by the last change."""
        found = (await mouth.replies(teams.town.support.id, asked.id)).json["value"]
        return sorted(found, key=lambda one: int(one["id"]), reverse=True)

    xml, markdown, with_card, gone = await newest_first()
    assert xml["body"] == {"contentType": "html", "content": "<div><b>d</b></div>"}
    assert markdown["body"] == {"contentType": "html", "content": "<p>a&nbsp; &lt;b&gt;<br>c</p>"}
    [attached] = with_card["attachments"]
    assert with_card["body"]["content"] == f'<attachment id="{attached["id"]}"></attachment>'
    assert '"TextBlock"' in attached["content"]
    assert gone["deletedDateTime"]
    assert gone["body"]["content"] == ""
    entity = {"type": "mention", "text": "<at>Kim Kjær</at>", "mentioned": {"id": teams.town.kim.id, "name": "Kim"}}
    await mouth.send(asked.conversation, words("<at>Kim Kjær</at>", entities=[entity]))
    named = (await newest_first())[0]
    assert named["body"]["contentType"] == "html"
    teams.html_only = True
    await mouth.send(asked.conversation, words("e & f"))
    newest = (await newest_first())[0]
    assert newest["body"] == {"contentType": "html", "content": "<p>e &amp; f</p>"}


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("channels/{channel}/messages/{root}/replies", MESSAGES),
        ("channels/{channel}/messages/{root}", MESSAGES),
        ("channels/{channel}/messages", MESSAGES),
        ("channels/{channel}", SETTINGS),
        ("channels/{channel}/allMembers", MEMBERS),
        ("installedApps", APPS),
    ],
)
async def test_every_read_needs_consent(teams: FakeTeams, mouth: Mouth, path: str, permission: str) -> None:
    """Of the team's owner, and for just that; in no team where the app is not installed."""
    town = teams.town
    asked = await thread(teams, mouth, 0)
    asking = f"teams/{town.support_team.group}/{path.format(channel=town.support.id, root=asked.id)}"
    assert (await mouth.graph(asking)).status == 200
    teams.admin.consent(town.support_team, *({MESSAGES, SETTINGS, MEMBERS, APPS} - {permission}))
    answer = await mouth.graph(asking)
    assert (answer.status, answer.error) == (403, "Forbidden")
    assert f"API requires one of '{permission}" in answer.json["error"]["message"]
    teams.admin.consent(town.support_team, permission)
    assert (await mouth.graph(asking)).status == 200
    await teams.admin.uninstall(town.support_team)
    assert (await mouth.graph(asking)).status == 403


async def test_what_is_not_there(teams: FakeTeams, mouth: Mouth) -> None:
    """No such team, no such channel in it, a private channel without the app."""
    town = teams.town
    assert (await mouth.graph("teams/00000000-0000-0000-0000-000000000000/installedApps")).status == 404
    assert (await mouth.graph(f"teams/{town.staff_team.group}/channels/{town.support.id}")).status == 404
    answer = await mouth.graph(f"teams/{town.staff_team.group}/channels/{town.vault.id}/allMembers")
    assert answer.status == 403
    assert "Caller isn't enabled" in answer.json["error"]["message"]


async def test_what_doctor_asks(teams: FakeTeams, mouth: Mouth) -> None:
    """The channel, who is in it, the app and what was agreed to."""
    town = teams.town
    team = f"teams/{town.support_team.group}"
    shared = (await mouth.graph(f"{team}/channels/{town.shared.id}")).json
    assert (shared["displayName"], shared["membershipType"]) == ("Help Initech", "shared")
    members = {
        one["userId"]: one for one in (await mouth.graph(f"{team}/channels/{town.support.id}/allMembers")).json["value"]
    }
    assert members[town.lea.aad]["roles"] == ["owner"]
    assert members[town.kim.aad]["roles"] == ["guest"]
    assert len(members) == 5
    across = (await mouth.graph(f"{team}/channels/{town.shared.id}/allMembers")).json["value"]
    assert {one["tenantId"] for one in across} == {town.home.id, town.initech.id}
    [bare] = (await mouth.graph(f"{team}/installedApps")).json["value"]
    assert "consentedPermissionSet" not in bare
    [agreed] = (await mouth.graph(f"{team}/installedApps?$select=consentedPermissionSet,id")).json["value"]
    assert {"permissionValue": MESSAGES, "permissionType": "application"} in (
        agreed["consentedPermissionSet"]["resourceSpecificPermissions"]
    )
    [whole] = (await mouth.graph(f"{team}/installedApps?$expand=teamsApp,teamsAppDefinition")).json["value"]
    assert whole["teamsApp"]["externalId"] == teams.app.manifest_id
    assert whole["teamsAppDefinition"]["azureADAppId"] == teams.app.id


async def test_a_post_that_graph_does_not_show_yet(teams: FakeTeams, mouth: Mouth) -> None:
    """It stands there for people; Graph shows it later, or when it is told to."""
    asked = await thread(teams, mouth, 0)
    teams.clock.scale = 1.0
    place = teams.town.support.id
    teams.faults.unreadable(5)
    await mouth.send(asked.conversation, words("1"))
    assert len(teams.posts(asked)) == 1
    assert (await mouth.replies(place, asked.id)).json["value"] == []
    teams.skip(5)
    assert len((await mouth.replies(place, asked.id)).json["value"]) == 1
    teams.faults.unreadable()
    await mouth.send(asked.conversation, words("2"))
    assert len((await mouth.replies(place, asked.id)).json["value"]) == 1
    teams.reveal()
    assert len((await mouth.replies(place, asked.id)).json["value"]) == 2
