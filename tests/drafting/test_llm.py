"""The model over a real socket: every way a server can fail, and what the reviewer reads then."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bot.drafting.drafter import Drafter
from bot.drafting.model import LateModel, ModelSettings, NoAnswer
from bot.review.model import Draft
from tests.doubles import openai_answers as fake
from tests.doubles.openai_answers import Does
from tests.doubles.openai_server import PATH, OpenAIServer
from tests.drafting.stories import ARTICLES, ROOT, case

KEY = "sk-test-4711"
CASE = case("Hej! Hvornår får jeg mine penge tilbage? Jeg sendte støvlerne retur for ti dage siden.")


# One server for all of them, because uvicorn takes a fifth of a second to stop.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[OpenAIServer]:
    """The server. langchain is imported beforehand: its two seconds are no part of what is tested here."""
    __import__("bot.drafting.llm")
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
def server(running: OpenAIServer) -> Iterator[OpenAIServer]:
    """The server as new, and at the end a look whether it had to complain."""
    running.forget()
    yield running
    assert running.complaints == []


@asynccontextmanager
async def drafting(server: OpenAIServer, **settings: Any) -> AsyncIterator[Drafter]:
    values: dict[str, Any] = {"timeout": 10.0, "budget": 30.0, "attempts": 3, "pause": 0.001, **settings}
    drafter = Drafter(ARTICLES, LateModel(ModelSettings("gpt-4.1-mini", KEY, server.url, **values)))
    yield drafter
    await drafter.close()


async def drafted(server: OpenAIServer, *does: Does, **settings: Any) -> Draft:
    server.script(*does)
    async with drafting(server, **settings) as drafter:
        return await drafter.draft(CASE)


async def test_one_call_gives_everything(server: OpenAIServer) -> None:
    """Reply, language, mood, intent, risks and sources come from a single call with a strict schema."""
    ref = "returns.da#hvornar-far-jeg-mine-penge-tilbage"
    draft = await drafted(server, fake.good(mood="negative", cues=["mine penge"], risks=["refund"], sources=[ref]))
    assert (draft.reply, draft.model, draft.note) == (fake.REPLIES["Danish"][1], "gpt-4.1-mini", "")
    assert (draft.sentiment.judge, draft.sentiment.cues) == ("model", ("mine penge",))
    assert [source.ref for source in draft.sources] == [ref]
    assert len(server.seen) == 1
    assert server.seen[0]["model"] == "gpt-4.1-mini"
    assert "temperature" not in server.seen[0]
    assert f"[{ref}]" in server.system()
    assert server.customer().endswith(
        "> Hej! Hvornår får jeg mine penge tilbage? Jeg sendte støvlerne retur for ti dage siden."
    )


async def test_every_attempt_counts(server: OpenAIServer) -> None:
    """The provider charges for an answer that could not be used as well; one that says nonsense is taken to say nothing."""
    draft = await drafted(server, fake.in_english(), fake.good())
    assert (draft.usage.model, draft.usage.tokens_in, draft.usage.tokens_out) == ("gpt-4.1-mini", 1800, 240)
    lost = await drafted(server, fake.malformed(), fake.malformed(), fake.malformed())
    assert (lost.model, lost.usage.model, lost.usage.tokens_in) == ("offline", "gpt-4.1-mini", 2700)
    for nonsense in (None, "many", {"prompt_tokens": "x", "completion_tokens": -4}, {"prompt_tokens": None}):
        draft = await drafted(server, fake.counting(nonsense))
        assert (draft.model, draft.usage.tokens_in, draft.usage.tokens_out) == ("gpt-4.1-mini", 0, 0)


async def test_a_template_may_name_its_model(server: OpenAIServer) -> None:
    """Instead of the settings' one, with a temperature of its own; the draft names it."""
    server.script(fake.good())
    template = replace(CASE.template, model="gpt-dear", temperature=0.1)
    async with drafting(server, temperature=0.9) as drafter:
        draft = await drafter.draft(replace(CASE, template=template))
    assert (server.seen[0]["model"], server.seen[0]["temperature"]) == ("gpt-dear", 0.1)
    assert draft.model == "gpt-dear"


async def test_the_temperature_is_sent_when_it_is_set(server: OpenAIServer) -> None:
    """Some models refuse one, so it is only sent when the settings have it."""
    await drafted(server, temperature=0.2)
    assert server.seen[0]["temperature"] == 0.2


def quotes_nobody(note: str) -> bool:
    """Neither the customer's words nor the key nor what the model or the server said."""
    secrets = (KEY, "støvlerne", "rate_limit", "invalid_api_key", "Sure!", "I can't help", "127.0.0.1", "Traceback")
    return not any(words in note for words in secrets)


READ = "the model's answer could not be read"
ODD_MESSAGE = {"choices": [{"message": None, "finish_reason": "stop", "index": 0}]}
AGAIN = {
    "no JSON": (fake.malformed(), READ),
    "half a JSON": (fake.truncated(), READ),
    "out of tokens": (fake.cut_off(), READ),
    "another schema": (fake.wrong_schema(), READ),
    "no choices": (fake.no_choices(), READ),
    "null for choices": (fake.null_choices(), READ),
    "a tool call": (fake.tool_call(), READ),
    "a web page": (fake.page(), READ),
    "null": (fake.anything(None), READ),
    "a list": (fake.anything([]), READ),
    "plain text": (fake.anything("hello"), READ),
    "text for choices": (fake.anything({"choices": "x"}), READ),
    "an empty choice": (fake.anything({"choices": [{}]}), READ),
    "null for a message": (fake.anything(ODD_MESSAGE), READ),
    "an error with status 200": (fake.anything({"error": "x"}), READ),
    "nothing but brackets": (Does("[" * 100_000), READ),
    "brackets for a draft": (fake.content("[" * 100_000), READ),
    "null for a draft": (fake.content("null"), READ),
    "null for content": (fake.content(None), READ),
    "no content": (fake.content(""), READ),
    "an empty reply": (fake.empty_reply(), "the model's reply was empty"),
    "20,000 characters": (fake.long_reply(20_000), "the model's reply was longer than 4000 characters"),
    "a refusal": (fake.refusal(), "the model refused"),
    "a content filter": (fake.filtered(), "the model refused"),
    "429": (fake.rate_limited(), "the model has too much to do"),
    "500": (fake.broken(500), "the model's server had an error (500)"),
    "503": (fake.broken(503), "the model's server had an error (503)"),
    "too slow": (fake.slow(30), "the model did not answer within 0.6 s"),
    "hung up": (fake.dropped(), "the model could not be reached"),
}


@pytest.mark.parametrize(("does", "reason"), AGAIN.values(), ids=AGAIN.keys())
async def test_what_may_pass_is_tried_again_and_then_said(server: OpenAIServer, does: Does, reason: str) -> None:
    """One failure is mended by the next attempt; three end in the article's words with the reason on the card."""
    async with drafting(server, timeout=0.6 if does.delay else 10.0) as drafter:
        server.script(does)
        assert (await drafter.draft(CASE)).model == "gpt-4.1-mini"
        assert len(server.seen) == 2
        server.script(does, does, does)
        draft = await drafter.draft(CASE)
    assert len(server.seen) == 5
    assert (draft.model, draft.sentiment.judge) == ("offline", "rules")
    assert draft.reply.startswith("Hej Maja\n\nVi betaler pengene tilbage")
    assert draft.note == f"Taken from an article as it stands, because {reason}."
    assert quotes_nobody(draft.note)


FINAL = {
    "401": (fake.unauthorized(), "the key was refused"),
    "403": (fake.broken(403), "the key was refused"),
    "429 for the quota": (fake.insufficient_quota(), "the quota is used up"),
    "404": (fake.not_found(), "the model or its address does not exist"),
    "400": (fake.bad_request(), "the model's server did not take the request (400)"),
}


@pytest.mark.parametrize(("does", "reason"), FINAL.values(), ids=FINAL.keys())
async def test_what_will_not_pass_is_not_tried_again(server: OpenAIServer, does: Does, reason: str) -> None:
    """A refused key stays refused: one call, and the reason at once."""
    draft = await drafted(server, does)
    assert len(server.seen) == 1
    assert draft.note == f"Taken from an article as it stands, because {reason}."
    assert quotes_nobody(draft.note)


async def test_the_wrong_language_is_asked_for_again_with_the_right_one(server: OpenAIServer) -> None:
    """The second call says what was wrong; a third is not made."""
    draft = await drafted(server, fake.in_english(), fake.in_english())
    assert len(server.seen) == 2
    assert server.system().endswith("could not be used: the reply was in English; write it in Danish.")
    assert (draft.language, draft.note) == ("en", "The customer writes Danish, but this is in English.")


async def test_a_wrong_language_is_mended(server: OpenAIServer) -> None:
    """Mostly once is enough."""
    draft = await drafted(server, fake.in_english())
    assert (draft.language, draft.note) == ("da", "")


async def test_retry_after_is_waited_for(server: OpenAIServer) -> None:
    """The server knows best when it has time again."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    draft = await drafted(server, fake.rate_limited(after=0.2))
    assert draft.model == "gpt-4.1-mini"
    assert loop.time() - start >= 0.2


@pytest.mark.parametrize("after", [60, "Tue, 24 Nov 2099 12:00:00 GMT"])
async def test_a_longer_wait_than_the_budget_is_not_begun(server: OpenAIServer, after: int | str) -> None:
    """The card comes now instead of when the budget is used up."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    draft = await drafted(server, fake.rate_limited(after), budget=20.0)
    assert loop.time() - start < 5
    assert len(server.seen) == 1
    assert draft.note.endswith("because the model has too much to do.")


@pytest.mark.parametrize("after", ["soon", "-5", "nan", "inf", "1e400", ""])
async def test_nonsense_in_retry_after_is_no_wait(server: OpenAIServer, after: str) -> None:
    """A header nobody can read is as good as none."""
    assert (await drafted(server, fake.rate_limited(after))).model == "gpt-4.1-mini"


async def test_the_budget_ends_the_attempts(server: OpenAIServer) -> None:
    """However many attempts are allowed, the card comes when the budget is used up; the last reason is on it."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    draft = await drafted(server, *[fake.slow(30)] * 50, timeout=0.2, budget=0.5, attempts=50)
    assert loop.time() - start < 2
    assert len(server.seen) <= 3
    assert draft.note.endswith("because the model did not answer within 0.2 s.")


async def test_a_budget_shorter_than_a_call_ends_the_call(server: OpenAIServer) -> None:
    """The first call may not outlast the budget either."""
    draft = await drafted(server, fake.slow(30), timeout=20, budget=0.2)
    assert draft.note.endswith("because the model did not answer within 0.2 s.")


async def test_an_answer_that_trickles_in_is_too_slow(server: OpenAIServer) -> None:
    """A byte now and then keeps a connection alive, and must not keep a reviewer waiting."""
    draft = await drafted(server, *[fake.trickling(30)] * 3, timeout=0.3)
    assert draft.note.endswith("because the model did not answer within 0.3 s.")


async def test_nobody_listening_is_said() -> None:
    """An address where nothing runs."""
    drafter = Drafter(ARTICLES, LateModel(ModelSettings("m", "", "http://127.0.0.1:9/v1", pause=0.001, attempts=2)))
    assert (await drafter.draft(CASE)).note.endswith("because the model could not be reached.")
    await drafter.close()


async def test_a_proxy_variable_of_langchains_does_no_harm(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OPENAI_PROXY in the environment would keep the model from being built at all."""
    monkeypatch.setenv("OPENAI_PROXY", "http://127.0.0.1:9")
    assert (await drafted(server)).model == "gpt-4.1-mini"


async def test_a_variable_that_langchain_stumbles_over_is_said(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LANGCHAIN_TRACING is an old name that langchain refuses to run with."""
    monkeypatch.setenv("LANGCHAIN_TRACING", "true")
    draft = await drafted(server)
    assert (draft.model, len(server.seen)) == ("offline", 0)
    assert "LANGCHAIN_TRACING" in draft.note


async def test_a_server_without_a_key_is_asked_all_the_same(server: OpenAIServer) -> None:
    """A local server needs none."""
    drafter = Drafter(ARTICLES, LateModel(ModelSettings("local", "", server.url)))
    assert (await drafter.draft(CASE)).model == "local"
    await drafter.close()


async def test_stopping_the_program_stops_a_call_at_once(server: OpenAIServer) -> None:
    """A cancelled draft is cancelled, not tried again and not turned into a card."""
    server.script(fake.slow(30))
    async with drafting(server, timeout=20) as drafter:
        task = asyncio.create_task(drafter.draft(CASE))
        while not server.seen:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(server.seen) == 1


async def test_many_at_once_share_one_model(server: OpenAIServer) -> None:
    """Thirty-two drafts at the same time, the libraries loaded once."""
    async with drafting(server, timeout=5, budget=10) as drafter:
        drafts = await asyncio.gather(*(drafter.draft(CASE) for _ in range(32)))
    assert {draft.model for draft in drafts} == {"gpt-4.1-mini"}
    assert len(server.seen) == 32


async def test_a_key_is_not_shown() -> None:
    """Settings turn up in logs and tracebacks."""
    assert KEY not in repr(ModelSettings("m", KEY))
    assert KEY not in str(NoAnswer("the model refused"))


async def test_nobody_else_is_told(server: OpenAIServer) -> None:
    """Tracing that somebody switched on in their environment stays off: customers' words go to the model only.

    A process of its own, because langsmith reads its variables once.
    """
    code = (
        "import asyncio\n"
        "from bot.drafting.drafter import Drafter\n"
        "from bot.drafting.model import LateModel, ModelSettings\n"
        "from tests.drafting.test_llm import ARTICLES, CASE\n"
        f"drafter = Drafter(ARTICLES, LateModel(ModelSettings('m', 'k', {server.url!r})))\n"
        "async def main():\n"
        "    print((await drafter.draft(CASE)).model)\n"
        "    await drafter.close()\n"
        "asyncio.run(main())\n"
        "from langchain_core.tracers.langchain import wait_for_all_tracers\n"
        "wait_for_all_tracers()\n"
    )
    elsewhere = server.url.removesuffix("/v1")
    traced = {f"{name}_TRACING_V2": "true" for name in ("LANGSMITH", "LANGCHAIN")}
    traced |= {"LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": elsewhere, "LANGCHAIN_ENDPOINT": elsewhere}
    traced |= {"LANGSMITH_API_KEY": "ls-test", "LANGSMITH_GATEWAY": elsewhere}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, env={**os.environ, **traced}, stdout=subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert told.decode().strip() == "m"
    assert server.paths == [PATH]
