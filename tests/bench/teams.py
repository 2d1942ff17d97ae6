"""The lifecycle through Teams: proved activities in, a model over HTTP, the Bot Connector out; our process alone counted.

The program runs as its user starts it. Microsoft and the model are processes beside it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.channels.base import Thread
from tests.bench.databases import KINDS, NAMES, Databases
from tests.bench.figures import Figure
from tests.bench.meter import Meter, rss
from tests.bench.program import Program, running
from tests.bench.slack import REST, SHARES, WARM, fresh, many, middle, scripted, spent, verified, waits
from tests.bench.teams_town import BusyTeams
from tests.bench.worker import Result, ask
from tests.channels.slack.conftest import Notebook
from tests.channels.slack.test_replies import release
from tests.channels.teams.office import made, place
from tests.doubles.teams import FakeTeams, Limits

PART = "teams"
LIFE, ACTIVITY, CLICK, TOKENS, LINES = 8.0, 1.2, 2.0, 1.0, 2.0
_REPLIES = 300
_DESK = "COUNTERSIGN_DESKS__NORDLYS__"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    count: int = 1500
    doors: int = 2000
    times: int = 3


def lives(url: str, server: int | None, folder: str, count: int) -> Result:
    """So many lifecycles; milliseconds per lifecycle."""

    async def work() -> Result:
        async with BusyTeams() as town:
            with _at_work(town, url, folder, count) as bot:
                await many(town.live, range(WARM))
                asked = town.asked.copy()
                meter = Meter(server, bot.process.pid)
                ended = await many(town.live, fresh(count))
                wall = meter.read()[2]
                await asyncio.sleep(REST)
                own, theirs, _ = meter.read()
                calls = {name: (town.asked[name] - asked[name]) / count for name in town.asked}
                found = {"own": own / count, "server": theirs / count, "wall": wall / count, "calls": calls}
                found |= {"rss": rss(bot.process.pid)} | waits(ended)
        await verified(url, count + WARM)
        return found

    return asyncio.run(work())


def activities(url: str, folder: str, count: int) -> Result:
    """What a message costs until it is acknowledged, while nobody drafts; and as many bytes that ask for nothing."""

    async def work() -> Result:
        async with BusyTeams() as town:
            with _at_work(town, url, folder, 0, **{f"{_DESK}SETTLE_SECONDS": "600"}) as bot:
                await many(town.write, range(WARM))
                whole = await spent(bot, many(town.write, fresh(count)))
                door = await spent(bot, many(lambda _: town.check(), range(count)))
                return {"whole": whole / count, "door": door / count}

    return asyncio.run(work())


def clicks(url: str, folder: str, count: int) -> Result:
    """The same for a click. The words are held back, and the first card to be drawn again holds up all others."""

    async def work() -> Result:
        async with BusyTeams() as town:
            with _at_work(town, url, folder, count):
                shown = await many(town.write, range(WARM + count))
                await asyncio.gather(*(life.card for life in shown))
                await asyncio.sleep(REST)
            town.answering.clear()
            with _at_work(town, url, folder, 0, **{f"{_DESK}HOLD_SECONDS": "3600", "COUNTERSIGN_SLOTS": "1"}) as bot:
                await many(town.approve, shown[:WARM])
                whole = await spent(bot, many(town.approve, shown[WARM:]))
                return {"whole": whole / count}

    return asyncio.run(work())


def replies() -> Result:
    """So many replies in a row: the tokens that were asked for, the connections, and our CPU (milliseconds)."""

    async def work() -> Result:
        async with FakeTeams(limits=Limits.none()) as teams:
            channel = await made(teams, Notebook(), paced=False)
            asked = await teams.act.write(teams.town.kim, teams.town.support, "Where is my parcel?")
            thread = Thread(place(teams.town.support), asked.id)
            for _ in range(_REPLIES):
                await channel.send_reply(thread, release())
            await channel.close()
            assert len(teams.posts(asked)) == _REPLIES
            return {"tokens": len(teams.called("login.token")), "lines": teams.connections("connector")}

    return asyncio.run(work())


def run(databases: Databases, size: Size) -> tuple[list[Figure], Result]:
    """Both databases, and the replies in a row."""
    row = ask(replies)
    figures = [
        Figure(PART, f"tokens asked for, for {_REPLIES} replies", row["tokens"], "", TOKENS),
        Figure(PART, f"connections opened, for {_REPLIES} replies", row["lines"], "", LINES),
    ]
    raw: Result = {"row": row}
    for kind in KINDS:
        found, raw[kind] = _ours(databases, kind, size)
        figures += found
    return figures, raw


def _ours(databases: Databases, kind: str, size: Size) -> tuple[list[Figure], Result]:
    name, server, folder = NAMES[kind], databases.server(kind), str(databases.folder)
    fresh = databases.fresh
    busy = [ask(lives, url=fresh(kind), server=server, folder=folder, count=size.count) for _ in range(size.times)]
    activity = [ask(activities, url=fresh(kind), folder=folder, count=size.doors) for _ in range(size.times)]
    click = [ask(clicks, url=fresh(kind), folder=folder, count=size.doors) for _ in range(size.times)]
    own = middle(busy, "own")
    figures = [
        Figure(PART, f"{name}: our CPU, 32 at once", own, "ms", LIFE),
        Figure(PART, f"{name}: lifecycles on one core", 1000 / own, "/s"),
        Figure(PART, f"{name}: a message until acknowledged, CPU", middle(activity, "whole"), "ms", ACTIVITY),
        Figure(PART, f"{name}: of it HTTP, proof and parsing", middle(activity, "door"), "ms"),
        Figure(PART, f"{name}: a click until acknowledged, CPU", middle(click, "whole"), "ms", CLICK),
        *(Figure(PART, f"{name}: written to card posted, {p}", middle(busy, f"card {p}"), "ms") for p in SHARES),
        *(Figure(PART, f"{name}: click to reply posted, {p}", middle(busy, f"reply {p}"), "ms") for p in SHARES),
        Figure(PART, f"{name}: memory", middle(busy, "rss"), "MB"),
    ]
    return figures, {"busy": busy, "activity": activity, "click": click}


@contextmanager
def _at_work(town: BusyTeams, url: str, folder: str, answers: int, **more: str) -> Iterator[Program]:
    """The program on a database, beside a town and a model that has so many answers ready."""
    with scripted(answers) as address:
        environment = _teams(town, address) | more
        with running(url, Path(folder), "/readyz", **environment) as bot:
            town.door = f"{bot.address}/api/messages"
            yield bot


def _teams(town: BusyTeams, address: str) -> dict[str, str]:
    """What connects the program to the town and to the model; the desk moves to Teams, where nothing is limited."""
    app = town.app
    return {
        "TEAMS_APP_ID": app.id,
        "TEAMS_APP_PASSWORD": app.secret,
        "TEAMS_TENANT_ID": app.tenant.id,
        "COUNTERSIGN_TEAMS__LOGIN_URL": f"{town.base}/login",
        "COUNTERSIGN_TEAMS__OPENID_URL": f"{town.base}/botframework",
        "COUNTERSIGN_TEAMS__GRAPH_URL": f"{town.base}/graph",
        "COUNTERSIGN_TEAMS__SERVICE_URL": town.teams.service_url,
        "COUNTERSIGN_TEAMS__PACED": "false",
        "OPENAI_BASE_URL": address,
        f"{_DESK}LISTENS": json.dumps([f"teams:{town.town.support.id}"]),
        f"{_DESK}REVIEWS": f"teams:{town.town.review.id}",
        f"{_DESK}PEOPLE": json.dumps({f"teams:{town.town.ana.aad}": "agent"}),
        f"{_DESK}SETTLE_SECONDS": "0",
    }
