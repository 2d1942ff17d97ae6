"""Which language a customer writes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.drafting import language

HERE = Path(__file__).parent
SAMPLES = yaml.safe_load((HERE.parents[1] / "config" / "samples.yaml").read_text("utf-8"))
QUESTIONS = {
    code: [text for _, text in part["asked"]] + part["none"]
    for file in ("questions.toml", "held_out.toml")
    for code, part in tomllib.loads((HERE / file).read_text("utf-8")).items()
}
EXPECTED = ("en", "fr", "da", "sv", "no")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample["id"]))
def test_every_sample_message_is_known_for_what_it_is(sample: dict[str, str]) -> None:
    """The messages offered in the workspace are told apart, Danish from Norwegian too."""
    assert language.detect(sample["text"]) == sample["language"]


@pytest.mark.parametrize("code", QUESTIONS)
def test_a_question_is_never_taken_for_another_language_and_seldom_left_open(code: str) -> None:
    """One sentence is mostly enough; where it is not, the right language is among those left open."""
    found = [language.likely(text) for text in QUESTIONS[code]]
    assert all(code in likely for likely in found)
    assert sum(len(likely) > 1 for likely in found) <= 3


def test_a_sentence_that_is_danish_and_norwegian_alike_is_both() -> None:
    """Danish and Norwegian share whole sentences, so the answer is both and not a guess."""
    assert set(language.likely("Støvlerne er for små, hvordan sender jeg dem retur?")) == {"da", "no"}
    assert language.detect("Støvlerne er for små, hvordan sender jeg dem retur?") == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t ",
        "🙂🙂🙂",
        "12345 678",
        "مرحبا، أين طلبي؟ لقد طلبت خيمة قبل أسبوعين",
        "Здравствуйте, где мой заказ? Я заказал палатку две недели назад",
        "您好,我的订单在哪里?",
        "Dzień dobry, zamówiłem namiot trzy tygodnie temu i paczka jeszcze nie dotarła. Czy możecie mi pomóc?",
        "Hei, tilasin teltan kolme viikkoa sitten eikä paketti ole vielä saapunut. Voitteko auttaa?",
        "https://example.com/en/the-order-of-the-day <@U123> ana@example.com {{the}}",
    ],
)
def test_what_is_in_no_known_language_stays_open(text: str) -> None:
    """Other languages, other scripts, emoji, links and addresses are no evidence for a language of ours."""
    assert language.detect(text) == ""


def test_a_capital_i_in_the_midst_of_a_sentence_is_danish() -> None:
    """Danish says "you" with a capital I where Norwegian has a small i for "in"."""
    assert "I" in language.words_of("Kan I sende den?")
    assert "I" not in language.words_of("I går kom den ikke.")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Jeg vil kjøpe en jakke", "no"),
        ("Teltet er utæt", ""),
        ("Kan I ringe mig op?", "da"),
        ("Kan dere ringe?", "no"),
    ],
)
def test_pieces_of_words_tell_neighbours_apart(text: str, code: str) -> None:
    """Norwegian has a kj where Danish has a k; a Danish "utæt" holds no Norwegian "ut"."""
    assert language.detect(text) == code


def test_an_unclear_message_is_settled_by_what_was_written_before() -> None:
    """A short follow-up is in the language of the customer's earlier messages."""
    unclear, norwegian = (
        "Støvlerne er for små, hvordan sender jeg dem retur?",
        "Hei, jeg har ikke fått pakken min ennå.",
    )
    assert language.spoken([unclear, norwegian], EXPECTED) == ("no",)
    assert language.spoken(["Ok!", norwegian], EXPECTED) == ("no",)
    assert language.spoken([unclear], ("en", "da")) == ("da", "no")
    assert set(language.spoken([unclear, "Hello, is there anybody who can help me?"], EXPECTED)) == {"da", "no"}


def test_a_customer_who_changes_language_is_followed() -> None:
    """The newest message counts, not the first one."""
    assert language.spoken(["Sorry, can we do this in English please?", "Hej, var är mitt paket?"], EXPECTED) == ("en",)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("da", "da"),
        ("DA-dk", "da"),
        ("nb_NO", "no"),
        ("nn", "no"),
        ("Norwegian", "no"),
        ("french", "fr"),
        ("??", ""),
        ("", ""),
    ],
)
def test_what_a_model_calls_a_language_becomes_its_code(label: str, code: str) -> None:
    """Models write en-GB, nb or Danish; the draft has two letters."""
    assert language.code_of(label) == code


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever a customer writes, there is an answer, and it names known languages only."""
    assert set(language.likely(text)) <= language.profiles().keys()
