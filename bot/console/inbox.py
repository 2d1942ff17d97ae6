"""The inbox: the open reviews of one's desks, narrowed down as one likes, to decide on as in chat."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse
from markupsafe import Markup
from pydantic import BaseModel, Field

from bot.channels.base import Person
from bot.console.deciding import KEYS, SCRIPT_WORDS, SHAPE, Place, Text, acting
from bot.console.parts import Console
from bot.console.render import Pages, apart, language
from bot.console.viewer import Staff, Viewer
from bot.phrases import say
from bot.store import presences
from bot.store.bell import Bell, Topic
from bot.store.engine import Connection
from bot.store.inbox import Kind, Order, Wanted, desk_of

T = TypeVar("T")
PAGE = 25
FLAGS = ("mine", "escalated", "overdue", "angry", "risky", "snoozed")
# Hours for which a review has been open at least.
AGES = (1, 4, 24, 72)
# Cards that stay because somebody is at them, whatever became of them.
_STAYING = 10
# For how long pages that ask the same are shown the same (seconds). A ring that was missed is made up for by then.
_STILL = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page's address asks for."""

    desk: str = ""
    language: str = ""
    longer: int = 0
    order: Order = Order.DUE
    mine: bool = False
    escalated: bool = False
    overdue: bool = False
    angry: bool = False
    risky: bool = False
    snoozed: bool = False
    after: str = ""

    def address(self, **changes: object) -> str:
        """The page's address with some of it changed, from its first page on unless another is asked for."""
        asked = replace(self, **({"after": ""} | changes))  # type: ignore[arg-type]
        parts = {name: getattr(asked, name) for name in self.__slots__}
        said = {name: "1" if value is True else value for name, value in parts.items() if value and value != Order.DUE}
        return f"/inbox?{urlencode(said)}" if said else "/inbox"

    def plain(self) -> str:
        """The address without any of the flags."""
        return self.address(**dict.fromkeys(FLAGS, False))

    @property
    def flagged(self) -> bool:
        """Whether one of the flags is set."""
        return any(getattr(self, flag) for flag in FLAGS)

    def toggled(self, flag: str) -> str:
        """The address with one of the flags the other way round."""
        return self.address(**{flag: not getattr(self, flag)})

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return replace(self, after="", order=Order.DUE) != Asked()

    def wanted(self, desks: tuple[str, ...], holder: str, now: float) -> Wanted:
        """The same for the store. A desk that is not among `desks` is not asked."""
        return Wanted(
            desks=tuple(desk for desk in desks if not self.desk or desk == self.desk),
            angry=self.angry,
            risky=self.risky,
            overdue=self.overdue,
            escalated=self.escalated,
            snoozed=self.snoozed,
            holder=holder if self.mine else "",
            language=self.language,
            longer=self.longer * 3600.0,
            now=now - now % _STILL,
            order=self.order,
            after=self.after,
            limit=PAGE,
        )


class Beat(BaseModel):
    """Somebody is at this review, or at none when it is empty."""

    by: Text = ""
    review: str = Field(pattern=rf"^({SHAPE})?$")
    typing: bool = False


class Neighbours(BaseModel):
    """Who else is at the reviews of one's desks, as a sentence for each review by its id."""

    here: dict[str, str]


class Shared:
    """What several pages ask for at the same time is looked up once. Nothing outlives the next ring of the bell."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._rings = -1
        self._found: dict[Hashable, asyncio.Future[Any]] = {}

    async def get(self, key: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        """What `look` finds, or found for another who asked for the same. Raises what it raises."""
        rings = self._bell.rings(Topic.PAGES)
        if rings != self._rings or len(self._found) > 100:
            self._found, self._rings = {}, rings
        found = self._found
        if key not in found:
            found[key] = asyncio.ensure_future(look())
        try:
            # Whoever asked first may go away before it is found.
            return await asyncio.shield(found[key])
        except Exception:
            found.pop(key, None)
            raise


def _asked(
    desk: Annotated[str, Query(max_length=100)] = "",
    language: Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{0,20}$")] = "",
    longer: Annotated[int, Query(ge=0, le=10_000)] = 0,
    order: Order = Order.DUE,
    mine: bool = False,
    escalated: bool = False,
    overdue: bool = False,
    angry: bool = False,
    risky: bool = False,
    snoozed: bool = False,
    after: Place = "",
) -> Asked:
    return Asked(desk, language, longer, order, mine, escalated, overdue, angry, risky, snoozed, after)


Question = Annotated[Asked, Depends(_asked)]
# The cards somebody is at, so that they see what becomes of them.
Keep = Annotated[str, Query(pattern=rf"^({SHAPE}(,{SHAPE}){{0,{_STAYING - 1}}})?$")]


def inbox(parts: Console, pages: Pages) -> APIRouter:
    """The page, the list it fetches again when something changed, and who else is there."""
    router = APIRouter(prefix="/inbox", default_response_class=HTMLResponse)
    lists = _Lists(parts, pages)

    @router.get("")
    async def page(viewer: Staff, asked: Question) -> str:
        holder = str(parts.people[0] if viewer.local else viewer.person)
        words = {key: say(f"page.script.{key}") for key in SCRIPT_WORDS}
        listed = await lists.draw(viewer, asked, holder, ())
        return pages.draw(
            "inbox.html", here="inbox", viewer=viewer, parts=parts, asked=asked, words=words, listed=listed
        )

    @router.get("/cards")
    async def cards(
        viewer: Staff,
        asked: Question,
        keep: Keep = "",
        by: Text = "",
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        holder = str(acting(parts, viewer, by))
        listed = await lists.draw(viewer, asked, holder, tuple(keep.split(",")) if keep else ())
        tag = f'"{blake2b(listed.encode(), digest_size=12).hexdigest()}"'
        if tag == if_none_match:
            return Response(status_code=304, headers={"etag": tag})
        return HTMLResponse(listed, headers={"etag": tag})

    async def others(viewer: Viewer, person: Person) -> Neighbours:
        now = parts.clock()
        there = await parts.engine.read(lambda conn: presences.there(conn, viewer.desks, now))
        here: dict[str, str] = {}
        for one in there:
            if one.person != str(person):
                name = apart(one.name)
                sentence = (
                    say("page.presence.typing", name=name) if one.typing else say("page.presence.looking", name=name)
                )
                here[one.review] = f"{here[one.review]} {sentence}" if one.review in here else sentence
        return Neighbours(here=here)

    @router.get("/here", response_class=JSONResponse)
    async def here(viewer: Staff, by: Text = "") -> Neighbours:
        return await others(viewer, acting(parts, viewer, by))

    @router.post("/here", response_class=JSONResponse)
    async def beat(viewer: Staff, beat: Beat) -> Neighbours:
        person, now = acting(parts, viewer, beat.by), parts.clock()

        def arrive(conn: Connection) -> None:
            review = beat.review if desk_of(conn, beat.review) in viewer.desks else ""
            presences.put(conn, person, review, now, typing=beat.typing)

        await parts.engine.write(arrive)
        return await others(viewer, person)

    return router


class _Lists:
    """Draws the list: what is the same for everybody once for all of them, the rest for each."""

    def __init__(self, parts: Console, pages: Pages) -> None:
        self._parts = parts
        self._pages = pages
        self._shared = Shared(parts.bell)

    async def draw(self, viewer: Viewer, asked: Asked, holder: str, keep: tuple[str, ...]) -> Markup:
        """The filters with their counts, the cards and the way on, as HTML."""
        wanted = asked.wanted(viewer.desks, holder, self._parts.clock())
        everything = Wanted(desks=viewer.desks, now=wanted.now)
        (cards, more), kinds, mine = await asyncio.gather(
            self._shared.get(wanted, lambda: self._page(wanted)),
            self._shared.get((everything, "kinds"), lambda: self._parts.front.kinds(everything)),
            self._shared.get((everything, holder), lambda: self._parts.front.kinds(replace(everything, holder=holder))),
        )
        listed = {card.review for card in cards}
        also = tuple(one for one in keep if one not in listed)
        staying = (await self._page(replace(wanted, limit=0), also))[0] if also else []
        return self._drawn(
            "inbox_list.html",
            asked=asked,
            cards=sorted((*cards, *staying), key=lambda card: (card.place, card.review)),
            older=cards[-1].review if more else "",
            counts=_counts(kinds, mine, asked),
            desks=_by(kinds, "desk", self._parts.front.names(viewer.desks)),
            languages=[(code, language(code), count) for code, _, count in _by(kinds, "language", {})],
            ages=[(hours, _longer(hours), None) for hours in AGES],
            flags=FLAGS,
        )

    async def _page(self, wanted: Wanted, also: tuple[str, ...] = ()) -> tuple[list[_Drawn], bool]:
        found, more = await self._parts.front.inbox(wanted, also)
        return [
            _Drawn(one.review, place, self._drawn("inbox_card.html", card=one, keys=KEYS)) for place, one in found
        ], more

    def _drawn(self, page: str, **values: object) -> Markup:
        return Markup(self._pages.draw(page, **values))  # noqa: S704 - Jinja escaped what is in it


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A card as HTML, and where it stands."""

    review: str
    place: float
    html: Markup


def _longer(hours: int) -> str:
    if hours < 24:
        return say("page.age.hours", count=hours)
    return say("page.age.day") if hours < 48 else say("page.age.days", count=hours // 24)


def _counts(kinds: list[Kind], mine: list[Kind], asked: Asked) -> dict[str, int]:
    """How many there are of each kind at the desk that was asked for, or at all."""
    here = [kind for kind in kinds if asked.desk in ("", kind.desk)]
    counts = {name: sum(getattr(kind, name) for kind in here) for name in FLAGS if name != "mine"}
    return counts | {
        "all": sum(kind.count for kind in here),
        "mine": sum(kind.count for kind in mine if asked.desk in ("", kind.desk)),
    }


def _by(kinds: list[Kind], part: str, names: dict[str, str]) -> list[tuple[str, str, int]]:
    """What can be chosen in a filter, as (value, name, how many)."""
    counts: Counter[str] = Counter(dict.fromkeys(names, 0))
    for kind in kinds:
        counts[getattr(kind, part)] += kind.count
    return [(value, names.get(value, value), count) for value, count in sorted(counts.items()) if value]
