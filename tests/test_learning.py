"""What becomes of edits, in a store of either kind: which of them make a proposal, and whose words are in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from bot import accepting, learning
from bot.accepting import Offer, Signed
from bot.channels.base import Person, Place, Thread
from bot.channels.card import Policy
from bot.drafting.prompts import Template
from bot.review.actions import Delivered, Depart, Drafted, Edit, Received, Reject, Start
from bot.review.machine import decide
from bot.review.model import Draft
from bot.setting import Desk
from bot.store import approved, conversations, erasure, proposals, reviews, templates
from bot.store.bell import Bell
from bot.store.changes import What
from bot.store.conversations import Conversation
from bot.store.engine import Connection, Engine
from bot.store.proposals import Form, Status
from bot.versions import Unwanted
from tests.review.lives import DRAFT, NOW, a
from tests.store.records import MIA, put, said, step

DAY = 86_400.0
JON = Person("web", "jon", "Jon Okonkwo")
TEMPLATE = "---\nname: t\npurpose: Tests.\n---\nBe brief.\n\nIt is {{today}}.\n\n--- customer ---\n{{message}}\n"
ADA = Signed("Ada", "They keep doing it.", NOW)
_numbers = count(1)


def desk(name: str = "support") -> Desk:
    """A desk that works in English."""
    place = Place("web", name)
    policy = Policy()
    return Desk(name, name, (place,), place, {}, Template("t", 1, ""), "brief", ("en",), 0.0, 0.0, policy)


DESKS: Mapping[str, Desk] = {name: desk(name) for name in ("support", "sales")}


@pytest.fixture
async def engine(database: sa.URL) -> AsyncIterator[Engine]:
    """An engine on an empty database of either kind."""
    engine = Engine(database, Bell())
    yield engine
    await asyncio.to_thread(engine.close)


def edit(
    conn: Connection, /, drafted: str, sent: str, *, at: str = "support", by: Person = MIA, days: float = 0, **more: Any
) -> str:
    """A person changes a draft of this desk for this customer, so many days ago, and it is sent; its review."""
    number = f"{next(_numbers):03}"
    thread = Thread(Place("web", at), number)
    conversations.start(conn, Conversation(f"c{number}", at, thread, by), NOW)
    told = said("How do I send it back?", root=number, by=by)
    message, kept = conversations.add(conn, f"c{number}", replace(told, thread=thread))
    known = {"review": f"r{number}", "conversation": f"c{number}", "desk": at, "message": message}
    received = decide(None, a(Received, None, **known))
    reviews.record(conn, received, kept)
    draft: Draft = replace(DRAFT, reply=drafted, statements=(), **more)
    review = step(conn, step(conn, received.review, Start).review, Drafted, draft=draft).review
    for kind, values in (
        (Edit, {"words": sent}),
        (Depart, {}),
        (Delivered, {"ref": f"m{number}", "at": NOW - days * DAY}),
    ):
        review = step(conn, review, kind, **values).review
    return review.id


DRAFTED = "You can send it back."
LABEL = "The label lies in the box."


async def label(engine: Engine, times: int, **more: Any) -> list[str]:
    """So many drafts in which somebody added where the label is."""
    return [await put(engine, edit, DRAFTED, f"{DRAFTED} {LABEL}", **more) for _ in range(times)]


async def learn(engine: Engine, name: str = "support") -> list[int]:
    """Look at a desk's edits."""
    return await learning.learn(engine, DESKS[name], lambda: NOW)


async def offer(engine: Engine, number: int, *, public: bool = False) -> Offer:
    """A proposal as it stands."""
    return await engine.read(lambda conn: accepting.offer(conn, number, DESKS, public=public))


async def accept(engine: Engine, number: int) -> str:
    """Accept it as it stands; what it has become."""
    offered = await offer(engine, number)
    return await engine.write(lambda conn: accepting.accept(conn, offered, DESKS, ADA, public=False))


async def statuses(engine: Engine) -> list[Status]:
    """Of all proposals, the oldest first."""
    return [proposal.status for proposal in await engine.read(proposals.all_of)]


async def test_three_edits_make_a_proposal_and_two_do_not(engine: Engine) -> None:
    """Of one kind, about one matter; with the reviews and the sentences it is made from."""
    found = await label(engine, 2)
    assert await learn(engine) == []
    found += await label(engine, 1)
    assert await learn(engine) == [1]
    offered = await offer(engine, 1)
    assert (offered.proposal.form, offered.proposal.lesson.kind) == (Form.ARTICLE, "omission")
    assert offered.proposal.lesson.matter == "change-order.en"
    assert {one.review for one in offered.evidence} == set(found)
    assert all(one.pairs == (("", LABEL),) for one in offered.evidence)
    assert offered.text == (
        f"---\ntitle: Added by reviewers: change-order.en\nlanguage: en\naudience: internal\n---\n\n- {LABEL}\n"
    )


async def test_other_matters_kinds_and_times_do_not_add_up(engine: Engine) -> None:
    """Two about one article and two about another; two additions and a number; two now and two of long ago."""
    await label(engine, 2)
    await label(engine, 2, sources=(), intent="A  new jacket")
    await put(engine, edit, "It takes 3 days.", "It takes 5 days.")
    await label(engine, 2, days=61)
    assert await learn(engine) == []
    await label(engine, 1, sources=(), intent="a new Jacket")
    assert await learn(engine) == [1]
    assert (await offer(engine, 1)).proposal.lesson.matter == "a new jacket"


async def test_edits_of_another_desk_never_mix(engine: Engine) -> None:
    """Neither do they make up the number, nor do they get into a proposal."""
    await label(engine, 2)
    theirs = await label(engine, 2, at="sales")
    assert (await learn(engine), await learn(engine, "sales")) == ([], [])
    await label(engine, 1)
    assert (await learn(engine), await learn(engine, "sales")) == ([1], [])
    assert not {one.review for one in (await offer(engine, 1)).evidence} & set(theirs)


async def test_what_was_only_rejected_or_approved_teaches_nothing(engine: Engine) -> None:
    """A draft counts when a person changed it and it was sent."""
    await label(engine, 2)
    await put(engine, edit, DRAFTED, DRAFTED)
    for number in range(3):
        await put(engine, _rejected, f"x{number}")
    assert await learn(engine) == []


def _rejected(conn: Connection, root: str) -> None:
    conversations.start(conn, Conversation(f"c{root}", "support", Thread(Place("web", "support"), root), MIA), NOW)
    message, kept = conversations.add(conn, f"c{root}", said(root=root))
    received = decide(None, a(Received, None, review=f"r{root}", conversation=f"c{root}", message=message))
    reviews.record(conn, received, kept)
    review = received.review
    for kind in (Start, Drafted, Reject):
        review = step(conn, review, kind).review


async def test_with_more_edits_a_proposal_is_replaced_and_not_changed(engine: Engine) -> None:
    """Whoever accepts a number accepts what they read under it."""
    await label(engine, 3)
    assert await learn(engine) == [1]
    assert await learn(engine) == []
    offered = await offer(engine, 1)
    await put(engine, edit, DRAFTED, f"{DRAFTED} It is in the lid.")
    assert await learn(engine) == [2]
    assert await statuses(engine) == [Status.REPLACED, Status.OPEN]
    with pytest.raises(Unwanted, match="replaced"):
        await engine.write(lambda conn: accepting.accept(conn, offered, DESKS, ADA, public=False))
    assert "lid" in (await offer(engine, 2)).text


async def test_what_was_decided_on_does_not_count_again(engine: Engine) -> None:
    """Neither after a yes nor after a no; three further edits do."""
    for decide_on in (accept, _dismissed):
        await label(engine, 3)
        (number,) = await learn(engine)
        await decide_on(engine, number)
        assert await learn(engine) == []
        await label(engine, 2)
        assert await learn(engine) == []
        await label(engine, 1)
        (number,) = await learn(engine)
        await _dismissed(engine, number)


async def _dismissed(engine: Engine, number: int) -> None:
    await engine.write(lambda conn: accepting.dismiss(conn, number, ADA))


async def test_nobody_is_named_in_a_proposal(engine: Engine) -> None:
    """Neither the customer, nor how they are reached, nor their order."""
    for _ in range(3):
        sent = f"{DRAFTED} Mia, write to mia.l@post.example if the label is not in the box."
        await put(engine, edit, DRAFTED, sent)
    one_case = f"{DRAFTED} Parcel 88123401 lies in the box."
    await put(engine, edit, DRAFTED, one_case)
    (number,) = await learn(engine)
    offered = await offer(engine, number)
    told = offered.text + str(offered.evidence)
    assert "the customer, write to … if the label is not in the box." in offered.text
    assert not [word for word in ("Mia", "mia.l", "post.example") if word in told]
    assert "88123401" not in offered.text


async def test_an_article_with_gaps_is_refused(engine: Engine) -> None:
    """Something that looks like a placeholder stands for nobody knows what."""
    for _ in range(3):
        await put(engine, edit, DRAFTED, f"{DRAFTED} The label lies in [PLACE_1].")
    (number,) = await learn(engine)
    with pytest.raises(Unwanted, match="TEXT_1"):
        await accept(engine, number)
    assert await statuses(engine) == [Status.OPEN]


async def test_erasing_a_customer_takes_their_sentences_out(engine: Engine) -> None:
    """A proposal goes on with what is left, and is withdrawn when that is too little."""
    await label(engine, 3, by=JON)
    mine = await put(engine, edit, DRAFTED, f"{DRAFTED} The label lies under the quagga.")
    (number,) = await learn(engine)
    seen = await offer(engine, number)
    assert "quagga" in seen.text
    await put(engine, erasure.erase, MIA, "Ada", NOW)
    left = await offer(engine, number)
    assert (left.proposal.status, [one.review for one in left.evidence if one.pairs is None]) == (Status.OPEN, [mine])
    assert "quagga" not in left.text + str(left.evidence)
    with pytest.raises(Unwanted, match="changed meanwhile"):
        await engine.write(lambda conn: accepting.accept(conn, seen, DESKS, ADA, public=False))
    await put(engine, erasure.erase, JON, "Ada", NOW)
    assert await statuses(engine) == [Status.WITHDRAWN]
    assert (await offer(engine, number)).text == ""
    assert await learn(engine) == []


async def test_what_was_erased_is_not_learned_from(engine: Engine) -> None:
    """Not even as one of three."""
    await label(engine, 2, by=JON)
    await label(engine, 1)
    await put(engine, erasure.erase, MIA, "Ada", NOW)
    assert await learn(engine) == []


async def test_who_is_erased_while_it_is_looked_is_not_learned_from(engine: Engine) -> None:
    """Between reading the edits and writing the proposal down."""
    await label(engine, 3)
    looks = count(1)

    def clock() -> float:
        if next(looks) == 2:
            with engine.sql.begin() as conn:
                erasure.erase(conn, MIA, "Ada", NOW)
        return NOW

    assert await learning.learn(engine, DESKS["support"], clock) == []
    assert next(looks) == 3


async def test_a_rule_becomes_a_draft_version_and_is_not_in_use(engine: Engine) -> None:
    """One line more, above what changes from case to case; the version in use stays."""
    await put(engine, templates.add, "t", TEMPLATE, "file", "", NOW)
    await engine.write(lambda conn: templates.activate(conn, "t", 1, What.ACTIVATED, "file", NOW))
    for _ in range(3):
        await put(engine, edit, "Opened software can be sent back.", "Opened software cannot be sent back.")
    (number,) = await learn(engine)
    assert (await offer(engine, number)).proposal.form is Form.TEMPLATE
    assert await accept(engine, number) == "t@2"
    version = await put(engine, templates.get, "t", 2)
    rule = (
        "- About “change-order.en”: instead of “Opened software can be sent back.” write “Opened software cannot be sent"
        " back.”"
    )
    assert version.text == TEMPLATE.replace("It is", f"What reviewers keep correcting:\n{rule}\n\nIt is")
    assert (version.status, version.author, version.note) == ("draft", "Ada", ADA.note)
    assert await put(engine, templates.active, "t") == 1


async def test_the_same_courtesy_again_is_a_rule_and_many_are_an_example(engine: Engine) -> None:
    """What is said in one line goes into the template; a manner is shown by a reply."""
    for closing in ("Best", "Best", "Best"):
        await put(engine, edit, f"{LABEL} Cheers", f"{LABEL} {closing}", sources=(), intent="a")
    for closing in ("Best", "Yours", "Thanks"):
        await put(engine, edit, f"{LABEL} Cheers", f"{LABEL} {closing}", sources=(), intent="b")
    await learn(engine)
    made = await engine.read(proposals.all_of)
    assert {proposal.lesson.matter: proposal.form for proposal in made} == {"a": Form.TEMPLATE, "b": Form.EXAMPLE}


async def test_an_accepted_example_is_one_of_its_own_desk_only(engine: Engine) -> None:
    """It comes first there, and no other desk knows of it."""
    for closing in ("Best", "Yours", "Thanks"):
        await put(engine, edit, f"{LABEL} Cheers", f"{LABEL} {closing}")
    await label(engine, 3, at="sales")
    (number,) = await learn(engine)
    assert await put(engine, approved.chosen, "support") == []
    made = await accept(engine, number)
    assert await put(engine, approved.chosen, "support") == [made]
    assert await put(engine, approved.chosen, "sales") == []
    kept = await engine.read(lambda conn: approved.of_reviews(conn, approved.newest(conn, "support")))
    assert [one.review for one in kept if one.chosen] == [made]
    await put(engine, erasure.erase, MIA, "Ada", NOW)
    assert await put(engine, approved.chosen, "support") == []
