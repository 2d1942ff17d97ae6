"""Reading from the fake Slack: channels, threads, people."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack, Town


async def refusal(awaitable: Any) -> str:
    """The error Slack answers with."""
    with pytest.raises(SlackApiError) as caught:
        await awaitable
    return str(caught.value.response["error"])


def texts(answer: Any) -> list[str]:
    return [message["text"] for message in answer["messages"]]


async def test_replies_come_oldest_first_and_in_pages(slack: FakeSlack, client: AsyncWebClient) -> None:
    """The parent heads every page, whatever `oldest` says; of a reply's ts only the reply comes."""
    town = slack.town
    parent = await slack.act.write(town.kim, town.support, "0")
    replies = [await slack.act.reply(town.kim, parent, str(number)) for number in range(1, 6)]
    asked: dict[str, Any] = {"channel": town.support.id, "ts": parent.ts}
    first = await client.conversations_replies(**asked, limit=3)
    assert (texts(first), first["has_more"]) == (["0", "1", "2"], True)
    second = await client.conversations_replies(**asked, limit=3, cursor=first["response_metadata"]["next_cursor"])
    assert texts(second) == ["0", "3", "4"]
    assert texts(await client.conversations_replies(**asked, oldest=replies[2].ts)) == ["0", "4", "5"]
    inclusive = await client.conversations_replies(**asked, oldest=replies[2].ts, inclusive=True)
    assert texts(inclusive) == ["0", "3", "4", "5"]
    assert texts(await client.conversations_replies(channel=town.support.id, ts=replies[0].ts)) == ["1"]
    assert first["messages"][0]["reply_count"] == 5
    assert first["messages"][1]["parent_user_id"] == town.kim.id
    assert await refusal(client.conversations_replies(**asked, cursor="bm9wZQ==")) == "invalid_cursor"
    assert await refusal(client.conversations_replies(**asked, oldest="yesterday")) == "invalid_ts_oldest"
    assert await refusal(client.conversations_replies(channel=town.support.id, ts="1.0")) == "thread_not_found"


async def test_history_is_newest_first_without_replies(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Only a reply that was also sent to the channel is there."""
    town = slack.town
    parent = await slack.act.write(town.ana, town.internal, "1")
    await slack.act.reply(town.ana, parent, "hidden")
    await slack.act.reply(town.ana, parent, "2", broadcast=True)
    gone = await slack.act.write(town.ana, town.internal, "gone")
    await slack.act.delete(gone)
    assert texts(await client.conversations_history(channel=town.internal.id)) == ["2", "1"]
    page = await client.conversations_history(channel=town.internal.id, limit=1)
    assert texts(page) == ["2"]
    more = page["response_metadata"]["next_cursor"]
    assert texts(await client.conversations_history(channel=town.internal.id, limit=1, cursor=more)) == ["1"]
    assert await refusal(client.conversations_history(channel=town.lobby.id)) == "not_in_channel"


async def test_an_app_sold_outside_the_marketplace_reads_once_a_minute(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    """And fifteen messages at a time, whatever it asks for."""
    town = slack.town
    slack.limits.distributed, slack.clock.scale = True, 1.0
    parent = await slack.act.write(town.kim, town.support, "0")
    for number in range(20):
        await slack.act.reply(town.kim, parent, str(number))
    answer = await client.conversations_replies(channel=town.support.id, ts=parent.ts, limit=200)
    assert (len(answer["messages"]), answer["has_more"]) == (15, True)
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_replies(channel=town.support.id, ts=parent.ts)
    assert 55 <= int(caught.value.response.headers["retry-after"]) <= 60
    slack.skip(60)
    assert (await client.conversations_replies(channel=town.support.id, ts=parent.ts))["ok"]


async def test_a_deleted_parent_leaves_a_tombstone(slack: FakeSlack, client: AsyncWebClient) -> None:
    """As long as replies hang from it; a deleted message without replies is gone."""
    town = slack.town
    parent = await slack.act.write(town.kim, town.support, "0")
    reply = await slack.act.reply(town.kim, parent, "1")
    await slack.act.delete(parent)
    answer = await client.conversations_replies(channel=town.support.id, ts=parent.ts)
    assert answer["messages"][0]["subtype"] == "tombstone"
    await slack.act.delete(reply)
    assert await refusal(client.conversations_replies(channel=town.support.id, ts=parent.ts)) == "thread_not_found"


async def test_a_channel_says_with_whom_it_is_shared(slack: FakeSlack, client: AsyncWebClient) -> None:
    """is_ext_shared is for other companies only, and a private channel without the bot does not exist."""
    town = slack.town
    shared = (await client.conversations_info(channel=town.support.id, include_num_members=True))["channel"]
    assert (shared["is_ext_shared"], shared["is_private"], shared["num_members"]) == (True, False, 7)
    assert town.acme.id in shared["connected_team_ids"]
    review = (await client.conversations_info(channel=town.review.id))["channel"]
    assert (review["is_ext_shared"], review["is_private"], review["is_member"]) == (False, True, True)
    lobby = (await client.conversations_info(channel=town.lobby.id))["channel"]
    assert lobby["is_member"] is False
    assert await refusal(client.conversations_info(channel=town.vault.id)) == "channel_not_found"
    await slack.admin.share(town.review, town.globex, town.zed)
    assert (await client.conversations_info(channel=town.review.id))["channel"]["is_ext_shared"] is True


async def test_a_channel_with_a_new_id_is_not_found_under_the_old(slack: FakeSlack, client: AsyncWebClient) -> None:
    """channel_id_changed tells both."""
    town = slack.town
    old = town.review.id
    await slack.admin.change_id(town.review, "C0NEWREVIEW")
    assert await refusal(client.conversations_info(channel=old)) == "channel_not_found"
    assert (await client.conversations_info(channel="C0NEWREVIEW"))["channel"]["name"] == "review"
    [told] = slack.told("channel_id_changed")
    assert (told.event["old_channel_id"], told.event["new_channel_id"]) == (old, "C0NEWREVIEW")


async def test_members_come_in_pages(slack: FakeSlack, client: AsyncWebClient) -> None:
    """With a cursor until there are no more; the bot's own channels are listed too."""
    first = await client.conversations_members(channel=slack.town.support.id, limit=4)
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_members(channel=slack.town.support.id, limit=4, cursor=cursor)
    assert [*first["members"], *second["members"]] == [member.id for member in slack.town.support.members]
    assert second["response_metadata"]["next_cursor"] == ""
    private = await client.users_conversations(types="private_channel")
    assert {channel["name"] for channel in private["channels"]} == {"review", "support-secret"}


async def test_people_of_other_companies(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Their team is another; no email, no locale; a stranger is in no channel of ours."""
    town = slack.town
    slack.app.scopes.add("users:read.email")
    kim = (await client.users_info(user=town.kim.id, include_locale=True))["user"]
    zed = (await client.users_info(user=town.zed.id))["user"]
    ana = (await client.users_info(user=town.ana.id, include_locale=True))["user"]
    assert (kim["team_id"], kim["is_stranger"], "locale" in kim) == (town.acme.id, False, False)
    assert "email" not in kim["profile"]
    assert zed["is_stranger"] is True
    assert (ana["team_id"], ana["locale"], ana["profile"]["email"]) == (town.home.id, "en-US", town.ana.email)
    assert "is_stranger" not in ana
    assert (await client.users_info(user=town.gus.id))["user"]["is_restricted"] is True
    assert (await client.users_info(user=town.una.id))["user"]["is_ultra_restricted"] is True
    assert (await client.users_info(user=town.robot.id))["user"]["is_bot"] is True
    assert await refusal(client.users_info(user="U0NOBODY")) == "user_not_found"


async def test_a_sister_workspace_is_the_same_company(client: AsyncWebClient) -> None:
    """On Enterprise Grid the enterprise is what counts: their people are no strangers, the channel not external."""
    async with FakeSlack(town=Town(grid=True)) as slack:
        client.base_url = slack.api_url
        sam = (await client.users_info(user=slack.town.sam.id))["user"]
        assert sam["team_id"] == slack.town.sister.id
        assert sam["enterprise_user"]["enterprise_id"] == "E0NORTHWIND"
        assert "is_stranger" not in sam
        hall = (await client.conversations_info(channel=slack.town.hall.id))["channel"]
        assert (hall["is_ext_shared"], hall["is_org_shared"]) == (False, True)
        assert (await client.auth_test())["enterprise_id"] == "E0NORTHWIND"


async def test_groups_teams_bots_files_and_links(slack: FakeSlack, client: AsyncWebClient) -> None:
    """The small questions."""
    town = slack.town
    agents = await client.usergroups_users_list(usergroup=town.agents.id)
    assert agents["users"] == [town.ana.id, town.ben.id]
    assert await refusal(client.usergroups_users_list(usergroup="S0")) == "no_such_subteam"
    town.home.paid = False
    assert await refusal(client.usergroups_users_list(usergroup=town.agents.id)) == "plan_upgrade_required"
    assert (await client.team_info())["team"]["id"] == town.home.id
    assert (await client.bots_info(bot=slack.app.bot.bot_id))["bot"]["app_id"] == slack.app.id
    said = await slack.act.write(town.kim, town.support, "See", files=["invoice.pdf"])
    assert (await client.files_info(file=said.files[0].id))["file"]["name"] == "invoice.pdf"
    link = await client.chat_getPermalink(channel=town.support.id, message_ts=said.ts)
    assert link["permalink"].endswith("/p" + said.ts.replace(".", ""))


async def test_reactions(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Once each, with a proper name, on a message that is there."""
    said = await slack.act.write(slack.town.kim, slack.town.support, "Thanks")
    asked = {"channel": said.channel.id, "timestamp": said.ts}
    await client.reactions_add(name="eyes", **asked)
    assert await refusal(client.reactions_add(name="eyes", **asked)) == "already_reacted"
    assert await refusal(client.reactions_add(name=":eyes:", **asked)) == "invalid_name"
    wrong = client.reactions_add(name="eyes", channel=said.channel.id, timestamp="1.000001")
    assert await refusal(wrong) == "message_not_found"


async def test_a_whisper_is_for_one_member(slack: FakeSlack, client: AsyncWebClient) -> None:
    """chat.postEphemeral reaches only who is in the channel, and no history."""
    town = slack.town
    await client.chat_postEphemeral(channel=town.review.id, user=town.ana.id, text="You may not")
    assert [whisper.text for whisper in slack.whispers(town.ana)] == ["You may not"]
    outside = client.chat_postEphemeral(channel=town.review.id, user=town.tom.id, text="x")
    assert await refusal(outside) == "user_not_in_channel"
    assert (await client.conversations_history(channel=town.review.id))["messages"] == []
