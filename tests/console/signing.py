"""A real OpenID Connect provider in a process of its own, and a browser that signs in with it."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import sqlalchemy as sa

from bot.console.guard import PROOF
from bot.settings import Settings
from tests.console.conftest import PATIENCE, House, running, settings

TEAM, TENANT = "T0HOME", "9d6f1c34-2a55-4a0b-9c6e-1f0f3f4c7b22"
SLACK_USER, SLACK_TEAM = "https://slack.com/user_id", "https://slack.com/team_id"
WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Issuer:
    """The provider. Whoever is told to it may sign in; what is told of them stands in their ID tokens."""

    url: str

    def know(self, sub: str, **claims: object) -> None:
        """From now on there is somebody with these claims. Claims of the token itself are overruled by theirs."""
        answer = httpx2.put(f"{self.url}/users/{sub}", json=claims, timeout=PATIENCE)
        assert answer.status_code == 204, answer.text

    def consent(self, address: str, sub: str, action: str = "") -> str:
        """Say yes, or no with the action `deny`, on the provider's page; the address it sends the browser to."""
        answer = httpx2.post(address, data={"sub": sub, "action": action}, timeout=PATIENCE)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@contextlib.contextmanager
def issuer() -> Iterator[Issuer]:
    """Run oidc-provider-mock while the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--host", "127.0.0.1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            # Authlib takes http from localhost, by this name alone.
            url = f"http://localhost:{port}"
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                with contextlib.suppress(httpx2.TransportError):
                    httpx2.get(f"{url}{WELL_KNOWN}", timeout=PATIENCE)
                    break
                assert process.poll() is None, "the provider did not start"
            yield Issuer(url)
        finally:
            process.terminate()


def signing_in(
    root: Path, folder: Path, database: sa.URL, at: Issuer, provider: str = "oidc", **more: object
) -> Settings:
    """The shipped settings with sign-in, and desks whose people are of each kind."""
    values = settings(root, folder, database)
    said = {
        "provider": provider,
        "discovery_url": f"{at.url}{WELL_KNOWN}",
        "client_id": "countersign",
        "client_secret": "hush",
        "team": TEAM,
        "tenant": TENANT,
        **more,
    }
    part = type(values.signin)(**said)
    (name, first), *_ = values.desks.items()
    people = {
        "web:agent@north.example": "agent",
        "web:lead@north.example": "lead",
        "web:admin@north.example": "admin",
        "slack:U0ANA": "agent",
        "teams:0c9d1e2f-3a4b-4c5d-8e6f-7a8b9c0d1e2f": "agent",
        "group:north-leads": "lead",
        "web:*": "agent",
    }
    second = first.model_copy(
        update={"name": "South", "listens": ("web:south",), "people": {"web:agent@south.example": "agent"}}
    )
    desks = {name: first.model_copy(update={"people": people}), "south": second}
    return values.model_copy(update={"signin": part, "desks": desks})


@dataclass(slots=True)
class Browser:
    """Somebody's browser at the pages."""

    client: httpx2.AsyncClient
    issuer: Issuer

    async def leave(self, wanted: str = "/audit") -> str:
        """Press the button: the address of the provider's page."""
        answer = await self.client.get("/signin/start", params={"next": wanted})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def sign_in(self, sub: str, wanted: str = "/audit", **changed: str) -> httpx2.Response:
        """All the way, with `changed` in what the provider is asked; the answer to coming back."""
        address = with_query(await self.leave(wanted), **changed)
        return await self.client.get(self.issuer.consent(address, sub))

    def hold(self, value: str) -> None:
        """Have this as the cookie of the session, and no other cookie."""
        self.client.cookies.clear()
        self.client.cookies.set("countersign", value, domain="127.0.0.1")

    async def post(self, path: str, proof: str | None = None) -> httpx2.Response:
        """Post as a page does, with the proof that stands in the page, or with another."""
        found = await self.proof() if proof is None else proof
        return await self.client.post(path, json={}, headers={PROOF: found})

    async def proof(self) -> str:
        """What a page of theirs carries."""
        page = await self.client.get("/audit")
        found = re.search(r'data-proof="([0-9a-f]{64})"', page.text)
        return found[1] if found else "page"


def with_query(address: str, **changed: str) -> str:
    """The address with other values in its query."""
    parts = urlsplit(address)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **changed})).geturl()


@asynccontextmanager
async def open_house(wanted: Settings) -> AsyncIterator[House]:
    """A running Countersign that people sign in to."""
    async with running(wanted) as house:
        yield house


@asynccontextmanager
async def browser(house: House, at: Issuer) -> AsyncIterator[Browser]:
    """A browser with no cookies yet."""
    async with httpx2.AsyncClient(base_url=house.address, timeout=PATIENCE, follow_redirects=False) as client:
        yield Browser(client, at)
