"""What is asked of a language model and what it answers, without any library that speaks to one."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

OPENAI = "https://api.openai.com/v1"
Messages = list[tuple[str, str]]  # a role (`system`, `human`) and its words


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model, where, and how long it may take.

    `timeout` is for one call and `budget` for all of them with the pauses between, both in seconds; `pause` is the
    first pause, doubled with each further one.
    """

    name: str
    api_key: str = field(repr=False)
    base_url: str = OPENAI
    timeout: float = 60.0
    budget: float = 90.0
    attempts: int = 3
    temperature: float | None = None
    pause: float = 1.0


class Answer(BaseModel):
    """What the model has to fill in. Its JSON schema goes along with the call."""

    # The strict mode of structured output wants every field named and no others; an answer with more is read all the same.
    model_config = ConfigDict(extra="ignore", frozen=True, json_schema_extra={"additionalProperties": False})

    reply: str = Field(description="The reply to the customer, as plain text.")
    language: str = Field(description="ISO 639-1 code of the reply's language.")
    mood: Literal["positive", "neutral", "negative"] = Field(description="How the customer sounds.")
    angry: bool = Field(description="Whether the customer is angry.")
    cues: list[str] = Field(description="The customer's exact words that show it, at most six.")
    intent: str = Field(description="What the customer wants, in two to five English words.")
    risks: list[str] = Field(description="Those that apply: legal threat, refund, cancellation, personal data, safety.")
    sources: list[str] = Field(description="References of the articles that were used.")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an answer cannot be used: `reason` for the card, `advice` for the model's next attempt."""

    reason: str
    advice: str


class NoAnswer(Exception):
    """The model gave no answer that can be used. `reason` is a clause for the card, such as "the model refused"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Model(Protocol):
    """A language model."""

    name: str

    async def answer(self, messages: Messages, fault: Callable[[Answer], Fault | None]) -> Answer:
        """The first answer in which `fault` finds none. Raises `NoAnswer`."""

    async def close(self) -> None:
        """Let go of connections."""


class LateModel:
    """A configured model whose libraries are imported, in a thread, when it is first needed: they take two seconds."""

    def __init__(self, settings: ModelSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._model: Model | None = None
        self._loading = asyncio.Lock()

    async def load(self) -> Model:
        """Import and build it now. May be called ahead of time."""
        async with self._loading:
            if self._model is None:
                self._model = await asyncio.to_thread(_built, self._settings)
                # The libraries stay for good: looking through them at every full collection takes 70 ms.
                gc.freeze()
            return self._model

    async def answer(self, messages: Messages, fault: Callable[[Answer], Fault | None]) -> Answer:
        """See `Model.answer`."""
        return await (await self.load()).answer(messages, fault)

    async def close(self) -> None:
        """See `Model.close`."""
        if self._model is not None:
            await self._model.close()


def _built(settings: ModelSettings) -> Model:
    from bot.drafting.llm import ChatModel

    return ChatModel(settings)
