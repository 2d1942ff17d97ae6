"""Settings for sign-in say what is missing before anybody is let in."""

from __future__ import annotations

import pytest

from bot.wiring import open_door
from tests.settings.conftest import GOOD, Desk

TENANT = "9d6f1c34-2a55-4a0b-9c6e-1f0f3f4c7b22"
FULL = {
    "slack": {"client_id": "1.2", "team": "T0HOME"},
    "entra": {"client_id": TENANT, "tenant": TENANT.upper()},
    "oidc": {"client_id": "x", "discovery_url": "https://login.example.org/.well-known/openid-configuration"},
}
SECRET = "COUNTERSIGN_SIGNIN__CLIENT_SECRET=hush\n"


def written(desk: Desk, provider: str, secret: str = SECRET, public: str = "", **said: str) -> None:
    """A desk, and sign-in with these keys."""
    keys = "".join(f"  {key}: {value!r}\n" for key, value in {"provider": provider, **said}.items())
    desk.write(f"{GOOD}public_url: {public!r}\nsignin:\n{keys}")
    desk.dotenv.write_text(secret, "utf-8")


@pytest.mark.parametrize("provider", FULL)
def test_what_each_provider_needs(desk: Desk, provider: str) -> None:
    """Complete it is taken; each key that is missing is named, and so is the secret."""
    written(desk, provider, **FULL[provider])
    assert desk.load().signin.discovery.endswith("/.well-known/openid-configuration")
    for missing in FULL[provider]:
        written(desk, provider, **{key: value for key, value in FULL[provider].items() if key != missing})
        assert f"signin.{missing}:" in desk.refused()[0]
    written(desk, provider, "", **FULL[provider])
    (problem,) = desk.refused()
    assert "COUNTERSIGN_SIGNIN__CLIENT_SECRET" in problem


def test_where_the_known_providers_are(desk: Desk) -> None:
    """Slack has one address, Entra one for each tenant."""
    written(desk, "slack", **FULL["slack"])
    assert desk.load().signin.discovery == "https://slack.com/.well-known/openid-configuration"
    written(desk, "entra", **FULL["entra"])
    assert desk.load().signin.discovery.startswith(f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/")


@pytest.mark.parametrize(
    ("said", "public", "named"),
    [
        ({}, "http://desk.example", "public_url"),
        ({"discovery_url": "http://login.example/.well-known/openid-configuration"}, "", "discovery_url"),
        ({"discovery_url": "https://login.example"}, "", "discovery_url"),
        ({"team": "home"}, "", "team"),
        ({"session_minutes": "0"}, "", "session_minutes"),
    ],
)
def test_what_would_let_in_more_than_are_meant(desk: Desk, said: dict[str, str], public: str, named: str) -> None:
    """Nothing goes over a line on which somebody could listen, and no key is misread."""
    written(desk, "slack", public=public, **{**FULL["slack"], **said})
    (problem,) = desk.refused()
    assert named in problem


@pytest.mark.parametrize(
    ("provider", "public", "host", "opens"),
    [
        ("", "", "127.0.0.1", True),
        ("", "https://desk.example", "0.0.0.0", False),
        ("slack", "", "0.0.0.0", False),
        ("slack", "http://localhost:8080", "0.0.0.0", False),
        ("slack", "https://desk.example", "0.0.0.0", True),
        ("slack", "", "127.0.0.1", True),
    ],
)
def test_where_it_may_listen(desk: Desk, provider: str, public: str, host: str, opens: bool) -> None:
    """Elsewhere than on this machine only where people sign in over TLS, and it says why not."""
    written(desk, "slack", f"{SECRET}HOST={host}\n", public, **FULL["slack"])
    if not provider:
        desk.write(f"{GOOD}public_url: {public!r}\n")
    refusal = open_door(desk.load())
    assert (refusal == "") is opens
    assert opens or host in refusal
