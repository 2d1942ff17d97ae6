"""Activities of the fake Teams reach a bot as Teams' do: what consent allows, again after failures, and written down."""

from __future__ import annotations

import pytest

from tests.doubles.teams import FakeTeams, NotOffered
from tests.doubles.teams.awkward import AWKWARD, BODIES, INVOKES, ODD
from tests.doubles.teams.courier import SILENCE, STRIKES
from tests.doubles.teams.ear import Ear, Reply
from tests.doubles.teams.mouth import Mouth, words
from tests.doubles.teams.world import MESSAGES


async def test_a_message_as_an_activity(teams: FakeTeams, listener: Ear) -> None:
    """Plain in `text`, rich in the attachment, the thread in the conversation id, the host in the tenant."""
    town = teams.town
    said = await teams.act.write(town.kim, town.support, f"{town.bot} is 1 < 2 & {town.kai}?\nYes  no")
    [heard] = listener.heard
    told = heard.activity
    assert (told["type"], told["id"], told["channelId"], told["textFormat"]) == ("message", said.id, "msteams", "plain")
    assert told["text"] == "<at>Countersign</at> is 1 < 2 & <at>Kai Koch &amp; Son</at>?\nYes  no"
    [rich] = told["attachments"]
    assert rich["contentType"] == "text/html"
    assert rich["content"].startswith('<p><span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="0">')
    assert rich["content"].endswith("</span>?<br>Yes&nbsp; no</p>")
    assert "is 1 &lt; 2 &amp; <span" in rich["content"]
    assert [one.get("text") for one in told["entities"]] == [
        "<at>Countersign</at>", "<at>Kai Koch &amp; Son</at>", None,
    ]  # fmt: skip
    assert told["entities"][0]["mentioned"] == {"id": f"28:{teams.app.id}", "name": "Countersign"}
    assert told["conversation"]["id"] == f"{town.support.id};messageid={said.id}"
    assert told["conversation"]["tenantId"] == told["channelData"]["tenant"]["id"] == town.home.id
    assert told["channelData"]["team"] == {"id": town.support_team.id}
    assert told["from"] == {"id": town.kim.id, "aadObjectId": town.kim.aad, "name": "Kim Kjær"}
    assert told["serviceUrl"] == teams.service_url
    assert heard.headers["x-ms-conversation-id"] == told["conversation"]["id"]
    assert heard.headers["x-ms-tenant-id"] == town.home.id


async def test_a_reply_names_the_thread_it_is_in(teams: FakeTeams, listener: Ear) -> None:
    """Also when one replies to a reply."""
    town = teams.town
    said = await teams.act.write(town.kim, town.support, "1")
    second = await teams.act.reply(town.ana, said, "2")
    await teams.act.reply(town.kai, second, "3")
    assert {heard.activity["conversation"]["id"] for heard in listener.heard} == {said.conversation}
    assert "replyToId" not in listener.heard[1].activity


async def test_without_consent_only_mentions_come(teams: FakeTeams, listener: Ear) -> None:
    """ChannelMessage.Read.Group brings everything that people write; edits follow the same rule."""
    town = teams.town
    teams.admin.consent(town.support_team)
    said = await teams.act.write(town.kim, town.support, f"Where is it, {town.ana}?")
    await teams.act.edit(said, "Where?")
    await teams.act.delete(said)
    assert listener.heard == []
    await teams.act.reply(town.kim, said, f"{town.bot} where is it?")
    assert len(listener.heard) == 1
    teams.admin.consent(town.support_team, MESSAGES)
    await teams.act.reply(town.kim, said, "Hello?")
    assert len(listener.heard) == 2


async def test_of_what_bots_say_bots_are_not_told(teams: FakeTeams, listener: Ear, mouth: Mouth) -> None:
    """Neither of its own posts and updates, nor of another bot's."""
    town = teams.town
    posted = await mouth.send(town.support.id, words("Hi"))
    await mouth.update(town.support.id, posted.json["id"], words("Ho"))
    await teams.act.write(town.robot, town.support, f"{town.bot} hi")
    assert listener.heard == []


async def test_edits_deletions_and_their_taking_back(teams: FakeTeams, listener: Ear) -> None:
    """The id stays; a deletion brings no words."""
    town = teams.town
    said = await teams.act.write(town.kim, town.support, "1")
    await teams.act.edit(said, "2")
    await teams.act.delete(said)
    await teams.act.undelete(said)
    with pytest.raises(NotOffered):
        await teams.act.undelete(said)
    told = [heard.activity for heard in listener.heard[1:]]
    kinds = [(one["type"], one["channelData"]["eventType"], one.get("text")) for one in told]
    assert kinds == [
        ("messageUpdate", "editMessage", "2"),
        ("messageDelete", "softDeleteMessage", None),
        ("messageUpdate", "undeleteMessage", "2"),
    ]
    assert {one["id"] for one in told} == {said.id}
    assert [len(teams.told(kind)) for kind in ("editMessage", "messageDelete", "undeleteMessage")] == [1, 1, 1]


async def test_reactions_to_the_bots_posts(teams: FakeTeams, listener: Ear, mouth: Mouth) -> None:
    """Others' it never hears of."""
    town = teams.town
    said = await teams.act.write(town.kim, town.support, "1")
    await mouth.send(said.conversation, words("Hi"))
    await teams.act.react(town.kim, said)
    await teams.act.react(town.kim, teams.posts()[0], "heart")
    await teams.act.react(town.kim, teams.posts()[0], "heart", added=False)
    first, second = (heard.activity for heard in listener.heard[1:])
    assert (first["reactionsAdded"], first["replyToId"]) == ([{"type": "heart"}], teams.posts()[0].id)
    assert second["reactionsRemoved"] == [{"type": "heart"}]


async def test_an_activity_comes_again_until_it_is_acknowledged(teams: FakeTeams, listener: Ear) -> None:
    """After 5xx, a dropped line and silence, with the same id; a definite no ends it."""
    listener.replies.extend([Reply(502), Reply(drop=True), Reply(503)])
    await teams.act.write(teams.town.kim, teams.town.support, "Hi")
    await teams.settled()
    [delivery] = teams.told("message")
    assert [attempt.status for attempt in delivery.attempts] == [502, 0, 503, 200]
    assert len({attempt.id for attempt in delivery.attempts}) == 1
    assert delivery.acknowledged
    assert not delivery.lost
    listener.replies.append(Reply(400))
    await teams.act.write(teams.town.kim, teams.town.support, "Hi")
    await teams.settled()
    assert len(teams.courier.lost()) == 1
    assert len(teams.courier.lost()[0].attempts) == 1


async def test_a_late_answer_is_none(teams: FakeTeams, listener: Ear) -> None:
    """After fifteen seconds Teams hangs up and comes again."""
    teams.clock.patience = 0.1
    listener.replies.append(Reply(slow=True))
    await teams.act.write(teams.town.kim, teams.town.support, "Hi")
    teams.clock.patience = 15.0
    await teams.settled()
    assert [attempt.problem for attempt in teams.told("message")[0].attempts] == ["timeout", ""]


async def test_nobody_listens(teams: FakeTeams) -> None:
    """What was said comes when the bot is back."""
    teams.courier.bot_url, url = "http://127.0.0.1:1/api/messages", teams.courier.bot_url
    await teams.act.write(teams.town.kim, teams.town.support, "Hi")
    teams.courier.bot_url = url
    await teams.settled()
    problems = [attempt.problem for attempt in teams.told("message")[0].attempts]
    assert (problems[0], problems[-1]) == ("connection_failed", "")


async def test_after_many_5xx_teams_falls_silent(teams: FakeTeams, listener: Ear) -> None:
    """Nothing is delivered and nobody is told, until half a day has passed; one good answer begins the count anew."""
    town = teams.town
    teams.courier.retries = ()
    teams.clock.scale = 1.0
    listener.replies.extend([*[Reply(500)] * (STRIKES - 1), Reply(200), *[Reply(500)] * STRIKES])
    for number in range(2 * STRIKES):
        assert not teams.courier.silent
        await teams.act.write(town.kim, town.support, str(number))
    assert teams.courier.silent
    await teams.act.write(town.kim, town.support, "Hello?")
    assert len(listener.heard) == 2 * STRIKES
    assert teams.courier.deliveries[-1].dropped
    assert teams.courier.deliveries[-1].lost
    teams.skip(SILENCE)
    await teams.act.write(town.kim, town.support, "Hello?")
    assert len(listener.heard) == 2 * STRIKES + 1


async def test_doubled_and_out_of_order(teams: FakeTeams, listener: Ear) -> None:
    """On request every activity comes twice, and activities wait to be sent in another order."""
    town = teams.town
    teams.courier.hold()
    for text in ("1", "2"):
        await teams.act.write(town.kim, town.support, text)
    assert listener.heard == []
    teams.courier.doubled = True
    teams.courier.release(lambda held: held[::-1][:1])
    await teams.settled()
    assert [heard.activity["text"] for heard in listener.heard] == ["2", "2"]
    assert listener.heard[0].activity["id"] == listener.heard[1].activity["id"]


@pytest.mark.parametrize("name", [*AWKWARD, *ODD, *INVOKES])
async def test_an_awkward_activity(teams: FakeTeams, listener: Ear, name: str) -> None:
    """It reaches the bot as it is, and differs from the message it was made of."""
    plain = teams.activities.said(await teams.act.write(teams.town.kim, teams.town.support, "Hi"))
    awkward = {**AWKWARD, **ODD, **INVOKES}[name](plain)
    delivery = await teams.act.deliver(awkward)
    assert delivery.acknowledged
    assert listener.heard[-1].activity == awkward != plain


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_is_no_activity(teams: FakeTeams, listener: Ear, name: str) -> None:
    """It is sent as it is; a good bot refuses it without stumbling."""
    delivery = await teams.act.deliver_raw(BODIES[name])
    assert delivery.status in (400, 401, 403)
    assert listener.heard == []
