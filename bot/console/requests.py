"""Every request is timed, traced and logged: its method, the template of its route, and the status. Never its address."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.log import log
from bot.watching import Watch

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
# What machines ask for all the time is told only to those who want to hear everything.
_QUIET = ("/static/", "/healthz", "/readyz", "/metrics")
UNKNOWN = "unknown"


class Requests:
    """Pure ASGI, because a middleware that wraps responses holds live streams back."""

    def __init__(self, app: ASGIApp, watch: Watch, timer: Callable[[], float]) -> None:
        """`timer` in seconds, from anywhere."""
        self._app = app
        self._watch = watch
        self._timer = timer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = self._timer(), 500

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else UNKNOWN
        with self._watch.span(method) as span:
            try:
                await self._app(scope, receive, heard)
            finally:
                route, seconds = _route(scope), self._timer() - began
                if span is not None:
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.request.method", method)
                    span.set_attribute("http.route", route)
                    span.set_attribute("http.response.status_code", status)
                self._watch.served(method, route, status, seconds)
                tell = log.debug if route.startswith(_QUIET) else log.info
                tell("request", method=method, route=route, status=status, ms=round(1000 * seconds, 1))


def _route(scope: Scope) -> str:
    """The template of the route that answered, or the path of a channel's door."""
    if door := scope.get("countersign.door"):
        return str(door)
    return str(getattr(scope.get("route"), "path", UNKNOWN))
