"""`countersign doctor` looks at each look-up, and asks about nobody."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.phrases import say
from tests.cli.house import ROOT, House
from tests.doubles.shop import KEY, Shop

ORDER = {"title": "Order", "headers": {"Authorization": "Bearer ${SHOP_TOKEN}"}, "path": "status"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A folder with settings, and the shop's key in the environment."""
    return House(tmp_path / "house", {"SHOP_TOKEN": KEY})


def tool(title: str, **arguments: str) -> dict[str, Any]:
    return {"title": title, "arguments": arguments, "find": {"order": r"\d{5}"}}


def lines(answer: str) -> list[str]:
    return [line for line in answer.splitlines() if f" {say('doctor.lookup')}: " in line]


async def test_each_look_up_has_a_line(house: House) -> None:
    """Whether it could be asked, and if not why; no key is shown, nothing is asked for and no tool is called."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/{{email}}"
        async with Shop() as shop:
            house.configure(
                {
                    "lookups.order": ORDER | {"url": f"{shop.host}/api/orders/{{email}}"},
                    "lookups.other": ORDER | {"url": nobody},
                    "mcp.shop": {
                        "command": [sys.executable, "-m", "tests.doubles.mcp_shop"],
                        "environment": {"PYTHONPATH": str(ROOT), "SEEN": str(house.folder / "seen")},
                        "tools": {
                            "get_order": tool("Order", order_id="{order}"),
                            "cancel_order": tool("Cancel", order_id="{order}"),
                        },
                    },
                }
            )
            answer = await asyncio.to_thread(house.command, "doctor")
            assert shop.asked == []
    assert answer.returncode == 1
    assert answer.stderr == ""
    assert [line.split(": ", 1)[1] for line in lines(answer.stdout)] == [
        say("doctor.lookup_fine", name="order"),
        say("doctor.lookup_bad", name="other", why=say("lookup.unreachable")),
        say("doctor.lookup_bad", name="shop.cancel_order", why=say("lookup.may_write")),
        say("doctor.lookup_fine", name="shop.get_order"),
    ]
    assert answer.stdout.count(say("doctor.lookup_mend")) == 2
    assert not (house.folder / "seen").exists()
    assert KEY not in answer.stdout


def test_a_key_that_is_not_set(house: House) -> None:
    """The line of the settings fails, with the place and the variable."""
    house.configure({"lookups.order": ORDER | {"url": "http://127.0.0.1:9/{email}"}})
    answer = house.command("doctor", SHOP_TOKEN="")
    assert answer.returncode == 1
    assert "lookups.order.headers.Authorization needs SHOP_TOKEN, which is not set" in answer.stdout
    assert lines(answer.stdout) == []
