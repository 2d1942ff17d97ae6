"""The front gate: who may ask, how much may come in, and what a browser is told it may do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from bot.console.app import create_app
from bot.console.guard import HEADERS, PROOF, Guard
from bot.console.parts import Console
from bot.store.bell import Bell
from bot.watching import Watch

OURS = {"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:8080", PROOF: "page"}


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


async def _ask(
    method: str = "GET", headers: dict[str, str] | None = None, body: bytes | AsyncIterator[bytes] = b""
) -> httpx2.Response:
    transport = httpx2.ASGITransport(Guard(_echo, limit=100))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        return await client.request(method, "/", content=body, headers=headers)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost:9", "LOCALHOST", "[::1]:8080", "[::1]"])
async def test_loopback_names_are_served(host: str) -> None:
    """Whatever name and port of this machine a person types, they get the page."""
    assert (await _ask(headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8080",
        "evil.example@127.0.0.1.x",
        "",
        "[::1",
        "::1",
    ],
)
async def test_other_names_are_turned_away(host: str) -> None:
    """A page elsewhere whose name was pointed at 127.0.0.1 (DNS rebinding) reads nothing."""
    answer = await _ask(headers={"host": host})
    assert answer.status_code == 403
    assert "127.0.0.1" in answer.json()["sentence"]


async def test_a_page_of_ours_may_post() -> None:
    """The same origin with our header goes through, and its body arrives whole."""
    answer = await _ask("POST", OURS, b"hello")
    assert (answer.status_code, answer.text) == (200, "hello")


async def test_a_program_on_this_machine_may_post() -> None:
    """Without a browser there is no Origin, and nobody to be deceived."""
    answer = await _ask("POST", {"host": "localhost", PROOF: "curl"}, b"hello")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {PROOF: None},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_other_pages_may_not_post(method: str, changed: dict[str, str | None]) -> None:
    """A form or a script on another site (CSRF) changes nothing, not even from another port of this machine."""
    answer = await _ask(method, {name: value for name, value in (OURS | changed).items() if value is not None})
    assert answer.status_code == 403
    assert answer.json()["done"] is False


async def test_too_much_is_refused_by_its_own_word() -> None:
    """A body that says it is too long is not even read."""
    read: list[bytes] = []

    async def pieces() -> AsyncIterator[bytes]:
        read.append(b"x")
        yield b"x" * 101

    answer = await _ask("POST", OURS | {"content-length": "101"}, pieces())
    assert answer.status_code == 413
    assert read == []


async def test_too_much_is_refused_when_it_says_nothing() -> None:
    """A body sent in pieces is counted as it comes."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 10

    answer = await _ask("POST", OURS, pieces())
    assert answer.status_code == 413


async def test_nonsense_about_the_length_is_refused() -> None:
    """A length that is no number is not believed."""
    answer = await _ask("POST", OURS | {"content-length": "-1"}, b"x")
    assert answer.status_code == 413


@pytest.mark.parametrize(("method", "headers"), [("GET", {}), ("GET", {"host": "evil.example"}), ("POST", {})])
async def test_every_answer_carries_the_headers(method: str, headers: dict[str, str]) -> None:
    """Also a refusal tells the browser to run nothing, frame nothing and keep nothing."""
    answer = await _ask(method, headers)
    for name, value in HEADERS:
        assert answer.headers[name] == value
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_a_fault_of_ours_stays_behind_the_gate() -> None:
    """A crash answers with a kind page and the same headers, and says nothing about itself."""

    async def broken() -> list[str]:
        raise RuntimeError("a secret of the program")

    nothing: Any = None
    app = create_app(
        Console(
            front=nothing,
            web=nothing,
            engine=nothing,
            bell=Bell(),
            people=(),
            customers=(),
            samples=(),
            may_answer=lambda person: True,
            ready=broken,
            version="0",
            stopping=asyncio.Event(),
            clock=lambda: 0.0,
            model="offline",
            doorman=nothing,
            teams={},
            watch=Watch(lambda: 0.0),
            systems=list,
            in_force=(),
            templates=nothing,
            catch_up=nothing,
        )
    )
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "try again" in answer.text
    for name, value in HEADERS:
        assert answer.headers[name] == value
