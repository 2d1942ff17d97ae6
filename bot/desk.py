"""The life of a message in five verbs: receive, draft, show, act, deliver. Read this first.

Each verb reads, asks the law (`bot.review`) and records what it decided, in one transaction. Whatever is asked of the
outside world, a model or a channel, happens between two transactions: the first claims the review, the second records
what came of it, and only the holder of the claim may.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bot import intake
from bot.channels import card, form, wording
from bot.channels.base import (
    Answer,
    CannotLook,
    Channel,
    Click,
    Event,
    NotStored,
    Place,
    Receipt,
    Refusal,
    Seen,
    Silence,
    Speaker,
    Thread,
)
from bot.channels.card import Card
from bot.drafting.drafter import Case, Drafter
from bot.phrases import say
from bot.review.actions import (
    Action,
    Change,
    Delivered,
    Depart,
    Drafted,
    DraftFailed,
    Lost,
    MarkSent,
    NotSent,
    Start,
    Undeliverable,
    Withdrawn,
    Yielded,
)
from bot.review.machine import OutOfTurn, Refused, Stale, decide
from bot.review.model import CLOSED, SYSTEM, Actor, Draft, Release, Review, State
from bot.setting import Desk, Patience
from bot.store import audit, cards, conversations, reviews
from bot.store.conflict import Conflict
from bot.store.engine import Connection, Engine, StoreDown, T, Work


@dataclass(frozen=True, slots=True)
class ToDraft:
    """A review claimed for drafting, with what is to be answered."""

    review: Review
    case: Case


@dataclass(frozen=True, slots=True)
class ToShow:
    """A card to be drawn at `place`. `ref` is where it stands already; `tries` counts this and earlier attempts."""

    card: Card
    place: Place
    ref: str
    tries: int


@dataclass(frozen=True, slots=True)
class ToDeliver:
    """A review claimed for sending: these words to this thread. After `before` (unix seconds) they must stay."""

    review: Review
    thread: Thread
    release: Release
    before: float


class FrontDesk:
    """Where every desk's messages come in and every reply goes out."""

    def __init__(
        self,
        desks: tuple[Desk, ...],
        engine: Engine,
        drafter: Drafter,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        patience: Patience,
    ) -> None:
        self._desks = {desk.id: desk for desk in desks}
        self._listening = {place: desk for desk in desks for place in desk.listens}
        self._channels: dict[str, Channel] = {}
        self._engine = engine
        self._drafter = drafter
        self._clock = clock
        self._new_id = new_id
        self._patience = patience

    def connect(self, channel: Channel) -> None:
        """Let a channel serve the desks; it was made with this front desk as its inbox."""
        self._channels[channel.name] = channel

    # --- receive: stored first, acknowledged afterwards

    async def receive(self, event: Event) -> Receipt:
        """Store what happened and what follows from it. Raises `NotStored`."""
        try:
            if isinstance(event, Seen):
                return await self._recorded(lambda conn: self._witnessed(conn, event))
            desk = self._listening.get(event.thread.place)
            if desk is None or event.speaker is Speaker.BOT:
                return Receipt.IGNORED
            return await self._recorded(lambda conn: intake.receive(conn, desk, event, self._clock(), self._new_id))
        except StoreDown as error:
            raise NotStored from error

    def _witnessed(self, conn: Connection, event: Seen) -> Receipt:
        review = intake.witness(conn, event, self._clock())
        if review is None:
            return Receipt.IGNORED
        self._after_sending(conn, review, event.ref)
        return Receipt.STORED

    # --- draft: words in, a draft out, no side effects

    async def take_drafts(self, limit: int) -> list[ToDraft]:
        """Claim reviews that are due for a draft."""
        return await self._recorded(lambda conn: self._claim_drafts(conn, limit))

    def _claim_drafts(self, conn: Connection, limit: int) -> list[ToDraft]:
        now = self._clock()
        overdue = reviews.due(conn, State.DRAFTING, now, limit)
        due = overdue + reviews.due(conn, State.RECEIVED, now, limit - len(overdue))
        return [claim for review in due if (claim := self._claim_draft(conn, review, now)) is not None]

    def _claim_draft(self, conn: Connection, review: Review, now: float) -> ToDraft | None:
        desk = self._desks[review.desk]
        conversation = conversations.get(conn, review.conversation)
        messages = conversations.as_it_reads(conn, conversation.id)[conversation.id]
        open_questions = conversations.unanswered(messages, conversation.answered)
        if not open_questions:
            self._step(conn, review, Withdrawn(by=SYSTEM, at=now, change=Change.ANSWERED))
            return None
        lease = now + self._patience.draft_lease
        claimed = self._step(conn, review, Start(by=SYSTEM, at=now, seen=review.version, lease=lease))
        case = Case(
            desk=desk.name,
            tone=desk.tone,
            languages=desk.languages,
            template=desk.template,
            customer=conversation.customer.name,
            thread=tuple(m for m in messages if m not in open_questions) + open_questions,
            covers=review.covers,
            instruction=review.instruction,
            limit=self._channels[conversation.thread.place.channel].limit,
            today=wording.date(now),
        )
        return ToDraft(claimed, case)

    async def draft(self, claim: ToDraft) -> None:
        """Make a draft and record it, unless the conversation moved on meanwhile."""
        try:
            made = await self._drafter.draft(claim.case)
        except asyncio.CancelledError:
            await self._result(claim.review, Yielded(by=SYSTEM, at=self._clock(), claim=claim.review.claim))
            raise
        await self._result(claim.review, self._drafted(claim.review, made))

    async def draft_broke(self, claim: ToDraft, why: str) -> None:
        """Drafting ended in a fault of ours: the card says so, and the person writes."""
        blank = self._drafter.blank(claim.case)
        await self._result(claim.review, self._draft_failed(claim.review, blank, why))

    def _drafted(self, review: Review, made: Draft) -> Action:
        if made.reply.strip():
            return Drafted(by=SYSTEM, at=self._clock(), claim=review.claim, draft=made)
        return self._draft_failed(review, made, made.note or say("draft.nothing_fits"))

    def _draft_failed(self, review: Review, blank: Draft, why: str) -> Action:
        return DraftFailed(by=SYSTEM, at=self._clock(), claim=review.claim, draft=blank, why=why)

    # --- show: a card is a view, drawn again whenever the review has moved

    async def take_cards(self, limit: int) -> list[ToShow]:
        """Claim cards that are due for drawing."""
        return await self._recorded(lambda conn: self._claim_cards(conn, limit))

    def _claim_cards(self, conn: Connection, limit: int) -> list[ToShow]:
        stale = cards.take(conn, self._clock(), limit, self._patience.card_lease)
        found = [review for due in stale if (review := reviews.get(conn, due.review)) is not None]
        drawn = self._cards(conn, found)
        return [
            ToShow(view, self._desks[review.desk].reviews, due.ref, due.tries + 1)
            for due, review, view in zip(stale, found, drawn, strict=True)
        ]

    async def show(self, claim: ToShow) -> None:
        """Draw the card at the desk's review place. A failure is tried again later and never stops the review."""
        drawn, channel = claim.card, self._channels[claim.place.channel]
        try:
            ref = await channel.show_card(claim.place, drawn, claim.ref, look=not claim.ref and claim.tries > 1)
        except (Refusal, Silence) as error:
            wait = error.wait if isinstance(error, Refusal) else 0.0
            again = self._clock() + max(wait, self._patience.pause(claim.tries))
            await self._engine.write(lambda conn: cards.later(conn, drawn.review, again))
            raise
        now = self._clock()
        await self._engine.write(lambda conn: cards.drawn(conn, drawn.review, drawn.version, ref, now))

    def _cards(self, conn: Connection, found: list[Review]) -> list[Card]:
        told = conversations.as_it_reads(conn, *{review.conversation for review in found})
        places = conversations.of_ids(conn, *{review.conversation for review in found})
        entries = audit.entries(conn, *(review.id for review in found))
        return [
            card.build(
                review,
                self._desks[review.desk].name,
                places[review.conversation].thread.place,
                places[review.conversation].customer.name,
                told[review.conversation],
                [entry.line for entry in entries[review.id]],
                self._channels[places[review.conversation].thread.place.channel].limit,
            )
            for review in found
        ]

    async def card(self, review: str) -> Card | None:
        """The card of a review as it is now. Raises `StoreDown`."""

        def look(conn: Connection) -> Card | None:
            found = reviews.get(conn, review)
            return None if found is None else self._cards(conn, [found])[0]

        return await self._engine.read(look)

    async def board(self, limit: int = 50, before: str | None = None, closed: int = 20) -> list[Card]:
        """The open reviews, newest first, then those closed last. Raises `StoreDown`."""

        def look(conn: Connection) -> list[Card]:
            page = reviews.open_page(conn, limit, before)
            return self._cards(conn, page + ([] if before else reviews.closed_page(conn, closed)))

        return await self._engine.read(look)

    # --- act: a person decides on what their card showed

    async def act(self, click: Click) -> Answer:
        """Decide. A refusal is an answer, not an error. Raises `NotStored`."""
        try:
            return await self._recorded(lambda conn: self._acted(conn, click))
        except StoreDown as error:
            raise NotStored from error

    def _acted(self, conn: Connection, click: Click) -> Answer:
        review = reviews.get(conn, click.review)
        if review is None:
            return Answer(False, say("refused.unknown"))
        desk = self._desks[review.desk]
        limit = self._channels[self._thread(conn, review).place.channel].limit
        by = Actor(str(click.by), click.by.name, desk.role_of(click.by))
        try:
            decision = decide(review, form.action_of(click, by, self._clock(), limit, desk.hold))
            reviews.record(conn, decision)
        except form.Unreadable as error:
            return Answer(False, str(error))
        except Refused as refusal:
            lines = [entry.line for entry in audit.entries(conn, review.id)[review.id]]
            return Answer(False, wording.refused(refusal, click, lines))
        if isinstance(decision.line.action, MarkSent):
            self._after_sending(conn, decision.review, "")
        elif decision.review.state in CLOSED:
            conversations.settle(conn, review.conversation, review.covers)
        return Answer(True, say(f"done.{click.verb}"))

    # --- deliver: record Depart, speak once, record what came of it

    async def take_replies(self, limit: int) -> list[ToDeliver]:
        """Claim released words, and those whose sender fell silent."""
        return await self._recorded(lambda conn: self._claim_replies(conn, limit))

    def _claim_replies(self, conn: Connection, limit: int) -> list[ToDeliver]:
        now = self._clock()
        silent = reviews.due(conn, State.SENDING, now, limit)
        due = silent + reviews.due(conn, State.RELEASED, now, limit - len(silent))
        return [claim for review in due if (claim := self._claim_reply(conn, review, now)) is not None]

    def _claim_reply(self, conn: Connection, review: Review, now: float) -> ToDeliver | None:
        if review.state is State.SENDING and review.tries >= self._patience.tries:
            self._step(conn, review, Lost(by=SYSTEM, at=now, claim=review.claim, why=say("sending.gave_up_looking")))
            return None
        lease = now + self._patience.send_lease
        claimed = self._step(conn, review, Depart(by=SYSTEM, at=now, seen=review.version, lease=lease))
        release = reviews.release_of(conn, claimed)
        return ToDeliver(claimed, self._thread(conn, review), release, lease - 2 * self._patience.send)

    async def deliver(self, claim: ToDeliver) -> None:
        """Send the words once. Silence records nothing: when the lease ends, somebody looks before speaking again."""
        review, now = claim.review, self._clock
        try:
            ref = await self._speak(self._channels[claim.thread.place.channel], claim)
        except Refusal as no:
            if no.final or review.tries >= self._patience.tries:
                await self._result(review, Undeliverable(by=SYSTEM, at=now(), claim=review.claim, why=no.reason))
                return
            again = now() + max(no.wait, self._patience.pause(review.tries))
            await self._result(review, NotSent(by=SYSTEM, at=now(), claim=review.claim, why=no.reason, again=again))
        except CannotLook as blind:
            await self._result(review, Lost(by=SYSTEM, at=now(), claim=review.claim, why=blind.reason))
        else:
            await self._result(review, Delivered(by=SYSTEM, at=now(), ref=ref))

    async def _speak(self, channel: Channel, claim: ToDeliver) -> str:
        """Where the words stand. Raises `Refusal`, `Silence` or `CannotLook`."""
        try:
            async with asyncio.timeout(self._patience.send):
                if claim.review.doubt and (ref := await channel.find_reply(claim.thread, claim.release)) is not None:
                    return ref
                # A process that was frozen wakes up with a claim that may be somebody else's by now.
                if self._clock() > claim.before:
                    raise Silence
                return await channel.send_reply(claim.thread, claim.release)
        except TimeoutError as error:
            raise Silence from error

    def _after_sending(self, conn: Connection, sent: Review, ref: str) -> None:
        """The reply joins the conversation; what was written while it was on its way gets a review of its own."""
        now, desk = self._clock(), self._desks[sent.desk]
        release, kept = reviews.release_of(conn, sent)
        conversations.settle(conn, sent.conversation, sent.covers)
        conversations.add_reply(conn, sent.conversation, ref or release.key, kept, now)
        conversation = conversations.get(conn, sent.conversation)
        messages = conversations.as_it_reads(conn, conversation.id)[conversation.id]
        if sent.moved and conversations.unanswered(messages, conversation.answered):
            action = intake.opening(desk, conversation, sent.moved, now, self._new_id())
            reviews.record(conn, decide(None, action))

    # --- when the next piece of work falls due (unix seconds)

    async def next_draft(self) -> float | None:
        """The next review to be drafted."""
        return await self._engine.read(lambda conn: reviews.next_due(conn, (State.RECEIVED, State.DRAFTING)))

    async def next_card(self) -> float | None:
        """The next card to be drawn."""
        return await self._engine.read(cards.next_due)

    async def next_reply(self) -> float | None:
        """The next reply to be sent."""
        return await self._engine.read(lambda conn: reviews.next_due(conn, (State.RELEASED, State.SENDING)))

    # --- how every verb records

    def _step(self, conn: Connection, review: Review, action: Action) -> Review:
        decision = decide(review, action)
        reviews.record(conn, decision)
        return decision.review

    async def _result(self, claimed: Review, action: Action) -> None:
        """Record what came of a claim, unless the claim has lapsed: then it is somebody else's to say."""

        def work(conn: Connection) -> None:
            review = reviews.get(conn, claimed.id)
            if review is None:
                return
            try:
                decision = decide(review, action)
            except (Stale, OutOfTurn):
                return
            reviews.record(conn, decision)
            if isinstance(action, Delivered):
                self._after_sending(conn, decision.review, action.ref)

        await self._recorded(work)

    async def _recorded(self, work: Work[T]) -> T:
        """Do the work; when another was first, read again and decide again. Raises `StoreDown`."""
        while True:
            try:
                return await self._engine.write(work)
            except Conflict:
                continue

    @staticmethod
    def _thread(conn: Connection, review: Review) -> Thread:
        return conversations.get(conn, review.conversation).thread
