"""The draft without a model."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
import yaml

from bot.channels.base import Speaker
from bot.drafting.drafter import Drafter
from bot.drafting.knowledge import Knowledge, Section
from bot.drafting.knowledge.retriever import Fixed
from bot.review.model import Draft, Mood
from tests.drafting.stories import ARTICLES, ROOT, case, said

SAMPLES = yaml.safe_load((ROOT / "config" / "samples.yaml").read_text("utf-8"))
DRAFTER = Drafter(ARTICLES)

ANSWERED_BY = {
    "en-calm": "returns", "en-refund": "returns", "en-legal": "damaged-or-missing",
    "fr-calm": "gift-cards", "fr-refund": "returns", "fr-legal": "damaged-or-missing",
    "da-calm": "change-order", "da-refund": "returns", "da-legal": "warranty",
    "sv-calm": "password", "sv-refund": "returns", "sv-legal": "change-order",
    "no-calm": "delivery", "no-refund": "returns",
}  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample["id"]))
async def test_every_sample_is_answered_by_its_article_or_by_none(sample: dict[str, str]) -> None:
    """In the workspace each button shows something sensible: the right article in the right language, or an empty box."""
    draft = await DRAFTER.draft(case(sample["text"]))
    assert draft.language == sample["language"]
    if topic := ANSWERED_BY.get(sample["id"]):
        assert draft.sources[0].ref.startswith(f"{topic}.{sample['language']}#")
        assert draft.reply.endswith("Nordlys support")
        assert draft.note == ""
    else:
        assert (draft.reply, draft.note) == ("", "No article answers this.")


def test_there_are_four_samples_in_each_of_five_languages() -> None:
    """Their fields are those the workspace shows, and no two have the same name."""
    assert [set(sample) for sample in SAMPLES] == [{"id", "language", "label", "text"}] * 20
    kinds = {(sample["language"], sample["id"].split("-")[1]) for sample in SAMPLES}
    assert len(kinds) == len({sample["id"] for sample in SAMPLES}) == 20


async def test_a_draft_has_everything_the_card_shows() -> None:
    """Greeting, regret, article, close; where it comes from, and that rules judged the mood."""
    draft = await DRAFTER.draft(case("My account got locked, this is ridiculous! My lawyer will hear of it."))
    assert draft.reply == (
        "Hi Maja,\n\n"
        "We are sorry for the trouble you have had.\n\n"
        "After five wrong passwords the account is locked for 15 minutes and opens again by itself. You can also unlock"
        " it at once by choosing a new password.\n\n"
        "Kind regards,\nNordlys support"
    )
    assert draft.sentiment.mood is Mood.NEGATIVE
    assert (draft.sentiment.angry, draft.sentiment.judge) == (True, "rules")
    assert draft.sentiment.cues == ("ridiculous",)
    assert draft.risks == ("legal threat", "angry")
    assert draft.sources[0].title == "Signing in and password: My account is locked"
    assert (draft.intent, draft.template, draft.model) == ("Signing in and password", "support_reply@3", "offline")


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Maja Holm", "Hi Maja,"),
        ("Anne-Marie", "Hi Anne-Marie,"),
        ("Zoë O’Neil", "Hi Zoë,"),
        ("", "Hi,"),
        ("   ", "Hi,"),
        ("https://evil.example", "Hi,"),
        ("<!everyone> you", "Hi,"),
        ("{name}", "Hi,"),
        ("{0.__class__}", "Hi,"),
        ("user_4711", "Hi,"),
        ("A" * 60, "Hi,"),
    ],
)
async def test_only_a_first_name_is_used_to_greet(name: str, greeting: str) -> None:
    """A display name is the customer's own text: links, mentions and braces stay out of the reply."""
    draft = await DRAFTER.draft(case("My account got locked", customer=name))
    assert draft.reply.split("\n")[0] == greeting


async def test_it_never_answers_in_another_language() -> None:
    """Where only another language's article fits, the box stays empty and the article is named for the reviewer."""
    english = Knowledge(
        [Section("hours.en", "hours", "Hours", "", "en", True, "Das Geschäft in Flensburg: 10-18 Uhr.")]
    )
    draft = await Drafter(Fixed(english)).draft(case("Wann hat das Geschäft in Flensburg geöffnet?"))
    assert (draft.reply, draft.language) == ("", "de")
    assert [source.ref for source in draft.sources] == ["hours.en"]
    assert draft.note == "Only an article in English fits, and the customer does not write that."


async def test_somebody_in_an_unknown_language_gets_no_reply_in_ours() -> None:
    """A long message in no known language is not answered in the desk's own."""
    draft = await DRAFTER.draft(
        case("Zamówiłem namiot dwa tygodnie temu i nadal nie mam paczki. Password account locked?")
    )
    assert (draft.reply, draft.language) == ("", "")


async def test_a_few_words_are_answered_in_the_desks_language() -> None:
    """Two words show no language; the desk's first one is the best guess."""
    draft = await DRAFTER.draft(case("Gavekort saldo?", languages=("da", "en")))
    assert draft.sources[0].ref.startswith("gift-cards.da#")


async def test_a_short_message_is_answered_in_the_language_of_the_thread() -> None:
    """What the customer wrote before tells the language of a follow-up."""
    before = (
        said(1, "Hej! Jag undrar var mitt paket är, jag har väntat i tre veckor."),
        said(2, "Det kommer", Speaker.STAFF),
    )
    draft = await DRAFTER.draft(case(*before, said(3, "Presentkort saldo?")))
    assert draft.language == "sv"


async def test_an_internal_article_is_never_quoted() -> None:
    """It is named for the reviewer and its words stay out of the reply."""
    draft = await DRAFTER.draft(case("What may an agent give as goodwill for a late order?"))
    internal = [source for source in draft.sources if not source.public]
    assert internal
    assert "gift card of up to 20" not in draft.reply


async def test_a_letter_longer_than_the_channel_takes_is_not_proposed() -> None:
    """It would be refused on the card; the article is named instead."""
    draft = await DRAFTER.draft(case("My account got locked", limit=100))
    assert draft.reply == ""
    assert draft.note == "The article that fits is longer than the channel takes (100 characters)."
    assert draft.sources


async def test_an_instruction_is_not_silently_dropped() -> None:
    """Nobody but a model can follow one, so the card says that it was not."""
    draft = await DRAFTER.draft(case("My account got locked", instruction="Shorter, please"))
    assert draft.note == "Without a model, what you asked for could not be worked in."


@pytest.mark.parametrize(
    "text", ["", " \n ", "🙂🙂", "\0\0", "مرحبا أين الطلب", "x" * 50_000, "{{message}} {0} %s <b>", "?" * 9, "\ud800"]
)
async def test_odd_messages_get_a_card_and_no_error(text: str) -> None:
    """Empty, emoji, NUL, right-to-left, 50,000 characters: there is always a draft, if only an empty one."""
    draft = await DRAFTER.draft(case(text))
    assert draft.note
    assert draft.reply == ""


def test_a_blank_reads_nothing() -> None:
    """It is for the moment when reading itself broke, so it must work for any case."""
    blank = DRAFTER.blank(case(said(1, "x"), limit=0, languages=()))
    assert isinstance(blank, Draft)
    assert (blank.reply, blank.template, blank.model) == ("", "support_reply@3", "offline")


def test_every_language_that_can_be_told_has_a_letter() -> None:
    """Whoever adds a language adds its words to all three files."""
    data = ROOT / "bot" / "drafting" / "data"
    tables = [
        set(tomllib.loads((data / f"{name}.toml").read_text("utf-8"))) for name in ("languages", "letters", "cues")
    ]
    assert tables[0] == tables[1] == tables[2]


def test_without_a_model_nothing_of_one_is_imported() -> None:
    """langchain and openai cost two seconds and 60 MB, which somebody without a model should not pay."""
    code = (
        "import asyncio, sys\n"
        "from bot.drafting.drafter import Drafter\n"
        "from bot.drafting.model import LateModel, ModelSettings\n"
        "from tests.drafting.stories import ARTICLES, case\n"
        "draft = asyncio.run(Drafter(ARTICLES).draft(case('My account got locked')))\n"
        "assert draft.reply\n"
        "Drafter(ARTICLES, LateModel(ModelSettings('m', 'k')))\n"
        "names = ('langchain', 'langchain_core', 'langchain_openai', 'openai', 'tenacity', 'langsmith')\n"
        "print([name for name in names if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
