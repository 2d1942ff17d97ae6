"""What an installer meets: the manifest, what the doctor says, and settings that name Slack."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from bot.channels.slack.checks import Finding, examine
from bot.channels.slack.manifest import EVENTS, SCOPES, manifest
from bot.settings import load
from bot.written import BadSettings
from tests.channels.slack import stub as slack
from tests.channels.slack.conftest import setup
from tests.channels.slack.stub import Json, Stub, refused


def test_the_manifest_keeps_slacks_limits() -> None:
    """Name 35, description 140, command 32 characters: https://docs.slack.dev/reference/app-manifest"""
    made = manifest("Countersign", "https://support.example.org/")
    assert len(made["display_information"]["description"]) <= 140
    (command,) = made["features"]["slash_commands"]
    assert len(command["command"]) <= 32
    assert command["should_escape"] is True
    assert {command["url"], made["settings"]["interactivity"]["request_url"]} == {
        "https://support.example.org/slack/events"
    }
    (shortcut,) = made["features"]["shortcuts"]
    assert len(shortcut["name"]) <= 24


def test_without_an_address_the_app_speaks_through_a_socket() -> None:
    """HTTP and Socket Mode exclude each other."""
    made = manifest("Countersign", "")
    assert made["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in json.dumps(made)
    assert manifest("Countersign", "https://x.example")["settings"]["socket_mode_enabled"] is False


def test_every_event_has_the_scope_it_needs() -> None:
    """Slack refuses a manifest that subscribes without the permission."""
    needs = {"message.channels": "channels:history", "message.groups": "groups:history"}
    needs |= dict.fromkeys(("channel_shared", "member_joined_channel", "channel_id_changed"), "channels:read")
    assert all(needs[event] in SCOPES for event in EVENTS if event in needs)
    assert not [scope for scope in SCOPES if scope.startswith(("admin", "users:read.email", "im:", "mpim:"))]


def test_the_command_prints_it(root: Path) -> None:
    """`countersign manifest slack` needs no settings, and the start stays light without Slack."""
    code = "import sys; from bot.cli import main; sys.argv = ['countersign', 'manifest', 'slack']; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["features"]["bot_user"]["display_name"] == "Countersign"
    code = "import sys, bot.cli, bot.wiring; print([name for name in sys.modules if name.startswith(('slack', 'aiohttp'))])"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- the doctor


def healthy(stub: Stub, scopes: str = ",".join(SCOPES), date: float | None = None) -> None:
    """A workspace in which everything is as it should be."""

    def introduced(_: Json) -> web.StreamResponse:
        headers = {"x-oauth-scopes": scopes} | ({"Date": formatdate(date, usegmt=True)} if date is not None else {})
        return web.json_response({"ok": True, "team": "Northwind", "user": "countersign"}, headers=headers)

    stub.answers["auth.test"] = introduced


async def findings(stub: Stub, **more: str) -> list[Finding]:
    return [finding async for finding in examine(replace(setup(stub), **more))]  # type: ignore[arg-type]


async def test_everything_is_green_when_all_is_well(stub: Stub) -> None:
    """One line each, nothing to mend, and nothing was posted."""
    healthy(stub)
    found = await findings(stub)
    assert [finding for finding in found if not finding.ok or finding.mend] == []
    assert {"Listening in C0SUPPORT.", "Reviews go to C0REVIEW."} <= {finding.said for finding in found}
    assert {method for method, _ in stub.calls} == {"auth.test", "conversations.info", "conversations.members"}


async def test_a_bad_token_is_the_only_trouble_named(stub: Stub) -> None:
    """What depends on it is not looked at."""
    stub.answers["auth.test"] = refused("invalid_auth")
    (finding,) = await findings(stub)
    assert not finding.ok
    assert "SLACK_BOT_TOKEN" in finding.mend


async def test_a_missing_scope_is_named(stub: Stub) -> None:
    """An optional one is said and is no failure."""
    healthy(stub, scopes="chat:write,channels:history,channels:read,groups:history,groups:read,users:read,commands")
    lacks = next(finding for finding in await findings(stub) if "usergroups:read" in finding.said)
    assert lacks.ok
    assert lacks.mend
    healthy(stub, scopes="commands")
    lacks = next(finding for finding in await findings(stub) if "chat:write" in finding.said)
    assert not lacks.ok


async def test_a_wrong_clock_is_noticed(stub: Stub) -> None:
    """Otherwise every request would look like a replay."""
    healthy(stub, date=1_000_000_000)
    assert [finding for finding in await findings(stub) if not finding.ok and "clock" in finding.said]


async def test_a_wrong_secret_is_noticed_by_its_shape(stub: Stub) -> None:
    """The verification token stands right beside it on the app's page."""
    healthy(stub)
    assert not (await findings(stub, signing_secret="xoxb-oops"))[0].ok


@pytest.mark.parametrize("code", ["", "not_allowed_token_type"])
async def test_the_app_token_is_tried(stub: Stub, code: str) -> None:
    """Socket Mode has to be turned on and its token allowed."""
    healthy(stub)
    if code:
        stub.answers["apps.connections.open"] = refused(code)
    found = await findings(stub, app_token="xapp-1", signing_secret="")
    assert [finding.ok for finding in found if "connections:write" in finding.mend or "Socket" in finding.said] == [
        not code
    ]


@pytest.mark.parametrize(
    ("review", "more", "word"),
    [
        (True, {"is_ext_shared": True}, "another organisation"),
        (False, {"is_member": False}, "not in"),
        (False, {"is_archived": True}, "archived"),
    ],
)
async def test_each_channel_is_looked_at(stub: Stub, review: bool, more: Json, word: str) -> None:
    """Membership, privacy, sharing."""
    healthy(stub)
    bad = slack.REVIEW if review else slack.SUPPORT

    def info(asked: Json) -> Json:
        channel = {"id": asked["channel"], "name": "x", "is_private": True, "is_member": True}
        return {"ok": True, "channel": channel | (more if asked["channel"] == bad else {})}

    stub.answers["conversations.info"] = info
    (failed,) = [finding for finding in await findings(stub) if not finding.ok]
    assert word in failed.said
    assert failed.mend


async def test_a_channel_that_cannot_be_seen_is_named(stub: Stub) -> None:
    """Slack says channel_not_found also of what the app may not see."""
    healthy(stub)
    stub.answers["conversations.info"] = refused("channel_not_found")
    failed = [finding for finding in await findings(stub) if not finding.ok]
    assert [re.match(r"\w+", finding.said)[0] for finding in failed] == [slack.SUPPORT, slack.REVIEW]  # type: ignore[index]


# --- settings


def settled(
    folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch, listens: str, *secrets: str, **slack_part: object
) -> object:
    values = yaml.safe_load((root / "config" / "countersign.yaml").read_text("utf-8"))
    values["desks"]["nordlys"] |= {"listens": ["web:support", listens], "slack": slack_part}
    file = folder / "countersign.yaml"
    file.write_text(yaml.safe_dump(values), "utf-8")
    env = folder / ".env"
    env.write_text("\n".join(secrets), "utf-8")
    monkeypatch.setenv("COUNTERSIGN_CONFIG", str(file))
    return load(env)


BOTH = ("SLACK_BOT_TOKEN=xoxb-1", "SLACK_SIGNING_SECRET=abc")


def test_a_channel_in_slack_needs_tokens(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings say what is missing before anything starts."""
    with pytest.raises(BadSettings, match="SLACK_BOT_TOKEN"):
        settled(tmp_path, root, monkeypatch, "slack:C0123")
    assert settled(tmp_path, root, monkeypatch, "slack:C0123", *BOTH)
    assert settled(tmp_path, root, monkeypatch, "slack:C0123", BOTH[0], "SLACK_APP_TOKEN=xapp-1")


def test_a_channel_is_named_by_its_id(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name can change, and two channels can have had it."""
    with pytest.raises(BadSettings, match="named by their ids"):
        settled(tmp_path, root, monkeypatch, "slack:#support", *BOTH)


def test_staff_is_named_by_ids(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users, groups, teams and enterprises; anything else is a slip."""
    assert settled(tmp_path, root, monkeypatch, "slack:C1", *BOTH, staff=["U01", "S01", "T01", "E01"], guests="staff")
    with pytest.raises(BadSettings, match="staff"):
        settled(tmp_path, root, monkeypatch, "slack:C1", *BOTH, staff=["@agents"])
    with pytest.raises(BadSettings, match=r"(?i)known here.* colleagues, disclosure, guests, staff"):
        settled(tmp_path, root, monkeypatch, "slack:C1", *BOTH, staf=[])


def test_half_of_the_tokens_is_named(root: Path, tmp_path: Path) -> None:
    """Otherwise somebody waits for cards that cannot come."""
    command = "from bot.cli import main; import sys; sys.argv = ['countersign', 'doctor']; main()"
    environment = {"PATH": os.environ["PATH"], "SLACK_BOT_TOKEN": "xoxb-1", "PORT": "0"}
    environment["DATABASE_URL"] = f"sqlite:///{tmp_path / 'none.db'}"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "SLACK_SIGNING_SECRET" in done.stdout
