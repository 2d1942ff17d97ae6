"""The inbox: whose reviews it shows, how it is narrowed down and turned, and who else is there."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import MappingProxyType

import pytest
import sqlalchemy as sa
from fastapi import Request

from bot.channels.base import Person
from bot.console.inbox import PAGE, Shared
from bot.console.viewer import Viewer
from bot.insight.keeping import keep_up
from bot.review.model import Role, State
from bot.store.bell import Bell, Topic
from bot.store.engine import Connection, StoreDown
from bot.store.tables import reviews
from tests.console.conftest import House


class Signed:
    """A doorman at whose door people are who their header says: `person desk=role`."""

    async def viewer(self, request: Request) -> Viewer | None:
        name, _, roles = request.headers.get("x-who", "").partition(" ")
        held = dict(part.split("=") for part in roles.split())
        known = MappingProxyType({desk: Role(role) for desk, role in held.items()})
        return Viewer(Person("web", name, name.title()), known, proof="page") if name else None


ANA = {"x-who": "ana nordlys=agent"}
STRANGER = {"x-who": "eve sales=admin"}


@asynccontextmanager
async def signed_in(house: House) -> AsyncIterator[House]:
    """The same house with a door at which people sign in."""
    app = house.program.server.config.app
    before = app.state.doorman  # type: ignore[union-attr]
    app.state.doorman = Signed()  # type: ignore[union-attr]
    yield house
    app.state.doorman = before  # type: ignore[union-attr]


async def ask(house: House, path: str, who: dict[str, str] = ANA) -> str:
    answer = await house.client.get(path, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.text


def listed(page: str) -> list[str]:
    """The reviews on a page, in their order."""
    return re.findall(r'data-review="([^"]+)"', page)


async def outlined(house: House) -> None:
    """What the filters ask for is made from the audit, a moment after it was written."""
    now = house.program.clock()
    while await house.program.engine.write(lambda conn: keep_up(conn, now, 500)):
        continue


async def test_everybody_sees_the_reviews_of_their_desks(either: House) -> None:
    """Somebody of another desk sees none, and cannot decide on one or learn what became of it."""
    await either.say("How do I return a jacket?")
    card = await either.card()
    async with signed_in(either):
        assert listed(await ask(either, "/inbox")) == [card.review]
        assert listed(await ask(either, "/inbox/cards?desk=nordlys")) == [card.review]
        for path in ("/inbox", "/inbox/cards", f"/inbox/cards?keep={card.review}", "/inbox/cards?desk=nordlys"):
            assert listed(await ask(either, path, STRANGER)) == []
        body = {"version": card.version, "fields": {}}
        foreign = await either.post(f"/reviews/{card.review}/approve", body, STRANGER)
        assert (foreign.status_code, foreign.json()["done"]) == (404, False)
    await either.card(State.IN_REVIEW)


async def test_the_decision_is_of_whoever_is_signed_in(house: House) -> None:
    """A page cannot say that somebody else has pressed the button."""
    await house.say("How do I return a jacket?")
    card = await house.card()
    async with signed_in(house):
        body = {"by": "web:leo", "version": card.version, "fields": {}}
        assert (await house.post(f"/reviews/{card.review}/approve", body, ANA)).json()["done"] is True
    sent = await house.card(State.SENT)
    assert sent.signer == "Ana"


async def test_the_first_page_is_the_inbox_once_people_sign_in(house: House) -> None:
    """At one's own machine it is the workspace, which nobody who signs in gets to see."""
    assert 'data-column="channel"' in await house.page("/")
    async with signed_in(house):
        answer = await house.client.get("/", headers=ANA)
        assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
        page = await ask(house, "/inbox")
        assert "Workspace" not in page
        assert "Signed in as \u2068Ana\u2069" in page
        assert (await house.client.get("/columns/reviews", headers=ANA)).status_code == 403


async def test_the_list_is_narrowed_down(either: House) -> None:
    """By mood, risk, language, who is on it, who it was handed to and how long it has waited; each with its count."""
    await either.say("How do I return a jacket that does not fit?")
    calm = await either.card(text="jacket")
    await either.say("This is the THIRD time I write! Nobody answers. I want my money back now!")
    angry = await either.card(text="THIRD")
    await either.say("Comment puis-je retourner cette veste ? Elle est beaucoup trop petite.")
    french = await either.card(text="veste")
    await either.decide(calm, "claim")
    await either.decide(french, "escalate", note="")
    await outlined(either)
    found = {
        "": {calm.review, angry.review, french.review},
        "?angry=1": {angry.review},
        "?risky=1": {angry.review},
        "?language=fr": {french.review},
        "?mine=1": {calm.review},
        "?escalated=1": {french.review},
        "?overdue=1": set(),
        "?longer=1": set(),
        "?snoozed=1": set(),
        "?mine=1&angry=1": set(),
        "?desk=nordlys": {calm.review, angry.review, french.review},
        "?desk=other": set(),
    }
    for query, wanted in found.items():
        assert set(listed(await either.page(f"/inbox{query}"))) == wanted, query
    page = await either.page("/inbox")
    counts = re.findall(r'data-key="(\w+)"><a [^>]*>.*?<span class="count">(\d+)<', page, re.DOTALL)
    assert dict(counts) == {
        "all": "3", "mine": "1", "escalated": "1", "overdue": "0", "angry": "1", "risky": "1", "snoozed": "0",
    }  # fmt: skip
    assert "French (1)" in page


async def test_what_is_snoozed_stands_apart(house: House) -> None:
    """It is not in the way until it wakes, and can be looked for."""
    await house.say("How do I return a jacket?")
    card = await house.card()
    snooze = next(button for button in card.buttons if button.verb == "snooze")
    await house.decide(card, "snooze", **{field.name: field.choices[0][0] for field in snooze.fields if field.choices})
    await house.card(State.SNOOZED)
    assert listed(await house.page("/inbox")) == []
    assert listed(await house.page("/inbox?snoozed=1")) == [card.review]


async def test_what_is_late_is_found_and_stands_first(either: House) -> None:
    """A promise that was not kept is overdue; which is due first stands on top, unless one wants the newest."""
    for word in ("first", "second", "third"):
        await either.say(f"This is the {word} question about a jacket.")
    ids = [(await either.card(text=word)).review for word in ("first", "second", "third")]

    def late(conn: Connection) -> None:
        conn.execute(sa.update(reviews).where(reviews.c.id == ids[2]).values(opened_at=reviews.c.opened_at - 86_400))

    await either.program.engine.write(late)
    either.program.engine.bell.ring([Topic.PAGES])
    assert listed(await either.page("/inbox?overdue=1")) == [ids[2]]
    assert listed(await either.page("/inbox?longer=4")) == [ids[2]]
    for order in ("due", "oldest"):
        assert listed(await either.page(f"/inbox/cards?by=web:ana&order={order}"))[0] == ids[2]
    assert listed(await either.page("/inbox?order=newest"))[-1] == ids[2]


async def test_a_long_list_is_turned_page_by_page(either: House) -> None:
    """The pages hold everything once, and the second stays what it was when others arrive or are decided."""
    for number in range(PAGE + 2):
        await either.say(f"Question number {number}.", nonce=f"question-{number}")
    first = await either.page("/inbox")
    more = html.unescape(re.findall(r'href="(/inbox\?after=[^"]+)" rel="next"', first)[0])
    second = await either.page(more)
    assert (len(listed(first)), len(listed(second))) == (PAGE, 2)
    assert not set(listed(first)) & set(listed(second))
    assert 'rel="next"' not in second
    top = await either.card(text="Question number 0.")
    await either.decide(top, "reject", reason="tone")
    await either.card(State.REJECTED)
    await either.say("One more.")
    await either.card(text="One more.")
    assert listed(await either.page(more))[:2] == listed(second)
    for address in ("/inbox?after=%00", "/inbox?order=none", "/inbox?language=%00", "/inbox/cards?by=web:nobody"):
        assert (await either.client.get(address)).status_code == 400


async def test_a_card_somebody_is_at_stays_and_tells_what_became_of_it(house: House) -> None:
    """It was decided by another: whoever had it before them still sees it, until they leave it."""
    await house.say("How do I return a jacket?")
    card = await house.card()
    await house.decide(card, "approve", by="web:leo")
    await house.card(State.SENT)
    kept = await house.page(f"/inbox/cards?by=web:ana&keep={card.review}")
    assert listed(kept) == [card.review]
    assert "Approved by Leo" in kept
    assert listed(await house.page("/inbox/cards?by=web:ana")) == []


async def test_a_list_that_is_known_is_not_sent_again(house: House) -> None:
    """A page that has what stands there is told so in a few bytes; when something happened it gets the new one."""
    await house.say("How do I return a jacket?")
    card = await house.card()
    path = "/inbox/cards?by=web:ana"
    first = await house.client.get(path)
    known = {"if-none-match": first.headers["etag"]}
    again = await house.client.get(path, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    await house.decide(card, "claim", by="web:leo")
    fresh = await house.client.get(path, headers=known)
    assert (fresh.status_code, "Leo" in fresh.text) == (200, True)


async def test_two_at_one_review_see_each_other(either: House) -> None:
    """Whoever comes is told who is there, whoever is there hears that somebody came, and nobody is told of themselves."""
    await either.say("How do I return a jacket?")
    card = await either.card()

    async def at(who: str, review: str, *, typing: bool = False) -> dict[str, str]:
        answer = await either.post("/inbox/here", {"by": f"web:{who}", "review": review, "typing": typing})
        assert answer.status_code == 200, answer.text
        return answer.json()["here"]  # type: ignore[no-any-return]

    async def seen_by(who: str) -> dict[str, str]:
        return (await either.client.get(f"/inbox/here?by=web:{who}")).json()["here"]  # type: ignore[no-any-return]

    assert await at("ana", card.review) == {}
    assert list(await at("leo", card.review, typing=True)) == [card.review]
    assert "Leo\u2069 is writing" in (await seen_by("ana"))[card.review]
    assert "Ana\u2069 is looking" in (await seen_by("leo"))[card.review]
    await at("leo", "")
    assert await seen_by("ana") == {}
    async with signed_in(either):
        hidden = await either.client.get("/inbox/here", headers=STRANGER)
        assert hidden.json() == {"here": {}}
        body = {"review": card.review, "typing": True}
        assert (await either.post("/inbox/here", body, STRANGER)).json() == {"here": {}}
        assert (await either.client.get("/inbox/here", headers=ANA)).json() == {"here": {}}


async def test_what_several_ask_for_at_once_is_looked_up_once() -> None:
    """Until the bell rings, or the look failed."""
    bell, looks = Bell(), []
    shared = Shared(bell)

    async def look() -> int:
        looks.append(1)
        await asyncio.sleep(0)
        return len(looks)

    async def fail() -> int:
        looks.append(1)
        raise StoreDown("gone")

    assert await asyncio.gather(*(shared.get("a", look) for _ in range(3))) == [1, 1, 1]
    assert await shared.get("b", look) == 2
    bell.ring([Topic.PAGES])
    assert await shared.get("a", look) == 3
    for _ in range(2):
        with pytest.raises(StoreDown):
            await shared.get("c", fail)
    assert len(looks) == 5
