"""What the desks show to those who look, and what their people ask: every read, and nothing that decides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from bot import staff
from bot.channels import card
from bot.channels.base import Answer, Channel, Note, NotStored, Person, Place, Queue, Thread, Unconnected
from bot.channels.card import Card
from bot.channels.pictures import NoPictures, Pictures
from bot.channels.prompts import NoPrompts, Prompts
from bot.channels.standing import Pause, Standing
from bot.phrases import say
from bot.review.model import Review, Role
from bot.setting import Desk
from bot.store import audit, conversations, inbox, pauses, queues, reviews
from bot.store.conflict import Conflict
from bot.store.engine import Connection, Engine, StoreDown, T, Work
from bot.store.inbox import Kind, Wanted


class Board:
    """The desks as people see them. `FrontDesk` is the board at which something happens.

    `prompts` answers what chats ask about templates, `pictures` draws what they are shown of the figures.
    """

    prompts: Prompts = NoPrompts()
    pictures: Pictures = NoPictures()

    def __init__(self, desks: tuple[Desk, ...], engine: Engine, clock: Callable[[], float]) -> None:
        self._desks = {desk.id: desk for desk in desks}
        # Reviews of a desk that was taken out of the settings rest until it is put back.
        self._mine = tuple(self._desks)
        self._listening = {place: desk for desk in desks for place in desk.listens}
        self._channels: dict[str, Channel] = {}
        self._engine = engine
        self._clock = clock

    def connect(self, channel: Channel) -> None:
        """Let a channel serve the desks; it was made with this front desk as its inbox."""
        self._channels[channel.name] = channel

    async def post_note(self, place: Place, key: str, note: Note, look: bool) -> str:
        """See `Channel.post_note`. Raises `Refusal` or `Silence`."""
        return await self._channel(place).post_note(place, key, note, look)

    def role_at(self, place: Place, person: Person) -> Role:
        """What this person may do at the desk that listens there."""
        desk = self._listening.get(place)
        return desk.role_of(person) if desk else Role.NOBODY

    def _cards(
        self, conn: Connection, found: list[Review], shown: Mapping[str, int] = MappingProxyType({})
    ) -> dict[str, tuple[Review, Card]]:
        """The cards as they are to be drawn now; `shown` are the versions that stand there, where that matters."""
        now = self._clock()
        threads = conversations.of_ids(conn, *(review.conversation for review in found))
        told = conversations.as_it_reads(conn, *threads)
        entries = audit.entries(conn, *(review.id for review in found))
        drawn = {}
        for review in found:
            conversation = threads[review.conversation]
            place = conversation.thread.place
            view = card.build(
                review,
                self._desks[review.desk].name,
                place,
                conversation.customer.name,
                told[conversation.id],
                [entry.line for entry in entries[review.id]],
                self._channel(place).limit,
                self._desks[review.desk].policy,
                now,
                shown.get(review.id, review.version),
            )
            drawn[review.id] = (review, view)
        return drawn

    async def card(self, review: str) -> Card | None:
        """The card of a review as it is now. Raises `NotStored`."""

        def look(conn: Connection) -> Card | None:
            found = reviews.get(conn, review)
            return None if found is None or found.desk not in self._desks else self._cards(conn, [found])[review][1]

        return await self._looked(look)

    async def queue(self, by: Person, limit: int, *, mine: bool = False) -> Queue:
        """The open reviews of the desks at which this person may decide; with `mine` those they are on.

        Raises `NotStored`.
        """
        theirs = [desk.id for desk in self._theirs(by)]

        def look(conn: Connection) -> Queue:
            page, count = queues.held(conn, theirs, str(by), limit) if mine else queues.waiting(conn, theirs, limit)
            return Queue(tuple(view for _, view in self._cards(conn, page).values()), count)

        return await self._looked(look) if theirs else Queue((), 0)

    async def story(self, by: Person, about: str | Thread) -> Card | None:
        """The card of the review with this id, or of the newest one of this thread, which may hang from a card.

        None when there is none, or none that this person may read. Raises `NotStored`.
        """

        def look(conn: Connection) -> Card | None:
            found = staff.named(conn, self._theirs(by), about)
            return self._cards(conn, [found])[found.id][1] if found else None

        return await self._looked(look)

    async def board(self, limit: int = 50, before: str | None = None, closed: int = 20) -> list[Card]:
        """The open reviews, newest first, then those closed last. Raises `StoreDown`."""

        def look(conn: Connection) -> list[Card]:
            page = reviews.open_page(conn, self._mine, limit, before)
            page += [] if before else reviews.closed_page(conn, self._mine, closed)
            return [view for _, view in self._cards(conn, page).values()]

        return await self._engine.read(look)

    async def inbox(self, wanted: Wanted, also: Collection[str] = ()) -> tuple[list[tuple[float, Card]], bool]:
        """A page of the open reviews that are wanted and, of the same desks, those of these ids whatever became of them:
        with their places in the order. Then whether there are more. Raises `StoreDown`."""
        wanted = replace(wanted, promises=self._promises(wanted.desks))

        def look(conn: Connection) -> tuple[list[tuple[float, Card]], bool]:
            ids, more = inbox.page(conn, wanted) if wanted.limit else ([], False)
            found = inbox.placed(conn, wanted, {*ids, *also})
            drawn = self._cards(conn, [review for _, review in found])
            return [(place, drawn[review.id][1]) for place, review in found], more

        return await self._engine.read(look)

    async def kinds(self, wanted: Wanted) -> list[Kind]:
        """How many reviews are open at these desks, and of what kind. Raises `StoreDown`."""
        wanted = replace(wanted, promises=self._promises(wanted.desks))
        return await self._engine.read(lambda conn: inbox.kinds(conn, wanted))

    def names(self, desks: Collection[str]) -> dict[str, str]:
        """What these desks are called, by their ids."""
        return {desk: self._desks[desk].name for desk in desks if desk in self._desks}

    def _promises(self, desks: Collection[str]) -> dict[str, float]:
        policies = {desk: self._desks[desk].policy for desk in desks if desk in self._desks}
        return {desk: policy.within for desk, policy in policies.items() if policy.within is not None}

    async def desks(self, by: Person, *, days: bool = False) -> tuple[Standing, ...]:
        """How the desks stand at which this person may decide; with `days`, what today was like there.

        Raises `NotStored`.
        """
        theirs, now = self._theirs(by), self._clock()
        if not theirs:
            return ()
        return await self._looked(lambda conn: tuple(staff.standings(conn, theirs, by, now, days=days)))

    async def paused(self) -> list[tuple[str, Pause]]:
        """The desks whose drafting rests, by name. Raises `StoreDown`."""
        on = await self._engine.read(lambda conn: pauses.standing(conn, self._mine))
        return [(self._desks[desk].name, pause) for desk, pause in on.items()]

    async def pause(self, by: Person, desk: str, *, paused: bool) -> Answer:
        """Stop making drafts at the desk of this id, or go on. Raises `NotStored`."""
        now, found = self._clock(), self._desks.get(desk)
        if found is None:
            return Answer(False, say("pause.unknown"))
        return await self._stored(lambda conn: staff.pause(conn, found, by, now, paused=paused))

    async def is_called(self, by: Person) -> bool:
        """Whether this person wants to be called when a review is escalated to them. Raises `NotStored`."""
        return bool(await self._looked(lambda conn: staff.callable_of(conn, (str(by),))))

    async def be_called(self, by: Person, *, wanted: bool) -> None:
        """Call this person from now on, or do not. Raises `NotStored`."""
        await self._stored(lambda conn: staff.wish_for_calls(conn, by, wanted=wanted))

    def _theirs(self, by: Person) -> tuple[Desk, ...]:
        return staff.desks_of(self._desks.values(), by)

    def _channel(self, place: Place) -> Channel:
        return self._channels.get(place.channel) or Unconnected(place.channel)

    async def _recorded(self, work: Work[T]) -> T:
        """Do the work; when another was first, read again and decide again. Raises `StoreDown`."""
        while True:
            try:
                return await self._engine.write(work)
            except Conflict:
                continue

    async def _stored(self, work: Work[T]) -> T:
        """What a channel asks to have done. Raises `NotStored`."""
        try:
            return await self._recorded(work)
        except StoreDown as error:
            raise NotStored from error

    async def _looked(self, work: Work[T]) -> T:
        """What a channel asks to see. Raises `NotStored`."""
        try:
            return await self._engine.read(work)
        except StoreDown as error:
            raise NotStored from error
