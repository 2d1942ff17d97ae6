"""A customer is erased while their reviews are anywhere: nothing of theirs is left, nothing is sent, the record holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.channels.base import Receipt
from bot.review.model import State
from bot.store import conversations, dossier, erasure
from bot.store.erasure import End, Erased
from bot.store.tables import messages, metadata, texts
from tests.stage.channel import Gate, delivers, refuses, silent
from tests.stage.databases import Sqlite
from tests.stage.inventory import take_stock
from tests.stage.play import ANA, JON, MIA, PATIENCE, Stage, staged

# In whatever Mia writes, and in whatever is written to her.
MARK = "zebra"
QUESTION = f"Where is my {MARK}?"


def traces(conn: Connection, *marks: str) -> set[str]:
    """The tables and columns in which one of these still stands somewhere."""
    found = set()
    for table in metadata.sorted_tables:
        for row in conn.execute(sa.select(table)).mappings():
            for column, value in row.items():
                text = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
                if any(mark in text for mark in marks):
                    found.add(f"{table.name}.{column}")
    return found


async def erased(stage: Stage) -> Erased:
    """Mia is erased; what that took."""
    done = await stage.engine.write(lambda conn: erasure.erase(conn, MIA, "ana", stage.clock()))
    assert done is not None
    return done


async def nothing_left(stage: Stage) -> None:
    """No table holds a word of hers, her name or her id, and the record verifies and replays."""
    assert await stage.engine.read(lambda conn: traces(conn, MARK, MIA.name, MIA.id)) == set()
    await stage.verified()


async def _received(stage: Stage) -> None:
    await stage.says(QUESTION, ref="1", files=(f"{MARK}.pdf",))


async def _in_review(stage: Stage) -> None:
    await stage.in_review(QUESTION)


async def _snoozed(stage: Stage) -> None:
    await _in_review(stage)
    await stage.presses("snooze", minutes="30")


async def _escalated(stage: Stage) -> None:
    await _in_review(stage)
    await stage.presses("escalate", note=f"The {MARK} again")


async def _redrafted(stage: Stage) -> None:
    await _in_review(stage)
    await stage.presses("redraft", instruction=f"Say sorry for the {MARK}")


async def _released(stage: Stage) -> None:
    await _in_review(stage)
    await stage.presses("edit", words=f"Your {MARK} is on its way")


async def _approved(stage: Stage) -> None:
    await _in_review(stage)
    await stage.presses("approve")


async def _held_back(stage: Stage) -> None:
    await _released(stage)
    stage.channel.sending.append(refuses())
    await stage.works()


async def _rejected(stage: Stage) -> None:
    await _in_review(stage)
    await stage.presses("reject", reason="other", note=f"No {MARK} here")


async def _sent(stage: Stage) -> None:
    await _released(stage)
    await stage.works()


async def _answered(stage: Stage) -> None:
    await _in_review(stage)
    await stage.answers(f"I have your {MARK}, Mia", ref="1.2")


async def _edited(stage: Stage) -> None:
    await _in_review(stage)
    await stage.edits(f"Where is my other {MARK}?")


async def _taken_back(stage: Stage) -> None:
    await _in_review(stage)
    await stage.takes_back()


LIVES: dict[str, tuple[Callable[[Stage], Awaitable[None]], State]] = {
    "received": (_received, State.RETIRED),
    "in review": (_in_review, State.RETIRED),
    "snoozed": (_snoozed, State.RETIRED),
    "escalated": (_escalated, State.RETIRED),
    "redrafted": (_redrafted, State.RETIRED),
    "released": (_released, State.RETIRED),
    "approved as drafted": (_approved, State.RETIRED),
    "held back": (_held_back, State.RETIRED),
    "edited": (_edited, State.RETIRED),
    "rejected": (_rejected, State.REJECTED),
    "sent": (_sent, State.SENT),
    "answered by hand": (_answered, State.RETIRED),
    "taken back": (_taken_back, State.RETIRED),
}


@pytest.mark.parametrize("life", LIVES)
async def test_wherever_a_review_stands(life: str, either: Stage) -> None:
    """What is open ends by the law, what is closed stays as it ended, and nothing more is sent or drafted."""
    lead, end = LIVES[life]
    await lead(either)
    before, drafts = either.replies(), len(either.drafter.cases)
    open_before = not (await either.review()).closed
    done = await erased(either)
    assert done.ends == ({End.NOTHING: 1} if open_before else {})
    assert (await either.review()).state is end
    await nothing_left(either)
    either.clock.move(86_400)
    await either.works()
    assert (either.replies(), len(either.drafter.cases)) == (before, drafts)
    await nothing_left(either)


async def test_the_cards_are_drawn_again(stage: Stage) -> None:
    """What hangs where drafts are reviewed says nothing of her any more, whether her review was open or long closed."""
    await stage.in_review(QUESTION)
    await stage.in_review(QUESTION, "2")
    await stage.presses("reject", "2", reason="other", note=MARK)
    await stage.works()
    assert all(MARK in repr(drawn[-1]) for drawn in stage.channel.world.cards.values())
    await erased(stage)
    await stage.works()
    hanging = [drawn[-1] for drawn in stage.channel.world.cards.values()]
    assert len(hanging) == 2
    assert not [card for card in hanging if MARK in repr(card) or MIA.name in repr(card)]


async def test_a_draft_that_is_being_made(either: Stage) -> None:
    """What the drafter brings afterwards is thrown away, and the words it holds are not kept."""
    gate = Gate()
    either.drafter.script.append(gate)
    await either.says(QUESTION, ref="1")
    either.clock.move(either.setting.settle)
    drafting = asyncio.create_task(either.drafts())
    await gate.reached()
    assert (await erased(either)).ends == {End.NOTHING: 1}
    gate.open()
    await drafting
    await nothing_left(either)
    assert (await either.review()).state is State.RETIRED


@pytest.mark.parametrize("lands", [True, False])
async def test_a_reply_that_is_on_its_way(lands: bool, either: Stage) -> None:
    """It cannot be called back. If the channel takes it, it counts as sent; if not, it never goes out."""
    await _released(either)
    gate = Gate()
    reaction = delivers(gate) if lands else refuses(gate=gate)
    either.channel.sending.append(reaction)
    delivering = asyncio.create_task(either.delivers())
    await gate.reached()
    assert (await erased(either)).ends == {End.UNDER_WAY: 1}
    gate.open()
    await delivering
    await nothing_left(either)
    for _ in range(5):
        either.clock.move(PATIENCE.again_most)
        await either.works()
    assert (await either.review()).state is (State.SENT if lands else State.RETIRED)
    assert len(either.replies()) == lands
    await nothing_left(either)


@pytest.mark.parametrize("landed", [True, False])
async def test_a_reply_of_which_no_answer_came(landed: bool, either: Stage) -> None:
    """Somebody looks for it by its key, which says nothing: it is found, or it never goes out."""
    await _released(either)
    either.channel.sending.append(silent(landed=landed))
    await either.works()
    await erased(either)
    either.clock.move(PATIENCE.send_lease)
    await either.works()
    assert (await either.review()).state is (State.SENT if landed else State.RETIRED)
    assert len(either.replies()) == landed
    assert "[erased]" not in either.replies()
    await nothing_left(either)


@pytest.mark.parametrize(("verb", "end"), [("mark_sent", State.SENT), ("resend", State.RETIRED)])
async def test_a_reply_that_is_stuck(verb: str, end: State, either: Stage) -> None:
    """A person still says whether it arrived; to send it again is no longer possible."""
    await either.stuck()
    assert (await erased(either)).ends == {End.UNDER_WAY: 1}
    assert (await either.review()).state is State.STUCK
    assert (await either.presses(verb)).done
    await either.works()
    assert (await either.review()).state is end
    assert either.replies() == []
    await nothing_left(either)


async def test_another_customer_in_the_thread(either: Stage) -> None:
    """What he wrote stays, he still gets his answer, and it is drafted without a word of hers."""
    await either.says(QUESTION, ref="1")
    await either.says("I have the same trouble", ref="1.j", by=JON)
    await either.settles()
    assert MARK in (await either.card()).reply
    assert (await erased(either)).ends == {End.ANEW: 1}
    await nothing_left(either)
    await either.works()
    last = either.drafter.cases[-1]
    assert [m.text for m in last.thread if not m.deleted] == ["I have the same trouble"]
    assert (await either.presses("approve")).done
    await either.works()
    assert len(either.replies()) == 1
    assert MARK not in either.replies()[0]
    await nothing_left(either)


async def test_a_guest_in_another_customers_thread(either: Stage) -> None:
    """Her words go and his thread stays his; what was drafted on both goes too, because it may quote her."""
    await either.says("Where is my parcel?", ref="1", by=JON)
    await either.says(f"And my {MARK}!", ref="1.m")
    await either.settles()
    assert (await erased(either)).threads == 1
    await nothing_left(either)
    conversation = (await either.review()).conversation
    found = await either.engine.read(lambda conn: conversations.get(conn, conversation))
    assert (found.customer, found.erased) == (JON, False)
    await either.works()
    assert (await either.card()).customer == JON.name
    assert MARK not in either.drafter.cases[-1].customer


async def test_what_is_told_of_a_thread_with_two_customers(either: Stage) -> None:
    """Each is told their own words; what was drafted and decided, only the one whose thread it is."""
    await either.says(QUESTION, ref="1")
    await either.says("I have the same trouble", ref="1.j", by=JON)
    await either.settles()
    await either.answers("I see to both", ref="1.8")
    hers, his = [await either.engine.read(lambda conn, who=who: dossier.of(conn, who, 0.0)) for who in (MIA, JON)]  # type: ignore[misc]
    assert hers is not None
    assert his is not None
    assert [said.text for said in hers.conversations[0].messages] == [QUESTION, "I see to both"]
    assert [len(talk.reviews) for talk in hers.conversations] == [1]
    assert [said.text for said in his.conversations[0].messages] == ["I have the same trouble"]
    assert (his.conversations[0].reviews, his.names) == ((), (JON.name,))


async def test_what_the_channel_tells_again(either: Stage) -> None:
    """An event that was told before is still known; that she deletes what was erased brings nothing of her back."""
    first = either.said(QUESTION, ref="1")
    assert await either.tell(first) is Receipt.STORED
    await either.settles()
    await erased(either)
    assert await either.tell(first) is Receipt.DUPLICATE
    assert await either.takes_back() is Receipt.IGNORED
    await nothing_left(either)


@pytest.mark.parametrize("how", ["says", "edits"])
async def test_she_writes_again(how: str, either: Stage) -> None:
    """That is news: she is known again by what she writes from now on, and what was erased stays erased."""
    await either.in_review(QUESTION)
    await erased(either)
    if how == "says":
        await either.says("Hello again", ref="1.9")
    else:
        await either.edits("Hello again")
    await either.settles()
    card = await either.card()
    assert (card.customer, (await either.review()).state) == (MIA.name, State.IN_REVIEW)
    assert [m.text for m in either.drafter.cases[-1].thread if not m.deleted] == ["Hello again"]
    assert await either.engine.read(lambda conn: traces(conn, MARK)) == set()
    kept = await either.engine.read(lambda conn: dossier.of(conn, MIA, 0.0))
    assert kept is not None
    assert [said.text for talk in kept.conversations for said in talk.messages if said.by == "customer"] == [
        "Hello again"
    ]
    await erased(either)
    await nothing_left(either)


async def test_a_colleague_speaks_in_an_erased_thread(either: Stage) -> None:
    """The thread has words again that can be erased when their time is over; nobody is named its customer."""
    await either.in_review(QUESTION)
    await erased(either)
    await either.answers("Closing this.", ref="1.8")
    await nothing_left(either)
    later = either.clock() + 10
    done = await either.engine.write(lambda conn: erasure.expire(conn, "support", later, 9, later))
    assert (done.threads, done.texts) == (1, 1)


async def test_a_second_time(either: Stage) -> None:
    """Nothing is known of her any more, and that is all that can be said."""
    await either.in_review(QUESTION)
    await erased(either)
    assert await either.engine.write(lambda conn: erasure.erase(conn, MIA, "ana", 0.0)) is None
    assert await either.engine.read(lambda conn: dossier.of(conn, MIA, 0.0)) is None
    assert await either.engine.read(erasure.on_record) == (1, 2)


async def test_a_colleague_is_no_customer(either: Stage) -> None:
    """What the desk's own people wrote is not erased in their name: the record says who decided."""
    await either.in_review(QUESTION)
    await either.answers("I am on it", ref="1.7")
    assert await either.engine.write(lambda conn: erasure.erase(conn, ANA, "ana", 0.0)) is None


# What may happen in two threads, in any order; who speaks there is Mia in the first and Jon in the second, or both.
_THREADS = st.sampled_from("12")
_VERBS: dict[str, dict[str, str]] = {
    "approve": {},
    "edit": {"words": "Hello, your {it}"},
    "reject": {"reason": "other", "note": "{it}"},
    "redraft": {"instruction": "shorter, less {it}"},
    "recall": {},
    "resend": {},
    "mark_sent": {},
    "wake": {},
    "escalate": {"note": "{it}!"},
    "snooze": {"minutes": "30"},
}
_HAPPENINGS = st.one_of(
    st.tuples(st.just("mia"), _THREADS),
    st.tuples(st.just("jon"), _THREADS),
    st.tuples(st.just("colleague"), _THREADS),
    st.tuples(st.just("rewords"), _THREADS),
    st.tuples(st.just("takes back"), _THREADS),
    st.tuples(st.sampled_from(sorted(_VERBS)), _THREADS),
    st.tuples(st.sampled_from(["drafts", "delivers", "waits", "silence", "landed in silence", "no"]), st.just("1")),
)


async def _happens(stage: Stage, what: str, root: str, number: int, it: str) -> None:
    """One of them. `it` is what people on our side write about in this thread."""
    match what:
        case "mia":
            await stage.says(f"{MARK} {number}", root, ref=f"{root}.m")
        case "jon":
            await stage.says(f"Jon asks {number}", root, ref=f"{root}.j", by=JON)
        case "colleague":
            await stage.answers(f"About the {it}", root)
        case "rewords":
            await stage.edits(f"another {MARK} {number}", f"{root}.m", root)
        case "takes back":
            await stage.takes_back(f"{root}.m", root)
        case "drafts":
            stage.clock.move(stage.setting.settle)
            await stage.drafts()
        case "delivers":
            await stage.delivers()
        case "waits":
            stage.clock.move(PATIENCE.send_lease)
        case "silence" | "landed in silence":
            stage.channel.sending.append(silent(landed=what != "silence"))
        case "no":
            stage.channel.sending.append(refuses())
        case _ if await stage.reviews(root):
            typed: dict[str, Any] = {name: words.format(it=it) for name, words in _VERBS[what].items()}
            await stage.presses(what, root, **typed)


_NUMBERS = count(1)


def _words_of_jon(conn: Connection) -> list[str]:
    rows = conn.execute(sa.select(messages.c.text, texts.c.body).join(texts, texts.c.id == messages.c.text)).all()
    said = [bytes(row.body).decode() for row in rows]
    return [words for words in said if words.startswith("Jon asks")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for databases."""
    return tmp_path_factory.mktemp("lives")


@settings(max_examples=25)
@given(life=st.lists(_HAPPENINGS, max_size=14))
async def test_after_any_life(life: list[tuple[str, str]], sqlites: Sqlite, folder: Path) -> None:
    """Whatever happened before: none of her words are left, what Jon wrote is, and what is sent afterwards quotes no
    word of hers."""
    async with staged(sqlites.fresh(folder / f"{next(_NUMBERS)}.db")) as stage:
        hers = set()
        for number, (what, root) in enumerate(life):
            hers |= {root} if what in ("mia", "rewords") else set()
            await _happens(stage, what, root, number, MARK if root in hers else "parcel")
        jons = await stage.engine.read(_words_of_jon)
        out = len(stage.channel.world.replies)
        await stage.engine.write(lambda conn: erasure.erase(conn, MIA, "ana", stage.clock()))
        await nothing_left(stage)
        assert await stage.engine.read(_words_of_jon) == jons
        stage.channel.sending.clear()
        for _ in range(4):
            stage.clock.move(PATIENCE.again_most)
            await stage.works()
        for root in "12":
            if await stage.reviews(root):
                await stage.presses("resend", root)
                await stage.presses("approve", root)
        await stage.works()
        assert not [
            reply for reply in stage.channel.world.replies[out:] if MARK in reply.words or "[erased]" in reply.words
        ]
        await nothing_left(stage)
        assert (await stage.engine.read(take_stock)).crowded == []
