"""Whatever a card holds, Slack takes it, and nothing that a person wrote is parsed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings

from bot.channels.base import Message, Speaker
from bot.channels.card import Card
from bot.channels.checks import Check, Span
from bot.channels.slack import blocks
from bot.channels.slack.buttons import chosen, name_and_value, pressed
from bot.channels.slack.words import escaped
from bot.review.model import Mood, Sentiment, State, Translation
from tests.channels.slack.cards import APPROVE, CLAIM, EDIT, ESCALATE, FIFTY, HOSTILE, MIA, SNOOZE, any_card, card
from tests.doubles.slack.kit.blocks import message_blocks

LINK = "http://127.0.0.1:8080/audit/01REVIEW"


def inside(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the blocks."""
    if isinstance(value, list):
        for one in value:
            yield from inside(one)
    elif isinstance(value, dict):
        yield value
        for one in value.values():
            yield from inside(one)


def read(made: list[dict[str, Any]]) -> str:
    """Everything that can be read on a card."""
    return "\n".join(one["text"] for one in inside(made) if isinstance(one.get("text"), str))


@settings(max_examples=300, deadline=None)
@given(any_card)
@example(card(buttons=(replace(APPROVE, confirm="\x00"),)))
def test_any_card_is_within_every_limit(shown: Card) -> None:
    """The card, the smaller one and the bare one are blocks that Slack takes, whatever the card holds."""
    for drawing in (blocks.blocks, blocks.small, blocks.bare):
        made = drawing(shown, LINK)
        message_blocks(made)
        assert blocks.weight(made) <= 13_000
        json.dumps(made).encode("utf-8")


@settings(max_examples=300, deadline=None)
@given(any_card)
def test_nothing_on_any_card_addresses_anybody(shown: Card) -> None:
    """No mention, broadcast, channel, emoji or masked link comes from what is written on a card."""
    for one in inside(blocks.blocks(shown, LINK)):
        assert one.get("type") not in ("user", "broadcast", "channel", "usergroup", "emoji", "team", "markdown")
        if one.get("type") == "mrkdwn":
            rest = one["text"].replace(f"<{LINK}|", "").replace("<#C0SUPPORT>", "")
            assert "<" not in rest.replace("<!date^", "")
    said = blocks.summary(shown)
    assert len(said) <= 3000
    assert "<" not in said
    assert ">" not in said


def test_a_card_shows_what_a_decision_needs() -> None:
    """The customer's words, how they sound, the draft, its sources and who made it."""
    said = read(blocks.blocks(card(), LINK))
    for shown in ("Needs a decision", "Mia", "Where is my parcel?", "Angry", "“Where is”", "English", "refund"):
        assert shown in said
    for shown in (
        "The parcel left on Monday.",
        "Delivery",
        "Limits (internal)",
        "support_reply@1",
        "Offline drafter",
        LINK,
    ):
        assert shown in said
    assert "Opened <!date^1790000001^{date_short_pretty} {time}|" in said
    for absent in ("Reply due", "Overdue", "on it", "Escalated", "corrected"):
        assert absent not in said


def test_a_card_says_who_has_it_and_who_is_to_decide() -> None:
    """Whoever is on it, and why it was handed to the leads; both stand there also for those who only hear the card."""
    shown = card(holder="Ana", escalation="Escalated to the leads by Leo: “a lawyer writes”")
    said = read(blocks.blocks(shown, LINK))
    assert "✋ Ana is on it" in said
    assert "⬆ Escalated to the leads by Leo: “a lawyer writes”" in said
    assert "a lawyer writes" in blocks.summary(shown)


@pytest.mark.parametrize("overdue", [False, True])
def test_a_promise_stands_on_the_card(overdue: bool) -> None:
    """When the reply is due, in the reader's own time; once that has passed, in the headline."""
    shown = card(deadline=1790003601.5, overdue=overdue)
    made = blocks.blocks(shown, LINK)
    date = "<!date^1790003601^{date_short_pretty} {time}|"
    assert (f"*Reply was due* {date}" if overdue else f"Reply due {date}") in read(made)
    assert made[0]["text"]["text"].startswith("⏰ 😡 Overdue · " if overdue else "😡 Needs a decision")
    assert blocks.summary(shown).startswith("Overdue · Needs" if overdue else "Needs")


def test_a_corrected_sentiment_says_so() -> None:
    """What a person said of the customer is not the model's finding any more."""
    shown = card(sentiment=Sentiment(Mood.NEUTRAL, False, (), "person"))
    made = blocks.blocks(shown, LINK)
    assert "😐 Neutral · corrected by a person · English" in read(made)
    assert made[0]["text"]["text"].startswith("😐")


def test_a_hostile_message_is_shown_as_it_reads() -> None:
    """Mentions, markup and Block Kit in a message are letters on the card, without what Slack cannot carry."""
    message = Message(1, "1", Speaker.CUSTOMER, MIA, HOSTILE, 1.0)
    made = blocks.blocks(card(messages=(message,)), LINK)
    quote = next(one for one in inside(made) if one.get("type") == "rich_text_quote")
    assert quote["elements"] == [{"type": "text", "text": HOSTILE.removesuffix("\x00\ud800").strip()}]


def test_buttons_carry_the_version_they_were_drawn_for() -> None:
    """A click tells the review and the version; one that asks for something first is told from one that decides."""
    actions = blocks.blocks(card(), LINK)[-1]
    assert [(one["action_id"], one["value"]) for one in actions["elements"]] == [
        ("decide.approve", "01REVIEW:3"),
        ("ask.edit", "01REVIEW:3"),
        ("ask.reject", "01REVIEW:3"),
    ]
    assert pressed("01REVIEW:3") == ("01REVIEW", 3)


def test_what_is_needed_less_often_stands_in_one_menu() -> None:
    """After the decisions, with the link to copy; an option carries what a button of its own would."""
    shown = card(buttons=(APPROVE, CLAIM, ESCALATE, SNOOZE))
    *buttons, menu = blocks.blocks(shown, LINK)[-1]["elements"]
    assert [one["action_id"] for one in buttons] == ["decide.approve", "decide.claim"]
    assert [(one["text"]["text"], one["value"]) for one in menu["options"]] == [
        ("Escalate to a lead", "ask.escalate 01REVIEW:3"),
        ("Snooze", "ask.snooze 01REVIEW:3"),
        ("Copy link", "copy 01REVIEW:3"),
    ]
    assert name_and_value({"action_id": "menu", "selected_option": menu["options"][1]}) == ("ask.snooze", "01REVIEW:3")
    without = blocks.blocks(shown, "")[-1]["elements"][-1]
    assert [one["text"]["text"] for one in without["options"]] == ["Escalate to a lead", "Snooze"]


def test_a_menu_takes_five_and_the_link_is_one_of_them() -> None:
    """Slack takes no more options."""
    asides = tuple(replace(SNOOZE, verb=f"verb{number}") for number in range(9))
    menu = blocks.blocks(card(buttons=(APPROVE, *asides)), LINK)[-1]["elements"][-1]
    assert [one["value"].partition(" ")[0] for one in menu["options"]] == [*(f"ask.verb{n}" for n in range(4)), "copy"]


def test_a_card_without_anything_aside_has_no_menu() -> None:
    """The link alone stands on the card already."""
    assert [one["type"] for one in blocks.blocks(card(buttons=(APPROVE,)), LINK)[-1]["elements"]] == ["button"]


@pytest.mark.parametrize(
    ("place", "spot"),
    [("slack:C0SUPPORT", "<#C0SUPPORT>"), ("teams:19:4a95f7@thread.tacv2", "Teams"), ("web:support", "Web")],
)
def test_where_it_was_asked_is_said_in_words(place: str, spot: str) -> None:
    """A channel of Slack is a link; for another chat its own id says nothing to anybody."""
    told = [one["text"] for one in inside(blocks.blocks(card(place=place), LINK)) if one.get("type") == "mrkdwn"]
    assert spot in told
    assert place.partition(":")[2] not in told[1].replace(spot, "")


def test_an_approval_asks_back_where_the_desk_wants_it() -> None:
    """In Slack's own dialog, cut at its limits; other buttons do not ask."""
    doubtful = replace(APPROVE, confirm="The customer is angry. Read it once more before it goes out.")
    approve, edit = blocks.blocks(card(buttons=(doubtful, EDIT)), LINK)[-1]["elements"]
    assert {name: one["text"] for name, one in approve["confirm"].items()} == {
        "title": "Send this reply?",
        "text": "The customer is angry. Read it once more before it goes out.",
        "confirm": "Yes, send it",
        "deny": "Not yet",
    }
    assert "confirm" not in edit
    assert "confirm" not in blocks.blocks(card(), LINK)[-1]["elements"][0]


@pytest.mark.parametrize("value", ["", ":", "x", "x:", ":3", "x:y", "x:-1", "x:²", "x:99999999999"])
def test_a_forged_value_is_no_review(value: str) -> None:
    """What was not made by a button of ours is not read as one."""
    assert pressed(value) is None


def test_a_decided_card_has_no_buttons_and_says_what_came_of_it() -> None:
    """Buttons go with the decision."""
    made = blocks.blocks(card(state=State.REJECTED, buttons=(), outcome="Rejected by Ana: tone."), LINK)
    assert not [one for one in made if one["type"] == "actions"]
    assert "Rejected by Ana: tone." in read(made)


def test_a_long_text_is_cut_and_the_card_says_so() -> None:
    """What does not fit is on the review's page, and the card says how much there is."""
    said = read(blocks.blocks(card(reply="a" * 3500), LINK))
    assert "a" * 2000 in said
    assert "a" * 3001 not in said
    assert "3500 characters" in said


def test_an_edited_reply_is_compared_with_the_draft() -> None:
    """What a person took out is struck, what they added is bold."""
    spans = (Span("kept", "It left on "), Span("removed", "Monday"), Span("added", "Tuesday"))
    made = blocks.blocks(card(comparison=spans), LINK)
    styled = {one["text"]: one.get("style") for one in inside(made) if one.get("type") == "text"}
    assert styled["Monday"] == {"strike": True}
    assert styled["Tuesday"] == {"bold": True}


def test_a_card_without_a_draft_says_why() -> None:
    """No draft is no silence."""
    shown = card(reply="", problem="Nothing in the knowledge base answers this.", buttons=())
    assert "Nothing in the knowledge base answers this." in read(blocks.blocks(shown, LINK))
    assert "Nothing in the knowledge base answers this." in blocks.summary(shown)


def test_many_buttons_are_cut_at_slacks_limit() -> None:
    """An actions block takes 25 elements; the menu keeps its place."""
    buttons = tuple(replace(APPROVE, verb=f"verb{number}") for number in range(40))
    assert len(blocks.blocks(card(buttons=buttons), LINK)[-1]["elements"]) == 25
    both = blocks.blocks(card(buttons=(*buttons, SNOOZE)), LINK)[-1]["elements"]
    assert [one["type"] for one in both] == ["button"] * 24 + ["overflow"]


def test_the_summary_is_the_card_in_words() -> None:
    """Screen readers are promised nothing but `text`."""
    said = blocks.summary(card(customer="Mia & <Co>"))
    assert escaped("Mia & <Co>: Where is my parcel?") in said
    assert "Draft: The parcel left on Monday." in said


def test_a_comparison_shows_what_changed_and_what_stands_beside_it() -> None:
    """Not the whole reply once more."""
    same = "The parcel left on Monday and is on its way. " * 10
    spans = (Span("kept", same), Span("removed", "soon"), Span("added", "on Friday"))
    said = read(blocks.blocks(card(comparison=spans), LINK))
    assert "soon" in said
    assert "on Friday" in said
    assert " … " in said
    assert same not in said


LOOK = "Look at this before it goes out"
SENTENCES = (Check("The draft may have been steered."), Check("No source says: “It is free.”", {"sentence": "3"}))


def test_what_to_look_at_stands_under_one_heading() -> None:
    """What can be taken out has a button that names it and carries the version; the rest is a list."""
    made = blocks.blocks(card(checks=SENTENCES), LINK)
    assert read(made).count(LOOK) == 1
    (section,) = [one for one in made if one["type"] == "section"]
    assert section["text"]["text"] == "No source says: “It is free.”"
    button = section["accessory"]
    assert (button["action_id"], button["value"], button["text"]["text"]) == ("decide.strike.3", "01REVIEW:3", "Remove")
    assert chosen(button["action_id"]) == ("strike", {"sentence": "3"})
    assert chosen("decide.approve") == ("approve", {})
    assert LOOK not in read(blocks.blocks(card(), LINK))


def test_fifty_sentences_leave_room_for_the_rest() -> None:
    """The first six are shown and the others counted; the draft and the buttons keep their place."""
    made = blocks.blocks(card(checks=FIFTY), LINK)
    message_blocks(made)
    assert len([one for one in made if "accessory" in one]) == 6
    said = read(made)
    for words in ("And 44 more.", "The parcel left on Monday.", "Approve & send"):
        assert words in said


def test_a_translation_stands_below_what_it_is_of() -> None:
    """Both of them; once a person changed the reply, only that of the message."""
    both = Translation("en", "Where is it?", "It left.")
    for translation, count in ((both, 2), (replace(both, reply=""), 1)):
        said = read(blocks.blocks(card(translation=translation, hidden="Not shown: IBAN."), LINK))
        assert said.count("In English") == count
        assert said.index("Where is my parcel?") < said.index("Where is it?") < said.index("The parcel left on Monday.")
        assert "Not shown: IBAN." in said
