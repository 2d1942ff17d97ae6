"""Settings that name Teams say what is wrong with them before anything starts."""

from __future__ import annotations

import pytest

from bot.channels.teams.people import Staff
from bot.wiring import teams_setup
from tests.settings.conftest import GOOD, Desk

APP, TENANT = "3f0b7a52-0f6f-4b0e-8d2e-6a1c5a3f9e11", "9d6f1c34-2a55-4a0b-9c6e-1f0f3f4c7b22"
ANA, BEN = "0c9d1e2f-3a4b-4c5d-8e6f-7a8b9c0d1e2f", "1d0e2f3a-4b5c-4d6e-9f7a-8b9c0d1e2f3a"
SET = {"TEAMS_APP_ID": APP, "TEAMS_APP_PASSWORD": "secret", "TEAMS_TENANT_ID": TENANT}
PLACE = "teams:19:abcdef0123456789@thread.tacv2"


def written(desk: Desk, listens: str = PLACE, people: str = "{}", teams: str = "{}", **env: str) -> None:
    """A desk that listens in Teams, and these variables."""
    desk.write(
        f'''desks:
  north:
    name: North
    listens: ["{listens}"]
    reviews: "web:review"
    people: {people}
    teams: {teams}
workspace:
  place: "web:nowhere"
'''
    )
    desk.dotenv.write_text("".join(f"{name}={value}\n" for name, value in env.items()), "utf-8")


def test_a_desk_in_teams(desk: Desk) -> None:
    """Ids of Entra are the same in capitals; whoever has a right at the desk by name is staff there."""
    env = SET | {"TEAMS_APP_ID": APP.upper()}
    people = f'{{"teams:{ANA.upper()}": agent, "teams:*": agent}}'
    written(desk, people=people, teams=f'{{staff: ["{BEN.upper()}"], guests: staff}}', **env)
    made = teams_setup(desk.load())
    assert (made.app_id, made.tenant, made.password) == (APP, TENANT, "secret")
    (one,) = made.desks
    assert one.listens == {PLACE.removeprefix("teams:")}
    assert (one.reviews, one.disclosure) == ("", "team")
    assert one.staff == Staff(frozenset({ANA, BEN}), "auto", "staff")


@pytest.mark.parametrize("missing", SET)
def test_a_channel_in_teams_needs_the_app(desk: Desk, missing: str) -> None:
    """The settings say what is missing before anything starts."""
    written(desk, **SET)
    assert desk.load().has_teams
    written(desk, **{name: value for name, value in SET.items() if name != missing})
    (problem,) = desk.refused()
    assert missing in problem
    desk.write(GOOD)
    assert not desk.load().has_teams


@pytest.mark.parametrize(
    "place", ["teams:General", "teams:19%3Aabc%40thread.tacv2", "teams:19:abc@thread.tacv2;messageid=1"]
)
def test_a_channel_is_named_by_its_id(desk: Desk, place: str) -> None:
    """A name can change, and in a link the id is written otherwise."""
    written(desk, place, **SET)
    (problem,) = desk.refused()
    assert "as in teams:19:" in problem


def test_people_are_named_by_their_object_ids(desk: Desk) -> None:
    """An address or a name is a slip."""
    written(desk, people='{"teams:ana@northwind.example": agent}', **SET)
    (problem,) = desk.refused()
    assert "object ids" in problem
    written(desk, teams="{staff: [ana]}", **SET)
    (problem,) = desk.refused()
    assert "an id of Entra" in problem
    written(desk, **(SET | {"TEAMS_TENANT_ID": "northwind.example"}))
    (problem,) = desk.refused()
    assert "TEAMS_TENANT_ID" in problem


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0", "192.0.2.7"])
def test_an_open_door_is_for_this_machine_alone(desk: Desk, host: str) -> None:
    """TEAMS_ALLOW_UNSIGNED believes everybody, so nobody from outside may come near."""
    written(desk, **(SET | {"TEAMS_APP_PASSWORD": "", "TEAMS_ALLOW_UNSIGNED": "1", "HOST": host}))
    if host in ("0.0.0.0", "192.0.2.7"):
        (problem,) = desk.refused()
        assert "TEAMS_ALLOW_UNSIGNED" in problem
        assert "127.0.0.1" in problem
    else:
        assert desk.load().has_teams


def test_other_clouds_have_other_addresses(desk: Desk) -> None:
    """Each can be set; none without a scheme."""
    written(desk, **SET, COUNTERSIGN_TEAMS__LOGIN_URL="https://login.microsoftonline.us")
    assert teams_setup(desk.load()).login_url == "https://login.microsoftonline.us"
    written(desk, **SET, COUNTERSIGN_TEAMS__LOGIN_URL="login.microsoftonline.us")
    (problem,) = desk.refused()
    assert "an address with https://" in problem
