"""What every house stands on: the settings as they are shipped, an environment of its own, and free ports."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import yaml

from bot.store import verify
from tests.channels.slack.process import Bot
from tests.stage.databases import connected

ROOT = Path(__file__).parents[2]
QUESTION = "Hello, where is my parcel? It should have come a week ago."
# Short enough for a test to wait for, long enough for a busy machine and for Slack's shortest Retry-After (seconds).
_PATIENCE = {"send_lease": 4.0, "send": 1.3, "card_lease": 4.0, "draft_lease": 4.0, "again": 0.2}
# For stories in which a lease has to end.
SHORT = {"send_lease": 1.6, "send": 0.5, "card_lease": 1.6}


def addresses(count: int = 1) -> list[str]:
    """Where so many programs can listen."""
    return [f"http://127.0.0.1:{_free()}" for _ in range(count)]


def sqlite(folder: Path) -> sa.URL:
    """A database that is not there yet."""
    return sa.URL.create("sqlite", database=str(folder / "countersign.db"))


def furnish(folder: Path, patience: dict[str, float], desk: dict[str, Any], **sections: dict[str, Any]) -> None:
    """Write the settings as they are shipped, with this desk, and with these sections changed."""
    values: dict[str, Any] = yaml.safe_load((ROOT / "config" / "countersign.yaml").read_text("utf-8"))
    values["desks"]["nordlys"] |= {"settle_seconds": 0} | desk
    values |= {name: str(ROOT / values[name]) for name in ("prompts", "knowledge", "samples")}
    for name, section in {"patience": _PATIENCE | patience, **sections}.items():
        values[name] |= section
    (folder / "countersign.yaml").write_text(yaml.safe_dump(values), "utf-8")


def replicas(folder: Path, addresses: list[str], database: sa.URL, environment: dict[str, str]) -> list[Bot]:
    """A program for each address, all with the same settings. What a shell would hand to them is nothing of the
    developer's own."""
    given = {
        "PATH": os.environ["PATH"],
        "COUNTERSIGN_CONFIG": str(folder / "countersign.yaml"),
        "COUNTERSIGN_LOG_LEVEL": "debug",
        "COUNTERSIGN_SEAL_KEY": str(folder / "seal.key"),
        "DATABASE_URL": database.render_as_string(hide_password=False),
    }
    bots = []
    for number, address in enumerate(addresses):
        (folder / str(number)).mkdir()
        bots.append(Bot(folder / str(number), given | environment | {"PORT": str(urlsplit(address).port)}))
    return bots


def verified(database: sa.URL) -> int:
    """`audit verify`; the number of reviews. Raises `Broken`."""
    with connected(database) as engine, engine.connect() as conn:
        return verify.verify(conn).reviews


def _free() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
