"""The model, spoken to through langchain and openai. The only file that imports them; a call never posts anything.

Whatever goes wrong becomes one of two things: `_Again`, which is tried again while the budget lasts, or `NoAnswer`.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGeneration, ChatResult
from langsmith import tracing_context
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_random_exponential

from bot.drafting.model import (
    AS_SET,
    OPENAI,
    PLENTY,
    Answered,
    Fault,
    Manner,
    Messages,
    ModelSettings,
    NoAnswer,
    S,
    Shape,
    Tokens,
)
from bot.phrases import say
from bot.review.model import Call

_LONGEST_PAUSE = 20.0
# What comes up when a compatible server answers with JSON of another shape: no choices, null, text, ten thousand brackets.
_MISSHAPEN = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class _Again(Exception):
    """This attempt failed in a way that another may not.

    `wait` is the pause the server asked for, in seconds; `down` means that nobody would have been answered.
    """

    def __init__(self, reason: str, *, wait: float = 0.0, advice: str = "", down: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.advice = advice
        self.down = down


@dataclass(slots=True)
class _Record:
    """What came of a case so far: every call, and the tokens of all of them."""

    spent: Tokens = field(default_factory=Tokens)
    calls: list[Call] = field(default_factory=list)


@cache
def _schema(shape: type[Shape]) -> dict[str, Any]:
    named = {"name": shape.__name__.lower(), "strict": True, "schema": shape.model_json_schema()}
    return {"type": "json_schema", "json_schema": named}


class _Chat(BaseChatModel):
    """langchain's chat model over openai's client, for one kind of question: messages in, JSON of a schema out.

    Its answer carries `refusal` and `finish_reason` as the server said them. Raises what the client raises, and
    whatever comes up in an answer of another shape.
    """

    model: str
    client: openai.AsyncOpenAI
    temperature: float | None = None

    @property
    def _llm_type(self) -> str:
        return "openai-compatible"

    async def _agenerate(self, messages: list[BaseMessage], *_: Any, **asked: Any) -> ChatResult:
        said = convert_to_openai_messages(messages)
        manner: Manner = asked["manner"]
        model = manner.model or self.model
        body: dict[str, Any] = {"model": model, "messages": said, "response_format": asked["schema"]}
        temperature = self.temperature if manner.temperature is None else manner.temperature
        if temperature is not None:
            body["temperature"] = temperature
        # Not `chat.completions`: it goes through every part of the schema before and of the answer after, which costs
        # four times as much as all of the rest (docs/decisions/0009).
        answer: Any = await self.client.post("/chat/completions", body=body, cast_to=object)
        choice = answer["choices"][0]
        message = AIMessage(
            content=choice["message"]["content"] or "",
            additional_kwargs={"refusal": choice["message"].get("refusal")},
            response_metadata={"finish_reason": choice.get("finish_reason"), "usage": answer.get("usage")},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        """Nobody asks it to block."""
        raise NotImplementedError


class ChatModel:
    """Any model behind an OpenAI-compatible address."""

    def __init__(self, settings: ModelSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._client = openai.AsyncOpenAI(
            # A local server needs no key, but the library wants one; without an address here it looks for others.
            api_key=settings.api_key.strip() or "none",
            base_url=settings.base_url or OPENAI,
            max_retries=0,
            # Time is kept in `_call` alone. On aiohttp the library calls a refused connection a timeout as well.
            timeout=None,
            http_client=openai.DefaultAioHttpClient(timeout=None),
        )
        self._chat = _Chat(model=settings.name, client=self._client, temperature=settings.temperature)
        self._pause = wait_random_exponential(multiplier=settings.pause, max=_LONGEST_PAUSE)

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        """The first answer of this shape in which `fault` finds none. Raises `NoAnswer`."""
        last, advice = _Again(self._too_slow(self._settings.budget), down=True), ""
        model, record = manner.model or self.name, _Record()
        try:
            async with asyncio.timeout(self._settings.budget):
                async for attempt in self._attempts():
                    with attempt:
                        try:
                            answer = await self._attempt(_advised(messages, advice), shape, fault, manner, record)
                            return Answered(answer, model, record.spent, calls=tuple(record.calls))
                        except _Again as again:
                            last, advice = again, again.advice or advice
                            raise
        except (TimeoutError, _Again):
            raise NoAnswer(last.reason, down=last.down, tokens=record.spent, calls=tuple(record.calls)) from None
        except NoAnswer as none:
            none.tokens, none.calls = record.spent, tuple(record.calls)
            raise
        raise AssertionError("tenacity tries at least once")

    async def _attempt(
        self, sent: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner, record: _Record
    ) -> S:
        """One call, which goes on record however it ends. Raises `_Again` or `NoAnswer`."""
        said, why = "", self._too_slow(self._settings.budget)
        try:
            message = await self._call(sent, shape, manner)
            said = str(message.text)
            record.spent += _tokens(message)
            answer = _checked(message, shape, fault)
            why = ""
        except (_Again, NoAnswer) as failed:
            why = failed.reason
            raise
        finally:
            record.calls.append(Call(manner.model or self.name, tuple(sent), said, why))
        return answer

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

    async def _call(self, messages: Messages, shape: type[Shape], manner: Manner) -> BaseMessage:
        try:
            async with asyncio.timeout(self._settings.timeout):
                # Variables like LANGSMITH_TRACING in somebody's environment would send customers' words elsewhere.
                with tracing_context(enabled=False):
                    return await self._chat.ainvoke(messages, schema=_schema(shape), manner=manner)
        except TimeoutError as error:
            raise _Again(self._too_slow(self._settings.timeout), down=True) from error
        except openai.APIStatusError as error:
            raise _of_status(error) from error
        except openai.APIConnectionError as error:
            raise _Again(say("model.unreachable"), down=True) from error
        except (openai.OpenAIError, *_MISSHAPEN) as error:
            raise _Again(say("model.unreadable")) from error
        except RuntimeError as error:
            # langchain does so for LANGCHAIN_TRACING in the environment, httpx for a client that was closed.
            raise NoAnswer(say("model.uncallable")) from error

    @staticmethod
    def _too_slow(seconds: float) -> str:
        return say("model.slow", seconds=f"{seconds:g}")

    def back(self) -> int:
        """By itself a model never knows that it is down."""
        return PLENTY

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()


def _advised(messages: Messages, advice: str) -> Messages:
    """The same messages; after an answer that could not be used, the system's words say why."""
    if not advice:
        return messages
    (role, words), *others = messages
    return [(role, f"{words}\n\nYour last answer could not be used: {advice}"), *others]


def _checked(message: BaseMessage, shape: type[S], fault: Callable[[S], Fault | None]) -> S:
    answer = _read(message, shape)
    if found := fault(answer):
        raise _Again(found.reason, advice=found.advice)
    return answer


def _tokens(message: BaseMessage) -> Tokens:
    """As the server counted them. One that sends nonsense is taken to have said nothing."""
    usage = message.response_metadata["usage"]
    said = usage if isinstance(usage, dict) else {}
    sent, received = (
        n if isinstance(n := said.get(name), int) and n > 0 else 0 for name in ("prompt_tokens", "completion_tokens")
    )
    return Tokens(sent, received)


def _read(message: BaseMessage, shape: type[S]) -> S:
    if message.additional_kwargs["refusal"] or message.response_metadata["finish_reason"] == "content_filter":
        raise _Again(say("model.refused"))
    try:
        return shape.model_validate(json.loads(message.text))
    except (ValueError, RecursionError) as error:
        raise _Again(say("model.unreadable"), advice="it was not JSON of the given schema.") from error


def _of_status(error: openai.APIStatusError) -> _Again | NoAnswer:
    """What an HTTP status means for the next attempt."""
    if error.code == "insufficient_quota":
        return NoAnswer(say("model.quota"), down=True)
    if error.status_code in (401, 403):
        return NoAnswer(say("model.key"), down=True)
    if error.status_code == 404:
        return NoAnswer(say("model.missing"), down=True)
    if error.code == "content_filter":
        return _Again(say("model.refused"))
    if error.status_code == 429:
        return _Again(say("model.busy"), wait=_retry_after(error.response.headers), down=True)
    if error.status_code in (408, 409) or error.status_code >= 500:
        broken = say("model.broken", status=error.status_code)
        return _Again(broken, wait=_retry_after(error.response.headers), down=True)
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
