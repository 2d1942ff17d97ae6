"""What is asked of a language model and what it answers, without any library that speaks to one."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bot.review.model import Call

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


class Shape(BaseModel):
    """What a model has to fill in. Its JSON schema goes along with the call."""

    # The strict mode of structured output wants every field named and no others; an answer with more is read all the same.
    model_config = ConfigDict(extra="ignore", frozen=True, json_schema_extra={"additionalProperties": False})


class Answer(Shape):
    """A reply, and what there is to say about the message it answers."""

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


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a model's provider counts and charges for, as it says itself; 0 from one that does not say."""

    sent: int = 0
    received: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.sent + other.sent, self.received + other.received)


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs for a million tokens sent and received, in the settings' currency."""

    sent: float = 0.0
    received: float = 0.0

    def of(self, tokens: Tokens) -> float:
        """What these tokens cost."""
        return (tokens.sent * self.sent + tokens.received * self.received) / 1_000_000


class NoAnswer(Exception):
    """The model gave no answer that can be used.

    `reason` is a clause for the card, such as "the model refused"; `down` that it would give nobody an answer now;
    `tokens` are what it took all the same, and `calls` what was said.
    """

    def __init__(
        self, reason: str, *, down: bool = False, tokens: Tokens = Tokens(), calls: tuple[Call, ...] = ()
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.down = down
        self.tokens = tokens
        self.calls = calls


@dataclass(frozen=True, slots=True)
class Manner:
    """How a template wants its model: another one than the settings name, or another temperature."""

    model: str = ""
    temperature: float | None = None


S = TypeVar("S", bound=Shape)
AS_SET = Manner()
# As many cases as a model that is well may be given again at a time.
PLENTY = 1_000


@dataclass(frozen=True, slots=True)
class Answered(Generic[S]):
    """What came of asking: the answer, the name of the model that gave it, and the tokens of all attempts.

    `instead` is why it was not the first choice, a clause for the card, or empty. `calls` are all attempts, letter by
    letter.
    """

    answer: S
    by: str
    tokens: Tokens = Tokens()
    instead: str = ""
    calls: tuple[Call, ...] = ()


class Model(Protocol):
    """A language model."""

    name: str

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        """The first answer of this shape in which `fault` finds none. Raises `NoAnswer`."""

    def back(self) -> int:
        """How many cases that it could not answer it may be given again now."""

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

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        """See `Model.answer`."""
        return await (await self.load()).answer(messages, shape, fault, manner)

    def back(self) -> int:
        """See `Model.back`. By itself a model never knows that it is down."""
        return PLENTY

    async def close(self) -> None:
        """See `Model.close`."""
        if self._model is not None:
            await self._model.close()


def _built(settings: ModelSettings) -> Model:
    from bot.drafting.llm import ChatModel

    return ChatModel(settings)
