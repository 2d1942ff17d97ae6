"""What a step changes on a review besides its state and version."""

from __future__ import annotations

import pytest

from bot.review.actions import (
    Action,
    Amended,
    Approve,
    Claim,
    Correct,
    Delivered,
    Depart,
    Drafted,
    DraftFailed,
    Edit,
    Escalate,
    Lost,
    MarkSent,
    NotSent,
    Recall,
    Redraft,
    Reject,
    Renew,
    Resend,
    Snooze,
    Start,
    Strike,
    Undeliverable,
    Wake,
    Withdrawn,
    Yielded,
)
from bot.review.machine import TABLE, decide
from bot.review.model import Actor, Feeling, Mood, Review, Role, State
from tests.review.lives import ANA, BLANK, DRAFT, NOW, STANDING, WAYS, a, life

_IN_REVIEW = WAYS["in review"]
_SENDING = WAYS["sending"]

# Where a step begins, the step, and every field that then reads differently, besides `state` and `version`.
EFFECTS: list[tuple[str, type[Action], dict[str, object]]] = [
    ("received", Start, {"due": "lease", "claim": "version", "tries": 1}),
    ("drafting", Start, {"due": "lease", "claim": "version", "tries": 2}),
    ("drafting", Yielded, {"due": "at", "tries": 0}),
    ("drafting", Drafted, {"due": None, "tries": 0, "draft": DRAFT}),
    ("drafting", DraftFailed, {"due": "again", "tries": 0, "draft": BLANK, "problem": "why"}),
    ("in review", Approve, {"due": "at", "release": "version"}),
    ("in review", Edit, {"due": "at", "release": "version", "edited": "words"}),
    ("in review", Redraft, {"due": "at", "instruction": "instruction"}),
    ("in review", Amended, {"due": "due"}),
    ("in review", Claim, {"holder": "by"}),
    ("in review", Escalate, {"escalated": True}),
    ("in review", Correct, {"judged": "feeling"}),
    ("in review", Strike, {"edited": "words"}),
    ("in review", Snooze, {"due": "until"}),
    ("claimed", Escalate, {"escalated": True, "holder": ""}),
    ("claimed", Amended, {"due": "due"}),
    ("claimed", Redraft, {"due": "at", "instruction": "instruction"}),
    ("escalated", Amended, {"due": "due"}),
    ("escalated", Claim, {"holder": "by"}),
    ("corrected", Redraft, {"due": "at", "instruction": "instruction"}),
    ("corrected", Amended, {"due": "due", "judged": None}),
    ("snoozed", Wake, {"due": None}),
    ("snoozed", Amended, {"due": "due"}),
    ("snoozed", Withdrawn, {"due": None}),
    ("in review, refused", Approve, {"due": "at", "release": "version", "problem": ""}),
    ("in review without words", Amended, {"due": "due", "problem": ""}),
    ("released", Depart, {"due": "lease", "claim": "version", "tries": 1}),
    ("released", Recall, {"due": None, "release": 0}),
    ("released", Amended, {"due": "due", "release": 0}),
    ("released", Withdrawn, {"due": None, "release": 0}),
    ("released", Delivered, {"due": None}),
    ("released with edited words", Amended, {"due": "due", "release": 0, "edited": ""}),
    ("released again", Depart, {"due": "lease", "claim": "version", "tries": 2}),
    ("released again", Recall, {"due": None, "release": 0, "tries": 0, "problem": ""}),
    ("sending", Depart, {"due": "lease", "claim": "version", "tries": 2, "doubt": True}),
    ("sending", Amended, {"moved": 7}),
    ("sending", NotSent, {"due": "again", "problem": "why"}),
    ("sending", Undeliverable, {"due": None, "release": 0, "tries": 0, "problem": "why"}),
    ("sending", Lost, {"due": None, "problem": "why"}),
    ("sending in doubt", NotSent, {"due": "again", "problem": "why", "doubt": False}),
    ("sending, moved", NotSent, {"due": "at", "release": 0, "tries": 0, "moved": 0}),
    ("sending, moved", Undeliverable, {"due": "at", "release": 0, "tries": 0, "moved": 0}),
    ("stuck", Amended, {"moved": 7}),
    ("stuck", Resend, {"due": "at", "tries": 0, "problem": "", "doubt": False}),
    ("stuck", Delivered, {"problem": ""}),
    ("stuck", MarkSent, {"problem": ""}),
    ("in review without words", Reject, {"due": None}),
    ("in review without words", Renew, {"due": "at", "problem": ""}),
    ("in review without words", Claim, {"due": None, "holder": "by"}),
    ("in review without words", Escalate, {"due": None, "escalated": True}),
    ("in review without words", Correct, {"due": None, "judged": "feeling"}),
]


@pytest.mark.parametrize(("name", "kind", "changed"), EFFECTS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_step_changes_this_and_nothing_else(name: str, kind: type[Action], changed: dict[str, object]) -> None:
    """Every field that a step changes is written here, by value or by the name of what it takes its value from."""
    review = STANDING[name]
    action = a(kind, review)
    after = decide(review, action).review
    for field, value in changed.items():
        if isinstance(value, str) and value:
            named = {"version": after.version, "by": action.by.id}
            changed = changed | {field: named[value] if value in named else getattr(action, value)}
    differing = {name for name in Review._fields if getattr(after, name) != getattr(review, name)}
    assert differing - {"state", "version"} == set(changed)
    assert {field: getattr(after, field) for field in changed} == changed


def test_every_row_has_an_effect_written_for_it() -> None:
    """A row added to the table without an effect would fail at run time; here it fails before."""
    for row in TABLE:
        review = next(r for r in STANDING.values() if r.state is row.start and row.when(r))
        assert decide(review, a(row.step, review)).review.state is row.end


def test_a_draft_answers_the_instruction_and_replaces_a_persons_words() -> None:
    """Neither an old instruction nor old words survive into the next draft."""
    asked = life(*_IN_REVIEW, Edit, Recall, Redraft, Start)[-1].review
    assert (asked.instruction, asked.edited) == ("shorter", "Hello Mia, it is done.")
    drafted = decide(asked, a(Drafted, asked)).review
    assert (drafted.instruction, drafted.edited, drafted.words) == ("", "", DRAFT.reply)
    failed = decide(asked, a(DraftFailed, asked)).review
    assert (failed.instruction, failed.edited, failed.words) == ("", "", "")


def test_a_message_that_comes_while_the_words_are_away_is_remembered() -> None:
    """It cannot stop them any more, but it is not forgotten: the last one's number is kept until they are back."""
    review = STANDING["sending"]
    first = decide(review, a(Amended, review, message=8)).review
    second = decide(first, a(Amended, first, message=9)).review
    assert (second.state, second.moved, second.covers) == (State.SENDING, 9, 7)
    back = decide(second, a(NotSent, second)).review
    assert (back.state, back.moved, back.covers, back.due) == (State.RECEIVED, 0, 9, a(NotSent, second).at)


def test_a_further_message_moves_what_the_reply_has_to_answer() -> None:
    """`covers` follows the conversation, and the customer gets a new settling time."""
    review = STANDING["in review"]
    after = decide(review, a(Amended, review, message=11, due=NOW + 99)).review
    assert (after.covers, after.due) == (11, NOW + 99)


def test_doubt_lasts_until_somebody_has_looked() -> None:
    """A second attempt after silence looks before it speaks, and so does a third."""
    twice = life(*_SENDING, Depart)[-1].review
    thrice = decide(twice, a(Depart, twice)).review
    assert (twice.doubt, thrice.doubt) == (True, True)


def test_a_person_who_looked_ends_the_doubt() -> None:
    """A channel that cannot look would otherwise be asked to look again, and the words would never go."""
    sent_again = life(*WAYS["stuck"], Resend, Depart)[-1].review
    assert (sent_again.state, sent_again.doubt) == (State.SENDING, False)


# --- who is on it, and how the customer sounds


def test_who_is_on_a_review_locks_nobody_out() -> None:
    """A colleague takes it over, or decides without a word: whoever is away must not hold a customer up."""
    leo = Actor("web:leo", "Leo", Role.AGENT)
    claimed = STANDING["claimed"]
    taken_over = decide(claimed, a(Claim, claimed, by=leo)).review
    assert (claimed.holder, taken_over.holder) == (ANA.id, leo.id)
    assert decide(claimed, a(Approve, claimed, by=leo)).release is not None


def test_a_corrected_sentiment_outlives_the_draft_but_not_the_conversation() -> None:
    """Another draft of the same words sounds as the person said; with new words the drafter judges anew."""
    corrected = STANDING["corrected"]
    assert corrected.sentiment is not None
    assert (corrected.sentiment.mood, corrected.sentiment.angry) == (Mood.POSITIVE, False)
    assert (corrected.sentiment.cues, corrected.sentiment.judge) == ((), "person")
    redrafted = life(*WAYS["corrected"], Redraft, Start, Drafted)[-1].review
    assert redrafted.sentiment == corrected.sentiment
    amended = life(*WAYS["corrected"], Amended, Start, Drafted)[-1].review
    assert amended.sentiment == DRAFT.sentiment


@pytest.mark.parametrize("back", [NotSent, Undeliverable, Recall])
def test_a_correction_does_not_outlive_words_that_came_too_late(back: type[Action]) -> None:
    """The conversation went on while the words were away: what comes back is a new question."""
    way = (*WAYS["corrected"], Approve, Depart, Amended)
    review = life(*way, *((Lost, Resend, Recall) if back is Recall else (back,)))[-1].review
    assert (review.state, review.judged) == (State.RECEIVED, None)


@pytest.mark.parametrize("feeling", Feeling)
def test_a_corrected_sentiment_says_what_the_person_said(feeling: Feeling) -> None:
    """In the one word they chose; words that had shown something else show it no longer, those that fit stay."""
    review = STANDING["in review"]
    corrected = decide(review, a(Correct, review, feeling=feeling)).review.sentiment
    assert corrected is not None
    assert corrected.feeling is feeling
    assert corrected.cues == (DRAFT.sentiment.cues if feeling is Feeling.ANGRY else ())


def test_nobody_sounds_like_anything_before_there_is_a_draft() -> None:
    """A review that waits for its draft has no sentiment."""
    assert STANDING["received"].sentiment is None
