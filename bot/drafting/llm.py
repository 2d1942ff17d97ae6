"""The model, spoken to through langchain and openai. The only file that imports them; a call never posts anything.

Whatever goes wrong becomes one of two things: `_Again`, which is tried again while the budget lasts, or `NoAnswer`.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import re
from collections.abc import Callable
from typing import Any

import openai
from langchain_core.messages import AIMessage, BaseMessage
from langchain_openai import ChatOpenAI
from langsmith import tracing_context
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_random_exponential

from bot.drafting.model import OPENAI, Answer, Fault, Messages, ModelSettings, NoAnswer
from bot.phrases import say

_SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "draft", "strict": True, "schema": Answer.model_json_schema()},
}
_LONGEST_PAUSE = 20.0
# What comes up when a compatible server answers with JSON of another shape: no choices, null, text, ten thousand brackets.
_MISSHAPEN = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class _Again(Exception):
    """This attempt failed in a way that another may not. `wait` is the pause the server asked for, in seconds."""

    def __init__(self, reason: str, *, wait: float = 0.0, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.advice = advice


class ChatModel:
    """Any model behind an OpenAI-compatible address."""

    def __init__(self, settings: ModelSettings) -> None:
        self.name = settings.name
        self._settings = settings
        # A client of our own: langchain's is shared between event loops and cannot be closed.
        self._client = openai.DefaultAsyncHttpxClient(timeout=settings.timeout)
        self._chat = ChatOpenAI(
            model=settings.name,
            # A local server needs no key, but the library wants one; without an address here it looks for others.
            api_key=SecretStr(settings.api_key.strip() or "none"),
            base_url=settings.base_url or OPENAI,
            # This client takes HTTPS_PROXY; langchain's own OPENAI_PROXY does not go with a client of ours.
            openai_proxy=None,
            temperature=settings.temperature,
            timeout=settings.timeout,
            max_retries=0,
            http_async_client=self._client,
        ).bind(response_format=_SCHEMA)
        self._pause = wait_random_exponential(multiplier=settings.pause, max=_LONGEST_PAUSE)

    async def answer(self, messages: Messages, fault: Callable[[Answer], Fault | None]) -> Answer:
        """The first answer in which `fault` finds none. Raises `NoAnswer`."""
        reason, advice = self._too_slow(self._settings.budget), ""
        try:
            async with asyncio.timeout(self._settings.budget):
                async for attempt in self._attempts():
                    with attempt:
                        try:
                            return await self._attempt(_advised(messages, advice), fault)
                        except _Again as again:
                            reason, advice = again.reason, again.advice or advice
                            raise
        except TimeoutError:
            raise NoAnswer(reason) from None
        except _Again as again:
            raise NoAnswer(again.reason) from again
        raise AssertionError("tenacity tries at least once")

    def _attempts(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception_type(_Again),
            stop=stop_after_attempt(self._settings.attempts) | stop_before_delay(self._settings.budget),
            wait=self._wait,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        """As long as the server asked for, else a little longer each time."""
        error = state.outcome.exception() if state.outcome else None
        return max(error.wait if isinstance(error, _Again) else 0.0, self._pause(state))

    async def _attempt(self, messages: Messages, fault: Callable[[Answer], Fault | None]) -> Answer:
        answer = _read(await self._call(messages))
        if found := fault(answer):
            raise _Again(found.reason, advice=found.advice)
        return answer

    async def _call(self, messages: Messages) -> BaseMessage:
        try:
            # The timeout of the client starts anew with every byte; this one does not.
            async with asyncio.timeout(self._settings.timeout):
                # Variables like LANGSMITH_TRACING in somebody's environment would send customers' words elsewhere.
                with tracing_context(enabled=False):
                    return await self._chat.ainvoke(messages)
        except (TimeoutError, openai.APITimeoutError) as error:
            raise _Again(self._too_slow(self._settings.timeout)) from error
        except openai.ContentFilterFinishReasonError as error:
            raise _Again(say("model.refused")) from error
        except openai.APIStatusError as error:
            raise _of_status(error) from error
        except openai.APIConnectionError as error:
            raise _Again(say("model.unreachable")) from error
        except (openai.OpenAIError, *_MISSHAPEN) as error:
            raise _Again(say("model.unreadable")) from error
        except RuntimeError as error:
            # langchain does so for LANGCHAIN_TRACING in the environment, httpx for a client that was closed.
            raise NoAnswer(say("model.uncallable")) from error

    @staticmethod
    def _too_slow(seconds: float) -> str:
        return say("model.slow", seconds=f"{seconds:g}")

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def _advised(messages: Messages, advice: str) -> Messages:
    """The same messages; after an answer that could not be used, the system's words say why."""
    if not advice:
        return messages
    (role, words), *others = messages
    return [(role, f"{words}\n\nYour last answer could not be used: {advice}"), *others]


def _read(message: BaseMessage) -> Answer:
    if message.additional_kwargs.get("refusal"):
        raise _Again(say("model.refused"))
    if not isinstance(message, AIMessage) or not isinstance(message.content, str):
        raise _Again(say("model.unreadable"))
    try:
        return Answer.model_validate(json.loads(message.content))
    except (ValueError, RecursionError) as error:
        raise _Again(say("model.unreadable"), advice="it was not JSON of the given schema.") from error


def _of_status(error: openai.APIStatusError) -> _Again | NoAnswer:
    """What an HTTP status means for the next attempt."""
    if error.code == "insufficient_quota":
        return NoAnswer(say("model.quota"))
    if error.status_code in (401, 403):
        return NoAnswer(say("model.key"))
    if error.status_code == 404:
        return NoAnswer(say("model.missing"))
    if error.code == "content_filter":
        return _Again(say("model.refused"))
    if error.status_code == 429:
        return _Again(say("model.busy"), wait=_retry_after(error.response.headers))
    if error.status_code in (408, 409) or error.status_code >= 500:
        return _Again(say("model.broken", status=error.status_code), wait=_retry_after(error.response.headers))
    return NoAnswer(say("model.declined", status=error.status_code))


def _retry_after(headers: Any) -> float:
    """Seconds from `Retry-After`, which is a number or a date (RFC 9110, 10.2.3); 0 when it has none or nonsense."""
    value = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", value):
        return float(value)
    try:
        until, now = (email.utils.parsedate_to_datetime(date) for date in (value, headers.get("date", "")))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0
