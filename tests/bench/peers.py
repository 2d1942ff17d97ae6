"""What one would assemble instead: a LangGraph graph that stops for a person, with its own savers and the same model.

It keeps no audit and no outbox and does not know a message told twice; a crash between sending and saving sends again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypedDict

import sqlalchemy as sa

from tests.bench import lifecycle
from tests.bench.databases import KINDS, NAMES, Databases
from tests.bench.figures import Figure
from tests.bench.meter import Meter, median
from tests.bench.shop import MODEL, question
from tests.bench.worker import Result, ask

PART = "peers"
Durability = Literal["async", "exit"]
MODES: tuple[Durability, ...] = ("async", "exit")  # LangGraph's default, and the cheapest that is durable at all


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    count: int = 300
    ours: int = 1500
    times: int = 3


class _State(TypedDict, total=False):
    message: str
    draft: dict[str, Any]
    card: str
    decision: str
    sent: str


def measure(url: str, server: int | None, count: int, at_once: int, durability: Durability) -> Result:
    """So many lifecycles through the graph, after a few that warm everything up; milliseconds per lifecycle."""
    from langgraph.types import Command

    async def work() -> Result:
        async with _saver(url) as saver:
            graph = _graph(saver)

            async def life(number: int) -> None:
                config = {"configurable": {"thread_id": f"thread-{number}"}}
                shown = await graph.ainvoke({"message": question(number)}, config, durability=durability)
                if "__interrupt__" not in shown:
                    raise AssertionError(shown)
                ended = await graph.ainvoke(Command(resume="approve"), config, durability=durability)
                if "sent" not in ended:
                    raise AssertionError(ended)

            async def some(numbers: range) -> None:
                left = iter(numbers)

                async def customer() -> None:
                    for number in left:
                        await life(number)

                await asyncio.gather(*(customer() for _ in range(at_once)))

            await some(range(2 * at_once))
            meter = Meter(server)
            await some(range(1_000_000, 1_000_000 + count))
            own, theirs, wall = (spent / count for spent in meter.read())
            return {"own": own, "server": theirs, "wall": wall}

    return asyncio.run(work())


def _graph(saver: Any) -> Any:
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import interrupt

    async def draft(state: _State) -> _State:
        return {"draft": MODEL.say().model_dump()}

    # A node of its own: the one that waits begins anew when it is resumed, and would show the card twice.
    async def show(state: _State) -> _State:
        return {"card": f"{state['message']}\n\n{state['draft']['reply']}"}

    async def review(state: _State) -> _State:
        return {"decision": interrupt(state["card"])}

    async def send(state: _State) -> _State:
        return {"sent": state["draft"]["reply"]}

    graph = StateGraph(_State)
    steps = (draft, show, review, send)
    for step in steps:
        graph.add_node(step.__name__, step)
    names = [START, *(step.__name__ for step in steps), END]
    for before, after in pairwise(names):
        graph.add_edge(before, after)
    return graph.compile(checkpointer=saver)


@asynccontextmanager
async def _saver(url: str) -> AsyncIterator[Any]:
    """The saver as its documentation sets it up."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        async with AsyncSqliteSaver.from_conn_string(address.database or "") as light:
            await light.setup()
            yield light
        return
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    settings = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(url, min_size=4, max_size=20, kwargs=settings) as pool:
        heavy = AsyncPostgresSaver(pool)  # type: ignore[arg-type]
        await heavy.setup()
        yield heavy


def run(databases: Databases, much: Size) -> tuple[list[Figure], Result]:
    """Both databases and both modes, each beside our own in turn."""
    figures: list[Figure] = []
    raw: Result = {}
    for kind in KINDS:
        server, home = databases.server(kind), databases.fresh(kind)
        ours: list[Result] = []
        theirs: dict[str, list[Result]] = {mode: [] for mode in MODES}
        for _ in range(much.times):
            ours.append(ask(lifecycle.measure, url=home, server=server, count=much.ours, at_once=32))
            for mode in MODES:
                url = databases.empty(kind)
                theirs[mode].append(ask(measure, url=url, server=server, count=much.count, at_once=32, durability=mode))
        raw[kind] = {"ours": ours, "theirs": theirs}
        figures.append(Figure(PART, f"{NAMES[kind]}: ours, all CPU", median([_all(one) for one in ours]), "ms"))
        for mode in MODES:
            name = f"{NAMES[kind]}: LangGraph" + (', durability="exit"' if mode == "exit" else "")
            ratios = [_all(peer) / _all(one) for peer, one in zip(theirs[mode], ours, strict=True)]
            figures += [
                Figure(PART, f"{name}, all CPU", median([_all(peer) for peer in theirs[mode]]), "ms"),
                Figure(PART, f"{name}, against ours", median(ratios), "times"),
            ]
    return figures, raw


def _all(result: Result) -> float:
    """The process's CPU and its server's."""
    return float(result["own"] + result["server"])
