"""The commands about articles, and a program that keeps up with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.phrases import say
from tests.cli.house import House, Program, until

TENT = "Can you mend the broken zip of my tent?"


def article(folder: Path, name: str, text: str, audience: str = "public") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"---\ntitle: Mending\naudience: {audience}\n---\n{text}\n", "utf-8")
    return path


@pytest.fixture
def shelf(house: House) -> Path:
    """A folder of articles beside a table of them."""
    folder = house.folder / "articles"
    article(folder, "zip.en.md", "We mend the broken zip of any tent in our workshop.")
    (house.folder / "faq.csv").write_text("title,text\nGoodwill,Ten pounds.\n", "utf-8")
    house.configure({"knowledge": ["articles", {"path": "faq.csv", "language": "en"}], "knowledge_seconds": 1})
    return folder


def test_check_counts_what_was_read(house: House, shelf: Path) -> None:
    """By language and audience; what does not say that it is public is internal."""
    article(shelf, "zip.da.md", "Vi laver lynlåsen.")
    (shelf / "notes.txt").write_text("x", "utf-8")
    answer = house.command("knowledge", "check")
    assert (answer.returncode, answer.stdout) == (0, "")
    assert answer.stderr.splitlines() == [
        say("knowledge.files", files=3, passed=1),
        say("knowledge.count", language="da", public=1, internal=0),
        say("knowledge.count", language="en", public=1, internal=1),
        say("knowledge.fine"),
    ]


def test_check_names_everything_that_cannot_be_read(house: House, shelf: Path) -> None:
    """With file, line and reason, and what follows from it."""
    article(shelf, "bad.en.md", "x", audience="all")
    (house.folder / "faq.csv").write_text("title,text\nA,\nB,\n", "utf-8")
    answer = house.command("knowledge", "check")
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-4:] == [
        "articles/bad.en.md, line 3: audience is 'all'; the allowed ones are public and internal.",
        "faq.csv, line 2: it has no text.",
        "faq.csv, line 3: it has no text.",
        say("knowledge.broken", count=3),
    ]


def test_check_without_any_articles(house: House) -> None:
    """It is no error to begin without."""
    (house.folder / "empty").mkdir()
    answer = house.command("knowledge", "check", COUNTERSIGN_KNOWLEDGE="empty")
    assert (answer.returncode, answer.stderr.splitlines()[-1]) == (0, say("knowledge.none"))


def test_search_shows_what_a_question_finds(house: House, shelf: Path) -> None:
    """Rank, score, audience, reference, title and first words; one line each, for a pipe."""
    answer = house.command("knowledge", "search", TENT)
    (line,) = answer.stdout.splitlines()
    rank, score, audience, ref, rest = line.split(maxsplit=4)
    assert (rank, audience, ref) == ("1", "public", "zip.en")
    assert float(score) > 1.7
    assert rest == "Mending: We mend the broken zip of any tent in our workshop."
    assert house.command("knowledge", "search", TENT, "--language", "da").stdout == say("knowledge.nothing") + "\n"
    assert house.command("knowledge", "search", "Who is the mayor?").stdout == say("knowledge.nothing") + "\n"


def test_search_says_so_when_meaning_cannot_be_asked(house: House, shelf: Path) -> None:
    """Letters alone find less."""
    part = json.dumps({"model": "small", "base_url": "http://127.0.0.1:9/v1"})
    first, second = house.command(
        "knowledge", "search", TENT, COUNTERSIGN_KNOWLEDGE_EMBEDDINGS=part
    ).stdout.splitlines()
    assert "could not be reached" in first
    assert " zip.en " in second


def test_a_running_program_takes_changed_articles_into_use(house: House, shelf: Path) -> None:
    """What an article says by now is in the draft, what is internal by now is stopped, and what is broken is told."""
    with house.running() as program:
        program.say(TENT)
        assert "in our workshop" in program.card(TENT).text
        path = article(
            shelf, "zip.en.md", "We mend the broken zip of any tent within eight days and for nothing at all."
        )
        settled(program, "within eight days")
        bad = article(shelf, "bad.en.md", "x", audience="all")
        until(lambda: bool(program.ready.json()["problems"]), "the broken article is told")
        assert program.ready.status_code == 200
        assert "bad.en.md, line 3" in program.ready.text
        settled(program, "within eight days")
        words = path.read_text("utf-8").splitlines()[-1]
        article(shelf, "zip.en.md", words, audience="internal")
        bad.unlink()
        until(lambda: not program.ready.json()["problems"], "nothing is broken any more")
        card = program.card(TENT)
        until(
            lambda: "internal article" in edited(program, card.review, card.version, words),
            "the internal words are stopped",
        )


def settled(program: Program, words: str) -> None:
    """Ask again and again until a draft says this."""
    asked = iter(range(1_000))

    def drafted() -> bool:
        question = f"{TENT} ({next(asked)})"
        program.say(question)
        return words in program.card(question).text

    until(drafted, words)


def edited(program: Program, review: str, version: int, words: str) -> str:
    """What the page answers to these words."""
    answer = program.post(f"/reviews/{review}/edit", by="web:ana", version=version, fields={"words": words})
    return answer.text
