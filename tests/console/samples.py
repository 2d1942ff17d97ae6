"""Cards and threads of every kind a page has to show, made by hand so that a page can be tried without a store."""

from __future__ import annotations

from dataclasses import replace

from bot.channels.base import Message, Person, Speaker
from bot.channels.card import Card, Step
from bot.channels.checks import Check, Span
from bot.channels.form import Button, Field
from bot.channels.wall import Post, WebThread
from bot.review.model import Mood, Sentiment, Source, State, Translation, Usage

NOW = 1_790_000_000.0
DANA = Person("web", "dana", "Dana Okafor")
MIKKEL = Person("web", "mikkel", "Mikkel Sørensen")
ADA = Person("web", "ada", "Ada Lindqvist")
BEN = Person("web", "ben", "Ben Achterberg")
VISITOR = Person("web", "visitor", "Vera (visitor)")
BOT = Person("web", "countersign", "Support")

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> {{7*7}} {% for x in y %} "
    "\u202e\u2066evil\u202d \x00\x07 \ud800 😡🤬👩‍👩‍👧‍👦 <!channel> @everyone "
    '"><svg/onload=alert(3)> javascript:alert(4) </textarea></style>&lt;b&gt; Z̸̢̛͙a̴͔̋l̶͇̈́g̷̣̈o̷͓͝ '
)
REASONS = (
    ("facts", "The facts are wrong"),
    ("tone", "The tone is wrong"),
    ("language", "The language is wrong"),
    ("policy", "It breaks a policy"),
    ("not_needed", "No reply is needed"),
    ("other", "Something else"),
)


MOODS = (("angry", "Angry"), ("negative", "Unhappy"), ("neutral", "Neutral"), ("positive", "Happy"))
HANDLING = (
    Button("claim", "I am on it"),
    Button(
        "escalate", "Escalate", "", (Field("note", "What should they know?", required=False, limit=500),), aside=True
    ),
    Button("snooze", "Snooze", "", (Field("minutes", "For how long?", choices=(("30", "30 minutes"),)),), aside=True),
    Button("correct", "Correct", "", (Field("feeling", "How do they sound?", "angry", choices=MOODS),), aside=True),
)


def buttons(words: str, limit: int = 4_000) -> tuple[Button, ...]:
    """What stands under an open card."""
    edit = Button(
        "edit", "Edit", "" if words else "primary", (Field("words", "Your reply", words, limit=limit, lines=6),)
    )
    redraft = Button(
        "redraft", "Redraft", "", (Field("instruction", "What should the next draft do differently?", limit=500),)
    )
    reject = Button(
        "reject",
        "Reject",
        "danger",
        (
            Field("reason", "Why?", "facts", choices=REASONS),
            Field("note", "A note for the record", required=False, limit=500),
        ),
    )
    approve = (Button("approve", "Approve and send", "primary"),) if words else ()
    return (*approve, edit, reject, redraft, *HANDLING)


def message(number: int, text: str, by: Person = DANA, *, ago: float = 120, **more: object) -> Message:
    """A customer's message, `ago` seconds old."""
    made = Message(number, f"m{number}", Speaker.CUSTOMER, by, text, NOW - ago)
    return replace(made, **more)  # type: ignore[arg-type]


CALM = Card(
    review="r-calm",
    version=3,
    state=State.IN_REVIEW,
    desk="Customer care",
    place="web:support",
    customer=DANA.name,
    headline="Needs a decision",
    messages=(message(1, "Hi! How do I change the delivery address on an order I placed this morning?"),),
    reply=(
        "Hi Dana,\n\nYou can change the delivery address until the parcel leaves our warehouse. Open *Orders*, choose "
        "the order and press *Change address*.\n\nIf the button is grey the parcel is already on its way; tell us the "
        "order number and we will ask the carrier to redirect it.\n\nKind regards\nSupport"
    ),
    language="en",
    sentiment=Sentiment(Mood.NEUTRAL, False, (), "model"),
    intent="change of address",
    risks=(),
    sources=(
        Source("change-address", "Changing a delivery address", True),
        Source("carrier-redirect", "Asking the carrier to redirect", False),
    ),
    template="support_reply@3",
    model="gpt-5-mini",
    note="",
    problem="",
    changes=(),
    comparison=(),
    outcome="",
    history=(Step(NOW - 118, "Dana Okafor wrote"), Step(NOW - 110, "Drafted with support_reply@3 and gpt-5-mini")),
    buttons=buttons("Hi Dana, you can change the delivery address until the parcel leaves our warehouse."),
    opened_at=NOW - 118,
    limit=4_000,
)
CALM = replace(CALM, buttons=buttons(CALM.reply))

ANGRY = replace(
    CALM,
    review="r-angry",
    version=5,
    messages=(
        message(
            2, "You charged me TWICE for order 88213. This is ridiculous, I have written three times already.", ago=400
        ),
        message(3, "I want my money back today.", ago=300, edited=True),
    ),
    reply="Dear Dana,\n\nI am sorry. You were charged twice for order 88213, and that should not have happened. ...",
    sentiment=Sentiment(Mood.NEGATIVE, True, ("TWICE", "ridiculous", "three times already"), "rules"),
    intent="refund",
    risks=("refund promise",),
    sources=(Source("refunds", "When and how we refund", True),),
    model="offline",
    changes=("The customer wrote more.", "The customer edited a message."),
    opened_at=NOW - 400,
)
DANISH = replace(
    CALM,
    review="r-danish",
    customer=MIKKEL.name,
    messages=(
        message(
            4,
            "Hvis jeg ikke har mine penge inden fredag, går jeg til Forbrugerklagenævnet og min advokat.",
            MIKKEL,
            ago=3600,
        ),
    ),
    reply="Kære Mikkel\n\nTak for din besked. Jeg forstår godt, at du er utilfreds ...\n\nVenlig hilsen\nSupport",
    language="da",
    sentiment=Sentiment(Mood.NEGATIVE, False, ("advokat",), "model"),
    intent="complaint",
    risks=("legal threat", "deadline"),
    sources=(),
    opened_at=NOW - 3600,
)
DRAFTLESS = replace(
    CALM,
    review="r-draftless",
    messages=(message(5, "Do you sponsor local football clubs?"),),
    reply="",
    sources=(),
    intent="",
    note="No article answers this, so the box is empty.",
    buttons=buttons(""),
)
OFFLINE = replace(
    CALM,
    review="r-offline",
    model="offline",
    note="The model did not answer within 60 s, so this comes from the best article.",
)
STUCK = replace(
    CALM,
    review="r-stuck",
    state=State.STUCK,
    headline="May or may not have been sent",
    problem="Slack gave no answer and the thread cannot be read. Look in the thread before you choose.",
    buttons=(Button("resend", "It is not there: send it", "primary"), Button("mark_sent", "It is there")),
)
DRAFTING = replace(
    CALM, review="r-drafting", version=2, state=State.DRAFTING, headline="Drafting", reply="", buttons=(),
    sources=(), template="", model="", sentiment=None, language="", intent="",
)  # fmt: skip
WAITING = replace(
    DRAFTING, review="r-waiting", version=1, state=State.RECEIVED, headline="Waiting for the customer to finish writing"
)
RELEASED = replace(
    CALM,
    review="r-released",
    state=State.RELEASED,
    headline="Approved, about to be sent",
    outcome="Approved by Ada Lindqvist",
    buttons=(Button("recall", "Take it back"),),
)
SENT = replace(
    CALM,
    review="r-sent",
    version=6,
    state=State.SENT,
    headline="Sent",
    outcome="Edited and sent by Ada Lindqvist",
    buttons=(),
    comparison=(
        Span("kept", "You can change the address until the parcel "),
        Span("removed", "leaves our warehouse"),
        Span("added", "has been handed to the carrier"),
        Span("kept", ".\n\nKind regards\nSupport"),
    ),
)
APPROVED = replace(
    CALM, review="r-approved", version=6, state=State.SENT, headline="Sent", outcome="Approved by Ben Achterberg",
    buttons=(), opened_at=NOW - 90_000,
)  # fmt: skip
REJECTED = replace(
    CALM,
    review="r-rejected",
    state=State.REJECTED,
    headline="Rejected",
    outcome="Rejected by Ben Achterberg: the facts are wrong. “The warehouse closes at four.”",
    buttons=(),
)
RETIRED = replace(
    CALM, review="r-retired", state=State.RETIRED, headline="No reply needed",
    outcome="Ada Lindqvist answered by hand", buttons=(),
)  # fmt: skip
CLAIMED = replace(CALM, review="r-claimed", holder=ADA.name, deadline=NOW + 600)
ESCALATED = replace(
    ANGRY,
    review="r-escalated",
    headline="Escalated: a lead decides",
    escalation="Escalated to the leads by Ada Lindqvist: “They threaten with a lawyer.”",
    deadline=NOW - 60,
    overdue=True,
)
ASKING = replace(
    ANGRY,
    review="r-asking",
    buttons=(replace(ANGRY.buttons[0], confirm="The customer is angry. Read it once more."), *ANGRY.buttons[1:]),
)
CORRECTED = replace(CALM, review="r-corrected", sentiment=Sentiment(Mood.POSITIVE, False, (), "person"))
SNOOZED = replace(
    CALM,
    review="r-snoozed",
    state=State.SNOOZED,
    headline="Snoozed",
    changes=("Snoozed by Ada Lindqvist until 16:02.",),
    buttons=(Button("wake", "Bring back now"),),
)
MONSTER = replace(
    CALM,
    review="r-monster",
    customer="\u202eMallory <b>X</b>\u2066" + "A" * 80,
    messages=(message(9, (HOSTILE * 200)[:20_000]),),
    reply=HOSTILE,
    sentiment=Sentiment(Mood.NEGATIVE, True, ("<img src=x", "evil", "😡"), "model"),
    risks=("prompt injection", HOSTILE[:60]),
    intent=HOSTILE[:50],
    sources=(Source("x", HOSTILE[:80], True),),
    checks=tuple(Check(f"{number} {HOSTILE}", {"sentence": str(number)}) for number in range(50)),
    marked=(Span("kept", HOSTILE[:30]), Span("doubtful", HOSTILE[30:])),
    hidden=HOSTILE,
    translation=Translation("en", HOSTILE, HOSTILE),
    usage=Usage("x", 1800, 240, 0.5, 2.0),
    buttons=buttons(HOSTILE),
    holder=HOSTILE[:60],
    escalation=f"Escalated by {HOSTILE[:40]}: “{HOSTILE}”",
)
CARDS = (
    CALM, ANGRY, DANISH, DRAFTLESS, OFFLINE, STUCK, DRAFTING, WAITING, RELEASED, MONSTER,
    CLAIMED, ESCALATED, ASKING, CORRECTED, SNOOZED,
    SENT, APPROVED, REJECTED, RETIRED,
)  # fmt: skip


THREADS = (
    WebThread(
        "m1",
        (
            Post("m1", "", DANA, Speaker.CUSTOMER, CALM.messages[0].text, NOW - 118),
            Post("m1b", "", BOT, Speaker.BOT, CALM.reply, NOW - 30),
        ),
    ),
    WebThread(
        "m2",
        (
            Post("m2", "", DANA, Speaker.CUSTOMER, ANGRY.messages[0].text, NOW - 400),
            Post("m3", "", DANA, Speaker.CUSTOMER, ANGRY.messages[1].text, NOW - 300, edits=1),
        ),
    ),
    WebThread("m4", (Post("m4", "", MIKKEL, Speaker.CUSTOMER, DANISH.messages[0].text, NOW - 3600),)),
    WebThread(
        "m9",
        (
            Post("m9", "", MIKKEL, Speaker.CUSTOMER, MONSTER.messages[0].text, NOW - 5000),
            Post("m10", "", DANA, Speaker.CUSTOMER, "", NOW - 4900, deleted=True),
            Post("m11", "", ADA, Speaker.STAFF, "I am looking into this by hand.", NOW - 4800),
        ),
    ),
)
