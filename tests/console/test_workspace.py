"""What the page asks of the program over HTTP, and what it reads back."""

from __future__ import annotations

import re

import pytest

from bot.console.guard import PROOF
from bot.console.workspace import CARDS
from bot.review.model import State
from tests.console.conftest import House


async def test_a_question_becomes_a_card_and_a_signed_reply(house: House) -> None:
    """Written as a customer, approved as a reviewer, the words stand once in the thread and the card says who."""
    await house.say("How do I change the delivery address?")
    card = await house.card()
    assert card.reply[:20] in await house.page("/columns/reviews")
    answer = await house.decide(card, "approve")
    assert answer.json()["done"] is True
    await house.card(State.SENT)
    threads = await house.program.web.threads()
    assert [post.text for post in threads[0].posts][1:] == [card.reply]
    assert "Approved by Ana" in await house.page("/columns/reviews")


async def test_the_first_page_offers_everything(house: House) -> None:
    """Two customers, three reviewers and the sample messages stand on the page before anything has happened."""
    page = await house.page("/")
    assert re.findall(r'name="speaker" value="([^"]+)"', page) == ["web:customer-0", "web:customer-1"]
    assert re.findall(r'<option value="(web:[^"]+)"', page) == ["web:ana", "web:leo", "web:guest"]
    assert page.count("data-sample=") >= 20
    assert "Nothing to sign yet" in page


async def test_everything_a_page_loads_is_there_and_may_be_kept(house: House) -> None:
    """Styles and scripts come from here, under names that change with their content."""
    loaded: set[str] = set()
    for path in ("/", "/audit"):
        loaded |= set(re.findall(r'(?:src|href)="(/static/[^"]+)"', await house.page(path)))
    assert len(loaded) >= 6
    for address in loaded:
        answer = await house.client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    stale = re.sub(r"/static/\w+/", "/static/0123456789ab/", next(iter(loaded)))
    assert (await house.client.get(stale)).headers["cache-control"] == "no-cache"
    assert (await house.client.get("/static/0123456789ab/none.js")).status_code == 404


async def test_a_message_sent_twice_is_one_message(house: House) -> None:
    """When the answer to a message was lost, sending it again does not say it again."""
    for _ in range(2):
        await house.say("Hello?", nonce="the-same-nonce")
    assert [len(thread.posts) for thread in await house.program.web.threads()] == [1]


async def test_a_message_is_stored_whole(house: House) -> None:
    """Markup, NUL, half a surrogate pair and 50,000 characters come back as they were sent."""
    nasty = "<b>{{x}}</b> \x00 \ud800 \u202e 😡 "
    text = nasty + "x" * (50_000 - len(nasty))
    await house.say(text)
    threads = await house.program.web.threads()
    assert threads[0].posts[0].text == text
    await house.card()
    page = await house.page("/columns/reviews")
    assert "&lt;b&gt;{{x}}&lt;/b&gt; \ufffd \ufffd" in page


async def test_whose_message_it_is_counts(house: House) -> None:
    """Nobody edits or deletes a message of somebody else; its author does."""
    await house.say("Mine.")
    ref = (await house.program.web.threads())[0].posts[0].ref
    for path, more in (("/messages/edit", {"text": "Changed."}), ("/messages/delete", {})):
        foreign = await house.post(path, {"by": "web:customer-1", "ref": ref, **more})
        assert (foreign.status_code, foreign.json()["done"]) == (403, False)
    own = await house.post("/messages/edit", {"by": "web:customer-0", "ref": ref, "text": "Changed."})
    assert own.json()["done"] is True
    gone = await house.post("/messages/delete", {"by": "web:customer-0", "ref": ref})
    assert gone.json()["done"] is True
    post = (await house.program.web.threads())[0].posts[0]
    assert (post.edited, post.deleted) == (True, True)
    assert "This message was deleted." in await house.page("/columns/channel")


async def test_somebody_without_the_right_may_not_answer_by_hand(house: House) -> None:
    """An answer ends the review, so it needs the same right as a decision; the draft stays."""
    await house.say("Anybody there?")
    await house.card()
    root = (await house.program.web.threads())[0].root
    spoken = {"by": "web:guest", "root": root, "text": "Yes, me.", "nonce": "12345678"}
    assert (await house.post("/messages/answer", spoken)).json()["done"] is False
    assert len((await house.program.web.threads())[0].posts) == 1
    await house.card(State.IN_REVIEW)


async def test_an_answer_by_hand_retires_the_draft(house: House) -> None:
    """When a colleague answers in the thread, nothing is left to sign."""
    await house.say("Anybody there?")
    await house.card()
    root = (await house.program.web.threads())[0].root
    spoken = {"by": "web:leo", "root": root, "text": "Yes, me.", "nonce": "12345678"}
    assert (await house.post("/messages/answer", spoken)).json()["done"] is True
    await house.card(State.RETIRED)
    assert "Answered by hand by Leo" in await house.page("/columns/reviews")


async def test_a_second_click_is_told_of_the_first(house: House) -> None:
    """A stale or doubled click changes nothing and says who was first."""
    await house.say("How do I return a jacket?")
    card = await house.card()
    assert (await house.decide(card, "approve")).json()["done"] is True
    late = (await house.decide(card, "reject", by="web:leo", reason="tone")).json()
    assert late["done"] is False
    assert "Approved by Ana" in late["sentence"]
    await house.card(State.SENT)


async def test_a_guest_may_look_but_not_decide(house: House) -> None:
    """Somebody without the right is told so, and the card stays as it was."""
    await house.say("How do I return a jacket?")
    card = await house.card()
    refused = (await house.decide(card, "approve", by="web:guest")).json()
    assert refused["done"] is False
    assert "may look" in refused["sentence"]
    assert (await house.card()).version == card.version


async def test_rejecting_needs_a_reason(house: House) -> None:
    """Without one the card says so and stays open."""
    await house.say("How do I return a jacket?")
    card = await house.card()
    assert (await house.decide(card, "reject")).json()["done"] is False
    assert (await house.decide(card, "reject", reason="tone", note="Too stiff.")).json()["done"] is True
    await house.card(State.REJECTED)


async def test_too_many_words_are_refused_with_the_limit(house: House) -> None:
    """A reply that does not fit says how long it is and how long it may be."""
    await house.say("How do I return a jacket?")
    card = await house.card()
    refused = (await house.decide(card, "edit", words="x" * (card.limit + 1))).json()
    assert refused["done"] is False
    assert str(card.limit) in refused["sentence"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/reviews/nonesuch/approve", {"by": "web:ana", "version": 1}, 404),
        ("/reviews/nonesuch/explode", {"by": "web:ana", "version": 1}, 400),
        ("/reviews/nonesuch/approve", {"by": "web:nobody", "version": 1}, 400),
        ("/reviews/nonesuch/approve", {"by": "web:ana", "version": "new"}, 400),
        ("/reviews/nonesuch/approve", {"by": "web:ana", "version": 1, "fields": {"words": 7}}, 400),
        ("/reviews/nonesuch/approve", ["not", "an", "object"], 400),
        ("/reviews/non\x00e\ud800/approve", {"by": "web:ana", "version": 1}, 404),
        ("/messages/say", {"by": "web:ana", "text": "I am no customer", "nonce": "12345678"}, 400),
        ("/messages/say", {"by": "web:customer-0", "root": "999", "text": "Nowhere", "nonce": "12345678"}, 404),
        ("/messages/say", {"by": "web:customer-0", "root": "abc", "text": "Nowhere", "nonce": "12345678"}, 404),
        ("/messages/edit", {"by": "web:customer-0", "ref": "999", "text": "Nowhere"}, 404),
        ("/messages/edit", {"by": "web:customer-0", "ref": "9" * 30, "text": "Nowhere"}, 404),
        ("/messages/delete", {"by": "web:customer-0", "ref": "²"}, 404),
        ("/nonesuch", {}, 404),
        ("/healthz", {}, 405),
    ],
)
async def test_what_makes_no_sense_gets_a_sentence(either: House, path: str, body: object, status: int) -> None:
    """Every refusal is JSON with a sentence in words, and never a fault of ours."""
    answer = await either.post(path, body)
    assert answer.status_code == status
    assert answer.json()["done"] is False
    assert re.search(r"[a-z] [a-z].*\.$", answer.json()["sentence"])


async def test_nothing_to_say_is_not_said(house: House) -> None:
    """An empty answer by hand and an emptied message are refused in words."""
    await house.say("Mine.")
    thread = (await house.program.web.threads())[0]
    blank = await house.post(
        "/messages/answer", {"by": "web:leo", "root": thread.root, "text": " \n", "nonce": "12345678"}
    )
    emptied = await house.post("/messages/edit", {"by": "web:customer-0", "ref": thread.root, "text": " "})
    assert not blank.json()["done"]
    assert not emptied.json()["done"]
    assert [post.text for post in (await house.program.web.threads())[0].posts] == ["Mine."]


async def test_a_page_that_is_not_there_is_still_a_page(house: House) -> None:
    """A mistyped address gives a page with the way back, behind the same gate."""
    answer = await house.client.get("/nonesuch")
    assert answer.status_code == 404
    assert 'href="/"' in answer.text
    assert "content-security-policy" in answer.headers


async def test_a_long_queue_is_turned_page_by_page(house: House) -> None:
    """Fifty reviews stand on a page; the link beneath them leads to the older ones, and back."""
    for number in range(CARDS + 2):
        await house.say(f"Question number {number}.", nonce=f"question-{number}")
    first = await house.page("/columns/reviews")
    assert first.count("<article") == CARDS
    assert f'data-waiting="{CARDS}+"' in first
    older = re.findall(r'href="/(\?before=[^"]+)"', first)
    second = await house.page(f"/columns/reviews{older[0]}")
    assert re.findall(r"Question number (\d+)\.", second) == ["1", "0"]
    assert not re.findall(r'href="/(\?before=[^"]+)"', second)
    assert 'href="/"' in second
    assert (await house.client.get("/?before=%00")).status_code == 400


async def test_documentation_that_loads_scripts_from_elsewhere_is_off(house: House) -> None:
    """FastAPI's own pages would ask a content network for Swagger."""
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert (await house.client.get(path)).status_code == 404


async def test_a_rebound_name_reads_nothing(house: House) -> None:
    """The real program stands behind the gate, live stream included."""
    for path in ("/", "/live", "/columns/reviews", "/audit", "/healthz"):
        assert (await house.client.get(path, headers={"host": "evil.example"})).status_code == 403


async def test_a_foreign_post_changes_nothing(house: House) -> None:
    """A form on another site cannot write, decide or delete here."""
    body = {"by": "web:customer-0", "root": "", "text": "Forged", "nonce": "12345678"}
    assert (await house.client.post("/messages/say", json=body)).status_code == 403
    foreign = {PROOF: "page", "origin": "http://evil.example"}
    assert (await house.client.post("/messages/say", json=body, headers=foreign)).status_code == 403
    assert await house.program.web.threads() == []


async def test_health_is_told(house: House) -> None:
    """`/healthz` says that the program lives, `/readyz` that it can work."""
    assert (await house.client.get("/healthz")).json()["status"] == "alive"
    ready = await house.client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "problems": []})


async def test_a_vanished_database_is_said_and_survived(house: House) -> None:
    """Without its file nothing is stored and every page says so; when it is back, everything goes on."""
    await house.say("Before.")
    path = house.program.engine.url.database
    assert path is not None
    await house.card()
    moved = _move(path, f"{path}.away")
    body = {"by": "web:customer-0", "root": "", "text": "During.", "nonce": "12345678"}
    lost = await house.post("/messages/say", body)
    assert (lost.status_code, lost.json()["done"]) == (503, False)
    assert "kept" in lost.json()["sentence"]
    ready = await house.client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    _move(f"{path}.away", path, moved)
    assert (await house.post("/messages/say", body)).json()["done"] is True
    assert sorted(thread.posts[0].text for thread in await house.program.web.threads()) == ["Before.", "During."]


def _move(source: str, target: str, names: list[str] | None = None) -> list[str]:
    """Move a SQLite file with what stands beside it; returns the endings that were there."""
    from pathlib import Path

    endings = names or [end for end in ("", "-wal", "-shm") if Path(source + end).exists()]
    for end in endings:
        Path(source + end).rename(target + end)
    return endings
