"""Around the decision: commands, the Home tab, pausing, and calling the leads, with Countersign at work in Slack."""

from __future__ import annotations

import json
import re

import pytest

from bot.channels.base import Place, Refusal
from bot.channels.slack.channel import SlackChannel
from tests.channels.slack import stub as slack
from tests.channels.slack.cards import HOSTILE, card
from tests.channels.slack.conftest import Opens
from tests.channels.slack.house import QUESTION, House, actions, decidable, says
from tests.channels.slack.process import PATIENCE
from tests.channels.slack.soon import soon
from tests.channels.slack.stub import Stub, in_turn, refused
from tests.doubles.slack import Town
from tests.doubles.slack.modals import View
from tests.doubles.slack.world import File, User

REVIEWS = Place("slack", slack.REVIEW)


# --- calling the leads


def called(stub: Stub) -> list[str]:
    """The texts of what was posted below the card."""
    return [said["text"] for said in stub.of("chat.postMessage") if said.get("thread_ts") == "1790000002.000100"]


async def show(channel: SlackChannel, *calls: str, escalation: str = "Escalated to the leads by Ana: Refund?") -> str:
    """Draw a card of a review that was escalated."""
    drawn = card(escalation=escalation, call=escalation, calls=calls)
    return await channel.show_card(REVIEWS, drawn, "1790000002.000100", look=False)


async def test_leads_are_called_in_the_cards_thread(channel: SlackChannel, stub: Stub) -> None:
    """By name, once, with who escalated and why; whoever is not in Slack by name is not."""
    await show(channel, "slack:U0LEA", "slack:*", "web:leo", "slack:W0MAX", "teams:U0EVE", "slack:U0<!here>")
    assert called(stub) == ["<@U0LEA> <@W0MAX> Escalated to the leads by Ana: Refund?"]
    (posted,) = stub.of("chat.postMessage")
    assert (posted["channel"], posted["unfurl_links"]) == (slack.REVIEW, False)


@pytest.mark.parametrize("calls", [(), ("slack:*", "web:leo")])
async def test_nobody_is_called_without_need(channel: SlackChannel, stub: Stub, calls: tuple[str, ...]) -> None:
    """A drawing without an escalation, or with no lead who is in Slack."""
    await show(channel, *calls)
    await show(channel, "slack:U0LEA", escalation="")
    assert called(stub) == []


async def test_a_note_calls_nobody(channel: SlackChannel, stub: Stub) -> None:
    """What was typed to the leads is letters."""
    await show(channel, "slack:U0LEA", escalation=f"Escalated: {HOSTILE}" + "x" * 5000)
    (text,) = called(stub)
    assert re.findall(r"<[^>]*>", text) == ["<@U0LEA>"]
    assert len(text) < 4000


async def test_a_first_drawing_is_called_about_where_it_lands(channel: SlackChannel, stub: Stub) -> None:
    """The card was gone: the call hangs from the new one."""
    stub.answers["chat.update"] = refused("message_not_found")
    ref = await show(channel, "slack:U0LEA")
    assert [said.get("thread_ts") for said in stub.of("chat.postMessage")] == [None, ref]


@pytest.mark.parametrize(("code", "status"), [("ratelimited", 429), ("fatal_error", 500)])
async def test_a_call_that_fails_is_made_again(channel: SlackChannel, stub: Stub, code: str, status: int) -> None:
    """The card does not wait for it."""
    trouble = refused(code, status, **{"Retry-After": "0"})
    stub.answers["chat.postMessage"] = in_turn(trouble, trouble, lambda said: {"ok": True, "ts": stub.ts()})
    assert await show(channel, "slack:U0LEA") == "1790000002.000100"
    assert await soon(lambda: len(called(stub)) == 3)


async def test_a_call_that_cannot_be_made_stops_nothing(channel: SlackChannel, stub: Stub) -> None:
    """It is in the log; the card stands."""
    stub.answers["chat.postMessage"] = refused("restricted_action_thread_locked")
    assert await show(channel, "slack:U0LEA") == "1790000002.000100"
    await channel.close()
    assert len(called(stub)) == 1


async def test_a_card_that_cannot_be_drawn_calls_nobody(channel: SlackChannel, stub: Stub) -> None:
    """They would find nothing there; it is drawn again, and they are called then."""
    stub.answers["chat.update"] = refused("is_archived")
    with pytest.raises(Refusal):
        await show(channel, "slack:U0LEA")
    assert called(stub) == []


# --- whole stories


async def opened(house: House, user: User) -> View:
    """What somebody sees on their Home tab, just opened."""
    before = len(house.slack.called("views.publish"))
    await house.slack.act.open_home(user)
    await house.slack.until(lambda: len(house.slack.called("views.publish")) > before, PATIENCE, "no Home tab")
    shown = house.slack.home(user)
    assert shown
    return shown


def text(shown: View) -> str:
    """All of it."""
    return json.dumps(shown.fields, ensure_ascii=False)


async def asked(house: House, user: User, words: str) -> str:
    """What a command answers."""
    delivery = await house.slack.act.command(user, house.slack.town.review, "/countersign", words)
    return json.dumps(delivery.answer, ensure_ascii=False)


async def test_commands_and_the_home_tab_show_what_waits(house: House) -> None:
    """To whoever may decide, and to nobody else."""
    town = house.slack.town
    await house.slack.act.write(town.kim, town.support, QUESTION)
    card = await house.card()
    assert "parcel" in await asked(house, town.ana, "queue")
    assert "You are on no open review" in await asked(house, town.ana, "mine")
    link = f"https://home.slack.com/archives/{town.review.id}/p{card.ts.replace('.', '')}"
    assert "The customer wrote." in await asked(house, town.ana, f"audit {link}")
    assert "Waiting now: 1," in await asked(house, town.ana, "stats")
    for words in ("queue", "stats", f"audit {link}"):
        assert "You have no role" in await asked(house, town.tom, words)
    assert "parcel" in text(await opened(house, town.ana))
    assert "You have no role" in text(await opened(house, town.tom))
    assert "parcel" not in text(await opened(house, town.tom))
    assert not house.slack.complaints


def charts(house: House) -> list[File]:
    """The pictures that were posted, oldest first."""
    return [file for post in house.slack.posts() for file in post.files]


async def told(house: House, user: User, words: str) -> None:
    """Once this person alone reads such words."""
    slack = house.slack
    await slack.until(lambda: any(words in one.text for one in slack.whispers(user)), PATIENCE, f"nobody says {words}")


async def test_a_lead_is_shown_a_chart_where_the_desk_reviews(house: House) -> None:
    """A picture with its description, in the review channel; not in front of customers, and for agents the words do."""
    slack, town = house.slack, house.slack.town
    await slack.act.write(town.kim, town.support, QUESTION)
    await house.card()
    await asked(house, town.ana, "stats")
    await slack.act.command(town.lea, town.support, "/countersign", "stats")
    assert "Waiting now: 1," in await asked(house, town.lea, "stats")
    await slack.until(lambda: charts(house), PATIENCE, "no chart")
    await slack.settled()
    (drawn,) = charts(house)
    assert drawn.content.startswith(b"\x89PNG")
    assert drawn.title == "Reviews at Nordlys support, 28 days, by what became of them"
    assert drawn.words.startswith("Opened: 1. Sent as drafted: 0,")
    assert [post.channel for post in slack.posts() if post.files] == [town.review]
    assert not slack.complaints


async def test_why_there_is_no_chart_is_told_to_whoever_asked(house: House) -> None:
    """An installation from before the scope, or a Slack that does not answer: the figures are there all the same."""
    slack, town = house.slack, house.slack.town
    await slack.act.write(town.kim, town.support, QUESTION)
    await house.card()
    slack.app.scopes.discard("files:write")
    assert "Waiting now: 1," in await asked(house, town.lea, "stats")
    await told(house, town.lea, "The chart cannot be shown here: ")
    slack.app.scopes.add("files:write")
    slack.faults.lose("files.completeUploadExternal", landed=False)
    await asked(house, town.lea, "stats")
    await told(house, town.lea, "Ask for it again in a moment.")
    assert charts(house) == []


async def test_a_lead_pauses_and_resumes_drafting(house: House) -> None:
    """By typing or on the Home tab. Meanwhile questions come without a draft, and agents read why."""
    slack, town = house.slack, house.slack.town
    assert "Only the leads" in await asked(house, town.ana, "pause")
    assert "is paused." in await asked(house, town.lea, "pause")
    await slack.act.write(town.kim, town.support, QUESTION)
    bare = await house.card(lambda card: "ask.edit" in actions(card))
    assert not decidable(bare)
    assert says(bare, "Drafting is paused by lea since ")
    assert "is paused by" in await asked(house, town.ana, "queue")
    shown = await opened(house, town.lea)
    published = len(slack.called("views.publish"))
    await slack.act.press(town.lea, shown, "home.resume")
    await slack.until(lambda: len(slack.called("views.publish")) > published, PATIENCE)
    assert "goes on" in text(shown)
    await slack.act.write(town.mia, town.grid_support, QUESTION)
    await house.card(lambda card: decidable(card) and says(card, "mia"))
    assert not decidable(bare)
    assert house.verified() == 2


async def test_an_escalation_calls_the_lead_who_wants_it(opens: Opens) -> None:
    """Once, in the card's thread; the lead who switched it off is not called."""
    cast = Town()
    people = {f"slack:{cast.ana.id}": "agent"} | {f"slack:{lead.id}": "lead" for lead in (cast.lea, cast.ben)}
    async with opens(people=people) as house:
        slack, town = house.slack, house.slack.town
        shown = await opened(house, town.ben)
        await slack.act.press(town.ben, shown, "home.calls", option="")
        await slack.until(lambda: "initial_options" not in text(shown), PATIENCE)
        await slack.act.write(town.kim, town.support, QUESTION)
        card = await house.card()
        (menu,) = (element for _, element in card.elements() if element["action_id"] == "menu")
        option = next(one["value"] for one in menu["options"] if "escalate" in one["value"])
        await slack.act.press(town.ana, card, "menu", option=option)
        await slack.modal_of(town.ana)
        await slack.act.submit(town.ana, {"note": "Refund of 900 kr?"})
        (call,) = await house.replies(card)
        assert call.text.startswith(f"<@{town.lea.id}> Escalated to the leads by")
        assert "Refund of 900 kr?" in call.text
        assert town.ben.id not in call.text
        await house.shows(card, "Escalated")
        await slack.settled()
        assert len(slack.posts(thread=card)) == 1
