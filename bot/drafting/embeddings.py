"""The embeddings endpoint, spoken to through langchain's `Embeddings` over openai's client."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import openai
from langchain_core.embeddings import Embeddings

from bot.drafting.knowledge.meaning import NoVectors
from bot.drafting.model import OPENAI
from bot.phrases import say

# Seconds: for a question, on whose draft somebody waits, and for a batch of articles, on which nobody does.
_HURRIED, _PATIENT = 5.0, 60.0


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """Which model, and where."""

    model: str
    api_key: str = field(repr=False)
    base_url: str = OPENAI


class CompatibleEmbeddings(Embeddings):
    """langchain's interface for any server that speaks as OpenAI's `/embeddings` does; asynchronous only.

    langchain-openai's own class counts tokens with a table that it downloads, and few servers know its answers.
    """

    def __init__(self, client: openai.AsyncOpenAI, model: str) -> None:
        self._client = client
        self._model = model

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector for each text. Raises what the client raises, and for an answer of another shape `ValueError`."""
        body = {"model": self._model, "input": texts, "encoding_format": "float"}
        answer: Any = await self._client.post("/embeddings", body=body, cast_to=object)
        rows = sorted(answer["data"], key=lambda row: row["index"])
        vectors = [[float(number) for number in row["embedding"]] for row in rows]
        if [row["index"] for row in rows] != list(range(len(texts))) or len(set(map(len, vectors))) != 1:
            raise ValueError
        return vectors

    async def aembed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return (await self.aembed_documents([text]))[0]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Nobody asks it to block."""
        raise NotImplementedError

    def embed_query(self, text: str) -> list[float]:
        """Nobody asks it to block."""
        raise NotImplementedError


class Endpoint:
    """An `Embedder` behind an OpenAI-compatible address."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        self._client = openai.AsyncOpenAI(
            api_key=settings.api_key.strip() or "none",
            base_url=settings.base_url or OPENAI,
            max_retries=0,
            # Time is kept in `embed` alone.
            timeout=None,
            http_client=openai.DefaultAioHttpClient(timeout=None),
        )
        self._embeddings = CompatibleEmbeddings(self._client, settings.model)

    async def embed(self, texts: Sequence[str], *, patient: bool) -> list[list[float]]:
        """See `Embedder.embed`."""
        seconds = _PATIENT if patient else _HURRIED
        try:
            async with asyncio.timeout(seconds):
                return await self._embeddings.aembed_documents(list(texts))
        except TimeoutError:
            raise NoVectors(say("model.slow", seconds=f"{seconds:g}")) from None
        except openai.APIStatusError as error:
            raise NoVectors(_of_status(error.status_code)) from error
        except openai.APIConnectionError as error:
            raise NoVectors(say("model.unreachable")) from error
        except (openai.OpenAIError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise NoVectors(say("model.unreadable")) from error
        except RuntimeError as error:
            # httpx does so for a client that was closed.
            raise NoVectors(say("model.uncallable")) from error

    async def close(self) -> None:
        """See `Embedder.close`."""
        await self._client.close()


def _of_status(status: int) -> str:
    if status in (401, 403):
        return say("model.key")
    if status == 404:
        return say("model.missing")
    if status == 429:
        return say("model.busy")
    return say("model.broken" if status >= 500 else "model.declined", status=status)
