"""A model server that answers badly, late or not at all: the reviewer gets the offline draft, and the reason on the card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.phrases import say
from tests.cli.house import House, Program
from tests.cli.model import Model, model

# The desk's articles answer it in French.
QUESTION = "Bonjour, comment puis-je retourner une veste qui ne me va pas ?"
ATTEMPTS = 2
TIMEOUT = 1.5


@pytest.fixture(scope="module")
def drafting() -> Iterator[Model]:
    """A model that can be told to misbehave."""
    with model() as running:
        yield running


@pytest.fixture(scope="module")
def program(drafting: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program with little patience for its model; one for all tests, because its libraries take seconds to load."""
    house = House(tmp_path_factory.mktemp("models"), {"OPENAI_BASE_URL": drafting.url, "OPENAI_API_KEY": "sk-secret"})
    house.configure({"model.timeout_seconds": TIMEOUT, "model.budget_seconds": 20, "model.attempts": ATTEMPTS})
    with house.running() as program:
        yield program
        assert program.end() == 0
        assert QUESTION not in program.said()
        assert "sk-secret" not in program.said()


def reason(key: str, **values: object) -> str:
    """What the card says when the model failed for this reason."""
    return say("note.from_article", reason=say(f"model.{key}", **values))


@pytest.mark.parametrize(
    ("does", "note"),
    [
        ({"do": "malformed"}, reason("unreadable")),
        ({"do": "truncated"}, reason("unreadable")),
        ({"do": "wrong_schema"}, reason("unreadable")),
        ({"do": "page"}, reason("unreadable")),
        ({"do": "empty_reply"}, reason("empty")),
        ({"do": "refusal"}, reason("refused")),
        ({"do": "long_reply", "characters": 20_000}, reason("too_long", limit=4000)),
        ({"do": "slow", "seconds": 60}, reason("slow", seconds=TIMEOUT)),
        ({"do": "dropped"}, reason("unreachable")),
        ({"do": "broken"}, reason("broken", status=500)),
        ({"do": "rate_limited"}, reason("busy")),
        ({"do": "rate_limited", "after": 0.3}, reason("busy")),
        ({"do": "trickling", "seconds": 60}, reason("slow", seconds=TIMEOUT)),
        ({"do": "no_choices"}, reason("unreadable")),
        ({"do": "null_choices"}, reason("unreadable")),
        ({"do": "cut_off"}, reason("unreadable")),
        ({"do": "tool_call"}, reason("unreadable")),
        ({"do": "filtered"}, reason("refused")),
        ({"do": "in_english"}, say("note.wrong_language", customer="French", reply="English")),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_the_card_has_a_draft_and_the_reason(
    does: dict[str, Any], note: str, program: Program, drafting: Model
) -> None:
    """Tried again within the budget, then drafted from an article in the customer's language, with the reason in words.
    A reply in the wrong language is shown as what it is.
    """
    case = " ".join(map(str, does.values()))
    # A model that failed three times in a row would be left alone for a while.
    program.say(f"Bonjour, merci pour tout. [{case}]")
    program.card(f"[{case}]")
    text = f"{QUESTION} ({case})"
    before = drafting.calls()
    drafting.script(*[does] * ATTEMPTS)
    program.say(text)
    card = program.card(text)
    assert note in card.text
    assert drafting.calls() - before == ATTEMPTS
    offline = does["do"] != "in_english"
    assert ("Bonjour Mia" in card.text) is offline, "an article, as a letter"
    assert (say("page.frame.offline") in card.text) is offline
    assert ("gpt-4.1-mini" in card.text) is not offline
    assert program.approve(card).json()["done"]


def test_one_bad_answer_is_made_good(program: Program, drafting: Model) -> None:
    """After a bad answer the model is asked once more, and when that is good nothing is said of it."""
    drafting.script({"do": "malformed"})
    program.say(f"{QUESTION} (twice)")
    card = program.card("(twice)")
    assert "gpt-4.1-mini" in card.text
    assert say("model.unreadable") not in card.text


def test_without_a_fitting_article_the_box_is_empty(program: Program, drafting: Model) -> None:
    """When the model fails and nothing in the knowledge base fits, a person writes; the card says why."""
    drafting.script(*[{"do": "malformed"}] * ATTEMPTS)
    program.say("Quelle est la capitale de la Mongolie et combien de chevaux y vivent ?")
    card = program.card("Mongolie")
    assert say("note.nothing_because", reason=say("model.unreadable")) in card.text
    assert say("page.card.no_draft") in card.text


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """An address nobody answers at is named as the reason, and the program serves all the same."""
    house = House(tmp_path, {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    house.configure({"model.attempts": 1})
    with house.running() as program:
        program.say(QUESTION)
        assert reason("unreachable") in program.card(QUESTION).text
        assert program.end() == 0
