"""What an installer uploads: a package that Teams takes, written by one command."""

from __future__ import annotations

import io
import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from bot.channels.commands import COMMANDS
from bot.channels.teams.icons import colour_icon, outline_icon
from bot.channels.teams.manifest import PERMISSIONS, manifest, package
from tests.cli.house import House
from tests.doubles.teams.wire import Json

APP, TENANT = "3f0b7a52-0f6f-4b0e-8d2e-6a1c5a3f9e11", "9d6f1c34-2a55-4a0b-9c6e-1f0f3f4c7b22"
# https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema: what must be there, and the most
# characters that fit.
REQUIRED = ("manifestVersion", "version", "id", "developer", "name", "description", "icons", "accentColor")
LONGEST = {
    ("developer", "name"): 32,
    ("name", "short"): 30,
    ("name", "full"): 100,
    ("description", "short"): 80,
    ("description", "full"): 4000,
}


@pytest.fixture
def made() -> Json:
    """The manifest of an app."""
    return manifest(APP, "1.2.3", "Countersign", "Northwind", "https://northwind.example")


def test_the_manifest_has_what_teams_asks_for(made: Json) -> None:
    """The newest public schema, its required parts, and its limits."""
    assert made["manifestVersion"] == "1.29"
    assert not [part for part in REQUIRED if not made.get(part)]
    assert made["developer"].keys() == {"name", "websiteUrl", "privacyUrl", "termsOfUseUrl"}
    assert not [path for path, most in LONGEST.items() if not 0 < len(made[path[0]][path[1]]) <= most]
    assert re.fullmatch(r"#[0-9a-f]{6}", made["accentColor"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", made["version"])


def test_names_that_are_too_long_are_cut() -> None:
    """Teams refuses the package otherwise."""
    made = manifest(APP, "1.2.3", "C" * 90, "N" * 90, "https://northwind.example")
    assert not [path for path, most in LONGEST.items() if len(made[path[0]][path[1]]) > most]


def test_the_bot_lives_in_teams_and_their_channels(made: Json) -> None:
    """From 1.25 on a bot in teams has to say which kinds of channels it can be in."""
    (bot,) = made["bots"]
    assert (bot["botId"], bot["scopes"]) == (APP, ["team"])
    assert made["supportsChannelFeatures"] == "tier1"
    (listed,) = bot["commandLists"]
    assert [one["title"] for one in listed["commands"]] == list(COMMANDS)
    assert len(listed["commands"]) <= 10
    assert not [one for one in listed["commands"] if len(one["title"]) > 32 or len(one["description"]) > 128]


def test_the_permissions_are_the_least(made: Json) -> None:
    """A team's owner gives them for that team alone; an app that asks for any has to name itself."""
    asked = made["authorization"]["permissions"]["resourceSpecific"]
    assert [one["name"] for one in asked] == list(PERMISSIONS)
    assert {one["type"] for one in asked} == {"Application"}
    assert not [one for one in PERMISSIONS if not re.fullmatch(r"Channel(Message|Member|Settings)\.Read\.Group", one)]
    assert made["webApplicationInfo"]["id"] == APP
    assert made["webApplicationInfo"]["resource"]


def test_the_package_holds_the_manifest_and_both_icons(made: Json) -> None:
    """At its root, under the names that the manifest gives; and the same bytes every time."""
    packed = package(made)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["color.png", "manifest.json", "outline.png"]
        assert json.loads(archive.read("manifest.json")) == made
        assert archive.read(made["icons"]["color"]) == colour_icon()
        assert archive.read(made["icons"]["outline"]) == outline_icon()
    assert package(made) == packed


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and the RGBA pixels of an unfiltered PNG."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) == (8, 6)
    at, data = 8, b""
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at : at + 8])
        chunk = png[at + 8 : at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size : at + 12 + size])[0] == zlib.crc32(name + chunk)
        data += chunk if name == b"IDAT" else b""
        at += 12 + size
    raw = zlib.decompress(data)
    rows = [raw[y * (4 * width + 1) + 1 : (y + 1) * (4 * width + 1)] for y in range(height)]
    return width, height, [row[x : x + 4] for row in rows for x in range(0, 4 * width, 4)]


def test_the_icons_are_as_teams_wants_them() -> None:
    """192 by 192 in colour; 32 by 32, white and nothing else on transparent."""
    width, height, colours = pixels(colour_icon())
    assert (width, height) == (192, 192)
    assert len(set(colours)) > 2
    assert {pixel[3] for pixel in colours} == {255}
    width, height, whites = pixels(outline_icon())
    assert (width, height) == (32, 32)
    assert {pixel[:3] for pixel in whites} == {b"\xff\xff\xff"}
    assert {0, 255} <= {pixel[3] for pixel in whites}


# --- the command and the door

SET = {"TEAMS_APP_ID": APP, "TEAMS_APP_PASSWORD": "secret", "TEAMS_TENANT_ID": TENANT}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A folder with settings and nothing else."""
    return House(tmp_path / "house")


def test_the_command_writes_the_package(house: House) -> None:
    """With the app id from .env; without one it says what is missing."""
    done = house.command("manifest", "teams", "--name", "Nordlys", TEAMS_APP_ID=APP.upper())
    assert (done.returncode, done.stdout) == (0, "countersign-teams.zip is written.\n")
    with zipfile.ZipFile(house.folder / "countersign-teams.zip") as archive:
        made = json.loads(archive.read("manifest.json"))
    assert (made["id"], made["name"]["short"]) == (APP, "Nordlys")
    done = house.command("manifest", "teams")
    assert (done.returncode, "TEAMS_APP_ID" in done.stderr) == (1, True)


def test_without_an_app_its_sdk_is_not_loaded(root: Path) -> None:
    """It costs a second and 30 MB."""
    heavy = ("botbuilder", "botframework", "msrest", "msal", "jwt", "aiohttp")
    code = f"import sys, bot.cli, bot.wiring; print([name for name in sys.modules if name.startswith({heavy})])"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_an_app_there_is_no_door(house: House) -> None:
    """Nobody can be proved to be the connector, so nobody is let in; with one, whoever is not is sent away."""
    with house.running() as program:
        assert program.post("/api/messages", type="message").status_code == 404
    with house.running(**SET) as program:
        assert program.post("/api/messages", type="message").status_code == 401


def test_a_connector_on_this_machine_is_believed(house: House) -> None:
    """With TEAMS_ALLOW_UNSIGNED, and then no secret is needed."""
    with house.running(**(SET | {"TEAMS_APP_PASSWORD": ""}), TEAMS_ALLOW_UNSIGNED="1") as program:
        assert program.post("/api/messages", type="message", channelId="msteams").status_code == 200
