"""A conversation for reviewers who do not read it: both sides translated, and what got lost on the way told by rules."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from bot.drafting import translation
from bot.drafting.drafter import Drafter
from bot.drafting.model import AS_SET, Answer, Answered, Fault, Manner, Messages, NoAnswer, S, Tokens
from bot.drafting.translation import Translated, changed
from tests.drafting.stories import ARTICLES, case

QUESTION = "Hej! Hvornår får jeg mine 200 kr tilbage? Jeg hedder Maja Holm og bor i Odense."
DANISH = "Hej [NAME_1], du får 200 kr tilbage inden 14 dage. Du skal ikke betale fragt."
ENGLISH = "Hi [NAME_1], you get 200 kr back within 14 days. You do not have to pay for shipping."
ASKED = "Hi! When do I get my 200 kr back? My name is [NAME_1]."


class Bilingual:
    """Drafts in Danish, then says `translated` of the two texts, or raises it."""

    name = "bilingual"

    def __init__(self, *translated: Translated | NoAnswer) -> None:
        self.translated = deque(translated)
        self.asked: list[tuple[type[Any], Messages]] = []

    async def answer(
        self, messages: Messages, shape: type[S], fault: Callable[[S], Fault | None], manner: Manner = AS_SET
    ) -> Answered[S]:
        self.asked.append((shape, messages))
        said: Any = Answer(
            reply=DANISH, language="da", mood="neutral", angry=False, cues=[], intent="x", risks=[], sources=[]
        )
        while shape is Translated:
            said = self.translated.popleft()
            if isinstance(said, NoAnswer):
                raise said
            if fault(said) is None:
                break
        return Answered(said, self.name, Tokens(100, 10))

    def back(self) -> int:
        return 0

    async def close(self) -> None:
        """Nothing is open."""


async def drafted(model: Bilingual, **more: Any) -> Any:
    return await Drafter(ARTICLES, model).draft(case(QUESTION, **more))


async def test_a_reviewer_who_does_not_read_danish_reads_both_sides_in_english() -> None:
    """Placeholders come back as the names they stand for, in the draft and in the translation."""
    model = Bilingual(Translated(message=ASKED, reply=ENGLISH))
    draft = await drafted(model, reads=("en", "sv"))
    assert draft.reply.startswith("Hej Maja, ")
    assert draft.translation.language == "en"
    assert draft.translation.message == "Hi! When do I get my 200 kr back? My name is Maja."
    assert draft.translation.reply.startswith("Hi Maja, you get 200 kr back")
    assert draft.translation.changed == ()
    assert (draft.usage.tokens_in, draft.usage.tokens_out) == (200, 20)


async def test_the_translator_sees_the_two_texts_as_data_and_nothing_that_was_not_meant_for_a_model() -> None:
    """No names, no articles, no instruction: what it says the draft says must come from the draft alone."""
    model = Bilingual(Translated(message=ASKED, reply=ENGLISH))
    await drafted(model, reads=("en",), instruction="Offer a voucher")
    (_, ((_, system), (role, human))) = model.asked[1]
    assert role == "human"
    assert "Maja" not in human
    assert "voucher" not in system + human
    assert "> Hej! Hvornår får jeg mine 200 kr tilbage?" in human
    assert "> Hej [NAME_1], du får 200 kr" in human
    assert "into English" in system


@pytest.mark.parametrize("reads", [(), ("da",), ("en", "da")])
async def test_nothing_is_translated_for_those_who_read_it(reads: tuple[str, ...]) -> None:
    """One call, one price."""
    model = Bilingual()
    assert (await drafted(model, reads=reads)).translation is None
    assert len(model.asked) == 1


async def test_a_translation_that_fails_is_named_and_the_draft_stands() -> None:
    """The reviewer knows why they read Danish; what the attempt took is counted."""
    model = Bilingual(NoAnswer("the model refused", tokens=Tokens(7, 1)))
    draft = await drafted(model, reads=("en",))
    assert (draft.translation, draft.note) == (None, "It could not be translated: the model refused.")
    assert draft.usage.tokens_in == 107


async def test_half_a_translation_is_none() -> None:
    """The model hears what was missing, and does it again."""
    model = Bilingual(Translated(message="Hi", reply=" "), Translated(message=ASKED, reply=ENGLISH))
    assert (await drafted(model, reads=("en",))).translation is not None


@pytest.mark.parametrize(
    ("reply", "translated", "lost"),
    [
        ("Du får 200 kr inden 14 dage.", "You get 200 EUR within two weeks.", ("200 kr", "200 EUR")),
        ("Du får pengene inden 14 dage.", "You get the money within two weeks.", ()),
        ("Du får 200 kr.", "You get 20 kr.", ("200 kr", "20 kr")),
        ("Det kan vi ikke love.", "We can promise that.", ("ikke",)),
        ("Det kan vi love.", "We cannot promise that.", ("cannot",)),
        ("Ring på +45 12345678.", "Call us.", ("+45 12345678",)),
        ("Se butik.example/retur", "See butik.example/return", ("butik.example/retur", "butik.example/return")),
        ("Hej", "Hi", ()),
    ],
)
def test_numbers_links_and_negations_that_differ_are_told(reply: str, translated: str, lost: tuple[str, ...]) -> None:
    """By rules, so that the model which lost them is not the one who says so."""
    assert changed(reply, "da", translated, "en") == lost


def test_a_long_text_is_cut_before_it_costs_a_fortune() -> None:
    """What is beyond stands in the thread."""
    from bot.drafting.privacy import Mask

    wanted = translation.Wanted("a" * 100_000, "b", "da", "en")
    ((_, _), (_, human)) = translation._messages(Mask(), wanted)
    assert len(human) < 7_000
