"""Pressing what stands on a card: what reaches the bot, what the presser sees, and what happens without an answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.doubles.teams import FakeTeams, Message, NotOffered
from tests.doubles.teams.ear import Ear, Reply
from tests.doubles.teams.mouth import Mouth, card
from tests.doubles.teams.world import ADAPTIVE

FIELD = {"type": "Input.Text", "id": "reply", "label": "Reply", "value": "Dear Kim", "maxLength": 20}
REASONS = [{"title": name.capitalize(), "value": name} for name in ("tone", "facts")]
WHY = {"type": "Input.ChoiceSet", "id": "why", "label": "Why", "choices": REASONS}
SURE = {"type": "Input.Toggle", "id": "sure", "title": "Sure"}
NOTE = {
    "type": "Input.Text", "id": "note", "label": "Note", "isRequired": True, "regex": "^[a-z]+$", "errorMessage": "Note!",
}  # fmt: skip
FALLBACK = {"type": "Action.Submit", "title": "Approve", "data": {"verb": "approve", "review": "r1"}}
APPROVE = {"type": "Action.Execute", "title": "Approve", "verb": "approve", "id": "a1", "data": {"review": "r1"}}
REJECT = {**APPROVE, "title": "Reject", "verb": "reject", "id": "a2", "associatedInputs": "none"}
ASIDE = {"type": "AdaptiveCard", "body": [NOTE], "actions": [{**APPROVE, "verb": "redraft", "title": "Go", "id": "a3"}]}
SHOW = {"type": "Action.ShowCard", "title": "Redraft", "card": ASIDE}
LINK = {"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com/"}
OFF = {**APPROVE, "title": "Off", "verb": "off", "id": "a4", "isEnabled": False}
CARD = card(FIELD, WHY, SURE, actions=[{**APPROVE, "fallback": FALLBACK}, REJECT, SHOW, LINK, OFF])
DONE = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Done", "wrap": True}]}


def answer(kind: str, value: Any, status: int = 200) -> Reply:
    """The bot answers a click so."""
    return Reply(json={"statusCode": status, "type": kind, "value": value})


WORDS, ERROR = "application/vnd.microsoft.activity.message", "application/vnd.microsoft.error"


@pytest.fixture
async def shown(teams: FakeTeams, mouth: Mouth, listener: Ear) -> Message:
    """A card in the review channel; the bot's first answer to a click is a sentence."""
    await mouth.send(teams.town.review.id, CARD)
    listener.replies.append(answer(WORDS, "Done."))
    return teams.posts()[0]


async def test_a_click_as_an_invoke(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """With what is filled in, touched or not, beside what the button carries; the sentence is for the presser."""
    town = teams.town
    delivery = await teams.act.press(town.ana, shown, "approve", inputs={"reply": "Hi", "why": "tone"})
    told = listener.heard[-1].activity
    assert (told["type"], told["name"], told["replyToId"]) == ("invoke", "adaptiveCard/action", shown.id)
    assert told["value"] == {
        "action": {
            "type": "Action.Execute", "title": "Approve", "id": "a1", "verb": "approve",
            "data": {"review": "r1", "reply": "Hi", "why": "tone", "sure": "false"},
        },
        "trigger": "manual",
    }  # fmt: skip
    assert told["conversation"]["id"] == shown.conversation
    assert told["from"]["aadObjectId"] == town.ana.aad
    assert delivery.acknowledged
    assert (teams.whispers(town.ana), teams.whispers(town.ben)) == (["Done."], [])
    assert teams.complaints == []


async def test_by_verb_by_id_or_by_title(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """Whichever; what is not there, or is off, or tells the bot nothing, cannot be pressed."""
    listener.replies.extend([answer(WORDS, "Done.")] * 2)
    for name in ("approve", "a1", "Approve"):
        await teams.act.press(teams.town.ana, shown, name)
    assert {heard.activity["value"]["action"]["id"] for heard in listener.heard} == {"a1"}
    for name in ("dance", "off", "Open", "Redraft"):
        with pytest.raises(NotOffered):
            await teams.act.press(teams.town.ana, shown, name)
    with pytest.raises(NotOffered):
        await teams.act.press(teams.town.kim, shown, "approve")


async def test_what_the_client_sends_of_the_fields(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """Nothing for a field that is empty from the start, an empty word for one that was emptied, none for `none`."""
    listener.replies.append(answer(WORDS, "Done."))
    ana = teams.town.ana
    await teams.act.press(ana, shown, "approve", inputs={"reply": "", "sure": "true"})
    assert listener.heard[-1].activity["value"]["action"]["data"] == {"review": "r1", "reply": "", "sure": "true"}
    await teams.act.press(ana, shown, "reject")
    assert listener.heard[-1].activity["value"]["action"]["data"] == {"review": "r1"}
    with pytest.raises(NotOffered):
        await teams.act.press(ana, shown, "reject", inputs={"reply": "x"})


async def test_a_nested_card_takes_the_outer_fields_along(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """And not the other way round; what has to be filled in, has to be."""
    ana = teams.town.ana
    await teams.act.press(ana, shown, "redraft", inputs={"note": "shorter"})
    data = listener.heard[-1].activity["value"]["action"]["data"]
    assert (data["note"], data["reply"]) == ("shorter", "Dear Kim")
    for inputs in ({}, {"note": ""}, {"note": "SHORT"}, {"note": "x", "why": "taste"}, {"note": "x", "sure": "maybe"}):
        with pytest.raises(NotOffered):
            await teams.act.press(ana, shown, "redraft", inputs=inputs)
    with pytest.raises(NotOffered):
        await teams.act.press(ana, shown, "approve", inputs={"note": "x"})
    assert len(listener.heard) == 1


async def test_a_client_may_ignore_the_length(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """maxLength is a hint, which a client can be made to heed."""
    await teams.act.press(teams.town.ana, shown, "approve", inputs={"reply": "x" * 21})
    assert listener.heard[-1].activity["value"]["action"]["data"]["reply"] == "x" * 21
    teams.clicks.heeds_length = True
    with pytest.raises(NotOffered):
        await teams.act.press(teams.town.ana, shown, "approve", inputs={"reply": "x" * 21})


async def test_an_old_client_submits(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """A message without words, whose value is the fallback's data with the fields; without a fallback, nothing."""
    listener.replies.clear()
    await teams.act.press(teams.town.ana, shown, "approve", inputs={"reply": "Hi"}, old_client=True)
    told = listener.heard[-1].activity
    assert (told["type"], told["replyToId"], "text" in told) == ("message", shown.id, False)
    assert told["value"] == {"verb": "approve", "review": "r1", "reply": "Hi", "sure": "false"}
    with pytest.raises(NotOffered):
        await teams.act.press(teams.town.ana, shown, "reject", old_client=True)


async def test_a_card_for_the_presser_only(teams: FakeTeams, mouth: Mouth, listener: Ear, shown: Message) -> None:
    """Others still see the posted one, until it is updated for everybody."""
    town = teams.town
    listener.replies.clear()
    listener.replies.append(answer(ADAPTIVE, DONE))
    await teams.act.press(town.ana, shown, "approve")
    assert teams.card(shown, town.ana) == DONE
    assert teams.card(shown, town.ben) == teams.card(shown) != DONE
    with pytest.raises(NotOffered):
        await teams.act.press(town.ana, shown, "approve")
    listener.replies.append(answer(WORDS, "Too late."))
    await teams.act.press(town.ana, teams.act.snapshot(shown), "approve")
    assert teams.whispers(town.ana) == ["Too late."]
    await mouth.update(shown.conversation, shown.id, card({"type": "TextBlock", "text": "All", "wrap": True}))
    assert teams.card(shown, town.ana)["body"][0]["text"] == "All"
    assert teams.card(shown, town.ana) == teams.card(shown, town.ben)


async def test_an_error_is_seen(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """It is a complaint."""
    listener.replies.clear()
    listener.replies.append(answer(ERROR, {"code": "Late", "message": "Too late"}, 400))
    await teams.act.press(teams.town.ana, shown, "approve")
    assert teams.complaints == ["ana saw the error Late: Too late"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(),
        Reply(json={"status": 200, "body": {}}),
        Reply(json=[]),
        answer(WORDS, ""),
        answer(WORDS, {"text": "Done"}),
        answer("application/vnd.microsoft.card.hero", {}),
        answer(ADAPTIVE, {**DONE, "version": "1.6"}),
        answer(ADAPTIVE, {**DONE, "body": [{"type": "TextBlock", "text": "x" * 29_000}]}),
        answer(ADAPTIVE, DONE, 500),
        answer(ERROR, {"code": "Late"}, 400),
        answer(ERROR, {"code": "Late", "message": "x"}, 200),
    ],
)
async def test_an_answer_that_teams_cannot_show(teams: FakeTeams, listener: Ear, shown: Message, reply: Reply) -> None:
    """Nothing at all, another shape, another type, a card that is wrong or too large: the presser sees an error."""
    listener.replies.clear()
    listener.replies.append(reply)
    before = teams.card(shown)
    await teams.act.press(teams.town.ana, shown, "approve")
    assert len(teams.complaints) == 1
    assert teams.card(shown, teams.town.ana) == before


async def test_a_click_comes_again_as_another(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """First with the same id, half a minute later with a new id and time; the presser saw an error at the first."""
    listener.replies.clear()
    listener.replies.extend([Reply(500), Reply(202), Reply(200)])
    teams.clock.scale = 1.0
    await teams.act.press(teams.town.ana, shown, "approve")
    assert teams.complaints == ["ana pressed approve and saw an error: status 500"]
    await teams.until(lambda: len(listener.heard) == 2)
    teams.skip(30)
    await teams.settled()
    first, second, third = (heard.activity for heard in listener.heard)
    assert (first["id"], first["timestamp"]) == (second["id"], second["timestamp"])
    assert third["id"] != first["id"]
    assert third["timestamp"] > first["timestamp"]
    assert third["value"] == first["value"]
    [delivery] = teams.told("invoke")
    assert [attempt.status for attempt in delivery.attempts] == [500, 202, 200]


async def test_ten_seconds_for_a_click(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """Two thirds of what a message has."""
    listener.replies.clear()
    listener.replies.append(Reply(slow=True))
    teams.clock.patience = 0.15
    pressing = asyncio.create_task(teams.act.press(teams.town.ana, shown, "approve"))
    await teams.until(lambda: teams.told("invoke")[0].attempts if teams.told("invoke") else [])
    teams.clock.patience = 15.0
    await pressing
    assert teams.complaints == ["ana pressed approve and saw an error: no answer in time"]
    assert teams.told("invoke")[0].attempts[0].seconds < 0.14


async def test_a_forger_and_a_latecomer(teams: FakeTeams, mouth: Mouth, listener: Ear, shown: Message) -> None:
    """Somebody sends what no card shows; somebody presses what was redrawn long ago."""
    town = teams.town
    listener.replies.append(answer(WORDS, "Done."))
    old = teams.act.snapshot(shown)
    await mouth.update(shown.conversation, shown.id, card({"type": "TextBlock", "text": "All", "wrap": True}))
    await teams.act.press(town.ana, old, "approve")
    assert listener.heard[-1].activity["value"]["action"]["data"]["reply"] == "Dear Kim"
    await teams.act.press(town.kim, shown, "approve", data={"review": "r2"})
    assert listener.heard[-1].activity["value"]["action"]["data"] == {"review": "r2"}
    assert listener.heard[-1].activity["from"]["aadObjectId"] == town.kim.aad


async def test_a_card_that_is_out_of_reach(teams: FakeTeams, mouth: Mouth, shown: Message) -> None:
    """Deleted, or in a team that the app has left."""
    await teams.admin.uninstall(teams.town.staff_team)
    with pytest.raises(NotOffered, match="no longer"):
        await teams.act.press(teams.town.ana, shown, "approve")
    await teams.admin.install(teams.town.staff_team)
    await mouth.delete(shown.conversation, shown.id)
    with pytest.raises(NotOffered, match="no card"):
        await teams.act.press(teams.town.ana, shown, "approve")


async def test_nobody_is_there_to_be_told(teams: FakeTeams, listener: Ear, shown: Message) -> None:
    """While Teams is silent, a click ends in an error."""
    teams.courier.strikes, teams.clock.scale = 1, 1.0
    listener.replies.appendleft(Reply(500))
    await teams.act.write(teams.town.kim, teams.town.support, "Hi")
    await teams.act.press(teams.town.ana, shown, "approve")
    assert teams.complaints == ["ana pressed approve and saw an error: Teams does not deliver"]
