"""The walls hold, and each of them bites: a guard that cannot fail guards nothing."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.walls import checks, hosts, sockets

# Every room of the design, empty, so that a plant is the only thing that can be wrong.
HOUSE = [
    *("bot.cli", "bot.wiring", "bot.settings", "bot.console", "bot.console.app", "bot.loops", "bot.desk", "bot.log"),
    *("bot.traces", "bot.watching"),
    *("bot.insight", "bot.insight.queries", "bot.insight.measures", "bot.phrases"),
    *(
        "bot.drafting",
        "bot.drafting.llm",
        "bot.drafting.guess",
        "bot.drafting.embeddings",
        "bot.drafting.knowledge",
        "bot.drafting.knowledge.page",
        "bot.store",
        "bot.store.engine",
    ),
    *("bot.lookups", "bot.lookups.mcp", "bot.lookups.variables", "bot.lookups.web"),
    *("bot.drafting.masking", "bot.drafting.masking.numbers"),
    *("bot.channels", "bot.channels.base", "bot.channels.card"),
    *("bot.channels.slack", "bot.channels.slack.app", "bot.channels.web"),
    *("bot.channels.teams", "bot.channels.teams.connector", "bot.channels.teams.wire"),
    *("bot.review", "bot.review.machine"),
]

# contract -> what it must find.
PLANTS = {
    "layers": [
        "bot.wiring -> bot.cli",
        "bot.console -> bot.wiring",
        "bot.console.app -> bot.settings",
        "bot.desk -> bot.settings",
        "bot.console -> bot.loops",
        "bot.channels.slack -> bot.channels.web",
        "bot.channels.teams -> bot.channels.slack",
        "bot.desk -> bot.console",
        "bot.desk -> bot.channels.slack",
        "bot.insight -> bot.desk",
        "bot.drafting -> bot.insight",
        "bot.drafting -> bot.store",
        "bot.drafting -> bot.lookups",
        "bot.lookups -> bot.settings",
        "bot.store -> bot.drafting",
        "bot.channels.card -> bot.store",
        "bot.log -> bot.channels.base",
        "bot.review.machine -> bot.log",
        "bot.review -> bot.phrases",
        "bot.review -> bot.settings",
    ],
    "channels": [
        "bot.channels.web -> bot.desk",
        "bot.channels.web -> bot.store",
        "bot.channels.slack.app -> bot.drafting",
        "bot.channels.teams -> bot.insight",
        "bot.channels.teams -> bot.console",
    ],
    "cycles": ["bot.insight -> bot.store", "bot.store -> bot.insight"],  # one of the two is named
    "database": [
        "bot.desk -> sqlalchemy",
        "bot.insight.measures -> sqlalchemy",
        "bot.wiring -> alembic",
        "bot.loops -> psycopg",
        "bot.console -> sqlite3",
        "bot.drafting.knowledge -> sqlite3",
    ],
    "model": [
        "bot.drafting -> langchain",
        "bot.drafting.knowledge -> langchain_core",
        "bot.drafting.embeddings -> langchain_openai",
        "bot.wiring -> langchain_openai",
        "bot.desk -> openai",
        "bot.loops -> tenacity",
        "bot.lookups.mcp -> openai",
        "bot.lookups.web -> langchain_core",
    ],
    "languages": ["bot.drafting -> py3langid", "bot.drafting.llm -> numpy"],
    "masking": ["bot.drafting -> phonenumbers", "bot.desk -> stdnum"],
    "lookups": [
        "bot.lookups.web -> mcp",
        "bot.wiring -> langchain_mcp_adapters",
        "bot.settings -> jmespath",
        "bot.drafting -> regex",
        "bot.store -> cachetools",
    ],
    "articles": ["bot.drafting.llm -> markdown_it", "bot.drafting.knowledge -> selectolax"],
    "web": ["bot.channels.web -> fastapi", "bot.desk -> starlette", "bot.store -> uvicorn"],
    "signin": [
        "bot.console.app -> authlib",
        "bot.wiring -> limits",
        "bot.store -> joserfc",
        "bot.desk -> httpx2",
    ],
    "slack": [
        "bot.channels.web -> slack_sdk",
        "bot.wiring -> slack_bolt",
        "bot.desk -> aiohttp",
        "bot.channels.teams -> aiohttp",
        "bot.lookups -> aiohttp",
    ],
    "teams": [
        "bot.channels.slack -> jwt",
        "bot.channels.web -> botframework",
        "bot.console -> msal",
        "bot.desk -> botbuilder",
        "bot.wiring -> msrest",
    ],
    "terminal": ["bot.wiring -> typer", "bot.console -> rich", "bot.log -> click"],
    "configuration": ["bot.wiring -> pydantic_settings", "bot.drafting -> yaml", "bot.cli -> dotenv"],
    "logging": ["bot.desk -> structlog"],
    "charts": ["bot.insight.measures -> vl_convert", "bot.console -> vl_convert"],
    "traces": ["bot.desk -> opentelemetry", "bot.console -> prometheus_client", "bot.watching -> opentelemetry"],
}


INTENDED = [
    "bot.cli -> bot.wiring",
    "bot.cli -> bot.settings",
    "bot.wiring -> bot.settings",
    "bot.wiring -> bot.console",
    "bot.wiring -> uvicorn",
    "bot.loops -> bot.desk",
    "bot.console.app -> fastapi",
    "bot.console.app -> bot.desk",
    "bot.console.app -> bot.log",
    "bot.channels.slack.app -> starlette",
    "bot.channels.slack.app -> slack_bolt",
    "bot.channels.slack.app -> slack_sdk",
    "bot.channels.slack.app -> aiohttp",
    "bot.channels.slack.app -> bot.channels.card",
    "bot.channels.slack.app -> bot.review.machine",
    "bot.channels.teams.connector -> botbuilder",
    "bot.channels.teams.connector -> bot.channels.card",
    "bot.channels.teams.wire -> aiohttp",
    "bot.channels.teams.wire -> jwt",
    "bot.channels.web -> bot.phrases",
    "bot.desk -> bot.store",
    "bot.desk -> bot.drafting",
    "bot.insight.queries -> sqlalchemy",
    "bot.insight -> bot.store",
    "bot.store.engine -> sqlalchemy",
    "bot.store.engine -> psycopg",
    "bot.store.engine -> bot.channels.base",
    "bot.drafting.llm -> langchain_openai",
    "bot.drafting.llm -> tenacity",
    "bot.drafting.embeddings -> langchain_core",
    "bot.drafting.embeddings -> openai",
    "bot.drafting.knowledge.page -> selectolax",
    "bot.drafting.masking.numbers -> stdnum",
    "bot.drafting.guess -> py3langid",
    "bot.wiring -> bot.lookups",
    "bot.settings -> bot.lookups",
    "bot.lookups -> bot.drafting",
    "bot.lookups.mcp -> langchain_mcp_adapters",
    "bot.lookups.mcp -> langchain_core",
    "bot.lookups.mcp -> mcp",
    "bot.lookups.variables -> regex",
    "bot.lookups.web -> aiohttp",
    "bot.channels.card -> bot.channels.base",
    "bot.channels.base -> bot.review.machine",
    "bot.settings -> yaml",
    "bot.cli -> typer",
    "bot.log -> structlog",
]


def build(folder: Path, root: Path, imports: list[str]) -> None:
    """An empty house with the real contracts, and these imports in it."""
    shutil.copy(root / "pyproject.toml", folder)
    packages = {"bot", *(module.rpartition(".")[0] for module in HOUSE)}
    for module in ["bot", *HOUSE]:
        path = folder.joinpath(*module.split("."))
        file = path / "__init__.py" if module in packages else path.with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"import {line.split(' -> ')[1]}" for line in imports if line.split(" -> ")[0] == module]
        file.write_text("\n".join(lines), "utf-8")


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("contract", PLANTS)
def test_each_contract_names_every_planted_import(contract: str, tmp_path: Path, root: Path) -> None:
    """Every import that the design forbids is found, and found by the contract that forbids it."""
    build(tmp_path, root, PLANTS[contract])
    result = lint(tmp_path, "--contract", contract)
    assert result.returncode == 1, result.stdout + result.stderr
    shown = " ".join(result.stdout.split())
    if contract == "cycles":
        assert ".store -> .insight (1 import)" in shown or ".insight -> .store (1 import)" in shown, shown
    else:
        assert not [plant for plant in PLANTS[contract] if f"- {plant} (l." not in shown], shown


def test_the_intended_imports_keep_every_contract(tmp_path: Path, root: Path) -> None:
    """Each room may import what it is there for; what the contracts report comes from the plants alone."""
    build(tmp_path, root, INTENDED)
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(PLANTS)} kept, 0 broken" in result.stdout


def test_the_house_keeps_every_contract(root: Path) -> None:
    """No room of the real program reaches where it may not."""
    result = lint(root)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_house_passes_every_check(root: Path) -> None:
    """No line of the real program does what only another room may do."""
    assert not [str(finding) for finding in checks.findings(root)]


CAUGHT = [
    ("release", "bot/desk.py", "from bot.review.model import Release\nRelease(1)"),
    ("release", "bot/channels/web.py", "from bot.review import model\nmodel.Release(1)"),
    ("release", "bot/review/rights.py", "Release(1)"),
    ("release", "bot/desk.py", "from bot.review.model import Release as Permission"),
    ("send", "bot/loops.py", "async def f(channel):\n    await channel.send_reply(1)"),
    ("send", "bot/loops.py", "f = channel.send_reply"),
    ("send", "bot/loops.py", "getattr(channel, 'send_reply')(1)"),
    ("environment", "bot/cli.py", "import os\nos.environ['PORT']"),
    ("environment", "bot/cli.py", "import os as system\nsystem.getenv('PORT')"),
    ("environment", "bot/drafting/llm.py", "from os import environ"),
    ("clock", "bot/desk.py", "import time\ntime.time()"),
    ("clock", "bot/desk.py", "import time as t\nf = t.monotonic"),
    ("clock", "bot/desk.py", "from time import time"),
    ("clock", "bot/store/audit.py", "import datetime\ndatetime.datetime.now(datetime.UTC)"),
    ("clock", "bot/store/audit.py", "from datetime import datetime as dt\ndt.utcnow()"),
    ("clock", "bot/store/audit.py", "from datetime import datetime\ndatetime.today()"),
    ("except", "bot/desk.py", "try: f()\nexcept: pass"),
    ("except", "bot/desk.py", "try: f()\nexcept Exception as error: log(error)"),
    ("except", "bot/desk.py", "try: f()\nexcept (OSError, BaseException): pass"),
    ("except", "bot/desk.py", "for x in y:\n    try: f()\n    except Exception:\n        if x: break\n        raise"),
    ("except", "bot/desk.py", "from contextlib import suppress\nwith suppress(Exception): f()"),
    ("law", "bot/review/rights.py", "import pydantic"),
    ("law", "bot/review/rights.py", "from bot.log import log"),
    ("name", "bot/store/utils.py", ""),
    ("name", "bot/slack_helpers.py", ""),
    ("name", "bot/common/money.py", ""),
    ("name", "tests/service.py", ""),
    ("syntax", "bot/desk.py", "def"),
    ("room", "bot/extras.py", ""),
    ("room", "bot/extras/money.py", ""),
]


@pytest.mark.parametrize(("check", "path", "text"), CAUGHT, ids=range(len(CAUGHT)))
def test_each_check_finds_what_was_planted(check: str, path: str, text: str, tmp_path: Path) -> None:
    """A planted line is found by the check that is there for it."""
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    assert {finding.check for finding in checks.findings(tmp_path)} >= {check}


def test_no_check_is_without_a_plant() -> None:
    """A check added later needs a planted violation too."""
    assert {check for check, _, _ in CAUGHT} == {*checks.CHECKS, "syntax"}


ALLOWED = [
    ("bot/review/machine.py", "from bot.review.model import Release\nRelease(1)"),
    ("bot/store/releases.py", "from bot.review.model import Release\nRelease(1)"),
    ("bot/desk.py", "async def f(channel):\n    await channel.send_reply(1)"),
    ("bot/channels/web.py", "async def send_reply(self): pass"),
    ("bot/settings.py", "import os\nos.environ['PORT']"),
    ("bot/wiring.py", "import time\ntime.time()"),
    ("bot/desk.py", "def f(time): return time.time()"),
    ("bot/loops.py", "try: f()\nexcept Exception: pass"),
    ("bot/desk.py", "try: f()\nexcept (OSError, ValueError): pass"),
    ("bot/store/reviews.py", "try: f()\nexcept BaseException:\n    undo()\n    raise"),
    ("bot/review/rights.py", "import enum\nfrom bot.review.model import Role\nfrom . import model"),
    ("tests/test_clock.py", "import time\ntime.time()"),
]


@pytest.mark.parametrize(("path", "text"), ALLOWED, ids=range(len(ALLOWED)))
def test_the_checks_leave_alone_what_is_allowed(path: str, text: str, tmp_path: Path) -> None:
    """The room whose job it is may do it."""
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    assert not list(checks.findings(tmp_path))


@pytest.mark.parametrize(
    "text", ["See https://py{}pi.org/x", "--index{}-url x", "cdn.js{}delivr.net", "[pip]\nindex-{}url = x"]
)
def test_a_package_host_is_found_in_any_text_file(text: str, tmp_path: Path) -> None:
    """A host name in a lock, a recipe or a page is found, also in files that git does not know yet."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(text.replace("{}", ""), "utf-8")
    assert [path for path, _, _ in hosts.findings(tmp_path)] == ["docs/page.md"]


def test_no_socket_leaves_this_machine() -> None:
    """Neither an address nor a name outside can be reached from a test."""
    with socket.socket() as plain, pytest.raises(sockets.Outside):
        plain.connect(("192.0.2.1", 80))
    with pytest.raises(sockets.Outside):
        socket.create_connection(("example.org", 80))


def test_a_socket_to_this_machine_is_open() -> None:
    """Fakes are real servers on 127.0.0.1, so that much must work."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
