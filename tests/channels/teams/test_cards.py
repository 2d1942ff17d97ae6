"""Cards: whole, small enough, and nothing in them that anybody else wrote is anything but letters."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from bot.channels.base import Message, Person, Speaker
from bot.channels.card import Card
from bot.channels.checks import Check, Span
from bot.channels.form import Button, Field
from bot.channels.teams import cards
from bot.channels.teams.buttons import pressed
from bot.review.model import Mood, Sentiment, Source, State, Translation
from tests.channels.slack.cards import APPROVE, EDIT, FIFTY, HOSTILE, REJECT, any_card, card
from tests.doubles.teams.kit import walk
from tests.doubles.teams.kit.cards import advice, problems

LINK = "https://countersign.example/audit/01REVIEW"
CLAIM = Button("claim", "I am on it")
REDRAFT = Button("redraft", "Redraft", "", (Field("instruction", "What should be different?", limit=1000, lines=2),))
SNOOZE = Button(
    "snooze", "Snooze", "", (Field("minutes", "For how long?", choices=(("30", "30 minutes"),)),), aside=True
)
LEAD = Button("escalate", "Escalate", "", (Field("note", "What?", limit=1000, required=False, lines=2),), aside=True)
ALL = (APPROVE, EDIT, REJECT, REDRAFT, CLAIM, LEAD, SNOOZE)
# What only stands in runs and boxes, where Teams makes nothing of it.
VERBATIM = ("TextRun", "Input.Text")


def texts(drawn: dict[str, Any], *kinds: str) -> str:
    """All that can be read on a card, or only what stands in elements of these kinds."""
    return "\n".join(text for kind, text in walk.texts(drawn) if not kinds or kind in kinds)


def actions(drawn: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """What can be pressed."""
    return [one for one, _ in walk.actions(drawn) if not kinds or one["type"] in kinds]


def shown(drawn: dict[str, Any], title: str) -> dict[str, Any]:
    """What opens beneath a button."""
    (found,) = [one for one in actions(drawn, "Action.ShowCard") if one["title"] == title]
    opened: dict[str, Any] = found["card"]
    return opened


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_card)
def test_any_card_is_one_that_teams_takes(card: Card) -> None:
    """Whatever people and models write, and each of the smaller drawings too."""
    for drawing in (cards.drawn, cards.small, cards.bare):
        drawn = drawing(card, LINK)
        assert problems(drawn) == []
        assert advice(drawn) == []
    assert cards.weight(cards.drawn(card, LINK)) <= 25_000


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_card)
def test_the_words_of_others_stand_where_nothing_is_made_of_them(card: Card) -> None:
    """Not in a TextBlock, which shows Markdown links and swallows tags, nor in a FactSet."""
    drawn = cards.drawn(replace(card, customer="Mallory [x](https://evil.example)", desk="*Desk*"), LINK)
    for kind, text in walk.texts(drawn):
        if kind in ("TextBlock", "FactSet"):
            assert re.fullmatch(r"Opened [^·]+( · Reply (was )?due .+)?", text), text


def test_a_card_shows_what_a_decision_needs() -> None:
    """Who wrote what and how it sounds, the draft and what it leans on, until when, and what was done."""
    drawn = cards.drawn(card(buttons=ALL, deadline=1790003601.0, holder="Ben", escalation="Ana asked a lead."), LINK)
    read = texts(drawn)
    for words in (
        "😡 Needs a decision · Mia",
        "Nordlys support",
        "Where is my parcel?",
        "Angry: “Where is”",
        "English",
        "Delivery",
        "⚠ refund",
        "The parcel left on Monday.",
        "Delivery · Limits (internal)",
        "support_reply@1 · Offline drafter",
        "Ana asked a lead.",
        "Ben",
        "{{DATE(2026-09-21T14:13:21Z,SHORT)}} {{TIME(2026-09-21T14:13:21Z)}}",
        "Reply due",
    ):
        assert words in read, words
    assert drawn["body"][0]["style"] == "attention"


def test_an_approval_is_one_click_and_carries_what_was_read() -> None:
    """Ids and a version; old clients send the same, and nothing that was typed elsewhere goes along."""
    drawn = cards.drawn(card(buttons=ALL), LINK)
    (approve,) = [one for one in actions(drawn, "Action.Execute") if one["verb"] == "approve"]
    assert approve["style"] == "positive"
    assert approve["associatedInputs"] == "none"
    data = {"verb": "approve", "review": "01REVIEW", "version": 3}
    assert approve["data"] == approve["fallback"]["data"] == data
    for value in ({"action": {"type": "Action.Execute", "verb": "approve", "data": data}}, data):
        found = pressed(value)
        assert found is not None
        assert (found.verb, found.review, found.version, found.fields) == ("approve", "01REVIEW", 3, {})


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"verb": "approve"},
        {"verb": "approve", "review": "01REVIEW"},
        {"verb": "approve", "review": "01REVIEW", "version": "3"},
        {"verb": "approve", "review": "01REVIEW", "version": True},
        {"verb": 1, "review": "01REVIEW", "version": 3},
        {"action": "approve"},
    ],
)
def test_a_press_that_is_none_of_ours_is_none(value: dict[str, Any]) -> None:
    """Anybody can post a card of their own into a channel."""
    assert pressed(value) is None


def test_a_reply_is_edited_on_the_card() -> None:
    """The draft stands in the box; what is typed comes back under the field's own name."""
    drawn = cards.drawn(card(buttons=ALL), LINK)
    form = shown(drawn, "Edit")
    (box,) = form["body"]
    assert (box["type"], box["isMultiline"], box["value"]) == ("Input.Text", True, "The parcel left on Monday.")
    (send,) = form["actions"]
    found = pressed({"action": {"data": {**send["data"], box["id"]: "On Tuesday.", "reject_note": "other", "x": 1}}})
    assert found is not None
    assert (found.verb, found.fields) == ("edit", {"words": "On Tuesday."})


def test_a_rejection_asks_why() -> None:
    """One of the reasons has to be chosen, and a note may be added."""
    reason, note = shown(cards.drawn(card(buttons=ALL), LINK), "Reject")["body"]
    assert [one["value"] for one in reason["choices"]] == ["facts", "tone"]
    assert (reason["isRequired"], note.get("isRequired")) == (True, None)


def test_what_is_needed_less_often_stands_behind_one_button() -> None:
    """Each with its own fields, none of which keeps the others from being pressed."""
    drawn = cards.drawn(card(buttons=ALL), LINK)
    titles = [one["title"] for one in drawn["actions"]]
    assert titles == ["Approve & send", "Edit", "Reject", "Redraft", "I am on it", "More"]
    assert "The whole story" in [one.get("title") for one in actions(shown(drawn, "More"))]
    more = shown(drawn, "More")
    assert [one["verb"] for one in actions(more, "Action.Execute")] == ["escalate", "snooze"]
    assert not [one for one, _ in walk.inputs(more) if one.get("isRequired")]
    ids = [one["id"] for one, _ in walk.inputs(drawn)]
    assert len(ids) == len(set(ids))


def test_an_approval_that_asks_back_is_two_clicks() -> None:
    """The question stands beneath the button, and the second one counts."""
    asking = replace(APPROVE, confirm="The customer is angry. Read it once more.")
    drawn = cards.drawn(card(buttons=(asking,)), LINK)
    form = shown(drawn, "Approve & send")
    assert "The customer is angry." in texts(form)
    assert [one["verb"] for one in form["actions"]] == ["approve"]
    assert not [one for one in drawn["actions"] if one["type"] == "Action.Execute"]


def test_a_decided_card_has_nothing_to_press_but_its_page() -> None:
    """What came of it, and what was changed, struck and underlined."""
    spans = (Span("kept", "On "), Span("removed", "Monday"), Span("added", "Tuesday"), Span("kept", ".\n\nBye"))
    done = card(state=State.SENT, buttons=(), outcome="Edited by Ana. Delivered.", comparison=spans)
    drawn = cards.drawn(done, LINK)
    assert [one["type"] for one in actions(drawn)] == ["Action.OpenUrl"]
    runs = {one["text"]: one for one, _ in walk.everything(drawn) if one["type"] == "TextRun"}
    assert runs["Monday"]["strikethrough"]
    assert runs["Tuesday"]["underline"]
    assert "✔ Edited by Ana. Delivered." in runs
    assert drawn["body"][0]["style"] == "good"


def test_a_long_message_is_cut_with_a_link_to_the_whole() -> None:
    """Of five messages the last is shown at greatest length; how many are not shown is said."""
    mia = Person("teams", "m", "Mia")
    said = tuple(Message(n, str(n), Speaker.CUSTOMER, mia, f"{n} " + "long " * 900, float(n)) for n in range(1, 9))
    drawn = cards.drawn(card(messages=said), LINK)
    assert "Earlier messages, not shown: 3" in texts(drawn)
    (link, *_) = [one for one, _ in walk.everything(drawn) if one.get("text") == "Read the whole message"]
    assert link["selectAction"] == {"type": "Action.OpenUrl", "url": LINK}
    assert cards.weight(drawn) <= 25_000


def test_a_text_that_no_box_can_hold_is_edited_on_its_page() -> None:
    """Another channel may allow longer replies than Teams has room for."""
    edit = replace(EDIT, fields=(replace(EDIT.fields[0], value="x" * 6000),))
    drawn = cards.drawn(card(buttons=(APPROVE, edit)), LINK)
    assert {"type": "Action.OpenUrl", "title": "Edit", "url": LINK} in drawn["actions"]
    assert "approve" in [one.get("verb") for one in drawn["actions"]]


@pytest.mark.parametrize("letter", ["x", "é", "日", "👩", '"', "\\"])
def test_the_longest_reply_fits_in_any_script(letter: str) -> None:
    """Read, and in the box to be edited."""
    edit = replace(EDIT, fields=(replace(EDIT.fields[0], value=letter * 3000),))
    drawn = cards.drawn(card(reply=letter * 3000, buttons=(edit, *ALL)), LINK)
    assert cards.weight(drawn) <= 25_000
    assert letter * 3000 in texts(drawn, "Input.Text")


def test_hostile_words_stay_words() -> None:
    """In every place where somebody else's words can stand."""
    mood = Sentiment(Mood.NEGATIVE, True, (HOSTILE,), "model")
    everywhere: dict[str, Any] = dict.fromkeys(("customer", "reply", "intent", "note", "problem", "outcome"), HOSTILE)
    drawn = cards.drawn(
        card(**everywhere, sentiment=mood, risks=(HOSTILE,), sources=(Source("a", HOSTILE, True),)), LINK
    )
    assert problems(drawn) == []
    assert "evil.example" not in "".join(text for kind, text in walk.texts(drawn) if kind not in VERBATIM)
    assert "\x00" not in json.dumps(drawn)
    assert not [one for one, _ in walk.everything(drawn) if one.get("url", LINK) != LINK]


def test_the_answers_to_a_click_have_the_shapes_that_teams_reads() -> None:
    """A card, a sentence, or an error with its code."""
    drawn = cards.drawn(card(), LINK)
    assert cards.shown(drawn) == {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": drawn}
    assert cards.told("Done.")["value"] == "Done."
    assert cards.failed(400, "Bad", "No.")["value"] == {"code": "Bad", "message": "No."}


LOOK = "Look at this before it goes out"
SENTENCES = (Check("The draft may have been steered."), Check("No source says: “It is free.”", {"sentence": "3"}))


def test_what_to_look_at_stands_under_one_heading() -> None:
    """What can be taken out has a button that names it, for new clients and for old ones."""
    drawn = cards.drawn(card(buttons=ALL, checks=SENTENCES), LINK)
    assert texts(drawn).count(LOOK) == 1
    (remove,) = [one for one in actions(drawn, "Action.Execute") if one["title"] == "Remove"]
    for value in ({"action": remove}, remove["fallback"]["data"]):
        found = pressed(value)
        assert found is not None
        assert (found.verb, found.review, found.version, found.fields) == ("strike", "01REVIEW", 3, {"sentence": "3"})
    assert remove["associatedInputs"] == remove["fallback"]["associatedInputs"] == "none"
    assert LOOK not in texts(cards.drawn(card(buttons=ALL), LINK))


def test_fifty_sentences_leave_room_for_the_rest() -> None:
    """The first six are shown and the others counted; the draft and the buttons keep their place."""
    drawn = cards.drawn(card(buttons=ALL, checks=FIFTY), LINK)
    assert (problems(drawn), advice(drawn)) == ([], [])
    assert [one["title"] for one in actions(drawn, "Action.Execute")].count("Remove") == 6
    for words in ("And 44 more.", "The parcel left on Monday."):
        assert words in texts(drawn)
    assert "approve" in [one["verb"] for one in actions(drawn, "Action.Execute")]


def test_a_translation_stands_below_what_it_is_of() -> None:
    """Both of them; once a person changed the reply, only that of the message."""
    both = Translation("en", "Where is it?", "It left.")
    for translation, count in ((both, 2), (replace(both, reply=""), 1)):
        read = texts(cards.drawn(card(translation=translation, hidden="Not shown: IBAN."), LINK))
        assert read.count("In English") == count
        assert read.index("Where is my parcel?") < read.index("Where is it?") < read.index("The parcel left on Monday.")
        assert "Not shown: IBAN." in read
