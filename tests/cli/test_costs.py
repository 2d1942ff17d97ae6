"""`countersign costs`: what drafts cost, in lines that a person or a pipe reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.review.model import Usage
from bot.store import costs
from tests.cli.house import House
from tests.stage.databases import connected


@pytest.fixture
def house(database: sa.URL, tmp_path: Path) -> House:
    """A house on a database of either kind."""
    return House(tmp_path / "house", {"DATABASE_URL": database.render_as_string(hide_password=False)})


def test_what_drafts_cost_is_told_by_month_desk_and_model(house: House, database: sa.URL) -> None:
    """The oldest month first; nothing is told as nothing."""
    nothing = house.command("costs")
    assert (nothing.returncode, nothing.stdout) == (0, "No model has drafted anything yet.\n")
    with connected(database) as engine, engine.begin() as conn:
        for price in (0.25, 0.5):
            costs.add(conn, "support", "2026-11", Usage("gpt", 1000, 100, price, 2.0))
        costs.add(conn, "support", "2026-10", Usage("other", 10, 1, 0.001, 1.0))
    told = house.command("costs")
    assert told.stdout.splitlines() == [
        "2026-10  support  other: 1 drafts, 10 tokens sent and 1 received, 0.00, 1.0 s on average",
        "2026-11  support  gpt: 2 drafts, 2000 tokens sent and 200 received, 0.75, 2.0 s on average",
    ]
    assert (told.returncode, told.stderr) == (0, "")
