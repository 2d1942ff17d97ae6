"""The fake Bot Connector takes what the real one takes, and says no where that one does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doubles.teams import FakeTeams
from tests.doubles.teams.kit.content import BYTES
from tests.doubles.teams.mouth import Mouth, card, words
from tests.doubles.teams.world import Message

TEXT = {"type": "TextBlock", "text": "Hi", "wrap": True}


async def asked(teams: FakeTeams) -> Message:
    """A customer's thread."""
    return await teams.act.write(teams.town.kim, teams.town.support, "Where is it?")


async def test_a_reply_hangs_from_its_thread(teams: FakeTeams, mouth: Mouth) -> None:
    """With the message id in the conversation id; without, it opens a new thread at the top of the channel."""
    thread = await asked(teams)
    first = await mouth.send(thread.conversation, words("Here"))
    assert (first.status, first.json) == (201, {"id": teams.posts()[0].id})
    await mouth.send(teams.town.support.id, words("New"))
    assert [post.text for post in teams.posts(thread)] == ["Here"]
    assert [post.is_reply for post in teams.posts(teams.town.support)] == [True, False]
    assert teams.posts(after=1)[0].text == "New"
    assert teams.called("connector.send")[0].json["text"] == "Here"
    assert teams.warnings == []


async def test_reply_to_activity_finds_the_thread_by_itself(teams: FakeTeams, mouth: Mouth) -> None:
    """Also by the id of a reply; what is not there cannot be replied to."""
    thread = await asked(teams)
    later = await teams.act.reply(teams.town.kai, thread, "Hello?")
    path = f"conversations/{teams.town.support.id}/activities"
    assert (await mouth.connector("POST", f"{path}/{later.id}", words("Here"))).status == 201
    assert [post.root for post in teams.posts()] == [thread.id]
    other = f"conversations/{(await asked(teams)).conversation}/activities"
    for where in (f"{path}/1", f"{other}/{later.id}"):
        gone = await mouth.connector("POST", where, words("Here"))
        assert (gone.status, gone.error) == (404, "ActivityNotFoundInConversation")


@pytest.mark.parametrize(
    "conversation",
    ["19:nowhere@thread.tacv2", "a:1personal", "{channel};messageid=1", "{channel};messageid={reply}", "{channel};x=1"],
)
async def test_a_conversation_that_does_not_exist(teams: FakeTeams, mouth: Mouth, conversation: str) -> None:
    """A thread is named by its first message, not by a reply."""
    reply = await teams.act.reply(teams.town.kim, await asked(teams), "Hello?")
    named = conversation.format(channel=teams.town.support.id, reply=reply.id)
    answer = await mouth.send(named, words("Hi"))
    assert (answer.status, answer.error) == (404, "ConversationNotFound")
    assert teams.posts() == []


async def test_where_the_bot_is_not_installed(teams: FakeTeams, mouth: Mouth) -> None:
    """It may neither speak nor ask; the same holds for a channel that blocks it."""
    town = teams.town
    for answer in (
        await mouth.send(town.lobby.id, words("Hi")),
        await mouth.members(town.lobby.id),
        await mouth.connector("GET", f"teams/{town.club.id}"),
        await mouth.create(isGroup=True, channelData={"channel": {"id": town.lobby.id}}, activity=words("Hi")),
    ):
        assert (answer.status, answer.error) == (403, "BotNotInConversationRoster")
    town.support.refuses = "BotDisabledByAdmin"
    assert (await mouth.send(town.support.id, words("Hi"))).error == "BotDisabledByAdmin"
    town.support.refuses = "MessageWritesBlocked"
    blocked = await mouth.send(town.support.id, words("Hi"))
    assert (blocked.status, blocked.json["errorCode"]) == (403, 209)
    assert '"subCode": "MessageWritesBlocked"' in blocked.json["message"]
    assert teams.posts() == []


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        ({"data": b"{", "type": "application/json"}, 400, "BadSyntax"),
        ({"data": b"[]", "type": "application/json"}, 400, "BadSyntax"),
        ({"data": b"text=Hi", "type": "application/x-www-form-urlencoded"}, 415, ""),
        ({"body": {"text": "Hi"}}, 400, "BadArgument"),
        ({"body": {"type": "hologram", "text": "Hi"}}, 400, "BadArgument"),
        ({"body": {"type": "message"}}, 400, "BadSyntax"),
        ({"body": {"type": "message", "text": ""}}, 400, "BadSyntax"),
        ({"body": {"type": "message", "text": 7}}, 400, "BadSyntax"),
        ({"body": {"type": "message", "text": "Hi", "textFormat": "html"}}, 400, "BadSyntax"),
        ({"body": {"type": "message", "attachments": {}}}, 400, "BadSyntax"),
        ({"body": {"type": "message", "attachments": [{"content": {}}]}}, 400, "BadSyntax"),
        ({"body": {"type": "message", "attachments": [{"contentType": "text/x"}]}}, 400, "BadSyntax"),
        ({"body": {"type": "message", "text": "Hi", "entities": [{}]}}, 400, "BadSyntax"),
        ({"body": card({"type": "TextBlok", "text": "Hi"})}, 400, "BadSyntax"),
        ({"body": card({**TEXT, "text": "x" * 28_700})}, 413, "MessageSizeTooBig"),
    ],
)
async def test_what_a_message_may_not_be(
    teams: FakeTeams, mouth: Mouth, request_: dict[str, Any], status: int, error: str
) -> None:
    """Each is refused before anything is posted, in a new message as in an update."""
    thread = await asked(teams)
    own = (await mouth.send(thread.conversation, words("Hi"))).json["id"]
    if "data" in request_:
        headers = {"authorization": f"Bearer {await mouth.token('https://api.botframework.com')}"}
        request_ = {"data": request_["data"], "headers": {**headers, "content-type": request_["type"]}}
    for verb, path in (("POST", ""), ("PUT", f"/{own}")):
        answer = await mouth.connector(verb, f"conversations/{teams.town.support.id}/activities{path}", **request_)
        assert (answer.status, answer.error) == (status, error)
    assert [post.text for post in teams.posts()] == ["Hi"]


async def test_a_hundred_kilobytes_of_utf16(teams: FakeTeams, mouth: Mouth) -> None:
    """Everything counts; what just fits is taken with a warning, one letter more is refused."""
    thread = await asked(teams)
    room = BYTES // 2 - len('{"type":"message","text":"","textFormat":"plain"}')
    assert (await mouth.send(thread.conversation, words("ø" * room))).status == 201
    too_big = await mouth.send(thread.conversation, words("ø" * (room + 1)))
    assert (too_big.status, too_big.error) == (413, "MessageSizeTooBig")
    assert len(teams.warnings) == 1


async def test_words_beside_a_card_are_split_and_have_no_id(teams: FakeTeams, mouth: Mouth) -> None:
    """The answer is empty, and two messages stand there."""
    thread = await asked(teams)
    answer = await mouth.send(thread.conversation, {**card(TEXT), "text": "Look:"})
    assert (answer.status, answer.json) == (201, None)
    assert [(post.text, post.card is not None) for post in teams.posts(thread)] == [("Look:", False), ("", True)]
    typing = await mouth.send(thread.conversation, {"type": "typing"})
    assert (typing.status, typing.json, len(teams.posts())) == (201, None, 2)


async def test_text_that_is_not_plain_is_formatted(teams: FakeTeams, mouth: Mouth) -> None:
    """Markdown is the default, so whatever looks like it is warned of unless it goes as plain."""
    thread = await asked(teams)
    for more in ({}, {"textFormat": "markdown"}, {"textFormat": "xml"}):
        await mouth.send(thread.conversation, {"type": "message", "text": "[click](https://a.b)", **more})
    assert len(teams.warnings) == 3
    await mouth.send(thread.conversation, {"type": "message", "text": "Hello, Kim."})
    await mouth.send(thread.conversation, words("[click](https://a.b) <b>*"))
    assert len(teams.warnings) == 3


async def test_what_is_taken_with_a_warning(teams: FakeTeams, mouth: Mouth) -> None:
    """A property that activities have not, and a card that people will not see as it was meant."""
    thread = await asked(teams)
    await mouth.send(thread.conversation, words("Hi", txetFormat="plain"))
    await mouth.send(thread.conversation, card({"type": "TextBlock", "text": "Hi"}))
    assert len(teams.posts()) == 2
    assert teams.warnings == ["an activity has no property txetFormat", "a TextBlock that does not wrap is cut off"]


async def test_mentions_have_to_match(teams: FakeTeams, mouth: Mouth) -> None:
    """Only of people who are there, and only when the text says the same; otherwise Teams ignores them."""
    kim, thread = teams.town.kim, await asked(teams)
    entity = {"type": "mention", "text": "<at>Kim Kjær</at>", "mentioned": {"id": kim.id, "name": kim.real_name}}
    await mouth.send(thread.conversation, words("Hello <at>Kim Kjær</at>", entities=[entity]))
    await mouth.send(thread.conversation, words("Hello Kim", entities=[entity]))
    await mouth.send(thread.conversation, words("Hello <at>Kim Kjær</at>"))
    assert [len(post.entities) for post in teams.posts()] == [1, 0, 0]
    assert teams.warnings == ["the mention <at>Kim Kjær</at> is not in the text, so Teams ignores it"]
    label = {"type": "https://schema.org/Message", "additionalType": ["AIGeneratedContent"]}
    await mouth.send(thread.conversation, words("Hello Kim", entities=[label]))
    assert teams.posts()[-1].entities == [label]
    stranger = {**entity, "mentioned": {"id": teams.town.zed.id, "name": "x"}}
    answer = await mouth.send(thread.conversation, words("<at>Kim Kjær</at>", entities=[stranger]))
    assert (answer.status, answer.error) == (400, "BadArgument")
    for mentioned in (None, {"name": "Kim"}):
        nobody = {**entity, "mentioned": mentioned}
        answer = await mouth.send(thread.conversation, words("<at>Kim Kjær</at>", entities=[nobody]))
        assert (answer.status, answer.error) == (400, "BadSyntax")


async def test_an_update_and_a_deletion(teams: FakeTeams, mouth: Mouth) -> None:
    """A card is replaced by another; what is deleted can be neither changed nor deleted again."""
    thread = await asked(teams)
    own = (await mouth.send(thread.conversation, card(TEXT))).json["id"]
    changed = await mouth.update(thread.conversation, own, card({**TEXT, "text": "Done"}))
    assert (changed.status, changed.json) == (200, {"id": own})
    [post] = teams.posts()
    assert teams.card(post)["body"][0]["text"] == "Done"
    assert post.edited_at
    gone = await mouth.delete(thread.conversation, own)
    assert (gone.status, gone.json, teams.posts()) == (200, None, [])
    for answer in (
        await mouth.update(thread.conversation, own, words("x")),
        await mouth.delete(thread.conversation, own),
    ):
        assert (answer.status, answer.error) == (404, "ActivityNotFoundInConversation")


async def test_only_ones_own_messages_in_their_own_thread(teams: FakeTeams, mouth: Mouth) -> None:
    """A customer's message cannot be changed, nor one's own from another thread; the bare channel is enough."""
    thread, other = await asked(teams), await asked(teams)
    own = (await mouth.send(thread.conversation, words("1"))).json["id"]
    answer = await mouth.update(thread.conversation, thread.id, words("x"))
    assert (answer.status, answer.error) == (403, "NotEnoughPermissions")
    for conversation in (other.conversation, teams.town.review.id):
        assert (await mouth.update(conversation, own, words("x"))).error == "ActivityNotFoundInConversation"
    assert (await mouth.update(teams.town.support.id, own, words("2"))).status == 200
    assert (await mouth.update(teams.town.support.id, own, {"type": "typing"})).status == 400
    assert teams.posts()[0].text == "2"


async def test_a_new_thread(teams: FakeTeams, mouth: Mouth) -> None:
    """The answer names the conversation and the activity; members are ignored."""
    review = teams.town.review
    given = {"isGroup": True, "channelData": {"channel": {"id": review.id}}, "tenantId": teams.app.tenant.id}
    answer = await mouth.create(**given, activity=card(TEXT), members=[{"id": teams.town.ana.id}])
    [post] = teams.posts(review)
    assert answer.status == 201
    assert answer.json == {"id": f"{review.id};messageid={post.id}", "activityId": post.id}
    given["channelData"] = {"channel": {"id": post.conversation}}
    below = await mouth.create(**given, activity=card(TEXT))
    assert (below.status, below.error) == (400, "BadSyntax")


@pytest.mark.parametrize(
    ("given", "status", "error"),
    [
        ({"activity": None}, 400, "BadSyntax"),
        ({"isGroup": None}, 400, "BadSyntax"),
        ({"channelData": None}, 400, "BadSyntax"),
        ({"channelData": {"channel": {"id": "19:nowhere@thread.tacv2"}}}, 404, "ConversationNotFound"),
        ({"tenantId": "00000000-0000-0000-0000-000000000001"}, 403, "BotNotInConversationRoster"),
        ({"activity": {"type": "message"}}, 400, "BadSyntax"),
        ({"isGroup": False, "members": [{"id": "29:1"}], "channelData": None}, 403, "BadArgument"),
    ],
)
async def test_what_a_new_thread_needs(
    teams: FakeTeams, mouth: Mouth, given: dict[str, Any], status: int, error: str
) -> None:
    """A first message, a channel and a word that it is a group; no chats with people."""
    whole = {
        "isGroup": True,
        "channelData": {"channel": {"id": teams.town.review.id}},
        "activity": words("Hi"),
        **given,
    }
    answer = await mouth.create(**{name: value for name, value in whole.items() if value is not None})
    assert (answer.status, answer.error) == (status, error)
    assert teams.posts() == []
