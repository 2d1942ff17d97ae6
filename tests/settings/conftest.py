"""A folder with settings in it, read as the program reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.settings import Settings, load
from bot.written import BadSettings

GOOD = """\
desks:
  north:
    name: North
    listens: ["web:support"]
    reviews: "web:review"
"""


class Desk:
    """Where somebody writes settings and starts the program."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "config" / "countersign.yaml"
        self.file.parent.mkdir()
        self.dotenv = folder / ".env"
        self.write(GOOD)

    def write(self, text: str | bytes) -> None:
        """Write the file anew."""
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def load(self) -> Settings:
        """The settings in force."""
        return load()

    def refused(self) -> list[str]:
        """What is wrong with them; each is one sentence on one line."""
        with pytest.raises(BadSettings) as refused:
            load()
        assert str(refused.value) == "\n".join(refused.value.problems)
        for problem in refused.value.problems:
            assert problem.endswith(".")
            assert "\n" not in problem
            assert ". " not in problem, "one sentence"
        return refused.value.problems


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder with the least that has to be set, and an environment in which nothing is."""
    for name in [name for name in os.environ if name.upper().startswith("COUNTERSIGN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)
