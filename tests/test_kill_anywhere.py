"""The process is really killed, at every write and every call to the outside, in every kind of trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.killing.executioner import Executioner, Nursery, everywhere
from tests.killing.troubles import Trouble
from tests.stage.databases import Postgres, Sqlite

# How many lives go on at once; most of the time they wait for a lease to end.
_LANES = 3
Lanes = list[Executioner]


@pytest.fixture(scope="module")
def nurseries(root: Path) -> Iterator[list[Nursery]]:
    """Processes that fork lives."""
    nurseries = [Nursery(root) for _ in range(_LANES)]
    yield nurseries
    for nursery in nurseries:
        nursery.close()


@pytest.fixture
def lanes(
    request: pytest.FixtureRequest, nurseries: list[Nursery], tmp_path: Path
) -> Iterator[Callable[[str], Lanes]]:
    """As many empty databases of a kind as there are lanes, each with its executioner."""
    dropping: list[Callable[[], None]] = []

    def of(kind: str) -> Lanes:
        made = []
        for number, nursery in enumerate(nurseries):
            folder = tmp_path / str(number)
            folder.mkdir()
            if kind == "sqlite":
                sqlites: Sqlite = request.getfixturevalue("sqlites")
                url = sqlites.fresh(folder / "countersign.db")
            else:
                postgreses: Postgres = request.getfixturevalue("postgreses")
                url = postgreses.fresh()
                dropping.append(lambda url=url: postgreses.drop(url))  # type: ignore[misc]
            made.append(Executioner(nursery, url, folder))
        return made

    yield of
    for drop in dropping:
        drop()


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_reply_or_an_honest_doubt(kind: str, trouble: Trouble, lanes: Callable[[str], Lanes]) -> None:
    """x"""
    result = everywhere(lanes(kind), "approve", trouble)
    print(len(result.killed), result.missed)
    assert result.faults == []
