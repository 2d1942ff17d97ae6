"""Events of the fake Slack reach a bot as Slack's do: signed, again after every failure, and written down."""

from __future__ import annotations

import hashlib
import hmac
import time
from email.utils import parsedate_to_datetime

from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack, Town
from tests.doubles.slack.ear import Ear, Reply


async def test_an_event_in_its_envelope(slack: FakeSlack, ear: Ear) -> None:
    """Signed, with one authorization; what was typed is escaped; nothing is lost."""
    town = slack.town
    said = await slack.act.write(town.kim, town.support, "Is 1 < 2 & <!channel>?")
    [heard] = ear.heard
    assert heard.signed
    assert SignatureVerifier(slack.app.signing_secret).is_valid_request(heard.body, dict(heard.headers))
    outer = heard.fields
    assert (outer["type"], outer["team_id"], outer["api_app_id"]) == ("event_callback", town.home.id, slack.app.id)
    assert outer["authorizations"][0]["team_id"] == town.home.id
    assert outer["is_ext_shared_channel"] is True
    assert outer["event_context"]
    assert outer["event"]["text"] == "Is 1 &lt; 2 &amp; &lt;!channel&gt;?"
    assert outer["event"]["user_team"] == town.acme.id
    assert (outer["event"]["ts"], outer["event"]["channel_type"]) == (said.ts, "channel")
    await slack.settled()
    assert slack.courier.lost() == []


async def test_a_sender_on_grid_has_the_organisations_id(slack: FakeSlack, ear: Ear) -> None:
    """user_team begins with E; on a setting the outer team_id is the sender's."""
    slack.envelopes.sender_outside = True
    await slack.act.write(slack.town.mia, slack.town.grid_support, "Hi")
    assert ear.heard[0].event["user_team"] == "E0INITECH"
    assert ear.heard[0].fields["team_id"] == slack.town.initech.id
    assert ear.heard[0].fields["context_team_id"] == slack.town.home.id


async def test_our_own_enterprise_is_in_the_envelope(ear: Ear) -> None:
    """And a sister workspace does not make the channel external."""
    async with FakeSlack(ear.url, town=Town(grid=True)) as slack:
        await slack.act.write(slack.town.sam, slack.town.hall, "Hi")
    assert ear.heard[0].fields["enterprise_id"] == "E0NORTHWIND"
    assert ear.heard[0].fields["is_ext_shared_channel"] is False


async def test_an_event_comes_again_until_it_is_acknowledged(slack: FakeSlack, ear: Ear) -> None:
    """At once, after a minute, after five; with its number, the reason, and the same event_id."""
    ear.replies.extend([Reply(500), Reply(drop=True), Reply(404)])
    slack.clock.scale = 1.0
    await slack.act.write(slack.town.kim, slack.town.support, "Hi")
    await slack.until(lambda: len(slack.told("message")[0].attempts) == 2)
    assert len(ear.heard) == 2  # a minute has not passed
    slack.skip(60)
    await slack.until(lambda: len(slack.told("message")[0].attempts) == 3)
    slack.skip(300)
    await slack.settled()
    retries = [(h.headers.get("x-slack-retry-num"), h.headers.get("x-slack-retry-reason")) for h in ear.heard]
    assert retries == [(None, None), ("1", "http_error"), ("2", "connection_failed"), ("3", "http_error")]
    assert len({heard.fields["event_id"] for heard in ear.heard}) == 1
    [delivery] = slack.told("message")
    assert [attempt.status for attempt in delivery.attempts] == [500, 0, 404, 200]
    assert delivery.acknowledged
    assert not delivery.lost


async def test_after_three_more_tries_it_is_lost(slack: FakeSlack, ear: Ear) -> None:
    """With "delayed events" it comes again every hour for a day."""
    slack.clock.scale = 0.0001
    ear.replies.extend([Reply(503)] * 4)
    await slack.act.write(slack.town.kim, slack.town.support, "Hi")
    await slack.settled()
    assert len(slack.courier.lost()) == 1
    slack.app.delayed_events = True
    ear.replies.extend([Reply(503)] * 4)
    await slack.act.write(slack.town.kim, slack.town.support, "Hi again")
    await slack.settled()
    assert len(slack.courier.lost()) == 1
    assert len(slack.told("message")[1].attempts) == 5


async def test_no_retry_means_no_retry(slack: FakeSlack, ear: Ear) -> None:
    """x-slack-no-retry ends it."""
    ear.replies.append(Reply(500, headers={"x-slack-no-retry": "1"}))
    await slack.act.write(slack.town.kim, slack.town.support, "Hi")
    await slack.settled()
    assert len(ear.heard) == 1
    assert len(slack.courier.lost()) == 1


async def test_a_late_acknowledgement_is_none(slack: FakeSlack, ear: Ear) -> None:
    """After three seconds Slack hangs up and tries again."""
    slack.clock.patience = 0.1
    ear.replies.append(Reply(slow=True))
    await slack.act.write(slack.town.kim, slack.town.support, "Hi")
    await slack.settled()
    assert [attempt.problem for attempt in slack.told("message")[0].attempts] == ["http_timeout", ""]
    assert ear.heard[1].headers["x-slack-retry-reason"] == "http_timeout"


async def test_nobody_listens(slack: FakeSlack) -> None:
    """The connection fails, and what was sent comes when the bot is back."""
    slack.courier.bot_url, url = "http://127.0.0.1:1/slack/events", slack.courier.bot_url
    await slack.act.write(slack.town.kim, slack.town.support, "Hi")
    slack.courier.bot_url = url
    await slack.settled()
    problems = [attempt.problem for attempt in slack.told("message")[0].attempts]
    assert problems[0] == "connection_failed"
    assert problems[-1] == ""


async def test_doubled_and_out_of_order(slack: FakeSlack, ear: Ear) -> None:
    """On request every event comes twice, and events wait to be sent in another order."""
    slack.courier.hold()
    for text in ("1", "2", "3"):
        await slack.act.write(slack.town.kim, slack.town.support, text)
    assert ear.heard == []
    slack.courier.doubled = True
    slack.courier.release(lambda held: held[:1])
    await slack.settled()
    assert [heard.event["text"] for heard in ear.heard] == ["1", "1"]
    assert ear.heard[0].fields["event_id"] == ear.heard[1].fields["event_id"]


async def test_each_try_goes_to_the_next_replica(slack: FakeSlack, ear: Ear) -> None:
    """Whichever that is; whoever watches sees every try before and after it."""
    watched: list[bool] = []
    slack.courier.watchers.append(lambda _, over: watched.append(over))
    async with Ear() as other:
        slack.courier.also = [other.url]
        ear.replies.append(Reply(503))
        for text in ("One", "Two"):
            await slack.act.write(slack.town.kim, slack.town.support, text)
        await slack.settled()
        one, two = slack.told("message")
        assert [attempt.connection for attempt in one.attempts] == [1]
        assert [attempt.connection for attempt in two.attempts] == [0, 1]
        assert (len(ear.heard), len(other.heard)) == (1, 2)
    assert watched == [False, True] * 3


async def test_one_gesture_as_two_messages(slack: FakeSlack, ear: Ear) -> None:
    """Seen once: two ts, one client_msg_id."""
    await slack.act.write(slack.town.kim, slack.town.support, "Hi", twice=True)
    first, second = (heard.event for heard in ear.heard)
    assert first["ts"] != second["ts"]
    assert first["client_msg_id"] == second["client_msg_id"]


async def test_a_mention_comes_as_message_and_as_mention(slack: FakeSlack, ear: Ear) -> None:
    """Two events for one ts, if the app asked for both."""
    slack.app.events.add("app_mention")
    slack.app.scopes.add("app_mentions:read")
    await slack.act.write(slack.town.kim, slack.town.support, f"{slack.app.bot} hello", raw=True)
    assert {heard.event["type"] for heard in ear.heard} == {"message", "app_mention"}
    assert len({heard.event["ts"] for heard in ear.heard}) == 1


async def test_edits_previews_and_deletions(slack: FakeSlack, ear: Ear) -> None:
    """A preview is a message_changed without other words and without "edited"."""
    said = await slack.act.write(slack.town.kim, slack.town.support, "See https://example.com/a")
    await slack.act.edit(said, "See there")
    await slack.act.delete(said)
    first, preview, edit, deletion = (heard.event for heard in ear.heard)
    assert "subtype" not in first
    assert (preview["subtype"], preview["message"]["text"]) == ("message_changed", first["text"])
    assert preview["message"]["attachments"]
    assert "edited" not in preview["message"]
    assert (edit["message"]["text"], edit["previous_message"]["text"]) == ("See there", first["text"])
    assert edit["message"]["edited"]["user"] == slack.town.kim.id
    assert (deletion["subtype"], deletion["deleted_ts"]) == ("message_deleted", said.ts)
    assert deletion["previous_message"]["text"] == "See there"


async def test_a_deleted_parent_is_reported_as_a_change(slack: FakeSlack, ear: Ear) -> None:
    """Into a tombstone, because replies hang from it."""
    said = await slack.act.write(slack.town.kim, slack.town.support, "Hi")
    await slack.act.reply(slack.town.kim, said, "Hello?")
    await slack.act.delete(said)
    last = ear.heard[-1].event
    assert (last["subtype"], last["message"]["subtype"]) == ("message_changed", "tombstone")


async def test_files_of_another_company_show_no_name(slack: FakeSlack, ear: Ear) -> None:
    """One has to ask files.info; our own people's are complete."""
    await slack.act.write(slack.town.kim, slack.town.support, "", files=["invoice.pdf"])
    await slack.act.write(slack.town.ana, slack.town.support, "", files=["label.pdf"])
    foreign, ours = (heard.event for heard in ear.heard)
    assert (foreign["subtype"], foreign["files"][0]["file_access"]) == ("file_share", "check_file_info")
    assert "name" not in foreign["files"][0]
    assert ours["files"][0]["name"] == "label.pdf"


async def test_the_bots_own_posts_come_back(slack: FakeSlack, ear: Ear, client: AsyncWebClient) -> None:
    """With bot_id, app_id, no subtype, and the metadata; its updates come as changes."""
    key = {"event_type": "reply", "event_payload": {"key": "1"}}
    place = slack.town.review.id
    post = await client.chat_postMessage(channel=place, text="Hi", metadata=key)
    await client.chat_update(channel=place, ts=post["ts"], text="Ho")
    await client.chat_postMessage(channel=place, text="https://example.com", unfurl_links=False, unfurl_media=False)
    await client.chat_postMessage(channel=place, text="https://example.com", unfurl_links=False)
    await slack.settled()
    kinds = [heard.event.get("subtype") for heard in ear.heard]
    assert kinds.count("message_changed") == 2  # the update, and the preview that nobody turned off
    first = next(heard.event for heard in ear.heard if heard.event.get("ts") == post["ts"])
    assert (first["bot_id"], first["app_id"], first["metadata"]) == (slack.app.bot.bot_id, slack.app.id, key)
    assert "subtype" not in first


async def test_only_what_the_app_asked_for_and_can_see(slack: FakeSlack, ear: Ear) -> None:
    """Not without subscription, scope or membership; after an invitation it does."""
    town = slack.town
    await slack.act.write(town.ana, town.lobby, "unseen")
    slack.app.events.remove("message.groups")
    await slack.act.write(town.ana, town.secret, "not subscribed")
    slack.app.events.add("message.groups")
    slack.app.scopes.remove("groups:history")
    await slack.act.write(town.ana, town.secret, "not allowed")
    assert ear.heard == []
    await slack.admin.invite_bot(town.lobby, by=town.ana)
    await slack.act.write(town.ana, town.lobby, "seen")
    joined, note, said = (heard.event for heard in ear.heard)
    assert (joined["type"], joined["user"], joined["inviter"]) == ("member_joined_channel", town.bot.id, town.ana.id)
    assert (note["subtype"], said["text"]) == ("channel_join", "seen")
    await slack.admin.remove_bot(town.lobby)
    await slack.act.write(town.ana, town.lobby, "unseen")
    assert ear.heard[-1].event["type"] == "member_left_channel"


async def test_what_administrators_do(slack: FakeSlack, ear: Ear) -> None:
    """Sharing, archiving, group changes, revocation: each as its own event, if the app asked for it."""
    town = slack.town
    slack.app.events |= {"group_archive", "subteam_members_changed"}
    await slack.admin.share(town.review, town.globex)
    await slack.admin.unshare(town.review, town.globex)
    await slack.admin.archive(town.review)
    await slack.admin.change_group(town.agents, town.ana, town.lea)
    await slack.admin.uninstall()
    kinds = [heard.event["type"] for heard in ear.heard]
    assert kinds == [
        "channel_shared", "channel_unshared", "group_archive", "subteam_members_changed", "tokens_revoked",
        "app_uninstalled",
    ]  # fmt: skip
    assert ear.heard[0].event["connected_team_id"] == town.globex.id
    assert ear.heard[3].event["added_users"] == [town.lea.id]


async def test_the_request_url_is_verified(slack: FakeSlack, ear: Ear) -> None:
    """The bot has to give the challenge back."""
    assert await slack.admin.verify_url() is False
    ear.replies.append(Reply(404))
    assert await slack.admin.verify_url() is False
    assert ear.heard[-1].fields["type"] == "url_verification"
    assert ear.heard[-1].signed


async def test_the_clocks_may_disagree(slack: FakeSlack, ear: Ear, client: AsyncWebClient) -> None:
    """By as much as is said: in signatures, message timestamps and the Date of every answer."""
    slack.clock.off = -3600
    said = await slack.act.write(slack.town.kim, slack.town.support, "Hi")
    assert time.time() - int(ear.heard[0].headers["x-slack-request-timestamp"]) > 3590
    assert time.time() - float(said.ts) > 3590
    date = (await client.auth_test()).headers["Date"]
    assert time.time() - parsedate_to_datetime(date).timestamp() > 3590


async def test_a_test_may_sign_for_itself(slack: FakeSlack) -> None:
    """For requests that Slack would never send."""
    now = int(time.time())
    headers = slack.signed(b"{}", now)
    expected = hmac.new(slack.app.signing_secret.encode(), b"v0:%d:{}" % now, hashlib.sha256).hexdigest()
    assert headers["x-slack-signature"] == f"v0={expected}"
