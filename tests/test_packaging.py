"""What is installed, where, and by whom: the recipes agree, and the locks say exactly what they should."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

LOCKS = ["requirements.lock", "requirements-dev.lock"]

# design.md fixes these names, so that anything can be pointed at the bot.
FIXED_NAMES = {
    *("DATABASE_URL", "PORT", "HOST", "OPENAI_API_KEY", "OPENAI_BASE_URL", "COUNTERSIGN_CONFIG"),
    *("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SLACK_API_URL"),
    *("TEAMS_APP_ID", "TEAMS_APP_PASSWORD", "TEAMS_TENANT_ID", "TEAMS_ALLOW_UNSIGNED"),
    "OTEL_EXPORTER_OTLP_ENDPOINT",
}


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


def recipes(makefile: str) -> dict[str, str]:
    """The pip command of each stamp that the image needs, as the Makefile would run it without uv."""
    command = re.search(r"\$\(BIN\)/(python -m pip install .*) \$\(1\);", makefile)
    assert command, "the Makefile installs with pip when uv is missing"
    calls = re.findall(r"^\$\(VENV\)/\.(\w+):.*\n(?:\t@echo.*\n)?\t\$\(call install,(.*)\)$", makefile, re.MULTILINE)
    return {stamp: f"{command[1]} {arguments}" for stamp, arguments in calls}


def test_the_image_is_installed_as_the_makefile_installs(root: Path) -> None:
    """No engine is here to build the image, so its steps must be the ones that run in every `make run`."""
    dockerfile = (root / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    steps = re.findall(r"\.venv/bin/(python -m pip install .*?)\s*(?:&&|$)", dockerfile, re.MULTILINE)
    makefile = recipes((root / "Makefile").read_text("utf-8"))
    assert sorted(makefile) == ["dev", "project", "runtime"]
    assert steps == [makefile["runtime"], makefile["project"]]


def test_the_image_has_a_python_the_project_takes(root: Path, project: dict[str, Any]) -> None:
    """Both stages use the same Python, because the virtual environment is copied from one to the other."""
    versions = re.findall(r"^FROM python:(\S+)-slim", (root / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert len(versions) == 2
    assert len(set(versions)) == 1
    assert versions[0] in SpecifierSet(project["project"]["requires-python"])


def test_the_image_runs_unprivileged_and_keeps_its_data(root: Path) -> None:
    """The program is nobody special, its database outlives it, and its health is asked for."""
    dockerfile = (root / "Dockerfile").read_text("utf-8")
    for line in ("USER countersign", "VOLUME /data", "DATABASE_URL=sqlite:////data/", "HEALTHCHECK", "/healthz"):
        assert line in dockerfile
    copied = {
        name for names in re.findall(r"^COPY (?!--)(.*) \S+$", dockerfile, re.MULTILINE) for name in names.split()
    }
    ignored = (root / ".dockerignore").read_text("utf-8").splitlines()
    assert copied == {line.removeprefix("!") for line in ignored if line.startswith("!")}


def test_the_makefile_and_the_floor_agree(root: Path, project: dict[str, Any]) -> None:
    """The oldest Python that the Makefile takes is the one the project and the lock are made for."""
    makefile = (root / "Makefile").read_text("utf-8")
    floor = project["project"]["requires-python"].removeprefix(">=")
    assert f"sys.version_info >= ({floor.replace('.', ', ')})" in makefile
    assert f"--python-version {floor}" in makefile
    assert project["tool"]["mypy"]["python_version"] == floor


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_everything_by_hash_and_names_no_host(name: str, root: Path) -> None:
    """What is installed is what was tested, and where it comes from is the machine's own business."""
    text = (root / name).read_text("utf-8")
    entries = re.sub(r"\s*\\\n\s*", " ", text).strip().splitlines()
    assert len(entries) > 30
    for entry in entries:
        assert re.fullmatch(r"[a-z0-9.\-]+==\S+( ; .+?)?( --hash=sha256:[0-9a-f]{64})+", entry), entry
    assert "://" not in text
    assert "index" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_not_older_than_the_project_file(name: str, root: Path, project: dict[str, Any]) -> None:
    """Every dependency is in the lock, in a version that its bounds take; if not, `make lock` was forgotten."""
    lines = re.findall(r"^([a-z0-9.\-]+)==(\S+)", (root / name).read_text("utf-8"), re.MULTILINE)
    locked: dict[str, set[str]] = {}
    for package, version in lines:
        locked.setdefault(package, set()).add(version)
    groups = ["build"] if name == "requirements.lock" else ["dev", "bench"]
    wanted = project["project"]["dependencies"] + project["build-system"]["requires"]
    wanted += [line for group in groups for line in project["dependency-groups"][group] if isinstance(line, str)]
    for line in wanted:
        requirement = Requirement(line)
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"{line} is not in {name}: run `make lock`"
        assert all(version in requirement.specifier for version in versions), f"{line} has {versions} in {name}"


def test_both_locks_hold_the_same_versions(root: Path) -> None:
    """The tests run on exactly the packages that users get."""
    runtime, dev = (set(re.findall(r"^(\S+==\S+)", (root / name).read_text("utf-8"), re.MULTILINE)) for name in LOCKS)
    assert not runtime - dev


def test_the_example_environment_names_everything(root: Path) -> None:
    """Every fixed name is in .env.example, commented out, with a sentence above it."""
    text = (root / ".env.example").read_text("utf-8")
    assert set(re.findall(r"^# ([A-Z_]+)=", text, re.MULTILINE)) == FIXED_NAMES
    for name in FIXED_NAMES:
        assert re.search(rf"^# .+\.\n# {name}=", text, re.MULTILINE), f"{name} has no sentence above it"
    assert not [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_command_is_installed(root: Path) -> None:
    """`countersign` is a command of the virtual environment and says its version."""
    import bot

    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="countersign")
    assert callable(entry.load())
    command = [str(Path(sys.executable).parent / "countersign"), "--version"]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert bot.__version__ in answer.stdout


def test_make_alone_lists_every_command(root: Path) -> None:
    """`make` shows what can be done, so nobody has to open the Makefile."""
    answer = subprocess.run(["make", "-s"], cwd=root, capture_output=True, text=True, check=True)
    shown = set(re.findall(r"^  make (\w+)", answer.stdout, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony
    assert shown == set(phony[1].split())
