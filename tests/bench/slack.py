"""The lifecycle through Slack: signed requests in, a model over HTTP, Slack's Web API out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.bench.meter import Meter, rss
from tests.bench.program import running
from tests.bench.shop import MODEL
from tests.bench.slack_town import BusyTown, Life
from tests.bench.worker import Result
from tests.cli.model import Model, model

PART = "slack"


def settings(town: BusyTown, address: str) -> dict[str, str]:
    """The environment that connects the program to a town and to a model."""
    desk = "COUNTERSIGN_DESKS__NORDLYS__"
    return {
        "SLACK_BOT_TOKEN": town.app.bot_token,
        "SLACK_SIGNING_SECRET": town.app.signing_secret,
        "SLACK_API_URL": town.api_url,
        "OPENAI_BASE_URL": address,
        "COUNTERSIGN_SLACK__PACE_SECONDS": "0",
        f"{desk}LISTENS": json.dumps([f"slack:{town.town.support.id}"]),
        f"{desk}REVIEWS": f"slack:{town.town.review.id}",
        f"{desk}PEOPLE": json.dumps({f"slack:{town.town.ana.id}": "agent"}),
        f"{desk}SETTLE_SECONDS": "0",
    }

def measure(url: str, server: int | None, folder: str, count: int, at_once: int, echo: bool = False) -> Result:
    async def work() -> Result:
        async with BusyTown(echo=echo) as town:
            with model() as served:
                answer = MODEL.say().model_dump(mode="json")
                served.script(*[{"do": "good", **answer}] * (count + 200))
                with running(url, Path(folder), "/readyz", **settings(town, served.url)) as program:
                    town.door = f"{program.address}/slack/events"
                    await town.many(range(3 * at_once), at_once)
                    asked = town.asked.copy()
                    meter = Meter(server, program.process.pid)
                    lives = await town.many(range(1_000_000, 1_000_000 + count), at_once)
                    wall = meter.read()[2]
                    await asyncio.sleep(0.3)
                    own, theirs, _ = meter.read()
                    return {"own": own / count, "server": theirs / count, "wall": wall / count, "rss": rss(program.process.pid),
                      "asked": {k: (v - asked[k])/count for k, v in town.asked.items()}}
    return asyncio.run(work())
