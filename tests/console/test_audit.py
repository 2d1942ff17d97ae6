"""The audit's pages: what was decided can be found, page by page, and one review can be read from end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.channels.card import Card
from bot.console.audit import Asked
from bot.insight import queries
from bot.insight.queries import AuditFilter, AuditPage, audit_page, moments, story
from bot.phrases import say
from bot.review import actions
from bot.review.actions import ACTS, BY_VERB, Action, Approve, Edit
from bot.review.model import State
from tests.console.conftest import House, running, settings
from tests.console.test_pages import Reader

QUESTIONS = ("How do I return a jacket?", "Where is my parcel?", "Can I change my password?")


@pytest.fixture
async def decided(root: Path, tmp_path: Path, database: sa.URL) -> AsyncIterator[tuple[House, list[Card]]]:
    """Three conversations of two customers: approved by Ana, edited by Leo after a redraft, rejected by Ana."""
    async with running(settings(root, tmp_path, database)) as house:
        for number, text in enumerate(QUESTIONS):
            await house.say(text, by=f"web:customer-{number % 2}")
        cards = [await house.card(text=text) for text in QUESTIONS]
        await house.decide(cards[0], "approve")
        await house.decide(cards[1], "redraft", by="web:leo", instruction="Shorter, please.")
        again = await house.card(text=QUESTIONS[1])
        await house.decide(again, "edit", by="web:leo", words=f"{again.reply} Truly yours")
        await house.decide(cards[2], "reject", reason="tone", note="Too stiff.")
        for text in QUESTIONS[:2]:
            await house.card(State.SENT, text)
        yield house, [await house.program.desk.card(card.review) or card for card in cards]


async def test_what_is_done_beside_a_decision_is_on_record_too(house: House) -> None:
    """It is no decision, so it stands among every step, under its own filter and on the review's page; and whoever was
    on a review did not thereby decide it."""
    await house.say(QUESTIONS[0])
    await house.decide(await house.card(), "claim")
    await house.decide(await house.card(), "correct", feeling="angry")
    await house.decide(await house.card(), "snooze", minutes="30")
    await house.decide(await house.card(State.SNOOZED), "wake")
    await house.decide(await house.card(), "escalate", note="A lawyer writes.")
    card = await house.card()
    assert "Escalated: a lead decides" in await house.page(f"/audit/{card.review}")
    assert _steps(await _page(house, AuditFilter(steps=DECISIONS))) == []
    for verb, words in (("claim", "Ana is on it."), ("snooze", "Snoozed by Ana"), ("escalate", "A lawyer writes.")):
        found = await _page(house, Asked(decision=verb).filter(None))
        assert _steps(found) == [BY_VERB[verb].__name__]
        assert words in Reader(await house.page(f"/audit/{card.review}")).text
    told = await house.program.engine.read(lambda conn: story(conn, card.review))
    assert told is not None
    assert told.decided is None
    await house.decide(card, "reject", by="web:leo", reason="tone")
    closed = await house.program.engine.read(lambda conn: story(conn, card.review))
    assert closed is not None
    assert closed.decided is not None
    assert closed.decided.line.action.by.name == "Leo"


async def _page(house: House, wanted: AuditFilter) -> AuditPage:
    await wiring.outline(house.program.engine, house.program.clock)
    return await house.program.engine.read(lambda conn: audit_page(conn, wanted))


def _steps(page: AuditPage) -> list[str]:
    return [type(found.entry.line.action).__name__ for found in page.found]


DECISIONS = Asked().filter(None).steps


async def test_decisions_stand_newest_first(decided: tuple[House, list[Card]]) -> None:
    """Without a filter the page has what people decided, and nothing that workers did."""
    house, _ = decided
    page = await _page(house, AuditFilter(steps=DECISIONS))
    assert _steps(page) == ["Reject", "Edit", "Redraft", "Approve"]
    assert page.older is None
    everything = await _page(house, AuditFilter(limit=500))
    assert {"Received", "Start", "Drafted", "Depart", "Delivered"} < set(_steps(everything))


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        (Asked(reviewer="web:leo"), ["Edit", "Redraft"]),
        (Asked(reviewer="web:nobody"), []),
        (Asked(decision="approve"), ["Approve"]),
        (Asked(decision="reject", reviewer="web:leo"), []),
        (Asked(conversation="jonas"), ["Edit", "Redraft"]),
        (Asked(conversation="  WEBER "), ["Edit", "Redraft"]),
        (Asked(conversation="%"), []),
        (Asked(conversation="_"), []),
        (Asked(since="2020-01-01"), ["Reject", "Edit", "Redraft", "Approve"]),
        (Asked(until="2020-01-01"), []),
        (Asked(since="2999-12-31"), []),
    ],
)
async def test_every_filter_narrows(decided: tuple[House, list[Card]], asked: Asked, steps: list[str]) -> None:
    """Conversation, reviewer, decision and time each keep what fits, alone and together."""
    house, _ = decided
    assert _steps(await _page(house, asked.filter(None))) == steps
    page = Reader(await house.page(asked.address()))
    assert len([1 for tag, attributes in page.elements if attributes.get("class") == "actor"]) == len(steps)


async def test_a_conversation_is_found_by_its_id(decided: tuple[House, list[Card]]) -> None:
    """The link on every line leads to all steps of that conversation and of no other."""
    house, cards = decided
    line = (await _page(house, AuditFilter(steps=("Reject",)))).found[0]
    found = await _page(house, AuditFilter(conversation=line.conversation, limit=500))
    assert {one.entry.line.review for one in found.found} == {cards[2].review}
    assert _steps(found)[-1] == "Received"


async def test_pages_do_not_shift_when_lines_are_added(decided: tuple[House, list[Card]]) -> None:
    """Page by page gives every line once, in order, even when somebody decides between two pages."""
    house, _ = decided
    whole = await _page(house, AuditFilter(limit=500))
    seen, before = [], None
    while True:
        page = await _page(house, AuditFilter(before=before, limit=3))
        seen += [found.entry.number for found in page.found]
        if before is None:
            await house.say("One more thing", by="web:customer-1")
            await house.card(text="One more thing")
        if page.older is None:
            break
        before = page.older
    assert seen == [found.entry.number for found in whole.found]


async def test_the_released_words_stand_beside_the_decision(decided: tuple[House, list[Card]]) -> None:
    """An approval shows the words it let go, an edit the words typed."""
    house, cards = decided
    page = await _page(house, AuditFilter(steps=("Approve", "Edit")))
    words = {type(found.entry.line.action): found.released for found in page.found}
    assert words[Approve] == cards[0].reply
    assert (words[Edit] or "").endswith("Truly yours")


async def test_who_ever_decided_can_be_chosen(decided: tuple[House, list[Card]]) -> None:
    """The list of people comes from the record, with the names they had."""
    house, _ = decided
    found = await house.program.engine.read(queries.actors)
    assert dict(found) == {"customer": "customer", "system": "Countersign", "web:ana": "Ana", "web:leo": "Leo"}


async def test_a_person_is_listed_under_their_last_name(root: Path, tmp_path: Path, database: sa.URL) -> None:
    """Somebody who was renamed stands once in the list, as they are called now."""
    first = settings(root, tmp_path, database)
    renamed = {**first.workspace.reviewers, "ana": "Ana Berg"}
    second = first.model_copy(update={"workspace": first.workspace.model_copy(update={"reviewers": renamed})})
    for wanted, text in ((first, QUESTIONS[0]), (second, QUESTIONS[1])):
        async with running(wanted) as house:
            await house.say(text)
            await house.decide(await house.card(text=text), "approve")
            found = dict(await house.program.engine.read(queries.actors))
    assert found["web:ana"] == "Ana Berg"


async def test_a_day_is_counted_to_its_end(decided: tuple[House, list[Card]]) -> None:
    """From a day to the same day finds what was decided on it; the day before finds nothing."""
    house, _ = decided
    line = (await _page(house, AuditFilter(steps=DECISIONS))).found[0].entry.line
    day = datetime.fromtimestamp(line.action.at, UTC).date()
    the_day = Asked(since=day.isoformat(), until=day.isoformat()).filter(None)
    found = (await _page(house, the_day)).found
    assert line in [one.entry.line for one in found]
    before = Asked(until=(day - timedelta(days=1)).isoformat()).filter(None)
    assert line not in [one.entry.line for one in (await _page(house, before)).found]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("since=yesterday", 400),
        ("decision=explode", 400),
        ("before=x", 400),
        ("before=99999999999999999999", 400),
        ("before=-1", 400),
        ("before=1", 200),
        (f"conversation={quote('%_' + chr(92) + chr(0) + '<script>')}", 200),
        ("reviewer=%ED%A0%80", 200),
    ],
)
async def test_what_cannot_be_searched_for_is_said(either: House, query: str, status: int) -> None:
    """A day that is none or a page that never was gives a sentence; strange words simply find nothing."""
    answer = await either.client.get(f"/audit?{query}")
    assert answer.status_code == status
    assert "<script>alert" not in answer.text


async def test_an_empty_audit_says_what_will_stand_there(house: House) -> None:
    """Before anything was decided the page explains itself; after a search it says that nothing matches."""
    assert "Nothing decided yet" in await house.page("/audit")
    assert "Nothing matches" in await house.page("/audit?reviewer=web:ana")


async def test_one_review_from_first_message_to_delivered_reply(decided: tuple[House, list[Card]]) -> None:
    """The story has the message, both drafts, the instruction, the words typed, who decided, and where they arrived."""
    house, cards = decided
    found = await house.program.engine.read(lambda conn: story(conn, cards[1].review))
    assert found is not None
    steps = [type(moment.entry.line.action).__name__ for moment in moments(found) if moment.entry]
    assert steps == ["Received", "Start", "Drafted", "Redraft", "Start", "Drafted", "Edit", "Depart", "Delivered"]
    assert [one.text for one in found.messages] == [QUESTIONS[1]]
    assert moments(found)[0].utterance == found.messages[0]
    assert found.drafted is not None
    assert found.sent == f"{found.drafted.reply} Truly yours"
    assert found.decided is not None
    assert isinstance(found.decided.line.action, Edit)
    assert found.delivered is not None
    page = await house.page(f"/audit/{cards[1].review}")
    for words in (
        QUESTIONS[1],
        "Shorter, please.",
        "Edited and approved by Leo",
        "2 words added, 0 taken out",
        "Delivered as message",
    ):
        assert words in page
    assert "<ins>" in page
    assert "Truly yours</ins>" in page


async def test_the_story_of_a_rejection(decided: tuple[House, list[Card]]) -> None:
    """It says why, with the note, and that nothing was sent."""
    house, cards = decided
    page = await house.page(f"/audit/{cards[2].review}")
    assert "Too stiff." in page
    assert "nothing was sent" in page


async def test_the_story_has_every_edit(house: House) -> None:
    """What the customer wrote first, what they made of it, and that they deleted it, all stand in the story."""
    await house.say("First words")
    card = await house.card()
    ref = card.messages[0].ref
    await house.post("/messages/edit", {"by": "web:customer-0", "ref": ref, "text": "Second words"})
    await house.card(text="Second words")
    await house.post("/messages/delete", {"by": "web:customer-0", "ref": ref})
    await house.card(State.RETIRED)
    found = await house.program.engine.read(lambda conn: story(conn, card.review))
    assert found is not None
    assert [(one.event, one.text) for one in found.messages] == [
        ("said", "First words"), ("edited", "Second words"), ("deleted", ""),
    ]  # fmt: skip
    edited = next(moment for moment in moments(found) if moment.utterance and moment.utterance.event == "edited")
    assert edited.entry is not None
    page = await house.page(f"/audit/{card.review}")
    assert "First words" in page
    assert "Second words" in page


async def test_earlier_talk_stands_apart(house: House) -> None:
    """A second review of a conversation begins with its own message; what was said before is there to open."""
    await house.say("How do I return a jacket?", nonce="the-first-one")
    first = await house.card(text="How do I return a jacket?")
    await house.decide(first, "approve")
    await house.card(State.SENT)
    root = (await house.program.web.threads())[0].root
    await house.say("And where is my parcel?", root=root, nonce="the-second-one")
    second = await house.card(text="And where is my parcel?")
    found = await house.program.engine.read(lambda conn: story(conn, second.review))
    assert found is not None
    assert [one.text for one in found.earlier] == ["How do I return a jacket?", first.reply]
    assert [one.text for one in found.messages] == ["And where is my parcel?"]
    again = await house.program.engine.read(lambda conn: story(conn, first.review))
    assert again is not None
    assert "And where is my parcel?" not in [one.text for one in again.messages]


async def test_an_unknown_review_has_no_story(either: House) -> None:
    """It gives a page that says so, not a fault."""
    for name in ("nonesuch", "%00", "%ED%A0%80", "..%2F..%2Fetc"):
        answer = await either.client.get(f"/audit/{name}")
        assert answer.status_code == 404
        assert 'href="/"' in answer.text


def test_every_step_has_a_name() -> None:
    """A new action of the law cannot stand nameless on the list, in the story or among the filters."""
    kinds = {kind for kind in vars(actions).values() if isinstance(kind, type) and issubclass(kind, Action)}
    for kind in kinds:
        if not kind.__subclasses__():
            assert say(f"page.step.{kind.__name__}")
    for act in ACTS:
        assert say(f"page.verb.{act.verb}")
