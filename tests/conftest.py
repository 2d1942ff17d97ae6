"""What holds for every test: no socket to elsewhere, and nothing from the developer's own environment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from tests.stage.databases import Postgres, Sqlite, postgres
from tests.walls import sockets

ROOT = Path(__file__).parents[1]

# The same examples every time and on every machine; `--hypothesis-profile=search` looks for new ones, for long.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("search", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile("steady")

sockets.close()

# A key in the developer's shell must not turn a test into a paid call.
for name in re.findall(r"^#?\s*([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith(("COUNTERSIGN_", "LANGSMITH_", "LANGCHAIN_"))]:
    if not name.startswith("COUNTERSIGN_TEST_"):
        del os.environ[name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-point", action="store_true", help="kill the program at every point of every story")


@pytest.fixture
def every_point(request: pytest.FixtureRequest) -> bool:
    """Whether nothing is shared out between stories."""
    return bool(request.config.getoption("--every-point"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def sqlites(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    """SQLite files, migrated and empty."""
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgreses(testrun_uid: str, worker_id: str) -> Iterator[Postgres]:
    """PostgreSQL databases, migrated and empty, on a real server."""
    with postgres(testrun_uid, worker_id) as databases:
        yield databases


@pytest.fixture
def sqlite(sqlites: Sqlite, tmp_path: Path) -> sa.URL:
    """An empty SQLite database."""
    return sqlites.fresh(tmp_path / "countersign.db")


@pytest.fixture
def postgresql(postgreses: Postgres) -> Iterator[sa.URL]:
    """An empty PostgreSQL database."""
    url = postgreses.fresh()
    yield url
    postgreses.give_back(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> sa.URL:
    """An empty database of either kind: the test runs on both."""
    url: sa.URL = request.getfixturevalue(request.param)
    return url
