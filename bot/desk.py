"""The life of a message in five verbs: receive, draft, show, act, deliver. Read this first.

Each verb reads, asks the law (`bot.review`) and records what it decided, in one transaction. Whatever is asked of the
outside world, a model or a channel, happens between two transactions: the first claims the review, the second records
what came of it, and only the holder of the claim may.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from bot import intake, staff, versions
from bot.board import Board
from bot.channels import form, wording
from bot.channels.base import (
    Answer,
    CannotLook,
    Channel,
    Click,
    Event,
    Message,
    NotStored,
    Place,
    Rated,
    Receipt,
    Refusal,
    Seen,
    Silence,
    Speaker,
    Thread,
)
from bot.channels.card import Card
from bot.discretion import UNKNOWN, Kind, Objection, Secrets, other_readers, unexcused
from bot.drafting.drafter import Case, Drafter
from bot.drafting.sentences import without
from bot.log import log
from bot.phrases import say
from bot.review.actions import (
    Action,
    Change,
    Delivered,
    Depart,
    Drafted,
    DraftFailed,
    Escalate,
    Lost,
    MarkSent,
    NotSent,
    Redraft,
    Renew,
    Start,
    Undeliverable,
    Wake,
    Withdrawn,
    Yielded,
)
from bot.review.machine import OutOfTurn, Refused, Stale, decide
from bot.review.model import CLOSED, SYSTEM, Call, Decision, Draft, Release, Review, State
from bot.setting import Desk, Patience
from bot.store import audit, cards, conversations, costs, exchanges, pauses, reviews, thumbs
from bot.store.conflict import Conflict
from bot.store.conversations import Conversation, clean
from bot.store.engine import Connection, Engine, StoreDown
from bot.store.texts import CHANGED, ERASED

C = TypeVar("C")
_TO_DRAFT = (State.SNOOZED, State.DRAFTING, State.RECEIVED)
# A draft for which the model was missing is made again after this pause at the latest (seconds).
_MOST_RENEWED = 900.0
_TO_SEND = (State.SENDING, State.RELEASED)


@dataclass(frozen=True, slots=True)
class ToDraft:
    """A review claimed for drafting, with what is to be answered and where; or why no draft is to be made, in a
    sentence, and whether that is to see what drafts are worth. `calls` fills with what is asked of models for it."""

    review: Review
    place: Place
    case: Case
    rests: str = ""
    held: bool = False
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ToShow:
    """A card to be drawn at `place`. `ref` is where it stands already; `tries` counts this and earlier attempts."""

    card: Card
    place: Place
    ref: str
    tries: int


@dataclass(frozen=True, slots=True)
class ToDeliver:
    """A review claimed for sending: these words to this thread. After `before` (unix seconds) they must stay.

    `objection` is why they must not go out at all, in a sentence, or empty.
    """

    review: Review
    thread: Thread
    release: Release
    before: float
    objection: str = ""


@dataclass(frozen=True, slots=True)
class Taken(Generic[C]):
    """What was claimed, and when the next of its kind falls due (unix seconds) if nothing was."""

    claims: list[C]
    due: float | None


class FrontDesk(Board):
    """Where every desk's messages come in and every reply goes out."""

    def __init__(
        self,
        desks: tuple[Desk, ...],
        engine: Engine,
        drafter: Drafter,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        patience: Patience,
        secrets: Secrets,
    ) -> None:
        super().__init__(desks, engine, clock)
        self._drafter = drafter
        self._new_id = new_id
        self._patience = patience
        self._secrets = secrets
        # What each place's channel last said of who reads there. It only spares a draft from being for nobody knows whom:
        # what is sent was asked about a moment before.
        self._audiences: dict[Place, str] = {}
        # What this process is sending now. A clock that jumps ahead ends a lease early, but not a post under way.
        self._speaking: set[str] = set()

    # --- receive: stored first, acknowledged afterwards

    async def receive(self, event: Event) -> Receipt:
        """Store what happened and what follows from it. Raises `NotStored`."""
        try:
            if isinstance(event, Seen):
                return await self._recorded(lambda conn: self._witnessed(conn, event))
            desk = self._listening.get(event.thread.place)
            if desk is None or event.speaker is Speaker.BOT:
                return Receipt.IGNORED
            if isinstance(event, Rated):
                return await self._rated(event)
            return await self._recorded(lambda conn: intake.receive(conn, desk, event, self._clock(), self._new_id))
        except StoreDown as error:
            raise NotStored from error

    async def _rated(self, event: Rated) -> Receipt:
        """Colleagues may like each other's replies, but it is the customers' opinion that counts."""
        if event.speaker is not Speaker.CUSTOMER:
            return Receipt.IGNORED
        return await self._recorded(lambda conn: thumbs.rate(conn, event, self._clock()))

    def _witnessed(self, conn: Connection, event: Seen) -> Receipt:
        review = intake.witness(conn, event, self._clock())
        if review is None:
            return Receipt.IGNORED
        self._after_sending(conn, review, event.ref)
        return Receipt.STORED

    # --- draft: words in, a draft out, no side effects

    async def take_drafts(self, limit: int) -> Taken[ToDraft]:
        """Claim reviews that are due for a draft, and end the snoozes that are over."""
        return await self._recorded(lambda conn: self._claim_drafts(conn, limit))

    def _claim_drafts(self, conn: Connection, limit: int) -> Taken[ToDraft]:
        now = self._clock()
        self._renew(conn, now, limit)
        due = reviews.due(conn, self._mine, _TO_DRAFT, now, limit)
        if not due:
            return Taken([], reviews.next_due(conn, self._mine, _TO_DRAFT))
        threads = conversations.of_ids(conn, *(review.conversation for review in due))
        told = conversations.as_it_reads(conn, *threads)
        lease = now + self._patience.draft_lease
        paused = pauses.standing(conn, {review.desk for review in due})
        poor = self._out_of_budget(conn, {review.desk for review in due}, now)
        starts, claims = [], []
        for review in due:
            conversation, messages = threads[review.conversation], told[review.conversation]
            if review.state is State.SNOOZED:
                reviews.record(conn, decide(review, Wake(by=SYSTEM, at=now, seen=review.version)))
                continue
            if not conversations.unanswered(messages, conversation.answered):
                reviews.record(conn, decide(review, Withdrawn(by=SYSTEM, at=now, change=Change.ANSWERED)))
                continue
            case = self._case(conn, review, conversation, messages, now)
            if review.desk in poor:
                case = replace(case, thrift=say("model.budget"))
            start = decide(review, Start(by=SYSTEM, at=now, seen=review.version, lease=lease))
            starts.append(start)
            rests = paused.get(review.desk)
            held = rests is None and review.desk not in poor and self._holds_back(conn, review)
            why = wording.paused(rests, now) if rests else say("draft.held") if held else ""
            claims.append(ToDraft(start.review, conversation.thread.place, case, why, held))
        reviews.claim(conn, starts)
        return Taken(claims, None)

    def _holds_back(self, conn: Connection, review: Review) -> bool:
        """Whether a person is to write without a draft, to be compared with those who have one. What once had a draft, or
        for what somebody asked, is no longer held back; and for want of the model there is nothing to compare."""
        if not self._desks[review.desk].draws(review.id) or self._drafter.away():
            return False
        if review.draft is None:
            return True
        steps = audit.entries(conn, review.id)[review.id]
        return review.draft.held and not any(isinstance(entry.line.action, Redraft) for entry in steps)

    def _renew(self, conn: Connection, now: float, limit: int) -> None:
        """What was drafted for want of the model is drafted again when it is back, unless somebody touched it."""
        if not (most := min(limit, self._drafter.back())):
            return
        waiting = reviews.due(conn, self._mine, (State.IN_REVIEW,), now, most)
        paused = pauses.standing(conn, {review.desk for review in waiting})
        for review in waiting:
            if review.desk not in paused:
                reviews.record(conn, decide(review, Renew(by=SYSTEM, at=now, seen=review.version)))

    def _out_of_budget(self, conn: Connection, desks: set[str], now: float) -> set[str]:
        """Those of these desks that have spent what their drafts may cost this month."""
        budgets = {desk: budget for desk in desks if (budget := self._desks[desk].budget) is not None}
        spent = costs.spent(conn, budgets, wording.month(now)) if budgets else {}
        return {desk for desk, budget in budgets.items() if spent.get(desk, 0.0) >= budget}

    def _case(
        self, conn: Connection, review: Review, conversation: Conversation, messages: tuple[Message, ...], now: float
    ) -> Case:
        desk = self._desks[review.desk]
        open_questions = conversations.unanswered(messages, conversation.answered)
        thread = tuple(m for m in messages if m not in open_questions) + open_questions
        template, limit = versions.current(conn, desk.template), self._channel(conversation.thread.place).limit
        return desk.case(review, conversation.customer, thread, template, limit, wording.date(now))

    async def draft(self, claim: ToDraft) -> Action:
        """Make a draft and record it, unless the conversation moved on meanwhile; what was recorded. While drafting
        rests, a person writes."""
        try:
            action, exchange = await self._drafting(claim)
        except asyncio.CancelledError:
            await self._result(claim.review, Yielded(by=SYSTEM, at=self._clock(), claim=claim.review.claim))
            raise
        await self._result(claim.review, action, exchange)
        return action

    async def draft_broke(self, claim: ToDraft, why: str) -> None:
        """Drafting ended in a fault of ours: the card says so, and the person writes."""
        blank = _meant_for(await self._audience(claim.place), self._drafter.blank(claim.case))
        await self._result(claim.review, self._draft_failed(claim.review, blank, why))

    async def _drafting(self, claim: ToDraft) -> tuple[Action, bytes]:
        """What came of it, and what was said with models meanwhile."""
        audience = await self._audience(claim.place)
        made, why = await self._made(claim)
        if audience == UNKNOWN:
            audience = await self._audience(claim.place)
        exchange = exchanges.pack(claim.calls)
        draft = replace(_meant_for(audience, made), exchange=exchanges.mark(exchange))
        again = self._again(claim) if draft.makeshift else None
        if why:
            return self._draft_failed(claim.review, draft, why, again), exchange
        return Drafted(by=SYSTEM, at=self._clock(), claim=claim.review.claim, draft=draft, again=again), exchange

    def _again(self, claim: ToDraft) -> float:
        """When a draft is to be made anew that was made for want of the model (unix seconds). One that was made anew
        already stands as long as the customer has waited: a model may answer every case but this one."""
        now, before = self._clock(), claim.review.draft
        waited = now - max((message.at for message in claim.case.thread), default=now)
        longest = waited if before is not None and before.makeshift else 0.0
        return now + max(self._patience.renew, min(longest, _MOST_RENEWED))

    async def _made(self, claim: ToDraft) -> tuple[Draft, str]:
        """A draft, and why there are no words in it if there are none."""
        if claim.review.tries > self._patience.tries:
            return self._drafter.blank(claim.case), say("draft.gave_up")
        if claim.rests:
            return replace(await self._drafter.unworded(claim.case), held=claim.held), claim.rests
        made = await self._drafter.draft(claim.case, claim.calls)
        return made, "" if made.reply.strip() else made.note or say("draft.nothing_fits")

    async def _audience(self, place: Place) -> str:
        """Who reads there, as the channel says or last said."""
        try:
            self._audiences[place] = await self._channel(place).audience(place)
        except (Refusal, Silence) as error:
            log.warning("audience_unknown", place=str(place), error=type(error).__name__, said=str(error))
        return self._audiences.get(place, UNKNOWN)

    def _draft_failed(self, review: Review, blank: Draft, why: str, again: float | None = None) -> Action:
        return DraftFailed(by=SYSTEM, at=self._clock(), claim=review.claim, draft=blank, why=clean(why), again=again)

    # --- show: a card is a view, drawn again whenever the review has moved

    async def take_cards(self, limit: int) -> Taken[ToShow]:
        """Claim cards that are due for drawing."""
        return await self._recorded(lambda conn: self._claim_cards(conn, limit))

    def _claim_cards(self, conn: Connection, limit: int) -> Taken[ToShow]:
        stale = cards.take(conn, self._mine, self._clock(), limit, self._patience.card_lease)
        if not stale:
            return Taken([], cards.next_due(conn, self._mine))
        shown = {due.review: due.shown for due in stale}
        drawn = self._cards(conn, reviews.of_ids(conn, *shown), shown)
        claims = [
            ToShow(self._calling(conn, review, view), self._desks[review.desk].reviews, due.ref, due.tries + 1)
            for due in stale
            for review, view in (drawn[due.review],)
        ]
        return Taken(claims, None)

    def _calling(self, conn: Connection, review: Review, view: Card) -> Card:
        """The card with only those to be called who want to be. The first one that had to do without the model because
        the month's budget is used up calls the leads too."""
        desk, now = self._desks[review.desk], self._clock()
        if review.state is State.IN_REVIEW and self._out_of_budget(conn, {desk.id}, now):
            month = wording.month(now)
            if conversations.is_new(conn, [f"budget:{desk.id}:{month}"], now):
                view = replace(view, calls=desk.policy.leads, call=say("call.budget", desk=desk.name, month=month))
        return replace(view, calls=staff.callable_of(conn, view.calls)) if view.calls else view

    async def show(self, claim: ToShow) -> None:
        """Draw the card at the desk's review place. A failure is tried again later and never stops the review."""
        drawn, channel = claim.card, self._channel(claim.place)
        try:
            ref = await channel.show_card(claim.place, drawn, claim.ref, look=not claim.ref and claim.tries > 1)
        except (Refusal, Silence) as error:
            wait = error.wait if isinstance(error, Refusal) else 0.0
            again = self._clock() + self._patience.pause(claim.tries, wait)
            await self._engine.write(lambda conn: cards.later(conn, drawn.review, again))
            raise
        now = self._clock()
        due = None if drawn.overdue else drawn.deadline
        await self._engine.write(lambda conn: cards.drawn(conn, drawn.review, drawn.version, ref, now, due))

    # --- act: a person decides on what their card showed

    async def act(self, click: Click) -> Answer:
        """Decide. A refusal is an answer, not an error. Raises `NotStored`."""
        return await self._stored(lambda conn: self._acted(conn, click))

    def _acted(self, conn: Connection, click: Click) -> Answer:
        review = reviews.get(conn, click.review)
        if review is None or review.desk not in self._desks:
            return Answer(False, say("refused.unknown"))
        decision = self._weighed(conn, review, click)
        if isinstance(decision, str):
            return Answer(False, decision)
        if decision.release and (objection := self._objection(conn, review, decision.release.words)):
            return Answer(False, objection.sentence)
        reviews.record(conn, decision)
        if isinstance(decision.line.action, MarkSent):
            self._after_sending(conn, decision.review, "")
        elif decision.review.state in CLOSED:
            conversations.settle(conn, review.conversation, review.covers)
        return Answer(True, say(f"done.{click.verb}"))

    async def check(self, click: Click) -> str:
        """Why a click would not count, asked before anybody types; empty when it would. Raises `NotStored`."""

        def look(conn: Connection) -> str:
            review = reviews.get(conn, click.review)
            if review is None or review.desk not in self._desks:
                return say("refused.unknown")
            weighed = self._weighed(conn, review, click)
            return weighed if isinstance(weighed, str) else ""

        return await self._looked(look)

    def _weighed(self, conn: Connection, review: Review, click: Click) -> Decision | str:
        """What the law decides on a click, or why it refuses."""
        desk = self._desks[review.desk]
        limit = self._channel(self._thread(conn, review).place).limit
        by = intake.acting(click.by, desk.role_of(click.by))
        try:
            action = form.action_of(click, review, by, self._clock(), limit, desk.hold, without)
            if isinstance(action, Escalate) and not desk.policy.leads:
                return say("refused.no_leads")
            return decide(review, action)
        except form.Unreadable as error:
            return str(error)
        except Refused as refusal:
            log.warning("refused", why=type(refusal).__name__, review=review.id, verb=click.verb, person=str(click.by))
            lines = [entry.line for entry in audit.entries(conn, review.id)[review.id]]
            return wording.refused(refusal, click, lines)

    def _objection(self, conn: Connection, review: Review, words: str) -> Objection | None:
        """Why these words must not reach the customer, whoever wants to send them."""
        desk = self._desks[review.desk]
        doubts = self._secrets.suspect(words, desk.internal_links)
        named = conversations.customers_named(conn, desk.id, doubts.names)
        if not doubts.objections and not named:
            return None
        others = (Objection(Kind.NAME, one.name) for one in named if str(one) not in desk.people)
        messages = conversations.as_it_reads(conn, review.conversation)[review.conversation]
        told = (text for message in messages for text in (message.text, message.by.name))
        objection = unexcused((*doubts.objections, *others), told)
        if objection:
            log.warning("objected", review=review.id, kind=objection.kind.value)
        return objection

    # --- deliver: record Depart, speak once, record what came of it

    async def take_replies(self, limit: int) -> Taken[ToDeliver]:
        """Claim released words, and those whose sender fell silent."""
        return await self._recorded(lambda conn: self._claim_replies(conn, limit))

    def _claim_replies(self, conn: Connection, limit: int) -> Taken[ToDeliver]:
        now = self._clock()
        due = reviews.due(conn, self._mine, _TO_SEND, now, limit)
        if not due:
            return Taken([], reviews.next_due(conn, self._mine, _TO_SEND))
        released = reviews.releases_of(conn, *(review.id for review in due))
        threads = conversations.of_ids(conn, *(release.conversation for release in released.values()))
        lease = now + self._patience.send_lease
        departs, claims = [], []
        for review in due:
            if review.id in self._speaking:
                continue
            if review.state is State.SENDING and review.tries >= self._patience.tries:
                lost = Lost(by=SYSTEM, at=now, claim=review.claim, why=say("sending.gave_up_looking"))
                reviews.record(conn, decide(review, lost))
                continue
            depart = decide(review, Depart(by=SYSTEM, at=now, seen=review.version, lease=lease))
            if review.id not in released:
                reviews.record(conn, depart)
                gone = Undeliverable(by=SYSTEM, at=now, claim=depart.review.claim, why=say("sending.erased"))
                reviews.record(conn, decide(depart.review, gone))
                continue
            departs.append(depart)
            # The release says where its words may go; a row that was tampered with does not.
            thread = threads[released[review.id].conversation].thread
            objection = self._objection(conn, review, released[review.id].words)
            why = objection.record if objection else ""
            before = lease - 2 * self._patience.send
            claims.append(ToDeliver(depart.review, thread, released[review.id], before, why))
        reviews.claim(conn, departs)
        return Taken(claims, None)

    async def deliver(self, claim: ToDeliver) -> Action:
        """Send the words once; what was recorded of it. Silence records nothing: when the lease ends, somebody looks
        before speaking again."""
        self._speaking.add(claim.review.id)
        try:
            action = await self._sending(claim)
            await self._result(claim.review, action)
        finally:
            self._speaking.discard(claim.review.id)
        return action

    async def _sending(self, claim: ToDeliver) -> Action:
        """What came of sending. Raises `Silence`."""
        review, now = claim.review, self._clock
        try:
            ref = await self._speak(self._channel(claim.thread.place), claim)
        except Refusal as no:
            why = clean(no.reason)
            if no.final or review.tries >= self._patience.tries:
                return Undeliverable(by=SYSTEM, at=now(), claim=review.claim, why=why)
            again = now() + self._patience.pause(review.tries, no.wait)
            return NotSent(by=SYSTEM, at=now(), claim=review.claim, why=why, again=again)
        except CannotLook as blind:
            return Lost(by=SYSTEM, at=now(), claim=review.claim, why=clean(blind.reason))
        return Delivered(by=SYSTEM, at=now(), ref=clean(ref))

    async def _speak(self, channel: Channel, claim: ToDeliver) -> str:
        """Where the words stand. Raises `Refusal`, `Silence` or `CannotLook`."""
        try:
            async with asyncio.timeout(self._patience.send):
                if claim.review.doubt and (ref := await channel.find_reply(claim.thread, claim.release)) is not None:
                    return ref
                if claim.release.words in (ERASED, CHANGED):
                    raise Refusal(say("sending.erased"), final=True)
                if claim.objection:
                    raise Refusal(claim.objection, final=True)
                await self._same_audience(channel, claim)
                # A process that was frozen wakes up with a claim that may be somebody else's by now.
                if self._clock() > claim.before:
                    raise Silence
                return await channel.send_reply(claim.thread, claim.release)
        except TimeoutError as error:
            raise Silence from error

    async def _same_audience(self, channel: Channel, claim: ToDeliver) -> None:
        """Raises `Refusal` unless those can read the thread for whom the words were written, and nobody else."""
        try:
            audience = await channel.audience(claim.thread.place)
        except Silence as silence:
            raise Refusal(say("sending.readers_unclear")) from silence
        if audience != claim.release.audience:
            raise Refusal(other_readers(claim.release.audience, audience), final=True)

    def _after_sending(self, conn: Connection, sent: Review, ref: str) -> None:
        """The reply joins the conversation; what was written while it was on its way gets a review of its own."""
        now, desk = self._clock(), self._desks.get(sent.desk)
        conversations.settle(conn, sent.conversation, sent.covers)
        conversations.add_reply(conn, sent, ref or reviews.releases_of(conn, sent.id)[sent.id].key, now)
        if not sent.moved or desk is None:
            return
        conversation = conversations.get(conn, sent.conversation)
        messages = conversations.as_it_reads(conn, conversation.id)[conversation.id]
        if conversations.unanswered(messages, conversation.answered):
            action = intake.opening(desk, conversation, sent.moved, now, self._new_id())
            reviews.record(conn, decide(None, action))

    # --- how every verb records

    async def _result(self, claimed: Review, action: Action, exchange: bytes = b"") -> None:
        """Record what came of a claim, unless the claim has lapsed: then it is somebody else's to say. `exchange` is what
        was said with models for it."""
        review: Review | None = claimed
        while review is not None and not await self._concluded(review, action, exchange):
            review = await self._engine.read(lambda conn: reviews.get(conn, claimed.id))
            if review is not None and isinstance(action, Delivered) and review.release != claimed.release:
                # Other words were approved meanwhile, and those have not arrived.
                log.error("landed_after_all", review=review.id, release=claimed.release)
                return

    async def _concluded(self, review: Review, action: Action, exchange: bytes) -> bool:
        """Record it, if the review still stands so and the law allows it; False when somebody else was first."""
        try:
            decision = decide(review, action)
        except (Stale, OutOfTurn):
            # Nobody will read this draft, but it was paid for.
            await self._engine.write(lambda conn: _counted(conn, review.desk, action))
            return True

        def work(conn: Connection) -> None:
            reviews.record(conn, decision)
            exchanges.keep(conn, review.id, decision.review.version, exchange)
            _counted(conn, review.desk, action)
            if isinstance(action, Delivered):
                self._after_sending(conn, decision.review, action.ref)

        try:
            await self._engine.write(work)
        except Conflict:
            return False
        return True

    @staticmethod
    def _thread(conn: Connection, review: Review) -> Thread:
        return conversations.get(conn, review.conversation).thread


def _counted(conn: Connection, desk: str, action: Action) -> None:
    """Count what a draft cost."""
    if isinstance(action, Drafted | DraftFailed) and action.draft.usage.tokens_in:
        costs.add(conn, desk, wording.month(action.at), action.draft.usage)


def _meant_for(audience: str, draft: Draft) -> Draft:
    """The draft with whom it is for; when nobody could say, it says so itself."""
    note = f"{draft.note} {say('draft.readers_unknown')}".strip() if audience == UNKNOWN else draft.note
    return replace(draft, audience=audience, note=note)
