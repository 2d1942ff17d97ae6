"""Every way in which a call can fail has a name, and every attempt is exactly one request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.channels.base import Refusal, Silence
from bot.channels.slack.client import FINAL, SlackClient, SlackRefusal
from bot.phrases import say
from tests.channels.slack.stub import TOKEN, Answer, Json, Stub, refused

POST = "chat.postMessage"


@pytest.fixture
async def client(stub: Stub) -> AsyncIterator[SlackClient]:
    """A client of the stub."""
    made = SlackClient(TOKEN, stub.base)
    yield made
    await made.close()


async def failing(client: SlackClient, stub: Stub, answer: Answer) -> Refusal | Silence:
    """What a post that is answered so ends in; one attempt is one request."""
    stub.answers[POST] = answer
    with pytest.raises((Refusal, Silence)) as caught:
        await client.tell(POST, channel="C1", text="x")
    assert len(stub.of(POST)) == 1
    error = caught.value
    assert isinstance(error, Refusal | Silence)
    return error


def says(status: int, body: str, kind: str) -> Answer:
    """An answer that is not Slack's own."""

    def answer(_: Json) -> web.StreamResponse:
        return web.Response(status=status, body=body.encode("latin-1"), content_type=kind)

    return answer


@pytest.mark.parametrize("code", sorted(FINAL))
async def test_what_somebody_has_to_mend_is_final(client: SlackClient, stub: Stub, code: str) -> None:
    """Trying again would not help, and the card says in words what would."""
    error = await failing(client, stub, refused(code))
    assert isinstance(error, SlackRefusal)
    assert error.final
    assert error.code == code
    assert error.reason


async def test_an_unknown_error_is_a_refusal_that_may_pass(client: SlackClient, stub: Stub) -> None:
    """Slack said no; why is shown in its own word."""
    error = await failing(client, stub, refused("some_new_error"))
    assert isinstance(error, Refusal)
    assert not error.final
    assert "some_new_error" in error.reason


@pytest.mark.parametrize("code", ["fatal_error", "internal_error"])
async def test_a_fatal_error_may_have_succeeded(client: SlackClient, stub: Stub, code: str) -> None:
    """Slack: "it's possible some aspect of the operation succeeded"."""
    assert isinstance(await failing(client, stub, refused(code)), Silence)


@pytest.mark.parametrize("after", ["7", None, "soon", "-1"])
async def test_too_much_asks_for_a_pause(client: SlackClient, stub: Stub, after: str | None) -> None:
    """429 is certainly not taken, and says when to come again."""
    headers = {} if after is None else {"Retry-After": after}
    error = await failing(client, stub, refused("ratelimited", 429, **headers))
    assert isinstance(error, Refusal)
    assert (error.wait, error.final) == (7.0 if after == "7" else 1.0, False)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, "", "text/html"),
        (502, "<html>Bad gateway", "text/html"),
        (503, '{"ok": false, "error": "service_unavailable"}', "application/json"),
        (504, "late", "text/plain"),
        (200, "<html>A proxy's page", "text/html"),
        (200, "{not json", "application/json"),
        (200, "\xff\xfe", "application/json"),
        (200, "[1, 2]", "application/json"),
        (200, "null", "application/json"),
        (200, "fine", "text/plain"),
        (200, "{}", "application/json"),
        (404, "nothing here", "text/plain"),
    ],
)
async def test_an_answer_that_says_nothing_is_silence(
    client: SlackClient, stub: Stub, status: int, body: str, kind: str
) -> None:
    """It may have been taken: only looking can tell."""
    assert isinstance(await failing(client, stub, says(status, body, kind)), Silence)


async def test_a_dropped_line_is_silence_and_not_sent_again() -> None:
    """The SDK would send again by itself, and the customer would read it twice."""
    _SEEN.clear()
    raw = await asyncio.start_server(_hang_up, "127.0.0.1", 0)
    port = raw.sockets[0].getsockname()[1]
    client = SlackClient(TOKEN, f"http://127.0.0.1:{port}/api/")
    with pytest.raises(Silence):
        await client.tell(POST, channel="C1", text="x")
    assert len(_SEEN) == 1
    await client.close()
    raw.close()
    await raw.wait_closed()


_SEEN: list[bytes] = []


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read the whole request, then hang up without an answer."""
    _SEEN.append(await reader.readuntil(b"\r\n\r\n"))
    writer.close()


async def test_no_connection_is_a_refusal(client: SlackClient) -> None:
    """Nothing can have arrived where nobody listens, so nobody need look."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    lost = SlackClient(TOKEN, f"http://127.0.0.1:{port}/api/")
    with pytest.raises(Refusal) as caught:
        await lost.tell(POST, channel="C1", text="x")
    assert not caught.value.final
    assert caught.value.reason == say("slack.trouble.unreachable")
    await lost.close()


async def test_no_answer_in_time_is_silence(stub: Stub) -> None:
    """An answer that comes too late does not count."""

    async def slowly(_: Json) -> Json:
        await asyncio.sleep(3)
        return {"ok": True}

    client = SlackClient(TOKEN, stub.base, timeout=0.2)
    assert isinstance(await failing(client, stub, slowly), Silence)
    await client.close()


async def test_reads_are_asked_and_posts_are_told(client: SlackClient, stub: Stub) -> None:
    """Methods that read take no JSON; what is None is left out; the token is in no body."""
    await client.ask("users.info", user="U1", cursor=None)
    await client.tell(POST, channel="C1", text="x", thread_ts=None)
    assert stub.calls == [("users.info", {"user": "U1"}), (POST, {"channel": "C1", "text": "x"})]


async def test_one_session_serves_every_call(client: SlackClient) -> None:
    """A session for each call would cost a TLS handshake each."""
    await client.ask("users.info", user="U1")
    session = client.session
    await client.tell(POST, channel="C1", text="x")
    assert client.session is session
    assert client.web.retry_handlers == []


async def test_a_proxy_of_the_environment_is_taken(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a company's proxy Slack can be reached through it only."""
    monkeypatch.setenv("http_proxy", stub.base.removesuffix("/api/"))
    client = SlackClient(TOKEN, "http://slack.invalid/api/")
    await client.tell(POST, channel="C1", text="x")
    assert stub.calls == [(POST, {"channel": "C1", "text": "x"})]
    await client.close()


async def test_an_address_that_needs_no_proxy_is_asked_directly(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK alone would ask the proxy, which here does not exist."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    client = SlackClient(TOKEN, stub.base)
    await client.tell(POST, channel="C1", text="x")
    assert len(stub.of(POST)) == 1
    await client.close()


async def test_a_netrc_does_no_harm(stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """aiohttp refuses to send a token to a host for which a .netrc has a password, and `default` is every host."""
    (tmp_path / "netrc").write_text("default login ana password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    client = SlackClient(TOKEN, stub.base)
    await client.tell(POST, channel="C1", text="x")
    assert len(stub.of(POST)) == 1
    await client.close()
