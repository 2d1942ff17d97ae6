"""The stand-in is strict, or tests against it would prove nothing."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.doubles.openai_server import PATH, OpenAIServer
from tests.drafting.stories import ROOT

PART = {"type": "string"}
GOOD: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}],
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "draft",
            "strict": True,
            "schema": {"type": "object", "properties": {"x": PART}, "required": ["x"], "additionalProperties": False},
        },
    },
}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
def server(running: OpenAIServer) -> OpenAIServer:
    running.forget()
    return running


async def status(server: OpenAIServer, body: Any, **headers: str) -> int:
    async with httpx2.AsyncClient() as client:
        url = server.url.removesuffix("/v1") + PATH
        return (await client.post(url, json=body, headers=headers or {"authorization": "Bearer k"})).status_code


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good request with one part changed; `None` takes it out."""
    request = copy.deepcopy(GOOD)
    part: Any = request
    *way, last = path.split("/")
    for step in way:
        part = part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return request


SCHEMA = "response_format/json_schema/schema"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model", None),
        ("model", ""),
        ("messages", []),
        ("messages", [{"role": "user", "content": "b"}]),
        ("messages", [{"role": "system", "content": ""}, {"role": "user", "content": "b"}]),
        ("tools", []),
        ("response_format", None),
        ("response_format/json_schema/name", "no spaces"),
        ("response_format/json_schema/strict", False),
        (f"{SCHEMA}/additionalProperties", None),
        (f"{SCHEMA}/required", []),
        (f"{SCHEMA}/properties/x", {"description": "no type"}),
        (f"{SCHEMA}/properties/x", {"$ref": "#/$defs/X", "description": "beside a reference"}),
    ],
)
async def test_what_the_real_server_refuses_is_refused(server: OpenAIServer, path: str, value: Any) -> None:
    """Each part of the request is looked at, and what is wrong is kept for the test to see."""
    assert await status(server, GOOD) == 200
    assert server.complaints == []
    assert await status(server, changed(path, value)) == 400
    assert server.complaints


async def test_a_call_without_a_key_is_not_authorized(server: OpenAIServer) -> None:
    """As with the real one."""
    assert await status(server, GOOD, authorization="Basic k") == 401
    assert server.seen == []


@pytest.fixture
def process() -> Iterator[str]:
    """The stand-in as a program; its address."""
    command = [sys.executable, "-m", "tests.doubles.openai_server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        yield running.stdout.readline().split()[-1].removesuffix("/v1")
        running.terminate()


async def test_it_runs_as_a_program_and_takes_a_script(process: str) -> None:
    """So that the whole bot can meet it through OPENAI_BASE_URL."""

    def ask(path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            process + path, data, {"Authorization": "Bearer k", "Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    assert ask("/script", [{"do": "rate_limited", "after": 1}, {"do": "good", "reply": "Hi"}]) == (200, {"queued": 2})
    assert ask(PATH, GOOD)[0] == 429
    answer = ask(PATH, GOOD)[1]
    assert json.loads(answer["choices"][0]["message"]["content"])["reply"] == "Hi"
    assert len(ask("/seen")[1]["seen"]) == 2
