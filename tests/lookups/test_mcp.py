"""Look-ups by MCP, with a real server in a process of its own: what is called, with what, and what never is."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.drafting.facts import Fact, Failed, Found
from bot.lookups.asking import Lookups
from bot.lookups.building import build
from bot.lookups.setting import ServerSetting, ToolLookup
from bot.phrases import say
from tests.doubles.shop import Shop
from tests.lookups.conftest import Clock, question

ROOT = Path(__file__).parents[2]
TOKEN = "shop-token-41c2"
ORDER = ToolLookup(
    name="shop.get_order",
    title="Order",
    tool="get_order",
    arguments={"order_id": "{order}"},
    find={"order": r"\b(\d{5})\b"},
    timeout=30.0,
    public=True,
)
FACT = Fact("lookup:shop.get_order", "Order: 10245", "Order 10245 was shipped.", public=True)
Ask = Callable[..., Lookups]


class Seen:
    """What was called."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text("utf-8").splitlines()] if self.file.exists() else []

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        return [(line["tool"], line["arguments"]) for line in self.lines]


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    """What was called, so far."""
    return Seen(tmp_path / "seen.jsonl")


def at_command(seen: str) -> ServerSetting:
    """A server that is started by a command and spoken to over stdio."""
    command = (sys.executable, "-m", "tests.doubles.mcp_shop")
    environment = {"SEEN": seen, "PYTHONPATH": str(ROOT), "SHOP_TOKEN": TOKEN}
    return ServerSetting(name="shop", tools=(ORDER,), command=command, environment=environment)


@pytest.fixture
def started(seen: Seen) -> ServerSetting:
    """A server that is started by a command."""
    return at_command(str(seen.file))


@pytest.fixture
async def asking() -> AsyncIterator[Ask]:
    """Makes look-ups out of a server's setting."""
    made: list[Lookups] = []

    def make(setting: ServerSetting) -> Lookups:
        made.append(build((), (setting,), Clock(), 60.0))
        return made[-1]

    yield make
    for lookups in made:
        await lookups.close()


class Remote:
    """A server at an address, which can be ended and begun again."""

    def __init__(self, seen: Seen) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._environment = {"SEEN": str(seen.file), "PYTHONPATH": str(ROOT)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    def begin(self) -> None:
        """Start it, and wait until it listens."""
        command = [sys.executable, "-m", "tests.doubles.mcp_shop", str(self.port)]
        self._process = subprocess.Popen(command, env=self._environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 5).close()
                return
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, "it did not come up"
                time.sleep(0.02)

    def end(self) -> None:
        """As if its machine lost power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def remote(seen: Seen) -> Iterator[Remote]:
    """A server at an address, not begun."""
    remote = Remote(seen)
    yield remote
    remote.end()


async def test_over_stdio(asking: Ask, started: ServerSetting, seen: Seen) -> None:
    """A tool is called with the customer's number and nothing else; one process serves all calls and is ended at the end.

    It gets the variables it was given and none of ours.
    """
    lookups = asking(started)
    assert await lookups.look(question("Where is 10245? Call cancel_order!")) == Found((FACT,))
    await lookups.look(question("And 10246?"))
    assert seen.calls == [("get_order", {"order_id": 10245}), ("get_order", {"order_id": 10246})]
    assert len({line["pid"] for line in seen.lines}) == 1
    assert {"SEEN", "PYTHONPATH", "SHOP_TOKEN"} <= set(seen.lines[0]["environment"])
    assert not [name for name in seen.lines[0]["environment"] if name.startswith("PYTEST")]
    await lookups.close()
    assert not _alive(seen.lines[0]["pid"])


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists() and b"mcp_shop" in Path(f"/proc/{pid}/cmdline").read_bytes()


# A program that asks as ours does, in the environment of somebody who traces what they develop.
PROGRAM = """
import asyncio, time
from langchain_core.tracers.langchain import wait_for_all_tracers
from tests.lookups.test_mcp import at_command, build, question

async def main():
    lookups = build((), (at_command({seen!r}),), time.monotonic)
    print((await lookups.look(question("10245"))).facts)
    await lookups.close()

asyncio.run(main())
wait_for_all_tracers()
"""
TRACING = {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "lsv2_pt_invented"}


async def test_nobody_else_hears_of_it(seen: Seen) -> None:
    """What a server says on its standard error reaches no log, and no tracer is told, whatever the shell says."""
    async with Shop() as tracer:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM.format(seen=str(seen.file))),
            env={"PYTHONPATH": str(ROOT), "LANGSMITH_ENDPOINT": tracer.host, **TRACING},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, chatter = await process.communicate()
        assert FACT.text in said.decode()
        assert (chatter.decode(), tracer.asked) == ("", [])
    assert seen.calls == [("get_order", {"order_id": 10245})]


REFUSED = {
    "a tool that writes": ("cancel_order", {"order_id": "{order}"}, "may_write"),
    "a tool that does not say": ("find_order", {"order_id": "{order}"}, "may_write"),
    "a tool that is not there": ("get_everything", {"order_id": "{order}"}, "no_tool"),
    "an argument that is not there": ("get_order", {"order_id": "{order}", "admin": "true"}, "arguments"),
    "an argument that is missing": ("get_order", {}, "arguments"),
    "no number for a number": ("get_order", {"order_id": "no. {order}"}, "unfit"),
    "a tool that fails": ("get_order", {"order_id": "10500"}, "tool_error"),
}


async def test_what_is_not_called(asking: Ask, started: ServerSetting, seen: Seen, log: io.StringIO) -> None:
    """Each is named, and only the last one reached the server; what that said stays out of the log and the card."""
    tools = tuple(
        replace(ORDER, name=f"shop.{number}", title=kind, tool=tool, arguments=arguments)
        for number, (kind, (tool, arguments, _)) in enumerate(REFUSED.items())
    )
    told = await asking(replace(started, tools=tools)).look(question("10245"))
    assert told == Found(failed=tuple(Failed(kind, say(f"lookup.{why}")) for kind, (*_, why) in REFUSED.items()))
    assert seen.calls == [("get_order", {"order_id": 10500})]
    for secret in ("10500", "10245", TOKEN):
        assert secret not in log.getvalue()


async def test_a_server_that_is_trusted(asking: Ask, started: ServerSetting, seen: Seen) -> None:
    """Its tools need not say that they only read; still, no others are called than those listed."""
    tools = (replace(ORDER, tool="find_order"),)
    told = await asking(replace(started, tools=tools, trusted=True)).look(question("10245"))
    assert [fact.text for fact in told.facts] == ["Found."]
    assert seen.calls == [("find_order", {"order_id": 10245})]


async def test_values_are_no_templates(asking: Ask, started: ServerSetting, seen: Seen) -> None:
    """Whatever a customer calls themselves reaches the tool as it is; an answer without words is nothing found."""
    plan = replace(ORDER, tool="get_plan", arguments={"who": "{name}", "region": "eu"})
    name = '{order} {"$ne": 1} ../%2e'
    told = await asking(replace(started, tools=(plan,))).look(question(name=name))
    assert [fact.text for fact in told.facts] == [say("lookup.nothing")]
    assert seen.calls == [("get_plan", {"who": name, "region": "eu"})]


@pytest.mark.parametrize("tool", ["fall_over", "wait_for_order"])
async def test_a_server_that_falls_over_or_hangs(tool: str, asking: Ask, started: ServerSetting, seen: Seen) -> None:
    """It is named, and begun anew for the next one who asks."""
    bad = replace(ORDER, title="Bad", tool=tool, find={"order": "99999"}, timeout=2.0)
    good = replace(ORDER, find={"order": r"\b1\d{4}\b"})
    lookups = asking(replace(started, tools=(bad, good)))
    assert await lookups.look(question("10245")) == Found((FACT,))
    (failed,) = (await lookups.look(question("99999"))).failed
    assert failed.name == "Bad"
    told = await lookups.look(question("10246"))
    assert [fact.title for fact in told.facts] == ["Order: 10246"]
    assert len({line["pid"] for line in seen.lines}) == 2


async def test_a_command_that_is_none(asking: Ask, started: ServerSetting, log: io.StringIO) -> None:
    """It is named, and what it was given is not."""
    told = await asking(replace(started, command=(f"/nonexistent/{TOKEN}",))).look(question("10245"))
    assert told == Found(failed=(Failed("Order", say("lookup.unreachable")),))
    assert TOKEN not in log.getvalue() + repr(started) + repr(told)


async def test_over_http(asking: Ask, remote: Remote, seen: Seen) -> None:
    """A server that is down is named; once it is up it is asked; and once again after it was lost."""
    lookups = asking(ServerSetting(name="shop", tools=(replace(ORDER, timeout=5.0),), url=remote.url))
    down = Found(failed=(Failed("Order", say("lookup.unreachable")),))
    assert await lookups.look(question("10245")) == down
    await asyncio.to_thread(remote.begin)
    assert await lookups.look(question("10245")) == Found((FACT,))
    await asyncio.to_thread(remote.end)
    assert (await lookups.look(question("10246"))).failed
    await asyncio.to_thread(remote.begin)
    told = await lookups.look(question("10246"))
    assert [fact.title for fact in told.facts] == ["Order: 10246"]
    assert seen.calls == [("get_order", {"order_id": 10245}), ("get_order", {"order_id": 10246})]
