"""How a customer sounds and what to be careful about, by words."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.drafting import conversation, language, rules
from bot.review.model import Mood
from tests.drafting.stories import KNOWLEDGE

ROOT = Path(__file__).parents[2]
SAMPLES = yaml.safe_load((ROOT / "config" / "samples.yaml").read_text("utf-8"))


def mood(text: str, code: str = "en") -> tuple[Mood, bool]:
    found = rules.sentiment(text, [code])
    return found.mood, found.angry


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample["id"]))
def test_the_samples_sound_as_they_are_labelled(sample: dict[str, str]) -> None:
    """The angry refunds are angry and about a refund, the threats are threats, the calm questions are neither."""
    kind = sample["id"].split("-")[1]
    heard = rules.sentiment(sample["text"], [sample["language"]])
    risks = rules.risks(sample["text"], [sample["language"]], angry=heard.angry)
    assert heard.judge == "rules"
    if kind == "refund":
        assert heard.angry
        assert {"refund", "angry"} <= set(risks)
    elif kind == "legal":
        assert "legal threat" in risks
    else:
        assert (heard.mood, heard.angry, risks) == (Mood.NEUTRAL, False, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my parcel?", (Mood.NEUTRAL, False)),
        ("Thank you, the tent is wonderful", (Mood.POSITIVE, False)),
        ("I am a bit disappointed with the boots", (Mood.NEGATIVE, False)),
        ("This is a scam", (Mood.NEGATIVE, True)),
        ("I want an answer NOW", (Mood.NEGATIVE, True)),
        ("Six weeks?! Come on", (Mood.NEGATIVE, True)),
        ("The API and the USB plug work with my GPS", (Mood.NEUTRAL, False)),
        ("I am so annoyed!!", (Mood.NEGATIVE, True)),
        ("Brilliant!!", (Mood.POSITIVE, False)),
        ("Is this wonderful tent really mine?!", (Mood.POSITIVE, False)),
    ],
)
def test_moods(text: str, expected: tuple[Mood, bool]) -> None:
    """Words, shouting and outcries are heard; abbreviations are not shouting, and joy may have two exclamation marks."""
    assert mood(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I am not happy with it", "en"),
        ("Je ne suis pas ravi", "fr"),
        ("Jeg er ikke tilfreds", "da"),
        ("Jag är inte nöjd", "sv"),
    ],
)
def test_a_good_word_turned_round_is_a_bad_one(text: str, code: str) -> None:
    """Not happy is negative, and the cue shows both words."""
    assert mood(text, code)[0] is Mood.NEGATIVE
    assert len(rules.sentiment(text, [code]).cues[0].split()) > 1


def test_a_bad_word_turned_round_is_nothing() -> None:
    """Not bad is no complaint."""
    assert mood("The tent is not bad")[0] is Mood.NEUTRAL


def test_cues_are_the_customers_own_words() -> None:
    """They are shown on the card as quotes, so they must stand in the message as they are."""
    text = "It’s a DISGRACE and I’m fed  up. Shame\non you"
    assert rules.sentiment(text, ["en"]).cues == ("DISGRACE", "fed up", "Shame on you")


def test_a_cue_that_only_repeats_a_part_of_another_is_left_out() -> None:
    """The words ignored me say ignored as well."""
    assert rules.sentiment("You ignored me", ["en"]).cues == ("ignored me",)


def test_words_of_another_language_do_not_count() -> None:
    """In French "sur" is "on", in Danish it is "angry"."""
    assert mood("Je suis sur la page", "fr") == (Mood.NEUTRAL, False)
    assert mood("Jeg er sur", "da") == (Mood.NEGATIVE, True)
    assert rules.sentiment("Je suis sur la page", []).mood is Mood.NEUTRAL


@pytest.mark.parametrize(
    ("text", "code", "risk"),
    [
        ("I'll see you in court", "en", "legal threat"),
        ("Please cancel it", "en", "cancellation"),
        ("Under GDPR, delete my data", "en", "personal data"),
        ("The stove exploded and my hand is burnt", "en", "safety"),
        ("Je vais saisir le tribunal", "fr", "legal threat"),
        ("Jeg kom til skade", "da", "safety"),
        ("Jag vill ha pengarna tillbaka", "sv", "refund"),
        ("Jeg vil avbestille", "no", "cancellation"),
        ("Ich gehe zum Anwalt", "de", "legal threat"),
        ("Quiero un reembolso", "es", "refund"),
    ],
)
def test_risks(text: str, code: str, risk: str) -> None:
    """Each kind is found by the words of the customer's language."""
    assert rules.risks(text, [code]) == (risk,)


def test_part_of_a_word_is_no_risk() -> None:
    """There is "sue" in "tissue" and "court" in "courteous"."""
    assert rules.risks("The tissue was courteous", ["en"]) == ()


def test_every_language_has_a_word_for_everything() -> None:
    """Whoever edits the file cannot leave a list out by accident."""
    table = tomllib.loads((ROOT / "bot" / "drafting" / "data" / "cues.toml").read_text("utf-8"))
    groups = {frozenset(row) for row in table.values()}
    assert len(groups) == 1
    assert all(words for row in table.values() for words in row.values())


@pytest.mark.timeout(5)
def test_a_long_message_of_one_letter_does_not_stall() -> None:
    """A pattern that goes back over a message again and again would stop the whole program for seconds."""
    for piece in (
        "a",
        "A",
        "AB ",
        "!?",
        "a!",
        "not ",
        "NOW ",
        "@",
        "a@",
        "<",
        "{{",
        "a'",
        "a-",
        "://",
        " \n",
        "-",
        ".",
    ):
        text = piece * 50_000
        rules.sentiment(text, ["en", "da"])
        rules.risks(text, ["en", "da"])
        language.detect(text)
        KNOWLEDGE.search(text, ["en", "da"])
        conversation.quoted(text)


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever a customer writes, there is a mood, and the cues stand in the text."""
    found = rules.sentiment(text, ["en", "da"])
    assert all(cue in " ".join(text.split()) for cue in found.cues)
