"""Articles found by what they mean, over a real socket; and what happens when nobody is there to say what they mean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.drafting.embeddings import EmbeddingSettings, Endpoint
from bot.drafting.knowledge import Origin
from bot.drafting.knowledge.library import ByLetters, Library
from bot.drafting.knowledge.meaning import ByMeaning
from bot.drafting.knowledge.retriever import Fused
from bot.drafting.knowledge.vectors import VectorFile
from tests.doubles.embeddings_server import EmbeddingsServer, Fails

ARTICLES = {
    "parcel.en.md": "We tell you by mail where your package is on its way.",
    "refund.en.md": "You are given your money back within ten days.",
    "mend.en.md": "What is defective we mend for nothing.",
    "hours.en.md": "Open from ten to six in the harbour.",
    "pakke.da.md": "Din pakke er på vej.",
}
QUESTION = "Any chance of getting reimbursed?"


def put(folder: Path, articles: dict[str, str]) -> None:
    for name, text in articles.items():
        (folder / name).write_text(text, "utf-8")


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingsServer]:
    async with EmbeddingsServer() as server:
        yield server


@asynccontextmanager
async def searching(server: EmbeddingsServer, folder: Path, **more: Any) -> AsyncIterator[tuple[Library, ByMeaning]]:
    library = Library([Origin(folder)])
    endpoint = Endpoint(EmbeddingSettings("small", "sk-vectors", more.get("url", server.url)))
    meaning = ByMeaning(lambda: library.current, endpoint, 0.6, VectorFile(folder / "cache" / "x.vectors"))
    try:
        await meaning.refreshed()
        yield library, meaning
    finally:
        await meaning.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, ARTICLES)
    return tmp_path


async def found(retriever: ByMeaning | Fused, question: str = QUESTION, *languages: str) -> list[str]:
    finds = await retriever.search(question, languages or ("en",))
    return [find.section.ref for find in finds]


async def test_what_means_the_same_is_found_though_it_shares_no_letters(folder: Path, server: EmbeddingsServer) -> None:
    """By its meaning; by its letters nothing is. And by both together it is."""
    async with searching(server, folder) as (library, meaning):
        letters = ByLetters(library)
        assert await letters.search(QUESTION, ["en"]) == []
        assert await found(meaning) == ["refund.en"]
        assert await found(Fused(letters, meaning)) == ["refund.en"]
    assert set(server.keys) == {"sk-vectors"}


async def test_what_nothing_means_is_not_found(folder: Path, server: EmbeddingsServer) -> None:
    """Below the floor nothing is found, with both together too; the right one in another language is not asked for."""
    async with searching(server, folder) as (library, meaning):
        for question in ("Who is the mayor of Vladivostok?", "", "  \n"):
            assert await found(meaning, question) == []
            assert await found(Fused(ByLetters(library), meaning), question) == []
        assert await found(meaning, "Where is my parcel?", "fr") == []
        assert await found(meaning, "Where is my parcel?", "da") == ["pakke.da"]


async def test_personal_data_stays_at_home(folder: Path, server: EmbeddingsServer) -> None:
    """The endpoint reads what is meant, not who means it."""
    async with searching(server, folder) as (_, meaning):
        assert await found(meaning, "A refund for mia@example.org, card 4111 1111 1111 1111?") == ["refund.en"]
        (asked,) = server.asked[-1]
        assert "refund for [EMAIL_1]" in asked
        assert "4111" not in asked


async def test_what_both_find_stands_before_what_one_finds(folder: Path, server: EmbeddingsServer) -> None:
    """A question about two things: the one with the letters as well is the first."""
    async with searching(server, folder) as (library, meaning):
        both = Fused(ByLetters(library), meaning)
        question = "Is it defective? And my money back within how many days?"
        assert set(await found(meaning, question)) == {"mend.en", "refund.en"}
        assert (await found(both, question))[0] == "refund.en"
        assert both.languages == ("da", "en")


@pytest.mark.parametrize(
    ("fails", "reason"),
    [
        (Fails(500), "an error (500)"),
        (Fails(429), "too much to do"),
        (Fails(401), "the key was refused"),
        (Fails(404), "does not exist"),
        (Fails(hang_up=True), "an error (500)"),
        (Fails(200, {"data": []}), "could not be read"),
        (Fails(200, {"data": [{"index": 0, "embedding": [0.0] * 48}]}), "could not be read"),
        (Fails(200, {"data": [{"index": 0, "embedding": ["x"]}]}), "could not be read"),
        (Fails(200, {"data": [{"index": 0, "embedding": [1e999] * 48}]}), "could not be read"),
        (Fails(200, {"data": [{"index": 3, "embedding": [1.0] * 48}]}), "could not be read"),
        (Fails(200, ["vectors"]), "could not be read"),
        (Fails(200, None), "could not be read"),
    ],
)
async def test_when_the_endpoint_fails_letters_are_enough(
    folder: Path, server: EmbeddingsServer, fails: Fails, reason: str
) -> None:
    """The draft is made, the trouble is told, nobody is asked again before the next look, and then all is well."""
    question = "When do I get my money back within days?"
    async with searching(server, folder) as (library, meaning):
        both = Fused(ByLetters(library), meaning)
        server.script.append(fails)
        assert await found(both, question) == ["refund.en"]
        assert reason in both.trouble
        asked = len(server.asked)
        assert await found(both, question) == ["refund.en"]
        assert len(server.asked) == asked
        await meaning.refreshed()
        assert await found(both) == ["refund.en"]
        assert both.trouble == ""


async def test_without_anybody_there_at_the_start(folder: Path, server: EmbeddingsServer) -> None:
    """It starts all the same, and says so."""
    async with searching(server, folder, url="http://127.0.0.1:9/v1") as (library, meaning):
        assert "could not be reached" in meaning.trouble
        assert await found(Fused(ByLetters(library), meaning), "Where is my package on its way?") == ["parcel.en"]


async def test_no_text_is_sent_twice(folder: Path, server: EmbeddingsServer) -> None:
    """Not at the next look, not after a start; only what changed. And a broken cache is as good as none."""
    async with searching(server, folder) as (library, meaning):
        assert sorted(text for call in server.asked for text in call) == sorted(
            f"{one.title}\n{one.text}" for one in library.current
        )
        server.asked.clear()
        await meaning.refreshed()
        put(folder, {"hours.en.md": "Reimbursements on Mondays."})
        await library.refreshed()
        await meaning.refreshed()
        assert server.asked == [["hours\nReimbursements on Mondays."]]
        assert set(await found(meaning)) == {"refund.en", "hours.en"}
    server.asked.clear()
    async with searching(server, folder) as (_, meaning):
        assert server.asked == []
        assert len(await found(meaning)) == 2
    (folder / "cache" / "x.vectors").write_bytes(b"nonsense" * 10)
    async with searching(server, folder) as (_, meaning):
        assert len(await found(meaning)) == 2


async def test_what_an_article_said_before_is_not_found(folder: Path, server: EmbeddingsServer) -> None:
    """Whatever its vector still is: the words may be wrong or internal by now."""
    async with searching(server, folder) as (library, meaning):
        put(folder, {"refund.en.md": "You are given your money back within twenty days."})
        await library.refreshed()
        assert await found(meaning) == []
        server.script.append(Fails(500))
        await meaning.refreshed()
        assert await found(meaning) == []
        await meaning.refreshed()
        (find,) = await meaning.search(QUESTION, ["en"])
        assert find.section.text.endswith("within twenty days.")


async def test_an_article_that_became_internal_says_so(folder: Path, server: EmbeddingsServer) -> None:
    """Its words and its vector are the same as before."""
    put(folder, {"refund.en.md": f"---\naudience: public\n---\n{ARTICLES['refund.en.md']}"})
    async with searching(server, folder) as (library, meaning):
        assert [find.section.public for find in await meaning.search(QUESTION, ["en"])] == [True]
        put(folder, ARTICLES)
        await library.refreshed()
        assert await found(meaning) == []
        await meaning.refreshed()
        assert [find.section.public for find in await meaning.search(QUESTION, ["en"])] == [False]


async def test_another_model_under_the_same_name(folder: Path, server: EmbeddingsServer) -> None:
    """Its vectors cannot be compared with the old ones: all are made anew, and letters are enough until then."""
    async with searching(server, folder) as (_, meaning):
        server.wide = 64
        assert await found(meaning) == []
        assert "other vectors than before" in meaning.trouble
        await meaning.refreshed()
        assert await found(meaning) == ["refund.en"]
        assert meaning.trouble == ""


async def test_a_cache_that_cannot_be_written_costs_nothing_but_the_next_start(
    folder: Path, server: EmbeddingsServer
) -> None:
    """A read-only disk is no reason to find nothing."""
    (folder / "cache").write_text("a file where the folder should be", "utf-8")
    async with searching(server, folder) as (_, meaning):
        assert await found(meaning) == ["refund.en"]
