"""Everybody at once, in any order, with anything going wrong: what must never happen does not.

Customers write, edit, delete and are answered by hand; reviewers click on cards old and new, several at a time; workers
of two processes take work and finish it, late or never; the channel refuses, is silent or cannot look; the clock jumps.
`pytest --hypothesis-profile=search` looks further, and differently each time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot import loops
from bot.channels.base import Answer, NotStored, Person, Receipt, Said
from bot.channels.card import Card
from bot.desk import ToDeliver
from bot.review.model import State
from bot.store import conversations, seals
from bot.store.engine import Connection
from bot.store.tables import conversations as conversation_rows
from bot.store.tables import releases, replies
from bot.store.tables import reviews as review_rows
from tests.stage.channel import Gate, Reaction, ScriptedChannel, blind, delivers, refuses, silent
from tests.stage.databases import Postgres, Sqlite
from tests.stage.play import ANA, GUEST, LEA, LEO, Clock, Stage

T = TypeVar("T")
ROOTS = st.sampled_from(["1", "2"])
STAFF = st.sampled_from([ANA, LEO, LEA])
VERBS = st.sampled_from(["approve", "approve", "edit", "redraft", "reject", "recall", "resend", "mark_sent"])
WORDS = st.sampled_from(["Hello", "Where is it?", "{name} <b>\x00", "\ud83d", "x" * 500])
ANSWERS = st.sampled_from(
    [refuses(), refuses(final=True), refuses(wait=60), silent(landed=True), silent(landed=False), delivers()]
)
LOOKS = st.sampled_from([blind(), silent(landed=False), delivers()])
INDEX = st.integers(0, 10**6)
FIELDS = {"words": "Somebody's own words.", "reason": "tone", "instruction": "shorter", "note": "so"}


class House(RuleBasedStateMachine):
    """The outside world as this test knows it, beside the program as it is."""

    def __init__(self, fresh: Callable[[], sa.URL], done: Callable[[sa.URL], None], key: Path) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._url, self._done, self._key = fresh(), done, key
        self.clock = Clock()
        self.channel = ScriptedChannel()
        self.stages = [self.do(self._open(name)) for name in "ab"]
        self.texts: dict[str, dict[str, str]] = {
            "1": {},
            "2": {},
        }  # root -> ref -> the words that stand, "" when deleted
        self.told: list[Said] = []
        self.seen: list[tuple[str, Card]] = []
        self.hands: list[tuple[Stage, loops.Line[Any], Any]] = []

    async def _open(self, name: str) -> Stage:
        return Stage(self._url, clock=self.clock, channel=self.channel, name=name)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on this house's loop."""
        return self._runner.run(work)

    @property
    def one(self) -> Stage:
        """The process that people's requests reach."""
        return self.stages[0]

    # --- customers and colleagues

    @rule(root=ROOTS, text=WORDS)
    def a_customer_writes(self, root: str, text: str) -> None:
        ref = root if not self.texts[root] else ""
        event = self.one.said(text, root, ref=ref)
        assert self.do(self.one.tell(event)) is Receipt.STORED
        self.texts[root][event.ref] = text
        self.told.append(event)

    @precondition(lambda self: self.told)
    @rule(index=INDEX)
    def the_channel_tells_it_again(self, index: int) -> None:
        event = self.told[index % len(self.told)]
        assert self.do(self.stages[index % 2].tell(event)) is Receipt.DUPLICATE

    @precondition(lambda self: self._standing())
    @rule(index=INDEX, text=WORDS)
    def a_customer_edits(self, index: int, text: str) -> None:
        root, ref = self._pick(index)
        receipt = self.do(self.one.edits(text, ref, root))
        assert receipt is (Receipt.IGNORED if text == self.texts[root][ref] else Receipt.STORED)
        self.texts[root][ref] = text

    @precondition(lambda self: self._standing())
    @rule(index=INDEX)
    def a_customer_takes_it_back(self, index: int) -> None:
        root, ref = self._pick(index)
        assert self.do(self.one.takes_back(ref, root)) is Receipt.STORED
        self.texts[root][ref] = ""

    @rule(root=ROOTS, by=STAFF)
    def a_colleague_answers_by_hand(self, root: str, by: Person) -> None:
        if self.texts[root]:
            self.do(self.one.answers("By hand.", root, by=by))

    @precondition(lambda self: self._url.get_backend_name() == "sqlite")
    @rule(root=ROOTS)
    def a_message_comes_while_the_database_is_away(self, root: str) -> None:
        with self.one.gone(), pytest.raises(NotStored):
            self.do(self.one.says("lost", root))

    def _standing(self) -> list[tuple[str, str]]:
        return [(root, ref) for root, texts in self.texts.items() for ref, text in texts.items() if text]

    def _pick(self, index: int) -> tuple[str, str]:
        standing = self._standing()
        return standing[index % len(standing)]

    # --- reviewers

    @precondition(lambda self: any(self.texts.values()))
    @rule(root=ROOTS)
    def a_reviewer_looks(self, root: str) -> None:
        if self.texts[root]:
            self.seen.append((root, self.do(self.one.card(root))))

    @precondition(lambda self: self.seen)
    @rule(index=INDEX, verb=VERBS, by=STAFF, newest=st.booleans())
    def a_reviewer_presses(self, index: int, verb: str, by: Person, newest: bool) -> None:
        root, card = self.seen[-1] if newest else self.seen[index % len(self.seen)]
        self._press(root, card, (verb,), by)

    @precondition(lambda self: self.seen)
    @rule(index=INDEX, verbs=st.lists(VERBS, min_size=2, max_size=4), by=STAFF)
    def several_press_at_once(self, index: int, verbs: list[str], by: Person) -> None:
        root, card = self.seen[index % len(self.seen)]
        self._press(root, card, tuple(verbs), by)

    @precondition(lambda self: self.seen)
    @rule(index=INDEX, verb=VERBS)
    def a_reader_presses(self, index: int, verb: str) -> None:
        _, card = self.seen[index % len(self.seen)]
        assert not self.do(self.one.presses(verb, seen=card, by=GUEST, **FIELDS)).done

    def _press(self, root: str, card: Card, verbs: tuple[str, ...], by: Person) -> None:
        """What counts was decided on the version that stands; of several at once, one does."""
        stood = {review.id: review for review in self.do(self.one.reviews(root))}[card.review]
        landed = any(reply.key.startswith(f"{card.review}-") for reply in self.channel.world.replies)
        # Whoever says that it is there, or is not, has looked.
        honest = [verb for verb in verbs if verb != ("resend" if landed else "mark_sent")]

        async def all_at_once() -> list[Answer]:
            clicks = (
                self.stages[number % 2].presses(verb, seen=card, by=by, **FIELDS) for number, verb in enumerate(honest)
            )
            return list(await asyncio.gather(*clicks))

        counted = sum(answer.done for answer in self.do(all_at_once()))
        assert counted <= 1
        assert not counted or stood.version == card.version

    # --- workers of two processes

    @rule(which=st.integers(0, 1), kind=st.sampled_from(["drafting", "showing", "delivering"]))
    def a_worker_takes(self, which: int, kind: str) -> None:
        stage = self.stages[which]
        line: loops.Line[Any] = getattr(stage, kind)
        self.hands += [(stage, line, claim) for claim in self.do(line.take(2)).claims]

    @precondition(lambda self: self.hands)
    @rule(index=INDEX)
    def a_worker_finishes(self, index: int) -> None:
        _, line, claim = self.hands.pop(index % len(self.hands))
        self.do(loops._one(line, claim))

    @precondition(lambda self: self.hands)
    @rule(index=INDEX)
    def a_worker_dies_before_it_begins(self, index: int) -> None:
        self.hands.pop(index % len(self.hands))

    @precondition(lambda self: any(isinstance(claim, ToDeliver) for _, _, claim in self.hands))
    @rule()
    def a_worker_dies_after_it_spoke(self) -> None:
        index = next(index for index, hand in enumerate(self.hands) if isinstance(hand[2], ToDeliver))
        stage, _, claim = self.hands.pop(index)

        async def die() -> None:
            self.channel.sending.appendleft(delivers(spoken := Gate(), after=True))
            sending = asyncio.create_task(stage.desk.deliver(claim))
            await asyncio.wait(
                [sending, reached := asyncio.create_task(spoken.reached())], return_when="FIRST_COMPLETED"
            )
            for task in (sending, reached):
                task.cancel()
            await asyncio.gather(sending, reached, return_exceptions=True)
            # It may have looked first and found it, or have found that it was too late to speak.
            if self.channel.sending and self.channel.sending[0].gate is spoken:
                self.channel.sending.popleft()

        self.do(die())

    @rule()
    def everybody_works(self) -> None:
        async def together() -> None:
            await asyncio.gather(*(stage.works() for stage in self.stages))

        self.do(together())

    @rule(which=st.integers(0, 1))
    def a_process_starts_anew(self, which: int) -> None:
        old = self.stages[which]
        self.hands = [hand for hand in self.hands if hand[0] is not old]
        self.do(old.close())
        self.stages[which] = self.do(self._open(f"{'ab'[which]}{len(self.seen)}{len(self.told)}"))

    @rule(seconds=st.sampled_from([1.0, 8.0, 30.0, 180.0, 1000.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.move(seconds)

    @rule()
    def the_record_is_sealed(self) -> None:
        self.do(self.one.engine.write(lambda conn: seals.seal(conn, seals.load_key(self._key), self.clock())))

    # --- the channel

    @rule(reaction=ANSWERS)
    def the_channel_will_answer_a_reply(self, reaction: Reaction) -> None:
        self.channel.sending.append(reaction)

    @rule(reaction=LOOKS)
    def the_channel_will_be_searched(self, reaction: Reaction) -> None:
        self.channel.looking.append(reaction)

    @rule(reaction=ANSWERS)
    def the_channel_will_answer_a_card(self, reaction: Reaction) -> None:
        self.channel.showing.append(reaction)

    @precondition(lambda self: self.channel.world.replies)
    @rule(index=INDEX)
    def the_channel_tells_of_a_reply(self, index: int) -> None:
        told = self.channel.world.replies[index % len(self.channel.world.replies)]
        self.do(self.one.echoes(told))

    # --- what must hold at every moment

    @invariant()
    def no_reply_without_a_release_and_none_twice(self) -> None:
        released, sent = self.do(self.one.engine.read(_permissions))
        for reply in self.channel.world.replies:
            assert released[reply.key] == reply.words
        reviews = Counter(reply.key.rpartition("-")[0] for reply in self.channel.world.replies)
        assert not [review for review, count in reviews.items() if count > 1]
        assert sent <= set(reviews), "noted as sent, and nobody has read it"

    @invariant()
    def one_open_review_and_no_question_without_one(self) -> None:
        assert self.do(self.one.engine.read(_forgotten)) == []

    @invariant()
    def every_message_is_there(self) -> None:
        for root, texts in self.texts.items():
            if texts:
                stored = {m.ref: m.text for m in self.do(self.one.messages(root)) if m.speaker == "customer"}
                assert stored == texts

    @invariant()
    def every_review_is_where_its_audit_leads(self) -> None:
        self.do(self.one.replayed())

    @invariant()
    def one_card_for_a_review(self) -> None:
        hanging = Counter(drawn[-1].review for drawn in self.channel.world.cards.values())
        assert not [review for review, count in hanging.items() if count > 1]

    # --- and when it is over

    def teardown(self) -> None:
        try:
            self.do(self._ends_well())
        finally:
            for stage in self.stages:
                self.do(stage.close())
            self._runner.close()
            self._done(self._url)

    async def _ends_well(self) -> None:
        """With the troubles over, nothing is stranded: everything waits for a person or is closed, and the record holds."""
        for script in (self.channel.sending, self.channel.looking, self.channel.showing):
            script.clear()
        for _ in range(4):
            self.clock.move(1000)
            await asyncio.gather(*(stage.works() for stage in self.stages))
        for root, texts in self.texts.items():
            for review in await self.one.reviews(root) if texts else []:
                assert review.closed or review.state in (State.IN_REVIEW, State.STUCK)
                shown = [drawn[-1] for drawn in self.channel.world.cards.values() if drawn[-1].review == review.id]
                assert [card.version for card in shown] in ([review.version], [] if review.closed else [review.version])
        await self.one.verified()


def _permissions(conn: Connection) -> tuple[dict[str, str], set[str]]:
    """The words of every release by its key, and the reviews that are noted as sent."""
    rows = conn.execute(sa.select(releases.c.review, releases.c.version, releases.c.text)).all()
    words = {f"{row.review}-{row.version}": _words(conn, row.text) for row in rows}
    return words, set(conn.execute(sa.select(replies.c.review)).scalars())


def _words(conn: Connection, kept: int) -> str:
    from bot.store import texts

    found = texts.get(conn, kept)
    assert found is not None
    return found[0]


def _forgotten(conn: Connection) -> list[str]:
    """Conversations with a question that no review covers, or with more than one open review."""
    found = []
    for row in conn.execute(sa.select(conversation_rows)).all():
        messages = conversations.as_it_reads(conn, row.id)[row.id]
        mine = sa.select(sa.func.count()).where(review_rows.c.conversation == row.id, review_rows.c.closed_at.is_(None))
        count = conn.execute(mine).scalar_one()
        if count > 1 or (conversations.unanswered(messages, row.answered) and not count):
            found.append(row.id)
    return found


def _play(fresh: Callable[[], sa.URL], done: Callable[[sa.URL], None], key: Path, share: int) -> None:
    """Run the house; `share` is how many of the profile's examples are for it."""
    from hypothesis import HealthCheck, settings

    profile = settings()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: House(fresh, done, key),
        settings=settings(
            profile,
            max_examples=max(profile.max_examples * share // 100, 1),
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_house_on_sqlite(sqlites: Sqlite, tmp_path: Path) -> None:
    """Whatever happens, in any order."""
    path = tmp_path / "countersign.db"

    def done(_: sa.URL) -> None:
        for beside in ("", "-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)

    _play(lambda: sqlites.fresh(path), done, tmp_path / "seal.key", 60)


def test_the_house_on_postgresql(postgreses: Postgres, tmp_path: Path) -> None:
    """The same, where two processes really write at the same time."""
    _play(postgreses.fresh, postgreses.give_back, tmp_path / "seal.key", 20)
