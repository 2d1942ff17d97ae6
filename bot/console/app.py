"""Puts the pages together behind one gate, and says kindly what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.console.api import api
from bot.console.apologies import apologise
from bot.console.assets import Assets
from bot.console.audit import audit
from bot.console.deciding import deciding
from bot.console.desks import desks
from bot.console.doorman import TokenPasses
from bot.console.guard import Guard
from bot.console.health import health
from bot.console.inbox import inbox
from bot.console.insight import Insight, insight
from bot.console.live import line
from bot.console.metrics import metrics
from bot.console.parts import Console
from bot.console.radar import radar
from bot.console.record import record
from bot.console.render import Pages, harmless
from bot.console.requests import Requests
from bot.console.signin import signin
from bot.console.story import one_review
from bot.console.templates import templates
from bot.console.trials import trying
from bot.console.viewer import OPEN
from bot.console.workspace import workspace
from bot.watching import Watch


class Site(FastAPI):
    """FastAPI behind the gate. A middleware that is added stands behind Starlette's own answer to a crash."""

    doors: Mapping[str, ASGIApp]
    public: str
    watch: Watch

    def build_middleware_stack(self) -> ASGIApp:
        behind = Doors(self.doors, Guard(super().build_middleware_stack(), self.public))
        return Requests(behind, self.watch, asyncio.get_running_loop().time)


class Doors:
    """Sends what comes to a channel's path to its door, past the gate: a door proves its callers by itself."""

    def __init__(self, doors: Mapping[str, ASGIApp], pages: ASGIApp) -> None:
        self._doors = doors
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._doors.get(scope["path"]) if scope["type"] == "http" else None
        if door:
            scope["countersign.door"] = scope["path"]
        await (door or self._pages)(scope, receive, send)


def create_app(parts: Console, doors: Mapping[str, ASGIApp] | None = None) -> FastAPI:
    """The console as an ASGI application, with the channels' doors by their paths.

    FastAPI's own documentation pages load scripts from elsewhere: off.
    """
    app = Site(title="Countersign", version=parts.version, docs_url=None, redoc_url=None, openapi_url=None)
    app.doors = doors or {}
    app.watch = parts.watch
    app.public = parts.signin.public if parts.signin else ""
    app.state.doorman = parts.doorman
    app.state.passes = TokenPasses(parts.engine, parts.clock)
    assets = Assets()
    pages = Pages(assets)
    figures = Insight(parts)
    app.include_router(assets.door(), dependencies=[OPEN])
    app.include_router(workspace(parts, pages))
    app.include_router(deciding(parts))
    app.include_router(inbox(parts, pages))
    app.include_router(insight(parts, pages, figures))
    app.include_router(audit(parts, pages))
    app.include_router(record(parts, pages))
    app.include_router(one_review(parts, pages))
    app.include_router(templates(parts, pages))
    app.include_router(trying(parts, pages))
    app.include_router(desks(parts, pages))
    app.include_router(health(parts, pages))
    app.include_router(metrics(parts))
    app.include_router(radar(parts, pages))
    app.include_router(line(parts))
    app.include_router(api(parts, figures))
    if parts.signin:
        app.include_router(signin(parts.signin, pages, parts.doorman))
    _health(app, parts)
    apologise(app, pages)
    return app


def _health(app: FastAPI, parts: Console) -> None:
    @app.get("/healthz", dependencies=[OPEN])
    async def alive() -> dict[str, str]:
        return {"status": "alive", "version": parts.version}

    @app.get("/readyz", dependencies=[OPEN])
    async def ready() -> JSONResponse:
        problems = await parts.ready()
        # A balancer takes out what answers 503, and customers' messages would be refused for want of a card.
        said = [str(harmless(sentence)) for sentence in (*problems, *parts.notes())]
        return JSONResponse({"ready": not problems, "problems": said}, 503 if problems else 200)
