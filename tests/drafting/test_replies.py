"""What a desk answered before, as examples for the same desk."""

from __future__ import annotations

import sqlalchemy as sa

from bot.drafting.knowledge.replies import Replies
from bot.store.approved import Approved, newest, of_reviews
from bot.store.engine import Connection
from bot.store.erasure import erase
from tests.stage.play import JON, MIA, Stage, staged

TENT = "Can you mend the broken zip of my tent?"


def replies(*stages: Stage) -> Replies:
    """Those of these desks."""

    async def fetch(name: str, known: frozenset[str]) -> tuple[list[str], list[Approved]]:
        (stage,) = (stage for stage in stages if stage.setting.id == name)

        def work(conn: Connection) -> tuple[list[str], list[Approved]]:
            there = newest(conn, name)
            return there, of_reviews(conn, [one for one in there if one not in known])

        return await stage.engine.read(work)

    return Replies(fetch)


async def approved(stage: Stage) -> list[tuple[str, str, str]]:
    """The sent replies of the desk: who asked, what, and the words."""
    name = stage.setting.id
    found = await stage.engine.read(lambda conn: of_reviews(conn, newest(conn, name)))
    return [(one.customer, one.question, one.words) for one in found]


async def answer(stage: Stage, question: str, words: str, root: str = "1") -> None:
    """A question is asked, answered with these words, and the reply arrives."""
    await stage.in_review(question, root)
    assert (await stage.presses("edit", root, words=words)).done
    await stage.settles()
    assert stage.replies(root)[-1] == words


async def test_a_sent_reply_is_found_by_a_question_like_its_own(sqlite: sa.URL) -> None:
    """And not by another one, which is what the floor is for."""
    async with staged(sqlite) as stage:
        there = replies(stage)
        await answer(stage, TENT, "Yes, send it to us.")
        assert await there.search(stage.setting.id, TENT) == []
        await there.refreshed(stage.setting.id)
        (found,) = await there.search(stage.setting.id, "Hello! My tent has a broken zip. Do you mend that?")
        assert (found.question, found.words) == (TENT, "Yes, send it to us.")
        assert await there.search(stage.setting.id, "Who is the mayor of Vladivostok?") == []


async def test_another_desk_finds_nothing_of_it(sqlite: sa.URL) -> None:
    """What one team promises is no example for another."""
    async with staged(sqlite) as stage:
        there = replies(stage)
        await answer(stage, TENT, "Yes, send it to us.")
        await there.refreshed(stage.setting.id)
        assert await there.search("another", TENT) == []
        assert await stage.engine.read(lambda conn: newest(conn, "another")) == []


async def test_each_reply_has_the_question_it_answered(database: sa.URL) -> None:
    """All messages of one question as they read at last, without what an earlier reply had answered; newest first."""
    async with staged(database) as stage:
        await stage.says("My tent.", ref="1")
        await stage.says("The zip brocke.", ref="1.b")
        await stage.edits("The zip broke.", "1.b")
        await stage.settles()
        await stage.presses("edit", words="We mend it.")
        await stage.settles()
        await stage.says("How long?", ref="1.c")
        await stage.settles()
        await stage.presses("edit", words="Ten days.")
        await stage.settles()
        await stage.says("Where is my parcel?", "2", ref="2", by=JON)
        await stage.settles()
        await stage.presses("edit", "2", words="On its way.")
        await stage.settles()
        assert await approved(stage) == [
            ("Jon", "Where is my parcel?", "On its way."),
            ("Mia", "How long?", "Ten days."),
            ("Mia", "My tent.\nThe zip broke.", "We mend it."),
        ]


async def test_what_was_not_sent_is_no_example(sqlite: sa.URL) -> None:
    """Neither what is open nor what was rejected, and nothing more than was asked for."""
    async with staged(sqlite) as stage:
        await stage.in_review("Open?", "1")
        await stage.in_review("Rejected?", "2")
        await stage.presses("reject", "2", reason="wrong")
        for number in range(3):
            await answer(stage, f"Sent {number}?", "Yes.", f"3{number}")
        assert [question for _, question, _ in await approved(stage)] == ["Sent 2?", "Sent 1?", "Sent 0?"]
        name = stage.setting.id
        assert len(await stage.engine.read(lambda conn: newest(conn, name, 2))) == 2


async def test_what_was_erased_is_forgotten(database: sa.URL) -> None:
    """In the store at once, and at the next look in the memory of the program too."""
    async with staged(database) as stage:
        there, name = replies(stage), stage.setting.id
        await answer(stage, TENT, "Yes, send it to us.")
        await stage.says("Where is my parcel?", "2", ref="2", by=JON)
        await stage.settles()
        await stage.presses("edit", "2", words="On its way.")
        await stage.settles()
        await there.refreshed(name)
        assert len(await there.search(name, TENT)) == 1
        await stage.engine.write(lambda conn: erase(conn, MIA, "ana", stage.clock()))
        assert [who for who, _, _ in await approved(stage)] == ["Jon"]
        await there.refreshed(name)
        assert await there.search(name, TENT) == []
        assert len(await there.search(name, "Where is my parcel?")) == 1


async def test_only_new_replies_are_read_again(sqlite: sa.URL) -> None:
    """A look every minute must not read five hundred conversations."""
    async with staged(sqlite) as stage:
        asked: list[frozenset[str]] = []

        async def fetch(name: str, known: frozenset[str]) -> tuple[list[str], list[Approved]]:
            asked.append(known)
            there = await stage.engine.read(lambda conn: newest(conn, name))
            fresh = [one for one in there if one not in known]
            return there, await stage.engine.read(lambda conn: of_reviews(conn, fresh))

        there, name = Replies(fetch), stage.setting.id
        await answer(stage, TENT, "Yes.")
        await there.refreshed(name)
        await answer(stage, "Where is my parcel?", "On its way.", "2")
        await there.refreshed(name)
        await there.refreshed(name)
        assert [len(known) for known in asked] == [0, 1, 2]
        assert len(await there.search(name, TENT)) == len(await there.search(name, "Where is my parcel?")) == 1
