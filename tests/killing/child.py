"""The process that dies: the real front desk, store and workers. `python -m tests.killing.child` forks one for each plan.

The parent imports everything once; each life is a process of its own, and its exit code goes back as a line.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from bot import loops
from bot.channels.card import Policy
from bot.discretion import Secrets
from bot.drafting.prompts import Template
from bot.log import configure
from bot.review.model import CLOSED, Role, State
from bot.setting import Desk, Patience
from bot.store import schema, seals
from bot.store.bell import Bell, Topic
from bot.store.engine import Connection, Engine
from bot.store.tables import conversations, reviews
from tests.killing.death import Death, MortalEngine
from tests.killing.stories import STORIES
from tests.killing.town import ANA, OFFICE, SUPPORT, Town
from tests.killing.troubles import ScriptedDrafter, Trouble
from tests.killing.world import World
from tests.killing.wrong import DESKS, RIGHT

FIRST_START = "first start"
# Imported once, before the forks.
EARLY = ("alembic.command", "psycopg", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg")
# A life that has not come to its end by then hangs (seconds). With a desk that makes a mistake it may.
_LONGEST = 30
_LONGEST_WRONG = 6
# A restarted program comes back a minute later: whatever the dead one held has lapsed by then (seconds).
_LATER = 60.0
_PATIENCE = Patience(draft_lease=5.0, send_lease=0.3, send=0.1, card_lease=5.0, again=0.01, again_most=0.02, tries=8)
_ENDS = {state.value for state in (*CLOSED, State.STUCK)}


@dataclass(frozen=True)
class Plan:
    """One life: which story, on which database, in what trouble, and where it ends."""

    database: str
    folder: str
    root: str
    story: str
    trouble: str
    desk: str = RIGHT
    dies: str = ""
    life: int = 0

    def line(self) -> str:
        """As it is handed to the process."""
        return json.dumps(asdict(self))

    @property
    def world(self) -> Path:
        """What survives it."""
        return Path(self.folder) / f"{self.root}.world"

    @property
    def points(self) -> Path:
        """The points that were passed, when it came to its end."""
        return Path(self.folder) / f"{self.root}.points"


async def live(plan: Plan) -> None:
    """Play the story until nothing is left to do."""
    death, bell = Death(plan.dies), Bell()
    engine = MortalEngine(sa.make_url(plan.database), bell, death)
    trouble = Trouble(plan.trouble)
    ids = count()
    desk = Desk(
        id="town",
        name="Town desk",
        listens=(SUPPORT,),
        reviews=OFFICE,
        people={str(ANA): Role.LEAD},
        template=Template("support_reply", 1, ""),
        tone="",
        languages=("en",),
        settle=0.0,
        hold=0.0,
        policy=Policy(leads=(str(ANA),)),
    )

    def clock() -> float:
        return time.time() + _LATER * plan.life

    front = DESKS[plan.desk](
        (desk,),
        engine,
        ScriptedDrafter(trouble, death),
        clock,
        lambda: f"{plan.root}.{plan.life}.{next(ids)}",
        _PATIENCE,
        Secrets(),
    )
    world = World(plan.world)
    town = Town(world, plan.root, front, STORIES[plan.story], trouble, death)
    front.connect(town)
    stopping = asyncio.Event()
    workers = [asyncio.create_task(loops.work(line, bell, clock, stopping)) for line in loops.lines(front, 4)]
    people = asyncio.create_task(town.run())
    with bell.listen(Topic.PAGES, Topic.CARDS) as ear:
        while not (town.played.is_set() and await _settled(engine, plan.root)):
            if people.done():
                people.result()
            if not await ear.wait(0.02):
                bell.ring(Topic)  # as another process might; the workers themselves look every two seconds only
    people.cancel()
    key = seals.load_key(Path(plan.folder) / "seal.key")

    def sealing(conn: Connection) -> None:
        seals.seal(conn, key, clock())

    await engine.write(sealing)
    stopping.set()
    bell.ring(Topic)
    await asyncio.gather(*workers)
    await asyncio.to_thread(engine.close)
    plan.points.write_text("\n".join(death.points))


async def _settled(engine: Engine, root: str) -> bool:
    """Whether no review of the thread is open except for a person's decision, and every card shows where it stands."""

    def look(conn: Connection) -> bool:
        mine = sa.select(conversations.c.id).where(conversations.c.root == root)
        rows = conn.execute(sa.select(reviews).where(reviews.c.conversation.in_(mine))).all()
        return bool(rows) and all(row.state in _ENDS and row.due is None and row.card_due is None for row in rows)

    return await engine.read(look)


def first_start(plan: Plan) -> None:
    """Bring an empty database up to date, with a point before every statement and around every commit."""
    death = Death(plan.dies)

    def statement(_: object, __: object, said: str, *___: object) -> None:
        death.passes(" ".join(said.split()[:3]))

    sa.event.listen(sa.Engine, "before_cursor_execute", statement)
    sa.event.listen(sa.Engine, "commit", lambda _: death.passes("its commit"))
    schema.bring_up_to_date(sa.make_url(plan.database))
    death.passes("the end")
    plan.points.write_text("\n".join(death.points))


def _be_born(plan: Plan) -> None:
    """Live in this process and leave it with an exit code."""
    code = 1
    try:
        signal.alarm(_LONGEST if plan.desk == RIGHT else _LONGEST_WRONG)
        with (Path(plan.folder) / "log").open("a") as log:
            os.dup2(log.fileno(), 2)
            configure("warning", sys.stderr)
            if plan.story == FIRST_START:
                first_start(plan)
            else:
                asyncio.run(live(plan))
        code = 0
    finally:
        os._exit(code)


def main() -> None:
    """Fork a life for each plan that comes in; say how it ended."""
    for name in EARLY:
        importlib.import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _be_born(Plan(**json.loads(line)))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
