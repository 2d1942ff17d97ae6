"""The record as a whole: taken elsewhere as a file, verified, and the seals that hold it together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse

from bot.channels.wall import Post
from bot.console.audit import Asked
from bot.console.parts import Console
from bot.console.render import Pages
from bot.console.sorry import Sorry
from bot.console.viewer import Lead, Viewer
from bot.exports import Progress, Shape, written
from bot.insight.searching import AuditFilter, conditions
from bot.log import log
from bot.phrases import say
from bot.store import audit, posts, seals
from bot.store.engine import Connection, Engine, StoreDown
from bot.store.verify import Broken, Findings, verify

_SEALS, _NOTES = 30, 10
# Exports that are made at once: each has a connection and a good part of a processor for a minute.
_MOST = 2
# Exports whose progress can still be asked for.
_REMEMBERED = 50
_Watch = Annotated[str, Query(max_length=64)]


def record(parts: Console, pages: Pages) -> APIRouter:
    """Exports, the check of the whole record, and its seals."""
    router = APIRouter(prefix="/audit")
    exports, check = Exports(parts.engine), Check(parts.engine, parts.clock)

    @router.get("/record", response_class=HTMLResponse)
    async def page(request: Request, viewer: Lead) -> str:
        wanted = _wanted(request, viewer)
        told_at = {place for desk, place in parts.record.told_at.items() if desk in viewer.leads}

        def look(conn: Connection) -> tuple[int, int, list[seals.Seal], list[Post]]:
            asked = conditions(conn, wanted)
            count = 0 if asked is None else audit.count(conn, *asked)
            hung = posts.notes_at(conn, sorted(told_at), _NOTES) if told_at else []
            return count, seals.unsealed(conn), seals.latest(conn, _SEALS), hung

        count, unsealed, latest, hung = await parts.engine.read(look)
        return pages.draw(
            "record.html",
            here="record",
            viewer=viewer,
            count=count,
            query=request.url.query,
            narrowed=bool(request.query_params),
            shapes=tuple(Shape),
            seals=latest,
            unsealed=unsealed,
            notes=hung,
            own_key=parts.record.own_key,
            check=check.standing(parts.record.own_key),
        )

    @router.get("/export")
    async def export(
        request: Request, viewer: Lead, shape: Annotated[Shape, Query(alias="format")] = Shape.CSV, watch: _Watch = ""
    ) -> StreamingResponse:
        wanted = _wanted(request, viewer)
        day = datetime.fromtimestamp(parts.clock(), UTC).date().isoformat()
        name = f'attachment; filename="countersign-audit-{day}.{shape.value}"'
        made = exports.begin(wanted, shape, f"{viewer.person} {watch}")
        log.info("exported", by=str(viewer.person), format=shape.value)
        return StreamingResponse(made, media_type=shape.kind, headers={"content-disposition": name})

    @router.get("/export/progress")
    async def progress(viewer: Lead, watch: _Watch = "") -> JSONResponse:
        found = exports.progress(f"{viewer.person} {watch}")
        if found is None:
            raise Sorry(404, say("page.record.no_export"))
        return JSONResponse({"done": found.done, "total": found.total, "over": found.over, "failed": found.failed})

    @router.get("/verify")
    async def standing(_: Lead) -> JSONResponse:
        return JSONResponse(check.standing(parts.record.own_key))

    @router.post("/verify")
    async def begin(_: Lead) -> JSONResponse:
        check.begin()
        return JSONResponse({"done": True, "sentence": ""})

    return router


def _wanted(request: Request, viewer: Viewer) -> AuditFilter:
    """What the list would show with the same filters, at the viewer's desks. Raises `Sorry`."""
    typed = {name: request.query_params[name] for name in Asked.__slots__ if name in request.query_params}
    if not typed.get("decision"):
        # Without a filter the list shows decisions alone; a record that is taken elsewhere has every step.
        typed["decision"] = "all"
    return Asked(**typed).filter(None, viewer.leads)


@dataclass(slots=True)
class _Export(Progress):
    """An export under way. It is `over` when its last part was handed out, and `failed` when it broke off before."""

    over: bool = False
    failed: bool = False


class Exports:
    """Exports under way, each in threads of their own, so that neither pages nor other reads wait for them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._under_way = 0
        self._known: dict[str, _Export] = {}

    def progress(self, watch: str) -> _Export | None:
        """How far an export is, by the name it was begun with."""
        return self._known.get(watch)

    def begin(self, wanted: AuditFilter, shape: Shape, watch: str) -> AsyncIterator[bytes]:
        """The file, part by part. Raises `Sorry` while too many are under way."""
        if self._under_way >= _MOST:
            raise Sorry(503, say("page.record.busy"))
        made = self._known[watch] = _Export()
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return self._streamed(_parts(self._engine, wanted, shape, made), made)

    async def _streamed(self, parts: Iterator[bytes], made: _Export) -> AsyncIterator[bytes]:
        turn = threading.Lock()

        def step() -> bytes | None:
            with turn:
                return next(parts, None)

        def shut() -> None:
            with turn:
                parts.close()  # type: ignore[attr-defined]

        loop = asyncio.get_running_loop()
        self._under_way += 1
        try:
            while (part := await loop.run_in_executor(None, step)) is not None:
                if part:
                    yield part
            made.over = True
        except StoreDown as down:
            log.error("export_broke", cause=down.cause)
            raise
        finally:
            made.failed = not made.over
            self._under_way -= 1
            # Whoever went away may have left a thread at work: it lets go of its connection when it is done.
            loop.run_in_executor(None, shut)


def _parts(engine: Engine, wanted: AuditFilter, shape: Shape, progress: Progress) -> Iterator[bytes]:
    with engine.snapshot() as conn:
        asked = conditions(conn, wanted)
        progress.total = 0 if asked is None else audit.count(conn, *asked)
        yield from written(shape, () if asked is None else audit.export(conn, *asked), progress)


class Check:
    """The check of the whole record, one at a time, and what the last one found."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._found = Findings()
        self._total = 0
        self._seconds = 0.0
        self._broken = ""

    def begin(self) -> None:
        """Begin, unless one is under way."""
        if self._task is None or self._task.done():
            self._found, self._broken, self._total, self._seconds = Findings(), "", 0, 0.0
            self._task = asyncio.create_task(asyncio.to_thread(self._run))

    def _run(self) -> None:
        began = self._clock()
        try:
            with self._engine.snapshot() as conn:
                self._total = audit.count(conn)
                verify(conn, self._found)
        except Broken as broken:
            self._broken = say("page.record.broken", what=broken.what)
        except StoreDown as down:
            self._broken = str(down)
        self._seconds = self._clock() - began

    def standing(self, own: str) -> dict[str, object]:
        """How it stands, as the page tells it; `own` is the key of this installation."""
        found = self._found
        state = "none" if self._task is None else "running" if not self._task.done() else "broken"
        if state == "broken" and not self._broken:
            state = "holds"
        sentences: list[str] = [self._broken] if self._broken else []
        if state == "holds":
            sentences.append(say("page.record.holds", lines=f"{found.lines:,}", reviews=f"{found.reviews:,}"))
            sentences.append(say("page.record.sealed", lines=f"{found.sealed:,}", seals=found.seals))
            sentences.append(say("page.record.erased", texts=found.erased))
            whose = {True: "page.record.own", False: "page.record.foreign"}
            sentences += [say(whose[key == own], hex=key) for key in sorted(found.keys)]
            sentences.append(say("page.record.took", seconds=f"{self._seconds:.1f}"))
        return {"state": state, "done": found.lines, "total": self._total, "sentences": sentences}
