"""The way in and out: to whom people sign in with, back as somebody known, and away again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.datastructures import URL

from bot.channels.base import Person
from bot.console.attempts import Attempts
from bot.console.identity import House, NotOurs, person_of
from bot.console.provider import Away, Provider, Refused
from bot.console.render import Pages
from bot.console.sorry import Sorry
from bot.console.viewer import OPEN, Doorman, Known
from bot.log import log
from bot.phrases import say
from bot.store import sessions
from bot.store.engine import Connection, Engine
from bot.store.sessions import Arrival

# How long the way to the provider and back may take (seconds).
WAY = 600
_BYTES = 32  # of chance in what a browser holds
# A path that every browser takes for one of ours: they read \ as /, and leave out tabs and line breaks.
_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]{0,800}")


def own(path: str) -> str:
    """The path if it leads to a page of ours, else where everything begins."""
    return path if _OURS.fullmatch(path) and not path.startswith(("/signin", "/signout")) else "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What signing in needs. `public` is where people reach the pages, empty on this machine; `lasts` is in seconds."""

    provider: Provider
    house: House
    engine: Engine
    clock: Callable[[], float]
    public: str
    lasts: float
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def secure(self) -> bool:
        """Whether browsers come over TLS."""
        return self.public.startswith("https://")

    def cookie(self, name: str) -> str:
        """The name of a cookie. With __Host- a browser takes it from this host alone, and only over TLS."""
        return f"__Host-{name}" if self.secure else name

    @property
    def session(self) -> str:
        """The name of the cookie of who is signed in."""
        return self.cookie("countersign")

    @property
    def arrival(self) -> str:
        """The name of the cookie of who is on the way."""
        return self.cookie("countersign-arrival")

    def back(self, request: Request) -> str:
        """Where the provider sends people back to."""
        base = self.public or str(URL(scope=request.scope).replace(path="", query=""))
        return f"{base.rstrip('/')}/signin/back"

    def put(self, answer: Response, name: str, held: str, lasts: float) -> None:
        """Let the browser hold this. Lax, because the provider's page sends it here."""
        answer.set_cookie(name, held, int(lasts), path="/", secure=self.secure, httponly=True, samesite="lax")

    def drop(self, answer: Response, name: str) -> None:
        """Let the browser forget it."""
        answer.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")


Next = Annotated[str, Query(max_length=2000)]
Said = Annotated[str, Query(max_length=8000)]


def signin(how: SignIn, pages: Pages, doorman: Doorman) -> APIRouter:
    """The pages."""
    router = APIRouter()
    router.include_router(_in(how, pages, doorman))
    router.include_router(_out(how))
    return router


def _in(how: SignIn, pages: Pages, doorman: Doorman) -> APIRouter:
    router = APIRouter(prefix="/signin", dependencies=[OPEN])

    def page(status: int = 200, trouble: str = "", wanted: str = "/") -> HTMLResponse:
        with_ = say(f"signin.with.{how.house.provider}")
        html = pages.draw("signin.html", here="", viewer=None, trouble=trouble, wanted=wanted, provider=with_)
        return HTMLResponse(html, status)

    def limit(request: Request) -> None:
        if not how.attempts.allow(request.client.host if request.client else ""):
            raise Sorry(429, say("signin.too_often"))

    @router.get("")
    async def door(request: Request, next: Next = "/") -> Response:  # noqa: A002 - the name in the address
        if await doorman.viewer(request):
            return RedirectResponse(own(next), 303)
        return page(wanted=own(next))

    @router.get("/start")
    async def start(request: Request, next: Next = "/") -> Response:  # noqa: A002
        limit(request)
        try:
            address, arrival = await how.provider.leave(how.back(request))
        except Away as away:
            log.error("signin_away", why=str(away))
            return page(503, say("signin.down"), own(next))
        held, now = secrets.token_urlsafe(_BYTES), how.clock()
        there = replace(arrival, next=own(next))
        await how.engine.write(lambda conn: sessions.leave(conn, held, there, now, now + WAY))
        answer = RedirectResponse(address, 303)
        how.put(answer, how.arrival, held, WAY)
        return answer

    @router.get("/back")
    async def back(request: Request, state: Said = "", code: Said = "", error: Said = "") -> Response:
        limit(request)
        arrival = await _taken(how, request)
        if arrival is None or not secrets.compare_digest(arrival.state.encode(), state.encode("utf-8", "replace")):
            return page(400, say("signin.stale"))
        try:
            claims = await how.provider.claims(code, how.back(request), arrival, error)
            person = person_of(claims, how.house)
        except Away as away:
            log.error("signin_away", why=str(away))
            answer: Response = page(503, say("signin.down"), arrival.next)
        except Refused as refused:
            log.warning("signin_refused", why=str(refused))
            answer = page(403, say("signin.refused"), arrival.next)
        except NotOurs as other:
            log.warning("signin_not_ours", why=str(other))
            answer = page(403, str(other), arrival.next)
        else:
            answer = await _begun(how, request, person, arrival.next)
        how.drop(answer, how.arrival)
        return answer

    return router


async def _taken(how: SignIn, request: Request) -> Arrival | None:
    held, now = request.cookies.get(how.arrival, ""), how.clock()
    return await how.engine.write(lambda conn: sessions.take(conn, held, now)) if held else None


async def _begun(how: SignIn, request: Request, person: Person, wanted: str) -> Response:
    """A new session under a new name: one that somebody else put into the browser beforehand becomes nobody's."""
    held, before, now = secrets.token_urlsafe(_BYTES), request.cookies.get(how.session, ""), how.clock()

    def work(conn: Connection) -> None:
        sessions.end(conn, before, now)
        sessions.begin(conn, held, person, now, now + how.lasts)

    await how.engine.write(work)
    log.info("signed_in", person=str(person))
    answer = RedirectResponse(wanted, 303)
    how.put(answer, how.session, held, how.lasts)
    return answer


def _out(how: SignIn) -> APIRouter:
    router = APIRouter(prefix="/signout")

    def gone() -> Response:
        answer = JSONResponse({"done": True, "sentence": say("signin.out")})
        how.drop(answer, how.session)
        return answer

    @router.post("")
    async def out(request: Request, viewer: Known) -> Response:
        held, now = request.cookies.get(how.session, ""), how.clock()
        await how.engine.write(lambda conn: sessions.end(conn, held, now))
        log.info("signed_out", person=str(viewer.person))
        return gone()

    @router.post("/everywhere")
    async def everywhere(viewer: Known) -> Response:
        now = how.clock()
        ended = await how.engine.write(lambda conn: sessions.end_all(conn, str(viewer.person), now))
        log.info("signed_out", person=str(viewer.person), sessions=ended)
        return gone()

    return router
