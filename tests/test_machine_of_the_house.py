"""Everybody at once, in any order, with anything going wrong: what must never happen does not.

Customers write, edit, delete and are answered by hand; reviewers click on cards old and new, several at a time; workers
of two processes take work and finish it, late or never; the channel refuses, is silent or cannot look; the clock jumps.
`pytest --hypothesis-profile=search` looks further, and differently each time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot import loops
from bot.channels.base import Answer, NotStored, Person, Receipt, Said
from bot.channels.card import Card, Policy
from bot.desk import ToDeliver
from bot.log import configure
from bot.review.actions import ACTS
from bot.review.model import State
from bot.store import seals
from tests.stage.channel import Gate, Reaction, ScriptedChannel, blind, delivers, refuses, silent
from tests.stage.databases import Postgres, Sqlite
from tests.stage.inventory import Inventory, take_stock
from tests.stage.play import ANA, GUEST, LEA, LEO, Clock, Stage, desk

T = TypeVar("T")
ROOTS = st.sampled_from(["1", "1", "2"])
HAPPENINGS = st.sampled_from(["writes", "writes", "edited", "deleted", "answered", "repeated"])
STAFF = st.sampled_from([ANA, LEO, LEA])
VERBS = st.sampled_from(["approve", "approve", *(act.verb for act in ACTS)])
WORDS = st.sampled_from(["Hello", "Where is it?", "{name} <b>\x00", "\ud83d", "x" * 500])
ANSWERS = st.sampled_from([refuses(), refuses(final=True), silent(landed=True), silent(landed=False), delivers()])
LOOKS = st.sampled_from([blind(), blind(), silent(landed=False), delivers()])
INDEX = st.integers(0, 10**6)
FIELDS = {"words": "Somebody's own words.", "reason": "tone", "instruction": "shorter", "note": "so"}
FIELDS |= {"minutes": "30", "feeling": "neutral"}
# Long enough for replies that are in time, short enough for some that are not (seconds).
PROMISING = desk(policy=Policy(within=600.0, leads=(str(LEA),)))


class House(RuleBasedStateMachine):
    """The outside world as this test knows it, beside the program as it is.

    Which rules there are never depends on what happened: two processes at work need not do the same twice.
    """

    def __init__(self, fresh: Callable[[], sa.URL], done: Callable[[sa.URL], None], key: Path) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._url, self._done, self._key = fresh(), done, key
        self.clock = Clock()
        self.channel = ScriptedChannel()
        self._names = count(1)
        self.stages = [self.do(self._open()) for _ in range(2)]
        self.texts: dict[str, dict[str, str]] = {
            "1": {},
            "2": {},
        }  # root -> ref -> the words that stand, "" when deleted
        self.told: list[Said] = []
        self.seen: list[Card] = []
        self.hands: list[tuple[Stage, loops.Line[Any], Any]] = []

    async def _open(self) -> Stage:
        name = f"p{next(self._names)}."
        return Stage(self._url, desk=PROMISING, clock=self.clock, channel=self.channel, name=name)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on this house's loop."""
        return self._runner.run(work)

    @property
    def one(self) -> Stage:
        """The process that people's requests reach."""
        return self.stages[0]

    @initialize(text=WORDS)
    def the_day_begins(self, text: str) -> None:
        self._a_customer_writes("1", text)
        self.everybody_works(8.0)

    # --- customers and colleagues

    @rule(root=ROOTS, happening=HAPPENINGS, text=WORDS, index=INDEX, by=STAFF)
    def the_thread_goes_on(self, root: str, happening: str, text: str, index: int, by: Person) -> None:
        standing = [ref for ref, words in self.texts[root].items() if words]
        if happening == "writes" or not self.texts[root]:
            self._a_customer_writes(root, text)
        elif happening == "answered":
            self.do(self.one.answers("By hand.", root, by=by))
        elif happening == "repeated":
            event = self.told[index % len(self.told)]
            assert self.do(self.stages[index % 2].tell(event)) is Receipt.DUPLICATE
        elif standing:
            self._a_customer_changes(root, standing[index % len(standing)], "" if happening == "deleted" else text)

    def _a_customer_writes(self, root: str, text: str) -> None:
        event = self.one.said(text, root, ref="" if self.texts[root] else root)
        assert self.do(self.one.tell(event)) is Receipt.STORED
        self.texts[root][event.ref] = text
        self.told.append(event)

    def _a_customer_changes(self, root: str, ref: str, text: str) -> None:
        changed = text != self.texts[root][ref]
        receipt = self.do(self.one.edits(text, ref, root) if text else self.one.takes_back(ref, root))
        assert receipt is (Receipt.STORED if changed else Receipt.IGNORED)
        self.texts[root][ref] = text

    # --- reviewers

    @rule(root=ROOTS, index=INDEX, by=STAFF)
    def a_reviewer_decides(self, root: str, index: int, by: Person) -> None:
        if self.texts[root]:
            card = self.do(self.one.card(root))
            self.seen.append(card)
            if card.buttons:
                self._press(card, (card.buttons[index % len(card.buttons)].verb,), by)

    @rule(root=ROOTS, by=STAFF, sending=ANSWERS, looking=LOOKS, on_its_way=st.booleans())
    def a_draft_is_approved(
        self, root: str, by: Person, sending: Reaction, looking: Reaction, on_its_way: bool
    ) -> None:
        """It is made and approved, and perhaps departs at once; the channel may be in no good mood."""
        self.everybody_works(8.0)
        self.channel.sending.append(sending)
        self.channel.looking.append(looking)
        self.a_reviewer_decides(root, 0, by)
        if on_its_way:
            self.a_worker_takes(0, "delivering")

    @rule(index=INDEX, verbs=st.lists(VERBS, min_size=1, max_size=4), by=STAFF)
    def several_press_on_an_old_card(self, index: int, verbs: list[str], by: Person) -> None:
        if not self.seen:
            return
        card = self.seen[index % len(self.seen)]
        self._press(card, tuple(verbs), by)
        assert not self.do(self.one.presses(verbs[0], seen=card, by=GUEST, **FIELDS)).done

    def _press(self, card: Card, verbs: tuple[str, ...], by: Person) -> None:
        """What counts was decided on the version that stands; of several at once, one does."""
        now = self.do(self.one.desk.card(card.review))
        assert now is not None
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
        assert not counted or now.version == card.version
        assert not counted or not now.escalated or by == LEA, "an agent decided on an escalated review"

    # --- workers of two processes

    @rule(seconds=st.sampled_from([0.0, 8.0, 30.0]))
    def everybody_works(self, seconds: float) -> None:
        self.clock.move(seconds)

        async def together() -> None:
            await asyncio.gather(*(stage.works() for stage in self.stages))

        self.do(together())

    @rule(which=st.integers(0, 1), kind=st.sampled_from(["drafting", "showing", "delivering", "delivering"]))
    def a_worker_takes(self, which: int, kind: str) -> None:
        stage = self.stages[which]
        line: loops.Line[Any] = getattr(stage, kind)

        async def take() -> list[Any]:
            return (await line.take(2)).claims

        self.hands += [(stage, line, claim) for claim in self.do(take())]

    @rule(index=INDEX, dies=st.booleans())
    def a_worker_finishes_or_dies(self, index: int, dies: bool) -> None:
        if not self.hands:
            return
        stage, line, claim = self.hands.pop(index % len(self.hands))
        if not dies:
            self.do(loops._one(line, claim, loops._unheard))
        elif isinstance(claim, ToDeliver):
            self.do(self._speaks_and_dies(stage, claim))

    async def _speaks_and_dies(self, stage: Stage, claim: ToDeliver) -> None:
        self.channel.sending.appendleft(delivers(spoken := Gate(), after=True))
        sending = asyncio.create_task(stage.desk.deliver(claim))
        reached = asyncio.create_task(spoken.reached())
        await asyncio.wait([sending, reached], return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, reached):
            task.cancel()
        await asyncio.gather(sending, reached, return_exceptions=True)
        # It may have looked first and found it, or have found that it was too late to speak.
        if self.channel.sending and self.channel.sending[0].gate is spoken:
            self.channel.sending.popleft()

    @rule(seconds=st.sampled_from([1.0, 30.0, 180.0, 1000.0]), restarts=st.booleans(), which=st.integers(0, 1))
    def time_passes(self, seconds: float, restarts: bool, which: int) -> None:
        self.clock.move(seconds)
        if restarts:
            old = self.stages[which]
            self.hands = [hand for hand in self.hands if hand[0] is not old]
            self.do(old.close())
            self.stages[which] = self.do(self._open())

    # --- the world around them

    @rule(root=ROOTS, sending=ANSWERS, looking=LOOKS, showing=ANSWERS)
    def a_bad_moment(self, root: str, sending: Reaction, looking: Reaction, showing: Reaction) -> None:
        """The channel is about to fail, it repeats itself, the database is away for a moment; and the record is sealed."""
        for script, reaction in zip(self._scripts(), (sending, looking, showing), strict=True):
            script.append(reaction)
        for reply in self.channel.world.replies:
            self.do(self.one.echoes(reply))
        if self._url.get_backend_name() == "sqlite":
            with self.one.gone(), pytest.raises(NotStored):
                self.do(self.one.says("lost", root))
        key = seals.load_key(self._key)
        self.do(self.one.engine.write(lambda conn: seals.seal(conn, key, self.clock())))

    def _scripts(self) -> tuple[Any, ...]:
        return self.channel.sending, self.channel.looking, self.channel.showing

    # --- what must hold at every moment

    @invariant()
    def the_house_stands(self) -> None:
        stock = self.do(self.one.engine.read(take_stock))
        self._no_reply_without_a_release_and_none_twice(stock)
        assert stock.replayed_elsewhere == [], "a review is not where its audit leads"
        assert stock.crowded == [], "more than one review is open"
        assert stock.forgotten == [], "a question has no review"
        assert {root: texts for root, texts in self.texts.items() if texts} == stock.customers, "a message is not there"
        assert self.channel.world.wrongs == []
        hanging = Counter(drawn[-1].review for drawn in self.channel.world.cards.values())
        assert not [review for review, cards in hanging.items() if cards > 1], "two cards for one review"

    def _no_reply_without_a_release_and_none_twice(self, stock: Inventory) -> None:
        for reply in self.channel.world.replies:
            assert stock.released[reply.key] == (reply.words, reply.thread.root), "nobody allowed these words there"
        read = Counter(reply.key.rpartition("-")[0] for reply in self.channel.world.replies)
        assert not [review for review, replies in read.items() if replies > 1], "two replies for one review"
        assert stock.sent <= set(read), "noted as sent, and nobody has read it"

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
        """With the troubles over nothing is stranded: everything waits for a person or is closed, and the record holds."""
        for script in self._scripts():
            script.clear()
        for _ in range(4):
            self.clock.move(1000)
            await asyncio.gather(*(stage.works() for stage in self.stages))
        for root in (root for root, texts in self.texts.items() if texts):
            for review in await self.one.reviews(root):
                assert review.closed or review.state in (State.IN_REVIEW, State.STUCK)
                shown = [drawn[-1] for drawn in self.channel.world.cards.values() if drawn[-1].review == review.id]
                assert [card.version for card in shown] == [review.version] or (review.closed and not shown)
                assert all(card.overdue for card in shown if not review.closed), "a promise was broken in silence"
                assert all(card.escalated == review.escalated for card in shown if not review.closed)
        await self.one.verified()


def _play(house: Callable[[], House], examples: int) -> None:
    """Run the house; with the profile `search`, twenty times as long."""
    configure("critical")
    searching = settings().max_examples > 100
    bounds = settings(
        max_examples=examples * 20 if searching else examples,
        stateful_step_count=40,
        suppress_health_check=list(HealthCheck),
        # Making a failure shorter takes minutes; that is for whoever searches.
        phases=list(Phase) if searching else [Phase.generate],
    )
    run_state_machine_as_test(house, settings=bounds)  # type: ignore[arg-type]  # a factory will do


def test_the_house_on_sqlite(sqlites: Sqlite, tmp_path: Path) -> None:
    """Whatever happens, in any order."""
    path = tmp_path / "countersign.db"

    def done(_: sa.URL) -> None:
        for beside in ("", "-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)

    _play(lambda: House(lambda: sqlites.fresh(path), done, tmp_path / "seal.key"), 80)


def test_the_house_on_postgresql(postgreses: Postgres, tmp_path: Path) -> None:
    """The same, where two processes really write at the same time."""
    _play(lambda: House(postgreses.fresh, postgreses.give_back, tmp_path / "seal.key"), 20)
