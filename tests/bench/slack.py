"""The lifecycle through Slack: signed requests in, a model over HTTP, Slack's Web API out; our process alone counted.

The program runs as its user starts it. Slack and the model are processes beside it. A bot as one would assemble it
today is measured over the same two.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import sqlalchemy as sa

from bot.review.model import State
from bot.store import verify
from bot.store.tables import reviews
from tests.bench.databases import KINDS, NAMES, Databases
from tests.bench.figures import Figure
from tests.bench.meter import Meter, median, percentile, rss
from tests.bench.program import Program, running, started
from tests.bench.shop import MODEL, ROOT, make_engine
from tests.bench.slack_town import BusyTown
from tests.bench.worker import Result, ask
from tests.cli.model import model

T = TypeVar("T")
R = TypeVar("R")
PART = "slack"
LIMITS = {"sqlite": 4.0, "postgresql": 5.0}
EVENT, CLICK, ACKNOWLEDGED, RATE = 0.8, 1.5, 250.0, 200.0
TIMES_LESS = 5.0
_AT_ONCE = 32
WARM = 3 * _AT_ONCE
# How long a program is left alone until it has written down what it did last (seconds).
REST = 0.5
_DESK = "COUNTERSIGN_DESKS__NORDLYS__"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    count: int = 1500
    doors: int = 2000
    told: int = 2000  # at a steady rate
    peers: int = 300
    times: int = 3


def lives(url: str, server: int | None, folder: str, count: int, echo: bool = False) -> Result:
    """So many lifecycles, 32 at once; milliseconds per lifecycle. With `echo` the bot is told of its own posts."""

    async def work() -> Result:
        async with BusyTown(echo=echo) as town:
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


def events(url: str, folder: str, count: int) -> Result:
    """What a message costs until it is acknowledged, while nobody drafts; and as many bytes that ask for nothing."""

    async def work() -> Result:
        async with BusyTown() as town:
            with _at_work(town, url, folder, 0, **{f"{_DESK}SETTLE_SECONDS": "600"}) as bot:
                await many(town.write, range(WARM))
                whole = await spent(bot, many(town.write, fresh(count)))
                door = await spent(bot, many(lambda _: town.check("event"), range(count)))
                return {"whole": whole / count, "door": door / count}

    return asyncio.run(work())


def clicks(url: str, folder: str, count: int) -> Result:
    """The same for a click. The words are held back, and the first card to be drawn again holds up all others."""

    async def work() -> Result:
        async with BusyTown() as town:
            with _at_work(town, url, folder, count):
                shown = await many(town.write, range(WARM + count))
                await asyncio.gather(*(life.card for life in shown))
                await asyncio.sleep(REST)
            town.answering.clear()
            with _at_work(town, url, folder, 0, **{f"{_DESK}HOLD_SECONDS": "3600", "COUNTERSIGN_SLOTS": "1"}) as bot:
                await many(town.approve, shown[:WARM])
                whole = await spent(bot, many(town.approve, shown[WARM:]))
                door = await spent(bot, many(lambda _: town.check("interactive"), range(count)))
                return {"whole": whole / count, "door": door / count}

    return asyncio.run(work())


def steady(url: str, folder: str, count: int, rate: float) -> Result:
    """Messages at a steady rate, each drafted and shown; how long their acknowledgements took (milliseconds)."""

    async def work() -> Result:
        async with BusyTown() as town:
            with _at_work(town, url, folder, count) as bot:
                await many(town.live, range(WARM))
                meter = Meter(pid=bot.process.pid)
                told = []
                begin = time.perf_counter()
                for nth, number in enumerate(fresh(count)):
                    await asyncio.sleep(max(begin + nth / rate - time.perf_counter(), 0))
                    told.append(asyncio.create_task(town.write(number)))
                written = await asyncio.gather(*told)
                busy = meter.read()[0] / (time.perf_counter() - begin) / 10
                await asyncio.gather(*(life.card for life in written))
                return waits(written) | {"busy": busy}

    return asyncio.run(work())


def peer(folder: str, name: str, count: int, tuned: bool) -> Result:
    """The lifecycle of a bot assembled from bolt, LangGraph and ChatOpenAI, likewise."""

    async def work() -> Result:
        async with BusyTown() as town:
            with scripted(count) as address:
                environment = _slack(town, address) | {
                    "REVIEWS": town.town.review.id,
                    "DATABASE": str(Path(folder) / name),
                    "TUNED": str(int(tuned)),
                }
                with started([sys.executable, "-m", "tests.bench.slack_peer"], environment, ROOT, "/readyz") as bot:
                    town.door = f"{bot.address}/slack/events"
                    await many(town.live, range(WARM))
                    meter = Meter(pid=bot.process.pid)
                    ended = await many(town.live, fresh(count))
                    wall = meter.read()[2]
                    await asyncio.sleep(REST)
                    own = meter.read()[0]
                    return {"own": own / count, "wall": wall / count, "rss": rss(bot.process.pid)} | waits(ended)

    return asyncio.run(work())


def run(databases: Databases, size: Size) -> tuple[list[Figure], Result]:
    """Both databases, and the peers beside our own in turn."""
    figures: list[Figure] = []
    raw: Result = {}
    for kind in KINDS:
        found, raw[kind] = _ours(databases, kind, size)
        figures += found
    found, raw["peers"] = _peers(databases, size)
    return figures + found, raw


def _ours(databases: Databases, kind: str, size: Size) -> tuple[list[Figure], Result]:
    name, server, folder = NAMES[kind], databases.server(kind), str(databases.folder)
    fresh = databases.fresh
    busy = [ask(lives, url=fresh(kind), server=server, folder=folder, count=size.count) for _ in range(size.times)]
    echoed = ask(lives, url=fresh(kind), server=server, folder=folder, count=size.count, echo=True)
    event = [ask(events, url=fresh(kind), folder=folder, count=size.doors) for _ in range(size.times)]
    click = [ask(clicks, url=fresh(kind), folder=folder, count=size.doors) for _ in range(size.times)]
    told = ask(steady, url=fresh(kind), folder=folder, count=size.told, rate=RATE)
    own = middle(busy, "own")
    figures = [
        Figure(PART, f"{name}: our CPU, 32 at once", own, "ms", LIMITS[kind]),
        Figure(PART, f"{name}: lifecycles on one core", 1000 / own, "/s"),
        Figure(PART, f"{name}: our CPU, told of our own posts as well", echoed["own"], "ms"),
    ]
    if server:
        figures.append(Figure(PART, f"{name}: the server's CPU", middle(busy, "server"), "ms"))
    figures += [
        Figure(PART, f"{name}: a message until acknowledged, CPU", middle(event, "whole"), "ms", EVENT),
        Figure(PART, f"{name}: of it HTTP, proof and parsing", middle(event, "door"), "ms"),
        Figure(PART, f"{name}: a click until acknowledged, CPU", middle(click, "whole"), "ms", CLICK),
        Figure(PART, f"{name}: of it HTTP, proof and parsing", middle(click, "door"), "ms"),
        Figure(PART, f"{name}: acknowledged at {RATE:g} messages/s, p99", told["event p99"], "ms", ACKNOWLEDGED),
        Figure(PART, f"{name}: written to card posted at {RATE:g} messages/s, p99", told["card p99"], "ms"),
        *(Figure(PART, f"{name}: written to card posted, {p}", middle(busy, f"card {p}"), "ms") for p in SHARES),
        *(Figure(PART, f"{name}: click to reply posted, {p}", middle(busy, f"reply {p}"), "ms") for p in SHARES),
        Figure(PART, f"{name}: memory", middle(busy, "rss"), "MB"),
    ]
    return figures, {"busy": busy, "echoed": echoed, "event": event, "click": click, "told": told}


def _peers(databases: Databases, size: Size) -> tuple[list[Figure], Result]:
    folder = str(databases.folder)
    ours: list[Result] = []
    theirs: dict[str, list[Result]] = {"as the manuals have it": [], "tuned": []}
    for turn in range(size.times):
        ours.append(ask(lives, url=databases.fresh("sqlite"), server=None, folder=folder, count=size.count))
        for name, results in theirs.items():
            named = {"name": f"peer-{turn}-{name.split()[-1]}.db", "tuned": name == "tuned"}
            results.append(ask(peer, folder=folder, count=size.peers, **named))
    figures = [Figure(PART, "SQLite: ours, beside LangGraph", middle(ours, "own"), "ms")]
    for name, results in theirs.items():
        ratios = [one["own"] / other["own"] for one, other in zip(ours, results, strict=True)]
        figures += [
            Figure(PART, f"LangGraph, bolt, ChatOpenAI, {name}", middle(results, "own"), "ms"),
            Figure(
                PART, f"ours against it, {name}", median(ratios), "times", 1 / TIMES_LESS if name == "tuned" else None
            ),
        ]
    return figures, {"ours": ours, "theirs": theirs}


class Waited(Protocol):
    """Something that took its time; each wait in milliseconds."""

    waits: dict[str, float]


SHARES = {"p50": 0.5, "p99": 0.99}


def waits(ended: Iterable[Waited]) -> dict[str, float]:
    """The usual and the longest waits of these lives (milliseconds)."""
    ended = list(ended)
    found: dict[str, float] = {}
    for wait in ("event", "card", "click", "reply"):
        told = [life.waits[wait] for life in ended if wait in life.waits]
        found |= {f"{wait} {p}": percentile(told, share) for p, share in SHARES.items() if told}
    return found


def fresh(count: int) -> range:
    """Numbers that were not used to warm up."""
    return range(1_000_000, 1_000_000 + count)


async def many(do: Callable[[T], Awaitable[R]], what: Iterable[T]) -> list[R]:
    """Do it for each, 32 at once."""
    left = iter(what)

    async def somebody() -> list[R]:
        return [await do(one) for one in left]

    done = await asyncio.gather(*(somebody() for _ in range(_AT_ONCE)))
    return [one for each in done for one in each]


async def spent(bot: Program, work: Awaitable[object]) -> float:
    """The bot's CPU while this is done (milliseconds)."""
    meter = Meter(pid=bot.process.pid)
    await work
    return meter.read()[0]


@contextmanager
def _at_work(town: BusyTown, url: str, folder: str, answers: int, **more: str) -> Iterator[Program]:
    """The program on a database, beside a town and a model that has so many answers ready."""
    with scripted(answers) as address:
        environment = _slack(town, address) | _settings(town) | more
        with running(url, Path(folder), "/readyz", **environment) as bot:
            town.door = f"{bot.address}/slack/events"
            yield bot


@contextmanager
def scripted(answers: int) -> Iterator[str]:
    """The address of a model."""
    with model() as running_model:
        running_model.script(*[{"do": "good", **MODEL.say().model_dump(mode="json")}] * (answers + 2 * WARM))
        yield running_model.url


def _slack(town: BusyTown, address: str) -> dict[str, str]:
    """What connects a bot to the town and to the model."""
    return {
        "SLACK_BOT_TOKEN": town.app.bot_token,
        "SLACK_SIGNING_SECRET": town.app.signing_secret,
        "SLACK_API_URL": town.api_url,
        "OPENAI_BASE_URL": address,
    }


def _settings(town: BusyTown) -> dict[str, str]:
    """The desk moves to Slack, where nobody has to wait for the next second."""
    return {
        "COUNTERSIGN_SLACK__PACE_SECONDS": "0",
        f"{_DESK}LISTENS": json.dumps([f"slack:{town.town.support.id}"]),
        f"{_DESK}REVIEWS": f"slack:{town.town.review.id}",
        f"{_DESK}PEOPLE": json.dumps({f"slack:{town.town.ana.id}": "agent"}),
        f"{_DESK}SETTLE_SECONDS": "0",
    }


async def verified(url: str, count: int) -> None:
    """Every reply is sent, every card shows it, and the audit tells the same."""
    engine = make_engine(url)
    ended = sa.select(sa.func.count()).where(
        reviews.c.state == State.SENT.value, reviews.c.card_version == reviews.c.version
    )
    sent = await engine.read(lambda conn: conn.execute(ended).scalar())
    await engine.read(verify.verify)
    await asyncio.to_thread(engine.close)
    if sent != count:
        raise AssertionError(f"{sent} of {count} reached their end")


def middle(results: list[Result], key: str) -> float:
    """The median of one figure over the runs."""
    return median([result[key] for result in results])
