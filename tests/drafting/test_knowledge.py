"""Whether an article answers, and which."""

from __future__ import annotations

import random
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.drafting.knowledge import BadKnowledge, Knowledge, Section, index, read_article
from bot.drafting.ranking import Ranking, plain, sought
from tests.drafting.stories import KNOWLEDGE, ROOT

HERE = Path(__file__).parent
KNOWN = tomllib.loads((HERE / "questions.toml").read_text("utf-8"))
HELD_OUT = tomllib.loads((HERE / "held_out.toml").read_text("utf-8"))
FOLDER = ROOT / "config" / "knowledge"


def first(question: str, code: str, among: Knowledge = KNOWLEDGE) -> str:
    """The article that answers best, or nothing."""
    public = [find.section.topic for find in among.search(question, [code]) if find.section.public]
    return public[0] if public else ""


def section(ref: str, text: str, **more: object) -> Section:
    values: dict[str, object] = {"topic": ref, "title": ref, "heading": "", "language": "en", "public": True, **more}
    return Section(ref=ref, text=text, **values)  # type: ignore[arg-type]


def filler(number: int) -> str:
    """A text of its own about nothing in particular, made of the words of the articles."""
    draw = random.Random(number)
    return plain(" ".join(draw.choices(WORDS, k=40)))


WORDS = sorted({word for one in KNOWLEDGE for word in one.text.split()})


def tally(questions: dict[str, Any], among: Knowledge) -> tuple[int, int, int]:
    """How many questions find their article, find a wrong one, and find one though there is none."""
    asked = [(code, article, text) for code, part in questions.items() for article, text in part["asked"]]
    right = sum(first(text, code, among) == article for code, article, text in asked)
    wrong = sum(first(text, code, among) not in ("", article) for code, article, text in asked)
    false = sum(bool(first(text, code, among)) for code, part in questions.items() for text in part["none"])
    return right, wrong, false


def test_paraphrased_questions_find_their_article_and_others_find_nothing() -> None:
    """Five languages. A floor too low would answer what no article answers."""
    right, wrong, false = tally(KNOWN, KNOWLEDGE)
    assert right >= 77  # of 82
    assert wrong <= 2
    assert false <= 2  # of 32


def test_questions_nothing_was_tuned_for_are_mostly_answered_and_seldom_wrongly() -> None:
    """The honest figure: what shares no words with an article is not found, and a wrong article is rare."""
    right, wrong, false = tally(HELD_OUT, KNOWLEDGE)
    assert right >= 31  # of 46
    assert wrong <= 1
    assert false <= 2  # of 21


def test_the_floor_is_what_keeps_wrong_answers_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the floor nearly every question would find something."""
    monkeypatch.setattr(index, "FLOOR", 0.0)
    assert tally(KNOWN, KNOWLEDGE)[2] > 25


def test_a_question_inside_a_story_is_found() -> None:
    """Each sentence is asked by itself too, because people tell what happened first."""
    story = (
        "Hello there! We spent a rainy week in the hills with the children and the dog, and everything you sold us held."
        " Grandma liked the photos best. Now my account is locked. Anyway, we shall be back next summer, weather or not!"
    )
    assert first(story, "en") == "password"


def test_small_and_large_collections_have_the_same_floor() -> None:
    """One article alone is found by its question, and not by another one."""
    alone = Knowledge(
        [section("hours", "Our shop in Aarhus is open from ten to six, and on Saturdays from ten to four.")]
    )
    assert first("When is the shop in Aarhus open on Saturdays?", "en", alone) == "hours"
    assert first("My zip broke, can you mend it?", "en", alone) == ""


def test_among_many_the_best_one_is_judged() -> None:
    """Only what shares a question's rarest letters is looked at then, and the best of all is among that."""
    few = [plain(f"{s.heading} {s.text}") for s in KNOWLEDGE]
    alone, among = Ranking(few), Ranking([*few, *map(filler, range(3_000))])
    questions = [sought(plain(text)) for part in KNOWN.values() for _, text in part["asked"]]
    best = [max(alone.search([question]), key=lambda found: found[1])[0] for question in questions]
    judged = [dict(among.search([question])) for question in questions]
    assert all(len(places) <= 16 for places in judged)
    assert sum(one in places for one, places in zip(best, judged, strict=True)) >= 0.95 * len(questions)


def test_it_answers_in_the_language_asked_for_only() -> None:
    """Each language has an index of its own; another language's article is not looked at."""
    assert {find.section.language for find in KNOWLEDGE.search("Hvor er min pakke?", ["da"])} == {"da"}
    assert KNOWLEDGE.search("Hvor er min pakke?", ["de", "xx"]) == []
    assert KNOWLEDGE.search("Hvor er min pakke?", []) == []


@pytest.mark.parametrize(
    "text", ["", "  ", "?", "a", "🙂", '"', "AND OR NOT", 'x" OR "y', "* ^ : - ( )", "\0", "\ud800", "🙂" * 50_000]
)
def test_no_question_is_an_error(text: str) -> None:
    """Whatever a customer writes."""
    many = [section(f"s{at}", f"the text of section number {at}") for at in range(40)]
    assert isinstance(Knowledge(many).search(text, ["en"]), list)


def test_other_threads_may_ask() -> None:
    """A draft may be made in a thread."""
    many = [section(f"s{at}", f"the harbour of section {at}") for at in range(40)]
    shelf = Knowledge([*many, section("zip", "We mend a broken zip on any tent.")])
    found: list[str] = []
    asking = threading.Thread(
        target=lambda: found.append(first("Can you mend the broken zip of my tent?", "en", shelf))
    )
    asking.start()
    asking.join()
    assert found == ["zip"]


def test_an_internal_article_says_so() -> None:
    """Whoever quotes can see that this one must not be quoted."""
    finds = KNOWLEDGE.search("What may an agent give as goodwill for a late order?", ["en"])
    assert {find.section.public for find in finds if find.section.topic == "goodwill-limits"} == {False}


def test_every_public_article_exists_in_every_language() -> None:
    """Nobody's language is worse served than another's in the workspace."""
    topics = {code: {path.name.split(".")[0] for path in FOLDER.glob(f"*.{code}.md")} for code in KNOWLEDGE.languages}
    assert set(topics) == {"da", "en", "fr", "no", "sv"}
    assert (
        topics["en"] - {"goodwill-limits", "legal-and-safety"}
        == topics["fr"]
        == topics["da"]
        == topics["sv"]
        == topics["no"]
    )


def test_a_section_has_its_heading_its_reference_and_its_other_names() -> None:
    """`Also asked:` is searched and never part of the text that may be quoted."""
    found = {s.ref: s for s in read_article(FOLDER / "delivery.da.md")}
    cost = found["delivery.da#hvad-koster-fragten"]
    assert cost.source.title == "Levering: Hvad koster fragten?"
    assert "gratis fragt" in cost.asked
    assert not any("Also asked" in s.text for s in found.values())


GOOD = "---\ntitle: T\nlanguage: en\naudience: public\n---\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\ntitle: T\nlanguage: en\naudience: all\n---\ntext", 4, "public and internal"),
        ("---\ntitle: T\nlanguage: english\naudience: public\n---\ntext", 3, "two letters"),
        (
            "---\ntitle: T\ncolour: red\n---\ntext",
            3,
            "no field 'colour'; the allowed ones are audience, language, title",
        ),
        ("---\ntitle: T\ntitle: U\n---\ntext", 3, "twice"),
        ("---\ntitle:\n---\ntext", 2, "is empty"),
        ("---\njust words\n---\ntext", 2, "name: value"),
        ("---\ntitle: T", 2, "ends the fields"),
        (GOOD, 6, "no text"),
    ],
)
def test_an_article_that_cannot_be_read_is_named_with_line_and_reason(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    """One sentence says which file, which line and what is wrong."""
    path = tmp_path / "a.md"
    path.write_text(text, "utf-8")
    with pytest.raises(BadKnowledge, match=f"a.md, line {line}: ") as caught:
        Knowledge.read(tmp_path)
    assert words in str(caught.value)


def test_a_missing_folder_and_a_file_that_is_no_text_are_named(tmp_path: Path) -> None:
    """The same for what cannot even be opened as text."""
    with pytest.raises(BadKnowledge, match="nowhere: there is no such file or folder"):
        Knowledge.read(tmp_path / "nowhere")
    (tmp_path / "a.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadKnowledge, match="not UTF-8"):
        Knowledge.read(tmp_path)


def test_an_empty_folder_is_no_error(tmp_path: Path) -> None:
    """A desk may begin without articles; then nothing fits."""
    empty = Knowledge.read(tmp_path)
    assert len(empty) == 0
    assert empty.search("Where is my parcel?", ["en"]) == []
