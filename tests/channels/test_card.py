"""The neutral card: a view of a review at one version, with a form for every button that asks for something."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels import card, form, wording
from bot.channels.base import Click, Person, Place
from bot.channels.card import Card, Policy
from bot.channels.form import Unreadable
from bot.drafting.sentences import without
from bot.phrases import say
from bot.review.actions import (
    ACTS,
    BY_VERB,
    Action,
    Amended,
    Approve,
    Claim,
    Correct,
    Drafted,
    Edit,
    Escalate,
    Reason,
    Recall,
    Redraft,
    Reject,
    Releasing,
    Snooze,
    Start,
    Strike,
    Wake,
)
from bot.review.machine import Empty, Escalated, Forbidden, Held, OutOfTurn, Stale, TooLong, allowed, decide
from bot.review.model import CLOSED, SYSTEM, Decision, Draft, Mood, Role, Sentiment, Sign, Source, State
from tests.review.lives import ANA, DRAFT, KINDS, LEA, LIMIT, NOW, STANDING, WAYS, a, life, lines

BY = Person("web", "ana", "Ana")
POLICY = Policy(leads=("web:lea",))


def build(made: list[Decision], policy: Policy = POLICY, now: float = NOW, shown: int = 0) -> Card:
    """The card of a review after these decisions."""
    place = Place("web", "x")
    return card.build(made[-1].review, "Support", place, "Mia", (), lines(made), LIMIT, policy, now, shown)


def drawn(way: str) -> Card:
    """The card of a review that went this way."""
    made = life(*WAYS[way])
    return build(made)


@pytest.mark.parametrize("way", WAYS)
def test_a_card_can_be_drawn_of_every_review(way: str) -> None:
    """Wherever it stands: its version, its headline, and the buttons that count."""
    review, view = STANDING[way], drawn(way)
    assert (view.review, view.version, view.state) == (review.id, review.version, review.state)
    escalated = review.escalated and review.state is State.IN_REVIEW
    assert view.headline == (say("card.escalated") if escalated else say(f"state.{review.state.value}"))
    offered = [act for act in allowed(review, Role.LEAD) if act is not Strike or review.unsupported]
    assert [button.verb for button in view.buttons] == [act.verb for act in offered]
    assert view.opened_at == NOW
    assert view.sentiment == review.sentiment
    assert view.escalated == (review.escalated and not review.closed)
    assert view.history[0].text == "The customer wrote."
    assert view.problem == review.problem


@pytest.mark.parametrize("way", WAYS)
def test_every_button_on_a_card_can_be_pressed(way: str) -> None:
    """Filled in as its form asks, a click is a decision that the law takes."""
    review = STANDING[way]
    for button in drawn(way).buttons:
        fields = {f.name: f.value or (f.choices[0][0] if f.choices else "words") for f in button.fields}
        click = Click(review.id, review.version, button.verb, BY, fields)
        action = form.action_of(click, review, LEA, NOW + 10**6, LIMIT, 0.0, without)
        assert type(action) is BY_VERB[button.verb]
        assert decide(review, action).review.version == review.version + 1


ASKED: dict[type[Any], list[str]] = {
    Edit: ["words"],
    Redraft: ["instruction"],
    Reject: ["reason", "note"],
    Escalate: ["note"],
    Snooze: ["minutes"],
    Correct: ["feeling"],
    Strike: ["sentence"],
}


@pytest.mark.parametrize("act", ACTS)
def test_a_button_asks_for_what_its_decision_needs(act: type[Any]) -> None:
    """Words, an instruction, a reason, a note, a time or a feeling; an approval and the like ask for nothing."""
    button = form.button(act, STANDING["in review"], LIMIT)
    assert [field.name for field in button.fields] == ASKED.get(act, [])
    if act is Edit:
        assert (button.fields[0].value, button.fields[0].limit) == (DRAFT.reply, LIMIT)
    if act is Reject:
        assert [value for value, _ in button.fields[0].choices] == [reason.value for reason in Reason]
        assert (button.fields[0].required, button.fields[1].required) == (True, False)


def test_only_a_sentence_that_nothing_bears_out_can_be_taken_out() -> None:
    """Its place in the draft names it; once it is gone, and for one that a source has, the click is refused."""
    review = STANDING["in review"]
    button = form.button(Strike, review, LIMIT)
    assert button.fields[0].choices == (("1", "It costs nothing."),)
    struck = form.action_of(
        Click("r1", review.version, "strike", BY, {"sentence": "1"}), review, ANA, NOW, LIMIT, 0.0, without
    )
    after = decide(review, struck).review
    assert after.words == "Hello Mia, you can change the address until the parcel leaves."
    assert (after.state, after.release) == (State.IN_REVIEW, 0)
    for sentence in ("0", "2", "-1", "x", ""):
        with pytest.raises(Unreadable):
            form.action_of(
                Click("r1", review.version, "strike", BY, {"sentence": sentence}), review, ANA, NOW, LIMIT, 0.0, without
            )
    with pytest.raises(Unreadable):
        form.action_of(
            Click("r1", after.version, "strike", BY, {"sentence": "1"}), after, ANA, NOW, LIMIT, 0.0, without
        )
    with pytest.raises(Stale):
        decide(
            after,
            form.action_of(
                Click("r1", review.version, "strike", BY, {"sentence": "1"}), after, ANA, NOW, 1, 0.0, without
            ),
        )


def test_a_release_is_held_to_the_channel_and_the_desk() -> None:
    """The limit and the hold come from the settings, never from the click."""
    click = Click("r1", 3, "approve", BY, {"limit": "999999", "hold": "0"})
    action = form.action_of(click, STANDING["in review"], ANA, NOW, 17, 5.0, without)
    assert isinstance(action, Releasing)
    assert (action.limit, action.hold, action.seen, action.by) == (17, 5.0, 3, ANA)


def test_the_buttons_stand_as_a_support_agent_reaches_for_them() -> None:
    """The reply first, then who is on it; what is needed less often stands aside."""
    buttons = drawn("in review").buttons
    assert [button.label for button in buttons if not button.aside] == [
        *("Approve & send", "Edit", "Reject", "Redraft", "I am on it"),
    ]
    assert [button.label for button in buttons if button.aside] == [
        *("Escalate to a lead", "Snooze", "Correct the sentiment", "Remove a sentence"),
    ]
    assert [button.style for button in buttons if button.style] == ["primary", "danger"]
    assert [(button.label, button.aside) for button in drawn("snoozed").buttons] == [("Bring back now", False)]


def test_a_review_that_somebody_is_on_can_be_taken_over() -> None:
    """The card names them, and offers everybody to take their place."""
    view = drawn("claimed")
    assert view.holder == "Ana"
    assert "Take over" in [button.label for button in view.buttons]
    assert drawn("escalated").holder == ""  # Ana was, and handed it on
    assert drawn("escalated, claimed").holder == "Lea"
    assert drawn("escalated, sent").holder == ""


def test_an_escalation_stays_on_the_card_until_it_is_decided() -> None:
    """With what the lead should know, also when another draft was made since."""
    assert drawn("escalated").escalation == "Escalated to the leads by Ana: “too stiff”"
    redrafted = build(life(*WAYS["escalated"], Redraft, Start, Drafted))
    assert redrafted.escalation == "Escalated to the leads by Ana: “too stiff”"
    assert drawn("escalated, sent").escalation == ""
    made = life(*WAYS["in review"])
    silent = decide(made[-1].review, a(Escalate, made[-1].review, note=""))
    assert build([*made, silent]).escalation == "Escalated to the leads by Ana."


def test_without_a_lead_nobody_can_escalate() -> None:
    """A button that leads nowhere is not offered."""
    assert "escalate" not in [button.verb for button in build(life(*WAYS["in review"]), Policy()).buttons]


def test_the_leads_are_called_once() -> None:
    """When the card is drawn for the first time after the escalation, and not with every drawing since."""
    made = life(*WAYS["escalated"])
    assert build(made, shown=made[-2].review.version).calls == ("web:lea",)
    assert build(made, shown=made[-1].review.version).calls == ()
    later = life(*WAYS["escalated, claimed"])
    assert build(later, shown=later[-3].review.version).calls == ("web:lea",)
    assert build(later, shown=later[-2].review.version).calls == ()
    assert build(life(*WAYS["claimed"])).calls == ()


def test_a_snooze_is_one_of_a_few_and_ends_so_much_later() -> None:
    """The time counts from the click, by the desk's clock."""
    for minutes in ("30", "120", "480", "1440"):
        click = Click("r1", 3, "snooze", BY, {"minutes": minutes})
        action = form.action_of(click, STANDING["in review"], ANA, NOW, LIMIT, 0.0, without)
        assert isinstance(action, Snooze)
        assert action.until == NOW + int(minutes) * 60
    offered = form.button(Snooze, STANDING["in review"], LIMIT).fields[0].choices
    assert [value for value, _ in offered] == ["30", "120", "480", "1440"]
    for minutes in ("", "0", "-30", "31", "1e9", "½", "30 "):
        with pytest.raises(Unreadable, match="Choose for how long"):
            form.action_of(
                Click("r1", 3, "snooze", BY, {"minutes": minutes}), STANDING["in review"], ANA, NOW, LIMIT, 0.0, without
            )


def test_a_feeling_is_one_of_four_and_the_present_one_is_chosen_already() -> None:
    """In the words of the flag."""
    field = form.button(Correct, STANDING["in review"], LIMIT).fields[0]
    assert [value for value, _ in field.choices] == ["angry", "negative", "neutral", "positive"]
    assert field.value == "angry"
    assert form.button(Correct, STANDING["corrected"], LIMIT).fields[0].value == "positive"
    for feeling in ("", "sad", "ANGRY"):
        with pytest.raises(Unreadable, match="Choose how the customer sounds"):
            form.action_of(
                Click("r1", 3, "correct", BY, {"feeling": feeling}),
                STANDING["in review"],
                ANA,
                NOW,
                LIMIT,
                0.0,
                without,
            )


# --- what the desk wants


def _asked(draft: Draft, confirm: str, *more: type[Action]) -> str:
    """What the approval of this draft asks first."""
    drafting = life(*WAYS["drafting"])
    made = [*drafting, decide(drafting[-1].review, a(Drafted, drafting[-1].review, draft=draft))]
    for kind in more:
        made.append(decide(made[-1].review, a(kind, made[-1].review)))
    buttons = build(made, Policy(confirm=confirm)).buttons
    assert not [button.verb for button in buttons if button.confirm and button.verb != "approve"]
    return next(button.confirm for button in buttons if button.verb == "approve")


CALM = replace(DRAFT, sentiment=Sentiment(Mood.NEUTRAL, False, (), "model"), risks=(), statements=())
ONCE_MORE = "Read it once more before it goes out."


@pytest.mark.parametrize(
    ("draft", "doubt"),
    [
        (CALM, ""),
        (replace(CALM, sentiment=DRAFT.sentiment), "The customer is angry."),
        (replace(CALM, risks=("refund", "deadline")), "Risks: refund, deadline."),
        (replace(DRAFT, risks=("refund", "angry"), statements=()), "The customer is angry. Risks: refund."),
        (replace(CALM, sources=(Source("x", "X", False),)), "The draft leans on an internal article."),
        (replace(CALM, statements=DRAFT.statements), "Some of it stands in no source."),
        (replace(CALM, signs=(Sign("override", "message", "x"),)), "Somebody may have tried to steer the draft."),
    ],
)
def test_a_desk_can_want_an_approval_to_be_asked_twice(draft: Draft, doubt: str) -> None:
    """Never, when there is a reason to look again, or always; and the question says what the reason is."""
    assert _asked(draft, "never") == ""
    assert _asked(draft, "risky") == (f"{doubt} {ONCE_MORE}" if doubt else "")
    assert _asked(draft, "always") == f"{doubt} {ONCE_MORE}".strip()


def test_whom_a_person_found_calm_is_not_asked_about() -> None:
    """What counts is how the customer sounds to the person who said so."""
    angry = replace(CALM, sentiment=DRAFT.sentiment, risks=("angry",))
    assert _asked(angry, "risky", Correct) == ""


@pytest.mark.parametrize("way", WAYS)
def test_a_promise_holds_until_the_reply_is_out_of_our_hands(way: str) -> None:
    """The clock runs from the customer's message, however often it was drafted since, and while it is snoozed."""
    made = life(*WAYS[way])
    promise = Policy(within=60.0)
    state = made[-1].review.state
    due = None if state in (*CLOSED, State.RELEASED, State.SENDING) else NOW + 60
    for now, passed in ((NOW + 59.9, False), (NOW + 60, True)):
        view = build(made, promise, now)
        assert (view.deadline, view.overdue) == (due, due is not None and passed)
    assert (build(made, Policy(), NOW + 10**6).deadline, build(made, Policy(), NOW + 10**6).overdue) == (None, False)


@pytest.mark.parametrize("verb", ["", "Approve", "received", "depart", "delivered", "\x00", "approve "])
def test_a_step_that_is_no_decision_cannot_be_clicked(verb: str) -> None:
    """A forged click names a worker's or a customer's step: there is no such decision."""
    with pytest.raises(Unreadable, match="There is no decision called"):
        form.action_of(Click("r1", 3, verb, BY), STANDING["in review"], ANA, NOW, LIMIT, 0.0, without)


# --- what changed


@given(st.text(max_size=200), st.text(max_size=200))
@example("", "")
@example("one two", "one  two")
def test_a_comparison_gives_both_texts_back(before: str, after: str) -> None:
    """Nothing is lost or invented between two texts, and what is kept stands in both."""
    spans = card.compare(before, after)
    assert "".join(span.text for span in spans if span.kind != "added") == before
    assert "".join(span.text for span in spans if span.kind != "removed") == after
    assert {span.kind for span in spans} <= {"kept", "added", "removed"}
    assert all(span.text for span in spans)


def test_a_card_compares_what_was_released_with_what_was_drafted() -> None:
    """Only when a person changed it."""
    assert drawn("released").comparison == ()
    spans = drawn("released with edited words").comparison
    assert "".join(span.text for span in spans if span.kind != "added") == DRAFT.reply


def test_an_old_draft_is_no_measure() -> None:
    """An edit is compared with the draft it replaced, not with one before it."""
    way = (*WAYS["in review without words"], Edit)
    made = life(*way)
    view = build(made)
    assert view.comparison == ()


def test_what_changed_stays_until_somebody_decided_on_it() -> None:
    """Who takes the review on does not make the customer's news old; what has its own place is not told twice."""
    news = (*WAYS["in review"], Amended, Start, Drafted)
    assert build(life(*news)).changes == ("The customer wrote more.",)
    assert build(life(*news, Claim, Correct, Escalate)).changes == ("The customer wrote more.",)
    snoozed = build(life(*news, Snooze)).changes
    assert (snoozed[0], snoozed[1].partition(" until ")[0]) == ("The customer wrote more.", "Snoozed by Ana")
    asleep = life(*news, Snooze)
    over = decide(asleep[-1].review, a(Wake, asleep[-1].review, by=SYSTEM))
    assert build([*asleep, over]).changes == ("The customer wrote more.", "The snooze is over.")
    assert build(life(*news, Snooze, Wake)).changes[-1] == "Brought back by Ana."
    assert build(life(*news, Approve, Recall)).changes == ("Approved by Ana.", "Taken back by Ana.")


# --- sentences


@pytest.mark.parametrize("way", WAYS)
def test_every_step_has_its_sentence_or_none(way: str) -> None:
    """No template is left unfilled, whatever the step."""
    for line in lines(life(*WAYS[way])):
        told = wording.told(line)
        assert "{" not in told
        assert told == "" or told.endswith((".", "”"))


def test_a_name_is_never_a_template() -> None:
    """Somebody called {why} or %s is called that."""
    review = STANDING["in review"]
    odd = a(Reject, review, by=type(ANA)("web:x", "{reason} {0.__class__} %s", Role.AGENT))
    line = decide(review, odd).line
    assert wording.told(line) == "Rejected by {reason} {0.__class__} %s: tone."


def test_every_refusal_has_its_sentence() -> None:
    """Each says what to do now; none shows the name of an exception."""
    review, click = STANDING["in review"], Click("r1", 1, "approve", BY)
    history = lines(life(*WAYS["sent"]))
    said = {
        kind.__name__: wording.refused(kind(review), click, history)
        for kind in (Forbidden, Escalated, Empty, Held, OutOfTurn, Stale)
    } | {"TooLong": wording.refused(TooLong(review, 9, 5), click, history)}
    assert said["TooLong"] == "The reply has 9 characters; this channel takes 5. Shorten it by editing."
    assert said["Stale"].startswith("Approved by Ana. That was at ")
    assert said["Held"] == "Not yet. Try again in a moment."
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in said.values())


def test_a_refusal_tells_of_the_decision_before_anything_else() -> None:
    """Whoever pressed too late wants to know what became of the reply, not who took the review on."""
    review, click = STANDING["in review"], Click("r1", 3, "approve", BY)
    approved = lines(life(*WAYS["claimed"], Approve))
    assert wording.refused(Stale(review), click, approved).startswith("Approved by Ana. That was at ")
    claimed = lines(life(*WAYS["claimed"]))
    assert wording.refused(Stale(review), click, claimed).startswith("Ana is on it. That was at ")
    mended = lines(life(*WAYS["claimed"], Amended))
    assert wording.refused(Stale(review), click, mended).startswith("The customer wrote more. That was at ")


def test_a_snooze_into_another_day_says_which() -> None:
    """A time of day alone would be read as today's."""
    review = STANDING["in review"]
    for seconds, form_of in ((0.0, r"\d\d:\d\d"), (86_400.0, r"\d{4}-\d\d-\d\d \d\d:\d\d")):
        line = decide(review, a(Snooze, review, at=NOW, until=NOW + seconds)).line
        assert re.fullmatch(rf"Snoozed by Ana until {form_of}\.", wording.told(line))


def test_a_refusal_without_news_says_only_that_it_is_too_late() -> None:
    """Nothing happened after the card was drawn: there is nobody to name."""
    review = STANDING["in review"]
    history = lines(life(*WAYS["in review"]))
    assert wording.refused(OutOfTurn(review), Click("r1", 3, "recall", BY), history) == (
        "That is not possible any more. Look at the card again."
    )


@given(st.floats(0, 4e9))
def test_times_read_as_people_write_them(at: float) -> None:
    """A time of day for cards, an ISO date in UTC for the drafter."""
    assert len(wording.time(at)) == 5
    assert wording.date(at) == datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


@pytest.mark.parametrize("way", [way for way, review in STANDING.items() if review.closed])
def test_a_closed_card_tells_what_came_of_it(way: str) -> None:
    """Who decided, and that it was sent or why not."""
    view = drawn(way)
    assert view.outcome
    assert view.changes == ()
    assert "on it" not in view.outcome
    assert ("Lea" if STANDING[way].escalated else "Ana") in view.outcome or STANDING[way].state is State.RETIRED


def test_every_kind_of_step_was_told() -> None:
    """The ways these tests go contain every step there is."""
    taken = {kind for way in WAYS.values() for kind in way}
    assert {kind.__name__ for kind in set(KINDS) - taken} == {"Recall", "Yielded"}


def test_nothing_is_said_twice() -> None:
    """Why there is no draft stands once; once words are on their way, what came of it stands there, not what changed."""
    blank = drawn("in review without words")
    assert blank.problem
    assert blank.note != blank.problem
    assert drawn("released").outcome
    assert drawn("released").changes == ()


def test_without_words_the_first_thing_to_do_is_to_write_them() -> None:
    """The button says so, and nothing can be approved."""
    first = drawn("in review without words").buttons[0]
    assert (first.verb, first.label, first.style) == ("edit", say("card.write"), "primary")
    assert drawn("in review").buttons[0].verb == "approve"
