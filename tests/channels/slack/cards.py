"""Cards made by hand, and any card that hypothesis can think of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from bot.channels.base import Message, Person, Speaker
from bot.channels.card import Card, Step
from bot.channels.checks import Check, Span
from bot.channels.form import Button, Field
from bot.review.model import Mood, Sentiment, Source, State, Translation, Usage

MIA = Person("slack", "U0MIA", "Mia")
EDIT = Button("edit", "Edit", "", (Field("words", "Reply", "The parcel left on Monday.", limit=2900, lines=8),))
REASONS = (("facts", "Wrong facts"), ("tone", "Tone"))
REJECT = Button(
    "reject",
    "Reject",
    "danger",
    (Field("reason", "Why?", choices=REASONS), Field("note", "Anything to add", limit=1000, required=False, lines=2)),
)
APPROVE = Button("approve", "Approve & send", "primary")
CLAIM = Button("claim", "I am on it")
SNOOZE = Button(
    "snooze", "Snooze", fields=(Field("minutes", "For how long?", choices=(("30", "30 minutes"),)),), aside=True
)
ESCALATE = Button(
    "escalate", "Escalate to a lead", fields=(Field("note", "Note", limit=1000, required=False, lines=2),), aside=True
)
HOSTILE = (
    '<!channel> <@U0ANA> <https://evil.example|nordlys.example> *bold* :tada: {"type":"actions"} &amp; \u202e\x00\ud800'
)


def card(**more: Any) -> Card:
    """A card that waits for a decision."""
    said = Message(1, "1790000001.000100", Speaker.CUSTOMER, MIA, "Where is my parcel?", 1790000001.0)
    values: dict[str, Any] = {
        "review": "01REVIEW",
        "version": 3,
        "state": State.IN_REVIEW,
        "desk": "Nordlys support",
        "place": "slack:C0SUPPORT",
        "customer": "Mia",
        "headline": "Needs a decision",
        "messages": (said,),
        "reply": "The parcel left on Monday.",
        "language": "en",
        "sentiment": Sentiment(Mood.NEGATIVE, True, ("Where is",), "rules"),
        "intent": "Delivery",
        "risks": ("refund",),
        "sources": (Source("delivery.en", "Delivery", True), Source("limits.en", "Limits", False)),
        "template": "support_reply@1",
        "model": "offline",
        "note": "",
        "problem": "",
        "changes": (),
        "comparison": (),
        "outcome": "",
        "history": (Step(1790000001.0, "The customer wrote."),),
        "buttons": (APPROVE, EDIT, REJECT),
        "opened_at": 1790000001.0,
        "limit": 2900,
    }
    return Card(**(values | more))


# Long texts are made by repeating: what matters is their length and what they are made of.
_words = st.one_of(
    st.text(max_size=40),
    st.sampled_from([HOSTILE, "&<>" * 2000, "x" * 5000, "\n" * 300, "> " * 200, "```\n" * 50, "- a\n" * 200, ""]),
    st.builds(lambda text, times: text * times, st.text(max_size=20), st.integers(0, 400)),
)
_people = st.builds(Person, st.just("slack"), st.sampled_from(["U0MIA", ""]), _words)
_messages = st.builds(
    Message,
    st.integers(1, 99),
    st.just("1.2"),
    st.sampled_from(Speaker),
    _people,
    _words,
    st.floats(0, 2e9),
    edited=st.booleans(),
    deleted=st.booleans(),
    files=st.tuples() | st.tuples(_words, _words),
)
_judges = st.sampled_from(["model", "rules", "person"])
_sentiments = st.builds(Sentiment, st.sampled_from(Mood), st.booleans(), st.tuples(_words) | st.tuples(), _judges)
_sources = st.lists(st.builds(Source, _words, _words, st.booleans()), max_size=15).map(tuple)
_many = st.lists(_words, max_size=12).map(tuple)
_styles = st.sampled_from(["primary", "danger", "", "odd"])
_verbs = st.sampled_from(["approve", "edit", "reject", "claim", "escalate", "snooze", "correct", "more", "still_more"])
_buttons = st.lists(
    st.builds(Button, _verbs, st.text(min_size=1, max_size=100), _styles, confirm=_words, aside=st.booleans()),
    unique_by=lambda button: button.verb,
).map(tuple)
# Fifty sentences of five hundred characters, with what has broken cards before, each with a button of its own.
FIFTY = tuple(Check(f"{number} {HOSTILE} " + "w" * 500, {"sentence": str(number)}) for number in range(50))
_checks = st.just(FIFTY) | st.lists(
    st.builds(Check, _words, st.none() | st.builds(lambda at: {"sentence": str(at)}, st.integers(0, 10**4))),
    max_size=60,
).map(tuple)
_translations = st.builds(Translation, st.sampled_from(["en", "da"]), _words, _words)
any_card = st.builds(
    Card,
    review=st.just("01REVIEW"),
    version=st.integers(1, 10**6),
    state=st.sampled_from(State),
    desk=_words,
    place=st.sampled_from(["slack:C0SUPPORT", "web:support", "slack:<!channel>"]),
    customer=_words,
    headline=_words,
    messages=st.lists(_messages, max_size=8).map(tuple),
    reply=_words,
    language=st.sampled_from(["en", "", "xx", "no"]),
    sentiment=st.none() | _sentiments,
    intent=_words,
    risks=_many,
    sources=_sources,
    template=_words,
    model=_words,
    note=_words,
    problem=_words,
    changes=_many,
    comparison=st.lists(st.builds(Span, st.sampled_from(["kept", "added", "removed"]), _words), max_size=6).map(tuple),
    outcome=_words,
    history=st.just(()),
    buttons=_buttons,
    opened_at=st.floats(0, 4e9),
    limit=st.just(2900),
    holder=_words,
    escalation=_words,
    deadline=st.none() | st.floats(0, 4e9),
    overdue=st.booleans(),
    checks=_checks,
    hidden=_words,
    translation=st.none() | _translations,
    usage=st.just(Usage()),
)
