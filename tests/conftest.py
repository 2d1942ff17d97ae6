"""What holds for every test: no socket to elsewhere, and nothing from the developer's own environment."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.walls import sockets

ROOT = Path(__file__).parents[1]

sockets.close()

# A key in the developer's shell must not turn a test into a paid call.
for name in re.findall(r"^#?\s*([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE):
    os.environ.pop(name, None)
for name in [name for name in os.environ if name.startswith(("COUNTERSIGN_", "LANGSMITH_", "LANGCHAIN_"))]:
    del os.environ[name]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT
