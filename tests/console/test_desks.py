"""The desks' pages: every setting in force with its words and where it was said, secrets never, and the pause."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, get_args

import httpx2
import pytest
import sqlalchemy as sa
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from bot import wiring
from bot.channels.base import Person
from bot.console.viewer import Viewer
from bot.inforce import rows
from bot.phrases import say
from bot.review.model import Role
from bot.settings import Settings, load
from tests.console.conftest import House
from tests.settings.conftest import GOOD
from tests.settings.test_reference import rows as table_rows

LEO = {"by": "web:leo"}


def text(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def setting(page: str, key: str) -> str:
    """What a page says about a setting."""
    found = re.search(rf"<div class=\"setting\">\s*<dt><code>{re.escape(key)}</code>.*?</dd>", page, re.DOTALL)
    assert found, key
    return text(found[0])


def test_a_setting_is_explained_as_in_the_reference(root: Path) -> None:
    """Each row of the settings and of the environment, in the same words."""
    reference = (root / "docs" / "reference.md").read_text("utf-8")
    parts = {part.split("\n")[0]: part for part in reference.split("\n## ")[1:]}
    names = {str(field.validation_alias): name for name, field in Settings.model_fields.items()}
    told = [(row[0].strip("`"), row[-1]) for name in ("Settings", "Environment") for row in table_rows(parts[name])]
    assert len(told) > 80
    for key, words in told:
        name = names.get(key, key.replace(".<id>", "").replace(".", "__"))
        assert say(f"page.setting.{name}") == re.sub("[`{}]", "", words), key


@pytest.fixture
def folder(root: Path, tmp_path: Path, sqlite: sa.URL, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings as somebody wrote them."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "countersign.yaml").write_text(GOOD, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite.render_as_string(hide_password=False))
    for name in ("prompts", "samples", "knowledge"):
        monkeypatch.setenv(f"COUNTERSIGN_{name.upper()}", str(root / yaml.safe_load(_shipped(root))[name]))
    return tmp_path


def _shipped(root: Path) -> str:
    return (root / "config" / "countersign.yaml").read_text("utf-8")


async def seen(wanted: Settings, *paths: str, crawl: bool = False) -> dict[str, str]:
    """The pages of a program that is wired but does not run, by their addresses; with `crawl`, those they lead to."""
    program = await wiring.build(wanted)
    app: Any = program.server.config.app
    found: dict[str, str] = {}
    left = list(paths)
    try:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1") as client:
            while left:
                path = left.pop()
                if path in found:
                    continue
                answer = await client.get(path)
                found[path] = f"{answer.headers} {answer.text}"
                left += re.findall(r'href="(/[^"#]*)', unescape(answer.text)) if crawl else []
    finally:
        for close in program.closing:
            await close()
        program.engine.close()
    return found


async def test_where_a_value_comes_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of the file, the line of .env, the variable, or nowhere; of what JSON holds, only what it holds."""
    (folder / "config" / "countersign.yaml").write_text(
        GOOD + "    tone: from the file\n    confirm: always\n", "utf-8"
    )
    (folder / ".env").write_text('\nCOUNTERSIGN_DESKS__NORTH__SETTLE_SECONDS=4\nOPENAI_API_KEY="sk-x"\n', "utf-8")
    monkeypatch.setenv("COUNTERSIGN_DESKS", json.dumps({"north": {"tone": "from a variable"}}))
    pages = await seen(load(), "/desks/north", "/desks")
    desk, program = pages["/desks/north"], pages["/desks"]
    assert setting(desk, "name").endswith("North config/countersign.yaml, line 3")
    assert setting(desk, "confirm").endswith("always config/countersign.yaml, line 7")
    assert setting(desk, "tone").endswith("from a variable Environment variable COUNTERSIGN_DESKS")
    assert setting(desk, "settle_seconds").endswith("4 .env, line 2: COUNTERSIGN_DESKS__NORTH__SETTLE_SECONDS")
    assert setting(desk, "hold_seconds").endswith("0 default")
    assert setting(program, "OPENAI_API_KEY").endswith("set .env, line 3: OPENAI_API_KEY")
    assert setting(program, "SLACK_BOT_TOKEN").endswith("not set default")
    assert setting(program, "model.attempts").endswith("3 default")


MARK = "s3cr3t-nobodys-business"
SECRETS = """\
knowledge_embeddings: {api_key: s3cr3t-nobodys-business-a, model: m}
lookups:
  order:
    title: Order
    url: https://shop.example/orders/{order}?key=s3cr3t-nobodys-business-c
    headers: {Authorization: "Bearer ${SHOP_TOKEN}"}
    find: {order: "([0-9]{4})"}
    path: state
mcp:
  tickets:
    command: [tickets, "--token=s3cr3t-nobodys-business-d"]
    environment: {TICKETS_KEY: "${TICKETS_KEY}"}
    tools: {find: {title: Tickets, arguments: {api_key: s3cr3t-nobodys-business-e, text: "{email}"}}}
"""


def _secret_fields(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        if any(kind is SecretStr or SecretStr in get_args(kind) for kind in kinds):
            yield str(field.validation_alias or name)
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _secret_fields(kind)


async def test_no_page_tells_a_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a part of one: every secret that can be set is set, and every page that can be reached is read."""
    (folder / "config" / "countersign.yaml").write_text(GOOD + SECRETS, "utf-8")
    variables = {name for name in _secret_fields(Settings) if name.isupper()}
    for name in (*variables, "SHOP_TOKEN", "TICKETS_KEY"):
        monkeypatch.setenv(name, f"{MARK}-{name}")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://user:{MARK}@127.0.0.1:9/v1?key={MARK}")
    monkeypatch.setenv("COUNTERSIGN_SIGNIN__CLIENT_SECRET", f"{MARK}-signin")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    pages = await seen(load(), "/", "/desks", "/health", "/health/parts", "/metrics", "/readyz", "/healthz", crawl=True)
    assert {"/desks/north", "/audit", "/health"} <= pages.keys()
    assert [path for path, page in pages.items() if MARK in page] == []
    for name in variables:
        assert setting(pages["/desks"], name).endswith(f"set Environment variable {name}")
    assert "https://shop.example/orders/{order}?…" in text(pages["/desks"])
    assert setting(pages["/desks"], "mcp.tickets.command").endswith("tickets … config/countersign.yaml, line 16")
    assert variables | set(_secret_fields(Settings)) == {
        *variables,
        "api_key",
        "headers",
        "environment",
        "client_secret",
    }


class _Hiding(BaseModel):
    secret: SecretStr
    several: dict[str, SecretStr]
    address: str
    database_url: str


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8, max_size=40))
def test_no_row_holds_a_secret(secret: str) -> None:
    """Whatever it is; and a short one looks like a long one."""
    mine = f"Q{secret}Q"
    told = _Hiding(
        secret=SecretStr(mine),
        several={"a": SecretStr(mine)},
        address=f"https://host.example/path?{mine}",
        database_url=f"postgresql://user:{mine}@host.example/desk?password={mine}",
    )
    found = list(rows(told, None))
    assert mine not in repr(found)
    blank = told.model_copy(update={"secret": SecretStr("x"), "several": {"a": SecretStr("y")}})
    assert [row.lines for row in rows(blank, None)] == [row.lines for row in found]


async def test_a_lead_pauses_and_resumes_drafting(house: House) -> None:
    """The page says who paused it, and what comes in meanwhile gets no draft."""
    page = await house.page("/desks/nordlys")
    assert "Pause drafting" in page
    assert re.findall(r'<option value="([^"]+)"', page) == ["web:leo"]
    answer = await house.post("/desks/nordlys/pause", {"paused": True} | LEO)
    assert answer.json() == {"done": True, "sentence": say("pause.paused", desk="Nordlys support")}
    page = await house.page("/desks/nordlys")
    assert "Paused by \u2068Leo\u2069" in text(page)
    assert "Resume drafting" in page
    assert "Paused" in text(await house.page("/desks"))
    await house.say("Where is my parcel?")
    assert (await house.card()).reply == ""
    assert (await house.post("/desks/nordlys/pause", {"paused": False} | LEO)).json()["done"]
    assert "Pause drafting" in await house.page("/desks/nordlys")


async def test_only_a_lead_pauses(house: House) -> None:
    """An agent of the desk is told why not, and a desk that is not there is not found."""
    answer = await house.post("/desks/nordlys/pause", {"paused": True, "by": "web:ana"})
    assert answer.json() == {"done": False, "sentence": say("pause.forbidden", desk="Nordlys support")}
    assert (await house.post("/desks/other/pause", {"paused": True} | LEO)).status_code == 404
    assert (await house.client.get("/desks/other")).status_code == 404
    assert "Pause drafting" in await house.page("/desks/nordlys")


async def test_a_lead_sees_their_desk_and_nothing_of_the_program(house: House) -> None:
    """What holds for every desk is for admins; somebody who leads elsewhere does not see this desk."""
    app: Any = house.program.server.config.app
    kim = Person("web", "leo", "Kim")
    app.state.doorman = _Knows(Viewer(kim, {"nordlys": Role.LEAD}))
    page = await house.page("/desks")
    assert "Nordlys support" in page
    assert "OPENAI_API_KEY" not in page
    app.state.doorman = _Knows(Viewer(kim, {"elsewhere": Role.ADMIN}))
    assert "Nordlys support" not in await house.page("/desks")
    assert (await house.client.get("/desks/nordlys")).status_code == 404
    app.state.doorman = _Knows(Viewer(kim, {"nordlys": Role.AGENT}))
    for path in ("/desks", "/desks/nordlys", "/health", "/health/parts"):
        assert (await house.client.get(path)).status_code == 403


class _Knows:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    async def viewer(self, _: object) -> Viewer:
        return self._viewer
