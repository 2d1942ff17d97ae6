"""Nobody sees a desk that is not theirs: every route, asked for everything that can be named of another desk.

What belongs to the other desk carries a mark (see two_desks.py), and no answer may hold it. An address that names a thing
of the other desk is answered as one that names nothing, and a post there changes nothing. A new route without an entry
in `ASKS` fails.
"""

from __future__ import annotations

import asyncio
import html
import io
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import httpx2
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from bot.console.viewer import Rule
from bot.exports import Shape
from bot.insight.charts import CHARTS
from bot.insight.figures import DIMENSIONS
from bot.insight.searching import AuditFilter, conditions
from bot.review.actions import BY_VERB
from bot.store import audit
from bot.store.audit import EXPORTED
from bot.store.bell import Bell
from bot.store.engine import Engine
from tests.console.conftest import PATIENCE, House
from tests.console.signing import Issuer, open_house, signing_in
from tests.console.test_rights import Asked, table
from tests.console.two_desks import ADMIN, AGENT, BOTH, LEAD, MARK, OURS, THEIR_ADMIN, Things, World, filled, two_desks

# An address with its query, and what is posted there.
Ask = tuple[str, Any]


def _gets(path: str, *queries: dict[str, Any]) -> list[Ask]:
    return [(f"{path}?{urlencode(query)}" if query else path, None) for query in queries or ({},)]


def _searches(n: Things) -> tuple[dict[str, Any], ...]:
    """The audit's filters, each by what the desk has of it."""
    return (
        {"desk": n.desk},
        {"decision": "all", "conversation": n.conversation},
        {"decision": "all", "conversation": n.root},
        {"decision": "all", "conversation": n.customer},
        {"decision": "all", "reviewer": n.person},
        {"decision": "all", "template": f"{n.template}@1"},
        {"decision": "all", "intent": n.intent},
        {"decision": "all", "words": n.desk},
        {"outcome": "as_is", "words": f"{n.desk} approved"},
    )


def _exports(n: Things) -> list[Ask]:
    every = [ask for shape in Shape for ask in _gets("/audit/export", {"format": shape.value})]
    return every + _gets("/audit/export", *({"format": Shape.JSONL.value} | one for one in _searches(n)))


def _verbs(n: Things) -> list[Ask]:
    fields = {
        "words": "Hello there", "reason": "other", "note": "x", "minutes": "30", "feeling": "angry",
        "instruction": "shorter", "sentence": "0",
    }  # fmt: skip
    body = {"version": n.version, "fields": fields}
    return [(f"/reviews/{n.review}/{verb}", body) for verb in ("claim", *BY_VERB)]


def _template(path: str, **body: Any) -> Callable[[Things], list[Ask]]:
    return lambda n: [(f"/templates/{n.template}{path.format(test=n.test)}", body or None)]


def _speech(n: Things) -> dict[str, str]:
    return {"by": n.person, "root": n.root, "text": "Hello", "nonce": "12345678", "ref": n.reply}


# Every route, by what can be named in its address and its body. Of what is posted the first is possible at one's own desk.
ASKS: Mapping[str, Callable[[Things], list[Ask]]] = {
    "GET /static/{digest}/{name}": lambda n: _gets("/static/x/tokens.css") + _gets(f"/static/x/{n.desk}"),
    "GET /": lambda n: _gets("/", {}, {"before": n.review}),
    "GET /columns/channel": lambda n: _gets("/columns/channel", {}, {"by": n.person}),
    "GET /columns/reviews": lambda n: _gets("/columns/reviews", {}, {"before": n.review}),
    "POST /messages/say": lambda n: [("/messages/say", _speech(n))],
    "POST /messages/answer": lambda n: [("/messages/answer", _speech(n))],
    "POST /messages/edit": lambda n: [("/messages/edit", _speech(n))],
    "POST /messages/thumbs/{thumb}/{wish}": lambda n: [("/messages/thumbs/down/add", _speech(n))],
    "POST /messages/delete": lambda n: [("/messages/delete", _speech(n))],
    "POST /reviews/{review}/{verb}": _verbs,
    "GET /inbox": lambda n: _gets("/inbox", {}, {"snoozed": 1}, {"desk": n.desk}, {"after": n.review}, {"mine": 1}),
    "GET /inbox/cards": lambda n: _gets("/inbox/cards", {}, {"desk": n.desk}, {"keep": n.review}, {"by": n.person}),
    "GET /inbox/here": lambda n: _gets("/inbox/here", {}, {"by": n.person}),
    "POST /inbox/here": lambda n: [("/inbox/here", {"review": n.review, "typing": True, "by": n.person})],
    "GET /insight": lambda n: _gets("/insight", *({"by": by} for by in DIMENSIONS), {"desk": n.desk}),
    "GET /insight/chart/{name}.png": lambda n: [
        ask for name in CHARTS for ask in _gets(f"/insight/chart/{name}.png", {}, {"desk": n.desk})
    ],
    "GET /insight/me": lambda n: _gets("/insight/me", {}, {"person": n.person}),
    "GET /audit": lambda n: _gets("/audit", {}, {"decision": "all"}, *_searches(n)),
    "POST /audit/searches": lambda n: [("/audit/searches", {"name": n.search, "query": f"words={n.desk}"})],
    "POST /audit/searches/delete": lambda n: [("/audit/searches/delete", {"name": n.search})],
    "GET /audit/record": lambda n: _gets("/audit/record", {}, *_searches(n)),
    "GET /audit/export": _exports,
    "GET /audit/export/progress": lambda n: _gets("/audit/export/progress", {}, {"watch": n.watch}),
    "GET /audit/verify": lambda n: _gets("/audit/verify"),
    "POST /audit/verify": lambda n: [("/audit/verify", {})],
    "GET /audit/{review}": lambda n: _gets(f"/audit/{n.review}"),
    "GET /templates": lambda n: _gets("/templates"),
    "GET /templates/{name}": lambda n: _gets(f"/templates/{n.template}", {}, {"version": 1}),
    "GET /templates/{name}/compare": lambda n: _gets(f"/templates/{n.template}/compare", {"old": 1, "new": 2}),
    "GET /templates/{name}/history": lambda n: _gets(f"/templates/{n.template}/history"),
    "POST /templates/{name}/check": _template("/check", text="x"),
    "POST /templates/{name}/save": _template("/save", text="", note="x", base=2),
    "POST /templates/{name}/activate": _template("/activate", version=1, note="x", base=2, override="x"),
    "POST /templates/{name}/rollback": _template("/rollback", note="x", base=1),
    "GET /templates/{name}/preview": lambda n: [
        *_gets(f"/templates/{n.template}/preview"),
        *_gets(f"/templates/{OURS}_reply/preview", {}, {"review": n.review}, {"version": 1, "review": n.review}),
    ],
    "GET /templates/{name}/tests": lambda n: _gets(f"/templates/{n.template}/tests"),
    "GET /templates/{name}/tests/{number}": lambda n: [
        *_gets(f"/templates/{n.template}/tests/{n.test}"),
        *_gets(f"/templates/{OURS}_reply/tests/{n.test}"),
    ],
    "GET /templates/{name}/tests/{number}/now": lambda n: [
        *_gets(f"/templates/{n.template}/tests/{n.test}/now"),
        *_gets(f"/templates/{OURS}_reply/tests/{n.test}/now"),
    ],
    "POST /templates/{name}/tests": _template("/tests", version=2, against=1, cases=2, calls=9),
    "POST /templates/{name}/tests/{number}/stop": lambda n: [
        (f"/templates/{n.template}/tests/{n.test}/stop", {}),
        (f"/templates/{OURS}_reply/tests/{n.test}/stop", {}),
    ],
    "GET /desks": lambda n: _gets("/desks"),
    "GET /desks/{desk}": lambda n: _gets(f"/desks/{n.desk}"),
    "POST /desks/{desk}/pause": lambda n: [(f"/desks/{n.desk}/pause", {"paused": False})],
    "GET /health": lambda n: _gets("/health"),
    "GET /health/parts": lambda n: _gets("/health/parts"),
    "GET /metrics": lambda n: _gets("/metrics"),
    "GET /radar": lambda n: _gets("/radar"),
    "GET /live": lambda n: _gets("/live"),
    "GET /api/v1/reviews": lambda n: _gets(
        "/api/v1/reviews", {}, {"limit": 200}, {"desk": n.desk}, {"template": f"{n.template}@1"}, {"cursor": n.review}
    ),
    "GET /api/v1/audit": lambda n: _gets(
        "/api/v1/audit",
        {},
        {"limit": 200},
        {"step": "Approve"},
        {"desk": n.desk},
        {"conversation": n.conversation},
        {"conversation": n.root},
        {"conversation": n.customer},
        {"actor": n.person},
    ),
    "GET /api/v1/figures": lambda n: _gets("/api/v1/figures", {}, {"desk": n.desk}),
    "GET /api/v1/openapi.json": lambda n: _gets("/api/v1/openapi.json"),
    "GET /signin": lambda n: _gets("/signin", {"next": f"/audit/{n.review}"}),
    "GET /signin/start": lambda n: _gets("/signin/start"),
    "GET /signin/back": lambda n: _gets("/signin/back", {"state": n.desk}),
    # They end the session and name nothing.
    "POST /signout": lambda n: [],
    "POST /signout/everywhere": lambda n: [],
    "GET /healthz": lambda n: _gets("/healthz"),
    "GET /readyz": lambda n: _gets("/readyz"),
}
# What says nothing of any desk, even to those whose it is: whether all is well, a picture, a line without content.
SILENT = (
    "/static", "/columns", "/inbox/here", "/insight/chart", "/insight/me", "/audit/verify", "/audit/export/progress",
    "/health", "/metrics", "/live", "/signin", "/readyz", "/api/v1/openapi.json", "/api/v1/figures",
)  # fmt: skip
# Headers that follow from when and how long.
VARYING = ("content-length", "date", "etag")
# What of the other desk a post could have changed.
TABLES = (
    "conversations", "messages", "reviews", "audit", "releases", "replies", "templates", "changes", "backtests",
    "backtest_results", "trials", "pauses", "posts", "presences", "searches", "looks", "thumbs", "alerts", "outlines",
)  # fmt: skip


@pytest.fixture
async def world(root: Path, tmp_path: Path, database: sa.URL) -> AsyncIterator[World]:
    """Both desks full."""
    async with two_desks(root, tmp_path, database) as there:
        yield there


def _routes(house: House) -> list[Asked]:
    app = house.program.server.config.app
    assert isinstance(app, FastAPI)
    return list(table(app))


def _nothing(world: World) -> Things:
    """Names of the same kinds that nothing has. The ids stand where those of the other desk do."""
    theirs = world.theirs
    return Things(
        desk="nonesuch",
        review=f"{theirs.review[:-4]}0000",
        version=theirs.version,
        conversation=f"{theirs.conversation[:-4]}0000",
        root="99999",
        reply="99998",
        customer="Nonesuch Mia",
        person="web:nonesuch-tom",
        template="nonesuch_reply",
        test=99_999,
        intent="nonesuch matter",
        search="nonesuch search",
        watch="nonesuch-watch",
    )


def _text(answer: httpx2.Response) -> str:
    """Everything that came, headers and what is packed too."""
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name not in VARYING)
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            sheets = [packed.read(name) for name in packed.namelist() if name.startswith("xl/")]
        return "\n".join((head, *(sheet.decode() for sheet in sheets)))
    # Whoever has a right at both desks reads so in the frame of every page.
    return f"{head}\n{answer.content.decode('utf-8', 'replace').replace(f'<li><bdi>{MARK}</bdi>', '<li>')}"


def _without(text: str, names: Things) -> str:
    """With a dot for each thing that was named, however it is written."""
    for word in names.words:
        for form in (word, quote(word), quote_plus(word), html.escape(word)):
            text = text.replace(form, "•")
    for form in (f"conversation={names.root}", f'name="conversation" value="{names.root}"'):
        text = text.replace(form, "•")
    return text


def _found(world: World, text: str) -> list[str]:
    """What of the other desk stands there."""
    marks = [MARK, world.theirs.conversation.lower(), *(review.lower() for review in world.reviews[MARK])]
    low = text.lower()
    return [f"{mark}: …{low[max(low.index(mark) - 60, 0) :][:160]}…" for mark in marks if mark in low]


async def _said(world: World, headers: Mapping[str, str], asked: Asked, ask: Ask) -> tuple[int, str]:
    path, body = ask
    if asked.path == "/live":
        return 200, await _heard(world, headers)
    answer = await world.ask(headers, asked.method, path, body)
    assert answer.status_code < 500 or asked.path == "/signin/start", (path, answer.text)
    return answer.status_code, _text(answer)


async def _heard(world: World, headers: Mapping[str, str]) -> str:
    """What comes over the line while something happens at the other desk, as far as the ring."""
    heard = ""
    client = world.house.client
    async with asyncio.timeout(PATIENCE), client.stream("GET", "/live", headers=headers) as stream:
        if stream.status_code != 200:
            return (await stream.aread()).decode()
        async for line in stream.aiter_lines():
            heard += f"{line}\n"
            if line == "event: hello":
                there = {"review": world.theirs.review, "typing": False}
                await world.ask(world.headers[THEIR_ADMIN], "POST", "/inbox/here", there)
                await world.ask(world.headers[BOTH], "POST", "/inbox/here", there | {"review": ""})
                await world.ask(world.headers[BOTH], "POST", "/inbox/here", there)
            if "changed" in heard and not line:
                return heard
    return heard


def _by_rule(asked: Asked, *rules: Rule) -> bool:
    return any(need.rule in rules for need in asked.needs)


def _who_asks(world: World, asked: Asked) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Those of our desk; whoever is an agent at the other one where that gives no right; and a program."""
    yield from ((who, world.headers[who]) for who in (AGENT, LEAD, ADMIN))
    if _by_rule(asked, Rule.LEADS, Rule.ADMINS):
        yield BOTH, world.headers[BOTH]
    if _by_rule(asked, Rule.TOKENS):
        yield "token", world.token


async def _alike(world: World, headers: Mapping[str, str], asked: Asked, number: int) -> str:
    """Why a thing of the other desk is not answered like nothing at all, empty when it is."""
    nothing = _nothing(world)
    theirs, made_up = (ASKS[str(asked)](names)[number] for names in (world.theirs, nothing))
    pair: list[tuple[int, str]] = []
    before = _theirs(world) if asked.method == "POST" else []
    # A page tells how long ago something was, and that may change between two answers.
    for _ in range(3):
        pair = []
        for ask, names in ((theirs, world.theirs), (made_up, nothing)):
            status, text = await _said(world, headers, asked, ask)
            pair.append((status, _without(text, names)))
            if before and (changed := set(before) ^ set(_theirs(world))):
                return f"{theirs[0]} changed {changed}"
        if pair[0] == pair[1]:
            break
    if found := _found(world, pair[0][1]):
        return f"{theirs[0]} holds {found}"
    if pair[0] != pair[1]:
        lines = [text.splitlines() for _, text in pair]
        other = [both for both in zip(*lines, strict=False) if both[0] != both[1]][:3]
        return f"{theirs[0]} is answered {pair[0][0]}, {made_up[0]} {pair[1][0]}: {other}"
    return ""


async def _leaks(world: World, methods: Iterable[str]) -> list[str]:
    """What is wrong with the answers of the routes."""
    wrong: list[str] = []
    for asked in (one for one in _routes(world.house) if one.method in methods):
        for who, headers in _who_asks(world, asked):
            own, theirs = (ASKS[str(asked)](names) for names in (world.ours, world.theirs))
            for number, (mine, other) in enumerate(zip(own, theirs, strict=True)):
                if asked.method == "GET":
                    status, text = await _said(world, headers, asked, mine)
                    wrong += [f"{who} {mine[0]} {status}: {found}" for found in _found(world, text)]
                # A lead is to other desks what an admin is.
                if mine != other and who != LEAD:
                    wrong += [f"{who} {why}" for why in [await _alike(world, headers, asked, number)] if why]
    return wrong


def _theirs(world: World) -> list[str]:
    """Everything in the store that is of the other desk, but for the searches that ours keep under its name."""
    marks = (MARK, world.theirs.conversation, *world.reviews[MARK])
    kept: list[str] = []
    for name, rows in zip(TABLES, world.rows(*TABLES), strict=True):
        own = "@billing.example" if name == "searches" else "\0"
        kept += [f"{name} {row}" for row in rows if any(mark in row for mark in marks) and own not in row]
    return kept


async def test_every_route_has_an_entry(root: Path, tmp_path: Path, sqlite: sa.URL) -> None:
    """Whoever adds a route says here what can be named in it."""
    async with open_house(signing_in(root, tmp_path, sqlite, Issuer("http://localhost:1"))) as house:
        assert {str(asked) for asked in _routes(house)} == ASKS.keys()


async def test_no_page_shows_another_desk(world: World) -> None:
    """Whatever is asked for, and by whatever name; and those whose desk it is see it on every page that shows anything."""
    assert await _leaks(world, ("GET",)) == []
    ours = set[str]()
    for asked in _routes(world.house):
        if asked.method == "GET" and not asked.path.startswith(SILENT) and asked.path != "/":
            answers = [
                await _said(world, world.headers[THEIR_ADMIN], asked, ask) for ask in ASKS[str(asked)](world.theirs)
            ]
            if not any(_found(world, text) for _, text in answers):
                ours.add(str(asked))
    assert ours == set()


async def test_nothing_of_another_desk_can_be_changed(world: World) -> None:
    """What is posted there is answered as if it were nothing, and leaves no trace; at one's own desk it is done."""
    before = _theirs(world)
    assert before
    assert await _leaks(world, ("POST",)) == []
    for asked in _routes(world.house):
        if asked.method == "POST" and (own := ASKS[str(asked)](world.ours)):
            if asked.path.endswith("/save"):
                text = (await world.house.program.engine.read(_newest)).replace("Answer", "Answer, dear,", 1)
                own = [(own[0][0], own[0][1] | {"text": text})]
            answer = await world.ask(world.headers[ADMIN], "POST", *own[0])
            possible = 403 if _by_rule(asked, Rule.LOCAL) else 200
            assert answer.status_code == possible, (own[0], answer.text)
            if possible == 200:
                assert answer.json().get("done", True), (own[0], answer.text)
    assert _theirs(world) == before


def _newest(conn: sa.Connection) -> str:
    body: str = conn.execute(
        sa.text("SELECT body FROM templates WHERE name = :name AND version = 2"), {"name": f"{OURS}_reply"}
    ).scalar_one()
    return body


async def test_figures_and_counts_are_of_ones_own_desk(world: World) -> None:
    """They are those of our reviews alone, though nothing in a figure could carry a mark."""
    with world.house.program.engine.snapshot() as conn:

        def count(rows: str) -> int:
            found: int = conn.execute(
                sa.text(f"SELECT count(*) FROM {rows} AND r.desk = :desk"), {"desk": OURS}
            ).scalar_one()
            return found

        waiting = count("reviews r WHERE r.closed_at IS NULL")
        thumbs = count("thumbs t JOIN reviews r ON r.id = t.review WHERE t.thumb > 0")
        lines = count("audit a JOIN reviews r ON r.id = a.review WHERE a.number > 0")
    assert min(waiting, thumbs, lines) > 0
    for headers in (world.headers[ADMIN], world.headers[BOTH], world.token):
        figures = (await world.ask(headers, "GET", "/api/v1/figures")).json()
        assert figures["accepted"]["opened"] == len(world.reviews[OURS])
        assert figures["queue"]["count"] == waiting
        assert figures["thumbs"] == [thumbs, 0]
    for who in (LEAD, BOTH):
        headers = world.headers[who]
        file = await world.ask(headers, "GET", "/audit/export?format=jsonl&watch=mine")
        assert file.text.count("\n") == lines
        progress = (await world.ask(headers, "GET", "/audit/export/progress?watch=mine")).json()
        assert (progress["total"], progress["done"]) == (lines, lines)


async def test_a_desk_whose_first_reviews_nobody_has_outlined_yet(root: Path, tmp_path: Path, database: sa.URL) -> None:
    """For some seconds the audit alone knows them; nobody else takes them elsewhere then either."""
    async with filled(root, tmp_path, database):
        engine = Engine(database, Bell())
        try:
            forget = sa.text("DELETE FROM outlines WHERE desk = :desk")
            await engine.write(lambda conn: conn.execute(forget, {"desk": MARK}))
            with engine.snapshot() as conn:
                rows = conn.execute(sa.text("SELECT id FROM reviews WHERE desk = :desk"), {"desk": OURS}).scalars()
                ours, every = set(rows), audit.count(conn)
                for wanted in (AuditFilter(desks=(OURS,)), AuditFilter(desks=(OURS,), steps=("Approve", "Received"))):
                    asked = conditions(conn, wanted)
                    assert asked
                    lines = [line for some in audit.export(conn, *asked) for line in some]
                    assert {line[EXPORTED.index("review")] for line in lines} <= ours
                    assert 0 < len(lines) == audit.count(conn, *asked) < every
        finally:
            engine.close()
