"""People in the fake Slack press, type and choose; and they cannot do what Slack would not offer them."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack, Message, NotOffered
from tests.doubles.slack.ear import Ear, Reply


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


CHOICES = [{"text": plain(name), "value": name} for name in ("tone", "facts")]
CARD = [
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "r1:3", "style": "primary"},
            {"type": "overflow", "action_id": "more", "options": CHOICES},
        ],
    }
]
REPLY = {
    "type": "input",
    "block_id": "reply",
    "label": plain("Reply"),
    "element": {"type": "plain_text_input", "action_id": "text", "initial_value": "Dear Kim", "max_length": 20},
}
WHY = {
    "type": "input",
    "block_id": "why",
    "optional": True,
    "label": plain("Why"),
    "element": {"type": "static_select", "action_id": "reason", "options": CHOICES},
}
MODAL = {
    "type": "modal",
    "callback_id": "edit",
    "private_metadata": "r1:3",
    "title": plain("Edit"),
    "submit": plain("Send"),
    "blocks": [REPLY, WHY],
}


async def refusal(awaitable: Any) -> str:
    """The error Slack answers with."""
    with pytest.raises(SlackApiError) as caught:
        await awaitable
    return str(caught.value.response["error"])


async def card(slack: FakeSlack, client: AsyncWebClient) -> Message:
    """A card in the review channel."""
    await client.chat_postMessage(channel=slack.town.review.id, text="A draft", blocks=CARD)
    await slack.settled()
    return slack.posts()[-1]


async def pressed(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> str:
    """The trigger_id of a press by Ana."""
    await slack.act.press(slack.town.ana, await card(slack, client), "approve")
    return str(ear.heard[-1].fields["trigger_id"])


async def test_a_press(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """It says who pressed what on which message, signed."""
    shown = await card(slack, client)
    delivery = await slack.act.press(slack.town.ana, shown, "approve")
    heard = ear.heard[-1]
    assert heard.signed
    assert heard.body.startswith(b"payload=")
    assert (delivery.status, delivery.acknowledged) == (200, True)
    payload = heard.fields
    assert (payload["type"], payload["user"]["id"]) == ("block_actions", slack.town.ana.id)
    assert payload["container"]["message_ts"] == payload["message"]["ts"] == shown.ts
    [action] = payload["actions"]
    assert (action["action_id"], action["value"], action["block_id"]) == ("approve", "r1:3", "decide")
    await slack.act.press(slack.town.ana, shown, "more", option="facts")
    assert ear.heard[-1].fields["actions"][0]["selected_option"]["value"] == "facts"


async def test_what_is_not_shown_cannot_be_pressed(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """Unless one still sees the message as it was, or forges the press."""
    shown = await card(slack, client)
    before = slack.act.snapshot(shown)
    await client.chat_update(channel=shown.channel.id, ts=shown.ts, text="Done", blocks=[{"type": "divider"}])
    with pytest.raises(NotOffered):
        await slack.act.press(slack.town.ana, shown, "approve")
    with pytest.raises(NotOffered):
        await slack.act.press(slack.town.tom, before, "approve")  # he is not in the channel
    await slack.act.press(slack.town.ana, before, "approve")
    assert ear.heard[-1].fields["actions"][0]["value"] == "r1:3"
    await slack.act.press(slack.town.ana, shown, "approve", value="r9:9", trusting=True)
    assert ear.heard[-1].fields["actions"][0]["value"] == "r9:9"


async def test_what_asks_first_is_pressed_by_whoever_is_sure(
    slack: FakeSlack, client: AsyncWebClient, ear: Ear
) -> None:
    """Nobody gets past the question without an answer, and nobody answers one that is not asked."""
    question = {"title": plain("Sure?"), "text": plain("It goes out."), "confirm": plain("Yes"), "deny": plain("No")}
    button = {"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "r1:3", "confirm": question}
    other = {name: value for name, value in button.items() if name != "confirm"} | {"action_id": "other"}
    blocks: list[dict[str, Any]] = [{"type": "actions", "elements": [button, other]}]
    await client.chat_postMessage(channel=slack.town.review.id, text="A draft", blocks=blocks)
    shown = slack.posts()[-1]
    with pytest.raises(NotOffered, match="are you sure"):
        await slack.act.press(slack.town.ana, shown, "approve")
    with pytest.raises(NotOffered, match="does not ask"):
        await slack.act.press(slack.town.ana, shown, "other", sure=True)
    await slack.act.press(slack.town.ana, shown, "approve", sure=True)
    assert ear.heard[-1].fields["actions"][0]["value"] == "r1:3"


async def test_an_unanswered_press_is_an_error_on_the_screen(
    slack: FakeSlack, client: AsyncWebClient, ear: Ear
) -> None:
    """It does not come again, and the complaint is written down."""
    shown = await card(slack, client)
    slack.clock.patience = 0.1
    ear.replies.extend([Reply(slow=True), Reply(404)])
    await slack.act.press(slack.town.ana, shown, "approve")
    await slack.act.press(slack.town.ana, shown, "approve")
    assert len(slack.told("block_actions")) == 2
    assert ["no answer within 3 s" in slack.complaints[0], "status 404" in slack.complaints[1]] == [True, True]


async def test_a_foreign_presser(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """Buttons work for everybody in a shared channel: the user's team is then another than the team."""
    town = slack.town
    await client.chat_postMessage(channel=town.support.id, text="A card in the wrong place", blocks=CARD)
    await slack.act.press(town.kim, slack.posts()[-1], "approve")
    payload = ear.heard[-1].fields
    assert (payload["user"]["team_id"], payload["team"]["id"]) == (town.acme.id, town.home.id)
    await client.views_open(trigger_id=payload["trigger_id"], view=MODAL)
    await slack.act.submit(town.kim, {"text": "Mine"})
    submitted = ear.heard[-1].fields
    assert submitted["team"]["id"] == town.acme.id
    assert submitted["view"]["app_installed_team_id"] == town.home.id
    with pytest.raises(NotOffered):
        await slack.act.command(town.kim, town.support, "/countersign", "help")
    with pytest.raises(NotOffered):
        await slack.act.shortcut(town.kim, slack.posts()[-1], "draft")


async def test_a_trigger_is_good_once_and_for_three_seconds(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """A view that is refused does not use it up."""
    trigger = await pressed(slack, client, ear)
    wrong = {**MODAL, "title": plain("x" * 25)}
    assert await refusal(client.views_open(trigger_id=trigger, view=wrong)) == "invalid_arguments"
    await client.views_open(trigger_id=trigger, view=MODAL)
    assert await refusal(client.views_open(trigger_id=trigger, view=MODAL)) == "exchanged_trigger_id"
    assert await refusal(client.views_open(trigger_id="1.2.x", view=MODAL)) == "invalid_trigger_id"
    late = await pressed(slack, client, ear)
    slack.skip(3)
    assert await refusal(client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"


async def test_a_stale_hash_is_refused(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """Every update has a new one; without a hash the last writer wins."""
    opened = (await client.views_open(trigger_id=await pressed(slack, client, ear), view=MODAL))["view"]
    assert (opened["private_metadata"], opened["root_view_id"]) == ("r1:3", opened["id"])
    await client.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL)
    stale = client.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL)
    assert await refusal(stale) == "hash_conflict"
    await client.views_update(view_id=opened["id"], view={**MODAL, "title": plain("Second")})
    shown = slack.modal(slack.town.ana)
    assert shown
    assert shown.title == "Second"
    assert await refusal(client.views_update(view_id="V0", view=MODAL)) == "not_found"


async def test_three_views_and_no_more(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """A fourth is refused, and an external_id may stand only once."""
    ana = slack.town.ana
    view = {**MODAL, "blocks": [*CARD, REPLY]}
    await client.views_open(trigger_id=await pressed(slack, client, ear), view={**view, "external_id": "one"})
    for number in (2, 3):
        await slack.act.press(ana, await slack.modal_of(ana), "approve")
        trigger = ear.heard[-1].fields["trigger_id"]
        twice = client.views_push(trigger_id=trigger, view={**view, "external_id": "one"})
        assert await refusal(twice) == "duplicate_external_id"
        await client.views_push(trigger_id=trigger, view={**view, "title": plain(f"View {number}")})
    await slack.act.press(ana, await slack.modal_of(ana), "approve")
    fourth = client.views_push(trigger_id=ear.heard[-1].fields["trigger_id"], view=view)
    assert await refusal(fourth) == "push_limit_reached"
    await slack.act.dismiss(ana)
    assert (await slack.modal_of(ana)).title == "View 2"


async def test_a_submission_and_its_answers(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """Errors keep the modal open, an update replaces it, nothing closes it; untouched fields come along."""
    ana = slack.town.ana
    await client.views_open(trigger_id=await pressed(slack, client, ear), view=MODAL)
    errors = json.dumps({"response_action": "errors", "errors": {"reply": "Too short"}})
    update = json.dumps({"response_action": "update", "view": {**MODAL, "title": plain("Look again")}})
    json_ = {"content-type": "application/json"}
    ear.replies.extend([Reply(body=errors, headers=json_), Reply(body=update, headers=json_)])
    assert (await slack.act.submit(ana, {"reason": "tone"})).answer["errors"] == {"reply": "Too short"}
    values = ear.heard[-1].fields["view"]["state"]["values"]
    assert values["reply"]["text"]["value"] == "Dear Kim"
    assert values["why"]["reason"]["selected_option"]["value"] == "tone"
    assert (await slack.modal_of(ana)).title == "Edit"
    await slack.act.submit(ana, {"reply": "Dear Kim,"})
    assert (await slack.modal_of(ana)).title == "Look again"
    await slack.act.submit(ana, {"text": "Yes"})
    assert slack.modal(ana) is None
    assert slack.complaints == []


async def test_what_is_typed_comes_with_a_press_in_the_modal(
    slack: FakeSlack, client: AsyncWebClient, ear: Ear
) -> None:
    """Before anything is sent off."""
    view = {**MODAL, "blocks": [*CARD, REPLY]}
    await client.views_open(trigger_id=await pressed(slack, client, ear), view=view)
    slack.act.fill(slack.town.ana, {"text": ""})
    await slack.act.press(slack.town.ana, await slack.modal_of(slack.town.ana), "approve")
    assert ear.heard[-1].fields["view"]["state"]["values"]["reply"]["text"]["value"] is None


async def test_a_wrong_answer_to_a_submission_is_seen(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """Errors for a field that is not there, and a view beyond the limits."""
    await client.views_open(trigger_id=await pressed(slack, client, ear), view=MODAL)
    view = {**MODAL, "title": plain("x" * 25)}
    answers: list[dict[str, Any]] = [
        {"response_action": "errors", "errors": {"text": "x"}},
        {"response_action": "update", "view": view},
        {"response_action": "dance"},
    ]
    for answer in answers:
        ear.replies.append(Reply(body=json.dumps(answer), headers={"content-type": "application/json"}))
        await slack.act.submit(slack.town.ana, {})
    assert len(slack.complaints) == 3


async def test_what_the_client_checks_before_it_submits(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """Required fields, lengths, options; nothing of it reaches the bot."""
    await client.views_open(trigger_id=await pressed(slack, client, ear), view=MODAL)
    before = len(ear.heard)
    for values in ({"text": ""}, {"text": "x" * 21}, {"reason": "taste"}, {"colour": "red"}):
        with pytest.raises(NotOffered):
            await slack.act.submit(slack.town.ana, values)
    assert len(ear.heard) == before


async def test_a_slash_command(slack: FakeSlack, ear: Ear) -> None:
    """A form; what the bot answers only the one who typed it sees."""
    town = slack.town
    ear.replies.append(Reply(body="Two drafts are waiting"))
    await slack.act.command(town.ana, town.review, "/countersign", "queue payload")
    fields = ear.heard[-1].fields
    assert (fields["command"], fields["text"], fields["user_id"]) == ("/countersign", "queue payload", town.ana.id)
    assert (fields["channel_id"], fields["channel_name"]) == (town.review.id, "privategroup")
    assert [whisper.text for whisper in slack.whispers(town.ana)] == ["Two drafts are waiting"]
    with pytest.raises(NotOffered):
        await slack.act.command(town.ana, town.review, "/other")


async def test_a_response_url_is_good_five_times(slack: FakeSlack, ear: Ear) -> None:
    """It can post to everybody, and refuses what Slack refuses."""
    town = slack.town
    await slack.act.command(town.ana, town.review, "/countersign")
    url = ear.heard[-1].fields["response_url"]
    statuses = []
    async with aiohttp.ClientSession() as session:
        for said in ({"text": "1"}, {"text": "2", "response_type": "in_channel"}, {"blocks": [{"type": "x"}]}, {}):
            async with session.post(url, json=said) as answer:
                statuses.append(answer.status)
        for _ in range(2):
            async with session.post(url, json={"text": "more"}) as answer:
                statuses.append(answer.status)
    assert statuses == [200, 200, 400, 400, 200, 404]
    assert [post.text for post in slack.posts(town.review)] == ["2"]


async def test_the_home_tab(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """Opening it is an event; it is published per person, with a hash."""
    ana = slack.town.ana
    home = {"type": "home", "blocks": CARD}
    await slack.act.open_home(ana)
    assert ear.heard[-1].event["type"] == "app_home_opened"
    assert "view" not in ear.heard[-1].event
    view = (await client.views_publish(user_id=ana.id, view=home))["view"]
    await client.views_publish(user_id=ana.id, view=home, hash=view["hash"])
    assert await refusal(client.views_publish(user_id=ana.id, view=home, hash=view["hash"])) == "hash_conflict"
    await slack.act.open_home(ana)
    assert ear.heard[-1].event["view"]["id"] == view["id"]
    shown = slack.home(ana)
    assert shown
    await slack.act.press(ana, shown, "approve")
    assert ear.heard[-1].fields["container"] == {"type": "view", "view_id": view["id"]}


async def test_a_message_shortcut(slack: FakeSlack, client: AsyncWebClient, ear: Ear) -> None:
    """It brings the message and a trigger."""
    town = slack.town
    said = await slack.act.write(town.kim, town.support, "Where is it?")
    await slack.act.shortcut(town.ana, said, "draft_reply")
    payload = ear.heard[-1].fields
    assert (payload["type"], payload["callback_id"]) == ("message_action", "draft_reply")
    assert payload["message"]["text"] == "Where is it?"
    await client.views_open(trigger_id=payload["trigger_id"], view=MODAL)
    assert (await slack.modal_of(town.ana)).title == "Edit"
