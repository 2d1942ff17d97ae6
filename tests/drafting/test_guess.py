"""A second opinion on the language of a message, asked only where there is a model and the lists leave it open."""

from __future__ import annotations

import pytest

from bot.drafting import language
from bot.drafting.case import read
from bot.drafting.guess import guess
from tests.drafting.stories import ARTICLES, case

OPEN = "Déménagement prévu prochainement"
EXPECTED = ("en", "fr", "da", "sv", "no", "de", "es")


async def test_what_the_lists_leave_open_is_guessed_when_it_is_sure() -> None:
    """The draft then knows the customer's language, and a reply in another one is complained of."""
    assert len(language.spoken([OPEN], EXPECTED)) != 1
    alone = await read(case(OPEN, languages=EXPECTED), ARTICLES)
    both = await read(case(OPEN, languages=EXPECTED), ARTICLES, guessing=True)
    assert (alone.sure, both.sure, both.language) == (False, True, "fr")


@pytest.mark.parametrize("text", ["ok", "10245", "???", ""])
async def test_too_little_is_left_open(text: str) -> None:
    """A word that several languages share, a number, nothing."""
    assert await guess(text, EXPECTED) == ""


async def test_only_the_desks_languages_are_thought_of() -> None:
    """A desk with one language has nothing to guess."""
    assert await guess("Reklamation över försenad leverans av kylskåp", ("da",)) == ""
    assert await guess("Reklamation över försenad leverans av kylskåp", ("en", "sv")) == "sv"


@pytest.mark.parametrize("text", ["\ud83d", "\x00" * 10, "a" * 1_000_000, "\u202e" * 50])
async def test_no_text_is_an_error(text: str) -> None:
    """Halves of characters, NUL, a million letters."""
    assert await guess(text, EXPECTED) in ("", *EXPECTED)
