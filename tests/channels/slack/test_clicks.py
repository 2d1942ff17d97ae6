"""Buttons and forms: who may, what it comes to, and that nothing typed is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from bot.channels.base import Answer, Click, Person
from bot.channels.card import Card
from bot.channels.form import Field
from bot.channels.slack import modals
from bot.review.model import State
from tests.channels.slack import stub as slack
from tests.channels.slack.cards import APPROVE, EDIT, ESCALATE, HOSTILE, REASONS, SNOOZE, any_card, card
from tests.channels.slack.conftest import Door, Notebook
from tests.channels.slack.soon import soon
from tests.channels.slack.stub import Json, Stub, press, refused
from tests.doubles.slack.kit.blocks import view

ANA = Person("slack", "U0ANA", "Name U0ANA")


async def calls(stub: Stub, method: str) -> list[Json]:
    """The calls of this method, once there is one: they are made after the answer."""
    return await soon(lambda: stub.of(method))


def submitted(opened: Json, user: str = "U0ANA", **values: str) -> Json:
    """A filled-in form, as Slack sends it."""
    state = {}
    for block in opened["blocks"]:
        if block["type"] == "input":
            name = block["block_id"]
            chosen = {"type": block["element"]["type"]}
            if block["element"]["type"] == "static_select":
                chosen |= {"selected_option": {"value": values[name]} if values.get(name) else None}
            else:
                chosen |= {"value": values.get(name)}
            state[name] = {block["element"]["action_id"]: chosen}
    fields = {name: opened[name] for name in ("callback_id", "private_metadata", "title")}
    return {
        "type": "view_submission",
        "team": {"id": slack.TEAM},
        "user": {"id": user, "name": "ana", "team_id": slack.TEAM},
        "view": {"id": "V1", "type": "modal", "state": {"values": state}} | fields,
    }


# --- buttons


async def test_approve_is_one_click(door: Door, inbox: Notebook, stub: Stub) -> None:
    """The desk hears what was pressed on which version, and by whom; Slack has its answer at once."""
    assert (await door.interact(press("decide.approve", "01REVIEW:3"))).status_code == 200
    assert inbox.clicks == [Click("01REVIEW", 3, "approve", ANA)]
    assert not stub.of("chat.postEphemeral")


async def test_whoever_is_refused_is_told_so_alone(door: Door, inbox: Notebook, stub: Stub) -> None:
    """The loser of a race, or somebody without the right, reads why; nobody else does."""
    inbox.answer = Answer(False, "Approved by Leo. <!channel>")
    assert (await door.interact(press("decide.approve", "01REVIEW:3"))).status_code == 200
    (told,) = await calls(stub, "chat.postEphemeral")
    assert told == {"channel": slack.REVIEW, "user": "U0ANA", "text": "Approved by Leo. &lt;!channel&gt;"}


async def test_somebody_of_another_organisation_decides_nothing(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Buttons work for everybody in a shared channel."""
    stub.answers["users.info"] = lambda _: {"ok": True, "user": {"id": "U0EVE", "team_id": "T0ACME", "name": "eve"}}
    user = {"id": "U0EVE", "username": "eve", "team_id": "T0ACME"}
    await door.interact(press("decide.approve", "01REVIEW:3", user="U0EVE") | {"user": user})
    await door.interact(press("ask.edit", "01REVIEW:3", user="U0EVE") | {"user": user})
    assert not inbox.clicks
    (told, _) = [*await calls(stub, "chat.postEphemeral"), None][:2]
    assert told is not None
    assert "own organisation" in told["text"]


async def test_a_click_that_cannot_be_recorded_does_not_look_done(door: Door, inbox: Notebook) -> None:
    """Slack shows an error to the presser, who presses again."""
    inbox.down = True
    assert (await door.interact(press("decide.approve", "01REVIEW:3"))).status_code == 503


def chosen(option: str) -> Json:
    """Something chosen from the menu of a card."""
    action = {"type": "overflow", "action_id": "menu", "block_id": "decide", "selected_option": {"value": option}}
    return press("menu", "") | {"actions": [action]}


async def test_what_is_chosen_from_the_menu_is_a_click(door: Door, inbox: Notebook, stub: Stub) -> None:
    """One that asks for something opens its form, one that does not decides at once."""
    inbox.cards["01REVIEW"] = card(buttons=(APPROVE, ESCALATE, SNOOZE))
    await door.interact(chosen("ask.snooze 01REVIEW:3"))
    (opened,) = await calls(stub, "views.open")
    assert opened["view"]["private_metadata"] == "snooze 01REVIEW:3"
    assert view(opened["view"], "modal")["title"]["text"] == "Snooze"
    assert not inbox.clicks
    sent = submitted(opened["view"], minutes="30")
    assert (await door.interact(sent)).json() == {"response_action": "clear"}
    await door.interact(chosen("decide.wake 01REVIEW:4"))
    assert inbox.clicks == [
        Click("01REVIEW", 3, "snooze", ANA, {"minutes": "30"}),
        Click("01REVIEW", 4, "wake", ANA),
    ]


async def test_the_link_is_whispered_to_be_copied(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Slack cannot put it into anybody's clipboard, so whoever asked reads it, and nobody else; nothing is decided."""
    await door.interact(chosen("copy 01REVIEW:3"))
    (told,) = await calls(stub, "chat.postEphemeral")
    assert (told["user"], told["text"]) == (
        "U0ANA",
        "The link to this review, to copy: http://127.0.0.1:8080/audit/01REVIEW",
    )
    assert not inbox.clicks


@pytest.mark.parametrize("option", ["", "copy", "copy forged", "ask.snooze", "x 01REVIEW:3", " 01REVIEW:3", "menu 1:1"])
async def test_an_option_that_is_not_ours_is_acknowledged(door: Door, inbox: Notebook, stub: Stub, option: str) -> None:
    """A forged choice does nothing and shows no error."""
    assert (await door.interact(chosen(option))).status_code == 200
    assert not inbox.clicks
    assert not stub.of("chat.postEphemeral")


async def test_somebody_of_another_organisation_gets_no_link(door: Door, stub: Stub) -> None:
    """The menu is there for everybody in a shared channel."""
    stub.answers["users.info"] = lambda _: {"ok": True, "user": {"id": "U0EVE", "team_id": "T0ACME", "name": "eve"}}
    await door.interact(chosen("copy 01REVIEW:3") | {"user": {"id": "U0EVE", "username": "eve", "team_id": "T0ACME"}})
    (told,) = await calls(stub, "chat.postEphemeral")
    assert "own organisation" in told["text"]


@pytest.mark.parametrize(("action", "value"), [("decide.approve", "forged"), ("else", "01REVIEW:3"), ("x", "")])
async def test_a_button_that_is_not_ours_is_acknowledged(door: Door, inbox: Notebook, action: str, value: str) -> None:
    """Links and old buttons must not show an error."""
    assert (await door.interact(press(action, value))).status_code == 200
    assert not inbox.clicks


# --- forms


async def test_edit_opens_the_form_with_the_text_in_hand(door: Door, inbox: Notebook, stub: Stub) -> None:
    """The words stand in the box and the customer's message above it; what comes back is ids and a version."""
    inbox.cards["01REVIEW"] = card()
    assert (await door.interact(press("ask.edit", "01REVIEW:3"))).status_code == 200
    (opened,) = await calls(stub, "views.open")
    assert opened["trigger_id"] == "1.2.abc"
    view(opened["view"], "modal")
    box = opened["view"]["blocks"][-1]["element"]
    assert (box["initial_value"], box["max_length"]) == ("The parcel left on Monday.", 2900)
    assert opened["view"]["private_metadata"] == "edit 01REVIEW:3"
    assert not inbox.clicks


async def test_a_form_is_not_opened_where_it_would_be_refused(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Nobody types an answer that cannot count."""
    inbox.cards["01REVIEW"], inbox.why = card(), "You may look but not decide here."
    await door.interact(press("ask.edit", "01REVIEW:3"))
    (told,) = await calls(stub, "chat.postEphemeral")
    assert told["text"] == "You may look but not decide here."
    assert not stub.of("views.open")


async def test_a_card_whose_review_is_gone_says_so(door: Door, stub: Stub) -> None:
    """An old button opens nothing and says why."""
    await door.interact(press("ask.edit", "01OTHER:3"))
    assert await calls(stub, "chat.postEphemeral")


async def test_a_text_too_long_for_the_box_is_edited_on_its_page(door: Door, inbox: Notebook, stub: Stub) -> None:
    """A longer `initial_value` would be refused, and a cut one would lose words."""
    button = replace(EDIT, fields=(Field("words", "Reply", "x" * 3001, limit=4000, lines=8),))
    inbox.cards["01REVIEW"] = card(buttons=(button,))
    await door.interact(press("ask.edit", "01REVIEW:3"))
    (told,) = await calls(stub, "chat.postEphemeral")
    assert "/audit/01REVIEW" in told["text"]


async def test_a_form_that_slack_does_not_open_is_told(door: Door, inbox: Notebook, stub: Stub) -> None:
    """The trigger lives three seconds."""
    inbox.cards["01REVIEW"] = card()
    stub.answers["views.open"] = refused("expired_trigger_id")
    await door.interact(press("ask.edit", "01REVIEW:3"))
    (told,) = await calls(stub, "chat.postEphemeral")
    assert "Press the button again" in told["text"]


async def opened_form(door: Door, inbox: Notebook, stub: Stub, verb: str = "edit") -> Json:
    """The form behind a button."""
    inbox.cards["01REVIEW"] = card()
    await door.interact(press(f"ask.{verb}", "01REVIEW:3"))
    (opened,) = await calls(stub, "views.open")
    found: Json = opened["view"]
    return found


async def test_a_sent_form_is_a_click_with_its_fields(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Words, reasons and notes reach the desk; the form closes."""
    form = await opened_form(door, inbox, stub, "reject")
    answer = await door.interact(submitted(form, reason="tone", note="Too stiff."))
    assert answer.json() == {"response_action": "clear"}
    assert inbox.clicks == [Click("01REVIEW", 3, "reject", ANA, {"reason": "tone", "note": "Too stiff."})]


async def test_what_was_typed_stays_when_the_review_moved_on(door: Door, inbox: Notebook, stub: Stub) -> None:
    """The form shows what changed, keeps the words, and asks again for the version that is now."""
    form = await opened_form(door, inbox, stub)
    inbox.answer = Answer(False, "The customer wrote more. That was at 14:02.")
    inbox.cards["01REVIEW"] = card(version=6, changes=("The customer wrote more.",))
    answer = (await door.interact(submitted(form, words="My own words."))).json()
    assert answer["response_action"] == "update"
    again = view(answer["view"], "modal")
    assert again["private_metadata"] == "edit 01REVIEW:6"
    assert again["blocks"][-1]["element"]["initial_value"] == "My own words."
    assert "14:02" in str(again["blocks"][0])
    inbox.answer = Answer(True, "Approved.")
    assert (await door.interact(submitted(answer["view"], words="My own words."))).json() == {
        "response_action": "clear"
    }
    assert inbox.clicks[-1].version == 6


async def test_what_was_typed_is_given_back_when_somebody_else_decided(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Nothing can be sent any more; the words can be copied, and who decided is said."""
    form = await opened_form(door, inbox, stub)
    inbox.answer = Answer(False, "Approved by Leo.")
    inbox.cards["01REVIEW"] = card(version=5, state=State.SENT, buttons=())
    answer = (await door.interact(submitted(form, words="My own words."))).json()
    shown = view(answer["view"], "modal")
    assert "submit" not in shown
    assert "Approved by Leo." in str(shown["blocks"])
    assert "My own words." in str(shown["blocks"])


async def test_what_cannot_be_taken_as_it_is_stays_in_the_box(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Too long, empty or without a reason: the field says so, and the form stays open."""
    form = await opened_form(door, inbox, stub)
    inbox.answer = Answer(False, "There are no words to send.")
    answer = (await door.interact(submitted(form, words=" "))).json()
    assert answer == {"response_action": "errors", "errors": {"words": "There are no words to send."}}


async def test_a_form_of_a_foreigner_decides_nothing(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Also a submission is looked at for whose it is."""
    form = await opened_form(door, inbox, stub)
    stub.answers["users.info"] = refused("user_not_found")
    sent = submitted(form, user="U0EVE", words="x") | {"user": {"id": "U0EVE", "team_id": "T0ACME"}}
    answer = (await door.interact(sent)).json()
    assert "own organisation" in str(answer["view"])
    assert not inbox.clicks


async def test_a_form_that_is_not_ours_closes(door: Door, inbox: Notebook) -> None:
    """A forged or forgotten form does nothing."""
    sent = {"type": "view_submission", "user": {"id": "U0ANA"}, "view": {"type": "modal", "callback_id": "x"}}
    assert (await door.interact(sent)).json() == {"response_action": "clear"}
    assert not inbox.clicks


async def test_a_form_that_cannot_be_recorded_stays_open(door: Door, inbox: Notebook, stub: Stub) -> None:
    """Slack keeps the form with what was typed and says that it did not work."""
    form = await opened_form(door, inbox, stub)
    inbox.down = True
    assert (await door.interact(submitted(form, words="x"))).status_code == 503


@settings(max_examples=150, deadline=None)
@given(any_card)
def test_any_card_makes_forms_that_slack_takes(shown: Card) -> None:
    """Titles, labels, boxes and what was typed keep within the limits of a modal."""
    fields = (
        Field("words", "w" * 3000, "x" * 3000, limit=5000, lines=8),
        Field("r", "r", choices=(*REASONS, *((str(n), "o" * 90) for n in range(150)))),
    )
    button = replace(EDIT, label="L" * 80, fields=fields)
    view(modals.form(shown, button, {}), "modal")
    view(modals.form(shown, button, {"words": HOSTILE, "r": "tone"}, notice=HOSTILE * 100), "modal")
    view(modals.too_late("t" * 50, HOSTILE * 100, {"words": "x" * 4000, "r": ""}), "modal")
