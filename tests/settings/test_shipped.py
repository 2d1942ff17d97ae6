"""The settings that are shipped work, and the file that explains them explains all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot.settings import Settings, load
from tests.settings import tables
from tests.settings.conftest import Desk


@pytest.fixture
def shipped(root: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file as it is shipped, in the folder it is shipped in."""
    monkeypatch.chdir(root)
    return (root / "config" / "countersign.yaml").read_text("utf-8")


def test_the_file_is_valid(shipped: str, tmp_path: Path) -> None:
    """And what is not about the invented shop is what a file without it would mean."""
    found = load(tmp_path / "none")
    plain = Settings(_env_file=None, desks={"a": {"name": "A", "listens": ["web:a"], "reviews": "web:b"}})
    assert found.model_dump(exclude={"desks"}) == plain.model_dump(exclude={"desks"})


def test_every_key_is_in_the_file(shipped: str) -> None:
    """Live or commented out, each below a comment that explains it or its group, so that nobody has to read the code."""
    told: set[str] = set()
    _collect(yaml.safe_load(taken_in(shipped)), "", told)
    told = {re.sub(r"(^(?:desks|lookups|mcp)|\.tools)\.[^.]+", r"\1.<id>", key) for key in told}
    told = {re.sub(r"^(model\.prices)\..+\.", r"\1.<id>.", key) for key in told}
    wanted = {key.strip("`") for key, *_ in tables.settings_keys()}
    assert {key for key in wanted if key not in told} == set()


def taken_in(shipped: str) -> str:
    """The file with every suggestion in force: a comment that is one key, or stands behind its # as deep as in the file."""
    written = re.sub(r"^( *)# (\w+: \S*)$", r"\1\2", shipped, flags=re.MULTILINE)
    return re.sub(r"^#((?:  )*\w)", r"\1", written, flags=re.MULTILINE)


def _collect(values: object, path: str, told: set[str]) -> None:
    if isinstance(values, dict):
        for key, value in values.items():
            told.add(path + str(key))
            _collect(value, f"{path}{key}.", told)


def test_every_key_has_a_comment(shipped: str) -> None:
    """A comment stands above each key or above the keys it stands in a row with."""
    lines = shipped.splitlines()
    for number, line in enumerate(lines):
        if re.fullmatch(r" *(# )?\w+:.*", line):
            above = lines[number - 1].strip()
            assert above, f"line {number + 1}: {line}"


def test_every_commented_key_may_be_taken_in(shipped: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the comments suggest is itself valid."""
    monkeypatch.chdir(desk.file.parents[1])
    monkeypatch.setenv("SHOP_TOKEN", "invented")
    monkeypatch.setenv("PLAN_TOKEN", "invented")
    desk.write(taken_in(shipped))
    found = desk.load()
    assert (found.lookups["order"].path["Status"], list(found.mcp)) == ("status", ["shop", "plans"])
    assert (found.patience.draft_lease, found.model.temperature, str(found.seal_key)) == (120, 0.2, "data/seal.key")


def test_the_example_environment_is_valid(root: Path, desk: Desk) -> None:
    """Somebody who takes away every `# ` and fills in nothing gets the defaults, and those it shows are the true ones."""
    text = (root / ".env.example").read_text("utf-8")
    before = desk.load().model_dump()
    desk.dotenv.write_text(re.sub(r"^# ([A-Z_]+=)", r"\1", text, flags=re.MULTILINE), "utf-8")
    assert desk.load().model_dump() == before
