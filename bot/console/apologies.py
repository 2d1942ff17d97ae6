"""What somebody reads when a request came to nothing: a page gets a page, a script gets JSON, both get a sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException as Failed

from bot.channels.base import NotStored
from bot.channels.wall import NoSuchMessage, NotYours
from bot.console.render import Pages, harmless
from bot.console.sorry import Sorry
from bot.console.viewer import Denied, Unknown
from bot.console.ways import ways
from bot.phrases import say
from bot.store.engine import StoreDown

# Programs read JSON.
API = "/api/"


def apologise(app: FastAPI, pages: Pages) -> None:
    """Give every failure its answer."""

    def answer(request: Request, status: int, sentence: str) -> Response:
        if request.method in ("GET", "HEAD") and not request.url.path.startswith(API):
            return HTMLResponse(
                pages.draw("sorry.html", sentence=sentence, status=status, here="", viewer=None), status
            )
        return JSONResponse({"done": False, "sentence": str(harmless(sentence))}, status)

    def always(status: int, key: str) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def handler(request: Request, _: Exception) -> Response:
            return answer(request, status, say(key))

        return handler

    async def unknown(request: Request, error: Exception) -> Response:
        if isinstance(error, Unknown) and error.program:
            told = {"done": False, "sentence": say("signin.token")}
            return JSONResponse(told, 401, {"www-authenticate": "Bearer"})
        if not _opens(request):
            return JSONResponse({"done": False, "sentence": say("signin.over")}, 401)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/signin?next={quote(wanted, safe='/')}", 303)

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, Denied) and _opens(request) and not error.viewer.local:
            # Where everything begins on one's own machine is no place for those who sign in: theirs is their first page.
            if request.url.path == "/" and (theirs := ways(error.viewer)):
                return RedirectResponse(theirs[0][1], 303)
            page = pages.draw("denied.html", sentence=error.sentence, here="", viewer=error.viewer)
            return HTMLResponse(page, error.status_code)
        status = error.status_code if isinstance(error, Failed) else 400
        if isinstance(error, Sorry):
            return answer(request, status, error.sentence)
        known = {404: "page.refused.missing", 405: "page.refused.method"}
        return answer(request, status, say(known.get(status, "page.refused.malformed")))

    app.add_exception_handler(Unknown, unknown)
    app.add_exception_handler(NotStored, always(503, "page.refused.stored"))
    app.add_exception_handler(StoreDown, always(503, "page.refused.store"))
    app.add_exception_handler(NotYours, always(403, "page.refused.yours"))
    app.add_exception_handler(NoSuchMessage, always(404, "page.refused.message"))
    app.add_exception_handler(RequestValidationError, always(400, "page.refused.malformed"))
    app.add_exception_handler(Failed, refused)
    # Starlette raises it again after the answer, so it still reaches the log.
    app.add_exception_handler(Exception, always(500, "page.refused.broken"))


def _opens(request: Request) -> bool:
    """Whether somebody opens a page, and not a script that asks for more of one."""
    if request.method not in ("GET", "HEAD") or "text/event-stream" in request.headers.get("accept", ""):
        return False
    return request.url.path != "/live" and request.headers.get("sec-fetch-mode", "navigate") == "navigate"
