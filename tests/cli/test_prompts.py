"""Templates and their versions, as somebody with a keyboard meets them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.store.schema import HEAD
from tests.cli.house import ROOT, House
from tests.cli.model import model

SHIPPED = (ROOT / "prompts" / "support_reply.md").read_text("utf-8")
BRIEF = SHIPPED.replace("You draft replies for", "You draft very brief replies for")
NOTE = ("--note", "Customers asked for less.", "--author", "Ada")


class Workshop:
    """A house with a prompts folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder)
        self.house.configure({"prompts": "prompts"})
        self.file = folder / "prompts" / "support_reply.md"

    def does(self, *words: str, wrong: bool = False) -> str:
        """Type a command; what it says."""
        answer = self.house.types("prompts", *words)
        assert answer.returncode == int(wrong), answer.stderr
        assert "Traceback" not in answer.stderr
        return answer.stderr if wrong else answer.stdout + answer.stderr

    def saves(self, text: str, *, wrong: bool = False) -> str:
        """Save this text as a draft."""
        file = self.house.folder / "draft.md"
        file.write_text(text, "utf-8")
        return self.does("save", "support_reply", "draft.md", *NOTE, wrong=wrong)


@pytest.fixture(scope="module")
def _started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workshop in which the program has been started once."""
    workshop = Workshop(tmp_path_factory.mktemp("started"))
    workshop.file.parent.mkdir()
    workshop.file.write_text(SHIPPED, "utf-8")
    with workshop.house.running():
        pass
    return workshop.house.folder


@pytest.fixture
def workshop(_started: Path, tmp_path: Path) -> Workshop:
    """A copy of it: the shipped template is version 1 and in use."""
    shutil.copytree(_started, tmp_path / "workshop")
    return Workshop(tmp_path / "workshop")


def test_a_version_is_saved_compared_put_into_use_and_taken_back(workshop: Workshop) -> None:
    """And who did what and why is listed."""
    assert "support_reply@2 is saved" in workshop.saves(BRIEF)
    assert workshop.does("show", "support_reply") == SHIPPED
    assert workshop.does("show", "support_reply@2") == BRIEF
    difference = workshop.does("diff", "support_reply", "1", "2")
    assert "\n-You draft replies for" in difference
    assert "\n+You draft very brief replies for" in difference
    assert workshop.does("activate", "support_reply@2", *NOTE) == "support_reply@2 is in use.\n"
    assert workshop.does("show", "support_reply") == BRIEF
    assert workshop.does("rollback", "support_reply", "--note", "Too brief.", "--author", "Leo") == (
        "support_reply@1 is in use again.\n"
    )
    listed = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "(time)", workshop.does("list"))
    assert listed.splitlines() == [
        "support_reply",
        "  @1  active   (time)  file  Read from its file at start.",
        "  @2  retired  (time)  Ada  Customers asked for less.",
        "  (time)  file  @1 read from its file",
        "  (time)  file  @1 put into use: Read from its file at start.",
        "  (time)  Ada  @2 saved: Customers asked for less.",
        "  (time)  Ada  @2 put into use instead of @1: Customers asked for less.",
        "  (time)  Leo  @1 put back into use instead of @2: Too brief.",
    ]


ATTACKS = {
    "a width": ("{{tone:1000000000}}", "is no plain {{name}}"),
    "an attribute": ("{{tone.__class__.__mro__}}", "is no plain {{name}}"),
    "a section": ("{{#tone}}x{{/tone}}", "is no plain {{name}}"),
    "an unescaped section": ("{{{tone}}}", "is no plain {{name}}"),
    "a call": ("{{tone()}}", "is no plain {{name}}"),
    "braces left open": ("Hello {{tone", "are not closed on the same line"),
    "an unknown name": ("{{custmer}}", "there is no variable {{custmer}}"),
    "the customer's words among ours": ("{{message}}", "may only stand below the line --- customer ---"),
    "a look-up's words among ours": ("{{facts}}", "may only stand below the line --- customer ---"),
    "a control character": ("Be\x07quiet.", "there is a control character in it"),
}


def test_attacks_on_the_template_are_refused_each_with_its_line(workshop: Workshop) -> None:
    """And nothing is kept: the version in use stays the only one."""
    lines = SHIPPED.splitlines()
    first = lines.index("The desk: {{desk}}")
    lines[first : first + 1] = [line for line, _ in ATTACKS.values()]
    said = workshop.saves("\n".join(lines), wrong=True).splitlines()
    assert {line.split(":")[0] for line in said} == {
        f"draft.md, line {number}" for number, _ in enumerate(ATTACKS, start=first + 1)
    }
    for number, (_, reason) in enumerate(ATTACKS.values(), start=first + 1):
        assert any(line.startswith(f"draft.md, line {number}: ") and reason in line for line in said), reason
    assert "@2" not in workshop.does("list")


def test_a_huge_template_and_one_without_its_message_are_refused(workshop: Workshop) -> None:
    """A megabyte is not even read, and a model that does not see the question cannot answer it."""
    assert "draft.md: the file has more than 20000 characters." in workshop.saves("x" * 1_000_000, wrong=True)
    assert "{{message}} is missing" in workshop.saves(SHIPPED.replace("{{message}}", "Well?"), wrong=True)
    assert "the name has to be support_reply" in workshop.saves(SHIPPED.replace("support_reply", "other"), wrong=True)


MISTAKES = {
    "show support_reply@7": "There is no support_reply@7.",
    "show other": "There is no template other.",
    "show support_reply@newest": "There is no template support_reply@newest.",
    "diff support_reply 1 9": "There is no support_reply@9.",
    "activate support_reply@1 --note Again.": "support_reply@1 is in use already.",
    "rollback support_reply --note Back.": "Nothing was in use before the present version of support_reply.",
    "preview support_reply --review nonesuch": "There is no review nonesuch at a desk that uses support_reply.",
    "save support_reply nowhere.md --note New.": "nowhere.md: it cannot be read (No such file or directory).",
    "backtest support_reply": "No model is configured",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_said_in_a_sentence(words: str, workshop: Workshop) -> None:
    """Whatever was asked for and is not there."""
    assert MISTAKES[words] in workshop.does(*words.split(), wrong=True)


def test_a_note_is_needed(workshop: Workshop) -> None:
    """Nothing is changed without a reason that can be read later."""
    assert "--note" in workshop.house.command("prompts", "activate", "support_reply@1").stderr
    workshop.saves(BRIEF)
    assert "Say in a note why" in workshop.does("activate", "support_reply@2", "--note", " ", wrong=True)


def test_before_the_first_start_there_is_nothing_to_list(house: House) -> None:
    """The command says what to do instead of failing in the database."""
    said = house.command("migrate")
    assert HEAD in said.stdout
    assert house.command("prompts", "list").stdout == ""
    house.database.unlink()
    answer = house.command("prompts", "list")
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr


def test_a_changed_file_is_in_use_at_the_next_start(workshop: Workshop) -> None:
    """And one that did not change leaves alone what somebody put into use since."""
    workshop.file.write_text(BRIEF, "utf-8")
    with workshop.house.running():
        pass
    assert workshop.does("show", "support_reply") == BRIEF
    workshop.does("activate", "support_reply@1", *NOTE)
    with workshop.house.running() as program:
        assert program.ready.status_code == 200
    assert workshop.does("show", "support_reply") == SHIPPED


def test_a_broken_file_leaves_the_last_good_version_in_use(workshop: Workshop) -> None:
    """The program starts, and says what is wrong in its log, at /readyz and to the doctor."""
    workshop.file.write_text(SHIPPED.replace("{{tone}}", "{{tome}}"), "utf-8")
    with workshop.house.running() as program:
        assert program.ready.status_code == 200
        assert "there is no variable {{tome}}" in program.ready.text
        assert "support_reply@1, the last good version" in program.ready.text
        program.say("Where is my parcel, please?")
        program.card("Where is my parcel")
    assert "template_not_from_file" in program.said()
    answer = workshop.house.command("doctor")
    assert answer.returncode == 1
    assert "there is no variable {{tome}}" in answer.stdout
    assert "support_reply@1, the last good version" in answer.stdout


def test_without_a_good_version_a_broken_file_stops_the_start(house: House) -> None:
    """There is nothing to draft with."""
    folder = house.folder / "prompts"
    folder.mkdir()
    (folder / "support_reply.md").write_text("Hello", "utf-8")
    house.configure({"prompts": "prompts"})
    answer = house.command("run")
    assert answer.returncode == 1
    assert "support_reply.md, line 1: it has to start with a line ---" in answer.stderr


def test_what_is_put_into_use_counts_for_the_next_draft(workshop: Workshop) -> None:
    """Without a restart, whoever did it: the running program asks the store. `preview` shows what the model sees."""
    workshop.saves(BRIEF)
    with model() as server:
        with workshop.house.running(OPENAI_BASE_URL=server.url) as program:
            program.say("Where is my first parcel, please?")
            program.card("first parcel")
            workshop.does("activate", "support_reply@2", *NOTE)
            program.say("Where is my second parcel, please?")
            card = program.card("second parcel")
        first, second = server.seen()
    assert "You draft replies for" in first["messages"][0]["content"]
    assert "You draft very brief replies for" in second["messages"][0]["content"]
    shown = workshop.does("preview", "support_reply", "--review", card.review)
    system, _, human = shown.removeprefix("--- system ---\n").partition("\n\n--- human ---\n")
    assert [system, human.rstrip("\n")] == [message["content"] for message in second["messages"]]
    assert "You draft replies for" in workshop.does("preview", "support_reply@1", "--review", card.review)


def test_the_drafts_name_their_versions(workshop: Workshop) -> None:
    """So that somebody who reads the record later knows with what a draft was made."""
    with workshop.house.running() as program:
        program.say("Where is my first parcel, please?")
        program.card("first parcel")
        workshop.saves(BRIEF)
        workshop.does("activate", "support_reply@2", *NOTE)
        program.say("Where is my second parcel, please?")
        program.card("second parcel")
    exported = workshop.house.command("audit", "export").stdout
    assert re.findall(r"support_reply@\d", exported) == ["support_reply@1", "support_reply@2"]


def test_a_version_that_was_printed_may_be_saved_again(workshop: Workshop) -> None:
    """`show` prints a version letter by letter, so that it can stand in a file again."""
    workshop.saves(BRIEF)
    again = workshop.does("show", "support_reply@2")
    assert "reads just like support_reply@2" in workshop.saves(again, wrong=True)
